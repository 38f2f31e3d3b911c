//! Which objects a sentence could be taken to mean, or to name.

use std::sync::LazyLock;

use super::config::OnConflict;
use super::text::Change;
use super::variant::{Sentence, TextAction};
use crate::language::{self, Claims, Class, Noun, Nouns, words};
use crate::scene::{Description, LabelTable, Object, normalise_label};

static NOUNS: LazyLock<Nouns> = LazyLock::new(|| Nouns::new(&LabelTable::default()));

/// What a sentence speaks of: its target, and what it names.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    nouns: Vec<Noun>,
    /// Its words, lower case, each between spaces.
    spoken: String,
    /// Whether its target could be called by the name of anything.
    anything: bool,
    /// Whether it says that nothing else fits.
    unique: bool,
}

impl Named {
    /// What `description` speaks of in a scene with these objects.
    pub(crate) fn of(description: &Description, objects: &[Object]) -> Self {
        let meant = |o: &&Object| description.objects().any(|id| id == o.id);
        let targets: Vec<Class> =
            objects.iter().filter(meant).map(|o| NOUNS.class(&o.raw_category)).collect();
        let sentence = language::Sentence::new(&description.text, &NOUNS);
        let named = sentence.mentions().iter().map(|mention| mention.noun);
        Self {
            nouns: targets.iter().map(|class| class.noun).chain(named).collect(),
            spoken: spaced(&description.text),
            anything: targets.is_empty() || targets.iter().any(|class| class.is_generic),
            unique: Claims::of(&description.text).unique,
        }
    }

    /// Whether an object of this raw category could be taken for the target or for something
    /// named. Wide on purpose: "couch" for "sofa", "chair" for "office chair".
    pub(crate) fn could_be(&self, raw_category: &str) -> bool {
        let class = NOUNS.class(raw_category);
        let label = spaced(&normalise_label(raw_category));
        let many = |ending: &str| format!("{}{ending} ", label.trim_end());
        self.anything
            || class.is_generic
            || self.nouns.iter().any(|noun| noun.is_kin_of(&class.noun) || noun.is_a(&class.noun))
            || [label.clone(), many("s"), many("es")].iter().any(|name| self.spoken.contains(name))
    }
}

fn spaced(text: &str) -> String {
    words(text).fold(" ".to_owned(), |all, word| all + &word.to_lowercase() + " ")
}

/// Marks the sentences that could mean, or name, an object that was added: dropped, unless the
/// pipeline keeps what conflicts.
pub(crate) fn judge(
    sentences: &mut [Sentence],
    descriptions: &[Description],
    named: &[Named],
    changes: &[Change],
    on_conflict: OnConflict,
) {
    for sentence in sentences.iter_mut().filter(|s| s.action != TextAction::Drop) {
        let named = &named[sentence.description];
        let rival = |change: &&Change| {
            change.effects.adds_objects.iter().any(|class| named.unique || named.could_be(class))
        };
        let Some(change) = changes.iter().rev().find(rival) else { continue };
        sentence.reason = Some("rival-added".to_owned());
        sentence.by_step = Some(change.step.clone());
        sentence.text.clone_from(&descriptions[sentence.description].text);
        sentence.changed_words.clear();
        sentence.action = if on_conflict == OnConflict::Keep { TextAction::Keep } else { TextAction::Drop };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::testing::describing;

    fn rivals(text: &str, target: &str, added: &[&str]) -> Vec<bool> {
        let object = Object { id: 1, group_id: 1, raw_category: target.into(), segments: Vec::new() };
        let named = Named::of(&describing(1, text), &[object]);
        added.iter().map(|class| named.could_be(class)).collect()
    }

    #[test]
    fn targets_and_what_is_named_have_rivals_by_class_family_and_name() {
        let added = ["chair", "armchair", "couch", "lamp", "Floor Lamp", "keyboard", "dumbbell", "object"];
        let of = |text, target| rivals(text, target, &added);
        let [yes, no] = [true, false];
        assert_eq!(of("the brown one", "office chair"), [yes, yes, yes, no, no, no, no, yes]);
        assert_eq!(of("it is by the lamp", "bed"), [no, no, yes, yes, yes, no, no, yes], "sofa beds");
        assert_eq!(of("the rug between the dumbbells", "rug"), [no, no, no, no, no, no, yes, yes]);
        assert_eq!(of("the brown one", "object"), [yes; 8]);
    }

    #[test]
    fn sentences_that_say_only_go_with_any_addition() {
        let descriptions = [describing(1, "the only keyboard"), describing(1, "a keyboard")];
        let object = Object { id: 1, group_id: 1, raw_category: "keyboard".into(), segments: Vec::new() };
        let named: Vec<Named> =
            descriptions.iter().map(|d| Named::of(d, std::slice::from_ref(&object))).collect();
        let adds = |class: &str| Change {
            step: class.to_owned(),
            effects: crate::augment::transform::Effects {
                adds_objects: vec![class.to_owned()],
                ..Default::default()
            },
        };
        let actions = |changes: &[Change], policy| {
            let mut sentences = super::super::augmenter::originals(&descriptions);
            judge(&mut sentences, &descriptions, &named, changes, policy);
            sentences.into_iter().map(|s| (s.action, s.by_step)).collect::<Vec<_>>()
        };
        let by = |action, step: &str| (action, Some(step.to_owned()));
        let (keep, drop) = (TextAction::Keep, TextAction::Drop);
        assert_eq!(actions(&[adds("bathtub")], OnConflict::Adapt), [by(drop, "bathtub"), (keep, None)]);
        assert_eq!(actions(&[], OnConflict::Drop), [(keep, None), (keep, None)]);
        let both = [adds("keyboard"), adds("bathtub")];
        assert_eq!(actions(&both, OnConflict::Drop), [by(drop, "bathtub"), by(drop, "keyboard")]);
        assert_eq!(actions(&both, OnConflict::Keep), [by(keep, "bathtub"), by(keep, "keyboard")]);
    }
}
