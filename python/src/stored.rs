//! Columns of any layout into NumPy's memory.

use std::path::PathBuf;

use dataprep::store::Kept;
use dataprep::write::{Piece, Source, Stored as Inner};
use numpy::PyArray1;
use pyo3::prelude::*;

use crate::error::{exception, raised};
use crate::fill::{cut, slices, writable};

/// A finished data set. Holds no thread and no open file: it may be used after a fork.
#[pyclass(frozen, module = "dataprep._native")]
#[derive(Debug)]
pub(crate) struct Stored(Inner);

/// A column of a sample: place in the manifest, column, whether its CRC-32 is checked, number of the buffer,
/// start, bytes.
type Part = (usize, String, bool, usize, usize, usize);

#[pymethods]
impl Stored {
    /// Opens a data set's folder.
    #[new]
    #[pyo3(signature = (path, cache, cache_bytes))]
    fn new(py: Python<'_>, path: PathBuf, cache: Option<PathBuf>, cache_bytes: u64) -> PyResult<Self> {
        let open = || {
            Inner::open(&path).map(|stored| match cache {
                Some(folder) => stored.keeping(Kept::new(folder, cache_bytes)),
                None => stored,
            })
        };
        py.detach(open).map(Self).map_err(|error| raised(py, &error))
    }

    /// Reads columns, decoded, into writable uint8 arrays, on `threads` threads that live as long as the
    /// call, without the interpreter's lock.
    ///
    /// Returns `(number of the part, exception)` of each that could not be read.
    fn fill<'py>(
        &self,
        py: Python<'py>,
        buffers: Vec<Bound<'py, PyArray1<u8>>>,
        parts: Vec<Part>,
        threads: usize,
    ) -> PyResult<Vec<(usize, Bound<'py, PyAny>)>> {
        let columns = parts.iter().map(|part| self.0.column(&part.1));
        let columns: Vec<_> = columns.collect::<Result<_, _>>().map_err(|error| raised(py, &error))?;
        let mut buffers = writable(&buffers)?;
        let slices = slices(&mut buffers)?;
        let rooms = cut(slices, parts.iter().map(|part| (part.3, part.4, part.5)))?;
        let failed = py.detach(|| {
            let pieces = parts.iter().zip(columns).zip(rooms).map(|((part, column), out)| Piece {
                source: Source::Column { stored: &self.0, scene: part.0, column, checked: part.2 },
                out,
            });
            dataprep::write::fill(pieces.collect(), threads)
        });
        failed.into_iter().map(|(part, error)| Ok((part, exception(py, &error)?))).collect()
    }
}
