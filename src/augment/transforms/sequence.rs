use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Complaint, Drawn, Transform, transform};
use crate::math::Stream;

transform! {
    /// Does the steps inside of it, one after the other: all of them or, by its `p`, none.
    ///
    /// It makes one branch of `one-of` out of several steps, and one chance for steps that
    /// belong together:
    ///
    /// ```toml
    /// [[step]]
    /// op = "sequence"
    /// p = 0.5
    ///
    /// [[step.step]]
    /// op = "centre"
    ///
    /// [[step.step]]
    /// op = "rotate"
    /// ```
    ///
    /// ## Columns
    /// Those of the steps inside.
    ///
    /// ## Text
    /// What the steps inside do.
    ///
    /// ## Source
    /// Albumentations `Sequential`.
    SEQUENCE = "sequence", Sequence
}

/// Parameters of `sequence`: none but the steps inside.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sequence {}

impl Transform for Sequence {
    fn nests() -> bool {
        true
    }

    fn holds(&self, steps: usize) -> Result<(), Complaint> {
        if steps > 0 {
            return Ok(());
        }
        Err(Complaint { key: "step", expected: "one or more steps inside, as [[step.step]]" })
    }

    fn draw(&self, _stream: &mut Stream) -> Drawn {
        Drawn::new(Action::Steps)
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, augmenter, cube};

    #[test]
    fn the_steps_inside_are_those_outside() {
        let scene = cube();
        let plain = apply(&scene, &["op = 'rotate'", "op = 'jitter'", "op = 'mirror'"]);
        let inside = apply(
            &scene,
            &["op = 'sequence'\n[[step.step]]\nop = 'rotate'\n[[step.step]]\nop = 'jitter'", "op = 'mirror'"],
        );
        assert_eq!(plain.scene.points, inside.scene.points);
        assert_eq!(plain.provenance.steps, inside.provenance.steps[1..]);
    }

    #[test]
    fn all_happen_or_none() {
        let scene = cube();
        let body = "op = 'sequence'\np = 0.5\n[[step.step]]\nop = 'translate'\n\
                    [[step.step]]\nop = 'sequence'\n[[step.step.step]]\nop = 'jitter'";
        let pipeline = augmenter(&[body], 1);
        let mut open = 0;
        for variant in 1..=400 {
            let steps = pipeline.variant(&scene, &[], variant).unwrap().provenance.steps;
            assert!(steps.iter().all(|step| step.applied == steps[0].applied));
            open += u32::from(steps[0].applied);
        }
        assert!((f64::from(open) - 200.0).abs() < 4.0 * 10.0, "{open}");
    }
}
