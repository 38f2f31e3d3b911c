//! Small letters for labels in pictures: five pixels wide, seven high, and two below the line.

use image::{Rgb, RgbImage};

use super::canvas::BACKGROUND;

/// Pixels from one letter to the next, before they are enlarged.
const STEP: u32 = 6;
/// Pixels from the top of a letter to the end of those that reach below the line, likewise.
pub(super) const HEIGHT: u32 = 9;
/// Letters that reach below the line.
const LOW: &str = "gjpqy";

/// Letters, each with its rows from the top as numbers of five bits, the leftmost the highest.
const LETTERS: [(char, [u8; 7]); 70] = [
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
    ('a', [0, 0, 14, 1, 15, 17, 15]),
    ('b', [16, 16, 30, 17, 17, 17, 30]),
    ('c', [0, 0, 14, 16, 16, 16, 14]),
    ('d', [1, 1, 15, 17, 17, 17, 15]),
    ('e', [0, 0, 14, 17, 31, 16, 14]),
    ('f', [6, 8, 8, 28, 8, 8, 8]),
    ('g', [15, 17, 17, 17, 15, 1, 14]),
    ('h', [16, 16, 30, 17, 17, 17, 17]),
    ('i', [4, 0, 12, 4, 4, 4, 14]),
    ('j', [2, 0, 6, 2, 2, 18, 12]),
    ('k', [16, 16, 18, 20, 24, 20, 18]),
    ('l', [12, 4, 4, 4, 4, 4, 14]),
    ('m', [0, 0, 26, 21, 21, 21, 21]),
    ('n', [0, 0, 30, 17, 17, 17, 17]),
    ('o', [0, 0, 14, 17, 17, 17, 14]),
    ('p', [30, 17, 17, 17, 30, 16, 16]),
    ('q', [15, 17, 17, 17, 15, 1, 1]),
    ('r', [0, 0, 22, 24, 16, 16, 16]),
    ('s', [0, 0, 15, 16, 14, 1, 30]),
    ('t', [8, 8, 28, 8, 8, 9, 6]),
    ('u', [0, 0, 17, 17, 17, 17, 15]),
    ('v', [0, 0, 17, 17, 17, 10, 4]),
    ('w', [0, 0, 17, 21, 21, 21, 10]),
    ('x', [0, 0, 17, 10, 4, 10, 17]),
    ('y', [17, 17, 17, 17, 15, 1, 14]),
    ('z', [0, 0, 31, 2, 4, 8, 31]),
    (':', [0, 0, 12, 12, 0, 12, 12]),
    (' ', [0; 7]),
    ('-', [0, 0, 0, 14, 0, 0, 0]),
    ('_', [0, 0, 0, 0, 0, 0, 31]),
    ('/', [1, 1, 2, 4, 8, 16, 16]),
    ('.', [0, 0, 0, 0, 0, 12, 12]),
    ('\'', [4, 4, 8, 0, 0, 0, 0]),
    ('?', [14, 17, 1, 6, 4, 0, 4]),
];

/// How much letters are enlarged in a picture.
pub(super) fn scale(picture: &RgbImage) -> u32 {
    (picture.width().max(picture.height()) / 450).max(1)
}

/// Pixels that a text takes in width.
pub(super) fn width(text: &str, scale: u32) -> u32 {
    text.chars().count() as u32 * STEP * scale
}

/// Writes `text` with its top left corner at `(x, y)`, on a plate, as far as it lies in the picture,
/// `scale` times as large. What there is no letter for is a question mark.
pub(super) fn write(picture: &mut RgbImage, [x, y]: [i64; 2], text: &str, ink: [u8; 3], scale: u32) {
    let (right, bottom) = (i64::from(picture.width()), i64::from(picture.height()));
    let pixels = i64::from(scale);
    let mut fill = |[left, top]: [i64; 2], [w, h]: [i64; 2], colour: [u8; 3]| {
        for y in top.max(0)..(top + h).min(bottom) {
            for x in left.max(0)..(left + w).min(right) {
                picture.put_pixel(x as u32, y as u32, Rgb(colour));
            }
        }
    };
    let plate = [i64::from(width(text, scale)) + 3 * pixels, i64::from(HEIGHT + 4) * pixels];
    fill([x - 2 * pixels, y - 2 * pixels], plate, BACKGROUND);
    for (place, letter) in (0..).zip(text.chars()) {
        let rows = LETTERS.iter().find(|(l, _)| *l == letter).unwrap_or(&LETTERS[LETTERS.len() - 1]).1;
        let low = if LOW.contains(letter) { 2 } else { 0 };
        for (row, bits) in (low..).zip(rows) {
            for column in (0..5).filter(|c| bits >> (4 - c) & 1 == 1) {
                let corner = [x + (place * i64::from(STEP) + column) * pixels, y + row * pixels];
                fill(corner, [pixels; 2], ink);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_differ_and_stay_in_the_picture() {
        let drawn = |text: &str, scale: u32| {
            let mut picture = RgbImage::new(60, 24);
            write(&mut picture, [2, 2], text, [9; 3], scale);
            picture.into_raw()
        };
        for (i, (a, _)) in LETTERS.iter().enumerate() {
            for (b, _) in &LETTERS[..i] {
                assert_ne!(drawn(&a.to_string(), 1), drawn(&b.to_string(), 1), "{a} {b}");
            }
        }
        assert_eq!(drawn("é\0", 1), drawn("??", 1));
        let ink = |pixels: Vec<u8>| pixels.chunks(3).filter(|p| *p == [9; 3]).count();
        assert_eq!(ink(drawn("gap", 2)), 4 * ink(drawn("gap", 1)));
        let mut tiny = RgbImage::new(4, 4);
        write(&mut tiny, [-3, -3], &"wide".repeat(99), [0; 3], 3);
        assert_eq!(width("ab", 2), 24);
    }
}
