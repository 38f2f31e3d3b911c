use crate::audit::ControlContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::unknown;

rule! {
    /// The configuration leaves out a rule that does not exist.
    ///
    /// # What it checks
    /// That what `ignore`, `per-scan-ignores` and `suppress` name are rules of this version; a
    /// suppression names one rule, by its code or name, and no prefix. A rule that does not exist in
    /// `select`, `extend-select` or `severity`, or on the command line, is an error instead: less
    /// would be checked than was asked. Evidence: `key`, of which this is an entry; `selector`, what
    /// it says.
    ///
    /// # Why it matters
    /// The entry does nothing. What it was to leave out still counts, or it was written for another
    /// version of dataprep.
    ///
    /// # How to fix
    /// Correct the code; `dataprep rule --all` lists them.
    ///
    /// # Known exceptions
    /// A configuration that is shared with a newer dataprep may name rules that this one lacks.
    ///
    /// # Source
    /// The rules of this version.
    UnknownRule { code: "CFG103", name: "unknown-rule", severity: Warning }
}

impl Rule for UnknownRule {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn control(&self, control: &ControlContext<'_>, out: &mut Sink<'_>) {
        for entry in control.misnamed.iter().filter(|m| m.successor.is_none()) {
            let message = format!("`{}` in {} is no rule", entry.selector, entry.key);
            let draft = Draft::new(message)
                .entry(entry.at.as_ref())
                .key(&entry.key)
                .key(&entry.selector)
                .evidence("key", entry.key.as_str())
                .evidence("selector", entry.selector.as_str());
            let near = unknown(&entry.selector);
            out.report(draft.fix(near.remedy().unwrap_or("take it out")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::run;
    use crate::audit::{Engine, Settings};

    #[test]
    fn fires_at_each_entry_with_the_nearest_rule() {
        let text = "[audit]\nignore = ['TXT', 'TXT91']\nper-scan-ignores.'scene0*' = ['NOPE']\n\
                    [[audit.suppress]]\nrule = 'TXT'\nreason = 'a prefix is no rule'\n";
        let found = run("CFG103", text, true);
        let at: Vec<_> = found.iter().map(|f| (f.location.unwrap().row, f.message.as_str())).collect();
        assert_eq!(
            at,
            [
                (2, "`TXT91` in audit.ignore is no rule"),
                (3, "`NOPE` in audit.per-scan-ignores is no rule"),
                (4, "`TXT` in audit.suppress is no rule"),
            ]
        );
        assert!(found[0].fix.as_ref().unwrap().message.contains("TXT101"));
    }

    #[test]
    fn silent_on_rules_and_an_error_where_less_would_be_checked() {
        assert_eq!(run("CFG103", "[audit]\nignore = ['TXT3', 'ref', 'wrong-name', 'PLY101']\n", false), []);
        let select = Settings { select: vec!["CFG103".into(), "NOPE".into()], ..Settings::default() };
        assert!(Engine::new(&select).is_err());
    }
}
