//! Which objects a sentence could be taken to mean, or to name.

use std::sync::LazyLock;

use crate::language::{self, Class, Noun, Nouns, words};
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
}
