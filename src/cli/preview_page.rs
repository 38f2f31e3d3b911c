//! The page of `dataprep preview`: one file, no network, no script.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;

use crate::augment::{Outcome, TextAction};
use crate::error::Result;
use crate::pipeline::{Judged, Preview, Previewed};
use crate::render::{Highlight, View, png, raster};

/// Pixels of a picture's longer side.
const SIZE: u32 = 280;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1d1d1b;--paper:#fbfbf9;--line:#d8d8d2;--soft:#66665f;\
--keep:#2c7a3f;--adapt:#8a5a00;--drop:#b3261e;--mark:#ffe08a}\
@media(prefers-color-scheme:dark){:root{--ink:#e8e8e3;--paper:#1a1a19;--line:#3c3c38;--soft:#a5a59c;\
--keep:#7fce91;--adapt:#e9b85c;--drop:#f2938c;--mark:#6b4e00}}\
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:1.5rem auto;\
max-width:110rem;padding:0 1rem}\
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}.soft{color:var(--soft)}\
.notice{border-left:4px solid var(--adapt);padding:.3rem .8rem}\
.wide{overflow-x:auto}table{border-collapse:collapse}th,td{border:1px solid var(--line);padding:.4rem .6rem;\
vertical-align:top;text-align:left;min-width:14rem;max-width:20rem}\
img{display:block;max-width:100%;height:auto;border-radius:4px;background:#fafaf8}\
mark{background:var(--mark);color:inherit;padding:0 .15em;border-radius:2px}\
.keep{color:var(--keep)}.adapt{color:var(--adapt)}.drop{color:var(--drop)}b{font-weight:600}\
ul{padding-left:1.1rem;margin:.3rem 0}li{margin:.1rem 0}code{font-size:.9em;overflow-wrap:anywhere}";

/// Which described objects are shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// At most so many.
    pub objects: usize,
    /// This one alone.
    pub only: Option<i32>,
}

/// The page.
pub(super) fn page(preview: &Preview, pipeline: &Path, shown: Shown) -> Result<String> {
    let described: BTreeSet<i32> = preview.descriptions.iter().map(|d| d.object_id).collect();
    let objects: Vec<i32> = match shown.only {
        Some(only) => vec![only],
        None => described.iter().copied().take(shown.objects).collect(),
    };
    let mut body = format!(
        "<h1>{} through {}</h1>\n<p class=\"notice\">This page embeds pictures of the scan and its \
         sentences. Share it no further than the licence of the data allows.</p>\n",
        escaped(&preview.scan),
        escaped(&pipeline.display().to_string())
    );
    let _ = writeln!(
        body,
        "<p class=\"soft\">{} sentences about {} objects; {} objects shown.</p>",
        preview.descriptions.len(),
        described.len(),
        objects.len()
    );
    let pictures = |highlight: Highlight| -> Result<Vec<String>> {
        preview.variants.par_iter().map(|v| picture(v, highlight, &preview.scan)).collect()
    };
    body += "<h2>Variants</h2>\n<div class=\"wide\"><table>\n";
    body += &heads(preview);
    body += &row("td", pictures(None)?.into_iter());
    body += &row("td", preview.variants.iter().map(steps));
    body += "</table></div>\n";
    for object in objects {
        let name = preview.descriptions.iter().find(|d| d.object_id == object).map_or("", |d| &d.object_name);
        let _ = writeln!(body, "<h2>Object {object}: {}</h2>", escaped(&name.replace('_', " ")));
        body += "<div class=\"wide\"><table>\n";
        body += &heads(preview);
        body += &row("td", pictures(Some(object))?.into_iter());
        let own = preview.descriptions.iter().enumerate().filter(|(_, d)| d.object_id == object);
        for (index, description) in own {
            let cell = |v: &Previewed| match &v.sentences[index] {
                _ if v.variant == 0 => escaped(&description.text),
                Some(judged) => verdict(judged),
                None => "<span class=\"soft\">not in this variant: balance</span>".to_owned(),
            };
            body += &row("td", preview.variants.iter().map(cell));
        }
        body += "</table></div>\n";
    }
    if !preview.skipped.is_empty() {
        body += "<h2>Left out</h2>\n<ul>\n";
        for skipped in &preview.skipped {
            let _ =
                writeln!(body, "<li><code>{}</code> {}</li>", escaped(&skipped.what), escaped(&skipped.why));
        }
        body += "</ul>\n";
    }
    // Only the one style sheet below may act: whatever a sentence smuggled in would not know its nonce.
    let nonce = &blake3::hash(body.as_bytes()).to_hex()[..32];
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{} · dataprep preview</title>\n<style nonce=\"{nonce}\">{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escaped(&preview.scan)
    ))
}

fn row(tag: &str, cells: impl Iterator<Item = String>) -> String {
    let cells = cells.fold(String::new(), |all, cell| all + "<" + tag + ">" + &cell + "</" + tag + ">");
    format!("<tr>{cells}</tr>\n")
}

fn heads(preview: &Preview) -> String {
    let name =
        |v: &Previewed| if v.variant == 0 { "original".into() } else { format!("variant {}", v.variant) };
    row("th", preview.variants.iter().map(name))
}

fn picture(variant: &Previewed, highlight: Highlight, scan: &str) -> Result<String> {
    let picture = raster(&variant.scene, View::Iso, SIZE, highlight);
    let what = highlight.map_or(String::new(), |id| format!(", object {id} pointed out"));
    Ok(format!(
        "<img width=\"{}\" height=\"{}\" alt=\"{} v{}{what}\" src=\"data:image/png;base64,{}\">",
        picture.width(),
        picture.height(),
        escaped(scan),
        variant.variant,
        STANDARD.encode(png(&picture)?)
    ))
}

/// The steps that changed the scene, with what was drawn; and those that could not be applied.
fn steps(variant: &Previewed) -> String {
    let mut items = String::new();
    for step in &variant.steps {
        let drawn: Vec<String> =
            step.parameters.iter().map(|(key, value)| format!("{key} {}", short(value))).collect();
        let drawn = escaped(&drawn.join(", "));
        let _ = match (step.outcome, &step.reason) {
            (Outcome::Applied, _) => write!(items, "<li><b>{}</b> {drawn}</li>", escaped(&step.id)),
            (Outcome::Skipped, Some(why)) => {
                write!(items, "<li class=\"drop\">{} not applied: {}</li>", escaped(&step.id), escaped(why))
            }
            _ => write!(items, "<li class=\"soft\">{} not drawn</li>", escaped(&step.id)),
        };
    }
    let points = variant.scene.points.len();
    format!("<span class=\"soft\">{points} points</span><ul>{items}</ul>")
}

/// A drawn value with as many digits as people want.
fn short(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Number(n) if n.is_f64() => format!("{:.3}", n.as_f64().unwrap_or_default()),
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(short).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn verdict(judged: &Judged) -> String {
    let why = judged.reason.as_ref().map_or(String::new(), |(reason, step)| {
        let by = step.as_ref().map_or(String::new(), |step| format!(" by {step}"));
        escaped(&format!("{reason}{by}"))
    });
    match judged.action {
        TextAction::Keep if why.is_empty() => "<span class=\"keep\">kept</span>".to_owned(),
        TextAction::Keep => format!("<span class=\"drop\">kept, though false: {why}</span>"),
        TextAction::Adapt => {
            let text = marked(&judged.text, &judged.changed_words);
            format!("<span class=\"adapt\">adapted: {why}</span><br>{text}")
        }
        TextAction::Drop => format!("<span class=\"drop\">dropped: {why}</span>"),
    }
}

/// A sentence, escaped, with the words that were put in marked.
fn marked(text: &str, changed: &[(String, String)]) -> String {
    let (mut out, mut rest) = (String::new(), text);
    for (from, to) in changed {
        let Some(at) = word_at(rest, to) else { break };
        out += &escaped(&rest[..at]);
        let _ = write!(out, "<mark title=\"was: {}\">{}</mark>", escaped(from), escaped(to));
        rest = &rest[at + to.len()..];
    }
    out + &escaped(rest)
}

/// Where a whole word begins in a text.
fn word_at(text: &str, word: &str) -> Option<usize> {
    let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_whole = |&(at, found): &(usize, &str)| {
        !inside(text[..at].chars().next_back()) && !inside(text[at + found.len()..].chars().next())
    };
    if word.is_empty() { None } else { text.match_indices(word).find(is_whole).map(|(at, _)| at) }
}

/// Text that is safe between tags and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            // A character that turns the direction of text could make it say something else.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Description, Scene};
    use crate::write::Skipped;

    fn hostile() -> Preview {
        let evil = "the <script>alert(1)</script> on the \"left\" & 'right' </td><img src=x onerror=y>";
        let judged = |action, text: &str, reason: Option<&str>| {
            Some(Judged {
                action,
                text: text.into(),
                changed_words: vec![("left".into(), "right".into())],
                reason: reason.map(|r| (r.to_owned(), Some("<b>".to_owned()))),
            })
        };
        let variant =
            |variant, sentences| Previewed { variant, scene: Scene::default(), steps: vec![], sentences };
        Preview {
            scan: "<i>scan</i>".into(),
            descriptions: vec![Description {
                object_id: 3,
                text: evil.into(),
                object_name: evil.into(),
                ..Description::default()
            }],
            variants: vec![
                variant(0, vec![judged(TextAction::Keep, evil, None)]),
                variant(1, vec![judged(TextAction::Adapt, "<u>bright right", Some("mirror"))]),
                variant(2, vec![judged(TextAction::Drop, evil, Some("recolour"))]),
                variant(3, vec![judged(TextAction::Keep, evil, None)]),
                variant(4, vec![None]),
            ],
            skipped: vec![Skipped { what: "<a>".into(), why: "<p>".into(), fault: true }],
        }
    }

    #[test]
    fn nothing_of_the_data_becomes_markup() {
        let page = page(&hostile(), Path::new("a<b>.toml"), Shown { objects: 9, only: None }).unwrap();
        for tag in ["<script", "<img src=x", "<i>", "<u>", "<a>", "<p>", "a<b>"] {
            assert!(!page.contains(tag), "{tag}");
        }
        assert!(
            page.contains(
                "&lt;script&gt;alert(1)&lt;/script&gt; on the &quot;left&quot; &amp; &#39;right&#39;"
            )
        );
        // Every tag that is opened is closed, and every address is in the page itself.
        for tag in ["td", "tr", "table", "div", "mark", "span", "ul", "li", "h2", "main"] {
            let (open, close) = (
                page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count(),
                page.matches(&format!("</{tag}>")).count(),
            );
            assert_eq!(open, close, "{tag}");
        }
        assert_eq!(page.matches("src=\"").count(), page.matches("src=\"data:image/png;base64,").count());
        assert!(!page.contains("http://") && !page.contains("https://"));
    }

    #[test]
    fn each_verdict_is_shown_and_changed_words_are_marked() {
        let page = page(&hostile(), Path::new("p.toml"), Shown { objects: 9, only: Some(3) }).unwrap();
        assert!(page.contains("&lt;u&gt;bright <mark title=\"was: left\">right</mark>"), "whole words only");
        assert!(page.contains("dropped: recolour by &lt;b&gt;") && page.contains(">kept</span>"));
        assert!(page.contains("not in this variant: balance"));
        let twice = [("a".into(), "b".into()), ("c".into(), "b".into())];
        assert_eq!(marked("b b", &twice), "<mark title=\"was: a\">b</mark> <mark title=\"was: c\">b</mark>");
        assert_eq!(marked("other", &twice), "other");
    }

    #[test]
    fn the_policy_allows_pictures_in_the_page_and_the_one_style_sheet() {
        let of = |preview: &Preview| page(preview, Path::new("p"), Shown { objects: 1, only: None }).unwrap();
        let page = of(&hostile());
        let policy = page.split("content=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(policy.starts_with("default-src 'none'; img-src data:; style-src 'nonce-"), "{policy}");
        let nonce = policy.split("nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert_eq!((nonce.len(), page.matches(nonce).count()), (32, 2));
        assert!(!page.contains(" style=\""));
        assert_eq!(page, of(&hostile()));
    }
}
