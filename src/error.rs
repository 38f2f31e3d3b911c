//! The one error type of the crate.
//!
//! An error names the file, the place in it, what was expected, what was found and what to do
//! about it, as far as each is known. One type rather than one per module, because errors travel:
//! a truncated PLY is an error to the loader, a finding to the audit and a skipped scan to the
//! augmentation, and all three show the same facts.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong; decides the rule that reports it and the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// A file or folder that must be there is not.
    NotFound,
    /// The operating system refused: permissions, full disk, broken device.
    Io,
    /// The file ends before what it declares.
    Truncated,
    /// The file goes on after what it declares.
    OverLong,
    /// The content is of another format than the file's name says.
    Foreign,
    /// The format is right but a value in it is not: wrong type, out of range, missing field.
    Malformed,
    /// A configuration, pipeline file or argument cannot be used.
    Config,
    /// The output folder holds something else.
    Conflict,
    /// Written data does not match what its manifest says.
    Corrupt,
    /// The run was interrupted and can be resumed.
    Interrupted,
}

impl Kind {
    /// The kind in one word, as JSON and Python show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Io => "io",
            Self::Truncated => "truncated",
            Self::OverLong => "over-long",
            Self::Foreign => "foreign",
            Self::Malformed => "malformed",
            Self::Config => "config",
            Self::Conflict => "conflict",
            Self::Corrupt => "corrupt",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A place inside a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Byte offset from the start of the file.
    Byte(u64),
    /// 1-based line and column (columns count characters).
    Line {
        /// 1-based line.
        row: u32,
        /// 1-based column.
        column: u32,
    },
}

impl Place {
    /// The line and column of byte `offset` in `text`.
    pub fn of_offset(text: &[u8], offset: usize) -> Self {
        let head = &text[..offset.min(text.len())];
        let row = head.iter().filter(|&&b| b == b'\n').count() + 1;
        let start = head.iter().rposition(|&b| b == b'\n').map_or(0, |p| p + 1);
        let column = String::from_utf8_lossy(&head[start..]).chars().count() + 1;
        Self::Line { row: clamp(row), column: clamp(column) }
    }
}

/// Of `known` names the one most like `name`, if any is like it.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|k| (strsim::normalized_damerau_levenshtein(name, k), k))
        .filter(|(likeness, _)| *likeness > 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

fn clamp(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(at) => write!(f, "byte {at}"),
            Self::Line { row, column } => write!(f, "{row}:{column}"),
        }
    }
}

/// What went wrong, where, and what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Error(Box<Facts>);

#[derive(Clone, Debug)]
struct Facts {
    kind: Kind,
    message: String,
    path: Option<PathBuf>,
    place: Option<Place>,
    expected: Option<String>,
    found: Option<String>,
    help: Option<String>,
}

impl Error {
    /// A new error; `message` is one short clause in lower case, without file or place.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Facts {
            kind,
            message: message.into(),
            path: None,
            place: None,
            expected: None,
            found: None,
            help: None,
        }))
    }

    /// An error of the operating system while `doing` something to `path`.
    pub fn io(doing: &str, path: impl AsRef<Path>, source: &std::io::Error) -> Self {
        let kind = match source.kind() {
            std::io::ErrorKind::NotFound => Kind::NotFound,
            _ => Kind::Io,
        };
        let mut error = Self::new(kind, format!("cannot {doing}: {source}")).at(path);
        error.0.help = match source.kind() {
            std::io::ErrorKind::PermissionDenied => {
                Some("check the owner and the permissions of the file and its folder".into())
            }
            std::io::ErrorKind::StorageFull => {
                Some("free some space, then run the same command again".into())
            }
            std::io::ErrorKind::ReadOnlyFilesystem => Some("choose another output folder with -o".into()),
            _ => None,
        };
        error
    }

    /// An error in the text of a TOML file, at its line and column; an unknown key gets the
    /// nearest known one as its remedy.
    pub fn toml(path: &Path, source: &str, error: &toml::de::Error) -> Self {
        let message = error.message().trim();
        // What serde calls a type is the program's business.
        let said =
            [("u32", "a whole number from 0 up"), ("u64", "a whole number from 0 up"), ("f64", "a number")]
                .iter()
                .fold(message.lines().collect::<Vec<_>>().join("; "), |said, (rust, words)| {
                    said.replace(&format!("expected {rust}"), &format!("expected {words}"))
                });
        let mut told = Self::new(Kind::Config, said).at(path);
        if let Some(span) = error.span() {
            told = told.place(Place::of_offset(source.as_bytes(), span.start));
        }
        // serde says: unknown field `x`, expected one of `a`, `b`
        let mut quoted = message.split('`').skip(1).step_by(2);
        if message.starts_with("unknown")
            && let Some(unknown) = quoted.next()
            && let Some(near) = nearest(unknown, quoted)
        {
            told = told.help(format!("did you mean `{near}`?"));
        }
        told
    }

    /// Says first what the message is about.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        self.0.message = format!("{what}: {}", self.0.message);
        self
    }

    /// Names the file.
    #[must_use]
    pub fn at(mut self, path: impl AsRef<Path>) -> Self {
        self.0.path = Some(path.as_ref().to_path_buf());
        self
    }

    /// Names no file, and no place in one.
    #[must_use]
    pub fn nowhere(mut self) -> Self {
        (self.0.path, self.0.place) = (None, None);
        self
    }

    /// Names the byte.
    #[must_use]
    pub fn byte(mut self, offset: u64) -> Self {
        self.0.place = Some(Place::Byte(offset));
        self
    }

    /// Names the place.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// Says what should have been there.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }

    /// Says what was there.
    #[must_use]
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.0.found = Some(found.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The message alone, without file, place or help.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The file, if one is to blame.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The place in the file, if known.
    pub fn where_in_file(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// Message with expected and found, on one line, without the file: what a finding says.
    pub fn detail(&self) -> String {
        let mut text = self.0.message.clone();
        match (&self.0.expected, &self.0.found) {
            (Some(e), Some(f)) => text += &format!(": expected {e}, found {f}"),
            (Some(e), None) => text += &format!(": expected {e}"),
            (None, Some(f)) => text += &format!(": found {f}"),
            (None, None) => {}
        }
        text
    }

    /// The remedy, if one is known.
    pub fn remedy(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// What was expected and what was found, as far as known.
    pub fn expectation(&self) -> (Option<&str>, Option<&str>) {
        (self.0.expected.as_deref(), self.0.found.as_deref())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.0.path {
            write!(f, "{}", path.display())?;
            match &self.0.place {
                Some(Place::Line { row, column }) => write!(f, ":{row}:{column}: ")?,
                Some(Place::Byte(at)) => write!(f, " at byte {at}: ")?,
                None => write!(f, ": ")?,
            }
        }
        write!(f, "{}", self.detail())?;
        if let Some(help) = &self.0.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_file_place_expected_found_and_remedy() {
        let error = Error::new(Kind::Truncated, "the file ends too early")
            .at("a/b.ply")
            .byte(120)
            .expected("300 bytes")
            .found("120 bytes")
            .help("download the file again");
        assert_eq!(
            error.to_string(),
            "a/b.ply at byte 120: the file ends too early: expected 300 bytes, found 120 bytes\n  help: download the file again"
        );
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "ab\nçd".as_bytes();
        assert_eq!(Place::of_offset(text, 0), Place::Line { row: 1, column: 1 });
        assert_eq!(Place::of_offset(text, 5), Place::Line { row: 2, column: 2 });
        assert_eq!(Place::of_offset(text, 99), Place::Line { row: 2, column: 3 });
    }
}
