//! `dataprep synth`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Exit, Globals, Output, plural};
use crate::audit;
use crate::error::{Error, Kind, Result};
use crate::store::Folder;
use crate::synth::{CONFIGURATION_STARTS, Fault, Options, README_STARTS, faults, generate};

/// Arguments of `dataprep synth`.
#[derive(Debug, clap::Args)]
pub struct SynthArgs {
    /// Folder to make; must be empty or not there
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
    /// Number of scans
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub scenes: u32,
    /// Vertices of a scan, about
    #[arg(long, value_name = "N", default_value_t = 150_000)]
    pub vertices: u32,
    /// Everything random follows from this
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Also write a camera for each description, as ScanRefer's `annotated_cameras`
    #[arg(long)]
    pub cameras: bool,
    /// Plant one fault, for the rule with this code to find; truth.json says where
    #[arg(long, value_name = "CODE", value_parser = fault)]
    pub fault: Option<&'static Fault>,
    /// Replace a data set that this command made
    #[arg(long)]
    pub overwrite: bool,
}

pub(super) fn run(args: &SynthArgs, globals: &Globals, output: &mut Output) -> Result<Exit> {
    make_way(&args.out, args.overwrite)?;
    let store = Folder::new(&args.out);
    let SynthArgs { scenes, vertices, seed, cameras, fault, .. } = *args;
    let options = Options { scenes, vertices, seed, cameras, fault };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(globals.workers())
        .build()
        .map_err(|e| Error::new(Kind::Io, format!("cannot start {} threads: {e}", globals.workers())))?;

    let bar = if Output::is_terminal() && !globals.no_progress && globals.quiet == 0 {
        let bar = indicatif::ProgressBar::new(u64::from(args.scenes));
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    } else {
        indicatif::ProgressBar::hidden()
    };
    let made = pool.install(|| generate(&store, &options, &|done| bar.set_position(u64::from(done))));
    bar.finish_and_clear();
    let made = made?;
    output.note(&format!(
        "made {} with {} and {}, {:.1} MB, in {}",
        plural(made.scans, "scan"),
        plural(made.vertices, "vertex"),
        plural(made.descriptions, "description"),
        made.bytes as f64 / 1e6,
        args.out.display()
    ));
    Ok(Exit::Clean)
}

fn fault(code: &str) -> Result<&'static Fault, String> {
    let known = faults().find(|f| f.code.eq_ignore_ascii_case(code));
    known.ok_or_else(|| audit::unknown(code).remedy().unwrap_or("there is no such rule").to_owned())
}

/// Refuses a folder that holds something, unless it is ours and may be replaced.
fn make_way(dir: &Path, overwrite: bool) -> Result<()> {
    let mut entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Error::io("list", dir, &e)),
    };
    if entries.next().is_none() {
        return Ok(());
    }
    let held =
        |help: &str| Err(Error::new(Kind::Conflict, "the output folder is not empty").at(dir).help(help));
    if !overwrite {
        return held("choose another folder, or add --overwrite to replace what `dataprep synth` made there");
    }
    let readme = std::fs::read_to_string(dir.join("README.txt")).unwrap_or_default();
    if !readme.starts_with(README_STARTS) {
        return held("--overwrite only replaces what `dataprep synth` made; choose another folder");
    }
    let store = Folder::new(dir);
    let configuration = store.read_if_present("dataprep.toml")?;
    if configuration.is_some_and(|text| text.starts_with(CONFIGURATION_STARTS.as_bytes())) {
        store.remove("dataprep.toml")?;
    }
    ["scans", "annotated_cameras", "super_points"].into_iter().try_for_each(|name| store.remove_folder(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_folders_are_replaced() {
        let dir = tempfile::tempdir().unwrap();
        assert!(make_way(dir.path(), false).is_ok());
        assert!(make_way(&dir.path().join("none"), false).is_ok());
        std::fs::create_dir_all(dir.path().join("scans/mine")).unwrap();
        for overwrite in [false, true] {
            assert_eq!(make_way(dir.path(), overwrite).unwrap_err().kind(), Kind::Conflict);
        }
        std::fs::write(dir.path().join("README.txt"), README_STARTS).unwrap();
        assert_eq!(make_way(dir.path(), false).unwrap_err().kind(), Kind::Conflict);
        for (text, kept) in [("mine", true), (CONFIGURATION_STARTS, false)] {
            std::fs::write(dir.path().join("dataprep.toml"), text).unwrap();
            make_way(dir.path(), true).unwrap();
            assert!(!dir.path().join("scans").exists());
            assert_eq!(dir.path().join("dataprep.toml").exists(), kept);
        }
    }
}
