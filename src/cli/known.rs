//! Findings that are known: the baseline, and what is shown of them.

use std::path::{Path, PathBuf};

use super::Output;
use super::files::place;
use crate::audit::report::{self, Report};
use crate::audit::{Baseline, Engine, State};
use crate::error::{Error, Kind, Result};
use crate::store;

/// What is done with findings that are known.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Known findings")]
pub(super) struct Known {
    /// The findings that this file lists neither fail the run nor show
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings that are not suppressed to this file, and exit with 0
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "prune_baseline", "show_baseline", "sample"])]
    write_baseline: Option<PathBuf>,
    /// Take out of the baseline what is not found any more; nothing is added
    #[arg(long, conflicts_with_all = ["scenes", "sample"])]
    prune_baseline: bool,
    /// Show the findings that the baseline lists too
    #[arg(long)]
    show_baseline: bool,
    /// Show the findings that dataprep.toml suppresses too, with the reasons why
    #[arg(long)]
    show_suppressed: bool,
}

impl Known {
    /// The file that lists what is known: the one named here, else the one of the configuration. A
    /// run that writes a baseline reads none.
    fn file<'a>(&'a self, configured: Option<&'a Path>) -> Option<&'a Path> {
        self.baseline.as_deref().or(configured).filter(|_| self.write_baseline.is_none())
    }

    /// What is known; `partial` says whether only a part of the data set is audited.
    pub(super) fn baseline(&self, configured: Option<&Path>, partial: bool) -> Result<Option<Baseline>> {
        let Some(path) = self.file(configured) else {
            if self.prune_baseline {
                return Err(Error::new(Kind::Config, "there is no baseline to prune")
                    .help("name it with --baseline FILE, or in dataprep.toml: [audit] baseline = \"FILE\""));
            }
            return Ok(None);
        };
        if self.prune_baseline && partial {
            return Err(Error::new(
                Kind::Config,
                "a part of the data set cannot tell what is not found any more",
            )
            .help("prune with an audit of the whole data set"));
        }
        let bytes = store::read(path).map_err(|e| match e.kind() {
            Kind::NotFound => e.help("write it with `dataprep audit --write-baseline FILE`"),
            _ => e,
        })?;
        Baseline::parse(path, &bytes).map(Some)
    }

    /// What to show of known findings, before the report.
    pub(super) fn shown(&self, report: &Report) -> String {
        let states = [(self.show_baseline, State::Baseline), (self.show_suppressed, State::Suppressed)];
        states.into_iter().filter(|(show, _)| *show).map(|(_, state)| report::known(report, state)).collect()
    }

    /// Writes or prunes the baseline, as was asked for, and says what is not found any more. True
    /// when all that was found is known from now on.
    pub(super) fn keep(
        &self,
        engine: &Engine,
        report: &Report,
        configured: Option<&Path>,
        output: &Output,
    ) -> Result<bool> {
        if let Some(path) = &self.write_baseline {
            let baseline = Baseline::of(report);
            publish(path, &baseline)?;
            output.note(&format!("wrote {} with {} known findings", path.display(), baseline.len()));
            return Ok(true);
        }
        let (Some(path), Some(baseline)) = (self.file(configured), engine.known()) else { return Ok(false) };
        let gone = engine.vanished(report);
        if gone.is_empty() {
            return Ok(false);
        }
        let list: Vec<String> = gone.counts().map(|(code, n)| format!("{code} {n}")).collect();
        let of = format!("{} of {} known findings ({})", gone.len(), baseline.len(), list.join(", "));
        if self.prune_baseline {
            publish(path, &baseline.without(&gone))?;
            output.note(&format!("took {of} out of {}", path.display()));
        } else {
            let path = path.display();
            output.note(&format!("{path}: {of} are not found any more; --prune-baseline takes them out"));
        }
        Ok(false)
    }
}

fn publish(path: &Path, baseline: &Baseline) -> Result<()> {
    let (store, name) = place(path)?;
    store.publish(name, baseline.text().as_bytes())
}
