use std::collections::{BTreeMap, BTreeSet};

use crate::audit::DatasetContext;
use crate::audit::finding::{Draft, Finding, Related};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::SplitList;

rule! {
    /// Two split lists name the same scans.
    ///
    /// # What it checks
    /// That no two lists hold the same set of scans, in whatever order. It then says so once and
    /// leaves out SPL101 for each of the scans. Evidence: `splits`, the names of the lists; `scans`,
    /// how many scans they name.
    ///
    /// # Why it matters
    /// One file was copied over another. If it is training and validation, the model is scored on
    /// what it learnt; if it is validation and test, what was chosen on one is reported on the other.
    ///
    /// # How to fix
    /// Get the list again from the release that the others are from.
    ///
    /// # Known exceptions
    /// None: empty lists are passed over.
    ///
    /// # Source
    /// A validation file that was the test file: <https://github.com/GAP-LAB-CUHK-SZ/RfDNet/issues/9>.
    EqualLists { code: "SPL103", name: "equal-lists", severity: Error }
}

impl Rule for EqualLists {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let mut alike: BTreeMap<BTreeSet<&str>, Vec<&SplitList>> = BTreeMap::new();
        for list in &data.catalogue.splits {
            alike.entry(list.entries.iter().map(|e| e.id.as_str()).collect()).or_default().push(list);
        }
        for (scans, lists) in alike.into_iter().filter(|(scans, lists)| !scans.is_empty() && lists.len() > 1)
        {
            let names: Vec<&str> = lists.iter().map(|l| l.name.as_str()).collect();
            let message = format!("lists {} name the same {} scans", names.join(" and "), scans.len());
            let mut draft = Draft::new(message)
                .key(names.join("+"))
                .evidence("scans", scans.len())
                .harms(scans.iter().map(|s| data.catalogue.descriptions_of(s).len()).sum())
                .evidence("splits", names);
            if let Some((last, others)) = lists.split_last() {
                draft = draft.file(&last.path);
                for other in others {
                    let message = format!("the same scans, as {}", other.name);
                    let file = Some(other.path.display().to_string());
                    draft = draft.related(Related { message, file, ..Related::default() });
                }
            }
            out.report(draft);
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        code == "SPL101"
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        let splits = |f: &Finding| f.evidence.get("splits").and_then(|s| s.as_array().cloned());
        let (Some(mine), Some(others)) = (splits(mine), splits(other)) else { return false };
        others.iter().all(|s| mine.contains(s))
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_whatever_the_order_and_explains_the_shared_scans() {
        let mut f = Fixture::clean();
        let mut copy = f.catalogue.splits[0].clone();
        copy.entries.reverse();
        copy.name = "test".into();
        copy.path = "scannetv2_test.txt".into();
        f.catalogue.splits.push(copy);
        let found = f.findings();
        let codes: Vec<_> = found.iter().map(|f| f.code.as_str()).filter(|c| c.starts_with("SPL1")).collect();
        assert_eq!(codes, ["SPL103"]);
        let spl = found.iter().find(|f| f.code == "SPL103").unwrap();
        assert_eq!(spl.evidence["splits"], serde_json::json!(["train", "test"]));
        assert_eq!((spl.number("scans"), spl.descriptions), (Some(2), 20));
        assert_eq!(spl.file.as_deref(), Some("scannetv2_test.txt"));
    }

    #[test]
    fn silent_when_one_list_has_one_scan_more_and_on_empty_lists() {
        let mut f = Fixture::clean();
        let moved = f.catalogue.splits[0].entries.remove(1);
        let mut copy = f.catalogue.splits[0].clone();
        copy.entries.push(moved);
        f.catalogue.splits.push(copy);
        assert_eq!(f.run("SPL103"), []);
        f.catalogue.splits.iter_mut().for_each(|l| l.entries.clear());
        assert_eq!(f.run("SPL103"), []);
    }
}
