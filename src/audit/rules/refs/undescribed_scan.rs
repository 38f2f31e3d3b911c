use std::collections::BTreeSet;

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, some};

rule! {
    /// Scans have no descriptions.
    ///
    /// # What it checks
    /// Which scans no description speaks of, where there are references at all. One finding for all.
    /// Not checked when you ask for a part of the data set. Evidence: `scans`, how many; `all`, how
    /// many scans there are.
    ///
    /// # Why it matters
    /// They give no training samples, but they are prepared and stored. Many of them can mean that a
    /// references file is missing.
    ///
    /// # How to fix
    /// Nothing, if you expected it. Otherwise give the references file that is missing with
    /// `--references`.
    ///
    /// # Known exceptions
    /// ScanRefer describes the first scan of a room only, and 703 of ScanNet's 1,513.
    ///
    /// # Source
    /// Counted over the scans that ScanRefer's train and val files name.
    UndescribedScan { code: "REF109", name: "undescribed-scan", severity: Info }
}

impl Rule for UndescribedScan {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let catalogue = data.catalogue;
        let described: BTreeSet<&str> = catalogue.described_scenes().collect();
        if data.partial || described.is_empty() {
            return;
        }
        let ids = catalogue.scans.iter().map(|s| s.id.as_str());
        let without: Vec<&str> = ids.filter(|id| !described.contains(id)).collect();
        if !without.is_empty() {
            let (n, all) = (without.len(), catalogue.scans.len());
            let has = if n == 1 { "has" } else { "have" };
            let message = format!("{} of {all} {has} no description: {}", count(n, "scan"), some(&without));
            out.report(Draft::new(message).evidence("scans", n).evidence("all", all).harms(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_for_all() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d.retain(|d| d.scene_id != "scene0001_01"));
        let found = f.run("REF109");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "1 scan of 3 has no description: scene0001_01");
        assert_eq!(f.audit("REF109", true).1, []);
    }

    #[test]
    fn silent_without_references() {
        let mut f = Fixture::clean();
        assert_eq!(f.run("REF109"), []);
        f.descriptions(Vec::clear);
        assert_eq!(f.run("REF109"), []);
    }
}
