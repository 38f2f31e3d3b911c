//! Which sentences are still true.
//!
//! Steps declare effects, sentences make claims; this is where the two meet, for each description
//! and variant. What is not sure to be true is not handed on: the cost is one sentence of one
//! variant, against a wrong label that no one would ever find.

use super::config::OnConflict;
use super::gone::{Added, Gone, Heard};
use super::transform::Effects;
use super::variant::{Sentence, TextAction};
use crate::language::{Claims, mirrored};
use crate::scene::Description;

/// Turns beyond this make compass words and clock faces false, in degrees.
const STRONG_TURN_DEG: f64 = 15.0;
/// Tilts beyond this make up and down doubtful, and so every sentence, in degrees.
const STRONG_TILT_DEG: f64 = 30.0;
/// Axes stretched against each other by more than this make sizes, shapes and comparisons false.
const STRONG_STRETCH: f64 = 0.10;
/// Casts beyond this make colours false, in levels of 255: neighbouring colour words lie about this
/// far apart at their borders (`tests/truth.rs` measures it).
const STRONG_CAST_255: f64 = 6.0;

/// Displacements of points against each other beyond this make every sentence doubtful that places
/// an object, and nearly all do, in metres (root mean square along an axis).
const STRONG_SHIFT_M: f64 = 0.015;

/// A step that was applied, and what it may make false.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub step: String,
    pub effects: Effects,
}

/// What becomes of each description under these changes.
pub(crate) fn judge(
    descriptions: &[Description],
    changes: &[Change],
    gone: &Gone<'_>,
    on_conflict: OnConflict,
) -> Vec<Sentence> {
    let total = Total::of(changes);
    let added = Added::new(changes.iter().flat_map(|c| &c.effects.adds_objects));
    let sentence = |(index, description): (usize, &Description)| {
        let mut sentence = Sentence {
            description: index,
            action: TextAction::Keep,
            text: description.text.clone(),
            changed_words: Vec::new(),
            reason: None,
            by_step: None,
        };
        let Some((reason, blamed)) = total.conflict(description, gone, &added) else { return sentence };
        sentence.reason = Some(reason.to_owned());
        sentence.by_step = changes.iter().rev().find(|c| blamed(&c.effects)).map(|c| c.step.clone());
        sentence.action = match on_conflict {
            // A sentence without a target is no sentence to train on, whatever it says.
            _ if reason == LOST => TextAction::Drop,
            OnConflict::Keep => TextAction::Keep,
            OnConflict::Drop => TextAction::Drop,
            OnConflict::Adapt => match mirrored(&description.text) {
                Some(new) if reason == MIRROR => {
                    sentence.text = new.text;
                    sentence.changed_words = new.changed;
                    TextAction::Adapt
                }
                _ => TextAction::Drop,
            },
        };
        sentence
    };
    descriptions.iter().enumerate().map(sentence).collect()
}

const MIRROR: &str = "mirror";
const LOST: &str = "target-lost";

/// The effects of all changes together.
#[derive(Debug, Default)]
struct Total {
    mirrored: bool,
    turned_deg: f64,
    tilted_deg: f64,
    stretched: f64,
    recoloured: f64,
    displaced_m: f64,
}

type Blame = fn(&Effects) -> bool;

impl Total {
    /// Amounts add up and never cancel, except mirrors: that errs on the side of the sentence.
    fn of(changes: &[Change]) -> Self {
        let mut total = Self::default();
        for Change { effects, .. } in changes {
            total.mirrored ^= effects.mirrors;
            total.turned_deg += effects.turns_deg;
            total.tilted_deg += effects.tilts_deg;
            total.stretched = (1.0 + total.stretched) * (1.0 + effects.distorts_shape) - 1.0;
            total.recoloured += effects.recolours;
            total.displaced_m += effects.displaces_m;
        }
        total
    }

    /// The first thing that makes the sentence false, and which steps could have done it. A
    /// mirror comes last: it alone can be mended.
    fn conflict(
        &self,
        description: &Description,
        gone: &Gone<'_>,
        added: &Added,
    ) -> Option<(&'static str, Blame)> {
        let removed: Blame = |e| e.removes_points;
        if description.objects().any(|id| gone.targets.lost(id)) {
            return Some((LOST, removed));
        }
        let claims = Claims::of(&description.text);
        // What a sentence names matters only once something is missing or new.
        if gone.is_any() || !added.is_empty() {
            let heard = Heard::new(description, gone);
            if gone.took_named(&heard) {
                return Some(("anchor-lost", removed));
            }
            if gone.took_room(&heard) {
                return Some(("room-cut", removed));
            }
            if (claims.ordinal || claims.superlative) && gone.took_compared(&heard) {
                return Some(("rival-lost", removed));
            }
            // The biggest thing, the second object: what is new takes part, whatever it is.
            let ranks = (claims.ordinal || claims.superlative) && heard.names_anything();
            if !added.is_empty() && (claims.unique || ranks || added.is_named_in(&heard)) {
                return Some(("rival-added", |e| !e.adds_objects.is_empty()));
            }
        }
        if self.tilted_deg > STRONG_TILT_DEG {
            return Some(("tilt", |e| e.tilts_deg > 0.0));
        }
        if self.displaced_m > STRONG_SHIFT_M {
            return Some(("displace", |e| e.displaces_m > 0.0));
        }
        if claims.absolute && self.turned_deg > STRONG_TURN_DEG {
            return Some(("turn", |e| e.turns_deg > 0.0));
        }
        if (claims.size || claims.shape || claims.superlative) && self.stretched > STRONG_STRETCH {
            return Some(("stretch", |e| e.distorts_shape > 0.0));
        }
        if claims.colour && self.recoloured > STRONG_CAST_255 {
            return Some(("recolour", |e| e.recolours > 0.0));
        }
        (claims.handed && self.mirrored).then_some((MIRROR, |e| e.mirrors))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::augment::targets::Targets;
    use crate::augment::testing::describing;
    use crate::scene::Object;

    fn change(effects: Effects) -> Change {
        Change { step: "a".into(), effects }
    }

    /// What becomes of sentences about object 1 when `left` objects keep points; objects 1, 2 are
    /// chairs, 3 is a desk, 4 a trash can.
    fn verdicts(texts: &[&str], effects: &Effects, left: &[i32], policy: OnConflict) -> Vec<Sentence> {
        let object =
            |id, class: &str| Object { id, group_id: 0, raw_category: class.into(), segments: Vec::new() };
        let objects = [
            object(1, "chair"),
            object(2, "chair"),
            object(3, "desk"),
            object(4, "trash can"),
            object(5, "sofa"),
        ];
        let before: BTreeMap<i32, u32> = (1..=4).map(|id| (id, 10)).collect();
        let after: BTreeMap<i32, u32> = left.iter().map(|&id| (id, 10)).collect();
        let descriptions: Vec<Description> = texts.iter().map(|text| describing(1, text)).collect();
        let targets = Targets::new(&descriptions, &before, 1.0);
        let gone = Gone::new(&objects, &before, &after, &BTreeMap::new(), &targets);
        judge(&descriptions, &[change(effects.clone())], &gone, policy)
    }

    fn reasons(texts: &[&str], effects: &Effects, left: &[i32]) -> Vec<Option<String>> {
        verdicts(texts, effects, left, OnConflict::Drop).into_iter().map(|s| s.reason).collect()
    }

    fn some(reason: &str) -> Option<String> {
        Some(reason.into())
    }

    const ALL: [i32; 4] = [1, 2, 3, 4];

    #[test]
    fn each_effect_meets_its_claims_and_no_other() {
        let texts = [
            "the chair on the left",
            "the red chair",
            "the tall chair",
            "the round chair",
            "the chair by the north wall",
            "the chair right next to the desk",
            "a chair",
        ];
        let of = |effects: Effects| -> Vec<bool> {
            reasons(&texts, &effects, &ALL).iter().map(Option::is_some).collect()
        };
        let none = Effects::default;
        assert_eq!(of(none()), [false; 7]);
        let only = |hit: &[usize]| (0..7).map(|i| hit.contains(&i)).collect::<Vec<_>>();
        assert_eq!(of(Effects { mirrors: true, ..none() }), only(&[0]));
        assert_eq!(of(Effects { recolours: 40.0, ..none() }), only(&[1]));
        assert_eq!(of(Effects { recolours: 5.0, ..none() }), only(&[]));
        assert_eq!(of(Effects { distorts_shape: 0.2, ..none() }), only(&[2, 3]));
        assert_eq!(of(Effects { distorts_shape: 0.05, ..none() }), only(&[]));
        assert_eq!(of(Effects { turns_deg: 90.0, ..none() }), only(&[4]));
        assert_eq!(of(Effects { tilts_deg: 90.0, ..none() }), [true; 7]);
        assert_eq!(of(Effects { displaces_m: 0.1, ..none() }), [true; 7]);
        assert_eq!(of(Effects { displaces_m: 0.01, ..none() }), only(&[]));
    }

    #[test]
    fn two_mirrors_are_a_turn() {
        let d = [describing(1, "the chair on the left")];
        let targets = Targets::new(&d, &BTreeMap::new(), 1.0);
        let gone = Gone::new(&[], &BTreeMap::new(), &BTreeMap::new(), &BTreeMap::new(), &targets);
        let mirror = change(Effects { mirrors: true, ..Effects::default() });
        let reason = |changes: &[Change]| judge(&d, changes, &gone, OnConflict::Drop)[0].reason.clone();
        assert_eq!(reason(std::slice::from_ref(&mirror)), some("mirror"));
        assert_eq!(reason(&[mirror.clone(), mirror]), None);
    }

    #[test]
    fn sentences_go_with_what_they_name_count_or_compare() {
        let crop = Effects { removes_points: true, ..Effects::default() };
        let texts = [
            "the chair at the desk",
            "the chair by the two desks",
            "the chair by the Trash  Can.",
            "the chair by the garbage bin",
            "the second chair",
            "the biggest chair",
            "the leftmost chair",
            "the chair by the sofa",
        ];
        assert_eq!(reasons(&texts, &crop, &ALL), vec![None; 8]);
        let anchor = some("anchor-lost");
        let expected = [anchor.clone(), anchor.clone(), anchor.clone(), anchor, None, None, None, None];
        assert_eq!(reasons(&texts, &crop, &[1, 2]), expected);
        // No sofa is labelled, and who says so may mean the chair that is missing.
        let rival = some("rival-lost");
        let expected =
            [None, rival.clone(), None, None, rival.clone(), rival.clone(), rival, some("anchor-lost")];
        assert_eq!(reasons(&texts, &crop, &[1, 3, 4]), expected);
    }

    #[test]
    fn a_room_that_is_cut_takes_what_is_placed_by_it() {
        let object =
            |id, class: &str| Object { id, group_id: 0, raw_category: class.into(), segments: Vec::new() };
        let crop = change(Effects { removes_points: true, ..Effects::default() });
        let descriptions = [describing(1, "the chair in the corner"), describing(1, "a chair by the floor")];
        let before = BTreeMap::from([(1, 10), (2, 10), (3, 10)]);
        let targets = Targets::new(&descriptions, &before, 1.0);
        let reasons = |objects: &[Object], cut: &[(i32, f64)]| {
            let cut = cut.iter().copied().collect();
            let gone = Gone::new(objects, &before, &before, &cut, &targets);
            let judged = judge(&descriptions, std::slice::from_ref(&crop), &gone, OnConflict::Drop);
            judged.into_iter().map(|s| s.reason).collect::<Vec<_>>()
        };
        let room = [object(1, "chair"), object(2, "floor"), object(3, "lamp")];
        assert_eq!(reasons(&room, &[(2, 0.7)]), [some("room-cut"), None]);
        assert_eq!(reasons(&room, &[(2, 0.99), (3, 0.2)]), [None, None]);
        let unknown = [object(1, "chair"), object(3, "lamp")];
        assert_eq!(reasons(&unknown, &[(3, 0.2)]), [some("room-cut"), None], "no one knows the room");
    }

    #[test]
    fn a_new_rival_takes_what_it_could_be_taken_for() {
        let adds = |class: &str| Effects { adds_objects: vec![class.into()], ..Effects::default() };
        let texts = [
            "the chair in the corner",
            "the seat at the desk",
            "it is next to the lamp",
            "the only one here",
            "this is on its own by a wall with nothing on it",
            "the biggest thing by the window",
        ];
        let of =
            |class| reasons(&texts, &adds(class), &ALL).into_iter().map(|r| r.is_some()).collect::<Vec<_>>();
        assert_eq!(of("armchair"), [true; 6], "the target is a chair, whatever it is called");
        assert_eq!(of("desk"), [false, true, false, true, true, true]);
        assert_eq!(of("floor lamp"), [false, false, true, true, true, true]);
        assert_eq!(of("pineapple"), [false, false, false, true, true, true]);
        assert_eq!(reasons(&texts[..1], &adds("stool"), &ALL), [some("rival-added")]);
    }

    #[test]
    fn keeping_says_what_is_wrong_and_adapting_mends_mirrors_only() {
        let mirror = Effects { mirrors: true, ..Effects::default() };
        let texts = ["The chair on the LEFT.", "what is left of it"];
        let keep = verdicts(&texts, &mirror, &ALL, OnConflict::Keep);
        assert_eq!((keep[0].action, &keep[0].reason), (TextAction::Keep, &some("mirror")));
        let adapt = verdicts(&texts, &mirror, &ALL, OnConflict::Adapt);
        assert_eq!((adapt[0].action, adapt[0].text.as_str()), (TextAction::Adapt, "The chair on the RIGHT."));
        assert_eq!(adapt[0].changed_words, [("LEFT".to_owned(), "RIGHT".to_owned())]);
        assert_eq!((adapt[1].action, adapt[1].by_step.as_deref()), (TextAction::Drop, Some("a")));
        let both = Effects { mirrors: true, recolours: 99.0, ..Effects::default() };
        let adapt = verdicts(&["the red chair on the left"], &both, &ALL, OnConflict::Adapt);
        assert_eq!((adapt[0].action, &adapt[0].reason), (TextAction::Drop, &some("recolour")));
    }
}
