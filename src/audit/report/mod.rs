//! Reports: findings with their totals and causes, in one form per file.

mod concise;
mod full;
mod json;
mod known;
mod statistics;

use std::collections::BTreeSet;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use concise::concise;
pub use full::full;
pub use json::{json, schema};
pub use known::known;
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

    /// The findings that are new, in order.
    fn fresh(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.state == State::New)
    }

    /// The findings of a cause, in order.
    fn findings_of<'a>(&'a self, cause: &'a Cause) -> impl Iterator<Item = &'a Finding> {
        self.fresh().filter(|f| f.severity == cause.severity && f.code == cause.code)
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

fn plural(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// One cause for each rule and severity of new findings, the worst and most harmful first.
fn causes(findings: &[Finding], catalogue: &Catalogue) -> Vec<Cause> {
    let fresh: Vec<&Finding> = findings.iter().filter(|f| f.state == State::New).collect();
    let groups = fresh.chunk_by(|a, b| (a.severity, &a.code) == (b.severity, &b.code));
    let mut causes: Vec<Cause> = groups.map(|group| cause(group, catalogue)).collect();
    causes.sort_by(|a, b| {
        let key = |c: &Cause| (c.severity, std::cmp::Reverse(c.descriptions));
        key(a).cmp(&key(b)).then_with(|| a.code.cmp(&b.code))
    });
    causes
}

fn cause(group: &[&Finding], catalogue: &Catalogue) -> Cause {
    let first = &group[0];
    let scenes: BTreeSet<&str> = group.iter().filter_map(|f| f.scene_id.as_deref()).collect();
    let descriptions: u64 = group.iter().map(|f| f.descriptions).sum();
    let sentence = if let [only] = group {
        let file =
            || only.file.as_deref().and_then(|f| Path::new(f).file_name()?.to_str()).map(ToOwned::to_owned);
        let place = Some(only.place()).filter(|p| !p.is_empty()).or_else(file);
        place.map_or_else(|| only.message.clone(), |place| format!("{place}: {}", only.message))
    } else {
        let what = rules::find(&first.code).map_or_else(String::new, |r| lower(&r.meta().summary()));
        let split = first.split.as_deref().filter(|_| group.iter().all(|f| f.split == first.split));
        let of_split = |id: &str| split.is_none() || catalogue.split_of(id) == split;
        let total = catalogue.scans.iter().filter(|s| of_split(&s.id)).count();
        let split = split.map_or_else(String::new, |s| format!(" {s}"));
        match scenes.len() {
            0 => format!("{what} ({})", plural(group.len() as u64, "finding")),
            n if n <= total => format!("in {n} of {total}{split} scans, {what}"),
            n => format!("in {n}{split} scans, {what}"),
        }
    };
    Cause {
        code: first.code.clone(),
        name: first.name.clone(),
        severity: first.severity,
        sentence,
        findings: group.len() as u64,
        scans: scenes.len() as u64,
        descriptions,
    }
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
        return format!("Clean: nothing {wrong} in {}.", plural(totals.scans, "scan"));
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
    use super::*;
    use crate::audit::fixture::Fixture;

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
