//! SARIF 2.1.0, for code scanning.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::{NOWHERE, Report, plural, repository_path};
use crate::audit::finding::{Finding, Location, Severity, State};
use crate::audit::{pages, rules};

/// Results that a SARIF report holds at most: GitHub shows no more of a run, and refuses a run
/// with more than 25,000.
pub const MOST_RESULTS: usize = 5_000;

/// Related places of a result that are told at most: GitHub keeps no more.
const MOST_RELATED: usize = 100;

/// Characters of a rule's description that GitHub takes.
const MOST_CHARACTERS: usize = 1_024;

/// One run with the rules that found something and the findings: all of them up to
/// [`MOST_RESULTS`], else new ones before old ones, worse ones first, and of each cause some. How
/// many are left out stands in a notification and in the properties of the run.
pub fn sarif(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut findings = report.in_turns(report.fresh());
    findings.extend(report.in_turns(report.findings.iter().filter(|f| !f.is_fresh())));
    let left_out = findings.len().saturating_sub(MOST_RESULTS) as u64;
    findings.truncate(MOST_RESULTS);

    let codes: BTreeMap<&str, &Finding> = findings.iter().map(|f| (f.code.as_str(), *f)).collect();
    let index: BTreeMap<&str, usize> = codes.keys().copied().zip(0..).collect();
    let rules: Vec<Value> = codes.values().map(|first| rule(first)).collect();
    let results: Vec<Value> = findings.iter().map(|f| result(f, index[f.code.as_str()])).collect();

    let mut invocation = json!({ "executionSuccessful": true });
    if left_out > 0 {
        let text = format!(
            "This report holds the {MOST_RESULTS} worst findings, as many as code scanning shows; {} left out: \
             see the JSON report.",
            plural(left_out, "finding") + if left_out == 1 { " is" } else { " are" },
        );
        invocation["toolExecutionNotifications"] =
            json!([{ "level": "warning", "message": { "text": text } }]);
    }
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": report.meta.tool,
                "semanticVersion": report.meta.version,
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation],
            "results": results,
            "properties": { "summary": report.summary, "complete": report.meta.complete, "leftOut": left_out },
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// The rule that a finding is of.
fn rule(f: &Finding) -> Value {
    let Some(rule) = rules::find(&f.code) else { return json!({ "id": f.code, "name": f.name }) };
    let meta = rule.meta();
    let text = |text: &str| json!({ "text": text.chars().take(MOST_CHARACTERS).collect::<String>() });
    let (why, how) = (meta.section("Why it matters"), meta.section("How to fix"));
    let mut value = json!({
        "id": meta.code,
        "name": meta.name,
        "shortDescription": text(&(meta.summary() + ".")),
        "fullDescription": text(&meta.section("What it checks")),
        "help": { "text": format!("{why}\n\nHow to fix: {how}"), "markdown": pages::page(meta) },
        "defaultConfiguration": { "level": level(meta.severity) },
        "properties": { "tags": [&meta.code[..3]] },
    });
    if let Some(uri) = help_uri(env!("CARGO_PKG_REPOSITORY"), &meta.url()) {
        value["helpUri"] = uri.into();
    }
    value
}

/// Where a rule's page can be read on the web: SARIF wants the whole address, which is known once
/// the package names its repository.
fn help_uri(repository: &str, page: &str) -> Option<String> {
    (!repository.is_empty()).then(|| format!("{}/blob/HEAD/{page}", repository.trim_end_matches('/')))
}

fn result(f: &Finding, rule_index: usize) -> Value {
    let mut message = f.message.clone();
    if let Some(fix) = &f.fix {
        message += &format!("\nfix: {}", fix.message);
    }
    let mut value = json!({
        "ruleId": f.code,
        "ruleIndex": rule_index,
        "level": level(f.severity),
        "message": { "text": message },
        "locations": [location(f.file.as_deref(), f.location, place(f))],
        "partialFingerprints": { "dataprep/v1": f.fingerprint },
        "baselineState": if f.is_fresh() { "new" } else { "unchanged" },
        "properties": {
            "descriptions": f.descriptions,
            "evidence": f.evidence,
            "jsonPointer": f.json_pointer,
            "split": f.split,
        },
    });
    if f.state == State::Suppressed {
        value["suppressions"] = json!([{ "kind": "external" }]);
    }
    if let Some(score) = f.score.filter(|s| s.is_finite()) {
        value["rank"] = (score.clamp(0.0, 1.0) * 100.0).into();
    }
    if !f.related.is_empty() {
        let related = f.related.iter().take(MOST_RELATED).map(|r| {
            let object = r.object_id.zip(f.scene_id.as_ref());
            let object =
                object.map(|(id, scene)| logical(&id.to_string(), &format!("{scene}/{id}"), "object"));
            let mut value = location(r.file.as_deref(), r.location, object);
            value["message"] = json!({ "text": r.message });
            value
        });
        value["relatedLocations"] = related.collect();
    }
    value
}

/// Where in the data: the scene, the object or the annotation, whichever is the most exact.
fn place(f: &Finding) -> Option<Value> {
    let scene = f.scene_id.as_ref()?;
    let (name, kind) = match (f.object_id, &f.ann_id) {
        (Some(_), Some(ann)) => (ann.to_string(), "annotation"),
        (Some(object), None) => (object.to_string(), "object"),
        (None, _) => (scene.clone(), "scene"),
    };
    Some(logical(&name, &f.place(), kind))
}

fn logical(name: &str, whole: &str, kind: &str) -> Value {
    json!({ "name": name, "fullyQualifiedName": whole, "kind": kind })
}

/// A place in a file and in the data. Code scanning refuses results without a file: what is in
/// none stands at the root.
fn location(file: Option<&str>, at: Option<Location>, logical: Option<Value>) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": file.map_or_else(|| NOWHERE.into(), uri) } });
    if let (Some(_), Some(at)) = (file, at) {
        physical["region"] = json!({ "startLine": at.row.max(1), "startColumn": at.column.max(1) });
    }
    let mut value = json!({ "physicalLocation": physical });
    if let Some(logical) = logical {
        value["logicalLocations"] = json!([logical]);
    }
    value
}

/// A path as a URI: relative where the path is, else of the scheme `file`.
fn uri(file: &str) -> String {
    let absolute = Path::new(file).is_absolute();
    let path = repository_path(file);
    let mut uri = String::with_capacity(path.len());
    if absolute {
        uri += if path.starts_with('/') { "file://" } else { "file:///" };
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte as char);
            }
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faulty, file, hostile, many, report, text};
    use super::*;
    use crate::audit::finding::Related;
    use crate::audit::fixture::Fixture;

    fn log(report: &Report) -> Value {
        serde_json::from_str(&text(|out| sarif(report, out))).unwrap()
    }

    #[test]
    fn logs_are_valid_by_the_schema_of_oasis() {
        // A slip in the patterns of languages, which errata 01 of the standard mends.
        let schema = file("sarif-2.1.0.json").replace("{2}]?$", "{2}$");
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let mut old = report(&faulty());
        old.findings[0].state = State::Baseline;
        old.findings[1].state = State::Suppressed;
        old.findings[2].score = Some(0.25);
        for report in [old, hostile(), report(&Fixture::clean())] {
            let log = log(&report);
            let wrong: Vec<_> =
                validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(wrong.is_empty(), "{wrong:#?}");
        }
        for (pointer, wrong) in [
            ("/runs/0/results/0/level", json!("info")),
            ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", json!(0)),
            ("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri", json!("a b")),
            ("/runs/0/tool/driver/rules/0/id", Value::Null),
        ] {
            let mut log = log(&report(&faulty()));
            *log.pointer_mut(pointer).unwrap() = wrong;
            assert!(!validator.is_valid(&log), "{pointer}");
        }
    }

    #[test]
    fn a_result_says_what_where_and_since_when() {
        let mut report = report(&faulty());
        report.findings[0].score = Some(0.25);
        report.findings[1].state = State::Baseline;
        report.findings[2].state = State::Suppressed;
        let log = log(&report);
        let results = log["runs"][0]["results"].as_array().unwrap();
        let first = &results[0];
        assert_eq!((&first["ruleId"], &first["level"]), (&json!("REF103"), &json!("error")));
        assert_eq!((&first["rank"], &first["baselineState"]), (&json!(25.0), &json!("new")));
        let at = &first["locations"][0];
        assert_eq!(at["physicalLocation"]["artifactLocation"]["uri"], "ScanRefer_filtered_train.json");
        assert_eq!(at["physicalLocation"]["region"], json!({ "startLine": 4, "startColumn": 5 }));
        let logical = json!({ "name": "1", "fullyQualifiedName": "scene0001_00/1/1", "kind": "annotation" });
        assert_eq!(at["logicalLocations"], json!([logical]));
        assert_eq!(first["partialFingerprints"]["dataprep/v1"], report.findings[0].fingerprint);
        assert_eq!(
            first["relatedLocations"][0]["logicalLocations"][0]["fullyQualifiedName"],
            "scene0001_00/1"
        );

        let rules = &log["runs"][0]["tool"]["driver"]["rules"];
        for result in results {
            assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
            let old = result["suppressions"].is_array() || result["baselineState"] == "unchanged";
            assert_eq!(old, result["baselineState"] == "unchanged");
        }
        assert_eq!(results.iter().filter(|r| r["suppressions"][0]["kind"] == "external").count(), 1);
        assert_eq!(results.iter().filter(|r| r["baselineState"] == "unchanged").count(), 2);
        let help = rules[0]["help"]["markdown"].as_str().unwrap();
        assert!(help.contains("## How to fix"), "{help}");
    }

    #[test]
    fn every_rule_fits_what_code_scanning_takes() {
        for rule in rules::RULES.iter().map(|r| r.meta()) {
            let f = Finding { code: rule.code.into(), ..Finding::default() };
            let value = super::rule(&f);
            for key in ["shortDescription", "fullDescription"] {
                let length = value[key]["text"].as_str().unwrap().chars().count();
                assert!((10..=MOST_CHARACTERS).contains(&length), "{}: {key} of {length}", rule.code);
            }
            assert!(value["help"]["text"].as_str().is_some_and(|t| !t.is_empty()));
        }
        let page = help_uri("https://example.org/dataprep/", "docs/rules/REF103.md");
        assert_eq!(page.as_deref(), Some("https://example.org/dataprep/blob/HEAD/docs/rules/REF103.md"));
        assert_eq!(help_uri("", "docs/rules/REF103.md"), None);
    }

    #[test]
    fn the_worst_are_kept_some_of_each_cause_and_the_rest_is_counted() {
        let log = log(&many(12_000));
        let run = &log["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), MOST_RESULTS);
        assert_eq!(run["properties"]["leftOut"], 7_000);
        let note = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert!(note.as_str().unwrap().contains("7000 findings are left out"), "{note}");
        let of = |key: &str, value: &str| results.iter().filter(|r| r[key] == value).count();
        // Two rules of errors, one of warnings: errors first, and the rarer rule is not crowded out.
        assert_eq!((of("level", "error"), of("ruleId", "TXT101")), (MOST_RESULTS, 100));
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("./scans/scene 0/a#b%?ü:c.json"), "scans/scene%200/a%23b%25%3F%C3%BC%3Ac.json");
        assert_eq!(uri("../up/x"), "../up/x");
        #[cfg(unix)]
        assert_eq!(uri("/data/a b\\c"), "file:///data/a%20b%5Cc");
        #[cfg(windows)]
        assert_eq!(uri("C:\\data\\a b"), "file:///C%3A/data/a%20b");
    }

    #[test]
    fn lists_that_never_end_are_cut() {
        let mut report = report(&faulty());
        report.findings[0].related = vec![Related::default(); 5_000];
        let first = &log(&report)["runs"][0]["results"][0];
        assert_eq!(first["relatedLocations"].as_array().unwrap().len(), MOST_RELATED);
    }
}
