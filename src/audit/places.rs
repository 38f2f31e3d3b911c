//! Where the entries of a configuration stand.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::finding::Location;
use crate::error::{Error, Place};

/// Where something stands: a file, and a line and column in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file.
    pub file: Arc<Path>,
    /// Where in it.
    pub location: Location,
}

impl Entry {
    /// The error, at this place.
    pub fn blame(&self, error: Error) -> Error {
        let Location { row, column } = self.location;
        error.at(&*self.file).place(Place::Line { row, column })
    }
}

/// Where the entries of a configuration stand, by their keys with `/` between them, as in
/// `audit/ignore/0`.
#[derive(Clone, Default)]
pub struct Places(BTreeMap<String, Entry>);

impl Places {
    /// The places of all entries of a table in the text of a file.
    pub fn of(file: &Path, text: &str, table: &DeTable<'_>) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let mut reader = Reader {
            file: file.into(),
            text,
            lines: std::iter::once(0).chain(starts).collect(),
            places: BTreeMap::new(),
        };
        reader.table("", table);
        Self(reader.places)
    }

    /// Where the entry with this key stands.
    pub fn at(&self, key: &str) -> Option<&Entry> {
        self.0.get(key)
    }

    /// Takes the place of the entry `key`, and of all in it, from `other`, where it is called
    /// `theirs`; an entry that is not there stands nowhere.
    pub fn replace(&mut self, key: &str, other: &Self, theirs: &str) {
        let under = |prefix: &str| format!("{prefix}/")..format!("{prefix}0"); // 0 follows the slash
        let old: Vec<String> = self.0.range(under(key)).map(|(k, _)| k.clone()).collect();
        for old in old.iter().map(String::as_str).chain([key]) {
            self.0.remove(old);
        }
        let new = other.0.get_key_value(theirs).into_iter().chain(other.0.range(under(theirs)));
        self.0.extend(new.map(|(k, entry)| (format!("{key}{}", &k[theirs.len()..]), entry.clone())));
    }
}

/// Where an entry stands changes nothing of what an audit finds.
impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Places")
    }
}

struct Reader<'a> {
    file: Arc<Path>,
    text: &'a str,
    /// Where lines start.
    lines: Vec<usize>,
    places: BTreeMap<String, Entry>,
}

impl Reader<'_> {
    fn table(&mut self, key: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key =
                if key.is_empty() { name.get_ref().to_string() } else { format!("{key}/{}", name.get_ref()) };
            self.value(key, name.span().start, value.get_ref());
        }
    }

    fn value(&mut self, key: String, start: usize, value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => self.table(&key, table),
            DeValue::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.value(format!("{key}/{i}"), item.span().start, item.get_ref());
                }
            }
            _ => {}
        }
        let row = self.lines.partition_point(|&s| s <= start).max(1);
        let line = self.text.get(self.lines[row - 1]..start).unwrap_or_default();
        let location = Location { row: row as u32, column: line.chars().count() as u32 + 1 };
        self.places.insert(key, Entry { file: Arc::clone(&self.file), location });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(file: &str, text: &str) -> Places {
        Places::of(Path::new(file), text, DeTable::parse(text).unwrap().get_ref())
    }

    fn at(places: &Places, key: &str) -> Option<(String, u32, u32)> {
        let entry = places.at(key)?;
        Some((entry.file.display().to_string(), entry.location.row, entry.location.column))
    }

    #[test]
    fn entries_are_found_by_line_and_character() {
        let text = "[audit]\nignore = [\"é\", \"TXT\"]\nseverity.REF = 3\n\n[[audit.suppress]]\nrule = \"x\"\n\
                    [audit.per-scan-ignores]\n\"a b\" = [\n  \"SEG\"]\n";
        let places = places("d.toml", text);
        let file = || "d.toml".to_owned();
        assert_eq!(at(&places, "audit/ignore/0"), Some((file(), 2, 11)));
        assert_eq!(at(&places, "audit/ignore/1"), Some((file(), 2, 16)));
        assert_eq!(at(&places, "audit/severity/REF"), Some((file(), 3, 10)));
        assert_eq!(at(&places, "audit/suppress/0").map(|p| p.1), Some(5));
        assert_eq!(at(&places, "audit/per-scan-ignores/a b/0"), Some((file(), 9, 3)));
        assert_eq!(at(&places, "audit/ignore/2"), None);
    }

    #[test]
    fn an_entry_that_is_replaced_stands_where_its_successor_does() {
        let mut mine = places("mine", "a = [1, 2, 3]\na1 = 1\n");
        let theirs = places("theirs", "\nb = [1]\n");
        mine.replace("a", &theirs, "b");
        assert_eq!(at(&mine, "a/0"), Some(("theirs".into(), 2, 6)));
        assert_eq!(at(&mine, "a/1"), None);
        assert_eq!(at(&mine, "a1"), Some(("mine".into(), 2, 1)));
        mine.replace("a", &theirs, "none");
        assert_eq!(at(&mine, "a"), None);
    }
}
