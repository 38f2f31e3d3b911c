//! `dataprep audit`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap::builder::PossibleValuesParser;

use super::chosen::partition;
use super::clean::{self, Caching};
use super::configuration::Configuration;
use super::fix::{self, FixArgs};
use super::known::Known;
use super::report::ReportArgs;
use super::today::today;
use super::{Exit, Globals, Output, interrupt, plural};
use crate::audit::report::Report;
use crate::audit::{Engine, Places, Profile, Settings, Severity};
use crate::error::Result;
use crate::load;
use crate::pipeline::{self, ConfigFile, DatasetPaths, Effort, Part};
use crate::scene;
use crate::store;

/// Arguments of `dataprep audit`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Several reports in one run: dataprep audit scans --report sarif=audit.sarif --report markdown=audit.md\n\
                        Exit codes: 0 nothing at or above --fail-on · 1 findings · 2 could not run · \
                        75 storage failed · 130 interrupted\nRules: `dataprep rule --all` explains them"
)]
pub struct AuditArgs {
    /// A folder of scans or single scan folders [default: what dataprep.toml names]
    scans: Vec<PathBuf>,

    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    rules: Rules,
    #[command(flatten)]
    known: Known,
    #[command(flatten)]
    reporting: Reporting,
    #[command(flatten)]
    fixes: FixArgs,
    #[command(flatten)]
    caching: Caching,
    #[command(flatten)]
    parts: Parts,
    #[command(flatten)]
    configuration: Configuration,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Many machines")]
struct Parts {
    /// Audit only part I of N of the scans (I from 0), and say nothing of them yet
    #[arg(long, value_name = "I/N", value_parser = partition, requires = "summary", conflicts_with = "fix")]
    partition: Option<(usize, usize)>,
    /// Write what the part found into this file
    #[arg(long, value_name = "FILE", requires = "partition")]
    summary: Option<PathBuf>,
    /// Report on all scans from the files of all parts, read in place of the scans
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "partition")]
    merge: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Data")]
struct Data {
    /// References files of one format [default: those beside the scans, of ScanRefer first]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    references: Vec<PathBuf>,
    /// Format of the references files
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    format: ReferencesFormat,
    /// Label table [default: scannetv2-labels.combined.tsv beside them]
    #[arg(long, value_name = "TSV")]
    labels: Option<PathBuf>,
    /// A split's name and list [default: train, val and test beside the scans]
    #[arg(long = "split", value_name = "NAME=FILE", value_parser = split)]
    splits: Vec<(String, PathBuf)>,
    /// Folder of annotated cameras, a file for each scan [default: `annotated_cameras` beside them]
    #[arg(long, value_name = "DIR")]
    cameras: Option<PathBuf>,
    /// Folder of superpoints that a trainer uses, a file for each scan [default: `super_points` beside them]
    #[arg(long, value_name = "DIR")]
    superpoints: Option<PathBuf>,
    /// Only scans whose id matches; the others are taken to be there
    #[arg(long, value_name = "GLOB")]
    scenes: Option<String>,
    /// Only this many scans, drawn by their ids; the others are taken to be there
    #[arg(long, value_name = "N")]
    sample: Option<NonZeroUsize>,
    /// Draw the sample by this number
    #[arg(long, value_name = "S", requires = "sample", default_value_t = 0)]
    seed: u64,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Rules")]
struct Rules {
    /// Run these rules only: codes, names, prefixes such as REF, or ALL
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    select: Vec<String>,
    /// Run these rules as well
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    extend_select: Vec<String>,
    /// Do not run these rules
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Also run the rules that judge rather than know
    #[arg(long)]
    preview: bool,
    /// Check what these trainers would make of the data: scanrefer, reason3d, 3d-stmn, mdin, ...
    #[arg(long, value_name = "TRAINERS", value_delimiter = ',', value_parser = PossibleValuesParser::new(Profile::names()))]
    profile: Vec<String>,
    /// Give the findings of a rule this severity, as in OBJ203=error
    #[arg(long, value_name = "CODE=LEVEL", value_delimiter = ',', value_parser = severity)]
    severity: Vec<(String, Severity)>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Report")]
struct Reporting {
    /// Exit with 1 when there is a finding this bad
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    fail_on: FailOn,
    /// Exit with 1 when there are more warnings than this
    #[arg(long, value_name = "N")]
    max_warnings: Option<u64>,
    /// Exit with 0 whatever is found
    #[arg(short, long)]
    exit_zero: bool,
    #[command(flatten)]
    reports: ReportArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReferencesFormat {
    /// What the content says
    Auto,
    /// JSON, one object a description
    Scanrefer,
    /// CSV, one object a description
    Nr3d,
    /// CSV, one object a description, with anchors
    Sr3d,
    /// JSON, none, one or several objects a description
    Multi3drefer,
    /// JSON, one class a question
    Reason3d,
}

impl ReferencesFormat {
    fn named(self) -> Option<scene::Format> {
        match self {
            Self::Auto => None,
            Self::Scanrefer => Some(scene::Format::ScanRefer),
            Self::Nr3d => Some(scene::Format::Nr3d),
            Self::Sr3d => Some(scene::Format::Sr3d),
            Self::Multi3drefer => Some(scene::Format::Multi3dRefer),
            Self::Reason3d => Some(scene::Format::Reason3d),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

fn pair(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=').filter(|(l, r)| !l.is_empty() && !r.is_empty()).ok_or("no NAME=VALUE".to_owned())
}

fn split(text: &str) -> Result<(String, PathBuf), String> {
    let (name, file) = pair(text)?;
    Ok((name.to_owned(), file.into()))
}

fn severity(text: &str) -> Result<(String, Severity), String> {
    let (code, level) = pair(text)?;
    let levels = [Severity::Error, Severity::Warning, Severity::Info];
    let level = levels.into_iter().find(|s| s.word() == level);
    Ok((code.to_owned(), level.ok_or("the level is one of error, warning, info")?))
}

pub(super) fn run(args: &AuditArgs, globals: &Globals, output: &mut Output) -> Result<Exit> {
    let stop = interrupt::flag();
    args.reporting.reports.check(args.fixes.fix)?;
    let near = args.scans.first().map_or(Path::new("."), PathBuf::as_path);
    let mut config = args.configuration.read(near, output)?;
    if !concerns(&args.scans, &config.dataset.scans) {
        output.note("the configuration is of other scans: its references, labels and splits are passed over");
        config.dataset = DatasetPaths::default();
    }
    let data = &args.data;
    config.check_paths(|key| match key {
        "scans" => args.scans.is_empty(),
        "references" => data.references.is_empty(),
        "labels" => data.labels.is_none(),
        "cameras" => data.cameras.is_none(),
        "superpoints" => data.superpoints.is_none(),
        _ => data.splits.is_empty(),
    })?;
    let engine_settings = settings(&args.rules, config.audit.clone());
    let engine = Engine::new(&engine_settings)?.today(today()?);
    let request = request(args, &config);
    let mut found = load::discover(&request)?;
    let sampled = args.data.sample.is_some_and(|n| found.sample(n.get(), args.data.seed));
    let single = found.scans.iter().any(|s| request.scans.contains(&s.dir));
    let partial = single || sampled || args.data.scenes.is_some();
    let baseline = args.known.baseline(config.audit.baseline.as_deref(), partial)?;
    let engine = engine.partial(partial).baseline(baseline);
    for note in &found.notes {
        output.note(note);
    }
    let catalogue = load::catalogue(&found);
    catalogue.one_format()?;
    for note in catalogue.notes() {
        output.note(&note);
    }

    let wanted = load::Wanted { labels: true, superpoints: found.superpoints.as_deref() };
    // Superpoints are files beside the scans', which the cache does not watch.
    let cache = args.caching.cache(&config).filter(|_| found.superpoints.is_none());
    let reports = if args.parts.merge.is_empty() {
        let part = args.parts.partition.unwrap_or((0, 1));
        let bar = bar(found.scans.len() / part.1, globals);
        let reports = pipeline::audit_part(
            &catalogue,
            part,
            &engine,
            &|entry| load::scan(entry, &catalogue.labels, wanted),
            &|done| bar.set_position(done as u64),
            Effort { workers: globals.workers(), stop, cache: cache.as_ref() },
        );
        bar.finish_and_clear();
        reports?
    } else {
        Part::merge(&args.parts.merge, &engine, &catalogue)?
    };
    if let Some(file) = &args.parts.summary {
        let scans = reports.scans.len();
        Part::new(&engine, &catalogue, reports).write(file)?;
        output.note(&format!("{}: {scans} of {}", file.display(), plural(catalogue.scans.len(), "scan")));
        return Ok(Exit::Clean);
    }
    let audited = pipeline::conclude(&catalogue, &engine, reports)?;
    if let Some(error) = &audited.unsaved {
        output.note(&clean::unsaved(error));
    }
    output.detail(&format!("{} of {} from the cache", audited.cached, plural(catalogue.scans.len(), "scan")));
    let report = audited.report;
    let page = args.reporting.reports.page().map(|content| {
        let load = |entry: &_| load::scan(entry, &catalogue.labels, load::Wanted::default());
        let data = (&catalogue, &audited.summary);
        let mut album = pipeline::album(&report, data, &load, globals.workers(), content)?;
        album.settings = engine_settings.shown();
        album.notes = found.notes.iter().cloned().chain(catalogue.notes()).collect();
        Ok(album)
    });
    let page = page.transpose()?;
    args.reporting.reports.write(
        (&report, page.as_ref()),
        &args.known.shown(&report),
        args.fixes.fix,
        args.fixes.diff,
        output,
    )?;
    let kept = args.known.keep(&engine, &report, config.audit.baseline.as_deref(), output)?;
    if fix::run(&args.fixes, args.reporting.reports.output(), &report, &catalogue, output)? {
        return Ok(Exit::Findings);
    }
    Ok(if kept { Exit::Clean } else { exit(&report, &args.reporting) })
}

/// `--select` replaces what the configuration selects; the others add to it.
fn settings(args: &Rules, mut settings: Settings) -> Settings {
    if !args.select.is_empty() {
        settings.select.clone_from(&args.select);
        settings.extend_select.clear();
        // What replaces them stands on the command line.
        for key in ["audit/select", "audit/extend-select"] {
            settings.places.replace(key, &Places::default(), key);
        }
    }
    settings.extend_select.extend_from_slice(&args.extend_select);
    settings.ignore.extend_from_slice(&args.ignore);
    settings.preview |= args.preview;
    settings.profile.extend(args.profile.iter().cloned());
    settings.severity.extend(args.severity.iter().cloned());
    settings
}

/// Whether scans that are named may be some of the configuration's: they lie in its folders, or hold
/// them.
fn concerns(named: &[PathBuf], configured: &[PathBuf]) -> bool {
    let real = |p: &PathBuf| store::real(p);
    let configured: Vec<PathBuf> = configured.iter().map(real).collect();
    let known = |p: PathBuf| configured.iter().any(|c| p.starts_with(c) || c.starts_with(&p));
    named.is_empty() || configured.is_empty() || named.iter().map(real).any(known)
}

/// What the command line names wins over what the configuration names, each for itself.
fn request(args: &AuditArgs, config: &ConfigFile) -> load::Request {
    let (data, paths) = (&args.data, &config.dataset);
    let or = |a: &Vec<PathBuf>, b: &Vec<PathBuf>| if a.is_empty() { b.clone() } else { a.clone() };
    let splits = match data.splits.as_slice() {
        [] => paths.splits.iter().map(|(name, path)| (name.clone(), path.clone())).collect(),
        named => named.to_vec(),
    };
    load::Request {
        scans: or(&args.scans, &paths.scans),
        references: or(&data.references, &paths.references),
        format: data.format.named(),
        labels: data.labels.clone().or_else(|| paths.labels.clone()),
        splits,
        cameras: data.cameras.clone().or_else(|| paths.cameras.clone()),
        superpoints: data.superpoints.clone().or_else(|| paths.superpoints.clone()),
        extras: true,
        scenes: data.scenes.clone(),
    }
}

/// A bar on a terminal, nothing elsewhere.
fn bar(scans: usize, globals: &Globals) -> indicatif::ProgressBar {
    if globals.no_progress || globals.quiet > 0 || !Output::is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let style = indicatif::ProgressStyle::with_template("{wide_bar} {pos}/{len} scans, {eta} left");
    let bar = indicatif::ProgressBar::new(scans as u64);
    style.map_or(bar.clone(), |style| bar.with_style(style))
}

fn exit(report: &Report, args: &Reporting) -> Exit {
    let t = &report.summary;
    let bad = match args.fail_on {
        FailOn::Error => t.errors,
        FailOn::Warning => t.errors + t.warnings,
        FailOn::Info => t.errors + t.warnings + t.infos,
        FailOn::Never => 0,
    };
    let many = args.max_warnings.is_some_and(|most| t.warnings > most);
    if (bad > 0 || many) && !args.exit_zero { Exit::Findings } else { Exit::Clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_configuration() {
        let rules = Rules {
            select: vec!["REF".into()],
            extend_select: vec![],
            ignore: vec!["REF105".into()],
            preview: false,
            profile: vec![],
            severity: vec![severity("REF103=info").unwrap()],
        };
        let file = Settings {
            select: vec!["TXT".into()],
            ignore: vec!["REF101".into()],
            severity: [("REF103".into(), Severity::Warning)].into(),
            ..Settings::default()
        };
        let settings = settings(&rules, file);
        assert_eq!(settings.select, ["REF"]);
        assert_eq!(settings.ignore, ["REF101", "REF105"]);
        assert_eq!(settings.severity["REF103"], Severity::Info);
    }

    #[test]
    fn a_configuration_of_other_scans_does_not_concern() {
        let of = |names: &[&str]| -> Vec<PathBuf> { names.iter().map(PathBuf::from).collect() };
        for (named, configured, expected) in [
            (&[][..], &["/a/scans"][..], true),
            (&["/b"], &[], true),
            (&["/a/scans/scene0000_00"], &["/a/scans"], true),
            (&["/a"], &["/a/scans"], true),
            (&["/b/scans"], &["/a/scans"], false),
        ] {
            assert_eq!(concerns(&of(named), &of(configured)), expected, "{named:?}");
        }
    }

    #[test]
    fn pairs_need_both_sides() {
        assert!(split("train=a=b.txt").is_ok_and(|(n, p)| n == "train" && p == Path::new("a=b.txt")));
        assert!(split("train").is_err() && split("=x").is_err() && split("x=").is_err());
        assert!(severity("REF103=bad").is_err());
    }
}
