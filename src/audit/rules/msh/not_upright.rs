use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::geometry::Geometry;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::msh::thousandths;
use crate::scene::Role;

rule! {
    /// A scan does not stand upright: z is not up.
    ///
    /// # What it checks
    /// Where vertices are labelled floor (nyu40 id 2): that their triangles face along z to within
    /// `max-floor-tilt` degrees, 15 unless you say otherwise, and that they lie in the lower
    /// three quarters of the room. Windings do not matter. Scans with fewer than 10 triangles of floor,
    /// or with a floor much smaller than the room, are passed over. Evidence: `axis`, the axis that
    /// the floor faces; `tilt`, the angle between its normal and z in degrees; `height`, where it lies
    /// between the room's lowest and highest points, from 0 to 1; `triangles`, how many were looked at.
    ///
    /// # Why it matters
    /// Trainers turn scans about z as augmentation and crop, flip and voxelise on the same belief.
    /// Words such as above, under and tall mean z. A scan that lies on its side fits none of it.
    ///
    /// # How to fix
    /// Turn positions so that z is up; many programs write y up. Turn the labels mesh the same way.
    ///
    /// # Known exceptions
    /// A scan whose floor is all ramp.
    ///
    /// # Source
    /// ScanNet's meshes are +z up, says <https://github.com/ScanNet/ScanNet>. The thresholds come from
    /// reasoning.
    NotUpright { code: "MSH202", name: "not-upright", severity: Warning }
}

/// nyu40 id of floors.
const FLOOR: u8 = 2;
/// Triangles looked at, of the floor or not.
const SAMPLE: usize = 8192;
/// Fewer triangles of floor may be a mislabelled edge.
const FEWEST: usize = 10;
/// A floor of less than this share of the room's longest side squared may be one too.
const SMALLEST: f64 = 0.02;
/// A floor above this share of the room's height is its ceiling.
const HIGHEST: f64 = 0.75;

impl Rule for NotUpright {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let (floor, core) = (Floor::of(&scan.geometry, &scan.scan.scene.points.nyu40), scan.geometry.core());
        let size = core.size().map(f64::from);
        let longest = size[0].max(size[1]).max(size[2]);
        let area = floor.area * scan.geometry.each(SAMPLE) as f64;
        if floor.triangles < FEWEST || area < SMALLEST * longest * longest {
            return;
        }
        let (axis, tilt) = floor.faces();
        let height = (floor.height / floor.triangles as f64 - f64::from(core.min[2])) / size[2];
        let message = if axis < 2 {
            format!("the floor faces along {}: that axis is up, not z", ["x", "y"][axis])
        } else if tilt > f64::from(scan.thresholds.max_floor_tilt) {
            format!("the floor leans {tilt:.0} degrees, more than {}", scan.thresholds.max_floor_tilt)
        } else if height > HIGHEST {
            "the floor is at the top of the scan: it stands on its head".to_owned()
        } else {
            return;
        };
        let draft = Draft::new(message).file(scan.path(Role::Mesh)).evidence("axis", ["x", "y", "z"][axis]);
        let draft = draft.evidence("tilt", thousandths(tilt)).evidence("triangles", floor.triangles);
        out.report(draft.evidence("height", thousandths(height)));
    }

    fn may_explain(&self, code: &str) -> bool {
        // Heights and widths of objects change places.
        code == "OBJ208"
    }
}

/// The floor's triangles, of those looked at.
#[derive(Default)]
struct Floor {
    triangles: usize,
    /// Twice their area.
    area: f64,
    /// Sum of the heights of one corner each.
    height: f64,
    /// Sum of their cross products, each first turned so that it points up an axis: one sum an axis.
    normals: [[f64; 3]; 3],
}

impl Floor {
    fn of(geometry: &Geometry<'_>, nyu40: &[u8]) -> Self {
        let mut floor = Self::default();
        let is_floor = |i: usize| nyu40.get(i) == Some(&FLOOR);
        let triangles = geometry.sample(SAMPLE).filter(|t| t.iter().all(|&i| is_floor(i)));
        for [p, q, r] in triangles.filter_map(|t| geometry.corners(t)) {
            let u: [f64; 3] = std::array::from_fn(|k| f64::from(q[k]) - f64::from(p[k]));
            let v: [f64; 3] = std::array::from_fn(|k| f64::from(r[k]) - f64::from(p[k]));
            let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
            floor.triangles += 1;
            floor.area += length(cross) / 2.0;
            floor.height += f64::from(p[2]);
            for (axis, normal) in floor.normals.iter_mut().enumerate() {
                let sign = if cross[axis] < 0.0 { -1.0 } else { 1.0 };
                (0..3).for_each(|k| normal[k] += sign * cross[k]);
            }
        }
        floor
    }

    /// The axis that it faces most, and the angle between its normal and z in degrees.
    fn faces(&self) -> (usize, f64) {
        let along = |axis: &usize| self.normals[*axis][*axis];
        let axis = (0..3).max_by(|a, b| along(a).total_cmp(&along(b))).unwrap_or(2);
        let normal = self.normals[axis];
        (axis, libm::acos((normal[2].abs() / length(normal)).min(1.0)).to_degrees())
    }
}

fn length([x, y, z]: [f64; 3]) -> f64 {
    libm::sqrt(x * x + y * y + z * z)
}

#[cfg(test)]
mod tests {
    use crate::audit::Finding;
    use crate::audit::fixture::Fixture;
    use crate::math::Affine;
    use crate::scene::NO_OBJECT;

    /// A floor of 10 by 20 vertices a foot apart, under a cloud of others up to 3 m.
    fn room(turn: Affine, change: impl Fn(&mut Fixture)) -> Vec<Finding> {
        let mut f = Fixture::clean();
        let scene = &mut f.scan().scene;
        let p = &mut scene.points.position;
        scene.faces.clear();
        for i in 0..p.len() {
            (p.x[i], p.y[i]) = ((i % 10) as f32 * 0.3, (i / 10 % 20) as f32 * 0.3);
            p.z[i] = if i < 200 { 0.01 * (i % 3) as f32 } else { i as f32 * 3.0 / 800.0 };
            scene.points.nyu40[i] = if i < 200 { 2 } else { 1 };
            if i < 190 && i % 10 < 9 {
                let a = i as u32;
                // Windings alternate.
                scene.faces.extend([[a, a + 1, a + 10], [a + 1, a + 10, a + 11]]);
            }
        }
        turn.apply_to(p);
        change(&mut f);
        f.run("MSH202")
    }

    #[test]
    fn fires_on_another_axis_on_a_tilt_and_on_its_head() {
        let found = room(Affine::rotation(0, -90.0), |_| ());
        assert_eq!((found.len(), found[0].evidence["axis"].as_str()), (1, Some("y")));
        assert_eq!(room(Affine::rotation(1, 90.0), |_| ())[0].evidence["axis"], "x");
        let tilt = &room(Affine::rotation(0, 20.0), |_| ())[0].evidence["tilt"];
        assert!((tilt.as_f64().unwrap() - 20.0).abs() < 0.5, "{tilt}");
        let found = room(Affine::rotation(0, 180.0), |_| ());
        assert!(found[0].message.contains("head"), "{}", found[0].message);
    }

    #[test]
    fn silent_upright_leaning_a_little_and_without_a_floor() {
        assert_eq!(room(Affine::IDENTITY, |_| ()), []);
        assert_eq!(room(Affine::rotation(0, 10.0), |_| ()), []);
        let lying = Affine::rotation(0, 90.0);
        assert_eq!(room(lying, |f| f.scan().scene.points.nyu40.fill(0)), []);
        assert_eq!(room(lying, |f| f.scan().scene.points.nyu40.clear()), []);
        assert_eq!(room(lying, |f| f.scan().scene.faces.truncate(9)), [], "a sliver");
        let unowned = |f: &mut Fixture| f.scan().scene.points.object.fill(NO_OBJECT);
        assert_eq!(room(lying, unowned).len(), 1, "labels are enough");
    }
}
