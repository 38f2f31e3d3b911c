use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::lut::{Histogram, Table};
use crate::augment::transform::{Action, Columns, Complaint, Drawn, Transform, ordered, transform};
use crate::math::Stream;

transform! {
    /// Makes the scene brighter or darker, then stronger or weaker in contrast, by one factor each.
    /// Contrast pulls colours towards the mean grey of the scene or pushes them away from it.
    ///
    /// ## Columns
    /// Colours change, by one table for each channel, rounded half up and clamped to 0..=255.
    ///
    /// ## Text
    /// Colour words stay true under a mild change. Where colours move by more than 6 levels in the
    /// mean, or two standard deviations of how far they move are more (which is what contrast does),
    /// sentences with colour words are left out.
    ///
    /// ## Source
    /// Pointcept `RandomColorJitter`, in the manner of torchvision's `ColorJitter`: brightness blends
    /// with black, contrast with the mean of 0.299 red + 0.587 green + 0.114 blue.
    BRIGHTNESS_CONTRAST = "brightness-contrast", BrightnessContrast
}

/// Parameters of `brightness-contrast`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct BrightnessContrast {
    /// Range of the factor of brightness: [low, high]; 0 is black, 1 changes nothing.
    #[schemars(inner(range(min = 0.0, max = 10.0)))]
    brightness: [f64; 2],
    /// Range of the factor of contrast: [low, high]; 0 is one grey, 1 changes nothing.
    #[schemars(inner(range(min = 0.0, max = 10.0)))]
    contrast: [f64; 2],
}

impl Default for BrightnessContrast {
    fn default() -> Self {
        Self { brightness: [0.9, 1.1], contrast: [0.8, 1.2] }
    }
}

impl Transform for BrightnessContrast {
    fn needs(&self) -> Columns {
        Columns::COLOUR
    }

    fn check(&self) -> Result<(), Complaint> {
        ordered("brightness", self.brightness)?;
        ordered("contrast", self.contrast)
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let brightness = stream.between(self.brightness[0], self.brightness[1]);
        let contrast = stream.between(self.contrast[0], self.contrast[1]);
        Drawn::new(Action::Table(Box::new(move |histogram| {
            let lit = |v: f64| (v * brightness).min(255.0);
            let grey = mean_grey(histogram, lit);
            Table::new(|_, v| grey + contrast * (lit(v) - grey))
        })))
        .with("brightness", brightness)
        .with("contrast", contrast)
    }
}

/// Mean grey of the colours counted, each level seen through `lit`; 0 where there is none.
fn mean_grey(histogram: &Histogram, lit: impl Fn(f64) -> f64) -> f64 {
    let mean = |counts: &[u32; 256]| {
        let (mut sum, mut points) = (0.0, 0_u64);
        for (level, &count) in counts.iter().enumerate() {
            sum += f64::from(count) * lit(level as f64);
            points += u64::from(count);
        }
        if points == 0 { 0.0 } else { sum / points as f64 }
    };
    let [r, g, b] = histogram.0.each_ref().map(mean);
    0.299 * r + 0.587 * g + 0.114 * b
}

#[cfg(test)]
mod tests {
    use crate::augment::testing::{apply, coloured};

    fn red(levels: &[u8], brightness: f64, contrast: f64) -> Vec<u8> {
        let step = format!(
            "op = 'brightness-contrast'\nbrightness = [{brightness}, {brightness}]\n\
             contrast = [{contrast}, {contrast}]"
        );
        apply(&coloured(levels), &[&step]).scene.points.colour.unwrap().red
    }

    #[test]
    fn factors_of_one_change_nothing_and_nought_is_black_or_the_mean() {
        let levels: Vec<u8> = (0..=255).collect();
        assert_eq!(red(&levels, 1.0, 1.0), levels);
        assert_eq!(red(&levels, 0.0, 1.0), [0; 256]);
        assert_eq!(red(&[10, 20, 60], 1.0, 0.0), [30; 3]);
    }

    #[test]
    fn brightness_multiplies_and_contrast_spreads_around_the_mean() {
        assert_eq!(red(&[10, 21, 200], 1.5, 1.0), [15, 32, 255], "31.5 rounds up, 300 is white");
        assert_eq!(red(&[90, 100, 110], 1.0, 2.0), [80, 100, 120]);
        assert_eq!(red(&[90, 100, 110], 2.0, 0.5), [190, 200, 210]);
    }
}
