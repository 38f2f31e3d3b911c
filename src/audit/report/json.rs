//! One JSON document.

use std::io::{self, Write};

use super::Report;

/// The report as one object, indented by two spaces. The same findings give the same bytes.
pub fn json(report: &Report) -> String {
    pretty(report)
}

/// Writes what [`json`] returns, piece by piece.
pub fn write_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

/// The JSON Schema of a report.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}

pub(super) fn pretty(value: &impl serde::Serialize) -> String {
    // Maps with text keys, numbers and text: nothing here can fail to be JSON.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faulty, report};
    use super::*;
    use crate::audit::fixture::Fixture;

    #[test]
    fn reports_follow_their_schema_and_come_back_as_they_were() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for f in [faulty(), Fixture::clean()] {
            let text = json(&report(&f));
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            let wrong: Vec<_> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
            let back: Report = serde_json::from_str(&text).unwrap();
            assert_eq!(json(&back), text);
            assert_eq!(super::super::tests::text(|out| write_json(&back, out)), text);
        }
        assert!(!validator.is_valid(&serde_json::json!({"findings": []})));
    }

    #[test]
    fn ids_are_numbers_and_absent_ones_null() {
        let value = serde_json::to_value(report(&faulty())).unwrap();
        let first = &value["findings"][0];
        assert_eq!((&first["object_id"], &first["ann_id"]), (&1.into(), &1.into()));
        assert_eq!(first["severity"], "error");
        let note = value["findings"].as_array().unwrap().last().unwrap();
        assert!(note["scene_id"].is_null() && note["location"].is_null() && note["score"].is_null());
        assert_eq!(value["$schema"], "schemas/audit-report.schema.json");
    }
}
