//! `dataprep augment`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::chosen::{Chosen, partition};
use super::engine::{self, Engine};
use super::{Exit, Globals, Output, interrupt, plan_words, plural};
use crate::audit::{Finding, Severity};
use crate::error::{Error, Kind, Result};
use crate::pipeline::{
    Committed, Config, Existing, Method, OnError, Plan, Progress, Session, Stage, State, plan,
};
use crate::store::Folder;
use crate::write::{Manifest, Skipped};

/// Arguments of `dataprep augment`.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
#[command(after_help = "\
Examples:
  dataprep augment --pipeline pipelines/default.toml
  dataprep augment --pipeline pipelines/default.toml /data/scannet/scans -o out/run1 --variants 8
  dataprep augment --pipeline pipelines/default.toml --dry-run
  dataprep augment --pipeline pipelines/default.toml -o s3://lab/shards --engine ray

A run that was stopped or killed goes on where it was when the same command is run again; the
result is the same to the byte.")]
pub struct AugmentArgs {
    #[command(flatten)]
    chosen: Chosen,
    /// Do only part I of N of the work (I from 0); the part that comes last finishes the data set
    #[arg(long, value_name = "I/N", value_parser = partition)]
    partition: Option<(usize, usize)>,
    /// Go on with a run that was stopped; this happens anyway, and a new folder simply starts
    #[arg(long)]
    resume: bool,
    /// Replace what the output folder holds
    #[arg(long, conflicts_with = "resume")]
    overwrite: bool,
    /// Bring what the output folder holds up to date: shards whose scans, sentences and pipeline are as
    /// they were stay, the others are made anew
    #[arg(long, conflicts_with_all = ["overwrite", "partition"])]
    update: bool,
    /// Print the plan and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Who does the work; Ray needs the Python package: `pip install 'dataprep[ray]'`
    #[arg(long, value_name = "ENGINE", default_value = "local", conflicts_with = "partition")]
    engine: Engine,
    /// Address of the cluster [default: the one that this machine is part of]; `local` starts one here
    #[arg(long, value_name = "ADDRESS", requires = "engine")]
    address: Option<String>,
    /// Check the invariants of every variant while running; a violation stops the run
    #[arg(long)]
    verify: bool,
}

pub(super) fn run(args: &AugmentArgs, globals: &Globals, output: &mut Output) -> Result<Exit> {
    let started = Instant::now();
    let stop = interrupt::flag();
    if args.engine == Engine::Local && args.address.is_some() {
        return Err(Error::new(
            Kind::Config,
            "--address names a cluster, and --engine says that there is none",
        )
        .help("--engine ray"));
    }
    let (config, dir) = args.chosen.read()?;
    let mut notes = Vec::new();
    let plan = plan(&config, &mut notes)?;
    for note in &notes {
        output.note(note);
    }
    if args.dry_run {
        let session = Session::open(plan, Folder::new(&dir))?;
        let words = plan_words::plan(&session.plan, &session.forecast(), &config, &dir);
        output.data(&(words + &left_out(&session.plan.skipped)))?;
        return Ok(Exit::Clean);
    }

    let store = Folder::new(&dir);
    let on_error = config.check.on_error;
    if let State::Complete(manifest) = State::of(&store, &plan)?
        && !args.overwrite
    {
        output.note(&format!("{}: complete, nothing to do", dir.display()));
        return Ok(exit_of(&manifest, &[], on_error, output));
    }
    let mut session = Session::open(plan, store)?;
    session.verify = args.verify;
    let mut lock = session.prepare(Existing::of(args.overwrite, args.update), args.partition.is_some())?;
    if args.engine != Engine::Local {
        // Those who do the work share the folder with us.
        drop(lock);
        lock = session.join()?;
    }
    let (part, parts) = args.partition.unwrap_or((0, 1));
    let units = session.plan.partition(part, parts);
    let progress = Progress::default();
    let ended = watch(&session.plan, &units, &progress, globals, || match args.engine {
        Engine::Local => session.run(&units, globals.workers(), &progress, stop).map(|()| None),
        engine @ Engine::Ray => engine::run(engine, args.address.as_deref(), &session, &progress, stop),
    })?;
    if let Some(exit) = ended {
        return Ok(exit);
    }
    if parts > 1 {
        output.note(&format!("part {part} of {parts}: {} done", plural(units.len(), "unit")));
        if let Some(missing) = first_missing(&session)? {
            output.note(&format!("the data set is not finished: {missing} is not done yet"));
            return Ok(Exit::Clean);
        }
    }
    let committed = session.commit()?;
    drop(lock);
    session.tidy()?;
    output.note(&summary(&committed, &session.plan, &config, &progress, &dir, started.elapsed()));
    Ok(exit_of(&committed.manifest, &committed.findings, on_error, output))
}

/// Exit code 1, with the reason, when something is wrong and the pipeline did not ask to skip it.
pub(super) fn exit_of(
    manifest: &Manifest,
    findings: &[Finding],
    on_error: Option<OnError>,
    output: &Output,
) -> Exit {
    for finding in findings {
        output.note(&format!(
            "{} [{}] {} {}",
            finding.code,
            finding.severity,
            finding.message,
            finding.path()
        ));
    }
    let faults = manifest.skipped.iter().filter(|s| s.fault).count();
    let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
    if faults + errors == 0 || on_error == Some(OnError::Skip) {
        return Exit::Clean;
    }
    output.note(&format!(
        "exit code 1: {} left out and {} found in the data set as a whole; on-error = \"skip\" in [check] \
         accepts that",
        plural(faults, "thing"),
        plural(errors, "error")
    ));
    Exit::Findings
}

pub(super) fn first_missing(session: &Session) -> Result<Option<String>> {
    for unit in &session.plan.units {
        if session.marker(unit)?.is_none() {
            return Ok(Some(unit.name.clone()));
        }
    }
    Ok(None)
}

/// Runs `work` with a bar on a terminal, with a line now and then elsewhere.
pub(super) fn watch<T: Send>(
    plan: &Plan,
    units: &[usize],
    progress: &Progress,
    globals: &Globals,
    work: impl FnOnce() -> T + Send,
) -> T {
    if globals.no_progress || globals.quiet > 0 {
        return work();
    }
    let scans: usize = units.iter().map(|&u| plan.units[u].scans.len()).sum();
    let bar = ProgressBar::new(scans as u64);
    let style = "{bar:30} {pos}/{len} scans  {msg}  {elapsed} elapsed, {eta} left";
    bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut waited, mut next_line) = (0, 50);
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(100));
                let done = progress.scans.load(Ordering::Relaxed);
                let message = format!(
                    "{}, {}",
                    plural(progress.samples.load(Ordering::Relaxed), "variant"),
                    bytes(progress.bytes.load(Ordering::Relaxed))
                );
                waited += 1;
                if Output::is_terminal() {
                    bar.set_position(done as u64);
                    bar.set_message(message);
                } else if waited >= next_line {
                    // Plain lines: after 5 seconds, then ever more rarely, up to once a minute.
                    next_line = waited + (waited).clamp(50, 600);
                    Output::line(&format!("{done}/{scans} scans, {message}"));
                }
            }
        });
        let result = work();
        over.store(true, Ordering::Relaxed);
        bar.finish_and_clear();
        result
    })
}

/// What the end of a run says.
pub(super) fn summary(
    committed: &Committed,
    plan: &Plan,
    config: &Config,
    progress: &Progress,
    dir: &Path,
    elapsed: Duration,
) -> String {
    let manifest = &committed.manifest;
    let scans: usize = plan.units.iter().map(|u| u.scans.len()).sum();
    let size: u64 = manifest.shards.iter().flat_map(|s| &s.files).map(|f| f.bytes).sum();
    let text = &manifest.text;
    let dropped: u64 = text.dropped.values().sum();
    let mut lines = vec![
        format!(
            "{} -> {} with {} in {}, {} in {}",
            plural(scans, "scan"),
            plural(manifest.totals.scenes, "variant"),
            plural(manifest.totals.descriptions, "description"),
            plural(manifest.shards.len(), "shard"),
            bytes(size),
            dir.display()
        ),
        format!(
            "  text: {} kept, {} rewritten, {dropped} left out{}",
            text.kept,
            text.adapted,
            reasons(text)
        ),
    ];
    let found: u64 = manifest.findings.values().sum();
    if found > 0 {
        let codes: Vec<String> = manifest.findings.iter().map(|(c, n)| format!("{c} x{n}")).collect();
        lines.push(format!("  findings: {} (dataprep audit says where and why)", codes.join(", ")));
    }
    let stages = Stage::ALL.map(|s| format!("{} {:.2} s", s.name(), progress.seconds(s)));
    // A commit alone goes through no stage.
    if Stage::ALL.iter().any(|&stage| progress.seconds(stage) > 0.0) {
        lines.push(format!("  time: {:.2} s; over all threads {}", elapsed.as_secs_f64(), stages.join(", ")));
    }
    let before = progress.units_before.load(Ordering::Relaxed);
    if before > 0 {
        lines.push(format!("  {before} of {} there from an earlier run", plural(plan.units.len(), "shard")));
    }
    lines.push(format!("  data set {}", &committed.dataset_id[..16]));
    if config.balance.method != Method::None {
        lines.push(plan_words::balance(&manifest.balance, config).trim_end().to_owned());
    }
    lines.join("\n") + "\n" + &left_out(&manifest.skipped)
}

fn reasons(text: &crate::write::TextCounts) -> String {
    if text.dropped.is_empty() {
        return String::new();
    }
    let reasons: Vec<String> = text.dropped.iter().map(|(why, n)| format!("{why} {n}")).collect();
    format!(" ({})", reasons.join(", "))
}

/// What was left out: each reason once, with the first few that it concerns.
fn left_out(skipped: &[Skipped]) -> String {
    const NAMES: usize = 3;
    const REASONS: usize = 10;
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for Skipped { what, why, .. } in skipped {
        by_reason.entry(why).or_default().push(what);
    }
    let mut reasons: Vec<_> = by_reason.into_iter().collect();
    reasons.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
    let mut text = String::new();
    if !reasons.is_empty() {
        text += &format!("  left out: {}, all named in manifest.json\n", skipped.len());
    }
    for (why, names) in reasons.iter().take(REASONS) {
        let more = names.len().saturating_sub(NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text += &format!("    {}{more}: {why}\n", names[..names.len().min(NAMES)].join(", "));
    }
    if reasons.len() > REASONS {
        text += &format!("    and {} more reasons\n", reasons.len() - REASONS);
    }
    text
}

pub(super) fn bytes(n: u64) -> String {
    indicatif::DecimalBytes(n).to_string()
}
