//! Findings that are known: they neither fail a run nor show, and there may only be fewer of them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::finding::{Finding, State};
use super::report::Report;
use crate::error::{Error, Kind, Place, Result};

const TOOL: &str = "dataprep";
const VERSION: u32 = 1;
const REMEDY: &str =
    "write it anew with `dataprep audit --write-baseline FILE`, or take it from version control";

/// Findings that are known, by rule and fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// How many findings have a fingerprint; more than one where a rule cannot tell them apart.
    rules: BTreeMap<String, BTreeMap<String, u64>>,
}

/// A baseline as a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tool: String,
    version: u32,
    rules: BTreeMap<String, Known>,
}

/// The findings of one rule.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    count: usize,
    /// Sorted.
    fingerprints: Vec<String>,
}

impl Baseline {
    /// The findings of a report that are not suppressed.
    pub fn of(report: &Report) -> Self {
        Self::count(report.findings.iter().filter(|f| f.state != State::Suppressed))
    }

    fn count<'a>(findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut baseline = Self::default();
        for f in findings {
            let known = baseline.rules.entry(f.code.clone()).or_default();
            *known.entry(f.fingerprint.clone()).or_default() += 1;
        }
        baseline
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// [`Kind::Config`] with the place when it is none, or was damaged.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        let wrong = |message: String| Error::new(Kind::Config, message).at(path).help(REMEDY);
        let file: File = serde_json::from_slice(bytes).map_err(|e| {
            let (row, column) = (e.line() as u32, e.column() as u32);
            let said = e.to_string();
            let said = said.split(" at line ").next().unwrap_or_default();
            wrong(format!("this is no baseline of dataprep: {said}")).place(Place::Line { row, column })
        })?;
        if file.tool != TOOL || file.version != VERSION {
            return Err(wrong("this baseline is of another program or version".into())
                .expected(format!("{TOOL} {VERSION}"))
                .found(format!("{} {}", file.tool, file.version)));
        }
        let mut baseline = Self::default();
        for (code, known) in file.rules {
            if known.count != known.fingerprints.len() {
                return Err(wrong(format!("the baseline was changed by hand: the count of {code} is wrong"))
                    .expected(known.fingerprints.len().to_string())
                    .found(known.count.to_string()));
            }
            let fingerprints = baseline.rules.entry(code).or_default();
            for fingerprint in known.fingerprints {
                *fingerprints.entry(fingerprint).or_default() += 1;
            }
        }
        Ok(baseline)
    }

    /// The baseline as the text of a file.
    pub fn text(&self) -> String {
        let known = |fingerprints: &BTreeMap<String, u64>| {
            let each = fingerprints.iter();
            let fingerprints: Vec<String> =
                each.flat_map(|(f, &n)| std::iter::repeat_n(f.clone(), n as usize)).collect();
            Known { count: fingerprints.len(), fingerprints }
        };
        let rules = self.rules.iter().map(|(code, list)| (code.clone(), known(list))).collect();
        let file = File { tool: TOOL.into(), version: VERSION, rules };
        // Maps with text keys, numbers and text: nothing here can fail to be JSON.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Number of findings.
    pub fn len(&self) -> u64 {
        self.rules.values().flat_map(BTreeMap::values).sum()
    }

    /// Whether it lists nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of findings of each rule.
    pub fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.rules.iter().map(|(code, list)| (code.as_str(), list.values().sum()))
    }

    /// Marks the findings that are known.
    pub(super) fn mark(&self, findings: &mut [Finding]) {
        let mut left = self.clone();
        for f in findings.iter_mut().filter(|f| f.state == State::New) {
            let known = left.rules.get_mut(&f.code).and_then(|list| list.get_mut(&f.fingerprint));
            if let Some(known) = known.filter(|n| **n > 0) {
                *known -= 1;
                f.state = State::Baseline;
            }
        }
    }

    /// What is known and not in a report, of the rules that ran.
    pub(super) fn vanished(&self, report: &Report, ran: impl Fn(&str) -> bool) -> Self {
        let found = Self::count(report.findings.iter().filter(|f| f.state == State::Baseline));
        let mut gone = self.clone();
        gone.rules.retain(|code, _| ran(code));
        gone.without(&found)
    }

    /// What is known, less what `other` lists.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut rules = self.rules.clone();
        for (code, list) in &mut rules {
            let theirs = other.rules.get(code);
            for (fingerprint, n) in &mut *list {
                *n -= theirs.and_then(|t| t.get(fingerprint)).map_or(0, |m| *m.min(n));
            }
            list.retain(|_, n| *n > 0);
        }
        rules.retain(|_, list| !list.is_empty());
        Self { rules }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::engine::Engine;
    use crate::audit::fixture::{Fixture, LABELS};
    use crate::audit::settings::Settings;

    /// A description of each of these objects names another.
    fn faulty(objects: &[usize]) -> Fixture {
        let mut f = Fixture::clean();
        f.descriptions(|d| objects.iter().for_each(|&o| d[2 * o].object_name = LABELS[(o + 1) % 5].into()));
        f
    }

    fn engine(baseline: Option<Baseline>) -> Engine {
        let settings = Settings { select: vec!["REF103".into(), "TXT101".into()], ..Settings::default() };
        Engine::new(&settings).unwrap().baseline(baseline)
    }

    fn states(report: &Report) -> (u64, u64) {
        (report.summary.errors, report.summary.baseline)
    }

    #[test]
    fn what_was_there_is_known_and_what_was_not_is_new() {
        let before = faulty(&[0, 1]).report(&engine(None));
        assert_eq!(states(&before), (2, 0));
        let baseline = Baseline::of(&before);
        let back = Baseline::parse(Path::new("b"), baseline.text().as_bytes()).unwrap();
        assert_eq!(back, baseline);

        let engine = engine(Some(baseline.clone()));
        let same = faulty(&[0, 1]).report(&engine);
        assert_eq!(states(&same), (0, 2));
        assert!(engine.vanished(&same).is_empty());
        assert!(same.summary.verdict.starts_with("Clean: nothing new"), "{}", same.summary.verdict);

        // One mended, another broken: as many as before, and yet there is a new one.
        let moved = faulty(&[0, 2]).report(&engine);
        assert_eq!(states(&moved), (1, 1));
        let gone = engine.vanished(&moved);
        assert_eq!(gone.counts().collect::<Vec<_>>(), [("REF103", 1)]);
        let pruned = baseline.without(&gone);
        assert_eq!(states(&faulty(&[0, 1]).report(&self::engine(Some(pruned)))), (1, 1));
    }

    #[test]
    fn a_part_of_the_data_or_of_the_rules_says_nothing_of_what_vanished() {
        let baseline = Baseline::of(&faulty(&[0, 1]).report(&engine(None)));
        let clean = Fixture::clean();
        let part = engine(Some(baseline.clone())).partial(true);
        assert!(part.vanished(&clean.report(&part)).is_empty());
        let settings = Settings { select: vec!["TXT101".into()], ..Settings::default() };
        let others = Engine::new(&settings).unwrap().baseline(Some(baseline));
        assert!(others.vanished(&clean.report(&others)).is_empty());
    }

    #[test]
    fn findings_that_a_rule_cannot_tell_apart_are_known_as_often_as_they_were() {
        let twin = || Finding { code: "X".into(), fingerprint: "f".into(), ..Finding::default() };
        let baseline = Baseline::count([twin(), twin()].iter());
        let mut findings = [twin(), twin(), twin()];
        baseline.mark(&mut findings);
        assert_eq!(findings.map(|f| f.state), [State::Baseline, State::Baseline, State::New]);
        assert_eq!(Baseline::parse(Path::new("b"), baseline.text().as_bytes()).unwrap(), baseline);
    }

    #[test]
    fn what_is_no_baseline_is_refused_with_place_and_remedy() {
        let good = Baseline::of(&faulty(&[0]).report(&engine(None))).text();
        for (text, place, says) in [
            (String::new(), "b.json:1:", "EOF"),
            (good[..good.len() / 2].into(), "b.json:", "no baseline"),
            ("{\n  \"findings\": []\n}".into(), "b.json:2:", "unknown field `findings`"),
            (good.replace("\"version\": 1", "\"version\": 2"), "b.json: ", "found dataprep 2"),
            (good.replacen("\"count\": 1", "\"count\": 9", 1), "b.json: ", "expected 1, found 9"),
        ] {
            let error = Baseline::parse(Path::new("b.json"), text.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), Kind::Config);
            let said = error.to_string();
            assert!(
                said.starts_with(place) && said.contains(says) && said.contains("--write-baseline"),
                "{said}"
            );
        }
    }
}
