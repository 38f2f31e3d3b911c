//! What can be said of a variant's sentences before any point is read.

use std::collections::BTreeMap;

use super::augmenter::Augmenter;
use super::course::{course, may_happen};
use super::gone::Gone;
use super::targets::Targets;
use super::text::{self, Change};
use super::transform::Action;
use super::variant::Sentence;
use crate::math::{Key, Purpose};
use crate::scene::Description;

impl Augmenter {
    /// What the parameters drawn for a variant of `scene` do to its sentences. Where
    /// [`needs_points`](Self::needs_points) is empty that is what
    /// [`variant`](Self::variant) will do; else that may drop more of them, and drops none of those
    /// kept here for a reason that is told here.
    pub fn foresee(&self, scene: &str, descriptions: &[Description], variant: u32) -> Vec<Sentence> {
        let steps = if variant == 0 { &[][..] } else { &self.steps };
        let happen = course(steps, self.seed, scene, variant).into_iter().filter(|turn| turn.open);
        let changes: Vec<Change> =
            happen.map(|turn| Change { step: turn.step.id.clone(), effects: turn.drawn.effects }).collect();
        let nothing = BTreeMap::new();
        let targets = Targets::new(&[], &nothing, self.text.min_target_ratio);
        let gone = Gone::new(&[], &nothing, &nothing, &BTreeMap::new(), &targets);
        text::judge(descriptions, &changes, &gone, self.text.on_conflict)
    }

    /// Ids of the steps whose effect on sentences depends on points: which objects a crop leaves,
    /// which ones are added, and which cast a colour table gives.
    pub fn needs_points(&self) -> Vec<&str> {
        let depends = |&(at, step): &(usize, &super::Step)| {
            let drawn = step.transform.draw(&mut Key::new(0, "", 0, &step.id).stream(Purpose::Parameters));
            may_happen(&self.steps, at)
                && (step.mixes() || drawn.effects.removes_points || matches!(drawn.action, Action::Table(_)))
        };
        self.steps.iter().enumerate().filter(depends).map(|(_, step)| step.id.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{augmenter, cube, describing};

    #[test]
    fn what_is_foreseen_is_what_happens_where_points_do_not_matter() {
        let mut made =
            augmenter(&["op = 'mirror'", "op = 'rotate'\np = 0.5", "op = 'colour-jitter'\nstd-255 = 60"], 7);
        made.text.on_conflict = crate::augment::OnConflict::Adapt;
        let texts =
            ["the red chair", "the chair on the left", "what is left of it", "by the north wall", "a chair"];
        let descriptions: Vec<_> = texts.iter().map(|text| describing(0, text)).collect();
        let scene = cube();
        let mut actions = std::collections::BTreeSet::new();
        for variant in 0..12 {
            let happened = made.variant(&scene, &descriptions, variant).unwrap().sentences;
            if variant > 0 {
                assert_eq!(made.foresee(&scene.id, &descriptions, variant), happened, "variant {variant}");
            }
            actions.extend(happened.into_iter().map(|s| s.action));
        }
        assert_eq!(actions.len(), 3, "kept, adapted and dropped all happen: {actions:?}");
        assert!(made.needs_points().is_empty());
    }

    #[test]
    fn steps_that_look_at_points_are_named() {
        let made = augmenter(
            &["op = 'crop-box'", "op = 'rotate'", "op = 'autocontrast'", "op = 'drop-points'\np = 0"],
            7,
        );
        assert_eq!(made.needs_points(), ["crop-box#1", "autocontrast#1"]);
    }
}
