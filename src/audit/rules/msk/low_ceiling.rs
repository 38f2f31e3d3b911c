use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, rounded};
use crate::scene::Role;

rule! {
    /// No set of superpoints comes near a described object's mask.
    ///
    /// # What it checks
    /// The best intersection over union that any set of superpoints has with the mask of each
    /// described object: superpoints are taken from the purest on, and the best of these sets is the
    /// best of all. With the scan's own segments it must be 1; with superpoints of another segmentator
    /// (`--superpoints`) at least `min-ceiling-percent` per cent, 50 unless you say otherwise.
    /// Evidence: `ceiling`, the best; `majority`, what remains when superpoints are chosen by majority,
    /// as trainers do; `superpoints`, how many the mask touches; `vertices`, how many it has.
    ///
    /// # Why it matters
    /// A trainer that predicts superpoints cannot score higher than this on the object, whatever it
    /// learns.
    ///
    /// # How to fix
    /// Make the superpoints again from the mesh of this scan, with ScanNet's segmentator and its
    /// settings. If they were made so, check that no step moved or dropped points.
    ///
    /// # Known exceptions
    /// Coarser superpoints lose thin things (pictures, keyboards) by design.
    ///
    /// # Source
    /// Annotations are unions of ScanNet's segments:
    /// <https://github.com/filaPro/oneformer3d/issues/31>.
    LowCeiling { code: "MSK102", name: "low-ceiling", severity: Warning }
}

impl Rule for LowCeiling {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let other = scan.scan.superpoints.as_ref();
        let least =
            if other.is_some() { f64::from(scan.thresholds.min_ceiling_percent) / 100.0 } else { 1.0 };
        let path = other.map_or(scan.path(Role::Segments), |s| &s.path);
        for &id in scan.targets().keys() {
            let Some(ceiling) = scan.mixture().ceiling(id).filter(|c| c.best < least) else { continue };
            let vertices = scan.owned().get(&id).copied().unwrap_or(0);
            let message = format!(
                "the mask of object {id} has {} in {}, and no set of these comes nearer than IoU \
                 {:.3}",
                count(vertices as usize, "vertex"),
                count(ceiling.superpoints, "superpoint"),
                ceiling.best,
            );
            let draft = Draft::new(message)
                .object(id)
                .file(path)
                .evidence("ceiling", rounded(ceiling.best, 4))
                .evidence("majority", rounded(ceiling.majority, 4))
                .evidence("superpoints", ceiling.superpoints)
                .evidence("vertices", vertices)
                .score(1.0 - rounded(ceiling.best, 4));
            out.report(draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::scene::Superpoints;

    /// Puts every `n` vertices of the first scan into one superpoint.
    fn superpoints(f: &mut Fixture, n: usize) {
        let ids = (0..f.scan().scene.points.len()).map(|i| (i / n) as u32 * 3).collect();
        f.scan().superpoints = Some(Superpoints { path: "super_points/x.bin".into(), ids });
    }

    #[test]
    fn fires_on_superpoints_that_are_too_coarse() {
        let mut f = Fixture::clean();
        // Five objects of 150 vertices, 400 vertices a superpoint: the third object is torn apart
        // into 100 of the first and 50 of the second.
        superpoints(&mut f, 400);
        let found = f.run("MSK102");
        let ids: Vec<_> = found.iter().map(|f| f.object_id).collect();
        assert_eq!(ids, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(found[2].evidence["ceiling"], 0.2222);
        assert_eq!(
            (found[2].evidence["majority"].as_f64(), found[2].number("superpoints")),
            (Some(0.0), Some(2))
        );
        assert_eq!(found[0].file.as_deref(), Some("super_points/x.bin"));
    }

    #[test]
    fn silent_at_a_half_for_other_superpoints_but_not_for_the_scans_own() {
        let mut f = Fixture::clean();
        superpoints(&mut f, 200);
        let ceilings: Vec<_> = f.run("MSK102").iter().map(|f| f.object_id).collect();
        assert_eq!(ceilings, [Some(1), Some(2)], "100 vertices of each share a superpoint");
        f.scan().superpoints = None;
        assert_eq!(f.run("MSK102"), []);
        f.scan().scene.points.object[0] = 1;
        assert_eq!(f.run("MSK102").len(), 2);
    }
}
