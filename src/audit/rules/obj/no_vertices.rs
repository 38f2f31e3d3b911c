use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::{Mend, ScanContext};
use crate::scene::{Catalogue, Role};

rule! {
    /// A described object owns no vertex.
    ///
    /// # What it checks
    /// That each object that a description means owns at least one vertex, when the last group that
    /// claims a segment gets it. Evidence: `segments`, how many segments its group names.
    ///
    /// # Why it matters
    /// The mask to learn is empty. Reason3D ends the run in the middle of an epoch, others train on
    /// an empty mask; loaders that close the gap in the ids give the description the mask of the
    /// object with the highest id.
    ///
    /// # How to fix
    /// See whether another group claims its segments (SEG103) or segments and aggregation are of
    /// different meshes (FIL104). Otherwise leave its descriptions out.
    ///
    /// # Known exceptions
    /// None among the scans that ScanRefer describes.
    ///
    /// # Source
    /// `threedrefer_datasets.py` of <https://github.com/KuanchihHuang/Reason3D> stops at such a
    /// sample.
    NoVertices { code: "OBJ102", name: "no-vertices", severity: Error, fix: Unsafe }
}

impl Rule for NoVertices {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        if !scan.is_painted() {
            return;
        }
        for (&id, descriptions) in scan.targets() {
            let Some((object, _)) = scan.objects().get(&id) else { continue };
            if !scan.owned().contains_key(&id) {
                let message = format!(
                    "object {id} ({}) owns no vertex, but is described {}",
                    object.raw_category,
                    if descriptions.len() == 1 {
                        "once".into()
                    } else {
                        format!("{} times", descriptions.len())
                    },
                );
                let draft = Draft::new(message).object(id).file(scan.path(Role::Aggregation));
                out.report(draft.evidence("segments", object.segments.len()));
            }
        }
    }

    fn mend(&self, mine: &Finding, catalogue: &Catalogue) -> Mend {
        Mend::drop(mine.spoken_of(catalogue))
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_when_another_object_takes_every_segment() {
        let mut f = Fixture::clean();
        f.objects(|o| {
            let all = o[1].segments.clone();
            o[3].segments.extend(all);
        });
        let found = f.run("OBJ102");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, Some(1), 2));
    }

    #[test]
    fn silent_when_nobody_describes_it() {
        let mut f = Fixture::clean();
        f.objects(|o| o[1].segments.clear());
        f.descriptions(|d| d.retain(|d| d.object_id != 1));
        assert_eq!(f.run("OBJ102"), []);
    }
}
