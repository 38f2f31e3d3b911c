//! Stored columns read straight into buffers that someone else owns.

use std::path::Path;

use super::schema::BlobColumn;
use super::stored::{Span, Stored};
use super::threads::on_threads;
use crate::error::{Error, Kind, Result};
use crate::store::Ranged;

/// How much is read before its checksum is taken, so that the checksum finds it in the cache.
const CHUNK: usize = 256 << 10;

/// Where bytes come from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A range of a file: a column of a layout that is stored as it is read.
    Range {
        /// The file; an error where it could not be opened.
        file: &'a Result<Ranged>,
        /// First byte.
        offset: u64,
        /// CRC-32 (IEEE) of the range, where it is to be checked.
        crc32: Option<u32>,
    },
    /// A column of any layout.
    Column {
        /// The data set.
        stored: &'a Stored,
        /// Place of the scene variant in the manifest.
        scene: usize,
        /// The column.
        column: BlobColumn,
        /// Whether it is held against its CRC-32.
        checked: bool,
    },
}

/// What is read, and where it goes.
#[derive(Debug)]
pub struct Piece<'a> {
    /// Where it comes from.
    pub source: Source<'a>,
    /// Where it goes; as long as what is read.
    pub out: &'a mut [u8],
}

impl Piece<'_> {
    /// Whether both are columns of one scene variant that each cost a request.
    fn goes_with(&self, other: &Self) -> bool {
        match (self.source, other.source) {
            (Source::Column { stored: a, scene: i, .. }, Source::Column { stored: b, scene: k, .. }) => {
                std::ptr::eq(a, b) && i == k && a.is_remote()
            }
            _ => false,
        }
    }

    fn read(self, spans: &[Span]) -> Result<()> {
        match self.source {
            Source::Column { stored, scene, column, checked } => {
                stored.read_with(spans, stored.scene(scene)?, &column, checked, self.out)
            }
            Source::Range { file, offset, crc32 } => {
                range(file.as_ref().map_err(Clone::clone)?, offset, crc32, self.out)
            }
        }
    }
}

fn range(file: &Ranged, start: u64, crc32: Option<u32>, out: &mut [u8]) -> Result<()> {
    file.check(start, out.len() as u64)?;
    let mut crc = crc32fast::Hasher::new();
    let mut offset = start;
    for chunk in out.chunks_mut(CHUNK) {
        file.read_at(offset, chunk)?;
        if crc32.is_some() {
            crc.update(chunk);
        }
        offset += chunk.len() as u64;
    }
    crc32.map_or(Ok(()), |expected| check(expected, crc.finalize(), file.path(), Some(start)))
}

/// An error when a checksum is not the one that the manifest has.
pub(super) fn check(expected: u32, found: u32, path: &Path, offset: Option<u64>) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    let error =
        Error::new(Kind::Corrupt, "the bytes are not those that were written: CRC-32 differs").at(path);
    Err(offset
        .map_or(error.clone(), |offset| error.byte(offset))
        .expected(format!("{expected:08x}"))
        .found(format!("{found:08x}"))
        .help("copy the file again, or write the data set again; `dataprep verify` names all such files"))
}

/// Reads all pieces on `threads` threads, and says of each that could not be read why; its buffer
/// then holds anything. Columns of one scene in an object store that follow each other are fetched together.
pub fn fill(pieces: Vec<Piece<'_>>, threads: usize) -> Vec<(usize, Error)> {
    let mut jobs: Vec<Vec<(usize, Piece<'_>)>> = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        match jobs.last_mut() {
            Some(job) if job[0].1.goes_with(&piece) => job.push((index, piece)),
            _ => jobs.push(vec![(index, piece)]),
        }
    }
    let done = on_threads(jobs, threads, |job| {
        let spans = fetched_together(&job);
        let read = job.into_iter().map(|(index, piece)| (index, piece.read(&spans)));
        read.filter_map(|(index, read)| Some((index, read.err()?))).collect::<Vec<_>>()
    });
    done.into_iter().flatten().collect()
}

/// What serves several pieces. Where it cannot be fetched, each piece says so for itself.
fn fetched_together(job: &[(usize, Piece<'_>)]) -> Vec<Span> {
    let columns = job.iter().filter_map(|(_, piece)| match piece.source {
        Source::Column { column, .. } => Some(column),
        Source::Range { .. } => None,
    });
    let columns: Vec<BlobColumn> = columns.collect();
    match job[0].1.source {
        Source::Column { stored, scene, .. } if job.len() > 1 => {
            stored.scene(scene).and_then(|scene| stored.spans(scene, &columns)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece<'a>(file: &'a Result<Ranged>, offset: u64, crc32: Option<u32>, out: &'a mut [u8]) -> Piece<'a> {
        Piece { source: Source::Range { file, offset, crc32 }, out }
    }

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
                piece(&good, 90, crc(&bytes[90..500_090]), a),
                piece(&good, 599_995, None, b),
                piece(&good, 5, Some(1), c),
                piece(&gone, 0, None, d),
                piece(&good, u64::MAX, None, e),
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
