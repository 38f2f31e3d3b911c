//! Colour words, and the colours that somebody could call so.

use std::sync::LazyLock;

use crate::math::lab;

/// A colour word with the widest range of colours that it fits: lightness and chroma of CIE
/// L*a*b*, and the hue angle in degrees, from-to (below 0 or above 360: across it).
struct Term {
    word: &'static str,
    lightness: [f64; 2],
    chroma: [f64; 2],
    hue: [f64; 2],
}

const ANY: [f64; 2] = [0.0, 360.0];
const HIGH: f64 = 1_000.0;

// Scans are dim and warm, and whoever describes them sees through that: the ranges are wide enough
// for a white wall that measures beige and a black chair that measures brown.
#[rustfmt::skip]
const TERMS: [Term; 11] = [
    Term { word: "black", lightness: [0.0, 45.0], chroma: [0.0, 30.0], hue: ANY },
    Term { word: "white", lightness: [48.0, HIGH], chroma: [0.0, 36.0], hue: ANY },
    Term { word: "gray", lightness: [10.0, 92.0], chroma: [0.0, 28.0], hue: ANY },
    Term { word: "brown", lightness: [0.0, 80.0], chroma: [3.0, HIGH], hue: [10.0, 115.0] },
    Term { word: "beige", lightness: [36.0, HIGH], chroma: [0.0, 50.0], hue: [20.0, 130.0] },
    Term { word: "red", lightness: [0.0, 85.0], chroma: [13.0, HIGH], hue: [-35.0, 60.0] },
    Term { word: "orange", lightness: [20.0, HIGH], chroma: [14.0, HIGH], hue: [20.0, 95.0] },
    Term { word: "yellow", lightness: [32.0, HIGH], chroma: [10.0, HIGH], hue: [50.0, 128.0] },
    Term { word: "green", lightness: [0.0, HIGH], chroma: [5.0, HIGH], hue: [90.0, 205.0] },
    Term { word: "blue", lightness: [0.0, HIGH], chroma: [4.0, HIGH], hue: [180.0, 325.0] },
    Term { word: "purple", lightness: [0.0, HIGH], chroma: [4.0, HIGH], hue: [265.0, 385.0] },
];

/// Words for one or more of the terms; pink is a light red or purple.
const WORDS: [(&str, &[&str]); 22] = [
    ("grey", &["gray"]),
    ("silver", &["gray", "white"]),
    ("tan", &["beige", "brown"]),
    ("cream", &["beige", "white", "yellow"]),
    ("gold", &["yellow", "brown", "orange"]),
    ("golden", &["yellow", "brown", "orange"]),
    ("maroon", &["red", "brown", "purple"]),
    ("violet", &["purple", "blue"]),
    ("pink", &["red", "purple"]),
    ("turquoise", &["green", "blue"]),
    ("teal", &["green", "blue"]),
    ("black", &["black"]),
    ("white", &["white"]),
    ("gray", &["gray"]),
    ("brown", &["brown", "orange", "red"]),
    ("beige", &["beige"]),
    ("red", &["red"]),
    ("orange", &["orange"]),
    ("yellow", &["yellow"]),
    ("green", &["green"]),
    ("blue", &["blue"]),
    ("purple", &["purple"]),
];

/// A set of terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hues(u16);

impl Hues {
    /// The terms that a word stands for, if it is a colour word with a meaning of its own.
    pub fn of_word(word: &str) -> Option<Self> {
        let (_, terms) = WORDS.iter().find(|(w, _)| *w == word)?;
        let bit = |t: &Term| terms.contains(&t.word);
        Some(TERMS.iter().enumerate().filter(|(_, t)| bit(t)).fold(Self(0), |s, (i, _)| Self(s.0 | 1 << i)))
    }

    /// The terms that a colour could be called by.
    pub fn of_colour([r, g, b]: [u8; 3]) -> Self {
        CELLS[usize::from(r >> 4) << 8 | usize::from(g >> 4) << 4 | usize::from(b >> 4)]
    }

    /// The terms of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether they have a term in common.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The terms of each colour, by the upper four bits of its channels.
static CELLS: LazyLock<Vec<Hues>> = LazyLock::new(|| {
    let cell = |i: usize| [i >> 8, i >> 4, i].map(|c| (c & 15) as u8 * 16 + 8);
    (0..4096).map(|i| fitting(lab(cell(i)))).collect()
});

fn fitting([l, a, b]: [f64; 3]) -> Hues {
    let chroma = libm::hypot(a, b);
    let hue = libm::atan2(b, a).to_degrees();
    let within = |v: f64, [lo, hi]: [f64; 2]| (lo..=hi).contains(&v);
    let fits = |t: &Term| {
        let round = t.hue == ANY || [hue, hue + 360.0].iter().any(|&h| within(h, t.hue));
        within(l, t.lightness) && within(chroma, t.chroma) && round
    };
    TERMS.iter().enumerate().filter(|(_, t)| fits(t)).fold(Hues(0), |s, (i, _)| Hues(s.0 | 1 << i))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(word: &str, rgb: [u8; 3]) -> bool {
        Hues::of_word(word).unwrap().meets(Hues::of_colour(rgb))
    }

    #[test]
    fn words_fit_what_dim_scans_show_of_them() {
        for (word, rgb) in [
            ("white", [190, 180, 160]),
            ("white", [150, 140, 125]),
            ("black", [60, 50, 45]),
            ("gray", [110, 100, 95]),
            ("brown", [120, 80, 50]),
            ("brown", [70, 60, 50]),
            ("beige", [170, 150, 120]),
            ("red", [130, 50, 45]),
            ("orange", [180, 100, 50]),
            ("yellow", [190, 160, 70]),
            ("green", [70, 90, 65]),
            ("blue", [60, 70, 95]),
            ("navy", [0, 0, 0]),
            ("pink", [200, 140, 150]),
            ("teal", [60, 110, 110]),
        ] {
            assert!(Hues::of_word(word).is_none() || fits(word, rgb), "{word} {rgb:?}");
        }
    }

    #[test]
    fn words_do_not_fit_what_nobody_would_call_so() {
        for (word, rgb) in [
            ("white", [50, 45, 40]),
            ("black", [200, 195, 190]),
            ("blue", [150, 90, 50]),
            ("red", [60, 90, 150]),
            ("green", [170, 50, 45]),
            ("brown", [70, 110, 170]),
            ("yellow", [60, 60, 62]),
            ("gray", [200, 60, 50]),
        ] {
            assert!(!fits(word, rgb), "{word} {rgb:?}");
        }
        assert_eq!(Hues::of_word("dark"), None);
    }
}
