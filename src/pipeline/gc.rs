//! What lies in a data set's folder and belongs to nothing that is finished.

use std::collections::BTreeSet;

use super::plan::FOLDER;
use crate::error::Result;
use crate::store::Folder;
use crate::write::{MANIFEST, Manifest, Table};

/// Files that a finished data set does not name: shards of an earlier one that was brought up to date
/// or replaced, plans other than its own, and what killed runs left half-written. Names, relative to the
/// folder, sorted; of a folder, what is in it is not named.
///
/// # Errors
/// When there is no manifest: then nothing can be told from what an unfinished run still needs.
pub fn leftovers(store: &Folder) -> Result<Vec<String>> {
    let manifest = Manifest::parse(&store.read(MANIFEST)?, &store.path(MANIFEST))?;
    let named: BTreeSet<&str> =
        manifest.shards.iter().flat_map(|s| &s.files).map(|file| file.file.as_str()).collect();
    let mut left = Vec::new();
    for table in Table::ALL {
        let folder = table.folder();
        let files = store.list(folder)?.into_iter().filter(|file| file.ends_with(".parquet"));
        left.extend(
            files.map(|file| format!("{folder}/{file}")).filter(|name| !named.contains(name.as_str())),
        );
        left.extend(store.litter(folder)?.into_iter().map(|file| format!("{folder}/{file}")));
    }
    let plans = store.folders(FOLDER)?.into_iter().filter(|plan| *plan != manifest.plan_id);
    left.extend(plans.map(|plan| format!("{FOLDER}/{plan}/")));
    left.sort();
    Ok(left)
}

/// Removes what [`leftovers`] named.
pub fn remove(store: &Folder, left: &[String]) -> Result<()> {
    left.iter().try_for_each(|name| match name.strip_suffix('/') {
        Some(folder) => store.remove_folder(folder),
        None => store.remove(name),
    })
}
