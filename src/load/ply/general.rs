//! Binary rows with lists, through the `ply-rs` crate: polygons, extra lists, odd elements.
//!
//! The crate reads row by row from a slice, so nothing is kept but the columns, and an error
//! knows the byte it happened at.

use std::io::ErrorKind;

use ply_rs::parser::Parser;
use ply_rs::ply::{
    Addable as _, BeginList, ElementDef, Property, PropertyAccess, PropertyAccessResult, PropertyDef,
    PropertyType, ScalarType,
};

use super::header::{Element, Scalar, Shape, is_index_list};
use super::{Columns, Vertices, fan};
use crate::error::{Error, Kind, Result};

/// Reads the vertices at the start of `rest` and moves it past them.
pub(super) fn vertices(
    rest: &mut &[u8],
    element: &Element,
    columns: &Columns,
    big: bool,
) -> Result<Vertices> {
    let mut out = Vertices::with_capacity(element.rows as usize, columns);
    rows(rest, element, big, |row| out.push(columns, &row.scalars))?;
    Ok(out)
}

/// Reads the faces at the start of `rest`, as triangles, and moves it past them.
pub(super) fn faces(rest: &mut &[u8], element: &Element, big: bool) -> Result<Vec<[u32; 3]>> {
    let mut out = Vec::new();
    rows(rest, element, big, |row| {
        fan(&row.indices, &mut out);
        Ok(())
    })?;
    Ok(out)
}

/// Moves `rest` past the rows of `element`.
pub(super) fn skip(rest: &mut &[u8], element: &Element, big: bool) -> Result<()> {
    rows(rest, element, big, |_| Ok(()))
}

/// The error for a file that ends in row `row` of `element`.
pub(super) fn ends_early(element: &Element, row: u64) -> Error {
    Error::new(Kind::Truncated, "the file ends before what its header declares")
        .expected(format!("{} rows of element `{}`", element.rows, element.name))
        .found(format!("{row} whole rows"))
        .help("download the file again")
}

fn rows(
    rest: &mut &[u8],
    element: &Element,
    big: bool,
    mut take: impl FnMut(Row) -> Result<()>,
) -> Result<()> {
    let parser = Parser::<Row>::new();
    let definition = definition(element);
    for row in 0..element.rows {
        let read = if big {
            parser.read_big_endian_element(rest, &definition)
        } else {
            parser.read_little_endian_element(rest, &definition)
        };
        match read {
            Ok(values) => take(values)?,
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Err(ends_early(element, row)),
            Err(e) => {
                let message = format!("row {row} of element `{}` cannot be read", element.name);
                return Err(Error::new(Kind::Malformed, message).found(e.to_string()));
            }
        }
    }
    Ok(())
}

/// One row as `ply-rs` hands it over.
struct Row {
    /// One number per property, in file order; 0 stands for a list.
    scalars: Vec<f64>,
    /// The index list of a face.
    indices: Vec<u32>,
}

impl Row {
    fn scalar(&mut self, value: impl Into<f64>) -> PropertyAccessResult {
        self.scalars.push(value.into());
        PropertyAccessResult::Set
    }

    fn list<T>(&mut self, name: &str, values: Vec<T>, index: impl Fn(T) -> u32) -> PropertyAccessResult {
        self.scalars.push(0.0);
        if is_index_list(name) {
            self.indices = values.into_iter().map(index).collect();
        }
        PropertyAccessResult::Set
    }
}

impl PropertyAccess for Row {
    fn new() -> Self {
        Self { scalars: Vec::new(), indices: Vec::new() }
    }

    fn set_property(&mut self, name: &str, property: Property) -> PropertyAccessResult {
        match property {
            Property::Char(v) => self.scalar(v),
            Property::UChar(v) => self.scalar(v),
            Property::Short(v) => self.scalar(v),
            Property::UShort(v) => self.scalar(v),
            Property::Int(v) => self.scalar(v),
            Property::UInt(v) => self.scalar(v),
            Property::Float(v) => self.scalar(v),
            Property::Double(v) => self.scalar(v),
            Property::ListChar(v) => self.list(name, v, |i| i as u32),
            Property::ListUChar(v) => self.list(name, v, u32::from),
            Property::ListShort(v) => self.list(name, v, |i| i as u32),
            Property::ListUShort(v) => self.list(name, v, u32::from),
            Property::ListInt(v) => self.list(name, v, |i| i as u32),
            Property::ListUInt(v) => self.list(name, v, |i| i),
            // Index lists of these types were refused before any row is read.
            Property::ListFloat(_) | Property::ListDouble(_) => self.scalar(0.0),
        }
    }

    fn begin_list_uint(&mut self, name: &str, _len: usize) -> BeginList<'_, u32> {
        if is_index_list(name) {
            self.scalars.push(0.0);
            BeginList::Fill(&mut self.indices)
        } else {
            BeginList::UseSetter
        }
    }
}

fn definition(element: &Element) -> ElementDef {
    let mut definition = ElementDef::new(element.name.clone());
    for p in &element.properties {
        let data_type = match p.shape {
            Shape::One(scalar) => PropertyType::Scalar(scalar_type(scalar)),
            Shape::List { count, item } => {
                // Indices are wanted as u32 with the bits of the i32 that is usual.
                let item = if is_index_list(&p.name) && item == Scalar::I32 { Scalar::U32 } else { item };
                PropertyType::List(scalar_type(count), scalar_type(item))
            }
        };
        definition.properties.add(PropertyDef::new(p.name.clone(), data_type));
    }
    definition
}

fn scalar_type(scalar: Scalar) -> ScalarType {
    match scalar {
        Scalar::I8 => ScalarType::Char,
        Scalar::U8 => ScalarType::UChar,
        Scalar::I16 => ScalarType::Short,
        Scalar::U16 => ScalarType::UShort,
        Scalar::I32 => ScalarType::Int,
        Scalar::U32 => ScalarType::UInt,
        Scalar::F32 => ScalarType::Float,
        Scalar::F64 => ScalarType::Double,
    }
}
