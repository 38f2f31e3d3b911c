use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::lut::Table;
use crate::augment::transform::{Action, Columns, Drawn, Transform, transform};
use crate::math::Stream;

transform! {
    /// Adds one shift to each colour channel, the same for all points.
    ///
    /// ## Columns
    /// Colours change, rounded half up and clamped to 0..=255.
    ///
    /// ## Text
    /// Colour words stay true under a mild tint. Where the channels drift apart by more than 6
    /// levels, or all move by more than 6, sentences with colour words are left out.
    ///
    /// ## Source
    /// Pointcept `ChromaticTranslation` (0.05, that is 12.75 levels).
    COLOUR_TRANSLATE = "colour-translate", ColourTranslate
}

/// Parameters of `colour-translate`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct ColourTranslate {
    /// Largest shift of a channel, in levels of 255.
    #[schemars(range(min = 0.0, max = 255.0))]
    shift_255: f64,
}

impl Default for ColourTranslate {
    fn default() -> Self {
        Self { shift_255: 12.75 }
    }
}

impl Transform for ColourTranslate {
    fn needs(&self) -> Columns {
        Columns::COLOUR
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let shift: [f64; 3] = std::array::from_fn(|_| stream.between(-self.shift_255, self.shift_255));
        Drawn::new(Action::Table(Box::new(move |_| Table::new(|channel, v| v + shift[channel]))))
            .with("shift-255", shift.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply_seeded, coloured};

    #[test]
    fn all_points_move_by_the_same_levels_where_nothing_clamps() {
        let scene = coloured(&[40, 90, 200]);
        for seed in 0..20 {
            let variant = apply_seeded(&scene, &["op = 'colour-translate'\nshift-255 = 20"], seed);
            let out = variant.scene.points.colour.unwrap().red;
            let shift = variant.provenance.steps[0].parameters["shift-255"][0].as_f64().unwrap();
            let moved: Vec<i32> = out.iter().zip([40, 90, 200]).map(|(&a, b)| i32::from(a) - b).collect();
            assert_eq!(moved, [(shift + 0.5).floor() as i32; 3]);
            assert!(shift.abs() <= 20.0);
        }
    }
}
