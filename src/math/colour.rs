//! Colours: their levels, and how eyes compare them.

/// 2²³: from here to 2²⁴ an f32 is a whole number, and its lower bits count on from this one's.
const WHOLE: f32 = 8_388_608.0;

/// `value` as one of the levels 0 to 255, rounded half up; 0 for NaN.
///
/// No conversion of the processor's: the one that is defined for every number takes one at a time.
#[inline(always)]
pub(crate) fn level(value: f32) -> u8 {
    let value = if value > 0.0 { value } else { 0.0 };
    let above = if value < 255.0 { value } else { 255.0 } + 0.5;
    // The nearest whole number, and one less where that went up.
    let nearest = above + WHOLE;
    let went_up = nearest - WHOLE > above;
    (nearest.to_bits() - WHOLE.to_bits() - u32::from(went_up)) as u8
}

/// CIE L*a*b* (white D65) of an sRGB colour.
pub fn lab(rgb: [u8; 3]) -> [f64; 3] {
    let linear = rgb.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { libm::pow((c + 0.055) / 1.055, 2.4) }
    });
    let [r, g, b] = linear;
    let f = |t: f64| if t > 216.0 / 24_389.0 { libm::cbrt(t) } else { (24_389.0 / 27.0 * t + 16.0) / 116.0 };
    let x = f((0.412_456 * r + 0.357_576 * g + 0.180_437 * b) / 0.950_47);
    let y = f(0.212_673 * r + 0.715_152 * g + 0.072_175 * b);
    let z = f((0.019_334 * r + 0.119_192 * g + 0.950_304 * b) / 1.088_83);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[cfg(test)]
mod tests {
    use super::{lab, level};

    #[test]
    fn levels_are_rounded_half_up_and_stay_in_range() {
        for step in -40..2600 {
            let value = step as f32 / 10.0;
            assert_eq!(level(value), (value + 0.5).floor() as u8, "{value}");
        }
        let found = [0.5, 1.5, 2.499_999_8, 254.5, 255.0, 1e30, -1e30, f32::NAN].map(level);
        assert_eq!(found, [1, 2, 2, 255, 255, 255, 0, 0]);
    }

    #[test]
    fn known_colours_have_known_coordinates() {
        for (rgb, expected) in [
            ([0, 0, 0], [0.0, 0.0, 0.0]),
            ([255, 255, 255], [100.0, 0.0, 0.0]),
            ([255, 0, 0], [53.2, 80.1, 67.2]),
            ([0, 0, 255], [32.3, 79.2, -107.9]),
            ([128, 128, 128], [53.6, 0.0, 0.0]),
        ] {
            let found = lab(rgb);
            assert!(
                found.iter().zip(expected).all(|(a, b): (&f64, f64)| (a - b).abs() < 0.1),
                "{rgb:?} {found:?}"
            );
        }
    }
}
