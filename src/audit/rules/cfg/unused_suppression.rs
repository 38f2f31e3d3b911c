use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::{Applied, ControlContext};

rule! {
    /// A suppression hides nothing.
    ///
    /// # What it checks
    /// That each `[[audit.suppress]]` of the configuration hides at least one finding that no
    /// suppression above it hides. Only where the whole data set was audited and the suppression's
    /// rule ran; one that names no rule is CFG103, one that has expired CFG102. Evidence: `rule`,
    /// `scene`, `object` and `ann`, as far as the suppression names them; `reason`, as it gives it.
    ///
    /// # Why it matters
    /// Either the fault is mended, and the next one at that place would go unseen; or the place is
    /// misspelled, and the finding that was meant still counts.
    ///
    /// # How to fix
    /// Take the entry out, or correct its place: `--output-format json` prints the ids of each
    /// finding as a suppression wants them.
    ///
    /// # Known exceptions
    /// A rule that says nothing of a scan that cannot be read leaves its suppressions there unused.
    ///
    /// # Source
    /// Linters report comments that switch nothing off: RUF100 of
    /// <https://github.com/astral-sh/ruff>.
    UnusedSuppression { code: "CFG101", name: "unused-suppression", severity: Warning }
}

impl Rule for UnusedSuppression {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn control(&self, control: &ControlContext<'_>, out: &mut Sink<'_>) {
        let unused = |s: &&Applied<'_>| s.ran && !s.expired && s.findings == 0;
        for applied in control.suppressions.iter().filter(unused).filter(|_| control.complete) {
            let suppression = applied.suppression;
            let message = format!("the suppression of {} hides nothing", suppression.place());
            out.report(Draft::new(message).entry(applied.at).suppression(suppression));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::run;

    const OTHER: &str = "[[audit.suppress]]\nrule = 'TXT101'\nscene = 'scene0001_00'\nobject = 1\n\
                         reason = 'cut'\n[[audit.suppress]]\nrule = 'empty-text'\nobject = 4\nreason = 'r'\n";

    #[test]
    fn fires_at_the_entry_that_hides_nothing() {
        let found = run("CFG101", OTHER, false);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path().rsplit_once(':').unwrap().0, "dataprep.toml:6");
        assert_eq!(found[0].message, "the suppression of TXT101 at object 4 hides nothing");
        assert_eq!((&found[0].evidence["object"], &found[0].evidence["reason"]), (&4.into(), &"r".into()));
        let all = "[[audit.suppress]]\nrule = 'TXT101'\nreason = 'r'\n";
        let found = run("CFG101", &[all, all].concat(), false);
        assert_eq!((found.len(), found[0].location.unwrap().row), (1, 4), "the first hides all");
    }

    #[test]
    fn silent_where_it_cannot_know() {
        assert_eq!(run("CFG101", OTHER, true), [], "a part of the data set");
        assert_eq!(
            run("CFG101", &format!("{OTHER}[audit]\nignore = ['TXT']\n"), false),
            [],
            "the rule did not run"
        );
        let gone = OTHER.replace("reason", "expires = 2020-01-01\nreason");
        assert_eq!(run("CFG101", &gone, false), [], "CFG102 says so");
    }
}
