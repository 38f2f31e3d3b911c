use std::collections::BTreeMap;

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::error::{Error, Kind};

rule! {
    /// A references file holds records that cannot be read.
    ///
    /// # What it checks
    /// That the file is a list of records, or a table of rows, with what its format asks for, each of
    /// a type that it can have: scan, object, name and description in all of them, and annotation in
    /// ScanRefer and Multi3DRefer. A record must not contradict itself either: Multi3DRefer's
    /// `eval_type` on whether there is a target, Nr3D's and Sr3D's `stimulus_id` on scan, target and
    /// number of distractors. Faults that read alike are one finding at the first of them. Evidence:
    /// `records`, how many records have the fault; `list`, how many the file has.
    ///
    /// # Why it matters
    /// Trainers look fields up by name and type: text where a number is expected ends the run with
    /// a `KeyError`, or, worse, finds no entry and drops the sample. A record that contradicts itself
    /// fails an assertion, or is trained as one thing and scored as another.
    ///
    /// # How to fix
    /// Open the file at the line given. If a script of yours wrote it, mend the script; compare a
    /// record with one of the official `ScanRefer_filtered_train.json`.
    ///
    /// # Known exceptions
    /// None. A file that is no JSON at all is FIL103.
    ///
    /// # Source
    /// The formats of <https://github.com/daveredrum/ScanRefer>,
    /// <https://github.com/3dlg-hcvc/M3DRef-CLIP> and <https://github.com/KuanchihHuang/Reason3D>; the
    /// readers of <https://github.com/referit3d/referit3d> assert the number of distractors. A missing
    /// field is told of in <https://github.com/3dlg-hcvc/multi3drefer/issues/19>.
    BadReferences { code: "FIL110", name: "bad-references", severity: Error }
}

impl Rule for BadReferences {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        for file in &data.catalogue.references {
            if file.records == 0 && file.faults.is_empty() {
                let name = file.path.file_name().unwrap_or_default().to_string_lossy();
                let draft = Draft::new("the list holds no record").file(&file.path).key(name);
                out.report(draft.evidence("records", 0).evidence("list", 0));
            }
            let mut alike: BTreeMap<&str, (&Error, usize)> = BTreeMap::new();
            for fault in file.faults.iter().filter(|e| e.kind() == Kind::Malformed) {
                alike.entry(fault.message()).or_insert((fault, 0)).1 += 1;
            }
            for (message, (first, records)) in alike {
                let mut draft = Draft::of_error(first)
                    .key(message)
                    .evidence("records", records)
                    .evidence("list", file.records)
                    .harms(records);
                if draft.finding.file.is_none() {
                    draft = draft.file(&file.path);
                }
                draft.finding.message += &format!(" ({} of {})", count(records, "record"), file.records);
                out.report(draft);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;
    use crate::error::Place;

    #[test]
    fn fires_once_for_faults_that_read_alike() {
        let mut f = Fixture::clean();
        for row in [7, 9] {
            let error = Error::new(Kind::Malformed, "`object_id` is not a number");
            f.catalogue.references[1].faults.push(error.place(Place::Line { row, column: 3 }));
        }
        let found = f.run("FIL110");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].location.unwrap().row, found[0].descriptions), (7, 2));
        assert_eq!(found[0].file.as_deref(), Some("ScanRefer_filtered_val.json"));
    }

    #[test]
    fn fires_on_a_list_of_nothing() {
        let mut f = Fixture::clean();
        f.catalogue.references[1].records = 0;
        let found = f.run("FIL110");
        assert_eq!((found.len(), found[0].message.as_str()), (1, "the list holds no record"));
    }

    #[test]
    fn silent_on_readable_records() {
        assert_eq!(Fixture::clean().run("FIL110"), []);
    }
}
