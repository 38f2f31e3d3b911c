use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::audit::{Applied, ControlContext};

rule! {
    /// A suppression has expired.
    ///
    /// # What it checks
    /// That the day in `expires` of each `[[audit.suppress]]` is still to come, in UTC; where
    /// `DATAPREP_TODAY` or `SOURCE_DATE_EPOCH` is set, it is today. What the suppression hid counts
    /// again, unless another hides it. Where a part of the data set was audited, only a suppression
    /// that hid something in that part is reported. Evidence: `rule`, `scene`, `object` and `ann`,
    /// as far as the suppression names them; `reason`, as it gives it; `expired`, the day;
    /// `findings`, how many count again.
    ///
    /// # Why it matters
    /// Somebody wanted to be asked again by that day. Until somebody decides, the run may fail over
    /// findings that it passed yesterday.
    ///
    /// # How to fix
    /// Mend what it hid and take the entry out, or give it a later day and say why in its reason.
    ///
    /// # Known exceptions
    /// None.
    ///
    /// # Source
    /// The configuration's own date; TOML calls it a local date, <https://toml.io/en/v1.0.0>.
    ExpiredSuppression { code: "CFG102", name: "expired-suppression", severity: Warning }
}

impl Rule for ExpiredSuppression {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn control(&self, control: &ControlContext<'_>, out: &mut Sink<'_>) {
        let told = |s: &&Applied<'_>| s.expired && (control.complete || s.findings > 0);
        for applied in control.suppressions.iter().filter(told) {
            let suppression = applied.suppression;
            let Some(day) = suppression.expires else { continue };
            let again = match applied.findings as usize {
                0 => "nothing that it hid is there".to_owned(),
                1 => "1 finding counts again".to_owned(),
                n => format!("{} count again", count(n, "finding")),
            };
            let message = format!("the suppression of {} expired on {day}: {again}", suppression.place());
            let draft = Draft::new(message).entry(applied.at).suppression(suppression);
            out.report(draft.evidence("expired", day.to_string()).evidence("findings", applied.findings));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::run;

    fn text(day: &str) -> String {
        format!("[[audit.suppress]]\nrule = 'TXT101'\nreason = 'r'\nexpires = {day}\n")
    }

    #[test]
    fn fires_from_its_day_on_and_says_what_counts_again() {
        let found = run("CFG102", &text("2026-06-01"), false);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "the suppression of TXT101 expired on 2026-06-01: 2 findings count again"
        );
        assert_eq!((found[0].number("findings"), found[0].location.unwrap().row), (Some(2), 1));
        assert_eq!(run("TXT101", &text("2026-06-01"), false).len(), 2);
        assert_eq!(run("CFG102", &text("2026-06-01"), true).len(), 1);
    }

    #[test]
    fn silent_before_and_where_a_part_says_nothing() {
        assert_eq!(run("CFG102", &text("2026-06-02"), false), []);
        assert_eq!(run("CFG102", &(text("2026-01-01") + "object = 99\n"), true), []);
    }
}
