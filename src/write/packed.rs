//! Columns in fewer bits, and back; and byte planes, which zstd finds more in.

use std::collections::BTreeMap;

use super::layout::{Layout, Precision};
use super::schema::BlobColumn;
use crate::error::{Error, Kind, Result};

/// The largest number of a coordinate's grid.
const GRID: f64 = 65_535.0;
/// The largest number of an octahedral coordinate.
const OCTAHEDRON: f64 = 32_767.0;
/// A normal of 0 0 0.
const NO_NORMAL: [i16; 2] = [i16::MIN; 2];

/// The bytes of a column as the layout stores it, from those of the exact column.
///
/// # Errors
/// [`Kind::Malformed`] when a value has no place in the bits that there are.
pub(super) fn pack(column: &BlobColumn, layout: &Layout, exact: Vec<u8>) -> Result<Vec<u8>> {
    if layout.precision == Precision::Exact {
        return Ok(exact);
    }
    let wrong = |what: String| {
        Error::new(Kind::Malformed, format!("column {}: {what}", column.name))
            .help("write it with precision = \"exact\" in [output]")
    };
    match column.name {
        "xyz" => grid(&exact).ok_or_else(|| wrong("a position is not finite".into())),
        "superpoint" => labels(&exact, |id| u16::try_from(id).map(u16::to_le_bytes).ok())
            .map_err(|id| wrong(format!("superpoint {id} has no place in 16 bits"))),
        "object" => labels(&exact, |id| i16::try_from(id).map(i16::to_le_bytes).ok())
            .map_err(|id| wrong(format!("object {id} has no place in 16 bits"))),
        "normal" => {
            Ok(floats::<3>(&exact).flat_map(|n| octahedral(n).map(i16::to_le_bytes)).flatten().collect())
        }
        _ => Ok(exact),
    }
}

/// The exact column's bytes from those that are stored; `out` is as long as they are.
pub(super) fn unpack(column: &BlobColumn, layout: &Layout, stored: &[u8], out: &mut [u8]) {
    if layout.stored(column) == *column {
        return out.copy_from_slice(stored);
    }
    let (words, _) = stored.as_chunks::<2>();
    let (values, _) = out.as_chunks_mut::<4>();
    match column.name {
        "xyz" => {
            let (header, words) = words.split_at(12.min(words.len()));
            let header: Vec<[f32; 3]> = floats(header.as_flattened()).collect();
            let &[origin, step] = header.as_slice() else { return };
            for (i, (value, &word)) in values.iter_mut().zip(words).enumerate() {
                *value = on_grid(origin[i % 3], step[i % 3], u16::from_le_bytes(word)).to_le_bytes();
            }
        }
        "superpoint" => {
            for (value, &word) in values.iter_mut().zip(words) {
                *value = i32::from(u16::from_le_bytes(word)).to_le_bytes();
            }
        }
        "object" => {
            for (value, &word) in values.iter_mut().zip(words) {
                *value = i32::from(i16::from_le_bytes(word)).to_le_bytes();
            }
        }
        _ => {
            for (value, word) in values.as_chunks_mut::<3>().0.iter_mut().zip(words.as_chunks::<2>().0) {
                *value = direction(word.map(i16::from_le_bytes)).map(f32::to_le_bytes);
            }
        }
    }
}

/// How far what is read lies from what was written, at most, by column and unit.
pub(super) fn errors(
    column: &BlobColumn,
    layout: &Layout,
    exact: &[u8],
    stored: &[u8],
) -> BTreeMap<String, f64> {
    if layout.stored(column).dtype == column.dtype || !matches!(column.name, "xyz" | "normal") {
        return BTreeMap::new();
    }
    let mut read = vec![0; exact.len()];
    unpack(column, layout, stored, &mut read);
    let apart = |(a, b): ([f32; 3], [f32; 3])| [0, 1, 2].map(|k| (f64::from(a[k]) - f64::from(b[k])).abs());
    let apart = floats(exact).zip(floats(&read)).map(apart);
    if column.name == "xyz" {
        let most = apart.flatten().fold(0.0, f64::max);
        return BTreeMap::from([("xyz_m".to_owned(), most)]);
    }
    // The angle over a chord, once for the longest.
    let chord = apart.map(|d| d.iter().map(|d| d * d).sum()).fold(0.0, f64::max);
    let angle = 2.0 * libm::asin((libm::sqrt(chord) / 2.0).min(1.0));
    BTreeMap::from([("normal_deg".to_owned(), angle.to_degrees())])
}

/// Origin and step of the grid, then each coordinate's number on it.
fn grid(exact: &[u8]) -> Option<Vec<u8>> {
    let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
    for point in floats::<3>(exact) {
        for k in 0..3 {
            if !point[k].is_finite() {
                return None;
            }
            (low[k], high[k]) = (low[k].min(point[k]), high[k].max(point[k]));
        }
    }
    if exact.is_empty() {
        (low, high) = ([0.0; 3], [0.0; 3]);
    }
    let step = [0, 1, 2].map(|k| ((f64::from(high[k]) - f64::from(low[k])) / GRID) as f32);
    let header = low.iter().chain(&step).flat_map(|v| v.to_le_bytes());
    let number = |value: f32, origin: f32, step: f32| {
        let number = (f64::from(value) - f64::from(origin)) / f64::from(step);
        // A flat scene has a step of 0, and all its numbers are 0.
        if step > 0.0 { libm::round(number).clamp(0.0, GRID) as u16 } else { 0 }
    };
    let numbers = floats::<3>(exact)
        .flat_map(|point| [0, 1, 2].map(|k| number(point[k], low[k], step[k]).to_le_bytes()))
        .flatten();
    Some(header.chain(numbers).collect())
}

fn on_grid(origin: f32, step: f32, number: u16) -> f32 {
    (f64::from(origin) + f64::from(step) * f64::from(number)) as f32
}

fn labels(exact: &[u8], short: impl Fn(i32) -> Option<[u8; 2]>) -> Result<Vec<u8>, i32> {
    let mut out = Vec::with_capacity(exact.len() / 2);
    for &word in exact.as_chunks::<4>().0 {
        let id = i32::from_le_bytes(word);
        out.extend(short(id).ok_or(id)?);
    }
    Ok(out)
}

/// A direction on an octahedron that is unfolded to a square.
fn octahedral(normal: [f32; 3]) -> [i16; 2] {
    let [x, y, z] = normal.map(f64::from);
    let length = x.abs() + y.abs() + z.abs();
    // No length, or none that is a number.
    if length.is_nan() || length == 0.0 {
        return NO_NORMAL;
    }
    let (mut u, mut v) = (x / length, y / length);
    if z < 0.0 {
        (u, v) = ((1.0 - v.abs()) * sign(u), (1.0 - u.abs()) * sign(v));
    }
    [u, v].map(|c| libm::round(c * OCTAHEDRON) as i16)
}

fn direction(stored: [i16; 2]) -> [f32; 3] {
    if stored == NO_NORMAL {
        return [0.0; 3];
    }
    let [mut u, mut v] = stored.map(|c| f64::from(c) / OCTAHEDRON);
    let z = 1.0 - u.abs() - v.abs();
    if z < 0.0 {
        (u, v) = ((1.0 - v.abs()) * sign(u), (1.0 - u.abs()) * sign(v));
    }
    let length = libm::sqrt(u * u + v * v + z * z);
    [u, v, z].map(|c| (c / length) as f32)
}

fn sign(value: f64) -> f64 {
    if value < 0.0 { -1.0 } else { 1.0 }
}

fn floats<const K: usize>(bytes: &[u8]) -> impl Iterator<Item = [f32; K]> + '_ {
    let (words, _) = bytes.as_chunks::<4>();
    words.as_chunks::<K>().0.iter().map(|words| words.map(f32::from_le_bytes))
}

/// The first byte of every value, then the second of every value, and so on; a header stays where it is.
pub(super) fn to_planes(stored: &BlobColumn, bytes: &[u8]) -> Vec<u8> {
    let (header, values) = bytes.split_at(stored.header.min(bytes.len()));
    let planes = (0..stored.item).flat_map(|plane| values.iter().skip(plane).step_by(stored.item));
    header.iter().chain(planes).copied().collect()
}

/// What [`to_planes`] was given.
pub(super) fn from_planes(stored: &BlobColumn, planes: &[u8]) -> Vec<u8> {
    let (header, planes) = planes.split_at(stored.header.min(planes.len()));
    let mut out = planes.to_vec();
    for (number, plane) in planes.chunks(planes.len().div_ceil(stored.item).max(1)).enumerate() {
        for (value, &byte) in out.iter_mut().skip(number).step_by(stored.item).zip(plane) {
            *value = byte;
        }
    }
    [header, &out].concat()
}

#[cfg(test)]
mod tests {
    use super::super::layout::Profile;
    use super::*;

    fn column(name: &str) -> BlobColumn {
        BlobColumn::named(name).unwrap()
    }

    fn there_and_back(name: &str, exact: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let layout = Profile::Compact.layout();
        let stored = pack(&column(name), &layout, exact.to_vec()).unwrap();
        let mut read = vec![0xAA; exact.len()];
        unpack(&column(name), &layout, &stored, &mut read);
        (stored, read)
    }

    #[test]
    fn positions_come_back_within_half_a_step() {
        let points: Vec<[f32; 3]> = (0..1000)
            .map(|i| {
                let t = i as f32;
                [libm::sinf(t) * 4.0 + 100.0, t * 0.0061, 1.25]
            })
            .collect();
        let exact: Vec<u8> = points.iter().flatten().flat_map(|v| v.to_le_bytes()).collect();
        let (stored, read) = there_and_back("xyz", &exact);
        assert_eq!(stored.len(), 24 + 6 * 1000);
        let found = errors(&column("xyz"), &Profile::Compact.layout(), &exact, &stored)["xyz_m"];
        // 8 m / 65535 / 2, and what a float of 100 m rounds.
        assert!(found > 3e-5 && found < 8.0 / 65_535.0 / 2.0 + 4e-6, "{found}");
        for (a, b) in points.iter().zip(floats::<3>(&read)) {
            assert_eq!(a[2], b[2]);
            assert!((a[0] - b[0]).abs() < 7e-5 && (a[1] - b[1]).abs() < 5e-5, "{a:?} {b:?}");
        }
        let nan: Vec<u8> = [1.0, f32::NAN, 0.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let error = pack(&column("xyz"), &Profile::Compact.layout(), nan).unwrap_err();
        assert!(error.remedy().unwrap().contains("exact"), "{error}");
        assert!(there_and_back("xyz", &[]).1.is_empty());
    }

    #[test]
    fn normals_come_back_within_a_hundredth_of_a_degree_and_none_as_none() {
        let mut normals = vec![[0.0; 3], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        for i in 0..5000 {
            let (t, z) = (i as f32 * 0.7, (i as f32 - 2500.0) / 2500.0);
            let r = (1.0 - z * z).max(0.0).sqrt();
            normals.push([r * libm::cosf(t), r * libm::sinf(t), z]);
        }
        let exact: Vec<u8> = normals.iter().flatten().flat_map(|v| v.to_le_bytes()).collect();
        let (stored, read) = there_and_back("normal", &exact);
        assert_eq!(stored.len(), 4 * normals.len());
        let found = errors(&column("normal"), &Profile::Compact.layout(), &exact, &stored)["normal_deg"];
        assert!(found > 0.0 && found < 0.01, "{found}");
        let first: Vec<[f32; 3]> = floats(&read).take(4).collect();
        assert_eq!(first, normals[..4]);
    }

    #[test]
    fn labels_come_back_and_one_that_does_not_fit_is_not_cut() {
        let bytes = |ids: &[i32]| ids.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<u8>>();
        for (name, good, bad) in [("object", [-1, 0, 32_767], 32_768), ("superpoint", [0, 1, 65_535], 65_536)]
        {
            assert_eq!(there_and_back(name, &bytes(&good)).1, bytes(&good));
            let error = pack(&column(name), &Profile::Compact.layout(), bytes(&[bad])).unwrap_err();
            assert!(error.to_string().contains(&bad.to_string()), "{error}");
        }
    }

    #[test]
    fn planes_are_undone() {
        let bytes: Vec<u8> = (0..24 + 7 * 4).collect();
        for (item, header) in [(4, 0), (2, 24), (1, 0)] {
            let mut stored = column("xyz");
            (stored.item, stored.header) = (item, header);
            let planes = to_planes(&stored, &bytes);
            assert_eq!(from_planes(&stored, &planes), bytes);
            assert_eq!(planes[header..header + 2], [bytes[header], bytes[header + item]]);
        }
    }
}
