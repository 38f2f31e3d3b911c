use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, some};
use crate::scene::{LabelOddity, OddRow};

rule! {
    /// The label table is not one of those that are known to work.
    ///
    /// # What it checks
    /// That it has the 17 columns of ScanNet's table, no category twice, no category without a
    /// nyu40 id and no row that is cut short; that the row `object` is not overwritten by `stick`, as in
    /// one copy that circulates; and that the classes that a trainer named with `--profile` looks for
    /// are spelled as it spells them. Evidence: `rows`, how many rows are concerned.
    ///
    /// # Why it matters
    /// Classes come from this table. A category without a row becomes class 0 or ends the run; with
    /// `refridgerator` in the table and `refrigerator` in the code, every fridge becomes `others`.
    ///
    /// # How to fix
    /// Use the table that ships with ScanNet, or the one in the trainer's own repository.
    ///
    /// # Known exceptions
    /// The row `furnace` is cut short in a copy that many trainers ship; the cells it lacks are used
    /// by none of them.
    ///
    /// # Source
    /// Copies compared from fifteen public repositories; <https://github.com/ScanNet/ScanNet/issues/7>,
    /// <https://github.com/Na-Z/attMPTI/issues/4>.
    OddLabelTable { code: "FIL109", name: "odd-label-table", severity: Warning }
}

const COLUMNS: usize = 17;

impl Rule for OddLabelTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let (table, Some(path)) = (&data.catalogue.labels, &data.catalogue.labels_path) else { return };
        if table.is_empty() {
            return;
        }
        let mut report = |message: String, key: &str, line: u32, rows: usize| {
            out.report(Draft::new(message).file(path).line(line).key(key).evidence("rows", rows));
        };
        if table.columns != COLUMNS {
            let message = format!("the table has {} instead of {COLUMNS}", count(table.columns, "column"));
            report(message, "columns", 1, table.len());
        }
        let known = |odd: &LabelOddity| odd.what == OddRow::Short && odd.raw_category == "furnace";
        for (what, says) in [
            (OddRow::Short, "cut short"),
            (OddRow::Repeated, "there before"),
            (OddRow::NoClass, "without a nyu40 id"),
        ] {
            let odd: Vec<_> = table.oddities.iter().filter(|o| o.what == what && !known(o)).collect();
            let Some(first) = odd.first() else { continue };
            let names: Vec<&str> = odd.iter().map(|o| o.raw_category.as_str()).collect();
            let is = if odd.len() == 1 { "is" } else { "are" };
            let message = format!("{} {is} {says}: {}", count(odd.len(), "row"), some(&names));
            report(message, says, first.line, odd.len());
        }
        if table.get("object").is_some_and(|row| row.category == "stick") {
            let message = "the row of `object` was overwritten by that of `stick`, which is missing";
            report(message.to_owned(), "object", 1, 2);
        }
        for profile in data.profiles {
            let differs = |class: &&String| {
                let row = table.get(class.as_str());
                row.is_some_and(|row| !row.nyu40_class.is_empty() && row.nyu40_class != **class)
            };
            for class in profile.nyu40_classes.iter().filter(differs) {
                let spelled = table.get(class).map_or("", |row| row.nyu40_class.as_str());
                let message = format!(
                    "the table spells a class `{spelled}` that {} looks for as `{class}`: its objects become \
                     `others`",
                    profile.name
                );
                report(message, &format!("{} {class}", profile.name), 1, 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;
    use crate::scene::{LabelRow, LabelTable};

    fn with(table: LabelTable) -> Fixture {
        let mut f = Fixture::clean();
        f.catalogue.labels = table;
        f.catalogue.labels_path = Some("l.tsv".into());
        f
    }

    fn row(raw: &str, category: &str, class: &str) -> LabelRow {
        LabelRow {
            raw_category: raw.into(),
            category: category.into(),
            nyu40: 40,
            nyu40_class: class.into(),
            ..LabelRow::default()
        }
    }

    #[test]
    fn fires_once_a_sort_and_spares_the_known_row() {
        let mut table = LabelTable::new([row("object", "stick", "")]);
        table.columns = 16;
        let odd = |what, name: &str, line| LabelOddity { what, raw_category: name.into(), line };
        table.oddities = vec![
            odd(OddRow::Short, "furnace", 2),
            odd(OddRow::Repeated, "chair", 5),
            odd(OddRow::Repeated, "desk", 7),
        ];
        let found = with(table).run("FIL109");
        let said: Vec<_> = found.iter().map(|f| (f.location.unwrap().row, f.message.as_str())).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said.iter().any(|(row, m)| *row == 5 && m.contains("chair, desk")));
    }

    #[test]
    fn a_spelling_matters_to_the_trainer_that_looks_for_another() {
        let speak = |class: &str, profile: &str| {
            let mut table = LabelTable::new([row("refrigerator", "refrigerator", class)]);
            table.columns = COLUMNS;
            with(table).run_with("FIL109", &[profile]).len()
        };
        assert_eq!(speak("refridgerator", "mdin"), 1);
        assert_eq!(speak("refrigerator", "mdin"), 0);
        assert_eq!(speak("refridgerator", "reason3d"), 0);
    }

    #[test]
    fn silent_without_a_table() {
        assert_eq!(Fixture::clean().run("FIL109"), []);
    }
}
