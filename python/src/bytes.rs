//! Files of this machine and objects of a store, for the Python half.

use std::path::PathBuf;

use dataprep::store;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::raised;

/// A whole file.
#[pyfunction]
pub(crate) fn read_bytes(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyBytes>> {
    let bytes = py.detach(|| store::read(&path)).map_err(|error| raised(py, &error))?;
    Ok(PyBytes::new(py, &bytes))
}

/// Bytes of a file, or None where there is none.
#[pyfunction]
pub(crate) fn size(py: Python<'_>, path: PathBuf) -> PyResult<Option<u64>> {
    py.detach(|| store::size(&path)).map_err(|error| raised(py, &error))
}
