use std::collections::BTreeMap;

use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;

rule! {
    /// A references file for one split describes a scan of another.
    ///
    /// # What it checks
    /// Where a references file's name speaks of a split and a list puts the scan into another.
    /// Evidence: `says`, the split that the file speaks of; `list`, the split of the scan;
    /// `descriptions`, how many of the file describe it.
    ///
    /// # Why it matters
    /// The scan is trained on and scored with at once, or looked for in the folder of the wrong
    /// split, where it is not.
    ///
    /// # How to fix
    /// Keep the descriptions with their scan: move them to the other file, or use the split lists
    /// that belong to the references.
    ///
    /// # Known exceptions
    /// None in ScanRefer: its files follow ScanNet's lists.
    ///
    /// # Source
    /// The split of ScanRefer is that of ScanNet: <https://github.com/daveredrum/ScanRefer>.
    OtherSplit { code: "REF108", name: "other-split", severity: Warning }
}

impl Rule for OtherSplit {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let catalogue = scan.catalogue;
        let Some(list) = catalogue.split_of(scan.scan.id()) else { return };
        let mut files: BTreeMap<u32, Vec<_>> = BTreeMap::new();
        for d in scan.descriptions {
            files.entry(d.file).or_default().push(d);
        }
        for (file, mine) in files {
            let says = catalogue.references.get(file as usize).and_then(|f| f.split.as_deref());
            if let Some(says) = says.filter(|s| *s != list) {
                let n = mine.len();
                let message =
                    format!("{} for {says}, but the scan is in split `{list}`", count(n, "description"));
                let mut draft = Draft::new(message)
                    .description(mine[0], "scene_id", catalogue)
                    .key(says)
                    .evidence("says", says)
                    .evidence("list", list)
                    .evidence("descriptions", n);
                (draft.finding.object_id, draft.finding.ann_id) = (None, None);
                out.report(draft.harms(n));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_a_scan_and_file() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[2..4].iter_mut().for_each(|d| d.file = 1));
        let found = f.run("REF108");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].scene_id.as_deref(), found[0].descriptions), (Some("scene0001_00"), 2));
        assert_eq!(found[0].file.as_deref(), Some("ScanRefer_filtered_val.json"));
    }

    #[test]
    fn silent_when_a_name_says_nothing_or_there_is_no_list() {
        let mut f = Fixture::clean();
        assert_eq!(f.run("REF108"), []);
        f.catalogue.splits.clear();
        f.catalogue.index();
        assert_eq!(f.run("REF108"), []);
    }
}
