//! `dataprep preview`.

use std::path::PathBuf;

use super::{Exit, Output, plural, preview_page};
use crate::error::{Error, Kind, Result};
use crate::pipeline::{Config, Overrides, Session, plan};
use crate::store::{self, Folder};

/// Arguments of `dataprep preview`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Writes one page that needs no network: the scan and its first variants side by side, in 3D and, for
each described object, in pictures that point it out; and what becomes of each sentence in each
variant, with the words that changed. The variants are those that `dataprep augment` writes.

The page embeds pictures and points of the scan and its sentences: share it no further than the
data's licence allows.

Examples:
  dataprep preview /data/scannet/scans/scene0011_00 --pipeline pipelines/default.toml -o preview.html
  dataprep preview scene0011_00 --pipeline pipelines/default.toml -o preview.html --object 5")]
pub struct PreviewArgs {
    /// A scan's folder, or the id of a scan that the pipeline names
    scene: String,
    /// Pipeline file
    #[arg(short, long, value_name = "FILE")]
    pipeline: PathBuf,
    /// Page to write (HTML)
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Variants to show beside the original
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=16))]
    variants: u32,
    /// Described objects to show, in the order of their ids
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=200))]
    objects: u32,
    /// Show this object only (ScanNet objectId)
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    object: Option<i32>,
    /// Seed [default: that of the pipeline]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change any other key of the pipeline: --set 'text.on-conflict="keep"'
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
}

pub(super) fn run(args: &PreviewArgs, output: &mut Output) -> Result<Exit> {
    let mut overrides = Overrides { seed: args.seed, set: args.set.clone(), ..Overrides::default() };
    overrides.set.push("input.undescribed = 'keep'".into());
    let dir = PathBuf::from(&args.scene);
    if store::is_dir(&dir)? {
        overrides.scans.push(dir);
    } else {
        overrides.scenes = Some(args.scene.clone());
    }
    let config = Config::read(&args.pipeline, &overrides)?;
    if let (Ok(page), Ok(pipeline)) = (args.output.canonicalize(), args.pipeline.canonicalize())
        && page == pipeline
    {
        return Err(Error::new(Kind::Config, "the page would replace the pipeline")
            .at(&args.output)
            .help("name another file with -o, such as preview.html"));
    }
    let plan = plan(&config, &mut Vec::new())?;
    let scan = plan.units.first().and_then(|unit| unit.scans.first()).cloned().unwrap_or_default();
    if plan.sources.scans.len() > 1 {
        return Err(Error::new(Kind::Config, "more than one scan is meant")
            .at(&args.scene)
            .help("name a single scan's folder, or its id"));
    }
    // Nothing is written there.
    let session = Session::open(plan, Folder::new(""))?;
    let preview = session.preview(&scan, args.variants as usize)?;
    let shown = preview_page::Shown { objects: args.objects as usize, only: args.object };
    if let Some(object) = args.object
        && !preview.descriptions.iter().any(|d| d.object_id == object)
    {
        let mut ids: Vec<i32> = preview.descriptions.iter().map(|d| d.object_id).collect();
        ids.dedup();
        return Err(Error::new(Kind::Config, format!("no usable sentence means object {object}"))
            .at(&args.scene)
            .expected(format!("one of {ids:?}")));
    }
    let page = preview_page::page(&preview, &args.pipeline, shown)?;
    Folder::publish_file(&args.output, page.as_bytes())?;
    output.note(&format!(
        "{}: {} of {scan}, {}; it embeds scan data",
        args.output.display(),
        plural(preview.variants.len() - 1, "variant"),
        super::augment::bytes(page.len() as u64)
    ));
    Ok(Exit::Clean)
}
