//! Stored columns read straight into buffers that someone else owns.

use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Kind, Result};
use crate::store::Ranged;

/// How much is read before its checksum is taken, so that the checksum finds it in the cache.
const CHUNK: usize = 256 << 10;

/// A part of a file, and where it goes.
#[derive(Debug)]
pub struct Piece<'a> {
    /// The file; an error where it could not be opened.
    pub file: &'a Result<Ranged>,
    /// First byte.
    pub offset: u64,
    /// CRC-32 (IEEE) of the whole piece, where it is to be checked.
    pub crc32: Option<u32>,
    /// Where it goes; as long as the piece.
    pub out: &'a mut [u8],
}

impl Piece<'_> {
    fn read(self) -> Result<()> {
        let file = self.file.as_ref().map_err(Clone::clone)?;
        file.check(self.offset, self.out.len() as u64)?;
        let mut crc = crc32fast::Hasher::new();
        let mut offset = self.offset;
        for chunk in self.out.chunks_mut(CHUNK) {
            file.read_at(offset, chunk)?;
            if self.crc32.is_some() {
                crc.update(chunk);
            }
            offset += chunk.len() as u64;
        }
        match self.crc32 {
            Some(expected) => check(expected, crc.finalize(), file, self.offset),
            None => Ok(()),
        }
    }
}

/// An error when a checksum is not the one that the manifest has.
pub(super) fn check(expected: u32, found: u32, file: &Ranged, offset: u64) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::new(Kind::Corrupt, "the bytes are not those that were written: CRC-32 differs")
        .at(file.path())
        .byte(offset)
        .expected(format!("{expected:08x}"))
        .found(format!("{found:08x}"))
        .help("copy the file again, or write the data set again; `dataprep verify` names all such files"))
}

/// Reads all pieces on `threads` threads, and says of each that could not be read why; its buffer
/// then holds anything. The threads live as long as the call.
pub fn fill(pieces: Vec<Piece<'_>>, threads: usize) -> Vec<(usize, Error)> {
    let threads = threads.clamp(1, pieces.len().max(1));
    let queue = Mutex::new(pieces.into_iter().enumerate());
    let work = || {
        let mut failed = Vec::new();
        loop {
            // Nothing that can panic happens while the queue is held.
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((index, piece)) = next else { return failed };
            failed.extend(piece.read().err().map(|error| (index, error)));
        }
    };
    let mut failed = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut failed = work();
        for other in others {
            match other.join() {
                Ok(more) => failed.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        failed
    });
    failed.sort_by_key(|(index, _)| *index);
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_whole_and_what_is_wrong_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("points");
        let bytes: Vec<u8> = (0..600_000_u32).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let good = Ranged::open(&path);
        let gone = Ranged::open(&dir.path().join("gone"));
        for threads in [1, 3, 100] {
            let mut buffers = vec![vec![0; 500_000], vec![0; 10], vec![0; 20], vec![0; 7], vec![0; 3]];
            let [a, b, c, d, e] = buffers.as_mut_slice() else { panic!("five") };
            let crc = |bytes: &[u8]| Some(crc32fast::hash(bytes));
            let pieces = vec![
                Piece { file: &good, offset: 90, crc32: crc(&bytes[90..500_090]), out: a },
                Piece { file: &good, offset: 599_995, crc32: None, out: b },
                Piece { file: &good, offset: 5, crc32: Some(1), out: c },
                Piece { file: &gone, offset: 0, crc32: None, out: d },
                Piece { file: &good, offset: u64::MAX, crc32: None, out: e },
            ];
            let failed = fill(pieces, threads);
            let said: Vec<_> = failed.iter().map(|(i, e)| (*i, e.kind())).collect();
            let expected =
                [(1, Kind::Truncated), (2, Kind::Corrupt), (3, Kind::NotFound), (4, Kind::Truncated)];
            assert_eq!(said, expected);
            assert!(failed[0].1.to_string().contains("points"), "{}", failed[0].1);
            assert_eq!(buffers[0], bytes[90..500_090]);
        }
        assert!(fill(Vec::new(), 2).is_empty());
    }
}
