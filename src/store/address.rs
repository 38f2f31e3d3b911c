//! Addresses of object stores: `s3://bucket/key`, `gs://bucket/key`, `az://container/key`.
//!
//! They travel as paths, and joining works as with paths; only the functions of this room tell them
//! from local ones, by how they begin.

use std::path::{Path, PathBuf};

/// How addresses begin.
const SCHEMES: [&str; 4] = ["s3://", "gs://", "az://", "abfss://"];

/// Whether a path is an address of an object store.
pub fn is_address(path: &Path) -> bool {
    path.to_str().is_some_and(|text| SCHEMES.iter().any(|scheme| text.starts_with(scheme)))
}

/// What to do about a path that looks like an address and is none; `None` of any other path.
pub fn mistaken(path: &Path) -> Option<String> {
    let (scheme, _) = path.to_str()?.split_once(":/")?;
    let is_scheme = scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
    (is_scheme && !is_address(path)).then(|| format!("addresses begin with {}", SCHEMES.join(", ")))
}

/// The bucket with its scheme (`s3://bucket`), and the key without `/` at its ends.
#[cfg_attr(not(feature = "cloud"), expect(dead_code, reason = "asked for by the client alone"))]
pub(super) fn parts(path: &Path) -> Option<(&str, &str)> {
    let text = path.to_str()?;
    let scheme = SCHEMES.iter().find(|scheme| text.starts_with(**scheme))?;
    let end = text[scheme.len()..].find('/').map_or(text.len(), |at| scheme.len() + at);
    Some((&text[..end], text[end..].trim_matches('/')))
}

/// The folder that holds `path`, or `None` of a bucket, of a file system's root and of a bare name.
pub fn parent(path: &Path) -> Option<&Path> {
    if !is_address(path) {
        return path.parent();
    }
    let text = path.to_str()?.trim_end_matches('/');
    let (head, _) = text.rsplit_once('/')?;
    Some(Path::new(head)).filter(|_| !head.ends_with('/'))
}

/// The path without links, `.` and `..`, or as it is where it is an address or cannot be told.
pub fn real(path: &Path) -> PathBuf {
    if is_address(path) { path.to_path_buf() } else { path.canonicalize().unwrap_or_else(|_| path.into()) }
}

/// The path from the root on; an address is one.
pub fn absolute(path: &Path) -> PathBuf {
    if is_address(path) { path.into() } else { std::path::absolute(path).unwrap_or_else(|_| path.into()) }
}

/// `path` seen from the folder `base`; an address stands for itself.
pub fn from(base: &Path, path: &Path) -> PathBuf {
    if is_address(path) { path.to_path_buf() } else { base.join(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_paths_and_taken_apart() {
        for (path, is) in [("s3://b/k", true), ("gs://b", true), ("s3:/b", false), ("out/s3://b", false)] {
            assert_eq!(is_address(Path::new(path)), is, "{path}");
        }
        for (path, is) in
            [("S3://b", true), ("s3:/b", true), ("https://b/c", true), ("C:/b", false), ("a/b", false)]
        {
            assert_eq!(mistaken(Path::new(path)).is_some(), is, "{path}");
        }
        assert_eq!(parts(Path::new("s3://b/a/c/")), Some(("s3://b", "a/c")));
        assert_eq!(parts(Path::new("az://b")), Some(("az://b", "")));
        assert_eq!(Path::new("s3://b/a").join("c.ply"), Path::new("s3://b/a/c.ply"));
        assert_eq!(parent(Path::new("s3://b/a/c/")), Some(Path::new("s3://b/a")));
        assert_eq!(parent(Path::new("s3://b/a")), Some(Path::new("s3://b")));
        assert_eq!(parent(Path::new("s3://b")), None);
        assert_eq!(from(Path::new("/base"), Path::new("gs://b/a")), Path::new("gs://b/a"));
        assert_eq!(from(Path::new("/base"), Path::new("a")), Path::new("/base/a"));
    }
}
