use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::normalise_label;

rule! {
    /// Descriptions mean an object that their scan does not have.
    ///
    /// # What it checks
    /// That `object_id` is the `objectId` of a group of the scan's aggregation. One finding for each
    /// object. Evidence: `descriptions`, how many mean it; `annotations`, which; `highest`, the highest
    /// id of the scan, null when it has no objects; `agrees_at`, the other counts (see REF104) in
    /// which the id means an object with the name given.
    ///
    /// # Why it matters
    /// There is no mask to learn: the run ends, or the sample trains on an empty mask and scores
    /// zero.
    ///
    /// # How to fix
    /// Check that references and aggregation are of the same release, and that ids are ScanNet's
    /// 0-based `objectId`, neither places in a prepared array nor ids that start at 1.
    ///
    /// # Known exceptions
    /// None in ScanRefer.
    ///
    /// # Source
    /// <https://github.com/LaVi-Lab/Video-3D-LLM/issues/28>.
    UnknownObject { code: "REF102", name: "unknown-object", severity: Error }
}

impl Rule for UnknownObject {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        if !scan.scan.has_aggregation {
            return;
        }
        let highest = scan.objects().last_key_value().map(|(&id, _)| id);
        for (id, descriptions) in scan.described().filter(|(id, _)| !scan.objects().contains_key(id)) {
            let first = &descriptions[0];
            let name = normalise_label(&first.object_name);
            let has = highest.map_or("it has none".into(), |h| format!("its ids end at {h}"));
            let n = descriptions.len();
            let message = format!("the scan has no object {id} ({has}), but {} it", means(n));
            let draft = Draft::new(message)
                .description(first, "object_id", scan.catalogue)
                .evidence("descriptions", n)
                .annotations(descriptions)
                .evidence("highest", highest)
                .evidence("agrees_at", scan.numbering_words(id, &name));
            out.report(draft.harms(n));
        }
    }
}

fn means(n: usize) -> String {
    count(n, "description") + if n == 1 { " means" } else { " mean" }
}

#[cfg(test)]
mod tests {
    use crate::audit::Annotation;
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_an_object_at_the_first_description() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d.iter_mut().take(2).for_each(|d| d.object_id = 56));
        let found = f.run("REF102");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].object_id, &found[0].ann_id), (Some(56), &Some(Annotation::Number(0))));
        assert_eq!(found[0].json_pointer.as_deref(), Some("/0/object_id"));
        assert_eq!(found[0].descriptions, 2);
    }

    #[test]
    fn silent_when_the_aggregation_could_not_be_read() {
        let mut f = Fixture::clean();
        f.scan().scene.objects.clear();
        f.scan().has_aggregation = false;
        assert_eq!(f.run("REF102"), []);
    }
}
