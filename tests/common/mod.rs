//! What several integration tests share: the program, made data, a folder's bytes.
#![allow(clippy::unwrap_used)]
#![allow(dead_code, unreachable_pub)] // each test file is a crate and uses its part

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// The program under test, with stable surroundings: this build's, or another one that
/// `DATAPREP_BINARY` names (`make isa`).
pub fn dataprep() -> Command {
    let other = std::env::var_os("DATAPREP_BINARY");
    let mut command = Command::new(other.unwrap_or_else(|| env!("CARGO_BIN_EXE_dataprep").into()));
    command.env("NO_COLOR", "1").current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env("DATAPREP_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
    command
}

/// Runs the program and returns what came of it.
pub fn run(args: &[&str]) -> Output {
    dataprep().args(args).output().unwrap()
}

/// Runs the program and expects an exit code.
pub fn expect(code: i32, args: &[&str]) -> Output {
    let output = run(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "dataprep {}\n{stderr}", args.join(" "));
    output
}

/// Made scans in `dir`.
pub fn synth(dir: &Path, scenes: u32, vertices: u32) {
    let (scenes, vertices) = (scenes.to_string(), vertices.to_string());
    expect(0, &["synth", "-o", text(dir), "--scenes", &scenes, "--vertices", &vertices, "--seed", "5"]);
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The bytes of every file that a finished data set consists of, by name. Plans and markers are
/// left out: they say where the inputs lie.
pub fn data_set(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    files.insert(PathBuf::from("manifest.json"), fs::read(dir.join("manifest.json")).unwrap());
    for table in ["scenes", "objects", "descriptions"] {
        for entry in fs::read_dir(dir.join(table)).unwrap() {
            let path = entry.unwrap().path();
            files.insert(path.strip_prefix(dir).unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
    files
}

/// The rows of one of the tables of a data set, each as (column, value); bytes in hex.
pub fn rows(dir: &Path, table: &str) -> Vec<BTreeMap<String, String>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(dir.join(table)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut rows = Vec::new();
    for file in files.iter().filter(|path| path.extension().is_some_and(|e| e == "parquet")) {
        let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(file).unwrap()).unwrap();
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            let options = FormatOptions::default();
            let columns: Vec<(String, ArrayFormatter<'_>)> = batch
                .schema()
                .fields()
                .iter()
                .zip(batch.columns())
                .map(|(f, c)| (f.name().clone(), ArrayFormatter::try_new(c, &options).unwrap()))
                .collect();
            let row = |i| columns.iter().map(|(name, of)| (name.clone(), of.value(i).to_string())).collect();
            rows.extend((0..batch.num_rows()).map(row));
        }
    }
    rows
}

/// The bytes of a value of [`rows`].
pub fn unhex(hex: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}

/// Says that two data sets are the same to the byte, naming the first file that is not.
pub fn assert_same(left: &Path, right: &Path) {
    let (a, b) = (data_set(left), data_set(right));
    let names = |m: &BTreeMap<PathBuf, Vec<u8>>| m.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&a), names(&b));
    for (name, bytes) in &a {
        assert!(*bytes == b[name], "{} differs", name.display());
    }
}
