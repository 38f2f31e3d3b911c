//! Binary rows of one length, and triangles: the layout of every official ScanNet mesh, and near
//! relatives of it in any order, width and byte order.

use super::header::{Element, Scalar, Shape};
use super::{Columns, Vertices, label_of};
use crate::error::Result;

/// Rows decoded at a time, so that a block stays in the nearest cache while each column is taken
/// from it.
const BLOCK: usize = 512;

/// Appends `rows`, whole rows of an element that has a stride.
pub(super) fn vertices(
    rows: &[u8],
    element: &Element,
    columns: &Columns,
    big: bool,
    out: &mut Vertices,
) -> Result<()> {
    let place = |i: usize| match element.properties[i].shape {
        Shape::One(scalar) => (scalar, element.offset(i)),
        Shape::List { count, .. } => (count, element.offset(i)),
    };
    let stride = element.stride().unwrap_or(1);
    let xyz = columns.xyz.map(place);
    let packed = !big && xyz == [(Scalar::F32, 0), (Scalar::F32, 4), (Scalar::F32, 8)];
    let rgb = columns.rgb.map(|rgb| rgb.map(|i| place(i).1));
    for block in rows.chunks(stride * BLOCK) {
        match stride {
            16 if packed => positions_packed::<16>(block, out),
            18 if packed => positions_packed::<18>(block, out),
            _ => {
                for (axis, (scalar, offset)) in out.position.axes_mut().into_iter().zip(xyz) {
                    positions(block, stride, scalar, offset, big, axis);
                }
            }
        }
        if let (Some(offsets), Some(colour)) = (rgb, &mut out.colour) {
            match (stride, offsets) {
                (16, [12, 13, 14]) => colours_packed::<16>(block, colour.channels_mut()),
                (18, [12, 13, 14]) => colours_packed::<18>(block, colour.channels_mut()),
                _ => {
                    for (channel, offset) in colour.channels_mut().into_iter().zip(offsets) {
                        channel.extend(block.chunks_exact(stride).map(|row| row[offset]));
                    }
                }
            }
        }
    }
    if let Some((scalar, offset)) = columns.label.map(place) {
        if (scalar, big) == (Scalar::U16, false) {
            let label = |row: &[u8]| u16::from_le_bytes([row[offset], row[offset + 1]]);
            out.label.extend(rows.chunks_exact(stride).map(label));
        } else {
            for row in rows.chunks_exact(stride) {
                let vertex = out.label.len();
                out.label.push(label_of(scalar.read(&row[offset..], big), vertex)?);
            }
        }
    }
    Ok(())
}

/// Three little-endian f32 at the start of rows of `N` bytes.
fn positions_packed<const N: usize>(block: &[u8], out: &mut Vertices) {
    let (rows, _) = block.as_chunks::<N>();
    out.position.x.extend(rows.iter().map(|r| f32::from_le_bytes([r[0], r[1], r[2], r[3]])));
    out.position.y.extend(rows.iter().map(|r| f32::from_le_bytes([r[4], r[5], r[6], r[7]])));
    out.position.z.extend(rows.iter().map(|r| f32::from_le_bytes([r[8], r[9], r[10], r[11]])));
}

/// Three bytes at offset 12 of rows of `N` bytes.
fn colours_packed<const N: usize>(block: &[u8], [red, green, blue]: [&mut Vec<u8>; 3]) {
    let (rows, _) = block.as_chunks::<N>();
    red.extend(rows.iter().map(|r| r[12]));
    green.extend(rows.iter().map(|r| r[13]));
    blue.extend(rows.iter().map(|r| r[14]));
}

/// One coordinate of any type at any place.
fn positions(block: &[u8], stride: usize, scalar: Scalar, offset: usize, big: bool, axis: &mut Vec<f32>) {
    let rows = block.chunks_exact(stride).map(|row| &row[offset..offset + scalar.size()]);
    if (scalar, big) == (Scalar::F32, false) {
        axis.extend(rows.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
    } else {
        axis.extend(rows.map(|b| scalar.read(b, big) as f32));
    }
}

/// Bytes of a face element whose faces are all triangles, if it has nothing but an index list.
pub(super) fn size_of_triangles(element: &Element) -> Option<usize> {
    let (count, item) = only_list(element)?;
    (count.size() + 3 * item.size()).checked_mul(usize::try_from(element.rows).ok()?)
}

/// Appends the faces of `rows`, whole rows of an element that has nothing but an index list, if
/// they are all triangles; says whether they are.
pub(super) fn triangles(rows: &[u8], element: &Element, big: bool, faces: &mut Vec<[u32; 3]>) -> bool {
    let Some((count, item)) = only_list(element) else { return false };
    let mut all_three = true;
    if (count, item.size(), big) == (Scalar::U8, 4, false) {
        faces.extend(rows.as_chunks::<13>().0.iter().map(|r| {
            all_three &= r[0] == 3;
            [
                u32::from_le_bytes([r[1], r[2], r[3], r[4]]),
                u32::from_le_bytes([r[5], r[6], r[7], r[8]]),
                u32::from_le_bytes([r[9], r[10], r[11], r[12]]),
            ]
        }));
    } else {
        faces.extend(rows.chunks_exact(count.size() + 3 * item.size()).map(|row| {
            all_three &= count.read(row, big) == 3.0;
            [0, 1, 2].map(|k| item.read(&row[count.size() + k * item.size()..], big) as i64 as u32)
        }));
    }
    all_three
}

/// Types of the index list of an element that has nothing else.
fn only_list(element: &Element) -> Option<(Scalar, Scalar)> {
    match element.properties.as_slice() {
        [p] => match p.shape {
            Shape::List { count, item } => Some((count, item)),
            Shape::One(_) => None,
        },
        _ => None,
    }
}
