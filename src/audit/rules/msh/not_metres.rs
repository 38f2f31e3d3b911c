use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::geometry::{Geometry, any_beyond};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::msh::thousandths;
use crate::scene::Role;

rule! {
    /// A scan is not measured in metres.
    ///
    /// # What it checks
    /// Three sizes: the room's longest side, its height and the median edge of its triangles. A room
    /// in metres has them within `room-length` (1 to 40 m), `room-height` (1 to 6 m) and `edge-length`
    /// (15 to 60 mm). One of them may be unusual; the rule fires when two are. It also fires when no
    /// coordinate is beyond 1: then the scan was scaled into the unit cube or sphere. Sides are those
    /// of the middle 98 of 100 vertices, so that a few far ones do not count. Evidence: `length`,
    /// `height` and `edge` as measured; `unit`, what the numbers look like, where that can be said.
    ///
    /// # Why it matters
    /// Trainers cut space into voxels of 2 cm. Data in millimetres makes a grid a thousand times as
    /// wide, in which no two points are neighbours; data in the unit sphere collapses into a few
    /// voxels. Either way training runs and learns nothing.
    ///
    /// # How to fix
    /// Scale positions to metres: mesh, labels mesh and the shift of `axisAlignment` alike.
    ///
    /// # Known exceptions
    /// Halls longer than 40 m and higher than 6 m. A mesh much coarser or finer than ScanNet's is
    /// not enough to fire.
    ///
    /// # Source
    /// The scale of 50 voxels a metre in <https://github.com/sosppxo/3D-STMN>. The sizes come from
    /// reasoning around what official scans measure.
    NotMetres { code: "MSH201", name: "not-metres", severity: Warning }
}

/// Units that data come in by mistake, and how many make a metre.
const UNITS: [(&str, f64); 4] =
    [("millimetres", 1000.0), ("centimetres", 100.0), ("inches", 39.37), ("feet", 3.28)];
/// A height that fits most rooms, in metres.
const ROOM: f64 = 2.5;
/// Coordinates of scans in the unit cube or sphere, with what rounding adds.
const UNIT: f32 = 1.001;
/// Triangles looked at for the median edge.
const SAMPLE: usize = 2048;

impl Rule for NotMetres {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let [x, y, height] = scan.geometry.core().size().map(f64::from);
        let length = x.max(y).max(height);
        let Some(edge) = median_edge(&scan.geometry).filter(|_| length > 0.0) else { return };
        let ([l0, l1], [h0, h1], [e0, e1]) =
            (scan.thresholds.room_length, scan.thresholds.room_height, scan.thresholds.edge_length);
        let odd = |size: f64, from: u32, to: u32| size < f64::from(from) || size > f64::from(to);
        let odd = [odd(length, l0, l1), odd(height, h0, h1), odd(edge * 1000.0, e0, e1)];
        let in_unit = scan.scan.scene.points.position.axes().iter().all(|axis| !any_beyond(axis, 0.0, UNIT));
        if !in_unit && odd.iter().filter(|o| **o).count() < 2 {
            return;
        }
        let off = |per_metre: f64| libm::log(height / per_metre / ROOM).abs();
        let nearest = UNITS.iter().min_by(|a, b| off(a.1).total_cmp(&off(b.1)));
        let unit = match nearest {
            _ if in_unit => Some("the unit cube"),
            Some(&(unit, per_metre)) if off(per_metre) < libm::log(2.0) => Some(unit),
            _ => None,
        };
        let message = format!(
            "the scan is {length:.2} long and {height:.2} high with a median edge of {edge:.3}{}; a room in \
             metres is {l0} to {l1} long and {h0} to {h1} high with edges of {} to {}",
            unit.map_or(String::new(), |u| format!(", as if in {u}")),
            f64::from(e0) / 1000.0,
            f64::from(e1) / 1000.0,
        );
        let draft = Draft::new(message).file(scan.path(Role::Mesh)).evidence("length", thousandths(length));
        let draft = draft.evidence("height", thousandths(height)).evidence("edge", thousandths(edge));
        out.report(if let Some(unit) = unit { draft.evidence("unit", unit) } else { draft });
    }

    fn may_explain(&self, code: &str) -> bool {
        // What is measured in metres beside it.
        matches!(code, "OBJ207" | "OBJ208" | "CAM102")
    }
}

/// The median length of one edge of each triangle looked at.
fn median_edge(geometry: &Geometry<'_>) -> Option<f64> {
    let square = |[a, b, _]: [[f32; 3]; 3]| (0..3).map(|k| (a[k] - b[k]) * (a[k] - b[k])).sum::<f32>();
    let corners = geometry.sample(SAMPLE).filter_map(|triangle| geometry.corners(triangle));
    let mut squares: Vec<f32> = corners.map(square).collect();
    let middle = squares.len().checked_sub(1)? / 2;
    Some(libm::sqrt(f64::from(*squares.select_nth_unstable_by(middle, f32::total_cmp).1)))
}

#[cfg(test)]
mod tests {
    use crate::audit::Finding;
    use crate::audit::fixture::Fixture;

    /// A room of 6 by 4 by 2.6 m with a vertex every `step` metres, scaled and shifted.
    fn room(step: f32, scale: f32, shift: f32) -> Vec<Finding> {
        let mut f = Fixture::clean();
        let points = &mut f.scan().scene.points.position;
        let n = points.len();
        for i in 0..n {
            let corner = [i / 2 % 2, i / 4 % 2, i / 8 % 2].map(|c| c as f32);
            let along = if i % 2 == 1 { step } else { 0.0 };
            points.x[i] = (6.0 * corner[0] + along) * scale + shift;
            points.y[i] = 4.0 * corner[1] * scale + shift;
            points.z[i] = 2.6 * corner[2] * scale + shift;
        }
        f.scan().scene.faces = (0..n as u32 - 2).step_by(2).map(|i| [i, i + 1, i + 2]).collect();
        f.run("MSH201")
    }

    #[test]
    fn fires_on_other_units_and_names_them() {
        for (scale, unit) in
            [(1000.0, "millimetres"), (100.0, "centimetres"), (39.37, "inches"), (3.28, "feet")]
        {
            let found = room(0.03, scale, 0.0);
            assert_eq!(found.len(), 1, "{unit}");
            assert_eq!(found[0].evidence["unit"], unit);
        }
        // Scaled into the unit cube about the origin; and smaller than a room, but elsewhere.
        assert_eq!(room(0.3, 0.28, -0.9)[0].evidence["unit"], "the unit cube");
        assert_eq!(room(0.03, 0.2, 5.0)[0].evidence.get("unit"), None);
    }

    #[test]
    fn silent_on_rooms_fine_and_coarse_and_on_a_high_one() {
        for step in [0.004, 0.02, 0.04, 0.16, 0.4] {
            assert_eq!(room(step, 1.0, -0.02), [], "{step}");
        }
        assert_eq!(room(0.02, 2.5, 0.0), [], "6.5 m high and 15 m long");
        assert_eq!(room(0.0, 0.0, 3.0), [], "a single point says nothing of units");
    }
}
