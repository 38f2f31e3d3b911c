//! The header of a PLY file, and the check of what it declares against the file's size.
//!
//! Grammar: Greg Turk, "The PLY Polygon File Format" (1994). Accepted beyond it, because files in
//! circulation have it: CRLF line ends, bytes outside ASCII in comments, blank lines, the type
//! names with a width (`float32`). Refused although some readers let it pass: two properties of
//! one name, elements without properties, counts that the file is too short for.

use crate::error::{Error, Kind, Place, Result};
use crate::load::sniff;
use crate::scene::MeshLayout;

/// No header is longer; a longer one is an attempt to make the reader search for its end.
const MAX_HEADER: usize = 64 * 1024;

/// How the body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Ascii,
    Little,
    Big,
}

impl Encoding {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ascii" => Self::Ascii,
            "binary_little_endian" => Self::Little,
            "binary_big_endian" => Self::Big,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Little => "binary_little_endian",
            Self::Big => "binary_big_endian",
        }
    }
}

/// A number's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
}

impl Scalar {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "char" | "int8" => Self::I8,
            "uchar" | "uint8" => Self::U8,
            "short" | "int16" => Self::I16,
            "ushort" | "uint16" => Self::U16,
            "int" | "int32" => Self::I32,
            "uint" | "uint32" => Self::U32,
            "float" | "float32" => Self::F32,
            "double" | "float64" => Self::F64,
            _ => return None,
        })
    }

    /// Size in bytes.
    pub(super) fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    pub(super) fn is_integer(self) -> bool {
        !matches!(self, Self::F32 | Self::F64)
    }

    /// The number at the start of `bytes`, which must hold one. Every type fits f64 exactly.
    pub(super) fn read(self, bytes: &[u8], big: bool) -> f64 {
        fn array<const N: usize>(bytes: &[u8], big: bool) -> [u8; N] {
            let mut out = [0; N];
            out.copy_from_slice(&bytes[..N]);
            if big {
                out.reverse();
            }
            out
        }
        match self {
            Self::I8 => f64::from(bytes[0] as i8),
            Self::U8 => f64::from(bytes[0]),
            Self::I16 => f64::from(i16::from_le_bytes(array(bytes, big))),
            Self::U16 => f64::from(u16::from_le_bytes(array(bytes, big))),
            Self::I32 => f64::from(i32::from_le_bytes(array(bytes, big))),
            Self::U32 => f64::from(u32::from_le_bytes(array(bytes, big))),
            Self::F32 => f64::from(f32::from_le_bytes(array(bytes, big))),
            Self::F64 => f64::from_le_bytes(array(bytes, big)),
        }
    }

    /// The number that `token` writes, if it is one of this type.
    pub(super) fn parse(self, token: &str) -> Option<f64> {
        let within = |low: i64, high: i64| {
            token.parse::<i64>().ok().filter(|v| (low..=high).contains(v)).map(|v| v as f64)
        };
        match self {
            Self::I8 => within(i8::MIN.into(), i8::MAX.into()),
            Self::U8 => within(0, u8::MAX.into()),
            Self::I16 => within(i16::MIN.into(), i16::MAX.into()),
            Self::U16 => within(0, u16::MAX.into()),
            Self::I32 => within(i32::MIN.into(), i32::MAX.into()),
            Self::U32 => within(0, u32::MAX.into()),
            // Rounded once, to the type that is declared.
            Self::F32 => token.parse::<f32>().ok().map(f64::from),
            Self::F64 => token.parse().ok(),
        }
    }
}

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    One(Scalar),
    List { count: Scalar, item: Scalar },
}

#[derive(Clone, Debug)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) shape: Shape,
    /// The type as the header words it.
    wording: String,
}

#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) name: String,
    /// Number of rows; after [`Header::parse`] never more than the file has bytes.
    pub(super) rows: u64,
    pub(super) properties: Vec<Property>,
}

impl Element {
    /// Index of the property of this name.
    pub(super) fn property(&self, name: &str) -> Option<usize> {
        self.properties.iter().position(|p| p.name == name)
    }

    /// Bytes per row, when every row has the same.
    pub(super) fn stride(&self) -> Option<usize> {
        self.properties
            .iter()
            .map(|p| match p.shape {
                Shape::One(scalar) => Some(scalar.size()),
                Shape::List { .. } => None,
            })
            .sum()
    }

    /// Offset of property `index` in a row of an element that has a stride.
    pub(super) fn offset(&self, index: usize) -> usize {
        self.properties[..index]
            .iter()
            .map(|p| match p.shape {
                Shape::One(scalar) => scalar.size(),
                Shape::List { .. } => 0,
            })
            .sum()
    }

    /// The face's index list.
    pub(super) fn index_list(&self) -> Option<usize> {
        self.properties.iter().position(|p| is_index_list(&p.name) && matches!(p.shape, Shape::List { .. }))
    }

    fn least_row(&self, encoding: Encoding) -> u128 {
        let least = |p: &Property| match (encoding, p.shape) {
            // A digit and what separates it from the next.
            (Encoding::Ascii, _) => 2,
            (_, Shape::One(scalar) | Shape::List { count: scalar, .. }) => scalar.size() as u128,
        };
        self.properties.iter().map(least).sum()
    }
}

/// Whether a list of this name holds the indices of a face.
pub(super) fn is_index_list(name: &str) -> bool {
    matches!(name, "vertex_indices" | "vertex_index")
}

/// A header that has been checked against the size of its file.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) encoding: Encoding,
    pub(super) elements: Vec<Element>,
    /// Offset of the body.
    pub(super) body: usize,
    /// Number of lines of the header.
    pub(super) lines: u32,
}

impl Header {
    /// Reads the header of the whole file `bytes`. Allocates for what the header's text holds, not
    /// for what it declares.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        Self::read(bytes, bytes.len())
    }

    /// Reads the header at the start of a file of `len` bytes that begins with `bytes`.
    pub(super) fn read(bytes: &[u8], len: usize) -> Result<Self> {
        if let Some(error) = sniff::foreign(bytes) {
            return Err(error);
        }
        if !bytes.starts_with(b"ply\n") && !bytes.starts_with(b"ply\r\n") {
            return Err(Error::new(Kind::Foreign, "not a PLY file")
                .byte(0)
                .expected("`ply` on the first line")
                .help("download the file again"));
        }
        let mut encoding = None;
        let mut elements: Vec<Element> = Vec::new();
        let (mut start, mut row) = (0, 0);
        loop {
            row += 1;
            let line = next_line(bytes, start)?;
            start += line.len() + 1;
            let text = String::from_utf8_lossy(line);
            let words: Vec<&str> = text.split_ascii_whitespace().collect();
            let wrong = |message: &str| {
                let shown: String = text.trim_end().chars().take(60).collect();
                Error::new(Kind::Malformed, message)
                    .place(Place::Line { row, column: 1 })
                    .found(format!("`{shown}`"))
            };
            match words[..] {
                [] | ["comment" | "obj_info", ..] => {}
                ["ply"] if row == 1 => {}
                ["format", name, "1.0"] if encoding.is_none() => {
                    let named = Encoding::named(name);
                    encoding = Some(named.ok_or_else(|| wrong("the header names an unknown encoding"))?);
                }
                ["element", name, rows] => {
                    if elements.iter().any(|e| e.name == name) {
                        return Err(wrong("the header declares an element twice"));
                    }
                    let rows = rows.parse().map_err(|_| wrong("an element's count is not a number"))?;
                    elements.push(Element { name: name.into(), rows, properties: Vec::new() });
                }
                ["property", ref kind @ .., name] => {
                    let shape = shape(kind).ok_or_else(|| wrong("a property has an unknown type"))?;
                    let element = elements
                        .last_mut()
                        .ok_or_else(|| wrong("a property comes before the first element"))?;
                    let index_lists = |name| is_index_list(name) && element.index_list().is_some();
                    if element.property(name).is_some() || index_lists(name) {
                        return Err(wrong("the header declares a property twice"));
                    }
                    element.properties.push(Property { name: name.into(), shape, wording: kind.join(" ") });
                }
                ["end_header"] => break,
                _ => return Err(wrong("the header has a line that PLY does not know")),
            }
        }
        let encoding =
            encoding.ok_or_else(|| Error::new(Kind::Malformed, "the header has no `format` line"))?;
        let header = Self { encoding, elements, body: start, lines: row };
        header.check_sizes(len)?;
        Ok(header)
    }

    /// The element of this name.
    pub(super) fn element(&self, name: &str) -> Option<&Element> {
        self.elements.iter().find(|e| e.name == name)
    }

    /// What the audit wants to know of the layout.
    pub(super) fn layout(&self) -> MeshLayout {
        let vertex = self.element("vertex").map_or(&[][..], |e| &e.properties);
        let face = self.element("face").and_then(|e| Some(e.properties[e.index_list()?].name.clone()));
        MeshLayout {
            encoding: self.encoding.name().into(),
            vertex_properties: vertex.iter().map(|p| (p.name.clone(), p.wording.clone())).collect(),
            face_list: face,
        }
    }

    /// Sizes declared against the size there is: exact where every row has one length, else the
    /// least that the rows can take.
    fn check_sizes(&self, len: usize) -> Result<()> {
        let mut least = 0_u128;
        let mut exact = self.encoding != Encoding::Ascii;
        for element in &self.elements {
            if element.properties.is_empty() && element.rows > 0 {
                return Err(Error::new(Kind::Malformed, "an element has rows but no properties")
                    .found(format!("element {} {}", element.name, element.rows)));
            }
            // 64 bits of rows times less than 2¹⁶ bytes each.
            least += u128::from(element.rows) * element.least_row(self.encoding);
            exact &= element.stride().is_some();
        }
        if self.encoding == Encoding::Ascii {
            // The last line need not end.
            least = least.saturating_sub(1);
        }
        let total = self.body as u128 + least;
        let bound = if exact { "" } else { "at least " };
        if total > len as u128 {
            return Err(Error::new(Kind::Truncated, "the file ends before what its header declares")
                .byte(len as u64)
                .expected(format!("{bound}{total} bytes"))
                .found(format!("{len} bytes"))
                .help("download the file again"));
        }
        if exact && total < len as u128 {
            return Err(over_long(total as u64, len));
        }
        Ok(())
    }
}

/// The error for bytes after the last row.
pub(super) fn over_long(end: u64, len: usize) -> Error {
    Error::new(Kind::OverLong, "the file goes on after the last row")
        .byte(end)
        .expected(format!("{end} bytes"))
        .found(format!("{len} bytes"))
        .help("two files may have been joined, or the header was edited: download the file again")
}

fn shape(words: &[&str]) -> Option<Shape> {
    match words {
        [scalar] => Scalar::named(scalar).map(Shape::One),
        ["list", count, item] => {
            let (count, item) = (Scalar::named(count)?, Scalar::named(item)?);
            count.is_integer().then_some(Shape::List { count, item })
        }
        _ => None,
    }
}

/// The line at `start`, without its line feed.
fn next_line(bytes: &[u8], start: usize) -> Result<&[u8]> {
    let head = &bytes[..bytes.len().min(MAX_HEADER)];
    match head[start..].iter().position(|&b| b == b'\n') {
        Some(n) => Ok(&head[start..start + n]),
        None if bytes.len() > MAX_HEADER => Err(Error::new(Kind::Malformed, "the header does not end")
            .byte(MAX_HEADER as u64)
            .expected(format!("`end_header` within {MAX_HEADER} bytes"))),
        None => Err(Error::new(Kind::Truncated, "the file ends inside its header")
            .byte(bytes.len() as u64)
            .expected("`end_header`")
            .help("download the file again")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str, body: usize) -> Result<Header> {
        let mut bytes = text.as_bytes().to_vec();
        bytes.extend(vec![1; body]);
        Header::parse(&bytes)
    }

    const VERTEX: &str = "element vertex 2\nproperty float x\nproperty float y\nproperty float z\n";

    #[test]
    fn accepts_what_circulates() {
        let text = format!(
            "ply\r\nformat binary_little_endian 1.0\r\ncomment\r\nobj_info a b\r\n\r\n{}element face 1\r\n\
             property list uint8 int32 vertex_index\r\nend_header\r\n",
            VERTEX.replace('\n', "\r\n")
        );
        let header = header(&text, 24 + 13).unwrap();
        assert_eq!(header.body, text.len());
        let layout = header.layout();
        assert_eq!(layout.vertex_properties[2], ("z".to_owned(), "float".to_owned()));
        assert_eq!(layout.face_list.as_deref(), Some("vertex_index"));
        let latin = b"ply\nformat ascii 1.0\ncomment M\xfcller\nelement vertex 0\nend_header\n";
        Header::parse(latin).unwrap();
    }

    #[test]
    fn a_size_that_does_not_fit_is_an_error_before_anything_is_allocated() {
        let binary = format!("ply\nformat binary_little_endian 1.0\n{VERTEX}end_header\n");
        assert!(header(&binary, 24).is_ok());
        assert_eq!(header(&binary, 23).unwrap_err().kind(), Kind::Truncated);
        assert_eq!(header(&binary, 25).unwrap_err().kind(), Kind::OverLong);
        for rows in ["4000000000", "18446744073709551615"] {
            for encoding in ["binary_little_endian", "ascii"] {
                let text = binary.replace("vertex 2", &format!("vertex {rows}"));
                let text = text.replace("binary_little_endian", encoding);
                assert_eq!(header(&text, 24).unwrap_err().kind(), Kind::Truncated);
            }
        }
    }

    #[test]
    fn refuses_what_other_readers_let_pass() {
        let rest = "format ascii 1.0\nelement vertex 1\nproperty float x\n";
        for (line, why) in [
            ("property float x\n", "twice"),
            ("element vertex 3\n", "twice"),
            ("element thing 20\n", "no properties"),
            ("element thing 99999999999999999999999\n", "not a number"),
            ("property list float int a\n", "unknown type"),
            ("property quaternion q\n", "unknown type"),
            ("TextureFile a.png\n", "does not know"),
        ] {
            let error = header(&format!("ply\n{rest}{line}end_header\n"), 90).unwrap_err();
            assert_eq!(error.kind(), Kind::Malformed, "{line}");
            assert!(error.message().contains(why), "{line}: {error}");
        }
        assert_eq!(header("ply\nformat ascii 1.0\n", 0).unwrap_err().kind(), Kind::Truncated);
        assert_eq!(header("ply\n", 1 << 20).unwrap_err().kind(), Kind::Malformed);
        assert_eq!(header("PLY\n", 9).unwrap_err().kind(), Kind::Foreign);
    }
}
