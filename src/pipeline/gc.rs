//! What lies in a data set's folder and belongs to nothing that is finished.

use std::collections::BTreeSet;

use super::plan::FOLDER;
use crate::error::{Error, Kind, Result};
use crate::store::Folder;
use crate::write::{MANIFEST, Manifest, Table};

/// Files that a finished data set does not name: shards of an earlier one that was brought up to date
/// or replaced, plans other than its own, and what killed runs left half-written. Names, relative to the
/// folder, sorted; of a folder, what is in it is not named.
///
/// # Errors
/// When there is no manifest: then nothing can be told from what an unfinished run still needs.
pub fn leftovers(store: &Folder) -> Result<Vec<String>> {
    let bytes = store.read_if_present(MANIFEST)?.ok_or_else(|| {
        Error::new(Kind::NotFound, "there is no finished data set: what a run still needs cannot be told")
            .at(store.root())
            .help("finish it with `dataprep commit` or by the command that began it; then ask again")
    })?;
    let manifest = Manifest::parse(&bytes, &store.path(MANIFEST))?;
    let named: BTreeSet<&str> =
        manifest.shards.iter().flat_map(|s| &s.files).map(|file| file.file.as_str()).collect();
    let mut left = Vec::new();
    for table in Table::ALL {
        let folder = table.folder();
        let files = store.list(folder)?.into_iter().filter(|file| is_shard(file));
        left.extend(
            files.map(|file| format!("{folder}/{file}")).filter(|name| !named.contains(name.as_str())),
        );
        left.extend(store.litter(folder)?.into_iter().map(|file| format!("{folder}/{file}")));
    }
    let plans =
        store.folders(FOLDER)?.into_iter().filter(|plan| is_plan_id(plan) && *plan != manifest.plan_id);
    left.extend(plans.map(|plan| format!("{FOLDER}/{plan}/")));
    left.sort();
    Ok(left)
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a name is one that we give to plans: what others put beside them is left alone.
pub(super) fn is_plan_id(name: &str) -> bool {
    is_hex(name, 32)
}

/// Whether a name is one that we give to files of shards: split, place and digest.
fn is_shard(file: &str) -> bool {
    let mut parts = file.strip_suffix(".parquet").unwrap_or("").rsplitn(3, '-');
    let (digest, place) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    is_hex(digest, 8) && is_hex(place, 5) && parts.next().is_some()
}

/// Removes what [`leftovers`] named.
pub fn remove(store: &Folder, left: &[String]) -> Result<()> {
    left.iter().try_for_each(|name| match name.strip_suffix('/') {
        Some(folder) => store.remove_folder(folder),
        None => store.remove(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_ours_are_ever_left_over() {
        assert!(is_shard("train-2c000-1f3a9c2e.parquet") && is_shard("my-split-00000-00000000.parquet"));
        for other in
            ["mine.parquet", "train-00000.parquet", "00000-1f3a9c2e.parquet", "train-2c000-1f3a9c2e.txt"]
        {
            assert!(!is_shard(other), "{other}");
        }
        assert!(is_plan_id("0703672bc836231328c668f6a2a45cc9") && !is_plan_id("mine") && !is_plan_id("lock"));
    }
}
