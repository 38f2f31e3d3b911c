//! A Parquet file that is read by ranges, on this machine or in an object store.

use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

use crate::error::Result;
use crate::store::Ranged;

/// Bytes that are asked for at once where a reader does not say how many it wants.
const AT_ONCE: usize = 1 << 20;

/// A file of `bytes` bytes.
pub(super) struct Chunks {
    file: Arc<Ranged>,
    bytes: u64,
}

impl Chunks {
    /// Opens a file; `bytes` is what the manifest says of its size.
    pub(super) fn open(path: &Path, bytes: u64) -> Result<Self> {
        let file = Ranged::open(path)?;
        file.check(0, bytes)?;
        Ok(Self { file: Arc::new(file), bytes })
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<Tail>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        let tail = Tail { file: Arc::clone(&self.file), at: start, end: self.bytes };
        Ok(BufReader::with_capacity(AT_ONCE, tail))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.bytes) {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} of {}", self.bytes)));
        }
        let mut bytes = vec![0; length];
        self.file.read_at(start, &mut bytes).map_err(|e| ParquetError::External(Box::new(e)))?;
        Ok(bytes.into())
    }
}

/// The rest of a file from a place on.
pub(super) struct Tail {
    file: Arc<Ranged>,
    at: u64,
    end: u64,
}

impl Read for Tail {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = out.len().min(usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX));
        self.file.read_at(self.at, &mut out[..n]).map_err(io::Error::other)?;
        self.at += n as u64;
        Ok(n)
    }
}
