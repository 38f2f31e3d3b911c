//! JUnit XML.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Report, numbered};
use crate::audit::finding::{Finding, Severity};

/// A test suite for each cause and a test case for each finding: errors are failures, warnings
/// are skipped tests, notes are tests that pass and say something. Findings of a baseline and
/// suppressed ones are left out. Without any finding there is one test, which passes: programs
/// that read JUnit take a report without tests for a broken one.
pub fn junit(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<&Finding> = report.fresh().collect();
    let failures = findings.iter().filter(|f| f.severity == Severity::Error).count();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let tests = findings.len().max(1);
    writeln!(out, r#"<testsuites name="dataprep audit" tests="{tests}" failures="{failures}" errors="0">"#)?;
    if findings.is_empty() {
        writeln!(out, r#"<testsuite name="audit" tests="1" failures="0" errors="0" skipped="0">"#)?;
        let verdict = escape(&report.summary.verdict);
        writeln!(
            out,
            r#"<testcase classname="dataprep" name="data set"><system-out>{verdict}</system-out></testcase>"#
        )?;
        writeln!(out, "</testsuite>")?;
    }
    for cause in findings.chunk_by(|a, b| (a.severity, &a.code) == (b.severity, &b.code)) {
        suite(cause, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let first = findings[0];
    let of = |severity| if first.severity == severity { findings.len() } else { 0 };
    writeln!(
        out,
        r#"<testsuite name="{} {} ({})" tests="{}" failures="{}" errors="0" skipped="{}">"#,
        escape(&first.code),
        escape(&first.name),
        first.severity,
        findings.len(),
        of(Severity::Error),
        of(Severity::Warning),
    )?;
    let mut seen = BTreeMap::new();
    for finding in findings {
        let name = [finding.place(), finding.path()].into_iter().find(|name| !name.is_empty());
        // Programs that compare runs take cases of one name for the same.
        let name = numbered(&mut seen, &name.unwrap_or_else(|| "data set".into()));
        case(finding, &name, out)?;
    }
    writeln!(out, "</testsuite>")
}

fn case(f: &Finding, name: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(out, r#"<testcase classname="dataprep.{}" name="{}">"#, escape(&f.code), escape(name))?;
    let message = escape(&f.message);
    let mut more = vec![f.message.clone(), f.path()];
    more.extend(f.fix.as_ref().map(|fix| format!("fix: {}", fix.message)));
    more.push(format!("rule: dataprep rule {}", f.code));
    more.retain(|line| !line.is_empty());
    let more = escape(&more.join("\n"));
    match f.severity {
        Severity::Error => write!(out, r#"<failure type="error" message="{message}">{more}</failure>"#)?,
        Severity::Warning => write!(out, r#"<skipped type="warning" message="{message}">{more}</skipped>"#)?,
        Severity::Info => write!(out, "<system-out>{more}</system-out>")?,
    }
    writeln!(out, "</testcase>")
}

/// Text as content or attribute of XML 1.0, whatever it holds: white space that readers would
/// change is written as references, characters that XML forbids as U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\t' | '\n' | '\r' => out += &format!("&#{};", c as u32),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use uppsala::{XsdValidator, parse};

    use super::super::tests::{faulty, file, hostile, report, text};
    use super::*;
    use crate::audit::State;
    use crate::audit::fixture::Fixture;

    fn errors(xml: &str) -> Vec<String> {
        let schema = file("junit-10.xsd");
        let validator = XsdValidator::from_schema(&parse(&schema).unwrap()).unwrap();
        validator.validate(&parse(xml).unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn reports_are_valid_by_the_schema_that_jenkins_reads() {
        let mut none = report(&faulty());
        none.findings.clear();
        for report in [report(&faulty()), hostile(), report(&Fixture::clean()), none] {
            let xml = text(|out| junit(&report, out));
            assert_eq!(errors(&xml), Vec::<String>::new(), "{xml}");
            assert!(xml.contains("<testcase "), "{xml}");
        }
    }

    #[test]
    fn the_schema_would_find_what_is_wrong() {
        let xml = text(|out| junit(&report(&faulty()), out));
        for (right, wrong) in [
            ("<testsuite name", "<testsuite nom"),
            (" errors=\"0\" skipped", " skipped"),
            ("<failure ", "<defeat x=\"\"/><failure "),
            ("<testcase ", "<testcase file=\"x\" "),
        ] {
            assert!(xml.contains(right), "{right}");
            assert_ne!(errors(&xml.replacen(right, wrong, 1)), Vec::<String>::new(), "{wrong}");
        }
    }

    #[test]
    fn text_comes_back_as_it_was_but_for_what_xml_forbids() {
        let report = hostile();
        let xml = text(|out| junit(&report, out));
        let document = parse(&xml).unwrap();
        let mut failures = document.get_elements_by_tag_name("failure").into_iter();
        for f in report.findings.iter().filter(|f| f.severity == Severity::Error) {
            let failure = failures.next().and_then(|node| document.element(node)).unwrap();
            let allowed = f.message.replace(['\0', '\u{1b}', '\u{ffff}'], "\u{fffd}");
            assert_eq!(failure.get_attribute("message"), Some(allowed.as_str()));
        }
        assert!(failures.next().is_none());
    }

    #[test]
    fn counts_are_of_new_findings_and_names_differ() {
        let mut report = report(&faulty());
        report.findings[1] = report.findings[0].clone();
        let xml = text(|out| junit(&report, out));
        assert!(xml.contains(r#"<testsuites name="dataprep audit" tests="5" failures="3" errors="0">"#));
        assert!(xml.contains(r#"name="scene0001_00/1/1""#) && xml.contains(r#"name="scene0001_00/1/1-2""#));
        report.findings[0].state = State::Suppressed;
        let xml = text(|out| junit(&report, out));
        assert!(xml.contains(r#" tests="4" failures="2" "#), "{xml}");
    }
}
