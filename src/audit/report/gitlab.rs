//! GitLab Code Quality.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{NOWHERE, Report, numbered, repository_path};
use crate::audit::finding::{Finding, Severity};

/// A list of GitLab Code Quality violations, one a line; findings of a baseline and suppressed
/// ones are left out. GitLab wants a path and a line of each: those that are in no file stand at
/// the repository's root, those that are in no line at the first.
pub fn gitlab(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut seen = BTreeMap::new();
    let mut before = "[\n";
    for finding in report.fresh() {
        out.write_all(before.as_bytes())?;
        // GitLab shows violations of the same fingerprint once.
        let fingerprint = numbered(&mut seen, &finding.fingerprint);
        serde_json::to_writer(&mut *out, &violation(finding, &fingerprint))?;
        before = ",\n";
    }
    out.write_all(if before == ",\n" { b"\n]\n" } else { b"[]\n" })
}

fn violation(f: &Finding, fingerprint: &str) -> serde_json::Value {
    let place = f.place();
    let description = if place.is_empty() { f.message.clone() } else { format!("{place}: {}", f.message) };
    let severity = match f.severity {
        Severity::Error => "critical",
        Severity::Warning => "minor",
        Severity::Info => "info",
    };
    serde_json::json!({
        "description": description,
        "check_name": f.code,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {
            "path": f.file.as_deref().map_or_else(|| NOWHERE.into(), repository_path),
            "lines": { "begin": f.location.map_or(1, |at| at.row.max(1)) },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tests::{hostile, schema, text};
    use super::*;
    use crate::audit::State;

    fn list(report: &Report) -> Vec<serde_json::Value> {
        serde_json::from_str(&text(|out| gitlab(report, out))).unwrap()
    }

    #[test]
    fn every_violation_has_what_the_documentation_requires() {
        let validator = jsonschema::validator_for(&schema("gitlab-code-quality.json")).unwrap();
        let report = hostile();
        let list = list(&report);
        assert!(validator.is_valid(&list.clone().into()), "{list:#?}");
        assert_eq!(list.len(), report.findings.len());
        assert_eq!(list[0]["location"]["lines"]["begin"], report.findings[0].location.unwrap().row);
        assert!(list[0]["description"].as_str().unwrap().contains(&report.findings[0].message));
        assert!(!validator.is_valid(&serde_json::json!([{ "description": "x" }])));
    }

    #[test]
    fn fingerprints_are_unique_and_only_new_findings_are_told() {
        let mut report = hostile();
        for finding in &mut report.findings {
            finding.fingerprint = "0123456789abcdef".into();
        }
        let prints =
            |r: &Report| list(r).iter().map(|v| v["fingerprint"].to_string()).collect::<BTreeSet<_>>();
        assert_eq!(prints(&report).len(), report.findings.len());
        report.findings[0].state = State::Baseline;
        report.findings[1].state = State::Suppressed;
        assert_eq!(prints(&report).len(), report.findings.len() - 2);
        report.findings.clear();
        assert_eq!(text(|out| gitlab(&report, out)), "[]\n");
    }
}
