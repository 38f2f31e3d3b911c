//! Which objects a sentence could be taken to mean, or to name.

use std::sync::LazyLock;

use crate::language::{Class, Noun, Nouns, Sentence};
use crate::scene::{Description, LabelTable, Object, normalise_label};

/// The nouns that steps and sentences are told by; no label table, so that the same sentence is read
/// alike in every data set.
pub(super) static NOUNS: LazyLock<Nouns> = LazyLock::new(|| Nouns::new(&LabelTable::default()));

/// What a sentence speaks of: its target, and what it names.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    targets: Vec<Class>,
    sentence: Sentence,
}

impl Named {
    /// What `description` speaks of in a scene with these objects.
    pub(crate) fn of(description: &Description, objects: &[Object]) -> Self {
        let meant = |o: &&Object| description.objects().any(|id| id == o.id);
        Self {
            targets: objects.iter().filter(meant).map(|o| NOUNS.class(&o.raw_category)).collect(),
            sentence: Sentence::new(&description.text, &NOUNS),
        }
    }

    /// Whether an object of this raw category could be taken for the target or for something
    /// named.
    pub(crate) fn could_be(&self, raw_category: &str) -> bool {
        let label = normalise_label(raw_category);
        is_rival(self.targets.iter(), &self.sentence, &label, &NOUNS.class(&label))
    }
}

/// Whether a new object of this label could be taken for a target or for something that the
/// sentence names: "couch" for "sofa", "desk" for "table", "chair" for "office chair". Not for a part
/// that the target is said to have ("a desk with drawers"). What has no name of its own could be anything, and
/// anything could be taken for it.
pub(super) fn is_rival<'a>(
    targets: impl Iterator<Item = &'a Class> + Clone,
    sentence: &Sentence,
    label: &str,
    class: &Class,
) -> bool {
    let taken_for = |noun: &Noun| noun.is_like(&class.noun) || noun.is_a(&class.noun);
    class.is_generic
        || targets.clone().next().is_none()
        || targets.into_iter().any(|target| target.is_generic || taken_for(&target.noun))
        || sentence.mentions().iter().any(|m| taken_for(&m.noun) && !sentence.is_had(m))
        || sentence.spells(label)
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
        assert_eq!(of("the brown one", "office chair"), [yes, yes, no, no, no, no, no, yes]);
        assert_eq!(of("it is by the lamp", "bed"), [no, no, yes, yes, yes, no, no, yes], "sofa beds");
        assert_eq!(of("the rug between the dumbbells", "rug"), [no, no, no, no, no, no, yes, yes]);
        assert_eq!(of("the brown one", "object"), [yes; 8]);
    }

    #[test]
    fn what_a_target_has_and_what_is_only_near_in_kind_is_no_rival() {
        let added = ["cabinet", "dresser", "coffee table", "bookshelf", "trash can"];
        let of = |text, target| rivals(text, target, &added);
        let [yes, no] = [true, false];
        assert_eq!(of("the brown table by the door", "table"), [no, no, yes, no, no]);
        assert_eq!(of("a desk with drawers", "desk"), [no, no, yes, no, no]);
        assert_eq!(of("the desk by the drawers", "desk"), [yes, yes, yes, no, no]);
        assert_eq!(of("it is under the shelf", "cabinet"), [yes, yes, no, yes, no]);
    }
}
