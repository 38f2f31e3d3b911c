//! One line per finding.

use super::Report;

/// `file:line:column: CODE [severity] scene/object/ann message`, one line per finding, then the
/// totals.
pub fn concise(report: &Report) -> String {
    let mut text = String::new();
    for f in report.fresh() {
        let parts = [f.path() + ":", format!("{} [{}]", f.code, f.severity), f.place(), f.message.clone()];
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|p| !matches!(*p, "" | ":")).collect();
        text += &parts.join(" ");
        text.push('\n');
    }
    text + &report.footer() + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faulty, report};
    use super::concise;

    #[test]
    fn one_line_a_finding() {
        let text = concise(&report(&faulty()));
        assert!(text.starts_with(
            "ScanRefer_filtered_train.json:4:5: REF103 [error] scene0001_00/1/1 object 1 is labelled \
             `table`, but 1 description calls it `lamp`\n"
        ));
        assert!(text.ends_with("Found 3 errors, 1 warning, 1 note in 3 scans, 30 descriptions.\n"), "{text}");
        assert_eq!(text.lines().count(), 6);
    }
}
