//! `dataprep audit --fix` and `--diff`: cleaned copies of references files.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Output, plural};
use crate::audit::report::Report;
use crate::audit::{self, Fixes};
use crate::error::{Error, Kind, Result};
use crate::load;
use crate::scene::{Catalogue, Description, FileEdits, Format, RecordEdit};
use crate::store::{self, Folder};

/// Arguments that ask for changes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Fixes")]
pub(super) struct FixArgs {
    /// Write cleaned copies of the references to -o, a folder or for a single file a .json; the files
    /// themselves stay as they are
    #[arg(long, requires = "output")]
    pub fix: bool,
    /// Show what --fix would change in place of the report, and exit with 1 if it would change anything
    #[arg(long)]
    pub diff: bool,
    /// Also re-point shifted ids and drop descriptions that cannot be used
    #[arg(long)]
    pub unsafe_fixes: bool,
}

/// Shows or makes the changes that were asked for, `out` being where cleaned copies go; says whether
/// `--diff` found any.
pub(super) fn run(
    args: &FixArgs,
    out: Option<&Path>,
    report: &Report,
    catalogue: &Catalogue,
    output: &mut Output,
) -> Result<bool> {
    if !args.fix && !args.diff {
        return Ok(false);
    }
    let formats: BTreeSet<&str> = catalogue
        .references
        .iter()
        .filter(|r| r.format != Format::ScanRefer)
        .map(|r| r.format.name())
        .collect();
    for format in formats {
        output.note(&format!("references in the form of {format} are not changed: --fix knows ScanRefer's"));
    }
    let fixes = audit::fixes(&report.findings, catalogue, args.unsafe_fixes);
    if args.diff {
        for (&file, edits) in &fixes.files {
            output.data(&listing(file, edits, catalogue))?;
        }
    }
    if let Some(out) = out.filter(|_| args.fix) {
        write(out, &fixes, catalogue, output)?;
    }
    summary(&fixes, args, output);
    Ok(args.diff && !fixes.files.is_empty())
}

/// Writes a copy of each references file, those without edits too, so that the copies can take the
/// place of all.
fn write(out: &Path, fixes: &Fixes, catalogue: &Catalogue, output: &Output) -> Result<()> {
    let single = out.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    if single && catalogue.references.len() != 1 {
        return Err(Error::new(Kind::Config, "several references files cannot be cleaned into one")
            .at(out)
            .help("name a folder with -o, or one file with --references"));
    }
    let none = FileEdits::new();
    for (file, references) in (0..).zip(&catalogue.references) {
        let path = &references.path;
        let target = if single { out.to_owned() } else { out.join(path.file_name().unwrap_or_default()) };
        if target.canonicalize().is_ok_and(|t| path.canonicalize().is_ok_and(|p| p == t)) {
            return Err(Error::new(Kind::Conflict, "the cleaned copy would replace the file itself")
                .at(path)
                .help("give -o another folder"));
        }
        let edits = fixes.files.get(&file).unwrap_or(&none);
        let bytes = store::read(path)?;
        let cleaned = if edits.is_empty() { bytes } else { load::rewrite(&bytes, path, edits)? };
        Folder::publish_file(&target, &cleaned)?;
        let dropped = edits.values().filter(|e| e.drop).count();
        let changed = edits.len() - dropped;
        let changed = plural(changed, "record");
        output.note(&format!("wrote {}: {changed} changed, {dropped} dropped", target.display()));
    }
    Ok(())
}

/// Each change of a file on a line of its own.
fn listing(file: u32, edits: &FileEdits, catalogue: &Catalogue) -> String {
    let references = &catalogue.references[file as usize];
    let mut mine: Vec<&Description> = catalogue.descriptions.iter().filter(|d| d.file == file).collect();
    mine.sort_by_key(|d| d.record);
    let mut text = format!("{}\n", references.path.display());
    for d in mine {
        if let Some(edit) = edits.get(&d.record) {
            let (row, _) = references.line_of(d.offset);
            text += &format!("  line {row}, {}: {}\n", d.key(), changes(d, edit).join("; "));
        }
    }
    text
}

fn changes(d: &Description, edit: &RecordEdit) -> Vec<String> {
    if edit.drop {
        return vec![format!("dropped \"{}\"", d.text)];
    }
    let mut list = Vec::new();
    if let Some(id) = edit.object_id {
        list.push(format!("object_id {} -> {id}", d.object_id));
    }
    if let Some(id) = edit.ann_id {
        list.push(format!("ann_id {} -> {id}", d.ann_id));
    }
    if let Some(text) = &edit.text {
        list.push(format!("description {:?} -> {text:?}", d.text));
    }
    if let Some(tokens) = &edit.tokens {
        list.push(format!("token -> {}", tokens.join(" | ")));
    }
    list
}

fn summary(fixes: &Fixes, args: &FixArgs, output: &Output) {
    let (verb, n) = (if args.fix { "mended" } else { "can be mended" }, fixes.mended);
    let mut text = format!("{n} finding{} {verb} in copies of the references", if n == 1 { "" } else { "s" });
    if fixes.left_unsafe > 0 {
        text += &format!("; {} more with --unsafe-fixes", fixes.left_unsafe);
    }
    output.note(&text);
}
