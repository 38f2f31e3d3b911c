//! Ranges of objects that are kept on this machine, so that the next epoch need not fetch them again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::{Folder, Ranged, read};
use crate::error::{Error, Result};

/// A local folder of ranges that holds so many bytes at most, or a little more while several
/// processes write into it. Those that were used last stay.
#[derive(Debug)]
pub struct Kept {
    folder: Folder,
    most: u64,
    /// Bytes that this process wrote since it last counted what is there; none before it did.
    written: Mutex<Option<u64>>,
}

/// Bytes behind a range: its CRC-32, as little-endian `u32`.
const CHECK: usize = 4;

impl Kept {
    /// Ranges in `folder`, of `most` bytes in all.
    pub fn new(folder: impl Into<PathBuf>, most: u64) -> Self {
        Self { folder: Folder::new(folder), most, written: Mutex::new(None) }
    }

    /// Fills `out` with the bytes of `file` from `offset` on, from the folder where it has them.
    ///
    /// # Errors
    /// As [`Ranged::read_at`]. A folder that cannot be written is no error.
    pub fn read_at(&self, file: &Ranged, offset: u64, out: &mut [u8]) -> Result<()> {
        let name = name(file.path(), offset, out.len());
        let path = self.folder.path(&name);
        // What cannot be read, or is not what was written, is fetched again.
        if let Ok(bytes) = read(&path)
            && let Some((range, check)) = bytes.split_last_chunk::<CHECK>()
            && range.len() == out.len()
            && u32::from_le_bytes(*check) == crc32fast::hash(range)
        {
            out.copy_from_slice(range);
            // Only makes it stay longer.
            let _ = self.folder.touch(&name);
            return Ok(());
        }
        file.read_at(offset, out)?;
        let bytes = (out.len() + CHECK) as u64;
        if bytes <= self.most {
            let check = crc32fast::hash(out).to_le_bytes();
            // What cannot be kept, on a full disk say, is fetched again the next time.
            let _ =
                self.make_room(bytes).and_then(|()| self.folder.publish(&name, &[out, &check[..]].concat()));
        }
        Ok(())
    }

    /// Removes what was used longest ago, when `bytes` more would be too many.
    fn make_room(&self, bytes: u64) -> Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        // Others may write there too, so what is there is counted again each time that this process
        // wrote a sixteenth.
        match *written {
            Some(before) if before + bytes <= self.most / 16 => {
                *written = Some(before + bytes);
                return Ok(());
            }
            _ => *written = Some(bytes),
        }
        let mut held = self.held()?;
        held.sort();
        let mut total: u64 = held.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, size, name) in held {
            if total + bytes + self.most / 16 <= self.most {
                break;
            }
            self.folder.remove(&name)?;
            total -= size;
        }
        Ok(())
    }

    /// When each was last used, its bytes and its name.
    fn held(&self) -> Result<Vec<(SystemTime, u64, String)>> {
        let entries = match fs::read_dir(self.folder.root()) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(Error::io("list", self.folder.root(), &e)),
        };
        let ours = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok().filter(|name| name.ends_with(ENDING))?;
            let meta = entry.metadata().ok()?;
            Some((meta.modified().ok()?, meta.len(), name))
        };
        Ok(entries.flatten().filter_map(ours).collect())
    }
}

/// How names of kept ranges end; nothing else in the folder is ever removed.
const ENDING: &str = ".range";

fn name(path: &Path, offset: u64, bytes: usize) -> String {
    let mut hash = blake3::Hasher::new_derive_key("dataprep 1 kept range");
    hash.update(path.as_os_str().as_encoded_bytes());
    hash.update(&[0]).update(&offset.to_le_bytes()).update(&(bytes as u64).to_le_bytes());
    format!("{}{ENDING}", &hash.finalize().to_hex()[..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_kept_within_bounds_and_damage_is_fetched_again() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("shard");
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i % 241) as u8).collect();
        fs::write(&source, &bytes).unwrap();
        let file = Ranged::open(&source).unwrap();
        let folder = dir.path().join("kept");
        let kept = Kept::new(&folder, 40_000);
        let read = |offset: usize| {
            let mut out = vec![0; 1000];
            kept.read_at(&file, offset as u64, &mut out).unwrap();
            assert_eq!(out, bytes[offset..offset + 1000]);
        };
        let total = || kept.held().unwrap().iter().map(|(_, bytes, _)| bytes).sum::<u64>();
        read(5);
        assert_eq!(total(), 1004);
        fs::write(&source, vec![0; 100_000]).unwrap();
        // From the folder: the source is another now.
        read(5);
        fs::write(&source, &bytes).unwrap();
        let (_, _, only) = kept.held().unwrap().remove(0);
        fs::write(folder.join(&only), vec![7; 1004]).unwrap();
        read(5);
        fs::write(folder.join("mine.txt"), vec![0; 50_000]).unwrap();
        for i in 0..90 {
            read(i * 1000);
            assert!(total() <= 40_000, "{}", total());
        }
        assert!(total() > 30_000 && folder.join("mine.txt").exists());

        // Where nothing can be kept, everything is read all the same.
        let kept = Kept::new(folder.join("mine.txt"), 40_000);
        let mut out = vec![0; 1000];
        kept.read_at(&file, 9, &mut out).unwrap();
        assert_eq!(out, bytes[9..1009]);
    }
}
