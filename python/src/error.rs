//! Errors of the library as Python exceptions.

use dataprep::{Error, Place};
use pyo3::prelude::*;

/// The exception for an error: a subclass of `dataprep.Error`, with file, place and help.
pub(crate) fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let (byte, line) = match error.where_in_file() {
        Some(Place::Byte(at)) => (Some(*at), None),
        Some(Place::Line { row, column }) => (None, Some((*row, *column))),
        None => (None, None),
    };
    let (expected, found) = error.expectation();
    // As text: as a path, Python would take the address of an object store apart.
    let path = error.path().map(|path| path.display().to_string());
    let facts = (error.kind().name(), error.message(), path, byte, line, expected, found, error.remedy());
    py.import("dataprep.failures")?.getattr("of_kind")?.call1(facts)
}

/// What to raise for an error.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|failed| failed, PyErr::from_value)
}
