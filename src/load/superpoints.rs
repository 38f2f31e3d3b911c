//! Superpoints of another segmentator than `ScanNet`'s: `super_points/<scan>.bin`, one 64-bit
//! little-endian number a vertex and nothing else, as the data preparation of
//! <https://github.com/filaPro/oneformer3d> writes them.

use std::path::Path;

use super::read_file;
use crate::error::{Error, Kind, Result};

/// The name of a scan's file.
pub(super) fn file_name(scan: &str) -> String {
    format!("{scan}.bin")
}

/// Reads the superpoint of each of `vertices` vertices.
///
/// # Errors
/// [`Kind::Truncated`] and [`Kind::OverLong`] when the file is of another mesh,
/// [`Kind::Malformed`] when a number cannot be a superpoint.
pub(super) fn read(path: &Path, vertices: usize) -> Result<Vec<u32>> {
    let bytes = read_file(path)?;
    let found = bytes.len() as u64;
    let wanted = vertices as u64 * 8;
    if found != wanted {
        let kind = if found < wanted { Kind::Truncated } else { Kind::OverLong };
        return Err(Error::new(kind, "the superpoints are not one for each vertex")
            .at(path)
            .expected(format!("{wanted} bytes for {vertices} vertices"))
            .found(format!("{found} bytes"))
            .help("make them again from the mesh of this scan"));
    }
    let ids = bytes.as_chunks().0.iter().map(|&b| u32::try_from(i64::from_le_bytes(b)));
    ids.zip(0..)
        .map(|(id, i)| {
            id.map_err(|_| {
                Error::new(Kind::Malformed, "a number is not a superpoint")
                    .at(path)
                    .byte(i * 8)
                    .expected("a whole number from 0 to 4294967295")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_length_or_with_negative_numbers_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(file_name("scene0000_00"));
        let put = |ids: &[i64]| {
            let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
            std::fs::write(&path, bytes).unwrap();
        };
        put(&[7, 0, 7]);
        assert_eq!(read(&path, 3).unwrap(), [7, 0, 7]);
        assert_eq!(read(&path, 2).unwrap_err().kind(), Kind::OverLong);
        assert_eq!(read(&path, usize::MAX / 16).unwrap_err().kind(), Kind::Truncated);
        put(&[7, -1, 7]);
        let error = read(&path, 3).unwrap_err();
        assert_eq!((error.kind(), error.where_in_file()), (Kind::Malformed, Some(&crate::Place::Byte(8))));
    }
}
