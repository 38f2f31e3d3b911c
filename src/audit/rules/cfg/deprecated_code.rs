use crate::audit::ControlContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};

rule! {
    /// A rule is called by a code that it had before.
    ///
    /// # What it checks
    /// That no entry of the configuration, nor an option, names a rule by a code of old. The entry
    /// does what it says all the same. Evidence: `key`, of which this is an entry; `selector`, what
    /// it says; `now`, the code of today.
    ///
    /// # Why it matters
    /// A code of old is understood for a while, and then no more.
    ///
    /// # How to fix
    /// Write the code of today.
    ///
    /// # Known exceptions
    /// Codes of old are those of the draft of the catalogue, where meshes had a family of their own:
    /// PLY101 to PLY104. No release has deprecated a code.
    ///
    /// # Source
    /// The table of codes in `src/audit/selectors.rs`.
    DeprecatedCode { code: "CFG104", name: "deprecated-code", severity: Warning }
}

impl Rule for DeprecatedCode {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn control(&self, control: &ControlContext<'_>, out: &mut Sink<'_>) {
        for entry in control.misnamed {
            let Some(now) = entry.successor else { continue };
            let message = format!("`{}` in {} is called {now} now", entry.selector, entry.key);
            let draft = Draft::new(message)
                .entry(entry.at.as_ref())
                .key(&entry.key)
                .key(&entry.selector)
                .evidence("key", entry.key.as_str())
                .evidence("selector", entry.selector.as_str())
                .evidence("now", now);
            out.report(draft.fix(format!("write {now}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::run;

    #[test]
    fn fires_and_the_entry_works() {
        let text = "[audit]\nselect = ['ply101', 'CFG']\nseverity.PLY103 = 'info'\n\
                    [[audit.suppress]]\nrule = 'PLY101'\nscene = 'x'\nreason = 'r'\n";
        let found = run("CFG104", text, false);
        let at: Vec<_> = found.iter().map(|f| (f.location.unwrap().row, f.message.as_str())).collect();
        assert_eq!(
            at,
            [
                (2, "`ply101` in audit.select is called MSH101 now"),
                (3, "`PLY103` in audit.severity is called SEG101 now"),
                (4, "`PLY101` in audit.suppress is called MSH101 now"),
            ]
        );
        assert_eq!(run("CFG101", text, false).len(), 1, "MSH101 ran, and the suppression hid nothing");
        assert_eq!(found[0].evidence["now"], "MSH101");
    }

    #[test]
    fn silent_on_codes_of_today() {
        assert_eq!(run("CFG104", "[audit]\nignore = ['MSH101', 'SEG']\n", false), []);
    }
}
