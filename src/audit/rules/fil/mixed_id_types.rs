use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};

rule! {
    /// Ids of a references file are text in some records and numbers in others.
    ///
    /// # What it checks
    /// That `object_id` is of one type in all records of a file, and `ann_id` too. Evidence: `field`;
    /// `numbers` and `texts`, how many records have it as which.
    ///
    /// # Why it matters
    /// Trainers use ids as keys. `"12"` and `12` are two keys: lookups miss, samples vanish or the
    /// run ends with a `KeyError` in the middle of an epoch.
    ///
    /// # How to fix
    /// Write all ids as text, as ScanRefer does, when you merge or make references files.
    ///
    /// # Known exceptions
    /// None. A file whose ids are all numbers is one of another release, and is not reported.
    ///
    /// # Source
    /// The loader of <https://github.com/daveredrum/ScanRefer> uses text as keys, that of
    /// <https://github.com/sosppxo/3D-STMN> numbers.
    MixedIdTypes { code: "FIL111", name: "mixed-id-types", severity: Warning }
}

impl Rule for MixedIdTypes {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        for (index, file) in (0..).zip(&data.catalogue.references) {
            let mine = || data.catalogue.descriptions.iter().filter(|d| d.file == index);
            for (i, field) in ["object_id", "ann_id"].into_iter().enumerate() {
                let numbers = mine().filter(|d| d.numeric_ids[i]).count();
                let texts = mine().count() - numbers;
                if numbers > 0 && texts > 0 {
                    let message = format!("`{field}` is a number in {numbers} records and text in {texts}");
                    let draft = Draft::new(message)
                        .file(&file.path)
                        .key(field)
                        .evidence("field", field)
                        .evidence("numbers", numbers)
                        .evidence("texts", texts);
                    out.report(draft.harms(numbers.min(texts)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_for_the_field_that_is_mixed() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d.iter_mut().filter(|d| d.file == 0).for_each(|d| d.numeric_ids[1] = true);
            d[4..7].iter_mut().for_each(|d| d.numeric_ids[0] = true);
        });
        let found = f.run("FIL111");
        assert_eq!(found.len(), 1, "all numbers is one type");
        assert_eq!((found[0].number("numbers"), found[0].number("texts")), (Some(3), Some(17)));
        assert_eq!(found[0].descriptions, 3);
    }

    #[test]
    fn silent_on_files_of_one_type() {
        assert_eq!(Fixture::clean().run("FIL111"), []);
    }
}
