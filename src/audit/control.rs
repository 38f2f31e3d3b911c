//! What the configuration says of findings, and what is wrong with what it says.

use globset::GlobMatcher;
use serde_json::Value;

use super::finding::{Draft, Finding, Location};
use super::places::Entry;
use super::rule::Meta;
use super::rules::RULES;
use super::selectors::{names, strength, successor, unknown};
use super::settings::Settings;
use super::suppress::{Day, Suppression, suppress};
use crate::error::{Place, Result};

/// An entry of the configuration that names no rule, or names it by a code of old.
#[derive(Clone, Debug)]
pub struct Misnamed {
    /// The key that it is an entry of, as in `audit.ignore`.
    pub key: String,
    /// What it says.
    pub selector: String,
    /// The code of today, if there is one.
    pub successor: Option<&'static str>,
    /// Where it stands; nowhere on the command line.
    pub at: Option<Entry>,
}

/// A suppression, and what became of it.
#[derive(Clone, Debug)]
pub struct Applied<'a> {
    /// What was written.
    pub suppression: &'a Suppression,
    /// Where it stands.
    pub at: Option<&'a Entry>,
    /// Whether its rule ran.
    pub ran: bool,
    /// Whether its time is over.
    pub expired: bool,
    /// Findings that it hides or, its time being over, hid.
    pub findings: u64,
}

/// What rules for the configuration look at, once everything else was looked at.
#[derive(Clone, Debug)]
pub struct ControlContext<'a> {
    /// What became of each suppression.
    pub suppressions: Vec<Applied<'a>>,
    /// Entries that name no rule of today.
    pub misnamed: &'a [Misnamed],
    /// Whether the whole data set was audited, so that what was not found is not there.
    pub complete: bool,
}

/// What the configuration says of findings.
#[derive(Debug)]
pub(super) struct Control {
    suppressions: Vec<Suppression>,
    /// Where each suppression stands.
    places: Vec<Option<Entry>>,
    /// Codes of the rules that some scans are spared.
    ignores: Vec<(GlobMatcher, Vec<&'static str>)>,
    misnamed: Vec<Misnamed>,
    pub(super) today: Option<Day>,
}

impl Control {
    /// What `settings` say; refuses what [`Settings::misnamed`] refuses.
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let place = |i: usize| settings.places.at(&format!("audit/suppress/{i}")).cloned();
        let codes = |selectors: &[String]| {
            let chosen = |meta: &&Meta| selectors.iter().any(|s| strength(s, meta).is_some());
            RULES.iter().map(|r| r.meta()).filter(chosen).map(|meta| meta.code).collect()
        };
        Ok(Self {
            suppressions: settings.suppress.clone(),
            places: (0..settings.suppress.len()).map(place).collect(),
            ignores: settings.per_scan_ignores.iter().map(|(p, list)| (p.matcher(), codes(list))).collect(),
            misnamed: settings.misnamed()?,
            today: None,
        })
    }

    /// Whether a scan is spared a rule.
    pub(super) fn ignores(&self, scene: &str, code: &str) -> bool {
        self.ignores.iter().any(|(pattern, codes)| codes.contains(&code) && pattern.is_match(scene))
    }

    /// Suppresses findings; what rules for the configuration look at says what came of it. `ran`
    /// says whether a rule did.
    pub(super) fn apply(
        &self,
        findings: &mut [Finding],
        complete: bool,
        ran: impl Fn(&Meta) -> bool,
    ) -> ControlContext<'_> {
        let counts = suppress(&self.suppressions, findings, self.today);
        let entries = self.suppressions.iter().zip(&self.places).zip(counts);
        let suppressions = entries.map(|((suppression, at), findings)| Applied {
            suppression,
            at: at.as_ref(),
            ran: suppression.meta().is_some_and(&ran),
            expired: suppression.has_expired(self.today),
            findings,
        });
        let suppressions = suppressions.collect();
        ControlContext { suppressions, misnamed: &self.misnamed, complete }
    }
}

impl Settings {
    /// The entries that name no rule, or name one by a code of old.
    ///
    /// # Errors
    /// A rule that does not exist where it would have run or have been given a severity: an audit
    /// that does less than was asked must not look like one that found nothing. Likewise any on
    /// the command line, where it is easily mended.
    pub(super) fn misnamed(&self) -> Result<Vec<Misnamed>> {
        let mut misnamed = Vec::new();
        let mut look = |key: &str, part: &str, selector: &str, exists: bool, needed: bool| {
            let at = self.places.at(&format!("audit/{key}/{part}"));
            let successor = successor(selector);
            if !exists && (needed || at.is_none()) {
                let error = unknown(selector);
                let Some(Entry { file, location: Location { row, column } }) = at else { return Err(error) };
                return Err(error.at(file).place(Place::Line { row: *row, column: *column }));
            }
            if !exists || successor.is_some() {
                let (key, selector) = (format!("audit.{key}"), selector.to_owned());
                misnamed.push(Misnamed { key, selector, successor, at: at.cloned() });
            }
            Ok(())
        };
        let some = |s: &str| RULES.iter().any(|r| strength(s, r.meta()).is_some());
        let one = |s: &str| RULES.iter().any(|r| names(s, r.meta()));
        let lists = [
            ("select", &self.select, true),
            ("extend-select", &self.extend_select, true),
            ("ignore", &self.ignore, false),
        ];
        for (key, list, needed) in lists {
            for (i, selector) in list.iter().enumerate() {
                look(key, &i.to_string(), selector, some(selector), needed)?;
            }
        }
        for code in self.severity.keys() {
            look("severity", code, code, one(code), true)?;
        }
        for (pattern, list) in &self.per_scan_ignores {
            for (i, selector) in list.iter().enumerate() {
                look("per-scan-ignores", &format!("{pattern}/{i}"), selector, some(selector), false)?;
            }
        }
        for (i, suppression) in self.suppress.iter().enumerate() {
            let rule = &suppression.rule;
            look("suppress", &i.to_string(), rule, one(rule), false)?;
        }
        Ok(misnamed)
    }
}

impl Draft {
    /// Points at an entry of the configuration, if it stands anywhere.
    #[must_use]
    pub(super) fn entry(mut self, at: Option<&Entry>) -> Self {
        let Some(entry) = at else { return self };
        self.finding.location = Some(entry.location);
        self.file(&entry.file)
    }

    /// Says of a suppression what it says: its place, which makes the finding this finding, and its
    /// reason.
    #[must_use]
    pub(super) fn suppression(self, suppression: &Suppression) -> Self {
        let Suppression { rule, scene, object, ann, reason, .. } = suppression;
        let ann = ann.as_ref().map(ToString::to_string);
        let place = [
            ("rule", Some(Value::from(suppression.meta().map_or(rule.as_str(), |m| m.code)))),
            ("scene", scene.as_ref().map(|s| s.as_str().into())),
            ("object", object.map(Into::into)),
            ("ann", ann.map(Into::into)),
        ];
        let draft = self.evidence("reason", reason.as_str());
        place.into_iter().fold(draft, |draft, (key, value)| match value {
            Some(value) => draft.key(&value).evidence(key, value),
            None => draft.key(""),
        })
    }
}
