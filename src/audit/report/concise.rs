//! One line per finding.

use std::io::{self, Write};

use super::{Report, one_line};

/// `file:line:column: CODE [severity] scene/object/ann message`, one line per finding, then the
/// totals.
pub fn concise(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for f in report.fresh() {
        let parts = [f.path() + ":", format!("{} [{}]", f.code, f.severity), f.place(), f.message.clone()];
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|p| !matches!(*p, "" | ":")).collect();
        writeln!(out, "{}", one_line(&parts.join(" ")))?;
    }
    writeln!(out, "{}", report.footer())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faulty, hostile, report, text};
    use super::concise;

    #[test]
    fn one_line_a_finding() {
        let report = report(&faulty());
        let text = text(|out| concise(&report, out));
        assert!(text.starts_with(
            "ScanRefer_filtered_train.json:4:5: REF103 [error] scene0001_00/1/1 object 1 is labelled \
             `table`, but 1 description calls it `lamp`\n"
        ));
        assert!(text.ends_with("Found 3 errors, 1 warning, 1 note in 3 scans, 30 descriptions.\n"), "{text}");
        assert_eq!(text.lines().count(), 6);
    }

    #[test]
    fn what_data_holds_neither_breaks_lines_nor_steers_the_terminal() {
        let report = hostile();
        let text = text(|out| concise(&report, out));
        assert_eq!(text.lines().count(), report.findings.len() + 1);
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text}");
    }
}
