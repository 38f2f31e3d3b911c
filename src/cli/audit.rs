//! `dataprep audit`.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap::builder::PossibleValuesParser;

use super::{Exit, Globals, Output, interrupt};
use crate::audit::report::{self, Report};
use crate::audit::{Engine, Profile, Settings, Severity};
use crate::error::{Error, Kind, Result};
use crate::load;
use crate::pipeline::{self, ConfigFile};
use crate::store::Local;

/// Arguments of `dataprep audit`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 nothing at or above --fail-on · 1 findings · 2 could not run · \
                        130 interrupted\nRules: `dataprep rule --all` explains them")]
pub struct AuditArgs {
    /// A folder of scans or single scan folders [default: what dataprep.toml names]
    scans: Vec<PathBuf>,

    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    rules: Rules,
    #[command(flatten)]
    reporting: Reporting,

    /// Read this configuration [default: the nearest dataprep.toml upwards]
    #[arg(long, value_name = "FILE", conflicts_with = "isolated", help_heading = "Configuration")]
    config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, help_heading = "Configuration")]
    isolated: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Data")]
struct Data {
    /// References files [default: those of `ScanRefer` beside the scans]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    references: Vec<PathBuf>,
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
    /// Exit with 0 whatever is found
    #[arg(short, long)]
    exit_zero: bool,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    output_format: Format,
    /// Write the report to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show at most this many findings of each rule in full reports; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    max_findings: usize,
    /// Show counts by rule instead of findings
    #[arg(long)]
    statistics: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// By rule, with why it matters and what to do
    Full,
    /// One line per finding
    Concise,
    /// One JSON object
    Json,
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
    let config = configuration(args, output)?;
    let engine = Engine::new(&settings(&args.rules, config.audit.clone()))?;
    let request = request(args, &config);
    let found = load::discover(&request)?;
    for note in &found.notes {
        output.note(note);
    }
    let catalogue = load::catalogue(&found);
    let single = found.scans.iter().any(|s| request.scans.contains(&s.dir));
    let engine = engine.partial(single || args.data.scenes.is_some());

    let wanted = load::Wanted { labels: true, superpoints: found.superpoints.as_deref() };
    let bar = bar(found.scans.len(), globals);
    let audited = pipeline::audit(
        &catalogue,
        &engine,
        &|entry| load::scan(entry, &catalogue.labels, wanted),
        globals.workers(),
        &|done| bar.set_position(done as u64),
        stop,
    );
    bar.finish_and_clear();
    let report = audited?.report;
    write(&report, &args.reporting, output)?;
    Ok(exit(&report, &args.reporting))
}

fn configuration(args: &AuditArgs, output: &Output) -> Result<ConfigFile> {
    let near = args.scans.first().map_or(Path::new("."), PathBuf::as_path);
    let path = match &args.config {
        Some(path) => Some(path.clone()),
        None if args.isolated => None,
        None => ConfigFile::find(near),
    };
    let Some(path) = path else { return Ok(ConfigFile::default()) };
    output.note(&format!("configuration: {}", path.display()));
    ConfigFile::read(&path)
}

/// `--select` replaces what the configuration selects; the others add to it.
fn settings(args: &Rules, mut settings: Settings) -> Settings {
    if !args.select.is_empty() {
        settings.select.clone_from(&args.select);
        settings.extend_select.clear();
    }
    settings.extend_select.extend_from_slice(&args.extend_select);
    settings.ignore.extend_from_slice(&args.ignore);
    settings.preview |= args.preview;
    settings.profile.extend(args.profile.iter().cloned());
    settings.severity.extend(args.severity.iter().cloned());
    settings
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

fn write(report: &Report, args: &Reporting, output: &mut Output) -> Result<()> {
    let most = if args.max_findings == 0 { usize::MAX } else { args.max_findings };
    let text = match (args.output_format, args.statistics) {
        (Format::Json, false) => report::json(report),
        (Format::Json, true) => report::statistics_json(report),
        (_, true) => report::statistics(report),
        (Format::Full, false) => report::full(report, most),
        (Format::Concise, false) => report::concise(report),
    };
    let Some(path) = &args.output else { return output.data(&text) };
    let name = path.file_name().and_then(|n| n.to_str()).ok_or_else(|| {
        Error::new(Kind::Config, "the report needs a file name").at(path).help("as in -o report.json")
    })?;
    let plain = anstream::adapter::strip_str(&text).to_string();
    let dir = path.parent().unwrap_or(Path::new(""));
    Local::new(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })
        .publish(name, plain.as_bytes())?;
    output.note(&format!("wrote {}", path.display()));
    Ok(())
}

fn exit(report: &Report, args: &Reporting) -> Exit {
    let t = &report.summary;
    let bad = match args.fail_on {
        FailOn::Error => t.errors,
        FailOn::Warning => t.errors + t.warnings,
        FailOn::Info => t.errors + t.warnings + t.infos,
        FailOn::Never => 0,
    };
    if bad > 0 && !args.exit_zero { Exit::Findings } else { Exit::Clean }
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
    fn pairs_need_both_sides() {
        assert!(split("train=a=b.txt").is_ok_and(|(n, p)| n == "train" && p == Path::new("a=b.txt")));
        assert!(split("train").is_err() && split("=x").is_err() && split("x=").is_err());
        assert!(severity("REF103=bad").is_err());
    }
}
