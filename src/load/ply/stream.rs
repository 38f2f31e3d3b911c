//! The official layout, read in small pieces: binary vertex rows of one length, then triangles.
//!
//! A copy into memory that stays in a processor's own cache is about four times as fast as one
//! into a buffer as large as the file, and reading is most of the work here. Whatever is not of
//! this layout, or goes wrong, is left to the reader of whole files, which says what it is.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::header::{Encoding, Header};
use super::{Columns, Vertices, Want, fast};

/// Bytes read at a time.
const PIECE: usize = 128 << 10;

/// Reads the vertices, and for [`Want::Mesh`] the triangles, of a file of the official layout;
/// `None` when it is of another. `buffer` is only room to work in.
pub(super) fn read(
    file: &mut File,
    buffer: &mut Vec<u8>,
    want: Want,
) -> Option<(Header, Vertices, Vec<[u32; 3]>)> {
    let len = usize::try_from(file.metadata().ok()?.len()).ok()?;
    buffer.resize(PIECE.max(buffer.len()), 0);
    let head = len.min(PIECE);
    file.read_exact(&mut buffer[..head]).ok()?;
    let header = Header::read(&buffer[..head], len).ok()?;
    let [vertex, face] = header.elements.as_slice() else { return None };
    let stride = vertex.stride()?;
    let rows = usize::try_from(vertex.rows).ok()?;
    let triangles = fast::size_of_triangles(face)?;
    let official = header.encoding != Encoding::Ascii
        && (vertex.name.as_str(), face.name.as_str()) == ("vertex", "face")
        && header.body + stride * rows + triangles == len
        && stride <= PIECE;
    let columns = Columns::of(vertex, want).ok().filter(|_| official)?;
    let big = header.encoding == Encoding::Big;
    file.seek(SeekFrom::Start(header.body as u64)).ok()?;

    let mut vertices = Vertices::with_capacity(rows, &columns);
    in_pieces(file, buffer, stride, rows, |piece| {
        fast::vertices(piece, vertex, &columns, big, &mut vertices).ok()
    })?;
    let mut faces = Vec::new();
    let count = usize::try_from(face.rows).ok()?;
    if want == Want::Mesh && count > 0 {
        faces.reserve_exact(count);
        in_pieces(file, buffer, triangles / count, count, |piece| {
            fast::triangles(piece, face, big, &mut faces).then_some(())
        })?;
    }
    Some((header, vertices, faces))
}

/// Hands `rows` rows of `stride` bytes to `take`, a piece of whole rows at a time.
fn in_pieces(
    file: &mut File,
    buffer: &mut [u8],
    stride: usize,
    rows: usize,
    mut take: impl FnMut(&[u8]) -> Option<()>,
) -> Option<()> {
    let at_once = (PIECE / stride).max(1);
    let mut left = rows;
    while left > 0 {
        let piece = buffer.get_mut(..left.min(at_once) * stride)?;
        file.read_exact(piece).ok()?;
        take(piece)?;
        left -= piece.len() / stride;
    }
    Some(())
}
