use std::collections::{BTreeMap, BTreeSet};

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::per_cent;
use crate::scene::{Description, scanrefer_class};

rule! {
    /// The share of unique targets is far from the published one.
    ///
    /// # What it checks
    /// How many descriptions of each references file are "unique" as ScanRefer's own code decides:
    /// each object's name is looked up in the label table and becomes one of 18 classes, the last
    /// for all others and for unknown names; a description is unique when its object is the only
    /// *described* one of its class in the scan. Objects that nobody describes do not count. The rule
    /// fires when the share is more than `max-unique-gap-percent` points from 19.4 %, 5 unless you
    /// say otherwise, in files of at least `min-unique-descriptions`, 2000. Evidence: `unique`, how
    /// many; `descriptions`, of how many; `share`, in per cent; `published`, 19.4.
    ///
    /// # Why it matters
    /// Scores are published for unique and multiple targets apart. With another label table, or
    /// another file, the two groups are others and the numbers cannot be compared.
    ///
    /// # How to fix
    /// Use the label table of ScanRefer, and its references as they are. A subset that was chosen by
    /// class has another share rightly: say so beside the numbers.
    ///
    /// # Known exceptions
    /// Other data sets in ScanRefer's format have a share of their own.
    ///
    /// # Source
    /// `_get_unique_multiple_lookup` in `lib/dataset.py` of <https://github.com/daveredrum/ScanRefer>;
    /// by it 7,108 of 36,665 training and 1,845 of 9,508 validation descriptions are unique. Papers
    /// differ: <https://github.com/iris0329/SeeGround/issues/10>.
    UniqueShare { code: "BAL204", name: "unique-share", severity: Info }
}

/// The share in ScanRefer's training and validation files, in per cent.
const PUBLISHED: f64 = 19.4;

impl Rule for UniqueShare {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let labels = &data.catalogue.labels;
        if labels.is_empty() {
            return;
        }
        let class = |d: &Description| scanrefer_class(labels.nyu40(&d.object_name.replace('_', " ")));
        // By file, scan and class: the objects, and the number of descriptions.
        let mut groups: BTreeMap<(u32, &str, u8), (BTreeSet<i32>, u64)> = BTreeMap::new();
        for d in data.catalogue.descriptions.iter().filter(|d| data.catalogue.is_scanrefer(d)) {
            let (objects, descriptions) = groups.entry((d.file, &d.scene_id, class(d))).or_default();
            objects.insert(d.object_id);
            *descriptions += 1;
        }
        for (index, file) in (0..).zip(&data.catalogue.references) {
            let (mut unique, mut total) = (0, 0);
            for (objects, descriptions) in groups.range((index, "", 0)..(index + 1, "", 0)).map(|(_, g)| g) {
                total += descriptions;
                unique += if objects.len() == 1 { *descriptions } else { 0 };
            }
            let (share, limits) = (per_cent(unique, total), data.thresholds);
            let far = (share - PUBLISHED).abs() > f64::from(limits.max_unique_gap_percent);
            if !far || total < u64::from(limits.min_unique_descriptions) {
                continue;
            }
            let message = format!(
                "{unique} of {total} descriptions ({share} %) are of the only described object of their class in \
                 its scan; in ScanRefer {PUBLISHED} % are"
            );
            let draft = Draft::new(message)
                .file(&file.path)
                .key(file.split.as_deref().unwrap_or_default())
                .evidence("unique", unique)
                .evidence("descriptions", total)
                .evidence("share", share)
                .evidence("published", PUBLISHED);
            out.report(draft.harms(total as usize));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::scene::{Description, LabelRow, LabelTable};

    /// 500 scans of `chairs` chairs and a table, five descriptions each; chairs under two names.
    fn rooms(chairs: i32) -> Fixture {
        let mut f = Fixture::clean();
        let row = |raw: &str, nyu40| LabelRow { raw_category: raw.into(), nyu40, ..LabelRow::default() };
        f.catalogue.labels = LabelTable::new([row("chair", 5), row("office chair", 5), row("table", 7)]);
        let one = |i: i32| Description {
            scene_id: format!("scene{:04}_00", i / (5 * (chairs + 1))),
            object_id: i / 5 % (chairs + 1),
            object_name: match i / 5 % (chairs + 1) {
                0 => "table",
                1 => "office_chair",
                _ => "chair",
            }
            .into(),
            ann_id: (i % 5).to_string(),
            ..Description::default()
        };
        f.descriptions(|d| *d = (0..500 * 5 * (chairs + 1)).map(one).collect());
        f
    }

    #[test]
    fn fires_where_more_targets_are_alone_in_their_class() {
        // Of each room's three objects the two chairs are of one class.
        let found = rooms(2).run("BAL204");
        assert_eq!((found.len(), found[0].number("unique"), found[0].descriptions), (1, Some(2500), 7500));
        assert_eq!(found[0].evidence["share"], 33.3);
    }

    #[test]
    fn silent_near_the_published_share_in_few_descriptions_and_without_a_table() {
        assert_eq!(rooms(4).run("BAL204"), [], "20 % are near");
        let mut f = rooms(2);
        f.descriptions(|d| d.truncate(1_999));
        assert_eq!(f.run("BAL204"), []);
        let mut f = rooms(2);
        f.catalogue.labels = LabelTable::default();
        assert_eq!(f.run("BAL204"), []);
    }
}
