//! Checksums without the interpreter's lock.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

/// CRC-32 (IEEE) of a uint8 array, contiguous; several times as fast as zlib's.
#[pyfunction]
pub(crate) fn crc32(py: Python<'_>, data: PyReadonlyArray1<'_, u8>) -> PyResult<u32> {
    let bytes = data.as_slice()?;
    Ok(py.detach(|| crc32fast::hash(bytes)))
}
