//! Small letters for labels in pictures: five pixels wide, seven high.

use image::{Rgb, RgbImage};

use super::canvas::BACKGROUND;

/// Pixels from one letter to the next.
pub(super) const STEP: u32 = 6;
pub(super) const HEIGHT: u32 = 7;

/// Letters, each with its rows from the top as numbers of five bits, the leftmost the highest.
const LETTERS: [(char, [u8; 7]); 43] = [
    ('A', [14, 17, 17, 31, 17, 17, 17]),
    ('B', [30, 17, 17, 30, 17, 17, 30]),
    ('C', [14, 17, 16, 16, 16, 17, 14]),
    ('D', [30, 17, 17, 17, 17, 17, 30]),
    ('E', [31, 16, 16, 30, 16, 16, 31]),
    ('F', [31, 16, 16, 30, 16, 16, 16]),
    ('G', [14, 17, 16, 19, 17, 17, 15]),
    ('H', [17, 17, 17, 31, 17, 17, 17]),
    ('I', [14, 4, 4, 4, 4, 4, 14]),
    ('J', [3, 1, 1, 1, 1, 17, 14]),
    ('K', [17, 18, 20, 24, 20, 18, 17]),
    ('L', [16, 16, 16, 16, 16, 16, 31]),
    ('M', [17, 27, 21, 21, 17, 17, 17]),
    ('N', [17, 25, 25, 21, 19, 19, 17]),
    ('O', [14, 17, 17, 17, 17, 17, 14]),
    ('P', [30, 17, 17, 30, 16, 16, 16]),
    ('Q', [14, 17, 17, 17, 21, 18, 13]),
    ('R', [30, 17, 17, 30, 20, 18, 17]),
    ('S', [15, 16, 16, 14, 1, 1, 30]),
    ('T', [31, 4, 4, 4, 4, 4, 4]),
    ('U', [17, 17, 17, 17, 17, 17, 14]),
    ('V', [17, 17, 17, 17, 10, 10, 4]),
    ('W', [17, 17, 17, 21, 21, 27, 17]),
    ('X', [17, 17, 10, 4, 10, 17, 17]),
    ('Y', [17, 17, 10, 4, 4, 4, 4]),
    ('Z', [31, 1, 2, 4, 8, 16, 31]),
    ('0', [14, 17, 19, 21, 25, 17, 14]),
    ('1', [4, 12, 4, 4, 4, 4, 14]),
    ('2', [14, 17, 1, 6, 8, 16, 31]),
    ('3', [30, 1, 1, 14, 1, 1, 30]),
    ('4', [2, 6, 10, 18, 31, 2, 2]),
    ('5', [31, 16, 30, 1, 1, 17, 14]),
    ('6', [14, 16, 16, 30, 17, 17, 14]),
    ('7', [31, 1, 2, 4, 4, 8, 8]),
    ('8', [14, 17, 17, 14, 17, 17, 14]),
    ('9', [14, 17, 17, 15, 1, 1, 14]),
    (' ', [0; 7]),
    ('-', [0, 0, 0, 14, 0, 0, 0]),
    ('_', [0, 0, 0, 0, 0, 0, 31]),
    ('/', [1, 1, 2, 4, 8, 16, 16]),
    ('.', [0, 0, 0, 0, 0, 12, 12]),
    ('\'', [4, 4, 8, 0, 0, 0, 0]),
    ('?', [14, 17, 1, 6, 4, 0, 4]),
];

/// Pixels that a text takes in width.
pub(super) fn width(text: &str) -> u32 {
    text.chars().count() as u32 * STEP
}

/// Writes `text` in capitals with its top left corner at `(x, y)`, on a plate, as far as it lies in
/// the picture. What there is no letter for is a question mark.
pub(super) fn write(picture: &mut RgbImage, [x, y]: [i64; 2], text: &str, ink: [u8; 3]) {
    let (right, bottom) = (i64::from(picture.width()), i64::from(picture.height()));
    let mut put = |x: i64, y: i64, colour: [u8; 3]| {
        if (0..right).contains(&x) && (0..bottom).contains(&y) {
            picture.put_pixel(x as u32, y as u32, Rgb(colour));
        }
    };
    for py in y - 2..y + i64::from(HEIGHT) + 2 {
        for px in (x - 2)..=(x + i64::from(width(text))) {
            put(px, py, BACKGROUND);
        }
    }
    for (place, letter) in (0..).zip(text.chars()) {
        let capital = letter.to_ascii_uppercase();
        let rows = LETTERS.iter().find(|(l, _)| *l == capital).unwrap_or(&LETTERS[LETTERS.len() - 1]).1;
        for (row, bits) in (0..).zip(rows) {
            for column in (0..5).filter(|c| bits >> (4 - c) & 1 == 1) {
                put(x + place * i64::from(STEP) + column, y + row, ink);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_differ_and_stay_in_the_picture() {
        let drawn = |text: &str| {
            let mut picture = RgbImage::new(40, 12);
            write(&mut picture, [2, 2], text, [9; 3]);
            picture.into_raw()
        };
        for (i, (a, _)) in LETTERS.iter().enumerate() {
            for (b, _) in &LETTERS[..i] {
                assert_ne!(drawn(&a.to_string()), drawn(&b.to_string()), "{a} {b}");
            }
        }
        assert_eq!(drawn("chair"), drawn("CHAIR"));
        assert_eq!(drawn("é\0"), drawn("??"));
        let mut tiny = RgbImage::new(4, 4);
        write(&mut tiny, [-3, -3], &"wide".repeat(99), [0; 3]);
        assert_eq!(width("ab"), 12);
    }
}
