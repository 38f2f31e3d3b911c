//! Columns from shards into NumPy's memory.

use std::path::PathBuf;

use dataprep::store::Ranged;
use dataprep::write::{Piece, Source};
use numpy::{PyArray1, PyArrayMethods as _, PyReadwriteArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::exception;

/// A part of a file: number of the file, offset, CRC-32 or None, number of the buffer, start, bytes.
pub(crate) type Part = (usize, u64, Option<u32>, usize, usize, usize);

/// Reads parts of files into writable uint8 arrays, on `threads` threads that live as long as the
/// call, without the interpreter's lock.
///
/// Returns `(number of the part, exception)` of each that could not be read.
#[pyfunction]
pub(crate) fn fill<'py>(
    py: Python<'py>,
    files: Vec<PathBuf>,
    buffers: Vec<Bound<'py, PyArray1<u8>>>,
    parts: Vec<Part>,
    threads: usize,
) -> PyResult<Vec<(usize, Bound<'py, PyAny>)>> {
    let mut buffers = writable(&buffers)?;
    let slices = slices(&mut buffers)?;
    let rooms = cut(slices, parts.iter().map(|&(_, _, _, buffer, start, bytes)| (buffer, start, bytes)))?;
    if parts.iter().any(|part| part.0 >= files.len()) {
        return Err(PyValueError::new_err("a part of a file that is not named"));
    }
    let failed = py.detach(|| {
        let files: Vec<_> = files.iter().map(|path| Ranged::open(path)).collect();
        let pieces = parts.iter().zip(rooms).map(|(&(file, offset, crc32, ..), out)| Piece {
            source: Source::Range { file: &files[file], offset, crc32 },
            out,
        });
        dataprep::write::fill(pieces.collect(), threads)
    });
    failed.into_iter().map(|(part, error)| Ok((part, exception(py, &error)?))).collect()
}

/// The arrays as memory that nobody else may touch meanwhile.
pub(crate) fn writable<'py>(
    buffers: &[Bound<'py, PyArray1<u8>>],
) -> PyResult<Vec<PyReadwriteArray1<'py, u8>>> {
    buffers.iter().map(|buffer| Ok(buffer.try_readwrite()?)).collect()
}

/// The arrays' bytes.
pub(crate) fn slices<'a>(buffers: &'a mut [PyReadwriteArray1<'_, u8>]) -> PyResult<Vec<&'a mut [u8]>> {
    buffers.iter_mut().map(|buffer| Ok(buffer.as_slice_mut()?)).collect()
}

/// Cuts buffers into rooms, given as (buffer, start, bytes), which must not overlap.
pub(crate) fn cut(
    buffers: Vec<&mut [u8]>,
    rooms: impl Iterator<Item = (usize, usize, usize)>,
) -> PyResult<Vec<&mut [u8]>> {
    let wrong = || PyValueError::new_err("rooms overlap, or lie outside of their buffers");
    let mut rooms: Vec<_> = rooms.enumerate().collect();
    rooms.sort_by_key(|&(_, (buffer, start, _))| (buffer, start));
    let mut rest: Vec<(usize, &mut [u8])> = buffers.into_iter().map(|buffer| (0, buffer)).collect();
    let mut out = Vec::with_capacity(rooms.len());
    for (index, (buffer, start, bytes)) in rooms {
        let (at, left) = rest.get_mut(buffer).ok_or_else(wrong)?;
        let skip = start.checked_sub(*at).ok_or_else(wrong)?;
        let free = std::mem::take(left).get_mut(skip..).ok_or_else(wrong)?;
        let (room, free) = free.split_at_mut_checked(bytes).ok_or_else(wrong)?;
        (*at, *left) = (start + bytes, free);
        out.push((index, room));
    }
    out.sort_by_key(|(index, _)| *index);
    Ok(out.into_iter().map(|(_, room)| room).collect())
}
