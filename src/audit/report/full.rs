//! The report for people: by rule, worst first, with why and what to do; at the end the verdict, a
//! sentence for each cause, and the counts.

use anstyle::{AnsiColor, Style};

use super::{Cause, Report, one_line, plural};
use crate::audit::finding::{Finding, Severity};
use crate::audit::rules;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
const WIDTH: usize = 100;
/// Causes that the end of a report tells of.
const CAUSES: usize = 12;

pub(super) fn style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Info => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}

/// The findings of each cause, at most `most` of each, with why they matter and what to do; then
/// the verdict, its causes by harm, and totals. Carries ANSI styles, which the output strips where nobody sees them.
pub fn full(report: &Report, most: usize) -> String {
    let mut text = String::new();
    for cause in &report.causes {
        group(&mut text, report, cause, most);
    }
    let worst = report.causes.first().map_or(Severity::Info, |c| c.severity);
    let on = style(worst);
    text += &format!("{on}{}{on:#}\n", wrap(&report.summary.verdict, "", "").trim_end());
    let causes: Vec<&Cause> = report.causes.iter().filter(|c| c.severity < Severity::Info).collect();
    for cause in causes.iter().take(CAUSES) {
        let harm = match cause.descriptions {
            0 => String::new(),
            n => format!(", {}", plural(n, "description")),
        };
        let mark = format!("  {:<8} ", cause.severity.word());
        text += &wrap(&format!("{} ({}{harm})", cause.sentence, cause.code), &mark, "           ");
    }
    if let more @ 1.. = causes.len().saturating_sub(CAUSES) {
        text += &format!(
            "           {DIM}and {} (--statistics counts all){DIM:#}\n",
            plural(more as u64, "more cause")
        );
    }
    text += &format!("{}\n", report.footer());
    text
}

fn group(text: &mut String, report: &Report, cause: &Cause, most: usize) {
    let on = style(cause.severity);
    let mut head = vec![plural(cause.findings, "finding")];
    if cause.scans > 0 {
        head.push(plural(cause.scans, "scan"));
    }
    if cause.descriptions > 0 {
        head.push(plural(cause.descriptions, "description") + " harmed");
    }
    *text += &format!(
        "{on}{}[{}]{on:#} {BOLD}{}{BOLD:#}: {}\n",
        cause.severity,
        cause.code,
        cause.name,
        head.join(", ")
    );
    for finding in report.findings_of(cause).take(most) {
        one(text, finding);
    }
    let more = cause.findings.saturating_sub(most as u64);
    if more > 0 {
        let harmed: u64 = report.findings_of(cause).skip(most).map(|f| f.descriptions).sum();
        let harmed = if harmed > 0 { format!(", {}", plural(harmed, "description")) } else { String::new() };
        *text += &format!("  {DIM}... and {more} more{harmed} (--max-findings 0 shows all){DIM:#}\n");
    }
    if let Some(rule) = rules::find(&cause.code) {
        *text += &wrap(&rule.meta().section("Why it matters"), "  = note: ", "          ");
        *text += &wrap(&rule.meta().section("How to fix"), "  = help: ", "          ");
        *text += &format!("  = rule: dataprep rule {}\n\n", cause.code);
    }
}

fn one(text: &mut String, f: &Finding) {
    let (place, path) = (f.place(), f.path());
    let gap = if place.is_empty() || path.is_empty() { "" } else { "  " };
    if !place.is_empty() || !path.is_empty() {
        let (place, path) = (one_line(&place), one_line(&path));
        *text += &format!("  {BOLD}{place}{BOLD:#}{gap}{DIM}{path}{DIM:#}\n");
    }
    *text += &wrap(&f.message, "    ", "    ");
    for related in &f.related {
        let at = related.file.as_deref().map_or_else(String::new, |f| format!(" in {f}"));
        *text += &wrap(&format!("see also {}{at}", related.message), "    ", "      ");
    }
    if let Some(fix) = &f.fix {
        *text += &wrap(&fix.message, "    fix: ", "         ");
    }
}

/// Breaks at spaces before the line grows too long; a word that is too long stays whole.
pub(super) fn wrap(text: &str, first: &str, rest: &str) -> String {
    let mut out = String::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in one_line(text).split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out += line.trim_end();
            out.push('\n');
            rest.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line += word;
        empty = false;
    }
    out + line.trim_end() + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faulty, hostile, report};
    use super::*;

    fn plain(most: usize) -> String {
        anstream::adapter::strip_str(&full(&report(&faulty()), most)).to_string()
    }

    #[test]
    fn says_what_where_why_and_what_to_do_worst_first() {
        let text = plain(20);
        assert!(text.starts_with("error[REF103] wrong-name: 2 findings, 2 scans, 2 descriptions harmed\n"));
        for part in [
            "  scene0001_00/1/1  ScanRefer_filtered_train.json:4:5\n",
            "    object 1 is labelled `table`, but 1 description calls it `lamp`\n",
            "  = note: The sentence speaks of one object",
            "  = help: Many scans at once",
            "  = rule: dataprep rule REF103\n",
            "\nDo not train on this yet. Fix first: in 2 of 2 train scans, descriptions",
            "\n  error    in 2 of 2 train scans, descriptions name another object than the one their id means\n",
            "\n  error    scene0001_00/2/1: 1 description of object 2 has no word (TXT101, 1 description)\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(text.lines().all(|l| l.chars().count() <= WIDTH), "{text}");
    }

    #[test]
    fn what_data_holds_does_not_steer_the_terminal() {
        let text = full(&hostile(), 20);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(
            text.contains("::error::d") && !text.contains(|c: char| c.is_control() && c != '\n'),
            "{text:?}"
        );
    }

    #[test]
    fn says_how_many_more_there_are() {
        assert!(plain(1).contains("  ... and 1 more, 1 description (--max-findings 0 shows all)\n"));
    }
}
