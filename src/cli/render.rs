//! `dataprep render`.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Exit, Globals, Output};
use crate::error::{Error, Kind, Result};
use crate::load::{self, Wanted};
use crate::render::{View, png, raster};
use crate::scene::{LabelTable, ScanEntry};
use crate::store::Local;

/// Arguments of `dataprep render`.
#[derive(Debug, clap::Args)]
pub struct RenderArgs {
    /// Scan folder, named by the scan's id
    #[arg(value_name = "SCAN_DIR")]
    pub scan: PathBuf,
    /// Picture to write (PNG)
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Point out this object (ScanNet objectId)
    #[arg(long, value_name = "ID")]
    pub object: Option<i32>,
    /// How to look at the scan
    #[arg(long, value_enum, default_value = "iso")]
    pub view: ViewName,
    /// Pixels of the longer side
    #[arg(long, value_name = "N", default_value_t = 900, value_parser = clap::value_parser!(u32).range(16..=8192))]
    pub size: u32,
}

/// How to look at a scan.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ViewName {
    /// Straight down
    Top,
    /// From above a corner
    Iso,
}

pub(super) fn run(args: &RenderArgs, _globals: &Globals, output: &mut Output) -> Result<Exit> {
    let entry = entry_of(&args.scan)?;
    let scan = load::scan(&entry, &LabelTable::default(), Wanted { labels: false, ..Wanted::default() });
    if scan.scene.points.is_empty() {
        let fault = scan.faults.into_iter().next().map(|f| f.error);
        return Err(fault.unwrap_or_else(|| {
            Error::new(Kind::NotFound, "the folder holds no mesh of this scan")
                .at(&args.scan)
                .expected(format!("{}_vh_clean_2.ply", entry.id))
        }));
    }
    if let Some(object) = args.object
        && !scan.scene.points.object.contains(&object)
    {
        let ids: Vec<i32> = scan.scene.objects.iter().map(|o| o.id).collect();
        let error = Error::new(Kind::Config, format!("no vertex belongs to object {object}")).at(&args.scan);
        return Err(match (ids.iter().min(), ids.iter().max()) {
            (Some(lo), Some(hi)) => error.expected(format!("an objectId from {lo} to {hi}")),
            _ => error.help("the scan has no objects: segments or aggregation could not be read"),
        });
    }
    let view = match args.view {
        ViewName::Top => View::Top,
        ViewName::Iso => View::Iso,
    };
    let picture = raster(&scan.scene, view, args.size, args.object);
    let name = args.out.file_name().and_then(|n| n.to_str()).ok_or_else(|| {
        Error::new(Kind::Config, "the picture needs a file name")
            .at(&args.out)
            .help("for example -o scan.png")
    })?;
    Local::new(args.out.parent().unwrap_or(Path::new(""))).publish(name, &png(&picture)?)?;
    output.note(&format!("drew {} in {}", entry.id, args.out.display()));
    Ok(Exit::Clean)
}

/// The scan that a folder holds: its name is the scan's id.
fn entry_of(dir: &Path) -> Result<ScanEntry> {
    let full = dir.canonicalize().map_err(|e| Error::io("open", dir, &e))?;
    match full.file_name().and_then(|n| n.to_str()) {
        Some(id) if full.is_dir() => Ok(ScanEntry { id: id.into(), dir: dir.to_path_buf() }),
        _ => Err(Error::new(Kind::Config, "this is no scan folder")
            .at(dir)
            .expected("a folder like scene0000_00")),
    }
}
