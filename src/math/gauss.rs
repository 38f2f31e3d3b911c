//! Normal numbers from random words, many at a time.
//!
//! Box and Muller's polar form with series of our own in place of a library's logarithm, sine and
//! cosine: plain loops over arrays of additions, multiplications, one division and one root. The
//! compiler turns them into vector instructions, and as each of these operations is rounded by the
//! standard, the bits are the same on every processor.

/// Normals made at a time.
pub(super) const NORMALS: usize = 64;
/// Words that they take: a word gives two.
pub(super) const WORDS: usize = NORMALS / 2;

/// Two standard normals from each word: `out[i]` and `out[i + WORDS]` from `words[i]`.
///
/// The upper half of a word sets the radius √(−2 ln u) with u = (k + ½) / 65536, so that no normal
/// lies further out than 4.86; the lower half sets the angle.
#[inline(always)]
pub(super) fn normals(words: &[u32; WORDS]) -> [f32; NORMALS] {
    let mut out = [0.0; NORMALS];
    let (first, second) = out.split_at_mut(WORDS);
    for ((&word, a), b) in words.iter().zip(first).zip(second) {
        let u = ((word >> 16) as f32 + 0.5) * (1.0 / 65_536.0);
        let radius = (-2.0 * ln(u)).sqrt();
        let (sin, cos) = sin_cos(word & 0xFFFF);
        *a = radius * cos;
        *b = radius * sin;
    }
    out
}

/// ln u for u in (0, 1], normal: u = 2ᵏ m with m in [√½, √2), and ln m = 2 artanh((m − 1)/(m + 1)),
/// of whose series five terms are enough for f32.
#[inline(always)]
fn ln(u: f32) -> f32 {
    const ROOT_HALF: u32 = 0x3F35_04F3;
    let shifted = u.to_bits() + (0x3F80_0000 - ROOT_HALF);
    let exponent = (shifted >> 23) as i32 - 127;
    let m = f32::from_bits((shifted & 0x007F_FFFF) + ROOT_HALF);
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let series = 1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0))));
    exponent as f32 * std::f32::consts::LN_2 + 2.0 * s * series
}

/// Sine and cosine of `angle` / 65536 turns: the nearest quarter turn, and Taylor series for the
/// rest, which is at most an eighth of a turn.
#[inline(always)]
fn sin_cos(angle: u32) -> (f32, f32) {
    const EIGHTH: u32 = 1 << 13;
    let from_eighth = angle + EIGHTH;
    let quarter = from_eighth >> 14;
    let rest = ((from_eighth & 0x3FFF) as i32 - EIGHTH as i32) as f32;
    let x = rest * (std::f32::consts::TAU / 65_536.0);
    let z = x * x;
    let sin = x * (1.0 - z * (1.0 / 6.0 - z * (1.0 / 120.0 - z * (1.0 / 5040.0 - z * (1.0 / 362_880.0)))));
    let cos = 1.0 - z * (0.5 - z * (1.0 / 24.0 - z * (1.0 / 720.0 - z * (1.0 / 40_320.0))));
    // A quarter turn makes (cos, sin) of (sin, −cos); two change both signs.
    let odd = quarter & 1 == 1;
    let (s, c) = (if odd { cos } else { sin }, if odd { sin } else { cos });
    let negative = |v: f32, yes: u32| f32::from_bits(v.to_bits() ^ (yes << 31));
    (negative(s, quarter >> 1 & 1), negative(c, (quarter ^ quarter >> 1) & 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_agree_with_the_library() {
        for k in 0..65_536_u32 {
            let u = (k as f32 + 0.5) / 65_536.0;
            let (found, expected) = (f64::from(ln(u)), libm::log(f64::from(u)));
            assert!((found - expected).abs() < 3e-7 * expected.abs().max(0.1), "ln {u}: {found} {expected}");
            let turn = f64::from(k) / 65_536.0 * std::f64::consts::TAU;
            let (sin, cos) = sin_cos(k);
            assert!((f64::from(sin) - libm::sin(turn)).abs() < 2e-7, "sin of {k}");
            assert!((f64::from(cos) - libm::cos(turn)).abs() < 2e-7, "cos of {k}");
        }
    }

    #[test]
    fn no_normal_lies_beyond_the_last_radius() {
        let words: [u32; WORDS] = std::array::from_fn(|i| (i as u32) << 11);
        let far = normals(&words).into_iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        assert!((4.85..4.86).contains(&far), "{far}");
    }
}
