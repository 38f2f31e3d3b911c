use std::collections::{BTreeMap, HashMap};

use crate::audit::DatasetContext;
use crate::audit::finding::{Draft, Related};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, per_cent};
use crate::language::words;
use crate::scene::Description;

rule! {
    /// Sentences of a split are word for word in training.
    ///
    /// # What it checks
    /// How many descriptions of each split other than `train` have the words of a training
    /// description, whatever the case and punctuation, where training has at least 50. One finding
    /// for each split. Evidence:
    /// `split`; `sentences`, how many different sentences are shared; `descriptions`, how many
    /// descriptions of the split have one of them; `share`, these in per cent.
    ///
    /// # Why it matters
    /// Short sentences recur by chance. A large share means that texts were made by templates, or
    /// that one file was built from the other; a model may then know the answer from the text alone.
    ///
    /// # How to fix
    /// Nothing, where the share is small. Look at the sentences otherwise, and report a score on
    /// those that are not shared.
    ///
    /// # Known exceptions
    /// Sentences made by templates share many by construction.
    ///
    /// # Source
    /// Measured by this program.
    SharedSentences { code: "SPL104", name: "shared-sentences", severity: Info }
}

/// With fewer training descriptions a share says nothing.
const FEWEST: usize = 50;

fn normal(text: &str) -> String {
    let lower = text.to_lowercase();
    words(&lower).fold(String::with_capacity(lower.len()), |mut all, word| {
        all += if all.is_empty() { "" } else { " " };
        all + word
    })
}

impl Rule for SharedSentences {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let mut splits: BTreeMap<&str, Vec<&Description>> = BTreeMap::new();
        for d in &data.catalogue.descriptions {
            splits.entry(data.catalogue.split_of(&d.scene_id).unwrap_or_default()).or_default().push(d);
        }
        splits.remove("");
        let Some(train) = splits.remove("train").filter(|t| t.len() >= FEWEST) else { return };
        let mut train: HashMap<String, &Description> =
            train.into_iter().rev().map(|d| (normal(&d.text), d)).collect();
        train.remove("");
        for (split, descriptions) in splits {
            let mut shared: BTreeMap<String, Vec<&Description>> = BTreeMap::new();
            for d in &descriptions {
                let text = normal(&d.text);
                if train.contains_key(&text) {
                    shared.entry(text).or_default().push(d);
                }
            }
            let n: usize = shared.values().map(Vec::len).sum();
            // The longest is the least likely by chance.
            let longest = shared.iter().max_by_key(|(text, _)| (text.len(), *text));
            let Some((text, those)) = longest else { continue };
            let share = per_cent(n as u64, descriptions.len() as u64);
            let (first, known) = (those[0], train[text]);
            let message = format!(
                "{} in {split} ({share} %) are word for word in train, as \"{text}\" of {}",
                count(n, "description"),
                first.key(),
            );
            let mut draft = Draft::new(message)
                .key(split)
                .evidence("split", split)
                .evidence("sentences", shared.len())
                .evidence("descriptions", n)
                .evidence("share", share)
                .related(Related { message: format!("in train: {}", known.key()), ..Related::default() })
                .harms(n);
            if let Some(file) = data.catalogue.references.get(first.file as usize) {
                draft = draft.file(&file.path);
            }
            out.report(draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::scene::Description;

    /// The clean data with sixty more descriptions for training, and each a sentence of its own.
    fn distinct() -> Fixture {
        let mut f = Fixture::clean();
        let more = |i: u32| Description { record: 100 + i, ..f.catalogue.descriptions[19].clone() };
        let more: Vec<_> = (0..60).map(more).collect();
        f.descriptions(|d| d.extend(more));
        f.descriptions(|d| (0..).zip(d).for_each(|(i, d)| d.text = format!("sentence {i}")));
        f
    }

    #[test]
    fn fires_across_case_and_punctuation() {
        let mut f = distinct();
        f.descriptions(|d| {
            d[80].text = "Sentence, 3!".into();
            d[81].text = "sentence 3".into();
        });
        let found = f.run("SPL104");
        assert_eq!(
            (found.len(), found[0].number("sentences"), found[0].number("descriptions")),
            (1, Some(1), Some(2))
        );
        assert_eq!((found[0].evidence["share"].as_f64(), found[0].descriptions), (Some(20.0), 2));
        assert_eq!(found[0].file.as_deref(), Some("ScanRefer_filtered_val.json"));
    }

    #[test]
    fn silent_where_training_is_small() {
        assert_eq!(Fixture::clean().run("SPL104"), [], "all of twenty sentences are the same");
    }

    #[test]
    fn silent_inside_a_split_and_on_sentences_without_words() {
        let mut f = distinct();
        f.descriptions(|d| {
            d[1].text = d[0].text.clone();
            d[2].text = "...".into();
            d[80].text = "!".into();
        });
        assert_eq!(f.run("SPL104"), []);
    }
}
