//! Where the names of things stand in a picture, so that none covers another.

use image::RgbImage;

use super::letters;

const INK: [u8; 3] = [0, 70, 50];
/// Letters of a name that are shown.
const MOST_LETTERS: usize = 24;
/// Places up and down that are tried for a name, in lines.
const LINES: i64 = 6;

/// Writes each name as near to its place as the names before leave room; one that finds none is left out.
pub(super) fn write(picture: &mut RgbImage, names: &[(String, [i64; 2])]) {
    let scale = letters::scale(picture);
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    let margin = 2 * i64::from(scale);
    let mut taken: Vec<[i64; 4]> = Vec::new();
    for (name, [x, y]) in names {
        let name: String = name.chars().take(MOST_LETTERS).collect();
        let (w, h) = (i64::from(letters::width(&name, scale)), i64::from(letters::HEIGHT * scale));
        let at = |line: i64| {
            let left = (x - w / 2).clamp(margin, (width - w - margin).max(margin));
            let top = (y - h / 2 + line * (h + 3 * margin)).clamp(margin, (height - h - margin).max(margin));
            [left, top, left + w + 2 * margin, top + h + 2 * margin]
        };
        let is_free =
            |b: &[i64; 4]| taken.iter().all(|t| b[2] <= t[0] || t[2] <= b[0] || b[3] <= t[1] || t[3] <= b[1]);
        let places = std::iter::once(0).chain((1..=LINES).flat_map(|n| [-n, n])).map(at);
        if let Some(place) = places.into_iter().find(is_free) {
            letters::write(picture, [place[0], place[1]], &name, INK, scale);
            taken.push(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn inked(names: &[(String, [i64; 2])], side: u32) -> usize {
        let mut picture = RgbImage::from_pixel(side, side, Rgb([255; 3]));
        write(&mut picture, names);
        picture.pixels().filter(|p| p.0 == INK).count()
    }

    #[test]
    fn names_at_one_place_do_not_cover_each_other_and_grow_with_the_picture() {
        let name = |n: usize| vec![("chair".to_owned(), [50, 50]); n];
        let one = inked(&name(1), 100);
        assert_eq!(inked(&name(3), 100), 3 * one);
        assert!(inked(&name(40), 100) < 40 * one, "the picture is full");
        assert_eq!(inked(&name(1), 1000), 4 * one, "twice as large");
        inked(&[("x".repeat(400), [-5, 900])], 16);
    }
}
