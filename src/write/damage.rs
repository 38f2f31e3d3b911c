//! Whether the files of a shard are what the manifest says, without knowing what is in them.

use super::manifest::ShardFile;
use crate::error::{Error, Kind};
use crate::store::{self, Folder};

/// What is wrong with a file of a shard: that it is not there, or of another size; or, if it is to be `read`, that
/// its bytes are others. `None` when it is as the manifest says.
pub fn damage(store: &Folder, file: &ShardFile, read: bool) -> Option<Error> {
    let path = store.path(&file.file);
    let mend = "copy the file again, or write the data set again; `dataprep verify` names all such files";
    let wrong = |kind, what: &str| Error::new(kind, what).at(&path).help(mend);
    match store.size(&file.file) {
        Err(error) => Some(error.help(mend)),
        Ok(None) => Some(wrong(Kind::NotFound, "the file that the manifest names is not there")),
        Ok(Some(bytes)) if bytes != file.bytes => {
            let kind = if bytes < file.bytes { Kind::Truncated } else { Kind::OverLong };
            let error = wrong(kind, "the file has not the size that the manifest says");
            Some(error.expected(format!("{} bytes", file.bytes)).found(format!("{bytes} bytes")))
        }
        Ok(Some(_)) if !read => None,
        Ok(Some(_)) => match store::digest(&path) {
            Err(error) => Some(error),
            Ok(digest) if digest.to_hex().as_str() == file.blake3 => None,
            Ok(_) => {
                Some(wrong(Kind::Corrupt, "the content has changed since it was written: BLAKE3 differs"))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{data_set, sample};
    use super::*;

    #[test]
    fn a_file_that_is_missing_cut_longer_or_flipped_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = data_set(dir.path(), &[sample("scene0000_00", 0)]);
        let (store, file) = (Folder::new(dir.path()), &manifest.shards[0].files[0]);
        let path = store.path(&file.file);
        let kinds = || [false, true].map(|read| damage(&store, file, read).map(|e| e.kind()));
        assert_eq!(kinds(), [None, None]);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[1..]).unwrap();
        assert_eq!(kinds(), [Some(Kind::Truncated); 2]);
        std::fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert_eq!(kinds(), [Some(Kind::OverLong); 2]);
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        std::fs::write(&path, flipped).unwrap();
        assert_eq!(kinds(), [None, Some(Kind::Corrupt)]);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(kinds(), [Some(Kind::NotFound); 2]);
    }
}
