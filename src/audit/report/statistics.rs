//! Counts by rule.

use super::json::pretty;
use super::{Cause, Report};

/// A table with one line for each rule and severity, then the totals.
pub fn statistics(report: &Report) -> String {
    let mut text = format!(
        "{:<8} {:<20} {:<8} {:>9} {:>7} {:>13}\n",
        "code", "name", "severity", "findings", "scans", "descriptions"
    );
    for c in &report.causes {
        let Cause { code, name, severity, findings, scans, descriptions, .. } = c;
        let severity = severity.word();
        text += &format!("{code:<8} {name:<20} {severity:<8} {findings:>9} {scans:>7} {descriptions:>13}\n");
    }
    text + &report.footer() + "\n"
}

/// The causes as a JSON list.
pub fn statistics_json(report: &Report) -> String {
    pretty(&report.causes)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faulty, report};
    use super::*;

    #[test]
    fn counts_each_rule_once() {
        let report = report(&faulty());
        let text = statistics(&report);
        assert!(
            text.contains("REF103   wrong-name           error            2       2             2\n"),
            "{text}"
        );
        let list: Vec<Cause> = serde_json::from_str(&statistics_json(&report)).unwrap();
        assert_eq!(list.len(), report.causes.len());
    }
}
