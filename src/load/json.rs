//! Errors of JSON files, in this crate's words.

use serde::Deserialize;
use serde_json::error::Category;

use super::sniff;
use crate::error::{Error, Kind, Place, Result};

/// Reads a whole file. `what` names in errors what the content should be.
///
/// Kinds: [`Kind::Foreign`] when it is not JSON, [`Kind::Truncated`] when it ends too early,
/// [`Kind::OverLong`] when something follows the value, [`Kind::Malformed`] when it is JSON of
/// another shape.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8], what: &str) -> Result<T> {
    if let Some(error) = sniff::foreign(bytes) {
        return Err(error);
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(Error::new(Kind::Foreign, "not JSON")
            .byte(0)
            .found("a byte order mark")
            .help("save the file as UTF-8 without byte order mark"));
    }
    // The parser does not look into strings that nobody asks for.
    if let Err(error) = str::from_utf8(bytes) {
        return Err(Error::new(Kind::Foreign, "not JSON")
            .byte(error.valid_up_to() as u64)
            .found("a byte that is not UTF-8")
            .help("save the file as UTF-8"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(&mut reader).map_err(|e| explain(&e, what))?;
    reader.end().map_err(|e| {
        Error::new(Kind::OverLong, "the file goes on after its JSON value")
            .place(place(&e))
            .help("two files may have been joined: download the file again")
    })?;
    Ok(value)
}

fn place(error: &serde_json::Error) -> Place {
    let clamp = |n| u32::try_from(n).unwrap_or(u32::MAX);
    Place::Line { row: clamp(error.line()).max(1), column: clamp(error.column()).max(1) }
}

fn explain(error: &serde_json::Error, what: &str) -> Error {
    let text = message(error);
    // Grammatical, though the parser calls it a matter of syntax.
    let too_much = matches!(text.as_str(), "number out of range" | "recursion limit exceeded");
    let (kind, message) = match error.classify() {
        Category::Syntax if too_much => (Kind::Malformed, format!("not {what}")),
        Category::Eof => (Kind::Truncated, "the JSON ends too early".to_owned()),
        Category::Syntax | Category::Io => (Kind::Foreign, format!("not JSON: {text}")),
        Category::Data => (Kind::Malformed, format!("not {what}")),
    };
    let explained = Error::new(kind, message).place(place(error));
    match (kind, expectation(&text)) {
        (Kind::Malformed, Some((found, expected))) => explained.expected(expected).found(found),
        (Kind::Malformed, None) => explained.found(text),
        _ => explained.help("download the file again"),
    }
}

/// The message without the place that `serde_json` appends.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// `(found, expected)` of a message like "invalid type: string "a", expected u32".
fn expectation(text: &str) -> Option<(String, String)> {
    let rest = ["invalid type: ", "invalid value: "].iter().find_map(|p| text.strip_prefix(p))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    // Enough of it to be recognised; a hostile string may be megabytes long.
    Some((found.chars().take(60).collect(), expected.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> Error {
        parse::<Vec<u32>>(text.as_bytes(), "a list of numbers").unwrap_err()
    }

    #[test]
    fn kinds_and_places() {
        let line = |row, column| Some(Place::Line { row, column });
        for (text, kind, place) in [
            ("[1,\n2", Kind::Truncated, line(2, 1)),
            ("[1,\n x]", Kind::Foreign, line(2, 2)),
            ("[1]\n[2]", Kind::OverLong, line(2, 1)),
            ("[1,\n-2]", Kind::Malformed, line(2, 2)),
            ("{\"a\":1}", Kind::Malformed, line(1, 0)),
            ("[1e999]", Kind::Malformed, line(1, 6)),
            ("[4294967296]", Kind::Malformed, line(1, 11)),
        ] {
            let e = error(text);
            assert_eq!((e.kind(), e.where_in_file().is_some()), (kind, true), "{text}: {e}");
            if place != line(1, 0) {
                assert_eq!(e.where_in_file().cloned(), place, "{text}: {e}");
            }
        }
        assert_eq!(error("[1,\"a\"]").detail(), "not a list of numbers: expected u32, found string \"a\"");
        assert_eq!(error("\u{feff}[]").kind(), Kind::Foreign);
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        let deep = "[".repeat(1_000_000);
        assert_eq!(parse::<serde_json::Value>(deep.as_bytes(), "x").unwrap_err().kind(), Kind::Malformed);
        assert_eq!(error(&format!("[{deep}")).kind(), Kind::Malformed);
    }
}
