//! Defects of the official releases that everybody has, and nobody needs to mend.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    defect: Vec<Defect>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Defect {
    scene: String,
    rules: Vec<String>,
    note: String,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    toml::from_str(include_str!("known.toml")).expect("the built-in list is tested to parse")
});

/// What is known about findings of rule `code` in `scene`.
pub(super) fn defect(scene: &str, code: &str) -> Option<&'static str> {
    let known = KNOWN.defect.iter().find(|d| d.scene == scene && d.rules.iter().any(|r| r == code));
    known.map(|d| d.note.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::rules;

    #[test]
    fn known_defects_name_rules_that_exist() {
        for code in KNOWN.defect.iter().flat_map(|d| &d.rules) {
            assert!(rules::find(code).is_some(), "{code}");
        }
        assert!(defect("scene0217_00", "SEG104").is_some());
        assert!(defect("scene0217_00", "REF103").is_none());
        assert!(defect("scene0000_00", "SEG104").is_none());
    }
}
