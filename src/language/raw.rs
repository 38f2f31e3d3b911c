//! What is wrong with a text before anything is read into it.

/// What keeps a text from being text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Garbled {
    /// A control character, or one that cannot be seen.
    Control(char),
    /// U+FFFD, which stands for something that was lost.
    Replacement,
    /// UTF-8 that was read as Windows-1252, and what it was.
    Mojibake {
        /// As it stands.
        found: String,
        /// As it was meant.
        meant: String,
    },
}

/// The first thing in `text` that no annotator typed.
pub fn garbled(text: &str) -> Option<Garbled> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return None;
    }
    for c in text.chars() {
        match c {
            '\u{fffd}' => return Some(Garbled::Replacement),
            '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
                return Some(Garbled::Control(c));
            }
            _ => {}
        }
    }
    text.split(|c: char| c.is_ascii()).find_map(mojibake).or_else(|| {
        let odd = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        text.chars().find(odd).map(Garbled::Control)
    })
}

/// A run of letters beyond ASCII that, as bytes of Windows-1252, is UTF-8.
fn mojibake(run: &str) -> Option<Garbled> {
    let bytes: Vec<u8> = run.chars().map(windows_1252).collect::<Option<_>>()?;
    let meant = (bytes.len() > 1).then(|| String::from_utf8(bytes).ok()).flatten()?;
    Some(Garbled::Mojibake { found: run.to_owned(), meant })
}

/// The byte that stands for `c` in Windows-1252.
fn windows_1252(c: char) -> Option<u8> {
    // 0x80 to 0x9f; the five that stand for nothing are kept as the control characters they are.
    const UPPER: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match u32::from(c) {
        code @ 0x80..=0xff => Some(code as u8),
        _ => UPPER.iter().position(|&u| u == c).map(|i| 0x80 + i as u8),
    }
}

/// Words that punctuation joins because the space after it is missing ("table.it"). Numbers,
/// abbreviations and web addresses are not such.
pub fn unspaced(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().filter_map(|chunk| {
        let chunk = chunk.trim_matches(|c: char| !c.is_alphanumeric());
        let mut parts = chunk.split(['.', '!', '?', ';', ':', ',']);
        let long = |part: Option<&str>| part.is_some_and(|p| p.len() > 1 && p.chars().all(is_letter));
        let found = long(parts.next()) && long(parts.next());
        (found && !chunk.contains("://") && !chunk.starts_with("www.")).then_some(chunk)
    })
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '-' | '\'')
}

/// Whole texts that stand for no text.
const PLACEHOLDERS: [&str; 9] = ["n/a", "na", "none", "null", "nan", "undefined", "todo", "tbd", "test"];

/// How many letters a marker has at most.
const AHEAD: usize = 40;

/// What is left of a template, or markup: the first of it.
pub fn residue(text: &str) -> Option<&str> {
    let whole = text.trim();
    if PLACEHOLDERS.iter().any(|p| whole.trim_end_matches('.').eq_ignore_ascii_case(p)) {
        return Some(whole);
    }
    text.char_indices().find_map(|(at, c)| {
        let rest = &text[at..];
        // Looks a little ahead only: a text of opening brackets must not take for ever.
        let until = |end: char, fits: fn(&str) -> bool| {
            let (close, _) = rest.char_indices().skip(1).take(AHEAD).find(|&(_, c)| c == end)?;
            fits(&rest[1..close]).then(|| &rest[..=close])
        };
        match c {
            '{' => until('}', |_| true).or(Some(&rest[..1])),
            '}' => Some(&rest[..1]),
            '<' => until('>', |inside| inside.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')),
            '[' => until(']', |inside| !inside.is_empty() && inside.chars().all(is_marker)),
            '&' => until(';', |inside| {
                let name = inside.strip_prefix('#').unwrap_or(inside);
                !name.is_empty() && name.len() <= 8 && name.chars().all(|c| c.is_ascii_alphanumeric())
            }),
            _ => None,
        }
    })
}

/// Whether a letter is one that markers such as `[SEG]` are made of.
fn is_marker(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_typed_is_told_from_what_somebody_did() {
        assert_eq!(garbled("the chair\u{7}"), Some(Garbled::Control('\u{7}')));
        assert_eq!(garbled("the\u{200b} chair"), Some(Garbled::Control('\u{200b}')));
        assert_eq!(garbled("the caf\u{fffd}"), Some(Garbled::Replacement));
        let mojibake = |found: &str, meant: &str| {
            Some(Garbled::Mojibake { found: found.to_owned(), meant: meant.to_owned() })
        };
        assert_eq!(garbled("the cafÃ© chair"), mojibake("Ã©", "é"));
        assert_eq!(garbled("the chairâ€™s back"), mojibake("â€™", "’"));
        assert_eq!(garbled("a\u{c2}\u{a0}chair"), mojibake("\u{c2}\u{a0}", "\u{a0}"));
        for text in ["", "plain.", "a café’s “big” chaise — naïve, 5 °C", "tab\tand\nline", "椅子", "Ää"]
        {
            assert_eq!(garbled(text), None, "{text}");
        }
    }

    #[test]
    fn only_words_are_joined_by_a_missing_space() {
        let found = |text| unspaced(text).collect::<Vec<_>>();
        assert_eq!(found("on the table.it is red,and (big)"), ["table.it", "red,and"]);
        for text in
            ["3.5 m", "e.g. a u.s. flag", "www.a.com http://ab.cd", "the end. it is", "yes...", "a.m."]
        {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn templates_and_markup_are_found_and_plain_brackets_are_not() {
        for (text, found) in [
            ("the {object} is red", "{object}"),
            ("the chair [SEG].", "[SEG]"),
            ("<p>the chair</p>", "<p>"),
            ("black &amp; white", "&amp;"),
            ("N/A", "N/A"),
            ("brace { alone", "{"),
        ] {
            assert_eq!(residue(text), Some(found));
        }
        for text in
            ["the chair (red)", "width < 3 m > 2 m", "black & white; red", "[the chair]", "a test chair"]
        {
            assert_eq!(residue(text), None, "{text}");
        }
    }
}
