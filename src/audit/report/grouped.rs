//! The report for people who mend scan by scan.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::full::{BOLD, DIM, style, wrap};
use super::{Report, one_line, plural};
use crate::audit::finding::{Finding, Severity};

/// Findings by scan, or by file where they are of no scan, the group with the worst and most first;
/// at most `most` groups, and of each at most `most` findings; then totals and verdict. Carries ANSI
/// styles, which the output strips where nobody sees them. Findings of a baseline and suppressed
/// ones are left out.
pub fn grouped(report: &Report, most: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for f in report.fresh() {
        let name = f.scene_id.as_deref().or(f.file.as_deref()).unwrap_or("data set");
        groups.entry(name).or_default().push(f);
    }
    let count = |findings: &[&Finding], s| findings.iter().filter(|f| f.severity == s).count() as u64;
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_cached_key(|(_, findings)| {
        Reverse([count(findings, Severity::Error), count(findings, Severity::Warning), findings.len() as u64])
    });
    for (name, findings) in groups.iter().take(most) {
        let counts = [Severity::Error, Severity::Warning, Severity::Info]
            .map(|s| (count(findings, s), if s == Severity::Info { "note" } else { s.word() }));
        let counts: Vec<String> = counts.into_iter().filter(|c| c.0 > 0).map(|(n, s)| plural(n, s)).collect();
        let split = findings[0].split.as_deref().map_or_else(String::new, |s| format!(" ({s})"));
        writeln!(out, "{BOLD}{}{BOLD:#}{}: {}", one_line(name), one_line(&split), counts.join(", "))?;
        for finding in findings.iter().take(most) {
            one(finding, name, out)?;
        }
        let more = findings.len().saturating_sub(most) as u64;
        if more > 0 {
            writeln!(out, "  {DIM}... and {more} more (--max-findings 0 shows all){DIM:#}")?;
        }
        writeln!(out)?;
    }
    if let Some(rest) = groups.get(most..).filter(|rest| !rest.is_empty()) {
        let findings: usize = rest.iter().map(|(_, findings)| findings.len()).sum();
        let (groups, findings) = (plural(rest.len() as u64, "group"), plural(findings as u64, "finding"));
        writeln!(out, "{DIM}... and {groups} more with {findings} (--max-findings 0 shows all){DIM:#}\n")?;
    }
    writeln!(out, "{}", report.footer())?;
    write!(out, "{}", wrap(&report.summary.verdict, "", ""))
}

/// `error[REF103] 1/1  file:4:5`, and below it what is wrong.
fn one(f: &Finding, group: &str, out: &mut dyn Write) -> io::Result<()> {
    let on = style(f.severity);
    let (place, path) = (f.place(), f.path());
    let inside = place.strip_prefix(group).map_or(place.as_str(), |rest| rest.trim_start_matches('/'));
    write!(out, "  {on}{}[{}]{on:#}", f.severity, f.code)?;
    if !inside.is_empty() {
        write!(out, " {}", one_line(inside))?;
    }
    if !path.is_empty() {
        write!(out, "  {DIM}{}{DIM:#}", one_line(&path))?;
    }
    writeln!(out)?;
    write!(out, "{}", wrap(&f.message, "    ", "    "))?;
    if let Some(fix) = &f.fix {
        write!(out, "{}", wrap(&fix.message, "    fix: ", "         "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faulty, hostile, report, text};
    use super::*;
    use crate::audit::State;

    fn plain(report: &Report, most: usize) -> String {
        anstream::adapter::strip_str(&text(|out| grouped(report, most, out))).to_string()
    }

    #[test]
    fn the_worst_scan_comes_first_with_all_that_is_wrong_with_it() {
        let text = plain(&report(&faulty()), 20);
        assert!(text.starts_with(
            "scene0001_00 (train): 2 errors, 1 warning\n  error[REF103] 1/1  ScanRefer_filtered_train.json:4:5\n    \
             object 1 is labelled `table`, but 1 description calls it `lamp`\n    fix: the scan has one `lamp`: object 3\n"
        ), "{text}");
        let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}\n{text}"));
        assert!(place("\nscene0001_01 (train): 1 error\n") < place("\ndata set: 1 note\n  info[TXT301]\n"));
        assert!(
            place("\nFound 3 errors, 1 warning, 1 note in 3 scans") < place("\nDo not train on this yet.")
        );
    }

    #[test]
    fn many_are_counted_and_old_ones_left_out() {
        let mut report = report(&faulty());
        let text = plain(&report, 1);
        assert!(text.contains("  ... and 2 more (--max-findings 0 shows all)\n"), "{text}");
        assert!(
            text.contains("\n... and 2 groups more with 2 findings (--max-findings 0 shows all)\n"),
            "{text}"
        );
        for finding in &mut report.findings {
            finding.state = State::Baseline;
        }
        assert!(plain(&report, 1).starts_with("Found "));
    }

    #[test]
    fn what_data_holds_does_not_steer_the_terminal() {
        let text = plain(&hostile(), 20);
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
}
