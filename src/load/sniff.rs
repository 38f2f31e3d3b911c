//! Content that is of another format than any file of a data set: what a failed download leaves.

use crate::error::{Error, Kind};

/// Says what `bytes` are instead, when they cannot be PLY, JSON or a text table.
pub(super) fn foreign(bytes: &[u8]) -> Option<Error> {
    let error = |found: &str, help: &str| {
        Some(
            Error::new(Kind::Foreign, "the content is of another format than the name says")
                .byte(0)
                .found(found)
                .help(help),
        )
    };
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if bytes.is_empty() {
        error("an empty file", "download the file again")
    } else if bytes.starts_with(b"version https://git-lfs.github.com/") {
        error("a Git LFS pointer", "run `git lfs pull` in the repository that it came from")
    } else if text.starts_with(b"<") {
        error("a web page", "the download was answered with a page: check the link and the login")
    } else if bytes.starts_with(b"\x1f\x8b") || bytes.starts_with(b"PK\x03\x04") {
        error("a compressed archive", "unpack it first")
    } else if bytes.iter().take(16).all(|&b| b == 0) {
        error("zero bytes", "the download or the disk failed: download the file again")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_it_is_and_leaves_data_alone() {
        let found = |bytes: &[u8]| foreign(bytes).map(|e| e.expectation().1.unwrap().to_owned());
        assert_eq!(found(b"").as_deref(), Some("an empty file"));
        assert_eq!(found(b" \r\n<!DOCTYPE html>").as_deref(), Some("a web page"));
        assert_eq!(
            found(b"version https://git-lfs.github.com/spec/v1\n").as_deref(),
            Some("a Git LFS pointer")
        );
        assert_eq!(found(&[0; 40]).as_deref(), Some("zero bytes"));
        for data in [&b"ply\n"[..], b"[]", b"{}", b"id\traw_category", b"scene0000_00"] {
            assert_eq!(found(data), None);
        }
    }
}
