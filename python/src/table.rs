//! The small tables as flat columns for NumPy.

use std::path::PathBuf;

use arrow::array::{Array, AsArray as _};
use arrow::datatypes::{DataType, Field, Float32Type, Int32Type};
use dataprep::{Error, Kind};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::error::raised;

/// Reads a Parquet file of one of the three tables, or some of its columns.
///
/// A column is a dictionary: `kind` is "primitive" (`dtype`, `data`), "fixed" (`dtype`, `shape`,
/// `data`, and `valid` as bools or None), "string" (`offsets` int64 [n + 1], `data`), "list"
/// (`offsets`, `items`) or "struct" (`fields`). All that is data is bytes.
#[pyfunction]
#[pyo3(signature = (path, columns=None))]
pub(crate) fn read_table(
    py: Python<'_>,
    path: PathBuf,
    columns: Option<Vec<String>>,
) -> PyResult<Bound<'_, PyDict>> {
    let table = py.detach(|| dataprep::write::read_table(&path, columns.as_deref()));
    let table = table.map_err(|error| raised(py, &error))?;
    let out = PyDict::new(py);
    for (field, column) in table.schema().fields().iter().zip(table.columns()) {
        let unread = || {
            let error = Error::new(Kind::Config, format!("column {} is none for NumPy", field.name()));
            raised(py, &error.at(&path).found(field.data_type().to_string()))
        };
        out.set_item(field.name(), node(py, field, column.as_ref())?.ok_or_else(unread)?)?;
    }
    Ok(out)
}

/// A column; None where it is of a type that no table has.
fn node<'py>(py: Python<'py>, field: &Field, column: &dyn Array) -> PyResult<Option<Bound<'py, PyDict>>> {
    let node = PyDict::new(py);
    let bytes = |data: &[u8]| PyBytes::new(py, data);
    let kind = match column.data_type() {
        DataType::Int32 => {
            let values = column.as_primitive::<Int32Type>().values();
            node.set_item("dtype", "<i4")?;
            node.set_item("data", bytes(&little(values, i32::to_le_bytes)))?;
            "primitive"
        }
        DataType::Float32 => {
            let values = column.as_primitive::<Float32Type>().values();
            node.set_item("dtype", "<f4")?;
            node.set_item("data", bytes(&little(values, f32::to_le_bytes)))?;
            "primitive"
        }
        DataType::Boolean => {
            let values: Vec<u8> = column.as_boolean().values().iter().map(u8::from).collect();
            node.set_item("dtype", "|b1")?;
            node.set_item("data", bytes(&values))?;
            "primitive"
        }
        DataType::Utf8 => {
            let texts = column.as_string::<i32>();
            node.set_item("offsets", bytes(&wide(texts.offsets())))?;
            node.set_item("data", bytes(texts.values()))?;
            "string"
        }
        DataType::Binary => {
            let says = |key| field.metadata().get(key);
            let (Some(dtype), Some(shape)) = (says("dtype"), says("shape")) else { return Ok(None) };
            let shape: Option<Vec<usize>> =
                shape.trim_matches(['[', ']']).split(',').map(|n| n.trim().parse().ok()).collect();
            let Some(shape) = shape else { return Ok(None) };
            let item: usize = dtype.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
            let width = shape.iter().product::<usize>() * item;
            // Every value is of one length; none stands as zeros.
            let mut data = Vec::with_capacity(column.len() * width);
            for value in column.as_binary::<i32>() {
                match value {
                    None => data.resize(data.len() + width, 0),
                    Some(value) if value.len() == width => data.extend_from_slice(value),
                    Some(_) => return Ok(None),
                }
            }
            let valid: Option<Vec<u8>> = column.nulls().map(|n| n.iter().map(u8::from).collect());
            node.set_item("dtype", dtype)?;
            node.set_item("shape", shape)?;
            node.set_item("data", bytes(&data))?;
            node.set_item("valid", valid.map(|valid| bytes(&valid)))?;
            "fixed"
        }
        DataType::List(item) => {
            let list = column.as_list::<i32>();
            let Some(items) = self::node(py, item, list.values().as_ref())? else { return Ok(None) };
            node.set_item("offsets", bytes(&wide(list.offsets())))?;
            node.set_item("items", items)?;
            "list"
        }
        DataType::Struct(fields) => {
            let parts = PyDict::new(py);
            for (field, column) in fields.iter().zip(column.as_struct().columns()) {
                let Some(part) = self::node(py, field, column.as_ref())? else { return Ok(None) };
                parts.set_item(field.name(), part)?;
            }
            node.set_item("fields", parts)?;
            "struct"
        }
        _ => return Ok(None),
    };
    node.set_item("kind", kind)?;
    Ok(Some(node))
}

fn little<T: Copy, const B: usize>(values: &[T], bytes: impl Fn(T) -> [u8; B]) -> Vec<u8> {
    values.iter().flat_map(|&value| bytes(value)).collect()
}

/// Offsets as int64.
fn wide(offsets: &[i32]) -> Vec<u8> {
    little(offsets, |offset| i64::from(offset).to_le_bytes())
}
