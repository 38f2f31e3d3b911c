//! Colour words: paints that a word names, and which word a measured colour deserves.

use super::shape::{Paint, Texture};
use crate::math::Stream;

/// A colour word with the paint it stands for and the colours it fits.
#[derive(Debug)]
struct Bin {
    word: &'static str,
    paint: [u8; 3],
    /// Hue in degrees, saturation (0..1) and value (0..255), each from-to.
    hue: [f64; 2],
    saturation: [f64; 2],
    value: [f64; 2],
}

const ANY: [f64; 2] = [-360.0, 720.0];

#[rustfmt::skip]
const BINS: [Bin; 10] = [
    Bin { word: "white", paint: [222, 220, 216], hue: ANY, saturation: [0.0, 0.18], value: [165.0, 256.0] },
    Bin { word: "black", paint: [40, 39, 41], hue: ANY, saturation: [0.0, 0.45], value: [0.0, 56.0] },
    Bin { word: "gray", paint: [131, 130, 130], hue: ANY, saturation: [0.0, 0.17], value: [78.0, 148.0] },
    Bin { word: "brown", paint: [124, 79, 45], hue: [12.0, 40.0], saturation: [0.45, 0.85], value: [66.0, 150.0] },
    Bin { word: "beige", paint: [208, 186, 148], hue: [22.0, 50.0], saturation: [0.22, 0.42], value: [142.0, 256.0] },
    Bin { word: "red", paint: [176, 44, 38], hue: [-12.0, 11.0], saturation: [0.55, 1.0], value: [95.0, 256.0] },
    Bin { word: "orange", paint: [224, 122, 36], hue: [16.0, 36.0], saturation: [0.62, 1.0], value: [165.0, 256.0] },
    Bin { word: "yellow", paint: [220, 190, 58], hue: [43.0, 62.0], saturation: [0.5, 1.0], value: [150.0, 256.0] },
    Bin { word: "green", paint: [66, 126, 64], hue: [80.0, 165.0], saturation: [0.28, 1.0], value: [58.0, 256.0] },
    Bin { word: "blue", paint: [46, 86, 168], hue: [195.0, 250.0], saturation: [0.35, 1.0], value: [68.0, 256.0] },
];

/// How far `rgb` is inside the bin of `word`: at least 1 clearly inside, above 0 inside, below 0
/// outside (an unknown word: nothing is inside).
pub(super) fn clearness(word: &str, rgb: [u8; 3]) -> f64 {
    let Some(bin) = BINS.iter().find(|b| b.word == word) else { return -1.0 };
    let [hue, saturation, value] = hsv(rgb);
    // A hue may be written either side of 0.
    let hue = if hue > 300.0 { hue - 360.0 } else { hue };
    // The bins above are those of a clear case; what surrounds them by this much still fits.
    let inside = |v: f64, [lo, hi]: [f64; 2], slack: f64| 1.0 + (v - lo).min(hi - v) / slack;
    inside(hue, bin.hue, 6.0).min(inside(saturation, bin.saturation, 0.06)).min(inside(value, bin.value, 9.0))
}

/// The word that clearly names `rgb`, if one does.
pub(super) fn name_of(rgb: [u8; 3]) -> Option<&'static str> {
    BINS.iter().map(|b| b.word).find(|w| clearness(w, rgb) >= 1.0)
}

/// A paint that `word` names, varied a little.
pub(super) fn paint(word: &str, stream: &mut Stream) -> Paint {
    let rgb = BINS.iter().find(|b| b.word == word).map_or([128; 3], |b| b.paint);
    let shift = stream.between(0.94, 1.04);
    let rgb = rgb.map(|c| (f64::from(c) * shift + stream.between(-4.0, 4.0)).clamp(0.0, 255.0) as u8);
    let wooden = matches!(word, "brown" | "beige" | "orange");
    Paint { rgb, texture: if wooden { Texture::Wood } else { Texture::Plain } }
}

/// A paint of exactly `rgb`.
pub(super) fn plain(rgb: [u8; 3]) -> Paint {
    Paint { rgb, texture: Texture::Plain }
}

/// Hue in degrees, saturation 0..=1, value 0..=255.
fn hsv(rgb: [u8; 3]) -> [f64; 3] {
    let [r, g, b] = rgb.map(f64::from);
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let chroma = max - min;
    if chroma == 0.0 {
        return [0.0, 0.0, max];
    }
    let sixth = if max == r {
        (g - b) / chroma
    } else if max == g {
        (b - r) / chroma + 2.0
    } else {
        (r - g) / chroma + 4.0
    };
    let hue = if sixth < 0.0 { sixth * 60.0 + 360.0 } else { sixth * 60.0 };
    [hue, chroma / max, max]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paints_wear_their_own_names_in_room_light() {
        for bin in &BINS {
            for light in [0.8, 0.9, 1.0] {
                let rgb =
                    std::array::from_fn(|k| (f64::from(bin.paint[k]) * light * [1.0, 0.975, 0.945][k]) as u8);
                assert_eq!(name_of(rgb), Some(bin.word), "{rgb:?}");
            }
        }
    }

    #[test]
    fn no_colour_has_two_names() {
        for r in (0..=255).step_by(5) {
            for g in (0..=255).step_by(5) {
                for b in (0..=255).step_by(5) {
                    let n = BINS.iter().filter(|x| clearness(x.word, [r, g, b]) >= 1.0).count();
                    assert!(n <= 1, "{r} {g} {b}");
                }
            }
        }
    }
}
