use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Columns, Drawn, Effects, Transform, transform};
use crate::math::Stream;

transform! {
    /// Replaces every colour by the grey of its brightness: 0.299 red + 0.587 green + 0.114 blue.
    ///
    /// ## Columns
    /// Colours change, rounded half up; the three channels become equal.
    ///
    /// ## Text
    /// Sentences with colour words are left out.
    ///
    /// ## Source
    /// Pointcept `RandomColorGrayScale`, whose weights do not quite make white of white.
    GREYSCALE = "greyscale", Greyscale
}

/// `greyscale` has no parameters of its own.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Greyscale {}

impl Transform for Greyscale {
    fn needs(&self) -> Columns {
        Columns::COLOUR
    }

    fn draw(&self, _stream: &mut Stream) -> Drawn {
        Drawn::new(Action::Colours(Box::new(|colour, _, _| {
            let [red, green, blue] = colour.channels_mut();
            for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
                let grey = grey([*r, *g, *b]);
                (*r, *g, *b) = (grey, grey, grey);
            }
        })))
        .doing(Effects { recolours: 255.0, ..Effects::default() })
    }
}

/// The grey of a colour's brightness, in whole thousandths.
fn grey(rgb: [u8; 3]) -> u8 {
    let [r, g, b] = rgb.map(u32::from);
    ((299 * r + 587 * g + 114 * b + 500) / 1000) as u8
}

#[cfg(test)]
mod tests {
    use super::grey;
    use crate::augment::testing::{apply, cube};

    #[test]
    fn greys_are_fixed_and_channels_have_their_weights() {
        for level in 0..=255 {
            assert_eq!(grey([level; 3]), level);
        }
        assert_eq!([[255, 0, 0], [0, 255, 0], [0, 0, 255]].map(grey), [76, 150, 29]);
        assert_eq!(grey([0, 5, 5]), 4, "3.505 rounds up");
    }

    #[test]
    fn twice_is_once() {
        let once = apply(&cube(), &["op = 'greyscale'"]).scene;
        let colour = once.points.colour.as_ref().unwrap();
        assert!(colour.red == colour.green && colour.green == colour.blue);
        assert_eq!(apply(&once, &["op = 'greyscale'"]).scene.points.colour, once.points.colour);
    }
}
