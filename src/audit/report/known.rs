//! Findings that neither fail nor show, for whoever asks for them.

use super::{Report, plural};
use crate::audit::finding::State;

/// The findings of a state other than new, one a line, with why they may stay.
pub fn known(report: &Report, state: State) -> String {
    let findings: Vec<_> = report.findings.iter().filter(|f| f.state == state).collect();
    let what = match state {
        State::New => "new",
        State::Baseline => "in the baseline",
        State::Suppressed => "suppressed",
    };
    let mut text = format!("{} {what}\n", plural(findings.len() as u64, "finding"));
    for f in findings {
        let parts = [f.path(), format!("{} [{}]", f.code, f.severity), f.place(), f.message.clone()];
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
        text += &format!("  {}\n", parts.join(" "));
        if let Some(excuse) = &f.suppression {
            let until = excuse.expires.as_deref().map_or_else(String::new, |day| format!(" (until {day})"));
            text += &format!("    because {}{until}\n", excuse.reason);
        }
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faulty, report};
    use super::super::{concise, full};
    use super::*;
    use crate::audit::Excuse;

    #[test]
    fn what_is_known_shows_only_where_it_is_asked_for() {
        let mut report = report(&faulty());
        let excuse = Excuse { reason: "will be mended".into(), expires: Some("2027-01-01".into()) };
        for f in report.findings.iter_mut().filter(|f| f.code == "REF103") {
            (f.state, f.suppression) = (State::Suppressed, Some(excuse.clone()));
        }
        let text = known(&report, State::Suppressed);
        assert!(
            text.starts_with("2 findings suppressed\n  ScanRefer_filtered_train.json:4:5 REF103 [error] ")
        );
        assert!(text.contains("    because will be mended (until 2027-01-01)\n"), "{text}");
        assert!(
            !super::super::tests::text(|out| concise(&report, out)).contains("REF103")
                && !full(&report, 9).contains("is labelled")
        );
    }
}
