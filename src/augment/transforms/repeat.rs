use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Complaint, Drawn, Transform, transform};
use crate::math::Stream;

transform! {
    /// Does the steps inside of it several times, each time with values of its own.
    ///
    /// ```toml
    /// [[step]]
    /// op = "repeat"
    /// times = 3
    ///
    /// [[step.step]]
    /// op = "paste-object"
    /// ```
    ///
    /// The n-th time, the id of each step inside ends in `@n` (`paste-object#1@2`), and random
    /// numbers hang on that: doing it more often moves no value of the times before.
    ///
    /// ## Columns
    /// Those of the steps inside.
    ///
    /// ## Text
    /// What the steps inside do, each time anew: effects add up.
    ///
    /// ## Source
    /// Written out, it is the list of its steps; Albumentations has `SomeOf` with `replace`.
    REPEAT = "repeat", Repeat
}

/// Parameters of `repeat`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Repeat {
    /// How often the steps inside are done.
    #[schemars(range(min = 1, max = 100))]
    times: u32,
}

impl Default for Repeat {
    fn default() -> Self {
        Self { times: 2 }
    }
}

impl Transform for Repeat {
    fn nests() -> bool {
        true
    }

    fn holds(&self, steps: usize) -> Result<(), Complaint> {
        if steps > 0 {
            return Ok(());
        }
        Err(Complaint { key: "step", expected: "one or more steps inside, as [[step.step]]" })
    }

    fn rounds(&self) -> Option<u32> {
        Some(self.times)
    }

    fn draw(&self, _stream: &mut Stream) -> Drawn {
        Drawn::new(Action::Steps).with("times", self.times)
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, augmenter, cube};

    const BODY: &str = "op = 'repeat'\ntimes = 2\n[[step.step]]\nop = 'jitter'\n[[step.step]]\nop = 'repeat'\n\
                        times = 3\n[[step.step.step]]\nop = 'one-of'\n[[step.step.step.step]]\nop = 'translate'";

    #[test]
    fn it_is_its_steps_written_out() {
        let steps = augmenter(&[BODY], 7).steps;
        let ids: Vec<&str> = steps.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids[..5], ["repeat#1", "jitter#1@1", "repeat#2@1", "one-of#1@1@1", "translate#1@1@1"]);
        assert_eq!(ids.len(), 1 + 2 * (2 + 3 * 2));
        // Every step stands inside of the right one, whichever time it is.
        for step in &steps[1..] {
            let outer = &steps[step.inside.unwrap()];
            let expected = match step.op {
                "translate" => "one-of",
                "one-of" => "repeat",
                _ => "repeat#1",
            };
            assert!(outer.id.starts_with(expected), "{} in {}", step.id, outer.id);
            let times = |id: &str| id.split_once('@').map_or_else(String::new, |(_, times)| times.to_owned());
            assert!(times(&step.id).ends_with(&times(&outer.id)), "{} in {}", step.id, outer.id);
        }
        let scene = cube();
        let nested = apply(&scene, &["op = 'repeat'\n[[step.step]]\nop = 'translate'\nid = 't'"]);
        let plain = apply(&scene, &["op = 'translate'\nid = 't@1'", "op = 'translate'\nid = 't@2'"]);
        assert_eq!(nested.scene.points, plain.scene.points);
        assert_ne!(plain.provenance.steps[0].parameters, plain.provenance.steps[1].parameters);
    }

    #[test]
    fn more_often_leaves_the_times_before_alone() {
        let scene = cube();
        let drawn = |times: u32| {
            let body = format!("op = 'repeat'\ntimes = {times}\n[[step.step]]\nop = 'translate'");
            let steps = apply(&scene, &[&body]).provenance.steps;
            steps[1..].iter().map(|s| s.parameters.clone()).collect::<Vec<_>>()
        };
        assert_eq!(drawn(5)[..2], drawn(2));
    }
}
