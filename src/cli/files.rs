//! Files that commands write beside their report.

use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::store::Folder;

/// The folder of a file to write, and the file's name in it.
pub(super) fn place(path: &Path) -> Result<(Folder, &str)> {
    let name = path.file_name().and_then(|n| n.to_str());
    let name = name.ok_or_else(|| Error::new(Kind::Config, "a file name is needed").at(path))?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    Ok((Folder::new(dir.unwrap_or(Path::new("."))), name))
}
