use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Complaint, Drawn, Transform, transform};
use crate::math::Stream;

transform! {
    /// Does one of the steps inside of it, chosen by weight for each variant.
    ///
    /// The steps inside are tables of their own, with every key that a step has:
    ///
    /// ```toml
    /// [[step]]
    /// op = "one-of"
    /// weights = [3, 1]
    ///
    /// [[step.step]]
    /// op = "jitter"
    ///
    /// [[step.step]]
    /// op = "drop-points"
    /// p = 0.5
    /// ```
    ///
    /// Each step inside draws from its own id, chosen or not: one more step inside, or another
    /// weight, can change which is chosen and moves no value of any. A step of weight 0 is never
    /// chosen. Provenance names the chosen step as `branch`; the others are `not-chosen`. A `p` of
    /// a step inside counts once it is chosen. Ids left out are `op#n` for the n-th step of that op in
    /// the whole file, top to bottom: write ids where steps of the same op may be added above.
    ///
    /// ## Columns
    /// Those of the chosen step.
    ///
    /// ## Text
    /// What the chosen step does.
    ///
    /// ## Source
    /// Albumentations `OneOf`, whose choice goes by the `p` of what is inside.
    ONE_OF = "one-of", OneOf
}

/// Parameters of `one-of`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct OneOf {
    /// Weights of the steps inside, in their order; left out, all weigh the same.
    #[schemars(inner(range(min = 0.0, max = 1e6)))]
    weights: Vec<f64>,
}

impl Transform for OneOf {
    fn nests() -> bool {
        true
    }

    fn holds(&self, steps: usize) -> Result<(), Complaint> {
        if steps == 0 {
            return Err(Complaint { key: "step", expected: "one or more steps inside, as [[step.step]]" });
        }
        if self.weights.is_empty() {
            return Ok(());
        }
        if self.weights.len() != steps {
            return Err(Complaint { key: "weights", expected: "one weight for each step inside" });
        }
        if self.weights.iter().all(|&w| w == 0.0) {
            return Err(Complaint { key: "weights", expected: "a weight above 0" });
        }
        Ok(())
    }

    fn weight(&self, nth: usize) -> f64 {
        self.weights.get(nth).copied().unwrap_or(1.0)
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        Drawn::new(Action::Choose(stream.unit()))
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::Outcome;
    use crate::augment::testing::{apply, augmenter, cube};

    const INSIDE: &str =
        "[[step.step]]\nop = 'translate'\n[[step.step]]\nop = 'scale'\n[[step.step]]\nop = 'jitter'";

    #[test]
    fn steps_are_chosen_by_weight() {
        let scene = cube();
        for (weights, shares) in [("", [1.0 / 3.0; 3]), ("weights = [1, 0, 3]\n", [0.25, 0.0, 0.75])] {
            let pipeline = augmenter(&[&format!("op = 'one-of'\n{weights}{INSIDE}")], 3);
            let mut count = [0_u32; 3];
            for variant in 1..=4000 {
                let steps = pipeline.variant(&scene, &[], variant).unwrap().provenance.steps;
                let applied: Vec<usize> = (0..3).filter(|&i| steps[i + 1].applied).collect();
                let &[chosen] = applied.as_slice() else { panic!("{applied:?}") };
                assert_eq!(steps[0].parameters["branch"], steps[chosen + 1].id);
                count[chosen] += 1;
                let others = steps[1..].iter().filter(|s| s.outcome == Outcome::NotChosen).count();
                assert_eq!(others, 2);
            }
            let chi2: f64 = count
                .iter()
                .zip(shares)
                .filter(|&(_, share)| share > 0.0)
                .map(|(&n, share)| (f64::from(n) - 4000.0 * share).powi(2) / (4000.0 * share))
                .sum();
            assert!(chi2 < 13.8, "99.9 % of fair choices stay below: {chi2} {count:?}");
            assert_eq!(count.map(|n| n == 0), shares.map(|share| share == 0.0));
        }
    }

    #[test]
    fn a_branch_that_is_never_chosen_moves_nothing() {
        let scene = cube();
        let two = "op = 'one-of'\nid = 'o'\nweights = [2, 1]\n[[step.step]]\nop = 'translate'\nid = 'a'\n[[step.step]]\nop = 'jitter'\nid = 'b'";
        let three = two.replace("[2, 1]", "[2, 0, 1]").replace(
            "[[step.step]]\nop = 'jitter'",
            "[[step.step]]\nop = 'scale'\n[[step.step]]\nop = 'jitter'",
        );
        for (two, three) in
            [(two, &three), (&two.replace("= 'o'", "= 'x'"), &three.replace("= 'o'", "= 'x'"))]
        {
            let (a, b) = (apply(&scene, &[two, "op = 'mirror'"]), apply(&scene, &[three, "op = 'mirror'"]));
            assert_eq!(a.scene.points, b.scene.points);
            assert_eq!(b.provenance.steps[2].outcome, Outcome::NotChosen);
        }
    }

    #[test]
    fn what_is_never_reached_needs_nothing() {
        let coloured = |before: &str| {
            let step = format!(
                "op = 'one-of'\nid = 'o'\n{before}[[step.step]]\nop = 'colour-jitter'\n[[step.step]]\nop = 'jitter'"
            );
            augmenter(&[&step], 7).needs().colour
        };
        assert_eq!(coloured("").as_deref(), Some("colour-jitter#1"));
        assert_eq!(coloured("p = 0\n"), None);
        assert_eq!(coloured("weights = [0, 1]\n"), None);
    }
}
