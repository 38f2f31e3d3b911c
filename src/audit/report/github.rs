//! Workflow commands of GitHub Actions.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Report, one_line, plural, repository_path};
use crate::audit::finding::{Finding, Severity};

/// Findings as annotations, `::error file=…,line=…,col=…,title=…::message`, at most `most` of
/// each cause, then the totals. GitHub shows ten errors, ten warnings and ten notices of a step,
/// so one finding of each cause comes first. Findings of a baseline and suppressed ones are left
/// out.
pub fn github(report: &Report, most: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut left_out = 0_u64;
    let mut shown: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
    for finding in report.in_turns(report.fresh()) {
        let count = shown.entry((finding.severity, &finding.code)).or_default();
        *count += 1;
        if *count > most {
            left_out += 1;
        } else {
            writeln!(out, "{}", command(finding))?;
        }
    }
    write!(out, "{}", report.footer())?;
    if left_out > 0 {
        write!(out, " {} not shown here (--max-findings 0 shows all).", plural(left_out, "finding"))?;
    }
    writeln!(out)
}

fn command(f: &Finding) -> String {
    let level = match f.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut properties = String::new();
    if let Some(file) = &f.file {
        properties = format!("file={},", property(&one_line(&repository_path(file))));
        if let Some(at) = f.location {
            properties += &format!("line={},col={},", at.row, at.column);
        }
    }
    let title = property(&format!("{} {}", f.code, f.name));
    format!("::{level} {properties}title={title}::{}", data(&message(f)))
}

/// Where in the data, what, and what to do; nothing that steers the log's colours.
fn message(f: &Finding) -> String {
    let place = f.place();
    let mut text = if place.is_empty() { f.message.clone() } else { format!("{place}: {}", f.message) };
    if let Some(fix) = &f.fix {
        text += &format!("\nfix: {}", fix.message);
    }
    text += &format!("\nrule: dataprep rule {}", f.code);
    text.replace(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r'), "\u{fffd}")
}

/// Escapes a message as the runner reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property as the runner reads it back.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faulty, hostile, report, text};
    use super::*;
    use crate::audit::State;

    /// Reads a line as the runner does: the command up to a space, properties between commas up to
    /// `::`, and each escape taken back, `%25` last.
    fn runner(line: &str) -> Option<(String, BTreeMap<String, String>, String)> {
        let (head, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let back = |text: &str, escapes: &[(&str, &str)]| {
            escapes.iter().fold(text.to_owned(), |t, (escape, plain)| t.replace(escape, plain))
        };
        let in_properties = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
        let properties = properties.split(',').filter_map(|p| p.split_once('='));
        let properties = properties.map(|(key, value)| (key.to_owned(), back(value, &in_properties)));
        Some((
            name.into(),
            properties.collect(),
            back(message, &[("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]),
        ))
    }

    #[test]
    fn the_runner_reads_back_what_was_meant() {
        let report = hostile();
        let text = text(|out| github(&report, usize::MAX, out));
        // A carriage return would end the line, too.
        assert!(!text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n')), "{text:?}");
        let read: Vec<_> = text.lines().filter_map(runner).collect();
        assert_eq!(read.len(), report.findings.len());
        assert_eq!(text.lines().count(), read.len() + 1);
        for f in &report.findings {
            let (level, properties, _) = read.iter().find(|(.., m)| *m == message(f)).expect("its message");
            assert_eq!(level, if f.severity == Severity::Info { "notice" } else { f.severity.word() });
            assert_eq!(properties.get("file"), f.file.as_ref());
            assert_eq!(properties.get("title"), Some(&format!("{} {}", f.code, f.name)));
            let line = f.location.filter(|_| f.file.is_some()).map(|at| at.row.to_string());
            assert_eq!(properties.get("line"), line.as_ref());
        }
    }

    #[test]
    fn each_cause_comes_once_before_any_comes_twice_and_old_findings_do_not() {
        let mut report = report(&faulty());
        let text_of = |report: &Report, most| text(|out| github(report, most, out));
        let codes = |text: &str| -> Vec<String> {
            text.lines().filter_map(runner).map(|(_, p, _)| p["title"][..6].to_owned()).collect()
        };
        assert_eq!(codes(&text_of(&report, 20)), ["REF103", "TXT101", "REF103", "FIL101", "TXT301"]);
        let one = text_of(&report, 1);
        assert_eq!(codes(&one), ["REF103", "TXT101", "FIL101", "TXT301"]);
        assert!(one.ends_with(" 1 finding not shown here (--max-findings 0 shows all).\n"), "{one}");
        report.findings[0].state = State::Baseline;
        assert_eq!(codes(&text_of(&report, 20)), ["REF103", "TXT101", "FIL101", "TXT301"]);
    }
}
