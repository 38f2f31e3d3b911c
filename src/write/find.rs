//! What a path and an id on the command line mean.

use std::path::{Path, PathBuf};

use super::manifest::{MANIFEST, Manifest, SceneIndex};
use crate::error::{Error, Kind, Result, nearest};
use crate::store;

/// The data set's folder, which its manifest may name, and the shard's name when `path` is a file of one.
///
/// # Errors
/// [`Kind::NotFound`] when there is neither.
pub fn data_set_of(path: &Path) -> Result<(PathBuf, Option<String>)> {
    if store::is_file(&path.join(MANIFEST)) || !store::is_file(path) && store::is_dir(path)? {
        return Ok((path.to_path_buf(), None));
    }
    let here = |dir: &Path| if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir.to_path_buf() };
    if store::is_file(path) && path.file_name().is_some_and(|name| name == MANIFEST) {
        return Ok((here(store::parent(path).unwrap_or(Path::new(""))), None));
    }
    let root = store::parent(path).and_then(store::parent);
    let shard = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    match root {
        Some(root) if store::is_file(&here(root).join(MANIFEST)) && store::is_file(path) => {
            Ok((here(root), shard))
        }
        _ if store::is_file(path) => Err(Error::new(Kind::Config, "this is no shard of a finished data set")
            .at(path)
            .expected("a data set's folder, or a shard such as out/scenes/train-00000-1f3a9c2e.parquet")),
        _ => Err(Error::new(Kind::NotFound, "no such file or folder")
            .at(path)
            .expected("a data set's folder, or a shard such as out/scenes/train-00000-1f3a9c2e.parquet")),
    }
}

/// A scene variant by its id, in the named shard or in any; `path` is for errors.
///
/// # Errors
/// [`Kind::Config`] when there is none, with the nearest id.
pub fn find_sample<'a>(
    manifest: &'a Manifest,
    sample: &str,
    shard: Option<&str>,
    path: &Path,
) -> Result<&'a SceneIndex> {
    let held = || manifest.scenes.iter().filter(|s| shard.is_none_or(|shard| s.shard == shard));
    held().find(|s| s.sample_id == sample).ok_or_else(|| {
        let near = nearest(sample, held().map(|s| s.sample_id.as_str()));
        let error = Error::new(Kind::Config, format!("it holds no sample {sample}")).at(path);
        match near {
            Some(near) => error.help(format!("did you mean {near}?")),
            None => error.expected("an id such as scene0011_00/v002"),
        }
    })
}
