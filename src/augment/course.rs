//! Which steps of a pipeline happen in a variant, and with which values.

use super::config::Step;
use super::transform::{Action, Drawn};
use crate::math::{Key, Purpose};

/// A step in one variant.
pub(super) struct Turn<'a> {
    /// The step.
    pub step: &'a Step,
    /// Where its random words come from.
    pub key: Key,
    /// What was drawn for it.
    pub drawn: Drawn,
    /// Whether the steps around it happen and chose it.
    pub chosen: bool,
    /// Whether it happens.
    pub open: bool,
}

/// Every step in one variant of a scan, in order. Values are drawn of steps that do not happen too,
/// so that what happens moves no other step's values.
pub(super) fn course<'a>(steps: &'a [Step], seed: u64, scene: &str, variant: u32) -> Vec<Turn<'a>> {
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(steps.len());
    let mut branches: Vec<Option<usize>> = Vec::with_capacity(steps.len());
    for (at, step) in steps.iter().enumerate() {
        let key = Key::new(seed, scene, variant, &step.id);
        let mut drawn = step.transform.draw(&mut key.stream(Purpose::Parameters));
        let chosen = step
            .inside
            .is_none_or(|outer| turns[outer].open && branches[outer].is_none_or(|branch| branch == at));
        let open = key.stream(Purpose::Gate).happens(step.p) && chosen;
        let branch = match drawn.action {
            Action::Choose(share) => branch(steps, at, share),
            _ => None,
        };
        if let Some(branch) = branch {
            drawn.parameters.insert("branch".into(), steps[branch].id.as_str().into());
        }
        branches.push(branch);
        turns.push(Turn { step, key, drawn, chosen, open });
    }
    turns
}

/// Whether a step can ever happen, seen from its `p`, its weight and the steps around it.
pub(super) fn may_happen(steps: &[Step], at: usize) -> bool {
    let step = &steps[at];
    step.p > 0.0
        && step.inside.is_none_or(|outer| {
            let nth = inside(steps, outer).take_while(|&other| other < at).count();
            steps[outer].transform.weight(nth) > 0.0 && may_happen(steps, outer)
        })
}

/// The steps written directly inside of the step at `outer`.
fn inside(steps: &[Step], outer: usize) -> impl Iterator<Item = usize> {
    (outer + 1..steps.len()).filter(move |&at| steps[at].inside == Some(outer))
}

/// Of the steps inside of the one at `outer`, the one at a share of their weights.
fn branch(steps: &[Step], outer: usize, share: f64) -> Option<usize> {
    let transform = &steps[outer].transform;
    let weights = || inside(steps, outer).enumerate().map(|(nth, at)| (at, transform.weight(nth)));
    let mut left = share * weights().map(|(_, weight)| weight).sum::<f64>();
    let mut last = None;
    for (at, weight) in weights().filter(|&(_, weight)| weight > 0.0) {
        last = Some(at);
        if left < weight {
            break;
        }
        left -= weight;
    }
    last
}
