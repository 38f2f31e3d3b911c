//! Runs the rules.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::context::{DatasetContext, ScanContext};
use super::finding::{Finding, Severity};
use super::report::Report;
use super::rule::{Rule, Sink};
use super::rules;
use super::settings::{Settings, Thresholds};
use super::summary::{ScanFacts, Summary};
use crate::error::Result;
use crate::scene::{Catalogue, Scan};

/// The rules that run, and how.
pub struct Engine {
    rules: Vec<(&'static dyn Rule, Option<Severity>)>,
    thresholds: Thresholds,
    partial: bool,
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
        let rules = settings.rules()?.into_iter().map(|r| (r, settings.severity_of(r.meta()))).collect();
        let digest = blake3::hash(format!("{settings:?}").as_bytes());
        Ok(Self { rules, thresholds: settings.thresholds, partial: false, digest })
    }

    /// Digest of all settings: engines that may look at a scan differently differ in it.
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

    /// Looks at one scan.
    pub fn scan(&self, scan: &Scan, catalogue: &Catalogue) -> ScanReport {
        let context = ScanContext::new(scan, catalogue, &self.thresholds);
        let findings = self.each(Some(scan.id()), catalogue, |rule, sink| rule.scan(&context, sink));
        let facts = ScanFacts::of(&context, &findings);
        ScanReport { findings, facts }
    }

    /// The shift at which the names of a scan's descriptions agree better with its labels than as
    /// they are, if rule REF104 runs and would say so.
    pub fn shifted(&self, facts: &ScanFacts) -> Option<i64> {
        let asked = self.rules.iter().any(|(rule, _)| rule.meta().code == "REF104");
        let mut shifts = facts.agreement.values().filter_map(|a| a.shift(&self.thresholds));
        shifts.next().filter(|_| asked)
    }

    /// Looks at the whole data set, given the merged facts of its scans.
    pub fn dataset(&self, catalogue: &Catalogue, summary: &Summary) -> Vec<Finding> {
        let partial = self.partial;
        let context = DatasetContext { catalogue, summary, thresholds: &self.thresholds, partial };
        self.each(None, catalogue, |rule, sink| rule.dataset(&context, sink))
    }

    /// The report of a run: the findings of its scans and of the whole, settled and counted.
    pub fn finish(&self, mut findings: Vec<Finding>, catalogue: &Catalogue, summary: &Summary) -> Report {
        findings.extend(self.dataset(catalogue, summary));
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
            check(rule, &mut Sink { meta, severity, scene, catalogue, findings: &mut findings });
        }
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        findings
    }
}

/// Leaves out findings that another finding explains, sorts the rest, and says how many were
/// left out.
pub(super) fn settle(mut findings: Vec<Finding>) -> (Vec<Finding>, usize) {
    let mut by_scene: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (i, finding) in findings.iter().enumerate() {
        by_scene.entry(finding.scene_id.as_deref()).or_default().push(i);
    }
    let mut explained = BTreeSet::new();
    for (i, cause) in findings.iter().enumerate() {
        let Some(rule) = rules::find(&cause.code) else { continue };
        let mut ask = |j: usize| {
            if j != i && rule.explains(cause, &findings[j]) {
                explained.insert(j);
            }
        };
        match &cause.scene_id {
            Some(scene) => by_scene[&Some(scene.as_str())].iter().for_each(|&j| ask(j)),
            None => (0..findings.len()).for_each(ask),
        }
    }
    let mut index = 0..;
    findings.retain(|_| index.next().is_some_and(|i| !explained.contains(&i)));
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    (findings, explained.len())
}
