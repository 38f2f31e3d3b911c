use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::lut::Table;
use crate::augment::transform::{Action, Columns, Complaint, Drawn, Transform, ordered, transform};
use crate::math::Stream;

transform! {
    /// Stretches each colour channel to the full range 0 to 255 and blends the result with the
    /// original. A cut leaves out the darkest and brightest few points when looking for the ends,
    /// so that one black and one white vertex do not undo it. A channel with a single level
    /// stays as it is.
    ///
    /// ## Columns
    /// Colours change, by one table for each channel.
    ///
    /// ## Text
    /// Colour words stay true, unless the stretch moves colours by more than 6 levels: in the mean, by
    /// a tint, or by two standard deviations of how far they move.
    ///
    /// ## Source
    /// Pointcept `ChromaticAutoContrast` (0.2, blend uniform), which darkens constant channels.
    AUTOCONTRAST = "autocontrast", Autocontrast
}

/// Parameters of `autocontrast`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Autocontrast {
    /// Percentage of points left out at either end of a channel.
    #[schemars(range(min = 0.0, max = 49.0))]
    cut_percent: f64,
    /// Range of the share of the stretched colour: [low, high]; 0 changes nothing.
    #[schemars(inner(range(min = 0.0, max = 1.0)))]
    blend: [f64; 2],
}

impl Default for Autocontrast {
    fn default() -> Self {
        Self { cut_percent: 0.5, blend: [0.0, 1.0] }
    }
}

impl Transform for Autocontrast {
    fn needs(&self) -> Columns {
        Columns::COLOUR
    }

    fn check(&self) -> Result<(), Complaint> {
        ordered("blend", self.blend)
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let blend = stream.between(self.blend[0], self.blend[1]);
        let cut = self.cut_percent / 100.0;
        Drawn::new(Action::Table(Box::new(move |histogram| {
            let ends = histogram.0.each_ref().map(|count| ends(count, cut));
            Table::new(|channel, v| {
                let (lo, hi) = ends[channel];
                if lo >= hi {
                    return v;
                }
                let stretched = ((v - lo) * 255.0 / (hi - lo)).clamp(0.0, 255.0);
                v + blend * (stretched - v)
            })
        })))
        .with("blend", blend)
    }
}

/// The levels between which all but a share of `cut` at either end lie.
fn ends(count: &[u32; 256], cut: f64) -> (f64, f64) {
    let total: u64 = count.iter().map(|&c| u64::from(c)).sum();
    let outside = (total as f64 * cut) as u64;
    let mut below = 0;
    let lo = (0_u16..256).find(|&level| {
        below += u64::from(count[level as usize]);
        below > outside
    });
    let mut above = 0;
    let hi = (0_u16..256).rev().find(|&level| {
        above += u64::from(count[level as usize]);
        above > outside
    });
    match (lo, hi) {
        (Some(lo), Some(hi)) => (f64::from(lo), f64::from(hi)),
        _ => (0.0, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, coloured};

    fn red(levels: &[u8], step: &str) -> Vec<u8> {
        apply(&coloured(levels), &[step]).scene.points.colour.unwrap().red
    }

    #[test]
    fn blend_one_fills_the_range_and_blend_nought_changes_nothing() {
        let levels = [50, 60, 75, 100];
        let full = red(&levels, "op = 'autocontrast'\nblend = [1, 1]\ncut-percent = 0");
        assert_eq!(full, [0, 51, 128, 255], "127.5 rounds up");
        assert_eq!(red(&levels, "op = 'autocontrast'\nblend = [0, 0]"), levels);
    }

    #[test]
    fn what_was_brighter_is_not_darker_afterwards() {
        let levels: Vec<u8> = (0..=255).collect();
        for cut in [0, 3, 20] {
            let out = red(&levels, &format!("op = 'autocontrast'\nblend = [0.7, 0.7]\ncut-percent = {cut}"));
            assert!(out.is_sorted(), "{cut}: {out:?}");
        }
    }

    #[test]
    fn a_constant_channel_stays() {
        assert_eq!(red(&[200; 9], "op = 'autocontrast'\nblend = [1, 1]"), [200; 9]);
    }

    #[test]
    fn a_cut_looks_past_the_odd_black_and_white_point() {
        let mut levels = vec![100; 50];
        levels.extend([150; 50]);
        levels[0] = 0;
        levels[99] = 255;
        let out = red(&levels, "op = 'autocontrast'\nblend = [1, 1]\ncut-percent = 2");
        assert_eq!((out[0], out[1], out[98], out[99]), (0, 0, 255, 255));
        let whole = red(&levels, "op = 'autocontrast'\nblend = [1, 1]\ncut-percent = 0");
        assert_eq!(whole, levels);
    }
}
