use crate::audit::DatasetContext;
use crate::audit::finding::{Draft, Severity};
use crate::audit::rule::{Meta, Rule, Sink, rule};

rule! {
    /// A split list names a scan that is not there.
    ///
    /// # What it checks
    /// Each line of each split list against the scans found. When none of a list's scans is there,
    /// one warning for the list. Not checked when you ask for a part of the data set. Evidence:
    /// `list`, the split's name; `missing`, how many of its scans are not there; `entries`, how many
    /// it names.
    ///
    /// # Why it matters
    /// A trainer stops at the first such scan, or leaves it out and trains and scores on fewer scenes
    /// than the list says, so that numbers cannot be compared.
    ///
    /// # How to fix
    /// Download the scan, or take the line out of your own copy of the list.
    ///
    /// # Known exceptions
    /// Lists of all scans include the test scans, which live in another folder.
    ///
    /// # Source
    /// <https://github.com/daveredrum/Scan2Cap/issues/11>.
    MissingSplitScan { code: "FIL106", name: "missing-split-scan", severity: Error }
}

impl Rule for MissingSplitScan {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        if data.partial {
            return;
        }
        for list in &data.catalogue.splits {
            let missing: Vec<_> =
                list.entries.iter().filter(|e| data.catalogue.scan(&e.id).is_none()).collect();
            let draft = |message| {
                Draft::new(message)
                    .file(&list.path)
                    .key(&list.name)
                    .evidence("list", list.name.as_str())
                    .evidence("missing", missing.len())
                    .evidence("entries", list.entries.len())
            };
            if missing.len() == list.entries.len() && !missing.is_empty() {
                let message = format!("none of the scans of split `{}` is there", list.name);
                let harmed = missing.iter().map(|e| data.catalogue.descriptions_of(&e.id).len()).sum();
                out.report(draft(message).at_most(Severity::Warning).harms(harmed));
                continue;
            }
            for entry in &missing {
                let message = format!("split `{}` names a scan that is not there", list.name);
                out.report(draft(message).scene(&entry.id).line(entry.line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_at_the_line_or_once_for_a_whole_list() {
        let mut f = Fixture::clean();
        f.catalogue.splits[0].entries[1].id = "scene0404_00".into();
        f.catalogue.splits[1].entries[0].id = "scene0405_00".into();
        f.catalogue.index();
        let found = f.run("FIL106");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].scene_id.as_deref(), Some("scene0404_00"));
        assert_eq!(found[0].location.unwrap().row, 2);
        assert_eq!((found[1].severity, &found[1].scene_id), (Severity::Warning, &None));
    }

    #[test]
    fn silent_when_only_a_part_was_asked_for() {
        let mut f = Fixture::clean();
        f.catalogue.splits[0].entries[1].id = "scene0404_00".into();
        assert_eq!(f.audit("FIL106", true).1, []);
        assert_eq!(Fixture::clean().run("FIL106"), []);
    }
}
