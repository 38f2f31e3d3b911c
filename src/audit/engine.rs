//! Runs the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::context::{DatasetContext, ScanContext};
use super::control::Control;
use super::finding::{Finding, Severity};
use super::fix;
use super::profile::Profile;
use super::report::Report;
use super::rule::{Rule, Sink};
use super::rules;
use super::settings::{Settings, Thresholds};
use super::summary::{Numbering, ScanFacts, Summary};
use super::suppress::Day;
use crate::error::Result;
use crate::language::Nouns;
use crate::scene::{Catalogue, LabelTable, Scan};

/// The rules that run, and how.
pub struct Engine {
    rules: Vec<(&'static dyn Rule, Option<Severity>)>,
    thresholds: Thresholds,
    profiles: Vec<&'static Profile>,
    partial: bool,
    /// The nouns of the first label table seen, which every scan of a data set has.
    nouns: OnceLock<(LabelTable, Nouns)>,
    control: Control,
    baseline: Option<Baseline>,
    digest: blake3::Hash,
}

/// What the audit of one scan gives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScanReport {
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// What the rules for the whole data set need to know of it.
    pub facts: ScanFacts,
}

impl Engine {
    /// The rules that `settings` select; refuses rules that do not exist.
    pub fn new(settings: &Settings) -> Result<Self> {
        let control = Control::new(settings)?;
        let rules = settings.rules()?.into_iter().map(|r| (r, settings.severity_of(r.meta()))).collect();
        let profiles = settings.profiles()?;
        // What is said of findings once they are there does not change what a scan gives.
        let before = Settings { suppress: Vec::new(), baseline: None, ..settings.clone() };
        Ok(Self {
            rules,
            thresholds: settings.thresholds,
            profiles,
            partial: false,
            nouns: OnceLock::new(),
            control,
            baseline: None,
            digest: blake3::hash(format!("{before:?}").as_bytes()),
        })
    }

    /// Digest of the settings: engines that may look at a scan differently differ in it.
    pub fn digest(&self) -> blake3::Hash {
        self.digest
    }

    /// Says whether only a part of the data set was asked for, so that a scan that is not there
    /// says nothing.
    #[must_use]
    pub fn partial(mut self, partial: bool) -> Self {
        self.partial = partial;
        self
    }

    /// Says what day it is; without one no suppression expires.
    #[must_use]
    pub fn today(mut self, today: Day) -> Self {
        self.control.today = Some(today);
        self
    }

    /// Says which findings are known.
    #[must_use]
    pub fn baseline(mut self, baseline: Option<Baseline>) -> Self {
        self.baseline = baseline;
        self
    }

    /// Which findings are known.
    pub fn known(&self) -> Option<&Baseline> {
        self.baseline.as_ref()
    }

    /// Whether the rule with this code runs.
    pub fn runs(&self, code: &str) -> bool {
        self.rules.iter().any(|(rule, _)| rule.meta().code == code)
    }

    /// What the baseline lists and is not there any more. A part of the data set cannot tell, nor
    /// can a rule that does not run.
    pub fn vanished(&self, report: &Report) -> Baseline {
        match &self.baseline {
            Some(baseline) if !self.partial => baseline.vanished(report, |code| self.runs(code)),
            _ => Baseline::default(),
        }
    }

    /// Looks at one scan.
    pub fn scan(&self, scan: &Scan, catalogue: &Catalogue) -> ScanReport {
        let labels = &catalogue.labels;
        let (of, nouns) = self.nouns.get_or_init(|| (labels.clone(), Nouns::new(labels)));
        let others = (of != labels).then(|| Nouns::new(labels));
        let nouns = others.as_ref().unwrap_or(nouns);
        let context = ScanContext::new(scan, catalogue, &self.thresholds, &self.profiles, nouns);
        let findings = self.each(Some(scan.id()), catalogue, |rule, sink| rule.scan(&context, sink));
        let facts = ScanFacts::of(&context, &findings);
        ScanReport { findings, facts }
    }

    /// The numbering in which the names of a scan's descriptions agree better with its labels than
    /// by `objectId`, if rule REF104 runs and would say so.
    pub fn renumbered(&self, facts: &ScanFacts) -> Option<Numbering> {
        let asked = self.runs("REF104");
        let mut found = facts.agreement.values().filter_map(|a| a.numbering(&self.thresholds));
        found.next().filter(|_| asked)
    }

    /// Looks at the whole data set, given the merged facts of its scans.
    pub fn dataset(&self, catalogue: &Catalogue, summary: &Summary) -> Vec<Finding> {
        let (thresholds, profiles) = (&self.thresholds, self.profiles.as_slice());
        let context = DatasetContext { catalogue, summary, thresholds, profiles, partial: self.partial };
        self.each(None, catalogue, |rule, sink| rule.dataset(&context, sink))
    }

    /// The report of a run: the findings of its scans, of the whole and of the configuration,
    /// settled and counted.
    pub fn finish(&self, mut findings: Vec<Finding>, catalogue: &Catalogue, summary: &Summary) -> Report {
        findings.extend(self.dataset(catalogue, summary));
        let control = self.control.apply(&mut findings, !self.partial, |meta| self.runs(meta.code));
        findings.extend(self.each(None, catalogue, |rule, sink| rule.control(&control, sink)));
        if let Some(baseline) = &self.baseline {
            baseline.mark(&mut findings);
        }
        for finding in &mut findings {
            fix::mark(finding, catalogue);
        }
        Report::new(findings, catalogue, summary, !self.partial)
    }

    fn each(
        &self,
        scene: Option<&str>,
        catalogue: &Catalogue,
        check: impl Fn(&dyn Rule, &mut Sink<'_>),
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for &(rule, severity) in &self.rules {
            let meta = rule.meta();
            let control = &self.control;
            check(rule, &mut Sink { meta, severity, scene, catalogue, control, findings: &mut findings });
        }
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        findings
    }
}

/// Leaves out findings that another finding explains, sorts the rest, and says how many were
/// left out.
pub(super) fn settle(mut findings: Vec<Finding>) -> (Vec<Finding>, usize) {
    let mut places: BTreeMap<&str, BTreeMap<Option<&str>, Vec<usize>>> = BTreeMap::new();
    for (i, finding) in findings.iter().enumerate() {
        let of_code = places.entry(&finding.code).or_default();
        of_code.entry(finding.scene_id.as_deref()).or_default().push(i);
    }
    let mut explained: BTreeSet<usize> = BTreeSet::new();
    for (i, cause) in findings.iter().enumerate() {
        let Some(rule) = rules::find(&cause.code) else { continue };
        let mut ask = |those: &Vec<usize>| {
            let follow = |&&j: &&usize| j != i && rule.explains(cause, &findings[j]);
            explained.extend(those.iter().filter(follow));
        };
        for (_, scenes) in places.iter().filter(|(code, _)| rule.may_explain(code)) {
            match cause.scene_id.as_deref() {
                Some(scene) => scenes.get(&Some(scene)).into_iter().for_each(&mut ask),
                None => scenes.values().for_each(&mut ask),
            }
        }
    }
    let mut index = 0..;
    findings.retain(|_| index.next().is_some_and(|i| !explained.contains(&i)));
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    (findings, explained.len())
}
