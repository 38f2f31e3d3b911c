//! Many reports in one file.
//!
//! ```text
//! "dataprep cache 1"                          16 bytes
//! then for each scan
//!     length of the body                       4 bytes, little-endian
//!     BLAKE3 of the body                      32 bytes
//!     body: key                               32 bytes
//!           length of the name, the name       4 bytes, little-endian; UTF-8
//!           report                             JSON
//! ```
//!
//! Nothing of it is trusted: what the checksum does not vouch for is as if it were not there, and
//! sizes are believed only as far as the file goes.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::audit::ScanReport;

const MAGIC: &[u8; 16] = b"dataprep cache 1";

/// Digest of all that a report depends on.
pub(super) type Key = [u8; 32];

/// One scan's report and what it depends on.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Key,
    pub(super) report: &'a [u8],
}

/// The reports of a file, by scan.
#[derive(Debug, Default)]
pub(super) struct Pack {
    bytes: Vec<u8>,
    entries: BTreeMap<String, (Key, Range<usize>)>,
}

impl Pack {
    /// Finds the entries of a file that are as they were written.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        let mut entries = BTreeMap::new();
        let mut rest = bytes.strip_prefix(MAGIC).unwrap_or_default();
        while let Some((body, after)) = frame(rest) {
            let end = bytes.len() - after.len();
            if rest[4..36] == *blake3::hash(body).as_bytes()
                && let Some((key, name, report)) = parts(body)
            {
                entries.insert(name.to_owned(), (key, end - report.len()..end));
            }
            rest = after;
        }
        Self { bytes, entries }
    }

    /// The report of a scan, if it was kept under this key.
    pub(super) fn get(&self, name: &str, key: &Key) -> Option<ScanReport> {
        let (kept, report) = self.entries.get(name)?;
        if kept == key { serde_json::from_slice(&self.bytes[report.clone()]).ok() } else { None }
    }

    /// All entries, by scan.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, Entry<'_>)> {
        self.entries.iter().map(|(id, (key, report))| {
            (id.as_str(), Entry { key: *key, report: &self.bytes[report.clone()] })
        })
    }
}

/// The first body and what follows it.
fn frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    rest.get(32..)?.split_at_checked(length)
}

/// Key, name and report of a body.
fn parts(body: &[u8]) -> Option<(Key, &str, &[u8])> {
    let (key, rest) = body.split_first_chunk()?;
    let (length, rest) = number(rest)?;
    let (name, report) = rest.split_at_checked(length)?;
    Some((*key, std::str::from_utf8(name).ok()?, report))
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number) as usize, rest))
}

/// The file that holds these entries; one that is too long for its length field is left out.
pub(super) fn file<'a>(entries: impl IntoIterator<Item = (&'a str, Entry<'a>)>) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    let mut body = Vec::new();
    for (name, entry) in entries {
        let Ok(name_length) = u32::try_from(name.len()) else { continue };
        body.clear();
        body.extend_from_slice(&entry.key);
        body.extend_from_slice(&name_length.to_le_bytes());
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(entry.report);
        let Ok(length) = u32::try_from(body.len()) else { continue };
        file.extend_from_slice(&length.to_le_bytes());
        file.extend_from_slice(blake3::hash(&body).as_bytes());
        file.extend_from_slice(&body);
    }
    file
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reports() -> Vec<(String, Key, Vec<u8>)> {
        let report = |n: u64| {
            let mut report = ScanReport::default();
            report.facts.vertices = n;
            serde_json::to_vec(&report).unwrap()
        };
        (0..4_u8).map(|n| (format!("scene000{n}_00"), [n; 32], report(u64::from(n)))).collect()
    }

    fn packed() -> Vec<u8> {
        let reports = reports();
        file(reports.iter().map(|(id, key, report)| (id.as_str(), Entry { key: *key, report })))
    }

    #[test]
    fn what_is_kept_comes_back_under_its_key_alone() {
        let pack = Pack::new(packed());
        for (n, (id, key, _)) in (0..).zip(reports()) {
            assert_eq!(pack.get(&id, &key).unwrap().facts.vertices, n);
            assert!(pack.get(&id, &[9; 32]).is_none() && pack.get("scene0404_00", &key).is_none());
        }
        assert_eq!(file(pack.entries()), packed());
    }

    #[test]
    fn a_wrong_byte_costs_entries_and_never_changes_one() {
        let whole = packed();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x41;
            for damaged in [bytes, whole[..at].to_vec()] {
                let pack = Pack::new(damaged);
                let left = reports().iter().filter(|(id, key, _)| pack.get(id, key).is_some()).count();
                assert!(left < 4, "byte {at} is not checked");
                for (id, entry) in pack.entries() {
                    let kept = reports().into_iter().find(|(i, ..)| i == id).unwrap();
                    assert_eq!((entry.key, entry.report), (kept.1, kept.2.as_slice()));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn garbage_is_an_empty_pack(tail in prop::collection::vec(any::<u8>(), 0..600)) {
            let bytes = [MAGIC.as_slice(), &tail].concat();
            prop_assert_eq!(Pack::new(bytes).entries().count(), 0);
            prop_assert_eq!(Pack::new(tail).entries().count(), 0);
        }
    }
}
