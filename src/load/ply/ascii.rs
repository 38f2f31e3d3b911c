//! Text rows: one row per line, blank lines between them allowed.
//!
//! Numbers are read by the standard library, which takes what C writers emit (`nan`, `-inf`,
//! `1E-05`, `.5`); a scan with a NaN in it must be readable, or no rule could point at it.

use super::header::{Element, Header, Shape, over_long};
use super::{Columns, Vertices, Want, fan};
use crate::error::{Error, Kind, Place, Result};

/// Reads the body of the text file `bytes`.
pub(super) fn decode(
    header: &Header,
    bytes: &[u8],
    columns: &Columns,
    want: Want,
) -> Result<(Vertices, Vec<[u32; 3]>)> {
    let (mut vertices, mut faces) = (Vertices::default(), Vec::new());
    let mut lines = Lines { bytes, start: header.body, row: header.lines };
    for element in &header.elements {
        match element.name.as_str() {
            "vertex" => {
                vertices = Vertices::with_capacity(element.rows as usize, columns);
                let mut values = Vec::with_capacity(element.properties.len());
                lines.rows(element, |line| {
                    values.clear();
                    parse(line, element, &mut values, &mut Vec::new())?;
                    vertices.push(columns, &values)
                })?;
            }
            "face" if want == Want::Mesh => {
                let (mut values, mut polygon) = (Vec::new(), Vec::new());
                lines.rows(element, |line| {
                    values.clear();
                    polygon.clear();
                    parse(line, element, &mut values, &mut polygon)?;
                    fan(&polygon, &mut faces);
                    Ok(())
                })?;
            }
            _ => lines.rows(element, |_| Ok(()))?,
        }
    }
    match lines.next() {
        Some(line) => Err(over_long((lines.start - line.len()) as u64, bytes.len())),
        None => Ok((vertices, faces)),
    }
}

/// Lines that are not blank.
struct Lines<'a> {
    bytes: &'a [u8],
    /// Offset of the next line.
    start: usize,
    /// Lines passed so far.
    row: u32,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        while self.start < self.bytes.len() {
            let rest = &self.bytes[self.start..];
            let end = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len() - 1) + 1;
            self.start += end;
            self.row = self.row.saturating_add(1);
            let line = &rest[..end];
            if !line.trim_ascii().is_empty() {
                return Some(line);
            }
        }
        None
    }

    fn rows(&mut self, element: &Element, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        for row in 0..element.rows {
            let line = self
                .next()
                .ok_or_else(|| super::general::ends_early(element, row).byte(self.bytes.len() as u64))?;
            take(line).map_err(|e| e.place(Place::Line { row: self.row, column: 1 }))?;
        }
        Ok(())
    }
}

/// Splits one row into a number per property (0 for a list) and the face's index list.
fn parse(line: &[u8], element: &Element, values: &mut Vec<f64>, polygon: &mut Vec<u32>) -> Result<()> {
    let wrong = |message: &str, token: &str| {
        let shown: String = token.chars().take(40).collect();
        Error::new(Kind::Malformed, message).found(format!("`{shown}`"))
    };
    let line =
        str::from_utf8(line).map_err(|_| wrong("a row is not text", &String::from_utf8_lossy(line)))?;
    let mut tokens = line.split_ascii_whitespace();
    let index_list = element.index_list();
    for (i, property) in element.properties.iter().enumerate() {
        let mut next = |scalar: super::Scalar| {
            let token = tokens.next().ok_or_else(|| {
                Error::new(Kind::Malformed, "a row has too few numbers")
                    .expected(format!("a number for property `{}`", property.name))
            })?;
            scalar.parse(token).ok_or_else(|| {
                wrong(&format!("property `{}` is not a number of its type", property.name), token)
            })
        };
        match property.shape {
            Shape::One(scalar) => values.push(next(scalar)?),
            Shape::List { count, item } => {
                values.push(0.0);
                let n = next(count)?;
                if n < 0.0 {
                    return Err(wrong("a list has a negative length", &n.to_string()));
                }
                for _ in 0..n as u64 {
                    let value = next(item)?;
                    if index_list == Some(i) {
                        polygon.push(value as i64 as u32);
                    }
                }
            }
        }
    }
    match tokens.next() {
        Some(token) => Err(wrong("a row has too many numbers", token)),
        None => Ok(()),
    }
}
