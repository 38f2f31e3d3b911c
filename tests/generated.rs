//! Generated files are what the code generates: `make regenerate` rewrites them.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

use std::fs;
use std::path::{Path, PathBuf};

use dataprep::cli::Document;
use dataprep::pipeline::{Config, Overrides};

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn schemas_are_up_to_date() {
    let mut stale = Vec::new();
    for (document, name) in Document::FILES {
        let path = root("schemas").join(name);
        if std::env::var_os("DATAPREP_REGENERATE").is_some() {
            fs::create_dir_all(root("schemas")).unwrap();
            fs::write(&path, document.text()).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != document.text() {
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "run `make regenerate`: {stale:?}");
}

/// The pipelines that ship.
fn pipelines() -> Vec<PathBuf> {
    let mut all: Vec<_> = fs::read_dir(root("pipelines")).unwrap().map(|e| e.unwrap().path()).collect();
    all.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    all.sort();
    assert!(all.len() >= 2, "{all:?}");
    all
}

#[test]
fn every_pipeline_that_ships_fits_the_schema_that_editors_use() {
    let schema: serde_json::Value = serde_json::from_str(&Document::Pipeline.text()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for path in pipelines() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("#:schema ../schemas/pipeline.schema.json\n"), "{}", path.display());
        let table: toml::Table = text.parse().unwrap();
        let value = serde_json::to_value(table).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema: serde_json::Value = serde_json::from_str(&Document::Pipeline.text()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for bad in [
        "[inputs]\n",
        "[sample]\nvariant = 3\n",
        "[[step]]\nop = \"rotat\"\n",
        "[[step]]\nop = \"jitter\"\nsigma = 1\n",
        "[check]\non-error = \"ignore\"\n",
    ] {
        let value = serde_json::to_value(bad.parse::<toml::Table>().unwrap()).unwrap();
        assert!(!validator.is_valid(&value), "the schema takes {bad}");
        let error = Config::parse(Path::new("bad.toml"), bad.to_owned()).unwrap_err().to_string();
        assert!(error.starts_with("bad.toml:"), "{error}");
    }
}

#[test]
fn every_pipeline_that_ships_reads_and_survives_its_canonical_form() {
    for path in pipelines() {
        let config = Config::read(&path, &Overrides::default()).unwrap();
        let canonical = config.canonical().unwrap();
        let again = Config::parse(Path::new("canonical"), canonical.clone()).unwrap();
        assert_eq!(again.canonical().unwrap(), canonical, "{}", path.display());
        assert_eq!(again.steps.len(), config.steps.len());
    }
}
