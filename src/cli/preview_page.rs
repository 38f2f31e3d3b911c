//! The page of `dataprep preview`: one file, no network; without its script the tables remain.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;
use serde::Serialize;

use super::plural;
use crate::augment::{Outcome, TextAction};
use crate::error::Result;
use crate::math::Affine;
use crate::pipeline::{Judged, Preview, Previewed};
use crate::render::page::{Page, VIEWER, data, escaped};
use crate::render::{Cloud, Look, MANY, Size, Stage, View, cloud, jpeg, level, picture};

/// Pixels of a picture's longer side.
const SIZE: u32 = 280;

/// Points of a variant in 3D.
const POINTS: usize = 20_000;

const STYLE: &str = "\
body{max-width:110rem}.columns th,.columns td{min-width:14rem;max-width:20rem;padding:.4rem .6rem}\
.beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:.7rem}\
.beside h3{margin:.3rem 0}del{color:var(--drop)}\
.columns td{overflow-wrap:anywhere}\
@media(max-width:60rem){.columns,.columns tbody{display:block}.columns tr{display:grid;\
grid-template-columns:repeat(auto-fill,minmax(min(100%,9.5rem),1fr));margin-bottom:.6rem}.columns tr:has(th){display:none}\
.columns td{min-width:0;max-width:none}.columns td::before{content:attr(data-of);display:block;font-weight:600}}";

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
        "<h1>{} through {}</h1>\n<p class=\"notice\">This page embeds pictures and points of the scan and its \
         sentences. Share it no further than the licence of the data allows.</p>\n",
        escaped(&preview.scan),
        escaped(&pipeline.display().to_string())
    );
    let _ = writeln!(
        body,
        "<p class=\"soft\">{} about {}; {} shown.</p>",
        plural(preview.descriptions.len(), "sentence"),
        plural(described.len(), "object"),
        plural(objects.len(), "object")
    );
    // The same camera in the frame of the original, for all.
    let frame = preview.variants.first().map_or(Affine::IDENTITY, |original| level(&original.scene));
    let stage = Stage::of(preview.variants.iter().map(|v| &v.scene), View::Iso);
    let pictures = |highlight: Option<i32>| -> Result<Vec<String>> {
        let look = Look {
            targets: highlight.as_slice(),
            fill: true,
            stage,
            ..Look::at(View::Iso, Size::Longer(SIZE))
        };
        preview.variants.par_iter().map(|v| picture_of(v, &look, &preview.scan)).collect()
    };
    body += "<section><h2>Before and after in 3D</h2>\n<div id=\"space\"></div>\n<noscript>The 3D view needs this \
             page's own script.</noscript>\n</section>\n";
    body += "<h2>Variants</h2>\n";
    body += &wide("variants");
    body += &heads(preview);
    body += &row(preview, pictures(None)?.into_iter());
    body += &row(preview, preview.variants.iter().map(steps));
    body += "</table></div>\n";
    for object in objects {
        let name = preview.descriptions.iter().find(|d| d.object_id == object).map_or("", |d| &d.object_name);
        let _ = writeln!(body, "<h2>Object {object}: {}</h2>", escaped(&name.replace('_', " ")));
        body += &wide(&format!("object {object}"));
        body += &heads(preview);
        body += &row(preview, pictures(Some(object))?.into_iter());
        let own = preview.descriptions.iter().enumerate().filter(|(_, d)| d.object_id == object);
        for (index, description) in own {
            let cell = |v: &Previewed| match &v.sentences[index] {
                _ if v.variant == 0 => escaped(&description.text),
                Some(judged) => verdict(judged),
                None => "<span class=\"soft\">not in this variant: balance</span>".to_owned(),
            };
            body += &row(preview, preview.variants.iter().map(cell));
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
    let body = format!("<main>\n{body}</main>\n");
    let clouds: Vec<Told> = preview.variants.par_iter().map(|v| told(v, &frame)).collect();
    let title = format!("{} · dataprep preview", preview.scan);
    let clouds = data(&clouds);
    let page = Page {
        title: &title,
        body: &body,
        styles: &[STYLE],
        scripts: &[VIEWER, include_str!("preview.js")],
        data: Some(&clouds),
    };
    Ok(page.html())
}

/// What the page's script is told of a variant.
#[derive(Serialize)]
struct Told {
    name: String,
    /// The steps that changed it, in their order.
    steps: String,
    cloud: Cloud,
}

fn told(variant: &Previewed, frame: &Affine) -> Told {
    let applied = variant.steps.iter().filter(|s| s.outcome == Outcome::Applied);
    let steps: Vec<&str> = applied.map(|s| s.id.as_str()).collect();
    let steps = if steps.is_empty() { "no step changed it".to_owned() } else { steps.join(", ") };
    Told { name: name(variant), steps, cloud: cloud(&variant.scene, POINTS, &[], frame) }
}

fn name(variant: &Previewed) -> String {
    if variant.variant == 0 { "original".into() } else { format!("variant {}", variant.variant) }
}

/// The beginning of a table that can be scrolled sideways, also by keys.
fn wide(name: &str) -> String {
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\"><table class=\"columns\" role=\"table\">\n"
    )
}

/// A row with a cell a variant, each of which knows whose it is: on a narrow screen there are no columns. The
/// roles stay when the style takes the table apart.
fn row(preview: &Preview, cells: impl Iterator<Item = String>) -> String {
    let cells = preview.variants.iter().map(name).zip(cells);
    let cell = |(name, cell)| format!("<td role=\"cell\" data-of=\"{name}\">{cell}</td>");
    format!("<tr role=\"row\">{}</tr>\n", cells.map(cell).collect::<String>())
}

fn heads(preview: &Preview) -> String {
    let heads = preview.variants.iter().map(|v| format!("<th role=\"columnheader\">{}</th>", name(v)));
    format!("<tr role=\"row\">{}</tr>\n", heads.collect::<String>())
}

fn picture_of(variant: &Previewed, look: &Look<'_>, scan: &str) -> Result<String> {
    let picture = picture(&variant.scene, look);
    let what = look.targets.first().map_or(String::new(), |id| format!(", object {id} pointed out"));
    Ok(format!(
        "<img width=\"{}\" height=\"{}\" alt=\"{} v{}{what}\" src=\"data:image/jpeg;base64,{}\">",
        picture.width(),
        picture.height(),
        escaped(scan),
        variant.variant,
        STANDARD.encode(jpeg(&picture, MANY)?)
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
    let points = plural(variant.scene.points.len(), "point");
    format!("<span class=\"soft\">{points}</span><ul>{items}</ul>")
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
        let _ = write!(out, "<del>{}</del> <mark title=\"was: {0}\">{}</mark>", escaped(from), escaped(to));
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
        for tag in ["<script>", "<img src=x", "<i>", "<u>", "<a>", "<p>", "a<b>"] {
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
        assert_eq!(page.matches("src=\"").count(), page.matches("src=\"data:image/jpeg;base64,").count());
        assert!(!page.contains("http://") && !page.contains("https://"));
    }

    #[test]
    fn each_verdict_is_shown_and_changed_words_are_marked() {
        let page = page(&hostile(), Path::new("p.toml"), Shown { objects: 9, only: Some(3) }).unwrap();
        assert!(
            page.contains("&lt;u&gt;bright <del>left</del> <mark title=\"was: left\">right</mark>"),
            "whole words only"
        );
        assert!(page.contains("dropped: recolour by &lt;b&gt;") && page.contains(">kept</span>"));
        assert!(page.contains("not in this variant: balance"));
        let twice = [("a".into(), "b".into()), ("c".into(), "b".into())];
        assert_eq!(
            marked("b b", &twice),
            "<del>a</del> <mark title=\"was: a\">b</mark> <del>c</del> <mark title=\"was: c\">b</mark>"
        );
        assert_eq!(marked("other", &twice), "other");
    }

    #[test]
    fn the_policy_allows_pictures_in_the_page_and_what_the_page_brings() {
        let of = |preview: &Preview| page(preview, Path::new("p"), Shown { objects: 1, only: None }).unwrap();
        let page = of(&hostile());
        let policy = page.split("content=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(policy.starts_with("default-src 'none'; img-src data:; script-src 'nonce-"), "{policy}");
        let nonce = policy.split("nonce-").nth(1).unwrap().split('\'').next().unwrap();
        // Twice in the policy; two style sheets and two scripts.
        assert_eq!((nonce.len(), page.matches(nonce).count()), (32, 6));
        assert!(!page.contains(" style=\""));
        assert_eq!(page, of(&hostile()));
    }
}
