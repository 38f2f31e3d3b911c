//! JSON, one finding a line.

use std::io::{self, Write};

use super::Report;

/// Each finding as one JSON object on a line of its own, with its state; the totals are left out.
pub fn json_lines(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        serde_json::to_writer(&mut *out, finding)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faulty, hostile, report, text};
    use super::*;
    use crate::audit::Finding;

    #[test]
    fn each_line_is_a_finding_by_its_schema_and_comes_back_as_it_was() {
        let schema = schemars::schema_for!(Finding).to_value();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for report in [report(&faulty()), hostile()] {
            let text = text(|out| json_lines(&report, out));
            let back: Vec<Finding> = text
                .lines()
                .map(|line| {
                    let value: serde_json::Value = serde_json::from_str(line).unwrap();
                    assert!(validator.is_valid(&value), "{line}");
                    serde_json::from_value(value).unwrap()
                })
                .collect();
            assert_eq!(back, report.findings);
        }
    }
}
