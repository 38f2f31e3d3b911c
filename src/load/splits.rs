//! Split lists: one scan per line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::sniff;
use crate::error::{Error, Kind, Result};
use crate::scene::{OddLine, Oddity, SplitEntry, SplitList};

/// Longest line that is taken for a scan's id.
const LONGEST: usize = 512;

/// Reads the split list called `name` from its whole content; `path` is named in it and in errors.
///
/// Path prefixes, extensions, carriage returns and blank lines are passed over, as are a missing
/// final newline and lines that cannot be a scan's id: `train/scene0000_00.ply` speaks of
/// `scene0000_00`. What was passed over is among the oddities.
///
/// # Errors
/// [`Kind::Foreign`] when it is a web page or the like, [`Kind::Malformed`] when no line can be a
/// scan's id, or a line is not even text.
pub fn read(bytes: &[u8], name: &str, path: &Path) -> Result<SplitList> {
    if let Some(error) = sniff::foreign(bytes) {
        return Err(error.at(path));
    }
    let (mark, bytes) = bytes.strip_prefix(b"\xef\xbb\xbf").map_or((false, bytes), |rest| (true, rest));
    let mut entries = Vec::new();
    let mut odd: BTreeMap<OddLine, Oddity> = BTreeMap::new();
    let (mut seen, mut unreadable) = (BTreeSet::new(), None);
    for (line, whole) in (1..).zip(bytes.split(|&b| b == b'\n')) {
        let text = whole.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let id = str::from_utf8(text).ok().filter(|t| t.len() <= LONGEST && !t.contains(char::is_control));
        let mut note = |what, is: bool| {
            if is {
                odd.entry(what).or_insert(Oddity { what, lines: 0, first: line }).lines += 1;
            }
        };
        let Some(id) = id.map(id_of).filter(|id| !id.is_empty()) else {
            note(OddLine::Unreadable, true);
            unreadable.get_or_insert((line, text));
            continue;
        };
        note(OddLine::ByteOrderMark, mark && line == 1);
        note(OddLine::Repeated, !seen.insert(id));
        let bare = whole.strip_suffix(b"\r").unwrap_or(whole);
        note(OddLine::CarriageReturn, bare.len() < whole.len());
        note(OddLine::MoreThanId, bare != id.as_bytes());
        note(OddLine::NotAnId, !is_scan_id(id));
        entries.push(SplitEntry { id: id.to_owned(), line });
    }
    // A line of another kind is a slip; one that is no text at all says that the file is no list.
    let some = entries.iter().any(|e: &SplitEntry| is_scan_id(&e.id));
    let is_text = str::from_utf8(bytes).is_ok_and(|t| !t.contains('\0'));
    if let Some((row, text)) = unreadable.filter(|_| !some || !is_text) {
        let shown: String = String::from_utf8_lossy(text).chars().take(40).collect();
        return Err(Error::new(Kind::Malformed, "a line of the split list is not a scan")
            .at(path)
            .place(crate::error::Place::Line { row, column: 1 })
            .expected("a scan's id, like scene0000_00")
            .found(format!("{shown:?}")));
    }
    if let Some(last) = entries.last().filter(|_| bytes.last() != Some(&b'\n')) {
        odd.insert(OddLine::NoNewline, Oddity { what: OddLine::NoNewline, lines: 1, first: last.line });
    }
    let oddities = odd.into_values().collect();
    Ok(SplitList { name: name.to_owned(), path: path.to_path_buf(), entries, oddities })
}

/// The id in `path/to/id_vh_clean_2.ply`, `id.pth` or `id`.
fn id_of(line: &str) -> &str {
    let file = line.rsplit(['/', '\\']).next().unwrap_or(line);
    match file.get(..ID_LENGTH) {
        Some(id) if is_scan_id(id) => id,
        _ => file.split('.').next().unwrap_or(file),
    }
}

const ID_LENGTH: usize = "sceneXXXX_YY".len();

/// Whether `name` is of the form `sceneXXXX_YY`.
pub(super) fn is_scan_id(name: &str) -> bool {
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    name.len() == ID_LENGTH
        && name.is_ascii()
        && name.starts_with("scene")
        && digits(&name[5..9])
        && &name[9..10] == "_"
        && digits(&name[10..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_circulating_form_gives_the_ids() {
        let text = "scene0000_00\r\n\ntrain/scene0001_00.ply\nscans\\scene0002_00_vh_clean_2.ply\nroom_12.pth\nscene0003_00";
        let list = read(text.as_bytes(), "train", Path::new("t.txt")).unwrap();
        let found: Vec<_> = list.entries.iter().map(|e| (e.id.as_str(), e.line)).collect();
        let wanted = [
            ("scene0000_00", 1),
            ("scene0001_00", 3),
            ("scene0002_00", 4),
            ("room_12", 5),
            ("scene0003_00", 6),
        ];
        assert_eq!(found, wanted);
        let odd: Vec<_> = list.oddities.iter().map(|o| (o.what, o.lines, o.first)).collect();
        let wanted = [
            (OddLine::CarriageReturn, 1, 1),
            (OddLine::MoreThanId, 3, 3),
            (OddLine::NotAnId, 1, 5),
            (OddLine::NoNewline, 1, 6),
        ];
        assert_eq!(odd, wanted);
        assert_eq!(read(b"scene0000_00\nscene0001_00\n", "a", Path::new("t")).unwrap().oddities, []);
    }

    #[test]
    fn lines_that_are_no_scan_are_passed_over_and_told_of() {
        let text = "\u{feff}scene0000_00\nscans/\nscene0001_00\nscene0000_00\n";
        let list = read(text.as_bytes(), "train", Path::new("t.txt")).unwrap();
        assert_eq!(list.entries.len(), 3);
        let odd: Vec<_> = list.oddities.iter().map(|o| (o.what, o.first)).collect();
        let wanted = [(OddLine::ByteOrderMark, 1), (OddLine::Repeated, 4), (OddLine::Unreadable, 2)];
        assert_eq!(odd, wanted);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let kind = |bytes: &[u8]| read(bytes, "a", Path::new("t")).unwrap_err().kind();
        assert_eq!(kind(b"<html>"), Kind::Foreign);
        assert_eq!(kind(b"scene0000_00\n\xff\xfe\n"), Kind::Malformed);
        assert_eq!(kind(b"a\0b"), Kind::Malformed);
        assert_eq!(kind(b"scans/\n"), Kind::Malformed);
        assert_eq!(kind(&[b'a'; 1000]), Kind::Malformed);
    }
}
