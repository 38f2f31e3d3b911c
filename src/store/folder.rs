//! Folders that results are published into, local or in an object store: whole reads, atomic
//! publish, create-if-absent.
//!
//! A file appears under its final name complete or not at all. A local one is written beside its
//! place under a temporary name, flushed to the device, renamed, and its folder is flushed too; an
//! object is written to a local temporary file and uploaded.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{cloud, files, is_address};
use crate::error::{Error, Kind, Result};

/// Temporary names start with this; whatever carries it is litter of a killed run.
const TEMPORARY: &str = ".tmp-";

/// Opens what is neither file nor folder, such as a device or a pipe, for writing; `None` for
/// everything else. A rename would put a file in its place.
pub fn stream(path: &Path) -> Result<Option<File>> {
    if !fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        return Ok(None);
    }
    File::options().write(true).open(path).map(Some).map_err(|e| Error::io("write", path, &e))
}

/// The file that a link leads to, so that the file is replaced and not the link.
pub fn behind_link(path: &Path) -> PathBuf {
    let target = path.is_symlink().then(|| path.canonicalize().ok()).flatten();
    target.unwrap_or_else(|| path.to_path_buf())
}

/// What became of a create-if-absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The file was not there and is now.
    Created,
    /// The file was there; these are its bytes.
    Existed(Vec<u8>),
}

/// A folder that results are published into, by its path or its address.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder `root`; made, with its parents, on first write.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path of a name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Reads a whole file.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        files::read(self.path(name))
    }

    /// Reads a whole file, or `None` when it is not there.
    pub fn read_if_present(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match self.read(name) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == Kind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Size of a file, or `None` when it is not there.
    pub fn size(&self, name: &str) -> Result<Option<u64>> {
        files::size(&self.path(name))
    }

    /// Names of the files directly in folder `name`, sorted; none when it is not there.
    /// Temporary files are left out.
    pub fn list(&self, name: &str) -> Result<Vec<String>> {
        self.entries(name, false)
    }

    fn entries(&self, name: &str, folders: bool) -> Result<Vec<String>> {
        let wanted = |kind: &fs::FileType| if folders { kind.is_dir() } else { kind.is_file() };
        let dir = self.path(name);
        if is_address(&dir) {
            let all = cloud::list(&dir)?;
            return Ok(if folders { all.folders } else { all.files.into_keys().collect() });
        }
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(Error::io("list", dir, &e)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| Error::io("list", &dir, &e))?;
            let file = entry.file_name().to_string_lossy().into_owned();
            if !file.starts_with(TEMPORARY) && entry.file_type().is_ok_and(|t| wanted(&t)) {
                names.push(file);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Names of the folders directly in folder `name`, sorted; none when it is not there.
    pub fn folders(&self, name: &str) -> Result<Vec<String>> {
        self.entries(name, true)
    }

    /// Takes the folder for this process until what is returned is dropped. Object stores know no
    /// locks: there, what is written must be the same whoever writes it.
    ///
    /// # Errors
    /// `Conflict` when another process has it, alone or among others.
    pub fn lock(&self, name: &str) -> Result<Lock> {
        self.lock_by(name, File::try_lock)
    }

    /// As [`Self::lock`], for this process and others that share it too.
    ///
    /// # Errors
    /// `Conflict` when another process has it alone.
    pub fn lock_shared(&self, name: &str) -> Result<Lock> {
        self.lock_by(name, File::try_lock_shared)
    }

    fn lock_by(
        &self,
        name: &str,
        take: fn(&File) -> std::result::Result<(), fs::TryLockError>,
    ) -> Result<Lock> {
        let path = self.path(name);
        if is_address(&path) {
            return Ok(Lock { _file: None });
        }
        let dir = self.path(split(name).0);
        fs::create_dir_all(&dir).map_err(|e| Error::io("make the folder", &dir, &e))?;
        let file = File::create(&path).map_err(|e| Error::io("write", &path, &e))?;
        match take(&file) {
            Ok(()) => Ok(Lock { _file: Some(file) }),
            Err(fs::TryLockError::WouldBlock) => {
                Err(Error::new(Kind::Conflict, "another run is writing into this folder")
                    .at(&self.root)
                    .help("wait for it, or choose another folder with -o"))
            }
            Err(fs::TryLockError::Error(e)) => Err(Error::io("lock", path, &e)),
        }
    }

    /// Removes a folder with all that is in it; one that is not there is fine.
    pub fn remove_folder(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        if is_address(&path) {
            return cloud::remove_below(&path);
        }
        match fs::remove_dir_all(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path, &e)),
            _ => Ok(()),
        }
    }

    /// Removes a folder that nothing is in; says whether it is gone.
    pub fn remove_if_empty(&self, name: &str) -> Result<bool> {
        let path = self.path(name);
        match fs::remove_dir(&path) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
            Err(e) => Err(Error::io("remove", path, &e)),
        }
    }

    /// When a file was last written or touched, or `None` when it cannot be told.
    pub fn touched(&self, name: &str) -> Option<SystemTime> {
        fs::metadata(self.path(name)).and_then(|m| m.modified()).ok()
    }

    /// Marks a file as used now.
    pub fn touch(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        let file = File::options().write(true).open(&path);
        file.and_then(|f| f.set_modified(SystemTime::now())).map_err(|e| Error::io("touch", path, &e))
    }

    /// Opens a temporary file in folder `name`, to be written and then published under a name
    /// that may depend on what was written.
    pub fn stage(&self, name: &str) -> Result<Staged> {
        let dir = self.path(name);
        if is_address(&dir) {
            let file = tempfile::NamedTempFile::with_prefix(TEMPORARY);
            let file = file.map_err(|e| Error::io("write in", std::env::temp_dir(), &e))?;
            return Ok(Staged { file, dir });
        }
        fs::create_dir_all(&dir).map_err(|e| Error::io("make the folder", &dir, &e))?;
        let file = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .permissions_like_a_plain_file()
            .tempfile_in(&dir)
            .map_err(|e| Error::io("write in", &dir, &e))?;
        Ok(Staged { file, dir })
    }

    /// Writes a file that is named by its path, as [`Self::publish`] does. What is no file
    /// (`/dev/null`, a pipe) is written into and never replaced, and a link stays one.
    pub fn publish_file(path: &Path, bytes: &[u8]) -> Result<()> {
        if is_address(path) {
            return cloud::put(path, bytes);
        }
        if let Some(mut stream) = stream(path)? {
            return stream.write_all(bytes).map_err(|e| Error::io("write", path, &e));
        }
        let path = &behind_link(path);
        let name = path.file_name().and_then(|n| n.to_str()).ok_or_else(|| {
            Error::new(Kind::Config, "a file name is missing").at(path).help("as in -o report.json")
        })?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        Self::new(folder.unwrap_or(Path::new("."))).publish(name, bytes)
    }

    /// Writes a file whole, replacing what was there.
    pub fn publish(&self, name: &str, bytes: &[u8]) -> Result<()> {
        if is_address(&self.root) {
            return cloud::put(&self.path(name), bytes);
        }
        let (dir, file) = split(name);
        let mut staged = self.stage(dir)?;
        staged.write_all(bytes).map_err(|e| Error::io("write", self.path(name), &e))?;
        staged.publish(file)?;
        Ok(())
    }

    /// Writes a file whole if no file has its name; else hands back the bytes that are there.
    pub fn create(&self, name: &str, bytes: &[u8]) -> Result<Outcome> {
        let (dir, file) = split(name);
        let created = if is_address(&self.root) {
            cloud::create(&self.path(name), bytes)?
        } else {
            let mut staged = self.stage(dir)?;
            staged.write_all(bytes).map_err(|e| Error::io("write", self.path(name), &e))?;
            staged.publish_if_absent(file)?
        };
        if created { Ok(Outcome::Created) } else { self.read(name).map(Outcome::Existed) }
    }

    /// Removes a file; one that is not there is fine.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        if is_address(&path) {
            return cloud::remove(&path);
        }
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path, &e)),
            _ => Ok(()),
        }
    }

    /// Names of temporary files that a killed run left directly in folder `name`. An object appears when
    /// its upload is complete: of a store there are none, or none that can be seen.
    pub fn litter(&self, name: &str) -> Result<Vec<String>> {
        let dir = self.path(name);
        if is_address(&dir) || !dir.is_dir() {
            return Ok(Vec::new());
        }
        let names = files::list(&dir)?.into_iter().map(|(name, _)| name);
        Ok(names.filter(|name| name.starts_with(TEMPORARY)).collect())
    }

    /// Removes temporary files that a killed run left directly in folder `name`.
    pub fn sweep(&self, name: &str) -> Result<()> {
        let dir = self.path(name);
        self.litter(name)?.into_iter().try_for_each(|file| {
            let path = dir.join(file);
            fs::remove_file(&path).map_err(|e| Error::io("remove", path, &e))
        })
    }
}

/// A folder taken for this process, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: Option<File>,
}

/// A file being written under a temporary name; gone when dropped unpublished.
#[derive(Debug)]
pub struct Staged {
    file: tempfile::NamedTempFile,
    dir: PathBuf,
}

impl Staged {
    /// The file's path while it is being written.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Flushes the file and gives it its final name in the same folder, replacing what was there.
    pub fn publish(self, file: &str) -> Result<PathBuf> {
        let target = self.dir.join(file);
        if is_address(&target) {
            cloud::upload(&target, self.file.path())?;
            return Ok(target);
        }
        self.flush_to_device()?;
        if stream(&target)?.is_some() {
            return Err(
                Error::new(Kind::Conflict, "a device or pipe is in the place of this file").at(&target)
            );
        }
        self.file.persist(&target).map_err(|e| Error::io("publish", &target, &e.error))?;
        flush_folder(&self.dir)?;
        Ok(target)
    }

    /// Like [`Staged::publish`], unless a file of that name is there; says whether it published.
    pub fn publish_if_absent(self, file: &str) -> Result<bool> {
        let target = self.dir.join(file);
        self.flush_to_device()?;
        match self.file.persist_noclobber(&target) {
            Ok(_) => {}
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(e) => return Err(Error::io("publish", &target, &e.error)),
        }
        flush_folder(&self.dir)?;
        Ok(true)
    }

    fn flush_to_device(&self) -> Result<()> {
        self.file.as_file().sync_all().map_err(|e| Error::io("write", self.file.path(), &e))
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

trait PlainPermissions {
    /// Temporary files are private by default; results should be as readable as any new file.
    fn permissions_like_a_plain_file(&mut self) -> &mut Self;
}

impl PlainPermissions for tempfile::Builder<'_, '_> {
    #[cfg(unix)]
    fn permissions_like_a_plain_file(&mut self) -> &mut Self {
        use std::os::unix::fs::PermissionsExt as _;
        // The process's umask still applies.
        self.permissions(fs::Permissions::from_mode(0o666))
    }

    #[cfg(not(unix))]
    fn permissions_like_a_plain_file(&mut self) -> &mut Self {
        self
    }
}

/// Makes a rename in `dir` survive a power cut. Windows cannot open folders and does not need it.
fn flush_folder(dir: &Path) -> Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    File::open(dir).and_then(|d| d.sync_all()).map_err(|e| Error::io("flush the folder", dir, &e))
}

fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn devices_are_written_into_and_links_stay_links() {
        use std::os::unix::fs::{FileTypeExt as _, symlink};
        // A link, so that a mistake replaces the link alone.
        let dir = tempfile::tempdir().unwrap();
        let [null, file, link] = ["null", "file", "link"].map(|name| dir.path().join(name));
        symlink("/dev/null", &null).unwrap();
        Folder::publish_file(&null, b"1").unwrap();
        assert!(fs::metadata(&null).unwrap().file_type().is_char_device() && null.is_symlink());
        let refused = Folder::new(dir.path()).publish("null", b"1").unwrap_err();
        assert_eq!(refused.kind(), Kind::Conflict);
        fs::write(&file, b"0").unwrap();
        symlink(&file, &link).unwrap();
        Folder::publish_file(&link, b"2").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"2");
    }

    #[test]
    fn publishing_replaces_and_creating_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let store = Folder::new(dir.path().join("deep/out"));
        store.publish("a/x.json", b"1").unwrap();
        store.publish("a/x.json", b"2").unwrap();
        assert_eq!(store.read("a/x.json").unwrap(), b"2");
        assert_eq!(store.create("a/x.json", b"3").unwrap(), Outcome::Existed(b"2".to_vec()));
        assert_eq!(store.create("a/y.json", b"3").unwrap(), Outcome::Created);
        assert_eq!(store.list("a").unwrap(), ["x.json", "y.json"]);
        assert_eq!(store.list("none").unwrap(), Vec::<String>::new());
        assert_eq!(store.read_if_present("a/z.json").unwrap(), None);
    }

    #[test]
    fn what_is_not_published_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Folder::new(dir.path());
        let mut staged = store.stage("scenes").unwrap();
        staged.write_all(b"half").unwrap();
        assert_eq!(store.list("scenes").unwrap(), Vec::<String>::new());
        drop(staged);
        assert_eq!(fs::read_dir(dir.path().join("scenes")).unwrap().count(), 0);
    }

    #[test]
    fn litter_of_a_killed_run_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".tmp-dead"), b"half").unwrap();
        fs::write(dir.path().join("kept"), b"whole").unwrap();
        Folder::new(dir.path()).sweep("").unwrap();
        assert!(!dir.path().join(".tmp-dead").exists() && dir.path().join("kept").exists());
    }

    #[test]
    fn an_unwritable_place_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), b"").unwrap();
        let error = Folder::new(dir.path().join("file")).publish("x", b"").unwrap_err();
        assert!(error.to_string().contains("file"), "{error}");
    }
}
