//! The shell of a page that is one file: nothing is fetched, nothing but its own script runs.

use serde::Serialize;
use serde_json::Value;

/// The style that all pages share.
const STYLE: &str = include_str!("web/page.css");
/// The viewer of point clouds, for pages that hold some.
pub const VIEWER: &str = include_str!("web/viewer.js");

/// A page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page<'a> {
    /// The title, as text.
    pub title: &'a str,
    /// What is in it, as markup; text of others must have gone through [`escaped`].
    pub body: &'a str,
    /// Style sheets beside the shared one.
    pub styles: &'a [&'a str],
    /// Scripts, which find [`Self::data`] by the id `data`.
    pub scripts: &'a [&'a str],
    /// A JSON document, as [`data`] makes it.
    pub data: Option<&'a str>,
}

impl Page<'_> {
    /// The page as text. The same page is the same text.
    pub fn html(&self) -> String {
        // Only what the page brings itself may act: what a sentence smuggled in would not know the
        // number.
        let mut hash = blake3::Hasher::new();
        for part in [self.title, self.body, self.data.unwrap_or_default()] {
            hash.update(part.as_bytes()).update(&[0]);
        }
        let nonce = &hash.finalize().to_hex()[..32];
        let script =
            if self.scripts.is_empty() { String::new() } else { format!("script-src 'nonce-{nonce}'; ") };
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
             {script}style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n",
            escaped(self.title)
        );
        for style in [STYLE].iter().chain(self.styles) {
            html += &format!("<style nonce=\"{nonce}\">{style}</style>\n");
        }
        html += &format!("</head>\n<body>\n{}", self.body);
        if let Some(data) = self.data {
            html += &format!("<script type=\"application/json\" id=\"data\">{data}</script>\n");
        }
        for script in self.scripts {
            html += &format!("<script nonce=\"{nonce}\">{script}</script>\n");
        }
        html + "</body>\n</html>\n"
    }
}

/// A value as JSON that can stand in a page: nothing in it ends the element, and text holds no
/// characters that would steer how it is shown.
pub fn data(value: &impl Serialize) -> String {
    // Maps with text keys, numbers and text: nothing here can fail to be JSON.
    let mut value = serde_json::to_value(value).unwrap_or_default();
    clean(&mut value);
    let text = value.to_string();
    text.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

fn clean(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(steers) => *text = text.replace(steers, "\u{fffd}"),
        Value::Array(list) => list.iter_mut().for_each(clean),
        Value::Object(map) => map.values_mut().for_each(clean),
        _ => {}
    }
}

/// Whether a character could make text say something else than it does: control characters, and
/// those that turn the direction of what follows.
fn steers(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || c.is_control() && !matches!(c, '\n' | '\t')
}

/// Text that is safe between tags and in quoted attributes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            c if steers(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIL: &str = "</script><script>alert(1)</script><!-- \"a\" 'b' &amp; \u{202e}x\0 🪑 é";

    #[test]
    fn nothing_of_the_data_ends_its_element_and_it_comes_back() {
        let text = data(&serde_json::json!({ "text": EVIL, "list": [EVIL] }));
        assert!(!text.contains(['<', '>', '&', '\0', '\u{202e}']), "{text}");
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["text"], EVIL.replace(['\0', '\u{202e}'], "\u{fffd}"));
        assert_eq!(back["list"][0], back["text"]);
    }

    #[test]
    fn only_what_the_page_brings_may_act() {
        let body = format!("<p>{}</p>", escaped(EVIL));
        let page = Page { title: EVIL, body: &body, scripts: &["go()"], data: Some("{}"), ..Page::default() };
        let html = page.html();
        let nonce = html.split("script-src 'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert_eq!(nonce.len(), 32);
        assert_eq!(html.matches("<script").count(), 2);
        assert_eq!(html.matches(&format!("<script nonce=\"{nonce}\">go()</script>")).count(), 1);
        assert_eq!(html, page.html());
        assert!(
            !html.contains("alert(1)</script>") && !html.contains("http://") && !html.contains("https://")
        );
        let still = Page { title: "t", body: &body, ..Page::default() }.html();
        assert!(!still.contains("script-src") && !still.contains("<script"));
    }
}
