use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::Role;

rule! {
    /// Vertices have coordinates that are not numbers, or infinite.
    ///
    /// # What it checks
    /// That every coordinate of every vertex is finite. Evidence: `coordinates`, how many are not;
    /// `vertex`, the first vertex with one.
    ///
    /// # Why it matters
    /// One such value makes the mean of its scene undefined, centring spreads it to all points, and
    /// the loss of its batch is NaN from then on.
    ///
    /// # How to fix
    /// Download the mesh again. If a script of yours moved or scaled it, look for a division by
    /// zero there.
    ///
    /// # Known exceptions
    /// None: official scans have finite coordinates throughout.
    ///
    /// # Source
    /// Readers of the field assert it, such as the ScanNet code of
    /// <https://github.com/referit3d/referit3d>.
    NotFinite { code: "MSH101", name: "not-finite", severity: Error }
}

impl Rule for NotFinite {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let axes = scan.scan.scene.points.position.axes();
        let bad: usize = axes.iter().map(|a| a.iter().filter(|v| !v.is_finite()).count()).sum();
        if bad == 0 {
            return;
        }
        let first = axes.iter().filter_map(|a| a.iter().position(|v| !v.is_finite())).min();
        if let Some(vertex) = first {
            let message = format!(
                "{} not finite, the first at vertex {vertex}",
                if bad == 1 { "1 coordinate is".to_owned() } else { count(bad, "coordinate") + " are" },
            );
            let draft = Draft::new(message).file(scan.path(Role::Mesh));
            out.report(draft.evidence("coordinates", bad).evidence("vertex", vertex));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_on_nan_and_infinity() {
        let mut f = Fixture::clean();
        f.scan().scene.points.position.x[9] = f32::NAN;
        f.scan().scene.points.position.z[3] = f32::INFINITY;
        let found = f.run("MSH101");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].number("coordinates"), found[0].number("vertex")), (Some(2), Some(3)));
    }

    #[test]
    fn silent_on_large_but_finite_coordinates() {
        let mut f = Fixture::clean();
        f.scan().scene.points.position.x[9] = f32::MAX;
        assert_eq!(f.run("MSH101"), []);
    }
}
