//! Findings that may stay, each with the reason why.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use globset::{Glob, GlobMatcher};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::finding::{Annotation, Excuse, Finding, State};
use super::rule::Meta;
use super::rules::RULES;
use super::selectors::names;

/// A day, as TOML writes it.
pub type Day = toml::value::Date;

/// A finding that may stay, or all of a rule at a place.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Suppression {
    /// Code or name of the rule.
    pub rule: String,
    /// The scan's id, or a glob that ids match. Left out, any place.
    pub scene: Option<Pattern>,
    /// The object. Left out, any.
    pub object: Option<i32>,
    /// The annotation. Left out, any.
    pub ann: Option<Annotation>,
    /// Why the finding may stay.
    #[serde(deserialize_with = "reason")]
    #[schemars(length(min = 1))]
    pub reason: String,
    /// From this day on the finding counts again.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub expires: Option<Day>,
}

fn reason<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let reason = String::deserialize(from)?;
    if reason.trim().is_empty() {
        return Err(D::Error::custom("the reason is empty: say why the finding may stay"));
    }
    Ok(reason)
}

impl Suppression {
    /// The rule, if there is one of that code or name.
    pub fn meta(&self) -> Option<&'static Meta> {
        RULES.iter().map(|r| r.meta()).find(|meta| names(&self.rule, meta))
    }

    /// Whether its time is over.
    pub fn has_expired(&self, today: Option<Day>) -> bool {
        self.expires.zip(today).is_some_and(|(end, today)| end <= today)
    }

    /// `TXT101 at scene0011_00/12/3`.
    pub(super) fn place(&self) -> String {
        let mut place = self.meta().map_or(self.rule.as_str(), |m| m.code).to_owned();
        let parts = [
            self.scene.as_ref().map(ToString::to_string),
            self.object.map(|o| format!("object {o}")),
            self.ann.as_ref().map(|a| format!("annotation {a}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            place += &format!(" at {}", parts.join(", "));
        }
        place
    }

    /// Whether a finding of its rule and scan is at its place.
    fn fits(&self, f: &Finding) -> bool {
        // `3` and `"3"` are the same annotation.
        let ann = |a: &Annotation| f.ann_id.as_ref().is_some_and(|b| a.to_string() == b.to_string());
        self.object.is_none_or(|o| f.object_id == Some(o)) && self.ann.as_ref().is_none_or(ann)
    }
}

/// Suppresses findings; says for each suppression how many it hides or, where it has expired, how
/// many that it hid count again.
pub(super) fn suppress(list: &[Suppression], findings: &mut [Finding], today: Option<Day>) -> Vec<u64> {
    let mut at: BTreeMap<(&str, Option<&str>), Vec<usize>> = BTreeMap::new();
    for (i, suppression) in list.iter().enumerate() {
        if let Some(rule) = suppression.meta() {
            let scene = suppression.scene.as_ref().and_then(Pattern::literal);
            at.entry((rule.code, scene)).or_default().push(i);
        }
    }
    // Ids are looked up; globs are tried one by one.
    let glob = |s: &Suppression| s.scene.as_ref().filter(|p| p.literal().is_none()).map(Pattern::matcher);
    let globs: Vec<Option<GlobMatcher>> = list.iter().map(glob).collect();
    let mut counts = vec![0; list.len()];
    for f in findings {
        let anywhere = at.get(&(f.code.as_str(), None));
        let here = f.scene_id.as_deref().and_then(|scene| at.get(&(f.code.as_str(), Some(scene))));
        let of_rule = anywhere.into_iter().chain(here).flatten().copied();
        let in_scene = |glob: &GlobMatcher| f.scene_id.as_deref().is_some_and(|id| glob.is_match(id));
        let fits = |&i: &usize| globs[i].as_ref().is_none_or(in_scene) && list[i].fits(f);
        let mut fits: Vec<usize> = of_rule.filter(fits).collect();
        fits.sort_unstable();
        if let Some(&i) = fits.iter().find(|&&i| !list[i].has_expired(today)) {
            counts[i] += 1;
            f.state = State::Suppressed;
            let expires = list[i].expires.map(|day| day.to_string());
            f.suppression = Some(Excuse { reason: list[i].reason.clone(), expires });
        } else {
            for i in fits {
                counts[i] += 1;
            }
        }
    }
    counts
}

/// The id of a scan, or a glob that ids match.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern(Glob);

impl Pattern {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        self.0.glob()
    }

    /// What tells whether an id matches.
    pub fn matcher(&self) -> GlobMatcher {
        self.0.compile_matcher()
    }

    /// The only id that matches, if it is one.
    fn literal(&self) -> Option<&str> {
        Some(self.as_str()).filter(|p| !p.contains(['*', '?', '[', ']', '{', '}', '\\', '!']))
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Glob::new(&text).map(Self).map_err(|e| D::Error::custom(format!("no pattern of scans: {e}")))
    }
}

impl JsonSchema for Pattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<Vec<Suppression>, String> {
        #[derive(Deserialize)]
        struct File {
            suppress: Vec<Suppression>,
        }
        toml::from_str::<File>(text).map(|f| f.suppress).map_err(|e| e.message().to_owned())
    }

    fn finding(scene: Option<&str>, object: Option<i32>, ann: Option<&str>) -> Finding {
        Finding {
            code: "TXT101".into(),
            scene_id: scene.map(Into::into),
            object_id: object,
            ann_id: ann.map(Annotation::of),
            ..Finding::default()
        }
    }

    #[test]
    fn what_is_left_out_fits_any_and_the_rest_must_be_the_same() {
        let here = finding(Some("scene0011_00"), Some(12), Some("3"));
        for (place, fits) in [
            ("", true),
            ("scene = 'scene0011_00'", true),
            ("scene = 'scene001?_*'", true),
            ("scene = 'scene0011'", false),
            ("object = 12", true),
            ("object = 13", false),
            ("scene = 'scene0011_00'\nobject = 12\nann = 3", true),
            ("ann = '3'", true),
            ("ann = '03'", false),
            ("ann = 4", false),
        ] {
            let rule = |rule: &str| format!("[[suppress]]\nrule = '{rule}'\nreason = 'r'\n{place}\n");
            let hidden = |text: &str| suppress(&list(text).unwrap(), &mut [here.clone()], None)[0] == 1;
            assert_eq!(hidden(&rule("TXT101")), fits, "{place}");
            assert_eq!(hidden(&rule("empty-text")), fits, "{place}");
            assert!(!hidden(&rule("TXT301")));
        }
        let anywhere = list("[[suppress]]\nrule='TXT101'\nreason='r'\nscene='*'").unwrap();
        assert_eq!(suppress(&anywhere, &mut [finding(None, None, None), here], None), [1]);
    }

    #[test]
    fn the_first_that_has_not_expired_hides_and_is_told() {
        let text = "[[suppress]]\nrule = 'TXT101'\nreason = 'old'\nexpires = 2026-05-01\n\
                    [[suppress]]\nrule = 'TXT101'\nreason = 'for now'\nexpires = 2026-05-02\nscene = 'a'\n\
                    [[suppress]]\nrule = 'TXT101'\nreason = 'again'\nscene = 'a'\n";
        let list = list(text).unwrap();
        let mut findings = [finding(Some("a"), None, None), finding(Some("b"), None, None)];
        let today = "2026-05-01".parse::<toml::value::Datetime>().unwrap().date;
        assert_eq!(suppress(&list, &mut findings, today), [1, 1, 0]);
        assert_eq!((findings[0].state, findings[1].state), (State::Suppressed, State::New));
        let excuse = findings[0].suppression.clone().unwrap();
        assert_eq!((excuse.reason.as_str(), excuse.expires.as_deref()), ("for now", Some("2026-05-02")));
        assert_eq!(suppress(&list, &mut findings, None), [2, 0, 0]);
    }

    #[test]
    fn a_suppression_needs_a_reason_and_a_day_that_is_one() {
        for (text, says) in [
            ("", "missing field `reason`"),
            ("reason = ' '", "say why"),
            ("reason = 'r'\nexpires = '2027-01-01'", "invalid type"),
            ("reason = 'r'\nexpires = 2027-01-01T00:00:00", "local date"),
            ("reason = 'r'\nexpires = 2027-02-30", "day"),
            ("reason = 'r'\nscene = '['", "no pattern of scans"),
            ("reason = 'r'\nscenes = 'x'", "unknown field `scenes`"),
        ] {
            let error = list(&format!("[[suppress]]\nrule = 'TXT101'\n{text}\n")).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
