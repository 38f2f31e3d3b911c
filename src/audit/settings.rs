//! Which rules run, how bad their findings are, and where their thresholds lie.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::finding::Severity;
use super::profile::Profile;
use super::rule::{Meta, Needs, Rule};
use super::rules::{self, RULES};
use crate::error::{Error, Kind, Result};

/// Which rules run, how bad their findings are, and where their thresholds lie.
///
/// A selector is a code (`REF103`), a name (`wrong-name`), the start of codes (`REF`, `REF1`) or
/// `ALL`. Of the selectors that match a rule the longest decides; of equally long ones `ignore`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// Rules that run.
    pub select: Vec<String>,
    /// Rules that run as well.
    pub extend_select: Vec<String>,
    /// Rules that do not run.
    pub ignore: Vec<String>,
    /// Also runs the rules that judge rather than know.
    pub preview: bool,
    /// Trainers whose habits the data must survive.
    pub profile: Vec<String>,
    /// Severity of the findings of a rule, by its code.
    pub severity: BTreeMap<String, Severity>,
    /// Numbers that rules compare with.
    pub thresholds: Thresholds,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            select: vec!["ALL".into()],
            extend_select: Vec::new(),
            ignore: Vec::new(),
            preview: false,
            profile: Vec::new(),
            severity: BTreeMap::new(),
            thresholds: Thresholds::default(),
        }
    }
}

/// Numbers that rules compare with. They come from reasoning rather than from a census of all
/// scans, so findings print the measured value beside them.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Thresholds {
    /// OBJ203: a target with fewer vertices is small.
    pub min_target_vertices: u32,
    /// MSH103: a scan with fewer vertices is no scan of a room.
    pub min_scan_vertices: u32,
    /// REF104: share of descriptions, in per cent, whose name must agree at a shift.
    #[schemars(range(min = 50, max = 100))]
    pub min_shift_percent: u32,
    /// REF104: a scan with fewer descriptions cannot tell a shift from chance.
    pub min_shift_descriptions: u32,
    /// TXT108: a description with fewer words is short.
    pub min_words: u32,
    /// TXT201: by how much, in per cent, a description may be closer to another object's than to
    /// those of its own.
    #[schemars(range(max = 100))]
    pub max_text_gap_percent: u32,
    /// TXT203: share of an object's points, in per cent, that a colour word must fit.
    #[schemars(range(max = 100))]
    pub min_colour_share_percent: u32,
    /// DUP301: share of objects, in per cent, that two scans of one room have in common.
    #[schemars(range(min = 1, max = 100))]
    pub min_room_likeness_percent: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            // MDIN treats fewer points as "no target".
            min_target_vertices: 50,
            // Rooms of ScanNet have ten thousand vertices and more; made test rooms a few
            // thousand; an emptied or cut-off mesh has none or a handful.
            min_scan_vertices: 500,
            min_shift_percent: 70,
            min_shift_descriptions: 3,
            // The shortest description of ScanRefer's validation file has six.
            min_words: 3,
            // In a prototype on made data 96 % of findings were right at 40, and 30 % at 10.
            max_text_gap_percent: 40,
            // Wide enough for frames, cushions and shadows of any other colour.
            min_colour_share_percent: 5,
            // Rescans of a room miss some of its objects, and parts of others.
            min_room_likeness_percent: 60,
        }
    }
}

impl Settings {
    /// The rules that run, in the order of the table.
    pub(super) fn rules(&self) -> Result<Vec<&'static dyn Rule>> {
        for selector in self.select.iter().chain(&self.extend_select).chain(&self.ignore) {
            if !RULES.iter().any(|r| strength(selector, r.meta()).is_some()) {
                return Err(unknown(selector));
            }
        }
        if let Some(code) = self.severity.keys().find(|c| rules::find(c).is_none()) {
            return Err(unknown(code));
        }
        for rule in RULES.iter().map(|r| r.meta()) {
            let named = self.select.iter().chain(&self.extend_select).any(|s| names(s, rule));
            if let (true, Some(missing)) = (named, self.missing(rule)) {
                return Err(Error::new(
                    Kind::Config,
                    format!("rule {} does not run as things are", rule.code),
                )
                .help(missing));
            }
        }
        let strongest = |list: &[String], meta: &Meta| list.iter().filter_map(|s| strength(s, meta)).max();
        let mut chosen = Vec::new();
        for &rule in RULES {
            let meta = rule.meta();
            let wanted = strongest(&self.select, meta).max(strongest(&self.extend_select, meta));
            if self.missing(meta).is_none() && wanted > strongest(&self.ignore, meta) {
                chosen.push(rule);
            }
        }
        if chosen.is_empty() {
            return Err(Error::new(Kind::Config, "no rule is selected")
                .help("select some: --select ALL runs every rule"));
        }
        Ok(chosen)
    }

    /// What would have to be asked for so that the rule could run.
    fn missing(&self, meta: &Meta) -> Option<&'static str> {
        match meta.needs {
            Needs::Preview if !self.preview => Some("it is a preview rule: add --preview"),
            Needs::Profile if self.profile.is_empty() => {
                Some("it needs to know the trainer: add --profile, such as --profile reason3d")
            }
            _ => None,
        }
    }

    /// The profiles that the settings name.
    pub(super) fn profiles(&self) -> Result<Vec<&'static Profile>> {
        self.profile.iter().map(|name| Profile::named(name)).collect()
    }

    /// The severity that the settings give a rule, if any.
    pub(super) fn severity_of(&self, meta: &Meta) -> Option<Severity> {
        self.severity.iter().find(|(code, _)| code.eq_ignore_ascii_case(meta.code)).map(|(_, &s)| s)
    }
}

/// Whether a selector is a rule's own code or name.
fn names(selector: &str, meta: &Meta) -> bool {
    selector.eq_ignore_ascii_case(meta.code) || selector.eq_ignore_ascii_case(meta.name)
}

/// How closely a selector names a rule, `None` when it does not.
fn strength(selector: &str, meta: &Meta) -> Option<usize> {
    if selector.eq_ignore_ascii_case("ALL") {
        return Some(0);
    }
    if names(selector, meta) {
        return Some(meta.code.len());
    }
    let start = meta.code.get(..selector.len())?;
    (!selector.is_empty() && start.eq_ignore_ascii_case(selector)).then_some(selector.len())
}

/// The error for a rule that does not exist, with the nearest that do.
pub fn unknown(code: &str) -> Error {
    let error = Error::new(Kind::Config, format!("there is no rule `{code}`"));
    let near = near(code);
    if near.is_empty() {
        error.help("`dataprep rule --all` lists the rules; prefixes such as REF and ALL select many")
    } else {
        error.help(format!("did you mean {}?", near.join(" or ")))
    }
}

/// Codes and names like `code`, best first.
fn near(code: &str) -> Vec<&'static str> {
    let code = code.to_lowercase();
    let mut near: Vec<(f64, &str)> = RULES
        .iter()
        .flat_map(|r| [r.meta().code, r.meta().name])
        .map(|word| (strsim::jaro_winkler(&code, &word.to_lowercase()), word))
        .filter(|&(likeness, _)| likeness > 0.85)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.into_iter().take(3).map(|(_, word)| word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let list = |l: &[&str]| l.iter().map(|&s| s.to_owned()).collect();
        let settings = Settings { select: list(select), ignore: list(ignore), ..Settings::default() };
        settings.rules().unwrap().iter().map(|r| r.meta().code).collect()
    }

    #[test]
    fn the_longest_selector_decides() {
        let ready = RULES.iter().filter(|r| r.meta().needs == Needs::Nothing).count();
        assert_eq!(codes(&["ALL"], &[]).len(), ready);
        assert_eq!(codes(&["REF103"], &["REF"]), ["REF103"]);
        assert_eq!(codes(&["SPL"], &["SPL101"]), ["SPL102"]);
        assert_eq!(codes(&["wrong-name"], &[]), ["REF103"]);
        assert_eq!(codes(&["ref103"], &[]), ["REF103"]);
    }

    #[test]
    fn rules_that_do_not_exist_are_refused_with_the_nearest() {
        let settings = Settings { ignore: vec!["REF13".into()], ..Settings::default() };
        let error = settings.rules().err().unwrap();
        assert_eq!(error.kind(), Kind::Config);
        assert!(error.remedy().unwrap().contains("REF103"), "{error}");
        let severity = [("NOPE".to_owned(), Severity::Info)].into();
        assert!(Settings { severity, ..Settings::default() }.rules().is_err());
        let settings = Settings { ignore: vec!["ALL".into()], ..Settings::default() };
        assert!(settings.rules().err().unwrap().message().contains("no rule"));
    }
}
