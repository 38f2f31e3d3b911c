use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::geometry::any_beyond;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::msh::thousandths;
use crate::scene::Role;

rule! {
    /// Vertices lie far outside the room.
    ///
    /// # What it checks
    /// That no vertex is further from the room than `max-outlier-distance` times the room's longest
    /// side, 2 unless you say otherwise. The room is the box of the middle 98 of 100 vertices along
    /// each axis. Evidence: `vertices`, how many are; `vertex`, the first of them; `distance`, how far
    /// off the furthest is along one axis; `length`, the room's longest side.
    ///
    /// # Why it matters
    /// The voxel grid must hold them, so that one vertex can make it many times as large; centring by
    /// the middle of the box and scaling into it move and shrink the whole room.
    ///
    /// # How to fix
    /// Download the mesh again. If they are there in the original, leave them out with their triangles,
    /// and with their entries in segments and labels.
    ///
    /// # Known exceptions
    /// What is seen through windows and in mirrors is outside the room too, but not that far.
    ///
    /// # Source
    /// The threshold comes from reasoning.
    FarVertices { code: "MSH203", name: "far-vertices", severity: Warning }
}

impl Rule for FarVertices {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let (room, position) = (scan.geometry.core(), &scan.scan.scene.points.position);
        let (middle, size) = (room.middle().map(|v| v as f32), room.size());
        let length = size.into_iter().fold(0.0, f32::max);
        let reach = length * scan.thresholds.max_outlier_distance as f32;
        let some = |(axis, column)| any_beyond(column, middle[axis], size[axis] / 2.0 + reach);
        if length == 0.0 || !position.axes().into_iter().enumerate().any(some) {
            return;
        }
        let beyond = |axis: usize, v: f32| (v - middle[axis]).abs() - size[axis] / 2.0;
        let (mut far, mut first, mut distance) = (0, None, 0.0_f32);
        for i in 0..position.len() {
            let at = position.get(i);
            let off = (0..3).map(|axis| beyond(axis, at[axis])).fold(0.0, f32::max);
            if off > reach && at.iter().all(|v| v.is_finite()) {
                far += 1;
                first = first.or(Some(i));
                distance = distance.max(off);
            }
        }
        // Without one they are infinite, which MSH101 says.
        let Some(first) = first else { return };
        let message = format!(
            "{} further than {reach:.0} m from a room of {length:.1} m, the first is vertex {first}, the \
             furthest {distance:.0} m off",
            if far == 1 { "1 vertex is".to_owned() } else { format!("{far} vertices are") },
        );
        let draft = Draft::new(message).file(scan.path(Role::Mesh)).evidence("vertices", far);
        let draft = draft.evidence("vertex", first).evidence("distance", thousandths(f64::from(distance)));
        out.report(draft.evidence("length", thousandths(f64::from(length))));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_on_a_few_that_are_far_off() {
        let mut f = Fixture::clean();
        f.scan().scene.points.position.x[9] = -50.0;
        f.scan().scene.points.position.z[3] = 9.0;
        f.scan().scene.points.position.y[5] = f32::INFINITY;
        let found = f.run("MSH203");
        assert_eq!(
            (found.len(), found[0].number("vertices"), found[0].number("vertex")),
            (1, Some(2), Some(3))
        );
        assert!(found[0].evidence["distance"].as_f64().unwrap() > 49.9);
    }

    #[test]
    fn silent_on_what_a_window_shows_and_on_what_is_not_finite() {
        let mut f = Fixture::clean();
        f.scan().scene.points.position.x[9] = 2.5;
        f.scan().scene.points.position.y[5] = f32::NEG_INFINITY;
        f.scan().scene.points.position.z[5] = f32::NAN;
        assert_eq!(f.run("MSH203"), []);
    }
}
