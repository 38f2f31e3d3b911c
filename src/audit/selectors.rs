//! How settings name rules.

use super::rule::Meta;
use super::rules::RULES;
use crate::error::{Error, Kind};

/// Codes that rules had before, and those they have now. Settings may go on using them.
///
/// The draft of the catalogue had a family of its own for mesh files. No release printed these
/// codes; settings that were written by the draft have them.
pub(super) const DEPRECATED: &[(&str, &str)] =
    &[("PLY101", "MSH101"), ("PLY102", "MSH102"), ("PLY103", "SEG101"), ("PLY104", "MSH112")];

/// The code that a deprecated one has now.
pub(super) fn successor(selector: &str) -> Option<&'static str> {
    DEPRECATED.iter().find(|(old, _)| old.eq_ignore_ascii_case(selector)).map(|&(_, new)| new)
}

/// Whether a selector is a rule's own code, now or before, or its name.
pub(super) fn names(selector: &str, meta: &Meta) -> bool {
    let selector = successor(selector).unwrap_or(selector);
    selector.eq_ignore_ascii_case(meta.code) || selector.eq_ignore_ascii_case(meta.name)
}

/// How closely a selector names a rule, `None` when it does not.
pub(super) fn strength(selector: &str, meta: &Meta) -> Option<usize> {
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
    use crate::audit::rules;

    #[test]
    fn deprecated_codes_lead_to_rules_and_are_no_rules() {
        for &(old, new) in DEPRECATED {
            assert!(rules::find(old).is_none(), "{old} is a rule");
            assert!(names(old, rules::find(new).unwrap().meta()), "{old}");
            assert_eq!(strength(&old.to_lowercase(), rules::find(new).unwrap().meta()), Some(6));
        }
    }
}
