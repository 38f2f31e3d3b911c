//! Lists as Python prints them: what CSV files of Nr3D and Sr3D hold in place of lists.

/// The strings of a list like `['a', "b's"]`; `None` when the text is no such list.
pub(super) fn strings(text: &str) -> Option<Vec<String>> {
    list(text, string)
}

/// The numbers of a list like `[3, 14]`; `None` when the text is no such list.
pub(super) fn integers(text: &str) -> Option<Vec<i32>> {
    list(text, |text| {
        let end = text.find([',', ']']).unwrap_or(text.len());
        Some((text[..end].trim_end().parse().ok()?, &text[end..]))
    })
}

/// Reads a list with `item`, which takes one item off the front of a text.
fn list<'a, T>(text: &'a str, item: impl Fn(&'a str) -> Option<(T, &'a str)>) -> Option<Vec<T>> {
    let mut rest = text.trim().strip_prefix('[')?.trim_start();
    let mut items = Vec::new();
    while !rest.starts_with(']') {
        let (one, after) = item(rest)?;
        items.push(one);
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if after.starts_with(']') => after,
            None => return None,
        };
    }
    (rest == "]").then_some(items)
}

/// The string literal that a text begins with, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut out = String::new();
    let mut chars = text[1..].chars();
    loop {
        match chars.next()? {
            '\\' => escaped(&mut chars, &mut out)?,
            c if c == quote => return Some((out, chars.as_str())),
            c => out.push(c),
        }
    }
}

/// Takes what follows a backslash.
fn escaped(chars: &mut std::str::Chars<'_>, out: &mut String) -> Option<()> {
    let digits = match chars.next()? {
        c @ ('\\' | '\'' | '"') => return take(out, &[c]),
        'n' => return take(out, &['\n']),
        'r' => return take(out, &['\r']),
        't' => return take(out, &['\t']),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        // Python keeps a backslash that means nothing.
        c => return take(out, &['\\', c]),
    };
    let code = chars.as_str().get(..digits)?;
    chars.nth(digits - 1)?;
    take(out, &[char::from_u32(u32::from_str_radix(code, 16).ok()?)?])
}

fn take(out: &mut String, chars: &[char]) -> Option<()> {
    out.extend(chars);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_prints_comes_back() {
        let read = |text| strings(text).map(|list| list.join("|"));
        for (text, expected) in [
            ("[]", ""),
            (" [ ] ", ""),
            ("['the', 'chair']", "the|chair"),
            ("['a',\"it's\" , 'x\"y',]", "a|it's|x\"y"),
            (r"['don\'t', '\\', 'a\nb', '\xe4\u00e9\U0001f600', '\q']", "don't|\\|a\nb|äé😀|\\q"),
            ("['[', ',', ']']", "[|,|]"),
            ("['größe']", "größe"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(integers("[3]"), Some(vec![3]));
        assert_eq!(integers("[ 3 , -14 ]"), Some(vec![3, -14]));
        assert_eq!(integers("[]"), Some(vec![]));
    }

    #[test]
    fn anything_else_is_no_list() {
        for text in [
            "",
            "[",
            "]",
            "['a'",
            "['a",
            "'a'",
            "['a' 'b']",
            "['a']x",
            "[,]",
            "[a]",
            "['a',,'b']",
            "['\\",
            "['\\x1']",
            "['\\xé']",
            "['\\ud800']",
            "[1]",
            "('a',)",
            "[['a']]",
            "['a'] ['b']",
        ] {
            assert_eq!(strings(text), None, "{text}");
        }
        for text in ["", "[1", "[1.5]", "[1,,2]", "['1']", "[99999999999]", "[1] [2]", "[1 2]"] {
            assert_eq!(integers(text), None, "{text}");
        }
        assert_eq!(strings(&"[".repeat(1_000_000)), None);
    }
}
