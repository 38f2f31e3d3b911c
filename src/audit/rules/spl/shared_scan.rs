use crate::audit::DatasetContext;
use crate::audit::finding::{Draft, Related};
use crate::audit::rule::{Meta, Rule, Sink, rule};

rule! {
    /// A scan is in two splits.
    ///
    /// # What it checks
    /// That no scan is named by two split lists; without lists, that no scan has descriptions in two
    /// references files of different splits. Evidence: `splits`, the splits it is in.
    ///
    /// # Why it matters
    /// What is trained on is scored on: the numbers say how well the model remembers.
    ///
    /// # How to fix
    /// Use the lists of one release together: `scannetv2_train.txt`, `scannetv2_val.txt` and
    /// `scannetv2_test.txt` share no scan. Lists of the first release overlap with those.
    ///
    /// # Known exceptions
    /// Lists that are meant to overlap, such as one of all scans, should not be given as splits.
    ///
    /// # Source
    /// The lists of <https://github.com/ScanNet/ScanNet/tree/master/Tasks/Benchmark>.
    SharedScan { code: "SPL101", name: "shared-scan", severity: Error }
}

impl Rule for SharedScan {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        for (scan, splits) in data.splits_of_scans().into_iter().filter(|(_, s)| s.len() > 1) {
            let names: Vec<&str> = splits.keys().copied().collect();
            let mut draft = Draft::new(format!("the scan is in splits {}", names.join(" and ")))
                .scene(scan)
                .key(names.join("+"))
                .evidence("splits", names);
            for (place, (split, member)) in splits.into_iter().enumerate() {
                if place == 0 {
                    draft = draft.file(member.path);
                    draft = member.line.into_iter().fold(draft, Draft::line);
                } else {
                    draft = draft.related(Related {
                        message: format!("also in {split}"),
                        file: Some(member.path.display().to_string()),
                        ..Related::default()
                    });
                }
            }
            out.report(draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_for_lists_and_without_lists_for_references() {
        let mut f = Fixture::clean();
        let again = f.catalogue.splits[0].entries[1].clone();
        f.catalogue.splits[1].entries.push(again);
        let found = f.run("SPL101");
        assert_eq!((found.len(), found[0].scene_id.as_deref()), (1, Some("scene0001_01")));
        assert_eq!(found[0].location.unwrap().row, 2);

        f.catalogue.splits.clear();
        assert_eq!(f.run("SPL101"), []);
        f.descriptions(|d| d[0].file = 1);
        assert_eq!(f.run("SPL101").len(), 1);
    }

    #[test]
    fn silent_when_a_list_names_a_scan_twice() {
        let mut f = Fixture::clean();
        let again = f.catalogue.splits[0].entries[1].clone();
        f.catalogue.splits[0].entries.push(again);
        assert_eq!(f.run("SPL101"), []);
    }
}
