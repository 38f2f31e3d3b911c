//! PLY meshes.
//!
//! [`header`] always runs first and checks what is declared against the file's size. Then each
//! element is read by the quickest reader that knows it: [`stream`] for whole files of the official
//! layout, [`fast`] for binary rows of one length
//! and triangles, [`general`] (the `ply-rs` crate) for other binary rows, [`ascii`] for text.

mod ascii;
mod fast;
mod general;
mod header;
mod stream;

use std::fs::File;
use std::path::Path;

use self::header::{Element, Encoding, Header, Scalar, Shape, over_long};
use super::read_file_into;
use crate::error::{Error, Kind, Result};
use crate::math::Xyz;
use crate::scene::{Colour, MeshLayout};
use crate::store;

/// A mesh as its file gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    /// Vertex positions, finite or not; doubles are rounded to f32.
    pub position: Xyz,
    /// Vertex colours, when red, green and blue are there as `uchar`.
    pub colour: Option<Colour>,
    /// Triangles, in range or not (a negative index becomes a huge one). Polygons are cut into a
    /// fan around their first vertex; a face of fewer than three vertices gives none.
    pub faces: Vec<[u32; 3]>,
}

/// What the header of a mesh file promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Number of vertices.
    pub vertices: u64,
    /// Whether they have a colour that [`Mesh`] takes.
    pub colour: bool,
    /// Whether there are faces, so that normals can be made.
    pub faces: bool,
}

/// Bytes that a header is looked for in.
const HEAD: u64 = 64 << 10;

/// Reads the header of a mesh file and nothing else. Errors as for [`read_mesh`], as far as a header
/// and the file's size tell.
pub fn declared(path: &Path) -> Result<Declared> {
    let (head, len) = store::read_head(path, HEAD)?;
    let read = || {
        let header = Header::read(&head, usize::try_from(len).unwrap_or(usize::MAX))?;
        let vertex = header.element("vertex").filter(|e| e.rows > 0);
        let columns = vertex.map(|e| Columns::of(e, Want::Mesh)).transpose()?;
        Ok(Declared {
            vertices: vertex.map_or(0, |e| e.rows),
            colour: columns.is_some_and(|c| c.rgb.is_some()),
            faces: header.element("face").is_some_and(|e| e.rows > 0 && e.index_list().is_some()),
        })
    };
    read().map_err(|e: Error| e.at(path))
}

/// The vertices of a labels mesh, compared with those of the mesh.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VertexLabels {
    /// The `label` property, per vertex.
    pub label: Vec<u16>,
    /// Index of the first vertex, of those that both have, whose position differs by as little as
    /// a bit.
    pub first_moved: Option<usize>,
}

/// Coordinates compared at a time.
const BLOCK: usize = 1024;

/// Index of the first of `labels`' positions that differs from the position of `mesh` at `start`
/// and on.
fn first_moved(labels: &Xyz, mesh: &Xyz, start: usize) -> Option<usize> {
    // Whole blocks at a time: a loop that may stop at any value is far slower.
    let differ = |a: &[f32], b: &[f32]| a.iter().zip(b).fold(0, |d, (a, b)| d | (a.to_bits() ^ b.to_bits()));
    let first = |a: &[f32], b: &[f32]| {
        let block = a.chunks(BLOCK).zip(b.chunks(BLOCK)).position(|(a, b)| differ(a, b) != 0)? * BLOCK;
        let (a, b) = (&a[block..], &b[block..]);
        a.iter().zip(b).position(|(a, b)| a.to_bits() != b.to_bits()).map(|i| start + block + i)
    };
    let axes = labels.axes().into_iter().zip(mesh.axes());
    axes.filter_map(|(a, b)| first(a, b.get(start..)?)).min()
}

/// Reads a mesh from the whole content of a file; `path` is only named in errors.
///
/// # Errors
/// [`Kind::Foreign`] when it is no PLY, [`Kind::Truncated`] and [`Kind::OverLong`] when the file's
/// size is not what its rows take, [`Kind::Malformed`] when a row or the header cannot be read.
pub fn read_mesh(bytes: &[u8], path: &Path) -> Result<Mesh> {
    read_mesh_and_layout(bytes, path, &mut None)
}

/// Like [`read_mesh`]; fills `layout` as soon as the header could be read.
pub(super) fn read_mesh_and_layout(
    bytes: &[u8],
    path: &Path,
    layout: &mut Option<MeshLayout>,
) -> Result<Mesh> {
    let mut read = || {
        let header = Header::parse(bytes)?;
        *layout = Some(header.layout());
        let (vertices, faces) = decode(&header, bytes, Want::Mesh)?;
        Ok(Mesh { position: vertices.position, colour: vertices.colour, faces })
    };
    read().map_err(|e: Error| e.at(path))
}

/// Reads the labels of a labels mesh from the whole content of a file and compares its positions
/// with those of `mesh`. Its faces are not decoded; their size is checked. Errors as for
/// [`read_mesh`].
pub fn read_labels(bytes: &[u8], path: &Path, mesh: &Xyz) -> Result<VertexLabels> {
    let read = || {
        let header = Header::parse(bytes)?;
        let (vertices, _) = decode(&header, bytes, Want::Labels)?;
        let first_moved = first_moved(&vertices.position, mesh, 0);
        Ok(VertexLabels { label: vertices.label, first_moved })
    };
    read().map_err(|e: Error| e.at(path))
}

/// A file of this machine, which can be read piece by piece; an object is read whole.
fn local(path: &Path) -> Option<File> {
    if store::is_address(path) { None } else { File::open(path).ok() }
}

/// Reads a mesh file; `buffer` is room to work in. Errors as for [`read_mesh`].
pub(super) fn mesh_file(path: &Path, buffer: &mut Vec<u8>, layout: &mut Option<MeshLayout>) -> Result<Mesh> {
    if let Some((header, mesh)) = local(path).and_then(|mut f| stream::mesh(&mut f, buffer)) {
        *layout = Some(header.layout());
        return Ok(mesh);
    }
    read_file_into(path, buffer)?;
    read_mesh_and_layout(buffer, path, layout)
}

/// Reads a labels mesh file and compares it with `mesh`; `buffer` is room to work in. Errors as for
/// [`read_mesh`].
pub(super) fn labels_file(path: &Path, buffer: &mut Vec<u8>, mesh: &Xyz) -> Result<VertexLabels> {
    if let Some(labels) = local(path).and_then(|mut f| stream::labels(&mut f, buffer, mesh)) {
        return Ok(labels);
    }
    read_file_into(path, buffer)?;
    read_labels(buffer, path, mesh)
}

/// Which columns are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Mesh,
    Labels,
}

/// Where in a vertex row the wanted columns are, as indices of properties.
#[derive(Clone, Debug)]
struct Columns {
    xyz: [usize; 3],
    rgb: Option<[usize; 3]>,
    label: Option<usize>,
}

impl Columns {
    fn of(vertex: &Element, want: Want) -> Result<Self> {
        let scalar = |name: &str| {
            vertex.property(name).filter(|&i| matches!(vertex.properties[i].shape, Shape::One(_)))
        };
        let missing = |name: &str| {
            Error::new(Kind::Malformed, "the vertices lack a property").expected(format!("property `{name}`"))
        };
        let xyz = ["x", "y", "z"].map(|name| scalar(name).ok_or_else(|| missing(name)));
        let [x, y, z] = xyz;
        let byte = |name| scalar(name).filter(|&i| vertex.properties[i].shape == Shape::One(Scalar::U8));
        let rgb = match ["red", "green", "blue"].map(byte) {
            [Some(r), Some(g), Some(b)] if want == Want::Mesh => Some([r, g, b]),
            _ => None,
        };
        let label = match want {
            Want::Mesh => None,
            Want::Labels => Some(
                scalar("label")
                    .filter(|&i| matches!(vertex.properties[i].shape, Shape::One(s) if s.is_integer()))
                    .ok_or_else(|| missing("ushort label"))?,
            ),
        };
        Ok(Self { xyz: [x?, y?, z?], rgb, label })
    }
}

/// The columns of a vertex element that were asked for.
#[derive(Clone, Debug, Default)]
struct Vertices {
    position: Xyz,
    colour: Option<Colour>,
    label: Vec<u16>,
}

impl Vertices {
    fn with_capacity(n: usize, columns: &Columns) -> Self {
        Self {
            position: Xyz::with_capacity(n),
            colour: columns.rgb.map(|_| Colour::with_capacity(n)),
            label: Vec::with_capacity(columns.label.map_or(0, |_| n)),
        }
    }

    /// Appends a row; `values` holds one number per property.
    fn push(&mut self, columns: &Columns, values: &[f64]) -> Result<()> {
        self.position.push(columns.xyz.map(|i| values[i] as f32));
        if let (Some(rgb), Some(colour)) = (columns.rgb, &mut self.colour) {
            colour.push(rgb.map(|i| values[i] as u8));
        }
        if let Some(i) = columns.label {
            let row = self.label.len();
            self.label.push(label_of(values[i], row)?);
        }
        Ok(())
    }
}

/// A label as u16; `row` is named when it does not fit.
fn label_of(value: f64, row: usize) -> Result<u16> {
    if (0.0..=f64::from(u16::MAX)).contains(&value) {
        return Ok(value as u16);
    }
    Err(Error::new(Kind::Malformed, format!("the label of vertex {row} is out of range"))
        .expected("0 to 65535")
        .found(format!("{value}")))
}

/// Cuts a polygon into triangles around its first vertex.
fn fan(polygon: &[u32], faces: &mut Vec<[u32; 3]>) {
    if let [first, rest @ ..] = polygon {
        faces.extend(rest.windows(2).map(|edge| [*first, edge[0], edge[1]]));
    }
}

/// Reads the body of the file `bytes` whose header is `header`.
fn decode(header: &Header, bytes: &[u8], want: Want) -> Result<(Vertices, Vec<[u32; 3]>)> {
    let vertex = header.element("vertex").ok_or_else(|| {
        Error::new(Kind::Malformed, "the mesh has no vertices").expected("element `vertex`")
    })?;
    let columns = Columns::of(vertex, want)?;
    if let Some(face) = header.element("face") {
        check_index_list(face)?;
    }
    if header.encoding == Encoding::Ascii {
        return ascii::decode(header, bytes, &columns, want);
    }
    let big = header.encoding == Encoding::Big;
    let (mut vertices, mut faces) = (Vertices::default(), Vec::new());
    let mut rest = &bytes[header.body..];
    for element in &header.elements {
        // What is left is at least as long as the rows of one length that are still to come; rows
        // with lists may have used more than their least.
        let fixed = element.stride().map(|stride| stride * element.rows as usize);
        let at = |rest: &[u8]| (bytes.len() - rest.len()) as u64;
        let read = match (element.name.as_str(), fixed) {
            (_, Some(size)) if size > rest.len() => Err(general::ends_early(element, 0)),
            ("vertex", Some(size)) => {
                let rows;
                (rows, rest) = rest.split_at(size);
                vertices = Vertices::with_capacity(element.rows as usize, &columns);
                fast::vertices(rows, element, &columns, big, &mut vertices)
            }
            ("vertex", None) => general::vertices(&mut rest, element, &columns, big).map(|v| vertices = v),
            (_, Some(size)) => {
                rest = &rest[size..];
                Ok(())
            }
            ("face", None) if want == Want::Mesh => {
                let rows = fast::size_of_triangles(element).and_then(|size| rest.split_at_checked(size));
                match rows {
                    Some((rows, after)) if fast::triangles(rows, element, big, &mut faces) => {
                        rest = after;
                        Ok(())
                    }
                    _ => general::faces(&mut rest, element, big).map(|f| faces = f),
                }
            }
            (_, None) if fast::size_of_triangles(element) == Some(rest.len()) => {
                rest = &[];
                Ok(())
            }
            (_, None) => general::skip(&mut rest, element, big),
        };
        read.map_err(|e| if e.where_in_file().is_none() { e.byte(at(rest)) } else { e })?;
    }
    if rest.is_empty() {
        Ok((vertices, faces))
    } else {
        Err(over_long((bytes.len() - rest.len()) as u64, bytes.len()))
    }
}

fn check_index_list(face: &Element) -> Result<()> {
    if face.rows == 0 {
        return Ok(());
    }
    match face.index_list().map(|i| face.properties[i].shape) {
        Some(Shape::List { item, .. }) if item.is_integer() => Ok(()),
        _ => Err(Error::new(Kind::Malformed, "the faces lack their index list")
            .expected("property `list uchar int vertex_indices`")),
    }
}

#[cfg(test)]
mod tests;
