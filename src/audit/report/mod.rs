//! Reports: findings with their totals and causes, in one form per file.

mod concise;
mod full;
mod github;
mod gitlab;
mod grouped;
mod json;
mod json_lines;
mod junit;
mod known;
mod markdown;
pub mod page;
mod sarif;
mod statistics;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{MAIN_SEPARATOR_STR, Path};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use concise::concise;
pub use full::full;
pub use github::github;
pub use gitlab::gitlab;
pub use grouped::grouped;
pub use json::{json, schema, write_json};
pub use json_lines::json_lines;
pub use junit::junit;
pub use known::known;
pub use markdown::{MOST_BYTES, markdown};
pub use sarif::{MOST_RESULTS, sarif};
pub use statistics::{statistics, statistics_json};

use super::engine::settle;
use super::finding::{Finding, Severity, State};
use super::rules;
use super::summary::Summary;
use crate::scene::Catalogue;

/// The outcome of an audit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Where the schema of this document is, relative to the root of the repository.
    #[serde(rename = "$schema")]
    pub schema: String,
    /// What made the report.
    pub meta: ReportMeta,
    /// Counts and the verdict.
    pub summary: Totals,
    /// What is wrong, one entry for each rule and severity, the most urgent first.
    pub causes: Vec<Cause>,
    /// Each finding, worst first, whatever its state.
    pub findings: Vec<Finding>,
}

/// What made a report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportMeta {
    /// The program.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// Whether the whole data set was audited, rather than a part that was asked for.
    pub complete: bool,
}

/// Counts over the whole run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// The run in one sentence.
    pub verdict: String,
    /// Scans audited.
    pub scans: u64,
    /// Descriptions of these scans.
    pub descriptions: u64,
    /// Vertices of these scans.
    pub vertices: u64,
    /// New findings of severity error.
    pub errors: u64,
    /// New findings of severity warning.
    pub warnings: u64,
    /// New findings of severity info.
    pub infos: u64,
    /// Findings that the baseline lists.
    pub baseline: u64,
    /// Findings that the configuration suppresses.
    pub suppressed: u64,
    /// Findings left out because another finding explains them.
    pub explained: u64,
}

/// All new findings of one rule and severity.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Code of the rule.
    pub code: String,
    /// Name of the rule.
    pub name: String,
    /// How bad its findings are.
    pub severity: Severity,
    /// What is wrong, in one sentence with counts.
    pub sentence: String,
    /// Number of findings.
    pub findings: u64,
    /// Number of scans concerned.
    pub scans: u64,
    /// Number of descriptions harmed.
    pub descriptions: u64,
}

impl Report {
    /// Settles findings and counts them. `complete` says whether the whole data set was audited.
    pub fn new(findings: Vec<Finding>, catalogue: &Catalogue, summary: &Summary, complete: bool) -> Self {
        let (findings, explained) = settle(findings);
        let causes = causes(&findings, catalogue);
        let count = |is: &dyn Fn(&Finding) -> bool| findings.iter().filter(|f| is(f)).count() as u64;
        let of = |severity| count(&|f| f.state == State::New && f.severity == severity);
        let sum = |get: fn(&super::ScanFacts) -> u64| summary.scans.values().map(get).sum();
        let mut totals = Totals {
            verdict: String::new(),
            scans: summary.scans.len() as u64,
            descriptions: sum(|f| f.descriptions),
            vertices: sum(|f| f.vertices),
            errors: of(Severity::Error),
            warnings: of(Severity::Warning),
            infos: of(Severity::Info),
            baseline: count(&|f| f.state == State::Baseline),
            suppressed: count(&|f| f.state == State::Suppressed),
            explained: explained as u64,
        };
        totals.verdict = verdict(&totals, &causes);
        let meta = ReportMeta { tool: "dataprep".into(), version: crate::VERSION.into(), complete };
        let schema = "schemas/audit-report.schema.json".into();
        Self { schema, meta, summary: totals, causes, findings }
    }

    /// The findings of a cause, in order.
    fn findings_of<'a>(&'a self, cause: &'a Cause) -> impl Iterator<Item = &'a Finding> {
        self.fresh().filter(|f| f.severity == cause.severity && f.code == cause.code)
    }

    /// The findings that neither a baseline nor a suppression knows.
    fn fresh(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.is_fresh())
    }

    /// Findings in turns: errors, then warnings, then notes; of each severity one of each cause, the
    /// most urgent cause first, then the second of each. Who sees only the first few sees every cause.
    fn in_turns<'a>(&'a self, findings: impl Iterator<Item = &'a Finding>) -> Vec<&'a Finding> {
        let mut list = self.turns(findings, |f| *f);
        list.sort_by_key(|(turn, _)| (turn.severity, turn.count, turn.rank));
        list.into_iter().map(|(_, f)| f).collect()
    }

    /// Items, each `of` a finding, with their turns.
    fn turns<'a, T>(
        &'a self,
        items: impl Iterator<Item = T>,
        of: impl Fn(&T) -> &'a Finding,
    ) -> Vec<(Turn, T)> {
        let causes = self.causes.iter().map(|c| (c.severity, c.code.as_str()));
        let rank: BTreeMap<_, usize> = causes.zip(0..).collect();
        let mut counts: BTreeMap<_, usize> = BTreeMap::new();
        let turn = |item: T| {
            let cause = (of(&item).severity, of(&item).code.as_str());
            let count = counts.entry(cause).or_default();
            *count += 1;
            (Turn { severity: cause.0, count: *count, rank: rank.get(&cause).copied() }, item)
        };
        items.map(turn).collect()
    }

    /// `Found 3 errors and 41 warnings in 800 scans, 46173 descriptions.`
    fn footer(&self) -> String {
        let t = &self.summary;
        let counts = [(t.errors, "error"), (t.warnings, "warning"), (t.infos, "note")];
        let counts: Vec<String> =
            counts.into_iter().filter(|c| c.0 > 0).map(|(n, noun)| plural(n, noun)).collect();
        let nothing = if t.baseline + t.suppressed > 0 { "nothing new" } else { "nothing wrong" };
        let found = if counts.is_empty() { nothing.into() } else { counts.join(", ") };
        let mut text = format!(
            "Found {found} in {}, {}.",
            plural(t.scans, "scan"),
            plural(t.descriptions, "description"),
        );
        let known = [(t.baseline, "in the baseline"), (t.suppressed, "suppressed")];
        let known: Vec<String> =
            known.iter().filter(|(n, _)| *n > 0).map(|(n, state)| format!("{n} {state}")).collect();
        if !known.is_empty() {
            text += &format!(" Known: {}.", known.join(", "));
        }
        if t.explained > 0 {
            let is = if t.explained == 1 { "is" } else { "are" };
            text += &format!(" {} that others explain {is} left out.", plural(t.explained, "finding"));
        }
        text
    }
}

/// When it is a finding's turn.
#[derive(Clone, Copy, Debug)]
struct Turn {
    severity: Severity,
    /// The how manieth of its cause it is, from 1.
    count: usize,
    /// How urgent its cause is.
    rank: Option<usize>,
}

fn plural(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Text without the line breaks and control characters that data may hold, so that it neither ends
/// a line nor steers a terminal.
fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) { text.replace(char::is_control, " ").into() } else { text.into() }
}

/// Where findings stand that are in no file, for programs that want a file of each: the root.
const NOWHERE: &str = ".";

/// A file as programs that look at repositories name it.
fn repository_path(file: &str) -> String {
    let file = file.replace(MAIN_SEPARATOR_STR, "/");
    file.strip_prefix("./").map_or(file.clone(), ToOwned::to_owned)
}

/// `name` the first time, then `name-2`, `name-3`, ….
fn numbered(seen: &mut BTreeMap<String, u64>, name: &str) -> String {
    let count = seen.entry(name.to_owned()).or_default();
    *count += 1;
    if *count == 1 { name.to_owned() } else { format!("{name}-{count}") }
}

/// One cause for each rule and severity of new findings, the worst and most harmful first.
fn causes(findings: &[Finding], catalogue: &Catalogue) -> Vec<Cause> {
    let fresh: Vec<&Finding> = findings.iter().filter(|f| f.state == State::New).collect();
    let groups = fresh.chunk_by(|a, b| (a.severity, &a.code) == (b.severity, &b.code));
    let mut causes: Vec<Cause> = groups.map(|group| cause(group, catalogue)).collect();
    causes.sort_by(|a, b| {
        let key = |c: &Cause| (c.severity, !unread(c), std::cmp::Reverse(c.descriptions));
        key(a).cmp(&key(b)).then_with(|| a.code.cmp(&b.code))
    });
    causes
}

/// Whether a cause is a file that cannot be read: what it would have said is not known, so nothing is worse.
fn unread(cause: &Cause) -> bool {
    matches!(cause.code.as_str(), "FIL102" | "FIL103" | "FIL110") && cause.scans < cause.findings
}

fn cause(group: &[&Finding], catalogue: &Catalogue) -> Cause {
    let first = &group[0];
    let scenes: BTreeSet<&str> = group.iter().filter_map(|f| f.scene_id.as_deref()).collect();
    let descriptions = harmed(group, catalogue);
    let files: BTreeSet<&str> = group
        .iter()
        .filter(|f| f.scene_id.is_none())
        .filter_map(|f| Path::new(f.file.as_deref()?).file_name()?.to_str())
        .collect();
    let among_scans: u64 = group.iter().filter_map(|f| f.number("scans")).map(|n| n.max(0) as u64).sum();
    let rule = rules::find(&first.code);
    let sentence = if let [only] = group {
        let file =
            || only.file.as_deref().and_then(|f| Path::new(f).file_name()?.to_str()).map(ToOwned::to_owned);
        let place = Some(only.place()).filter(|p| !p.is_empty()).or_else(file);
        place.map_or_else(|| only.message.clone(), |place| format!("{place}: {}", only.message))
    } else if let Some(sentence) = rule.and_then(|r| r.cause(group)) {
        sentence
    } else {
        let what = rule.map_or_else(String::new, |r| lower(&r.meta().summary()));
        let split = first.split.as_deref().filter(|_| group.iter().all(|f| f.split == first.split));
        let of_split = |id: &str| split.is_none() || catalogue.split_of(id) == split;
        let total = catalogue.scans.iter().filter(|s| of_split(&s.id)).count();
        let split = split.map_or_else(String::new, |s| format!(" {s}"));
        match scenes.len() {
            0 => format!("{what} ({})", plural(group.len() as u64, "finding")),
            n => {
                let of = if n <= total { format!(" of {total}") } else { String::new() };
                let files: Vec<&str> = files.into_iter().collect();
                let and = if files.is_empty() { String::new() } else { format!(" and {}", files.join(", ")) };
                let scans = if n == 1 && of.is_empty() { "scan" } else { "scans" };
                format!("in {n}{of}{split} {scans}{and}, {what}")
            }
        }
    };
    Cause {
        code: first.code.clone(),
        name: first.name.clone(),
        severity: first.severity,
        sentence,
        findings: group.len() as u64,
        scans: among_scans.max(scenes.len() as u64),
        descriptions,
    }
}

/// How many descriptions a group of findings harms. Two may harm the same: a scan's can be harmed
/// once, and so can those of all.
fn harmed(group: &[&Finding], catalogue: &Catalogue) -> u64 {
    let mut by_scene: BTreeMap<Option<&str>, (u64, u64)> = BTreeMap::new();
    for f in group {
        let (sum, most) = by_scene.entry(f.scene_id.as_deref()).or_default();
        *sum += f.descriptions;
        *most = f.descriptions.max(*most);
    }
    let mut worst = 0;
    let of_scene = |(scene, (sum, most)): (Option<&str>, (u64, u64))| {
        worst = most.max(worst);
        let all = scene.map_or(catalogue.descriptions.len(), |s| catalogue.descriptions_of(s).len()) as u64;
        // What speaks of descriptions that were not read counts as it says.
        sum.min(all.max(most))
    };
    let sum: u64 = by_scene.into_iter().map(of_scene).sum();
    sum.min((catalogue.descriptions.len() as u64).max(worst))
}

/// The sentence with its first letter small.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |c| c.to_lowercase().chain(letters).collect())
}

/// One sentence that a tired person can act on.
fn verdict(totals: &Totals, causes: &[Cause]) -> String {
    let Some(worst) = causes.iter().find(|c| c.severity < Severity::Info) else {
        let wrong = if totals.baseline + totals.suppressed > 0 { "new" } else { "wrong" };
        let scans = plural(totals.scans, "scan");
        return if totals.descriptions == 0 {
            format!(
                "Nothing {wrong} in {scans}, but there was no description to check: not the whole answer."
            )
        } else {
            format!("Clean: nothing {wrong} in {scans}.")
        };
    };
    let harm = match worst.descriptions {
        0 => String::new(),
        n => format!(", which harms {}", plural(n, "description")),
    };
    let first = format!("{} ({}){harm}.", worst.sentence.trim_end_matches('.'), worst.code);
    if totals.errors > 0 {
        format!("Do not train on this yet. Fix first: {first}")
    } else {
        format!("No errors. Look first at: {first}")
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::*;
    use crate::audit::finding::{Draft, Fix, Location};
    use crate::audit::fixture::Fixture;

    /// What a format writes.
    pub(super) fn text(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// A published schema.
    pub(super) fn file(name: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/schemas").join(name);
        std::fs::read_to_string(path).unwrap()
    }

    pub(super) fn schema(name: &str) -> serde_json::Value {
        serde_json::from_str(&file(name)).unwrap()
    }

    /// A report whose data wants to break out of every format.
    pub(super) fn hostile() -> Report {
        let mut report = report(&faulty());
        let evil = "a\"b'<b onload=x>&amp;|c\n::error::d\r\t\u{1b}[31m\0\u{ffff}`e` *f* _g_ [h](i) {0} %0A%25 @j #1 \\ ]]> é";
        for (i, f) in report.findings.iter_mut().enumerate() {
            f.message += &format!(" {i} {evil}");
            f.fix = Some(Fix { message: evil.into(), ..f.fix.clone().unwrap_or_else(fix) });
        }
        let first = &mut report.findings[0];
        first.file = Some("my data/50%,a:b/[x]#1.json".into());
        first.scene_id = Some(format!("scene{evil}"));
        report.findings[1].location = Some(Location { row: 0, column: 0 });
        report.causes[0].sentence += evil;
        report.summary.verdict += evil;
        report
    }

    fn fix() -> Fix {
        Fix { applicability: crate::audit::Applicability::Display, message: String::new() }
    }

    /// `count` findings: 100 of one rule and the rest of another, a tenth of which are warnings.
    pub(super) fn many(count: usize) -> Report {
        let finding = |i: usize| {
            let mut f = Draft::new("object 1 is labelled `table`, but 1 description calls it `lamp`").finding;
            let (code, name) = if i < 100 { ("TXT101", "empty-text") } else { ("REF103", "wrong-name") };
            (f.code, f.name) = (code.into(), name.into());
            f.severity = if i % 10 == 9 && i >= 100 { Severity::Warning } else { Severity::Error };
            f.scene_id = Some(format!("scene{:04}_00", i / 50));
            f.object_id = Some(i as i32 % 50);
            f.file = Some("ScanRefer_filtered_train.json".into());
            f.fingerprint = format!("{i:016x}");
            f
        };
        Report::new((0..count).map(finding).collect(), &Catalogue::default(), &Summary::default(), true)
    }

    type Form<'a> = dyn Fn(&mut dyn Write) -> io::Result<()> + 'a;

    /// Counts what is written, and the longest piece.
    #[derive(Default)]
    struct Pieces {
        lines: usize,
        bytes: usize,
        longest: usize,
    }

    impl Write for Pieces {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.lines += bytes.iter().filter(|b| **b == b'\n').count();
            self.bytes += bytes.len();
            self.longest = self.longest.max(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_hundred_thousand_findings_neither_flood_people_nor_pile_up() {
        let report = many(100_000);
        let pieces = |write: &Form<'_>| {
            let mut pieces = Pieces::default();
            write(&mut pieces).unwrap();
            pieces
        };
        // For people: what fits the eye.
        assert!(full(&report, 20).lines().count() < 300);
        assert!(pieces(&|out| grouped(&report, 20, out)).lines < 2_000);
        assert!(pieces(&|out| github(&report, 20, out)).lines < 100);
        assert!(pieces(&|out| markdown(&report, 20, out)).bytes < 100_000);
        assert!(pieces(&|out| sarif(&report, out)).bytes < 20_000_000);
        // For programs: everything, piece by piece.
        let streams: [&Form<'_>; 5] = [
            &|out| concise(&report, out),
            &|out| json_lines(&report, out),
            &|out| write_json(&report, out),
            &|out| gitlab(&report, out),
            &|out| junit(&report, out),
        ];
        for stream in streams {
            let pieces = pieces(stream);
            assert!(pieces.lines >= 100_000 && pieces.longest < 4_096, "{} {}", pieces.lines, pieces.longest);
        }
    }

    #[test]
    fn names_are_numbered_from_the_second_on() {
        let mut seen = BTreeMap::new();
        let names: Vec<String> = ["a", "b", "a", "a"].iter().map(|n| numbered(&mut seen, n)).collect();
        assert_eq!(names, ["a", "b", "a-2", "a-3"]);
    }

    pub(super) fn report(f: &Fixture) -> Report {
        let (summary, findings) = f.audit("ALL", false);
        Report::new(findings, &f.catalogue, &summary, true)
    }

    pub(super) fn faulty() -> Fixture {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[3].object_name = "lamp".into();
            d[13].object_name = "lamp".into();
            d[5].text = String::new();
        });
        f.scan().files[3].bytes = None;
        f
    }

    #[test]
    fn a_clean_data_set_has_neither_errors_nor_warnings() {
        let report = report(&Fixture::clean());
        assert!(report.findings.iter().all(|f| f.severity == Severity::Info), "{:?}", report.findings);
        assert_eq!(report.summary.verdict, "Clean: nothing wrong in 3 scans.");
        assert_eq!((report.summary.scans, report.summary.descriptions), (3, 30));
    }

    #[test]
    fn the_verdict_names_the_error_that_harms_most() {
        let report = report(&faulty());
        let codes: Vec<_> = report.causes.iter().map(|c| c.code.as_str()).collect();
        assert_eq!(codes, ["REF103", "TXT101", "FIL101", "TXT301"]);
        assert_eq!(
            report.summary.verdict,
            "Do not train on this yet. Fix first: in 2 of 2 train scans, descriptions name another \
             object than the one their id means (REF103), which harms 2 descriptions."
        );
    }
}
