//! One page that needs no network: the verdict, the findings with pictures, and what the data set is
//! like.

mod album;
mod sections;

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

pub use album::{Album, Input, MOST_CLOUDS, MOST_SHOTS, Shot, Space, Spoken};

use super::{Cause, Report, plural, unread};
use crate::audit::finding::Severity;
use crate::audit::{Overview, rules};
use crate::language::{Nouns, pieces};
use crate::render::page::{Page, VIEWER, data, escaped};

/// Findings that a page lists: more than anybody reads, and few enough for a phone.
pub const MOST_LISTED: usize = 5_000;
/// Sentences that a card shows.
const MOST_SENTENCES: usize = 3;
/// Letters of a message, or of a value of the evidence, that a card shows; of a sentence twice as many.
const MOST_LETTERS: usize = 400;

/// What the page's script is told.
#[derive(Serialize)]
struct Told<'a> {
    causes: Vec<ToldCause<'a>>,
    findings: Vec<ToldFinding<'a>>,
    spaces: &'a [Space],
}

#[derive(Serialize)]
struct ToldCause<'a> {
    code: &'a str,
    name: &'a str,
    severity: Severity,
    sentence: Cow<'a, str>,
    findings: u64,
    scans: u64,
    descriptions: u64,
    why: String,
    how: String,
}

#[derive(Serialize)]
struct ToldFinding<'a> {
    /// Index of the cause.
    cause: usize,
    place: String,
    scene: Option<&'a str>,
    object: Option<i32>,
    ann: Option<Value>,
    split: Option<&'a str>,
    message: Cow<'a, str>,
    path: String,
    pointer: Option<&'a str>,
    score: Option<f64>,
    descriptions: u64,
    fix: Option<Cow<'a, str>>,
    evidence: Vec<(&'a str, String)>,
    related: Vec<Cow<'a, str>>,
    sentences: Vec<(String, Vec<(&'a str, &'static str)>)>,
    shots: &'a [Shot],
    /// Index of the scene in 3D.
    space: Option<usize>,
}

impl Report {
    /// The places in [`Self::findings`] of new findings in turns of causes, the worst causes first:
    /// the four worst of each, then the next four. The worst have the strongest evidence and do the
    /// most harm.
    pub fn worst_in_turns(&self) -> Vec<usize> {
        let mut order: Vec<usize> =
            (0..self.findings.len()).filter(|&i| self.findings[i].is_fresh()).collect();
        let worse = |&i: &usize| {
            let f = &self.findings[i];
            let score = f.score.filter(|s| s.is_finite()).unwrap_or(0.0);
            ((-score * 1e6) as i64, std::cmp::Reverse(f.descriptions), i)
        };
        order.sort_by_key(worse);
        let mut turns = self.turns(order.into_iter(), |&i| &self.findings[i]);
        turns.sort_by_key(|(turn, _)| ((turn.count - 1) / 4, turn.severity, turn.count, turn.rank));
        turns.into_iter().map(|(_, i)| i).collect()
    }
}

/// Writes the page.
pub fn html(report: &Report, album: &Album<'_>, out: &mut dyn Write) -> io::Result<()> {
    let told = told(report, album);
    let left_out = report.fresh().count() - told.findings.len();
    let overview = Overview::of(album.catalogue, album.summary);
    let mut body = String::from("<header>\n<h1>Audit</h1>\n");
    let worst = report.causes.first().map_or("clean", |c| c.severity.word());
    body += &format!(
        "<p class=\"verdict {worst}\">{}</p>\n",
        escaped(&short(hushed(&report.summary.verdict, album)))
    );
    body += &format!("<p>{}</p>\n", escaped(&report.footer()));
    body += &notice(album);
    body += "</header>\n<main>\n<section id=\"causes\"><h2>Causes by harm</h2>\n";
    body += &causes(report, album);
    body += "</section>\n<section id=\"findings\"><h2>Findings by rule</h2>\n";
    if left_out > 0 {
        body += &format!(
            "<p class=\"notice\">The {MOST_LISTED} worst are listed, some of each cause; {} not: see the JSON report.</p>\n",
            plural(left_out as u64, "finding") + if left_out == 1 { " is" } else { " are" }
        );
    }
    body += "<noscript><p>Filters, pictures and scenes in 3D need this page's own script.</p></noscript>\n</section>\n";
    if !album.spaces.is_empty() {
        body += "<section id=\"space\"><h2>Scenes in 3D</h2>\n</section>\n";
    }
    body += &sections::all(&overview, report, album);
    body += "</main>\n";
    let told = data(&told);
    let page = Page {
        title: "dataprep audit",
        body: &body,
        styles: &[include_str!("report.css")],
        scripts: &[VIEWER, include_str!("report.js")],
        data: Some(&told),
    };
    out.write_all(page.html().as_bytes())
}

fn notice(album: &Album<'_>) -> String {
    let what = match (album.pictures, album.texts) {
        (true, true) => "pictures and points of the scans, and their sentences",
        (true, false) => "pictures and points of the scans",
        (false, true) => "sentences of the data set",
        (false, false) => {
            return "<p class=\"soft\">This page embeds neither pictures nor sentences, but names of scans and \
                    classes, and counts.</p>\n"
                .to_owned();
        }
    };
    format!(
        "<p class=\"notice\">This page embeds {what}. Share it no further than the licence of the data \
         allows.</p>\n"
    )
}

/// The causes, those that harm the most descriptions first.
fn by_harm(report: &Report) -> Vec<&Cause> {
    let mut causes: Vec<&Cause> = report.causes.iter().collect();
    // What could not be read keeps its place before all others: nobody knows what it harms.
    causes.sort_by_key(|c| (!unread(c), std::cmp::Reverse(c.descriptions)));
    causes
}

fn causes(report: &Report, album: &Album<'_>) -> String {
    if report.causes.is_empty() {
        return "<p>Nothing was found.</p>\n".to_owned();
    }
    let most = report.causes.iter().map(|c| c.descriptions).max().unwrap_or(0).max(1);
    let mut html = String::from("<ol class=\"causes\">\n");
    for cause in by_harm(report) {
        let harm = match cause.descriptions {
            0 => String::new(),
            n => format!(
                "<span class=\"harm\"><meter min=\"0\" max=\"{most}\" value=\"{n}\" aria-label=\"share of the worst\"></meter> {} harmed</span>",
                plural(n, "description")
            ),
        };
        html += &format!(
            "<li><span class=\"badge {0}\">{0}</span> <a href=\"#{1}-{0}\">{1}</a> {2} {harm}</li>\n",
            cause.severity.word(),
            escaped(&cause.code),
            escaped(&short(hushed(&cause.sentence, album)))
        );
    }
    html + "</ol>\n"
}

fn told<'a>(report: &'a Report, album: &'a Album<'_>) -> Told<'a> {
    let nouns = Nouns::new(&album.catalogue.labels);
    let by_harm = by_harm(report);
    let causes = by_harm.iter().map(|c| {
        let section = |name| rules::find(&c.code).map_or_else(String::new, |r| r.meta().section(name));
        ToldCause {
            code: &c.code,
            name: &c.name,
            severity: c.severity,
            sentence: short(hushed(&c.sentence, album)),
            findings: c.findings,
            scans: c.scans,
            descriptions: c.descriptions,
            why: section("Why it matters"),
            how: section("How to fix"),
        }
    });
    let listed = report.worst_in_turns().into_iter().take(MOST_LISTED);
    let finding = |i: usize| {
        let f = &report.findings[i];
        let cause = by_harm.iter().position(|c| c.code == f.code && c.severity == f.severity);
        let those = f.spoken_of(album.catalogue).take(if album.texts { MOST_SENTENCES } else { 0 });
        let evidence = f.evidence.iter().filter(|_| album.texts);
        ToldFinding {
            cause: cause.unwrap_or_default(),
            place: f.place(),
            scene: f.scene_id.as_deref(),
            object: f.object_id,
            ann: f.ann_id.as_ref().and_then(|a| serde_json::to_value(a).ok()),
            split: f.split.as_deref(),
            message: short(hushed(&f.message, album)),
            path: f.path(),
            pointer: f.json_pointer.as_deref(),
            score: f.score.filter(|s| s.is_finite()),
            descriptions: f.descriptions,
            fix: f.fix.as_ref().map(|fix| short(hushed(&fix.message, album))),
            evidence: evidence.map(|(key, value)| (key.as_str(), shown(value))).collect(),
            related: f
                .related
                .iter()
                .take(MOST_SENTENCES)
                .map(|r| short(hushed(&r.message, album)))
                .collect(),
            sentences: those.map(|d| (d.key(), cut(pieces(&d.text, &nouns)))).collect(),
            shots: album.shots.get(&i).map_or(&[], Vec::as_slice),
            space: album.spaces.iter().position(|s| Some(s.cloud.id.as_str()) == f.scene_id.as_deref()),
        }
    };
    Told { causes: causes.collect(), findings: listed.map(finding).collect(), spaces: &album.spaces }
}

/// A value of the evidence in a line.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    short(text.into()).into_owned()
}

/// A text as a card shows it: without an end that nobody reads.
fn short(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((at, _)) => format!("{} …", &text[..at]).into(),
        None => text,
    }
}

/// The pieces of a sentence, without an end that nobody reads.
fn cut<'a>(pieces: Vec<(&'a str, &'static str)>) -> Vec<(&'a str, &'static str)> {
    let (mut left, mut kept) = (2 * MOST_LETTERS, Vec::new());
    for (text, kind) in pieces {
        let Some((at, _)) = text.char_indices().nth(left) else {
            left -= text.chars().count();
            kept.push((text, kind));
            continue;
        };
        kept.extend([(&text[..at], kind), (" …", "")]);
        break;
    }
    kept
}

/// A message; where texts are left out without what it quotes.
fn hushed<'a>(message: &'a str, album: &Album<'_>) -> Cow<'a, str> {
    if album.texts || !message.contains(['`', '"']) {
        return message.into();
    }
    let mut hushed = String::new();
    let mut rest = message;
    while let Some(at) = rest.find(['`', '"']) {
        // What a quotation holds may hold the other mark: it ends with its own, or never.
        let mark = &rest[at..=at];
        hushed += &rest[..at];
        hushed += "…";
        rest = rest[at + 1..].split_once(mark).map_or("", |(_, after)| after);
    }
    (hushed + rest).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faulty, hostile, many, report, text};
    use super::*;
    use crate::audit::Summary;
    use crate::audit::fixture::Fixture;
    use crate::scene::Catalogue;

    fn album<'a>(catalogue: &'a Catalogue, summary: &'a Summary) -> Album<'a> {
        Album {
            catalogue,
            summary,
            shots: std::collections::BTreeMap::new(),
            spaces: Vec::new(),
            inputs: Vec::new(),
            settings: vec![("select".into(), "<ALL>".into())],
            notes: vec!["no <table>".into()],
            texts: true,
            pictures: false,
        }
    }

    fn page(f: &Fixture, report: &Report, texts: bool) -> String {
        let (summary, _) = f.audit("ALL", false);
        let album = Album { texts, ..album(&f.catalogue, &summary) };
        text(|out| html(report, &album, out))
    }

    /// What the script is told.
    fn told_in(page: &str) -> Value {
        let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
        serde_json::from_str(data).unwrap()
    }

    #[test]
    fn the_page_says_all_in_order_and_fits_a_budget() {
        let f = Fixture::clean();
        let clean = page(&f, &report(&f), true);
        let order = [
            "Clean: nothing wrong",
            "Causes by harm",
            "Findings by rule",
            "<h2>Balance",
            "<h2>Splits",
            "<h2>Text",
            "<h2>Masks",
            "<h2>Provenance",
        ];
        let places: Vec<_> =
            order.iter().map(|part| clean.find(part).unwrap_or_else(|| panic!("{part}"))).collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(clean.contains("&lt;ALL&gt;") && clean.contains("no &lt;table&gt;"));
        let empty = Report::new(vec![], &Catalogue::default(), &Summary::default(), true);
        let (catalogue, summary) = (Catalogue::default(), Summary::default());
        let bytes = text(|out| html(&empty, &album(&catalogue, &summary), out)).len();
        assert!(bytes < 80_000, "{bytes}");
    }

    #[test]
    fn cards_hold_the_sentence_in_pieces_and_its_place() {
        let f = faulty();
        let told = told_in(&page(&f, &report(&f), true));
        let first = &told["findings"][0];
        assert_eq!((&first["place"], &first["object"]), (&"scene0001_00/1/1".into(), &1.into()));
        let pieces = first["sentences"][0][1].as_array().unwrap();
        let text: String = pieces.iter().map(|p| p[0].as_str().unwrap()).collect();
        assert_eq!(text, f.catalogue.descriptions[3].text);
        assert!(pieces.iter().any(|p| p[1] == "thing"), "{pieces:?}");
        assert_eq!(told["causes"][0]["code"], "REF103");
        assert!(!told["causes"][0]["why"].as_str().unwrap().is_empty());
    }

    #[test]
    fn without_texts_nothing_is_quoted() {
        let mut f = faulty();
        f.descriptions(|d| d.iter_mut().for_each(|d| d.text += " xyzzy"));
        assert!(page(&f, &report(&f), true).contains("xyzzy"));
        let quiet = page(&f, &report(&f), false);
        assert!(!quiet.contains("xyzzy") && !quiet.contains("lamp`"), "{quiet}");
        assert!(quiet.contains("neither pictures nor sentences"));
        let (catalogue, summary) = (Catalogue::default(), Summary::default());
        let quiet = Album { texts: false, ..album(&catalogue, &summary) };
        for (message, left) in [
            ("says `a \"b` of \"c` d\", e", "says … of …, e"),
            ("an open `quote", "an open …"),
            ("none", "none"),
        ] {
            assert_eq!(hushed(message, &quiet), left);
        }
    }

    #[test]
    fn nothing_of_the_data_becomes_markup() {
        let f = faulty();
        let page = page(&f, &hostile(), true);
        assert!(!page.contains("onload=x>"), "{page}");
        assert!(!page.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')));
        assert!(told_in(&page)["findings"][0]["message"].as_str().unwrap().contains("<b onload=x>"));
        assert_eq!(page.matches("<script").count(), 3);
    }

    #[test]
    fn a_hundred_thousand_findings_are_cut_to_the_worst_of_each_cause() {
        let report = many(100_000);
        let (catalogue, summary) = (Catalogue::default(), Summary::default());
        let page = text(|out| html(&report, &album(&catalogue, &summary), out));
        assert!(page.len() < 4_000_000, "{}", page.len());
        let told = told_in(&page);
        assert_eq!(told["findings"].as_array().unwrap().len(), MOST_LISTED);
        assert!(page.contains("95000 findings are not: see the JSON report"));
        let causes = told["causes"].as_array().unwrap().len() as u64;
        let named = told["findings"].as_array().unwrap().iter().map(|f| f["cause"].as_u64().unwrap());
        assert_eq!(named.collect::<std::collections::BTreeSet<_>>(), (0..causes).collect());
    }

    #[test]
    fn the_worst_come_in_turns_with_the_strongest_evidence_first() {
        let mut report = report(&faulty());
        report.findings[1].score = Some(0.9);
        let turns = report.worst_in_turns();
        assert_eq!(turns.len(), report.findings.len());
        let codes: Vec<_> = turns.iter().map(|&i| report.findings[i].code.as_str()).collect();
        assert_eq!(codes, ["REF103", "TXT101", "REF103", "FIL101", "TXT301"]);
        assert_eq!(turns[0], 1);
    }
}
