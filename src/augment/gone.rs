//! What is missing from a variant, what is new in it, and which sentences speak of it.

use std::collections::BTreeMap;

use super::rivals::{NOUNS, is_rival};
use super::targets::Targets;
use crate::language::{Class, Lexicon, Sentence};
use crate::scene::{Description, Object, normalise_label};

/// Share of its points that crops must leave of an object for it to be what it was; of less, its
/// middle and its size are others.
const LEAST_SHARE: f64 = 0.95;

/// The objects of one class.
struct Kind {
    label: String,
    class: Class,
    /// Whether one of them is missing.
    lost: bool,
}

/// What is no longer in the scene.
pub(crate) struct Gone<'a> {
    /// The classes of all objects there were; empty while all are there.
    kinds: Vec<Kind>,
    /// Index into `kinds` by object id.
    kind_of: BTreeMap<i32, usize>,
    /// Whether the room is not what it was: a part of a wall, the floor or the ceiling is missing, or of
    /// anything where no such object is known.
    room: bool,
    pub targets: &'a Targets,
}

impl<'a> Gone<'a> {
    /// Compares the points per object `before` any step with those `after` all of them. An object
    /// is missing once it has no point left, or when `cut`, the share of its points that crops
    /// left (absent: all), is too small for it to be what it was; of floor and ceiling, which go
    /// on beyond any crop, only the first counts.
    pub(crate) fn new(
        objects: &[Object],
        before: &BTreeMap<i32, u32>,
        after: &BTreeMap<i32, u32>,
        cut: &BTreeMap<i32, f64>,
        targets: &'a Targets,
    ) -> Self {
        let mut gone = Self { kinds: Vec::new(), kind_of: BTreeMap::new(), room: false, targets };
        let mut bounds_known = false;
        let mut any_cut = false;
        let mut by_class: BTreeMap<String, (bool, Vec<i32>)> = BTreeMap::new();
        for object in objects.iter().filter(|o| before.contains_key(&o.id)) {
            let class = normalise_label(&object.raw_category);
            let extends = matches!(class.as_str(), "floor" | "ceiling");
            let bounds_room = extends || class == "wall";
            let is_gone = !after.contains_key(&object.id);
            let is_cut = is_gone || cut.get(&object.id).is_some_and(|&share| share < LEAST_SHARE);
            bounds_known |= bounds_room;
            any_cut |= is_cut;
            gone.room |= bounds_room && is_cut;
            let (lost, ids) = by_class.entry(class).or_default();
            *lost |= is_gone || is_cut && !extends;
            ids.push(object.id);
        }
        gone.room |= any_cut && !bounds_known;
        for (class, (lost, ids)) in by_class {
            gone.kind_of.extend(ids.into_iter().map(|id| (id, gone.kinds.len())));
            gone.kinds.push(Kind { class: NOUNS.class(&class), label: class, lost });
        }
        gone
    }

    /// Whether any object is missing, or a part of the room.
    pub(crate) fn is_any(&self) -> bool {
        self.room || self.kinds.iter().any(|kind| kind.lost)
    }

    /// Whether the sentence places something by a room that is no longer whole.
    pub(crate) fn took_room(&self, heard: &Heard<'_>) -> bool {
        self.room && heard.sentence.places_in_room()
    }

    /// Whether the sentence names, beside what it is about, something that could be a missing
    /// object: one that goes by that name, or, where none does, by a name that people use for it.
    /// What the sentence says to be had ("it has drawers") is taken for a part.
    pub(crate) fn took_named(&self, heard: &Heard<'_>) -> bool {
        let lost = || self.kinds.iter().filter(|kind| kind.lost);
        if lost().next().is_none() {
            return false;
        }
        let of_lost = |m: &crate::language::Mention| {
            let named = |kind: &&Kind| kind.class.noun.is_a(&m.noun);
            if self.kinds.iter().any(|kind| named(&kind)) {
                lost().any(|kind| named(&kind))
            } else {
                !heard.sentence.is_had(m) && lost().any(|kind| heard.sentence.is_of(m, &kind.class))
            }
        };
        heard.others().any(of_lost)
            || lost().any(|kind| !heard.is_about(&kind.class) && heard.sentence.spells(&kind.label))
    }

    /// Whether something is missing that is of the class that the sentence is about, or of one
    /// that it names: what it counts, orders or compares is not what it was.
    pub(crate) fn took_compared(&self, heard: &Heard<'_>) -> bool {
        self.kinds.iter().filter(|kind| kind.lost).any(|kind| heard.names(&kind.class))
    }
}

/// What came into the scene.
pub(crate) struct Added {
    /// By label.
    classes: BTreeMap<String, Class>,
}

impl Added {
    /// Objects of these raw categories.
    pub(crate) fn new<'a>(raw_categories: impl Iterator<Item = &'a String>) -> Self {
        let class = |raw: &String| {
            let label = normalise_label(raw);
            let class = NOUNS.class(&label);
            (label, class)
        };
        Self { classes: raw_categories.map(class).collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// Whether a new object could be taken for the target or for something that the sentence
    /// names, or stand where the sentence says that nothing is.
    pub(crate) fn is_named_in(&self, heard: &Heard<'_>) -> bool {
        let rival = |(label, class): (&String, &Class)| {
            is_rival(heard.class.into_iter(), &heard.sentence, label, class)
        };
        self.classes.iter().any(rival)
            || heard.sentence.words().any(|word| Lexicon::built_in().absence.contains(word))
    }
}

/// A sentence taken apart, with the class of what it is about.
pub(crate) struct Heard<'a> {
    sentence: Sentence,
    class: Option<&'a Class>,
}

impl<'a> Heard<'a> {
    pub(crate) fn new(description: &Description, gone: &'a Gone<'_>) -> Self {
        let kind = description.object().and_then(|id| gone.kind_of.get(&id));
        let class = kind.map(|&kind| &gone.kinds[kind].class);
        Self { sentence: Sentence::new(&description.text, &NOUNS), class }
    }

    /// Whether it names its object, or another, by a word for anything: "the closest thing".
    pub(crate) fn names_anything(&self) -> bool {
        self.sentence.words().any(|word| NOUNS.class(word).is_generic)
    }

    /// What is named beside the target.
    fn others(&self) -> Box<dyn Iterator<Item = &crate::language::Mention> + '_> {
        match self.class {
            Some(class) => Box::new(self.sentence.others(class)),
            None => Box::new(self.sentence.mentions().iter()),
        }
    }

    fn is_about(&self, class: &Class) -> bool {
        self.class.is_some_and(|own| own.noun.is_a(&class.noun))
    }

    /// Whether the class is that of the target or of anything named, in a wide sense.
    fn names(&self, class: &Class) -> bool {
        let own = |own: &Class| own.noun.is_a(&class.noun) || own.noun.is_kin_of(&class.noun);
        self.class.is_some_and(own) || self.sentence.mentions().iter().any(|m| self.sentence.is_of(m, class))
    }
}
