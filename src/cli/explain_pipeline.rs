//! `dataprep explain-pipeline`.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::{Exit, Output};
use crate::augment::{OnConflict, Step};
use crate::error::Result;
use crate::pipeline::{Config, Method, OnError, Undescribed};

/// Arguments of `dataprep explain-pipeline`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads the pipeline file and nothing else: the scans that it names need not be there. What it would
make of them is said by `dataprep augment --pipeline FILE --dry-run`, and shown by `dataprep preview`.

Examples:
  dataprep explain-pipeline pipelines/default.toml")]
pub struct ExplainPipelineArgs {
    /// Pipeline file
    file: PathBuf,
}

/// Columns of text.
const WIDTH: usize = 96;

pub(super) fn run(args: &ExplainPipelineArgs, output: &mut Output) -> Result<Exit> {
    output.data(&explained(&Config::read_alone(&args.file)?))?;
    Ok(Exit::Clean)
}

fn explained(config: &Config) -> String {
    let mut out = String::new();
    for (what, text) in [
        ("reads", reads(config)),
        ("checks", checks(config).to_owned()),
        ("makes", makes(config)),
        ("balance", balance(config)),
        ("text", text(config)),
    ] {
        let _ = writeln!(out, "{what:<9}{}", wrapped(&text, 9));
    }
    for (number, (step, table)) in (1..).zip(config.steps.iter().zip(config.step_tables())) {
        out += &step_words(number, step, &table);
    }
    let dir =
        config.output.dir.as_ref().map_or("the folder that -o names".into(), |d| d.display().to_string());
    let _ = writeln!(out, "\nwrites   shards of about {} MB in {dir}", config.output.shard_size_mb);
    out
}

fn reads(config: &Config) -> String {
    let input = &config.input;
    let list =
        |paths: &[PathBuf]| paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
    let scans = if input.scans.is_empty() {
        "named on the command line".into()
    } else {
        format!("in {}", list(&input.scans))
    };
    let mut text = format!("scans {scans}");
    match input.references.as_slice() {
        [] => text += "; the references found beside them",
        files => text += &format!("; the references {}", list(files)),
    }
    if !input.split.is_empty() {
        text += &format!("; only split {}", input.split.join(", "));
    }
    if let Some(glob) = &input.scenes {
        text += &format!("; only scans that match {glob}");
    }
    text + match input.undescribed {
        Undescribed::Skip => "; scans that no sentence speaks of are left out",
        Undescribed::Keep => "; scans that no sentence speaks of are kept",
    }
}

fn checks(config: &Config) -> &'static str {
    match config.check.on_error {
        Some(OnError::Skip) => {
            "a scan or description with an error is left out and named in the manifest; exit code 0"
        }
        Some(OnError::Stop) => "a scan or description with an error stops the run",
        None => "a scan or description with an error is left out and named in the manifest; exit code 1",
    }
}

fn makes(config: &Config) -> String {
    let sample = &config.sample;
    let original = if sample.include_original { "each scan as it is, and " } else { "of each scan " };
    format!("{original}{} augmented variants; seed {}", sample.variants, sample.seed)
}

fn balance(config: &Config) -> String {
    let balance = &config.balance;
    let what = format!("{:?}", balance.level).to_lowercase();
    match balance.method {
        Method::None => "none: every description is in every variant, with weight 1".into(),
        Method::RepeatFactor => format!(
            "descriptions of a {what} of frequency f are in max(1, √({} / f)) times as many variants, at most {} times",
            balance.threshold, balance.clip
        ),
        Method::EffectiveNumber => format!(
            "rows weigh (1 − β) / (1 − βⁿ), n being the descriptions of their {what} and β = {}; at most {} times the mean",
            balance.beta, balance.clip
        ),
        Method::Undersample => {
            format!("no {what} keeps more than {} times the median number of descriptions", balance.clip)
        }
    }
}

fn text(config: &Config) -> String {
    let what = match config.text.on_conflict {
        OnConflict::Adapt => {
            "left and right are swapped under a mirror; what is false otherwise is left out of its variant"
        }
        OnConflict::Drop => "a sentence that a variant makes false is left out of that variant",
        OnConflict::Keep => "a sentence that a variant makes false is kept, and the row says why it is false",
    };
    let kept = config.text.min_target_ratio * 100.0;
    format!("{what}; described objects keep {kept} % of their points")
}

fn step_words(number: usize, step: &Step, table: &toml::Table) -> String {
    let told = step.explained(table);
    let often = match step.p {
        p if p >= 1.0 => "in every variant".to_owned(),
        p if p <= 0.0 => "never (p = 0)".to_owned(),
        p => format!("in {} % of the variants", (p * 1000.0).round() / 10.0),
    };
    let mut out = format!("\n{number}. {} ({}), {often}\n", step.id, step.op);
    let mut line = |name: &str, text: &str| {
        let _ = writeln!(out, "   {name:<6}{}", wrapped(text, 9));
    };
    line("does", &told.what);
    let (named, defaults) = told.parameters.split_at(told.named);
    if !named.is_empty() {
        line("with", &named.join(", "));
    }
    if !defaults.is_empty() {
        line("and", &format!("{} (defaults)", defaults.join(", ")));
    }
    line("text", &told.text);
    line("takes", told.cost);
    out
}

/// Text in lines, those after the first indented.
fn wrapped(text: &str, indent: usize) -> String {
    let mut out = String::new();
    let mut used = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > indent && used + 1 + length > WIDTH {
            let _ = write!(out, "\n{:indent$}", "");
            used = indent;
        } else if used > indent {
            out.push(' ');
            used += 1;
        }
        out += word;
        used += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_full_and_no_longer_than_they_may_be() {
        let text = wrapped(&"seven77 ".repeat(40), 9);
        assert!(
            text.lines().enumerate().all(|(i, l)| l.chars().count() + if i == 0 { 9 } else { 0 } <= WIDTH)
        );
        assert_eq!(text.split_whitespace().count(), 40);
        assert!(text.lines().nth(1).unwrap().starts_with("         seven77"));
    }
}
