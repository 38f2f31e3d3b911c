//! The official layout, read in small pieces: binary vertex rows of one length, then triangles.
//!
//! A copy into memory that stays in a processor's own cache is about four times as fast as one
//! into a buffer as large as the file, and reading is most of the work here. Whatever is not of
//! this layout, or goes wrong, is left to the reader of whole files, which says what it is.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::header::{Encoding, Header};
use super::{Columns, Mesh, VertexLabels, Vertices, Want, fast, first_moved};
use crate::math::Xyz;

/// Bytes read at a time.
const PIECE: usize = 128 << 10;

/// Reads a mesh of the official layout; `None` when the file is of another. `buffer` is only room
/// to work in.
pub(super) fn mesh(file: &mut File, buffer: &mut Vec<u8>) -> Option<(Header, Mesh)> {
    let layout = Official::of(file, buffer, Want::Mesh)?;
    let mut vertices = Vertices::with_capacity(layout.rows, &layout.columns);
    layout.vertices(file, buffer, &mut vertices, |_| {})?;
    let mut faces = Vec::with_capacity(layout.faces);
    let (face, big) = (&layout.header.elements[1], layout.big);
    in_pieces(file, buffer, layout.face, layout.faces, |piece| {
        fast::triangles(piece, face, big, &mut faces).then_some(())
    })?;
    Some((layout.header, Mesh { position: vertices.position, colour: vertices.colour, faces }))
}

/// Reads the labels of a mesh of the official layout and compares its positions with those of
/// `mesh` piece by piece; `None` when the file is of another. `buffer` is only room to work in.
pub(super) fn labels(file: &mut File, buffer: &mut Vec<u8>, mesh: &Xyz) -> Option<VertexLabels> {
    let layout = Official::of(file, buffer, Want::Labels)?;
    let label = Vec::with_capacity(layout.rows);
    let mut vertices = Vertices { label, ..Vertices::default() };
    let mut moved = None;
    layout.vertices(file, buffer, &mut vertices, |read| {
        let start = read.label.len() - read.position.len();
        moved = moved.or_else(|| first_moved(&read.position, mesh, start));
        read.position.axes_mut().into_iter().for_each(Vec::clear);
    })?;
    Some(VertexLabels { label: vertices.label, first_moved: moved })
}

/// A file whose header says that it is of the official layout, and whose size agrees.
struct Official {
    header: Header,
    columns: Columns,
    big: bool,
    /// Vertices.
    rows: usize,
    /// Bytes of one.
    stride: usize,
    /// Triangles.
    faces: usize,
    /// Bytes of one.
    face: usize,
}

impl Official {
    /// Reads the header, and moves to the first vertex.
    fn of(file: &mut File, buffer: &mut Vec<u8>, want: Want) -> Option<Self> {
        let len = usize::try_from(file.metadata().ok()?.len()).ok()?;
        buffer.resize(PIECE.max(buffer.len()), 0);
        let head = len.min(PIECE);
        file.read_exact(&mut buffer[..head]).ok()?;
        let header = Header::read(&buffer[..head], len).ok()?;
        let [vertex, face] = header.elements.as_slice() else { return None };
        let stride = vertex.stride()?;
        let rows = usize::try_from(vertex.rows).ok()?;
        let triangles = fast::size_of_triangles(face)?;
        let faces = usize::try_from(face.rows).ok()?;
        let official = header.encoding != Encoding::Ascii
            && (vertex.name.as_str(), face.name.as_str()) == ("vertex", "face")
            && header.body + stride * rows + triangles == len
            && stride <= PIECE;
        let columns = Columns::of(vertex, want).ok().filter(|_| official)?;
        let big = header.encoding == Encoding::Big;
        file.seek(SeekFrom::Start(header.body as u64)).ok()?;
        let face = triangles.checked_div(faces).unwrap_or(1);
        Some(Self { header, columns, big, rows, stride, faces, face })
    }

    /// Appends all vertices to `out`, which `each` sees after each piece.
    fn vertices(
        &self,
        file: &mut File,
        buffer: &mut [u8],
        out: &mut Vertices,
        mut each: impl FnMut(&mut Vertices),
    ) -> Option<()> {
        let element = &self.header.elements[0];
        in_pieces(file, buffer, self.stride, self.rows, |piece| {
            fast::vertices(piece, element, &self.columns, self.big, out).ok()?;
            each(out);
            Some(())
        })
    }
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
