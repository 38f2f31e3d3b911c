use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::Role;

rule! {
    /// A large part of the scan belongs to no object.
    ///
    /// # What it checks
    /// The share of vertices whose segment no group claims. It fires above `max-unannotated-percent`
    /// (40). Evidence: `unannotated`, how many vertices there are without an object; `vertices`, of
    /// how many; `threshold`, in per cent.
    ///
    /// # Why it matters
    /// Whatever stands there counts as background. A description of it, or one that speaks of it as a
    /// landmark, cannot be learnt, and a model that finds it is told that it is wrong.
    ///
    /// # How to fix
    /// See whether groups are missing from the aggregation: the file may be cut off, of an unfinished
    /// annotation, or of another mesh. If the scan really is so, leave it out.
    ///
    /// # Known exceptions
    /// None known; `scene0000_00` leaves 5 % of its vertices to no object.
    ///
    /// # Source
    /// Unannotated parts are spoken of in <https://github.com/ScanNet/ScanNet/issues/47>.
    Unannotated { code: "SEG201", name: "unannotated", severity: Warning }
}

impl Rule for Unannotated {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        if !scan.is_painted() {
            return;
        }
        let vertices = scan.scan.scene.points.len() as u64;
        let threshold = scan.thresholds.max_unannotated_percent;
        let owned: u64 = scan.owned().values().map(|&n| u64::from(n)).sum();
        let unannotated = vertices.saturating_sub(owned);
        if unannotated * 100 <= vertices * u64::from(threshold) {
            return;
        }
        let percent = unannotated * 100 / vertices;
        let message = format!("{percent} % of {vertices} vertices belong to no object, over {threshold} %");
        let draft = Draft::new(message)
            .file(scan.path(Role::Aggregation))
            .evidence("unannotated", unannotated)
            .evidence("vertices", vertices);
        out.report(draft.evidence("threshold", threshold));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// Leaves `n` of the 800 vertices to no object.
    fn bare(n: usize) -> Fixture {
        let mut f = Fixture::clean();
        f.scan().scene.points.object.fill(0);
        f.scan().scene.points.object[..n].fill(-1);
        f
    }

    #[test]
    fn fires_above_the_threshold() {
        let found = bare(321).run("SEG201");
        assert_eq!((found.len(), found[0].number("unannotated"), found[0].descriptions), (1, Some(321), 10));
    }

    #[test]
    fn silent_at_the_threshold_and_on_scans_that_are_not_painted() {
        assert_eq!(bare(320).run("SEG201"), []);
        let mut f = Fixture::clean();
        f.scan().scene.points.object.clear();
        assert_eq!(f.run("SEG201"), []);
    }
}
