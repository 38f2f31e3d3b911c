//! `dataprep view`.

use std::path::PathBuf;

use serde::Serialize;

use super::place::Place;
use super::{Exit, Output, plural};
use crate::audit::report::page::Space;
use crate::error::Result;
use crate::pipeline::sentences_of;
use crate::render::page::{Page, VIEWER, data, escaped};
use crate::render::{cloud, level};
use crate::store::Folder;

/// Arguments of `dataprep view`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Writes one page that needs no network: the scan as points that can be turned, coloured by object,
label or superpoint, with its sentences to pick from. Open it in a browser.

The page embeds points of the scan and its sentences: share it no further than the data's licence
allows.

Examples:
  dataprep view scans/scene0011_00 -o view.html
  dataprep view scans/scene0011_00/12/3 -o view.html          look at object 12, annotation 3")]
pub struct ViewArgs {
    /// Scan folder, then /object, then /annotation
    #[arg(value_name = "REF")]
    place: String,
    /// Page to write (HTML)
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Points to show at most, evenly taken; those of the object named all
    #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(100..=5_000_000))]
    points: u32,
    /// Embed no sentences
    #[arg(long)]
    no_text: bool,
}

#[derive(Serialize)]
struct Told {
    space: Space,
    /// The sentence to begin with.
    picked: Option<usize>,
    /// The object to begin with.
    object: Option<i32>,
}

pub(super) fn run(args: &ViewArgs, output: &mut Output) -> Result<Exit> {
    let place = Place::read(&args.place)?;
    let sentences = sentences_of(&place.scan, &place.catalogue, !args.no_text);
    let key = place.description().map(crate::scene::Description::key);
    let picked = key.and_then(|key| sentences.iter().position(|s| s.place == key));
    let object: Vec<i32> = place.object.into_iter().collect();
    let scene = &place.scan.scene;
    let cloud = cloud(scene, args.points as usize, &object, &level(scene));
    let (points, of) = (cloud.points, cloud.of);
    let told = Told { space: Space { cloud, sentences }, picked, object: place.object };
    let body = format!(
        "<main>\n<h1>{}</h1>\n<p class=\"notice\">This page embeds points of the scan and its sentences. Share it no \
         further than the licence of the data allows.</p>\n<div id=\"space\"></div>\n<noscript><p>The 3D view needs \
         this page's own script.</p></noscript>\n</main>\n",
        escaped(place.scan.id())
    );
    let told = data(&told);
    let page = Page {
        title: place.scan.id(),
        body: &body,
        scripts: &[VIEWER, include_str!("view.js")],
        data: Some(&told),
        ..Page::default()
    };
    let html = page.html();
    Folder::publish_file(&args.output, html.as_bytes())?;
    output.note(&format!(
        "{}: {points} of {} of {}, {}; it embeds scan data",
        args.output.display(),
        plural(of, "point"),
        place.scan.id(),
        super::augment::bytes(html.len() as u64)
    ));
    Ok(Exit::Clean)
}
