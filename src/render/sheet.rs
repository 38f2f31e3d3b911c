//! Pictures side by side, each with its name.

use image::{Rgb, RgbImage};

use super::canvas::BACKGROUND;
use super::letters;

const GAP: u32 = 6;
const INK: [u8; 3] = [40, 40, 38];

/// Letters of a name that are shown: more than a REF has.
const MOST_LETTERS: usize = 64;

/// A sheet of pictures of one size in rows of `columns`, each with its name below, whole however small the
/// pictures are. No picture at all is a small blank sheet.
pub fn sheet(pictures: &[(String, RgbImage)], columns: u32) -> RgbImage {
    let blank = RgbImage::new(64, 16);
    let first = pictures.first().map_or(&blank, |(_, picture)| picture);
    let (h, scale) = (first.height(), letters::scale(first));
    let shown = |name: &str| name.chars().take(MOST_LETTERS).collect::<String>();
    let widest = pictures.iter().map(|(name, _)| letters::width(&shown(name), scale)).max().unwrap_or(0);
    let w = widest.max(first.width());
    let columns = columns.clamp(1, pictures.len().max(1) as u32);
    let rows = (pictures.len() as u32).div_ceil(columns).max(1);
    let cell = [w + GAP, h + letters::HEIGHT * scale + 3 * GAP];
    let mut sheet = RgbImage::from_pixel(columns * cell[0] + GAP, rows * cell[1] + GAP, Rgb(BACKGROUND));
    for (i, (name, picture)) in (0_u32..).zip(pictures) {
        let [x, y] = [i % columns * cell[0] + GAP, i / columns * cell[1] + GAP].map(i64::from);
        image::imageops::replace(&mut sheet, picture, x, y);
        letters::write(&mut sheet, [x + 1, y + i64::from(h + GAP)], &shown(name), INK, scale);
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_holds_every_picture_in_its_place() {
        let one = |c: u8| (format!("scene0000_00/{c}"), RgbImage::from_pixel(30, 20, Rgb([c; 3])));
        let sheet = super::sheet(&[one(1), one(2), one(3)], 2);
        // Fourteen letters are wider than the pictures.
        assert_eq!(sheet.dimensions(), (2 * 90 + 6, 2 * 47 + 6));
        let at = |x, y| sheet.get_pixel(x, y).0[0];
        assert_eq!([at(8, 8), at(98, 8), at(8, 55)], [1, 2, 3]);
        assert!(sheet.pixels().any(|p| p.0 == INK));
        assert_eq!(super::sheet(&[], 4).dimensions(), (76, 49));
    }
}
