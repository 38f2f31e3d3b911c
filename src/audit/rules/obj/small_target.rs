use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::Role;

rule! {
    /// A described object owns few vertices.
    ///
    /// # What it checks
    /// That each object that a description means owns at least `min-target-vertices` vertices, 50
    /// unless you say otherwise. Evidence: `vertices`, how many it owns; `threshold`, how many it
    /// should.
    ///
    /// # Why it matters
    /// Voxels, crops and point budgets thin such a target out to a few points or none, and it then
    /// weighs nothing in the loss. MDIN takes fewer than 50 points for "no target".
    ///
    /// # How to fix
    /// Keep it if your voxels are small and you take all points. Otherwise leave its descriptions
    /// out of training, and say so when you report numbers.
    ///
    /// # Known exceptions
    /// Small things are real: of the 67 objects of `scene0000_00` four own under 100 vertices.
    ///
    /// # Source
    /// <https://github.com/sosppxo/MDIN/issues/14>; the ScanNet benchmark leaves out instances under
    /// 100 vertices.
    SmallTarget { code: "OBJ203", name: "small-target", severity: Warning }
}

impl Rule for SmallTarget {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let threshold = scan.thresholds.min_target_vertices;
        for &id in scan.targets().keys() {
            if let Some(&vertices) = scan.owned().get(&id).filter(|&&n| n < threshold) {
                let label = scan.objects().get(&id).map_or("unknown", |(o, _)| o.raw_category.as_str());
                let owns = count(vertices as usize, "vertex");
                let message = format!("object {id} ({label}) owns {owns}, under {threshold}");
                let draft = Draft::new(message).object(id).file(scan.path(Role::Aggregation));
                out.report(draft.evidence("vertices", vertices).evidence("threshold", threshold));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    fn shrink(f: &mut Fixture, to: usize) {
        let column = &mut f.scan().scene.points.object;
        let mut seen = 0;
        for id in column.iter_mut().filter(|id| **id == 3) {
            seen += 1;
            if seen > to {
                *id = -1;
            }
        }
    }

    #[test]
    fn fires_below_the_threshold() {
        let mut f = Fixture::clean();
        shrink(&mut f, 49);
        let found = f.run("OBJ203");
        assert_eq!((found[0].object_id, found[0].number("vertices")), (Some(3), Some(49)));
    }

    #[test]
    fn silent_at_the_threshold() {
        let mut f = Fixture::clean();
        shrink(&mut f, 50);
        assert_eq!(f.run("OBJ203"), []);
    }
}
