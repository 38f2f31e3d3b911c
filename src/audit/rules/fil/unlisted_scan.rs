use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, some};

rule! {
    /// Scans are in no split list.
    ///
    /// # What it checks
    /// That each scan is named by a split list, where there are lists. One finding for all. Not
    /// checked when you ask for a part of the data set. Evidence: `scans`, how many are not.
    ///
    /// # Why it matters
    /// A trainer never sees them, although they take room and time to prepare. Descriptions of them
    /// are lost without a word.
    ///
    /// # How to fix
    /// Nothing, if they are meant to be left out. Otherwise add them to a list, with all scans of a
    /// room in the same one.
    ///
    /// # Known exceptions
    /// A download often holds more scans than a benchmark's lists name.
    ///
    /// # Source
    /// The 1,513 annotated scans of ScanNet are 1,201 for training and 312 for validation.
    UnlistedScan { code: "FIL107", name: "unlisted-scan", severity: Info }
}

impl Rule for UnlistedScan {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let catalogue = data.catalogue;
        if data.partial || catalogue.splits.is_empty() {
            return;
        }
        let all = catalogue.scans.iter().map(|s| s.id.as_str());
        let unlisted: Vec<&str> = all.filter(|id| catalogue.split_of(id).is_none()).collect();
        if !unlisted.is_empty() {
            let (n, is) = (unlisted.len(), if unlisted.len() == 1 { "is" } else { "are" });
            let harmed = unlisted.iter().map(|id| catalogue.descriptions_of(id).len()).sum();
            let message = format!("{} {is} in no split list: {}", count(n, "scan"), some(&unlisted));
            out.report(Draft::new(message).evidence("scans", n).harms(harmed));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_for_all_and_counts_what_is_lost() {
        let mut f = Fixture::clean();
        f.catalogue.splits[0].entries.clear();
        f.catalogue.index();
        let found = f.run("FIL107");
        assert_eq!((found.len(), found[0].descriptions), (1, 20));
        assert!(found[0].message.contains("scene0001_00, scene0001_01"), "{}", found[0].message);
    }

    #[test]
    fn silent_without_lists_and_when_all_are_named() {
        let mut f = Fixture::clean();
        assert_eq!(f.run("FIL107"), []);
        f.catalogue.splits.clear();
        f.catalogue.index();
        assert_eq!(f.run("FIL107"), []);
    }
}
