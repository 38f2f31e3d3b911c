use std::collections::BTreeMap;

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::scene::normalise_label;

rule! {
    /// A label is spelt in several ways.
    ///
    /// # What it checks
    /// Over all scans, whether labels differ only in case, in spaces, in `_` for spaces or in an `s` at
    /// the end. One finding for each group of such labels. Evidence: `variants`, how many objects
    /// have each spelling; `scans`, how many scans have one of them.
    ///
    /// # Why it matters
    /// Code that groups objects by label sees two classes where people see one: "the only chair" is
    /// then not the only one, and counts of classes are off.
    ///
    /// # How to fix
    /// Group by the category or by the nyu40 class of the label table. A label with a space at its
    /// end is a slip: remove it.
    ///
    /// # Known exceptions
    /// Annotators of ScanNet wrote both `book` and `books`; a plural can mean that one object is many
    /// things.
    ///
    /// # Source
    /// The column `raw_category` of `scannetv2-labels.combined.tsv`, see
    /// <https://github.com/ScanNet/ScanNet>.
    LabelSpelling { code: "OBJ211", name: "label-spelling", severity: Info }
}

/// The form in which spellings of one label are the same.
fn stem(label: &str) -> String {
    let label = normalise_label(label);
    match label.strip_suffix('s') {
        Some(one) if one.len() > 2 && !one.ends_with('s') => one.to_owned(),
        _ => label,
    }
}

impl Rule for LabelSpelling {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let mut objects: BTreeMap<&str, u64> = BTreeMap::new();
        for (label, n) in data.summary.scans.values().flat_map(|facts| &facts.labels) {
            *objects.entry(label).or_default() += n;
        }
        let mut groups: BTreeMap<String, BTreeMap<&str, u64>> = BTreeMap::new();
        for (label, n) in objects {
            groups.entry(stem(label)).or_default().insert(label, n);
        }
        for (stem, variants) in groups.into_iter().filter(|(_, v)| v.len() > 1) {
            let has = |labels: &BTreeMap<String, u64>| variants.keys().any(|&v| labels.contains_key(v));
            let scans = data.summary.scans.values().filter(|facts| has(&facts.labels)).count();
            let list: Vec<String> = variants.iter().map(|(label, n)| format!("`{label}` ({n})")).collect();
            let message = format!("one label is spelt {} in {}", list.join(", "), count(scans, "scan"));
            let variants: serde_json::Map<_, _> =
                variants.into_iter().map(|(label, n)| (label.to_owned(), n.into())).collect();
            let draft = Draft::new(message).key(stem).evidence("variants", variants);
            out.report(draft.evidence("scans", scans));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;

    #[test]
    fn plurals_spaces_and_case_are_spellings() {
        assert!(["Books", "book ", "BOOK_"].into_iter().all(|l| stem(l) == "book"));
        assert_eq!(stem("kitchen_cabinets"), stem("kitchen cabinet"));
        assert!(stem("glass") == "glass" && stem("bus") == "bus" && stem("s") == "s");
    }

    #[test]
    fn fires_once_a_group_over_all_scans() {
        let mut f = Fixture::clean();
        f.objects(|o| o[1].raw_category = "tables ".into());
        let found = f.run("OBJ211");
        assert_eq!((found.len(), &found[0].scene_id, found[0].number("scans")), (1, &None, Some(3)));
        assert!(found[0].message.contains("`table` (2), `tables ` (1)"), "{}", found[0].message);
    }

    #[test]
    fn silent_on_labels_that_share_words() {
        assert_eq!(Fixture::clean().run("OBJ211"), []);
    }
}
