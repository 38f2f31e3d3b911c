//! What stands in for object stores in a build without them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use crate::error::{Error, Kind, Result};

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) bytes: u64,
    pub(super) modified: SystemTime,
    pub(super) tag: String,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    pub(super) files: BTreeMap<String, Object>,
    pub(super) folders: Vec<String>,
}

fn none<T>(path: &Path) -> Result<T> {
    Err(Error::new(Kind::Config, "this build of dataprep reads and writes local folders only").at(path).help(
        "build it with object stores: `cargo install dataprep --features cloud`; or use the Python package",
    ))
}

pub(super) fn head(path: &Path) -> Result<Option<Object>> {
    none(path)
}

pub(super) fn get(path: &Path, _: &mut Vec<u8>, _: u64) -> Result<Option<u64>> {
    none(path)
}

pub(super) fn get_range(path: &Path, _: u64, _: &mut [u8]) -> Result<()> {
    none(path)
}

pub(super) fn list(path: &Path) -> Result<Listing> {
    none(path)
}

pub(super) fn put(path: &Path, _: &[u8]) -> Result<()> {
    none(path)
}

pub(super) fn create(path: &Path, _: &[u8]) -> Result<bool> {
    none(path)
}

pub(super) fn honours_create(path: &Path) -> Result<bool> {
    none(path)
}

pub(super) fn upload(path: &Path, _: &Path) -> Result<()> {
    none(path)
}

pub(super) fn remove(path: &Path) -> Result<()> {
    none(path)
}

pub(super) fn remove_below(path: &Path) -> Result<()> {
    none(path)
}
