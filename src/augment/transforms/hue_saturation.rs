use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Columns, Complaint, Drawn, Effects, Transform, ordered, transform};
use crate::math::{Stream, level, widest};

/// Cast of one degree of hue, in levels of 255, for a colour of full brightness and a quarter of
/// full saturation: each of the six ramps around the circle of hues is 60 degrees long.
const CAST_OF_DEGREE: f64 = 255.0 / 60.0 / 4.0;
/// Cast of doubling the saturation of such a colour.
const CAST_OF_SATURATION: f64 = 255.0 / 4.0;

transform! {
    /// Turns every hue by one angle and multiplies every saturation by one factor, in the HSV model.
    /// The largest channel of a colour keeps its level and greys stay grey. No hue and factor 1
    /// change nothing, to the bit.
    ///
    /// ## Columns
    /// Colours change, rounded half up.
    ///
    /// ## Text
    /// A degree of hue counts as 1.1 levels of tint and a factor of saturation as 64 levels for
    /// each 1.0 away from 1, which is what they do to the muted colours of rooms: above 6 levels in
    /// all (5.6 degrees, or a tenth of the saturation) sentences with colour words are left out.
    ///
    /// ## Source
    /// Pointcept `HueSaturationTranslation` (up to 180 degrees and 0.2), which cuts off fractions, so
    /// that even parameters that change nothing darken colours.
    HUE_SATURATION = "hue-saturation", HueSaturation
}

/// Parameters of `hue-saturation`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct HueSaturation {
    /// Range of the angle by which hues turn, red towards green: [low, high].
    #[schemars(inner(range(min = -180.0, max = 180.0)))]
    hue_deg: [f64; 2],
    /// Range of the factor of saturation: [low, high]; 0 is without colour, 1 changes nothing.
    #[schemars(inner(range(min = 0.0, max = 10.0)))]
    saturation: [f64; 2],
}

impl Default for HueSaturation {
    fn default() -> Self {
        Self { hue_deg: [-18.0, 18.0], saturation: [0.8, 1.2] }
    }
}

impl Transform for HueSaturation {
    fn needs(&self) -> Columns {
        Columns::COLOUR
    }

    fn check(&self) -> Result<(), Complaint> {
        ordered("hue-deg", self.hue_deg)?;
        ordered("saturation", self.saturation)
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let hue_deg = stream.between(self.hue_deg[0], self.hue_deg[1]);
        let saturation = stream.between(self.saturation[0], self.saturation[1]);
        // Sixths of a turn, from 0 to 6.
        let turn = (if hue_deg < 0.0 { hue_deg + 360.0 } else { hue_deg } / 60.0) as f32;
        let factor = saturation as f32;
        let recolours = hue_deg.abs() * CAST_OF_DEGREE + (saturation - 1.0).abs() * CAST_OF_SATURATION;
        Drawn::new(Action::Colours(Box::new(move |colour, _, _| {
            let [red, green, blue] = colour.channels_mut();
            widest(
                #[inline(always)]
                || {
                    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
                        [*r, *g, *b] = turned([*r, *g, *b], turn, factor);
                    }
                },
            );
        })))
        .with("hue-deg", hue_deg)
        .with("saturation", saturation)
        .doing(Effects { recolours, ..Effects::default() })
    }
}

/// A colour with its hue turned by `turn` sixths of a circle (0 to 6) and its saturation multiplied.
///
/// With value V and chroma C (largest and largest minus smallest channel) and hue H in sixths, the
/// channels are V − C·max(0, min(k, 4 − k, 1)) with k = (n + H) mod 6, n = 5, 3, 1 for red, green and
/// blue. Chroma grows with the factor, up to V.
#[inline(always)]
fn turned(rgb: [u8; 3], turn: f32, factor: f32) -> [u8; 3] {
    let (r, g, b) = (f32::from(rgb[0]), f32::from(rgb[1]), f32::from(rgb[2]));
    // No branch, so that many colours are turned at once.
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let smaller = |a: f32, b: f32| if a < b { a } else { b };
    let value = larger(larger(r, g), b);
    let chroma = value - smaller(smaller(r, g), b);
    let (difference, sixths) = if value == r { (g - b, 6.0) } else { (b - r, 2.0) };
    let (difference, sixths) = if value == r || value == g { (difference, sixths) } else { (r - g, 4.0) };
    // Grey has no hue, and none is needed: its chroma stays 0.
    let hue = difference / larger(chroma, 1.0) + sixths;
    let chroma = smaller(chroma * factor, value);
    let mut out = [0; 3];
    for (out, n) in out.iter_mut().zip([5.0, 3.0, 1.0]) {
        let k = n + hue + turn;
        let k = if k >= 6.0 { k - 6.0 } else { k };
        let k = if k >= 6.0 { k - 6.0 } else { k };
        *out = level(value - chroma * larger(smaller(smaller(k, 4.0 - k), 1.0), 0.0));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::turned;
    use crate::augment::testing::{apply, coloured};

    fn every_colour(mut test: impl FnMut([u8; 3])) {
        for rgb in 0..1_u32 << 24 {
            let [_, r, g, b] = rgb.to_be_bytes();
            test([r, g, b]);
        }
    }

    #[test]
    fn no_turn_changes_no_colour_and_a_third_of_a_turn_moves_the_channels_on() {
        every_colour(|rgb| {
            let [r, g, b] = rgb;
            assert_eq!(turned(rgb, 0.0, 1.0), rgb);
            assert_eq!(turned(rgb, 2.0, 1.0), [b, r, g], "120 degrees of {rgb:?}");
        });
    }

    #[test]
    fn the_largest_channel_keeps_its_level() {
        every_colour(|rgb| {
            let largest = |c: [u8; 3]| c.into_iter().max();
            assert_eq!(largest(turned(rgb, 3.7, 0.6)), largest(rgb), "{rgb:?}");
        });
    }

    #[test]
    fn saturation_ends_at_grey_and_at_pure_colours() {
        assert_eq!(turned([200, 100, 50], 0.0, 0.0), [200; 3]);
        assert_eq!(turned([200, 100, 50], 0.0, 0.5), [200, 150, 125]);
        assert_eq!(turned([200, 100, 50], 0.0, 9.0), [200, 67, 0], "66.7");
    }

    #[test]
    fn greys_stay() {
        let levels: Vec<u8> = (0..=255).collect();
        let out = apply(&coloured(&levels), &["op = 'hue-saturation'\nhue-deg = [-180, 180]"]);
        assert_eq!(out.scene.points.colour, coloured(&levels).points.colour);
    }
}
