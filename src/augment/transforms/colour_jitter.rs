use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::noise;
use crate::augment::transform::{Action, Columns, Drawn, Effects, Transform, transform};
use crate::math::{Stream, level};

transform! {
    /// Adds normal noise to every channel of every point. The noise of a point belongs to its
    /// source vertex, so it does not depend on which other points are left.
    ///
    /// ## Columns
    /// Colours change, rounded half up and clamped to 0..=255.
    ///
    /// ## Text
    /// Noise averages out over an object, but not over a small one, and where it is clamped it shifts
    /// what is dark or bright. It counts with its standard deviation: above 6 levels sentences with colour
    /// words are left out.
    ///
    /// ## Source
    /// Pointcept `ChromaticJitter` (0.05 in its configurations, that is 12.75 levels).
    COLOUR_JITTER = "colour-jitter", ColourJitter
}

/// Parameters of `colour-jitter`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct ColourJitter {
    /// Standard deviation, in levels of 255.
    #[schemars(range(min = 0.0, max = 255.0))]
    std_255: f64,
}

impl Default for ColourJitter {
    fn default() -> Self {
        Self { std_255: 12.75 }
    }
}

impl Transform for ColourJitter {
    fn needs(&self) -> Columns {
        Columns::COLOUR
    }

    fn draw(&self, _stream: &mut Stream) -> Drawn {
        let std_255 = self.std_255 as f32;
        Drawn::new(Action::Colours(Box::new(move |colour, orig_index, stream| {
            let mut channels = colour.channels_mut();
            noise::normals(
                stream,
                orig_index,
                #[inline(always)]
                |rows, noise| {
                    // A value of its own: behind the closure's reference it could seem to change.
                    let std = std_255;
                    for (channel, noise) in channels.iter_mut().zip(noise) {
                        for (c, n) in channel[rows.clone()].iter_mut().zip(noise) {
                            *c = level(f32::from(*c) + std * n);
                        }
                    }
                },
            );
        })))
        .with("std-255", self.std_255)
        .doing(Effects { recolours: self.std_255, ..Effects::default() })
    }
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, coloured};

    #[test]
    fn grey_keeps_its_mean_and_gets_the_deviation() {
        let n = 60_000;
        let scene = coloured(&vec![128; n]);
        let out = apply(&scene, &["op = 'colour-jitter'\nstd-255 = 12.75"]).scene.points.colour.unwrap();
        let n = n as f64;
        for channel in out.channels() {
            let mean = channel.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
            let variance = channel.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
            assert!((mean - 128.0).abs() < 4.0 * 12.75 / n.sqrt(), "truncation would show as -0.5: {mean}");
            assert!((variance.sqrt() / 12.75 - 1.0).abs() < 0.02, "{variance}");
        }
    }
}
