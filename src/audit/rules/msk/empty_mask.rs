use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::Role;

rule! {
    /// A described object's mask over superpoints is empty.
    ///
    /// # What it checks
    /// Whether an object that owns vertices owns more than half of at least one superpoint, as
    /// trainers that work on superpoints decide by majority. Superpoints are the scan's own segments,
    /// or those of `--superpoints`. Evidence: `vertices`, how many vertices it owns.
    ///
    /// # Why it matters
    /// A trainer that pools over superpoints learns the empty mask for each of its descriptions, and
    /// scores zero on them whatever it predicts.
    ///
    /// # How to fix
    /// Annotations are unions of segments, so segments and masks of one scan always agree. Make the
    /// superpoints again from the mesh of this scan, and check that no step moved points.
    ///
    /// # Known exceptions
    /// None with ScanNet's own segments; coarser superpoints swallow small things.
    ///
    /// # Source
    /// `gt_spmask` of <https://github.com/sosppxo/3D-STMN>: the mean over a superpoint must exceed
    /// one half.
    EmptyMask { code: "MSK101", name: "empty-mask", severity: Warning }
}

impl Rule for EmptyMask {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for id in scan.empty_masks() {
            let vertices = scan.owned().get(&id).copied().unwrap_or(0);
            let message = format!(
                "object {id} owns {}, but more than half of no superpoint",
                count(vertices as usize, "vertex")
            );
            let path = scan.scan.superpoints.as_ref().map_or(scan.path(Role::Segments), |s| &s.path);
            let draft = Draft::new(message).object(id).file(path);
            out.report(draft.evidence("vertices", vertices));
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        code == "MSK102"
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        other.object_id == mine.object_id
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// Gives object 3 every other vertex of its segments, and object 4 the rest.
    fn interleave(f: &mut Fixture, keep: usize) {
        let column = f.scan().scene.points.object.iter_mut();
        for (i, id) in column.enumerate().filter(|(_, id)| **id == 3) {
            if i % 50 >= keep {
                *id = 4;
            }
        }
    }

    #[test]
    fn fires_at_exactly_half_of_each_segment() {
        let mut f = Fixture::clean();
        interleave(&mut f, 25);
        let found = f.run("MSK101");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].object_id, found[0].number("vertices")), (Some(3), Some(75)));
        let both = f.findings();
        let ceilings = both.iter().filter(|f| f.code == "MSK102" && f.object_id == Some(3));
        assert_eq!(ceilings.count(), 0, "an empty mask is said once");
        assert_eq!(f.audit("MSK101", false).0.scans["scene0001_00"].empty_masks, 1);
    }

    #[test]
    fn silent_just_above_half() {
        let mut f = Fixture::clean();
        interleave(&mut f, 26);
        assert_eq!(f.run("MSK101"), []);
    }
}
