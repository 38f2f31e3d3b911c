use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::noise;
use crate::augment::transform::{Action, Columns, Drawn, Effects, Transform, transform};
use crate::math::Stream;

transform! {
    /// Takes the colour of all points away, or of a share of them: it becomes black, which is what
    /// trainers read as no colour. The lot of a point belongs to its source vertex.
    ///
    /// ## Columns
    /// The colour column stays and holds 0, 0, 0 where the colour was dropped. Nothing tells a point
    /// that lost its colour from a black one, but the steps named in the row's provenance.
    ///
    /// ## Text
    /// Sentences with colour words are left out, however small the share.
    ///
    /// ## Source
    /// Openpoints `ChromaticDrop` (all points, probability 0.2) and Pointcept `RandomDropColor` (a
    /// fifth of the points); Mask3D does the same with white.
    DROP_COLOUR = "drop-colour", DropColour
}

/// Parameters of `drop-colour`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct DropColour {
    /// Which points lose their colour.
    how: How,
    /// Probability that a point loses its colour, for `how = "points"`.
    #[schemars(range(min = 0.0, max = 1.0))]
    ratio: f64,
}

/// Which points a dropped column is dropped for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum How {
    /// All.
    All,
    /// Each with probability `ratio`.
    Points,
}

impl How {
    /// The lots that lose, all below this number: 2³² for all points.
    pub(super) fn losing(self, ratio: f64) -> u64 {
        let share = if self == Self::All { 1.0 } else { ratio };
        (share * (1_u64 << 32) as f64) as u64
    }
}

impl Default for DropColour {
    fn default() -> Self {
        Self { how: How::All, ratio: 0.2 }
    }
}

impl Transform for DropColour {
    fn needs(&self) -> Columns {
        Columns::COLOUR
    }

    fn draw(&self, _stream: &mut Stream) -> Drawn {
        let losing = self.how.losing(self.ratio);
        let share = if self.how == How::All { 1.0 } else { self.ratio };
        Drawn::new(Action::Colours(Box::new(move |colour, orig_index, stream| {
            let lots = noise::lots(stream, orig_index);
            for channel in colour.channels_mut() {
                for (level, &lot) in channel.iter_mut().zip(&lots) {
                    *level = if u64::from(lot) < losing { 0 } else { *level };
                }
            }
        })))
        .with("ratio", share)
        .doing(Effects { recolours: if share > 0.0 { 255.0 } else { 0.0 }, ..Effects::default() })
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, coloured, cube, describing, variant_of};

    #[test]
    fn all_points_become_black() {
        let colour = apply(&cube(), &["op = 'drop-colour'"]).scene.points.colour.unwrap();
        assert!(colour.channels().iter().all(|c| c.len() == 8 && c.iter().all(|&v| v == 0)));
    }

    #[test]
    fn a_share_of_the_points_becomes_black_in_all_channels() {
        let n = 20_000;
        let step = "op = 'drop-colour'\nhow = 'points'\nratio = 0.3";
        let colour = apply(&coloured(&vec![77; n]), &[step]).scene.points.colour.unwrap();
        assert!((0..n).all(|i| matches!(colour.get(i), [0, 0, 0] | [77, 77, 77])));
        let dropped = colour.red.iter().filter(|&&v| v == 0).count() as f64;
        assert!((dropped - 6000.0).abs() < 4.0 * (0.21 * n as f64).sqrt(), "{dropped}");
    }

    #[test]
    fn colour_words_go_with_the_colours() {
        let of = [describing(1, "the red chair"), describing(1, "the chair")];
        let variant = variant_of(&cube(), &["op = 'drop-colour'"], &of, 1.0);
        let reasons: Vec<_> = variant.sentences.iter().map(|s| s.reason.as_deref()).collect();
        assert_eq!(reasons, [Some("recolour"), None]);
    }
}
