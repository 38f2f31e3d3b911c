//! `dataprep render`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use image::RgbImage;

use super::place::Place;
use super::{Exit, Globals, Output, interrupt};
use crate::audit::rules::{self, RULES};
use crate::audit::{Engine, Settings};
use crate::error::{Error, Kind, Result, nearest};
use crate::language::Nouns;
use crate::load::{self, Wanted};
use crate::pipeline::{self, Effort, Subject};
use crate::render::{Look, Paint, Size, View, best_side, jpeg, picture, png, sheet};
use crate::scene::{Catalogue, Scan, normalise_label};
use crate::store::Folder;

/// Arguments of `dataprep render`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dataprep render scans/scene0011_00 -o room.png
  dataprep render scans/scene0011_00/12/3 -o object.png      object 12, with what annotation 3 names
  dataprep render scans/scene0011_00/12 -o top.png --view top --colour object
  dataprep render scans --contact-sheet chair -o chairs.png
  dataprep render scans --contact-sheet REF103 -o faults.png

An object is orange, and outlined also where something hides it; others of its class are blue, and
things that the sentence names are green, with their names. Where an object is named that the scan
does not have, those that the sentence could mean by their name are blue.")]
pub struct RenderArgs {
    /// Scan folder, then /object, then /annotation; for a contact sheet a scan, or a folder of scans
    #[arg(value_name = "REF")]
    pub place: String,
    /// Picture to write: .png, or .jpg
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Point out this object (ScanNet objectId) in a picture of the whole scan
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    pub object: Option<i32>,
    /// How to look at the scan [default: iso; best for an object that the REF names]
    #[arg(long, value_enum)]
    pub view: Option<ViewName>,
    /// What colours say
    #[arg(long, value_enum, default_value = "rgb")]
    pub colour: ColourName,
    /// Pixels of the longer side; of each picture of a contact sheet, 240 unless you say otherwise
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(16..=8192))]
    pub size: Option<u32>,
    /// Draw every object of a class, or every finding of a rule (its code or name), on one sheet
    #[arg(long, value_name = "CLASS|RULE", conflicts_with = "object")]
    pub contact_sheet: Option<String>,
    /// Pictures that a contact sheet holds at most
    #[arg(long, value_name = "N", default_value_t = 24, requires = "contact_sheet", value_parser = clap::value_parser!(u32).range(1..=400))]
    pub most: u32,
}

/// How to look at a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ViewName {
    /// Straight down, the ceiling cut
    Top,
    /// From above a corner
    Iso,
    /// From the side that shows most of the object
    Best,
    /// From where the describer stood, where annotated cameras say so
    Camera,
}

/// What the colours of a picture say.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ColourName {
    /// The colours of the scan
    Rgb,
    /// One colour an object
    Object,
    /// One colour a label
    Label,
    /// One colour a superpoint
    Superpoint,
    /// The object on grey
    Mask,
}

impl ColourName {
    fn paint(self) -> Paint {
        match self {
            Self::Rgb => Paint::Rgb,
            Self::Object => Paint::Object,
            Self::Label => Paint::Label,
            Self::Superpoint => Paint::Superpoint,
            Self::Mask => Paint::Mask,
        }
    }
}

pub(super) fn run(args: &RenderArgs, globals: &Globals, output: &mut Output) -> Result<Exit> {
    let encode = form(&args.out)?;
    let (picture, what) = match &args.contact_sheet {
        Some(wanted) => contact_sheet(args, wanted, globals)?,
        None => single(args)?,
    };
    Folder::publish_file(&args.out, &encode(&picture)?)?;
    output.note(&format!("drew {what} in {}", args.out.display()));
    Ok(Exit::Clean)
}

/// Quality of a JPEG file that people look at by itself.
const QUALITY: u8 = 92;

type Encode = fn(&RgbImage) -> Result<Vec<u8>>;

/// Writes a picture in the form that the file's name asks for.
fn form(path: &Path) -> Result<Encode> {
    let error = |what: &str| Error::new(Kind::Config, what).at(path).help("for example -o scan.png");
    if path.file_name().is_none() {
        return Err(error("the picture needs a file name"));
    }
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "png" => Ok(png),
        "jpg" | "jpeg" => Ok(|picture| jpeg(picture, QUALITY)),
        _ => {
            Err(error("the name does not say what kind of picture to write").expected(".png, .jpg or .jpeg"))
        }
    }
}

fn single(args: &RenderArgs) -> Result<(RgbImage, String)> {
    let mut place = Place::read(&args.place)?;
    let close = place.object.is_some();
    if let Some(object) = args.object {
        if let Some(named) = place.object {
            return Err(Error::new(
                Kind::Config,
                format!("the REF names object {named}, and --object {object}"),
            )
            .at(&args.place)
            .help("leave out one: the REF looks closely, --object points it out in the whole scan"));
        }
        place = place.at_object(object, &args.place)?;
    }
    let (scene, catalogue) = (&place.scan.scene, &place.catalogue);
    let position = &scene.points.position;
    if !(0..position.len()).any(|i| position.get(i).iter().all(|v| v.is_finite())) {
        return Err(Error::new(Kind::Malformed, "no vertex of the scan has finite coordinates")
            .at(&args.place)
            .help("`dataprep audit` says where and what to do"));
    }
    let description = place.description().filter(|_| close);
    let subject = Subject::of(scene, catalogue, &Nouns::new(&catalogue.labels), place.object, description);
    let default = if close { ViewName::Best } else { ViewName::Iso };
    let view = match args.view.unwrap_or(default) {
        ViewName::Top => View::Top,
        ViewName::Iso => View::Iso,
        ViewName::Best => best_side(scene, &subject.targets),
        ViewName::Camera => subject.eye.ok_or_else(|| {
            Error::new(Kind::NotFound, "there is no camera of this place").at(&args.place).help(
                "name scan, object and annotation; cameras are read from annotated_cameras beside the scans",
            )
        })?,
    };
    let close = close && matches!(view, View::Side(_) | View::Iso);
    let size = Size::Longer(args.size.unwrap_or(900));
    let look = Look { paint: args.colour.paint(), close, ..subject.look(view, size) };
    Ok((picture(scene, &look), place.scan.id().to_owned()))
}

/// Pictures of every object of a class, or of every finding of a rule, in the order of their scans.
fn contact_sheet(args: &RenderArgs, wanted: &str, globals: &Globals) -> Result<(RgbImage, String)> {
    let folder = PathBuf::from(&args.place);
    if !folder.is_dir() {
        return Err(Error::new(Kind::NotFound, "there is no such folder")
            .at(&folder)
            .expected("a folder of scans, or a scan's, without /object and /annotation"));
    }
    let request = load::Request { scans: vec![folder], extras: true, ..load::Request::default() };
    let catalogue = load::catalogue(&load::discover(&request)?);
    let mut drawn = Vec::new();
    let nouns = Nouns::new(&catalogue.labels);
    let most = args.most as usize;
    let mut draw = |scan: &Scan, object: Option<i32>| {
        let described = object.and_then(|id| catalogue.descriptions_of_object(scan.id(), id).next());
        let subject = Subject::of(&scan.scene, &catalogue, &nouns, object, described);
        let is_there = |id: i32| scan.scene.points.object.contains(&id);
        let close = object.is_some_and(is_there);
        let view = if close { best_side(&scan.scene, &subject.targets) } else { View::Iso };
        let side = args.size.unwrap_or(240);
        let size = Size::Exactly(side, side * 3 / 4);
        let look = Look { paint: args.colour.paint(), close, ..subject.look(view, size) };
        let object = object.map_or_else(String::new, |id| {
            format!("/{id}{}", if is_there(id) { "" } else { ": not in the scan" })
        });
        drawn.push((format!("{}{object}", scan.id()), picture(&scan.scene, &look)));
        drawn.len() < most
    };
    let rules = rules::named(wanted);
    let mut classes: BTreeSet<String> = BTreeSet::new();
    if let Some(rule) = rules {
        let select = vec![rule.meta().code.to_owned()];
        let settings = Settings { select, preview: true, ..Settings::default() };
        let engine = Engine::new(&settings)?;
        let load = |entry: &_| load::scan(entry, &catalogue.labels, Wanted::default());
        let stop = interrupt::flag();
        let effort = Effort { workers: globals.workers(), stop, cache: None };
        let audited = pipeline::audit(&catalogue, &engine, &load, &|_| {}, effort)?;
        let mut places: Vec<(&str, Option<i32>)> = audited
            .report
            .findings
            .iter()
            .filter_map(|f| Some((f.scene_id.as_deref()?, f.object_id)))
            .collect();
        places.sort_unstable();
        places.dedup();
        'scans: for those in places.chunk_by(|a, b| a.0 == b.0) {
            let Some(entry) = catalogue.scans.iter().find(|s| s.id == those[0].0) else { continue };
            let scan = load(entry);
            for (_, object) in those {
                if !scan.scene.points.is_empty() && !draw(&scan, *object) {
                    break 'scans;
                }
            }
        }
    } else {
        let class = normalise_label(wanted);
        'all: for entry in &catalogue.scans {
            let scan = load::scan(entry, &catalogue.labels, Wanted { labels: false, ..Wanted::default() });
            classes.extend(scan.scene.objects.iter().map(|o| normalise_label(&o.raw_category)));
            for object in &scan.scene.objects {
                let is_there = || scan.scene.points.object.contains(&object.id);
                if normalise_label(&object.raw_category) == class
                    && is_there()
                    && !draw(&scan, Some(object.id))
                {
                    break 'all;
                }
            }
        }
    }
    if drawn.is_empty() {
        return Err(nothing(wanted, rules.is_some(), &catalogue, &classes).at(&args.place));
    }
    let what = format!("{} of {wanted}", super::plural(drawn.len(), "picture"));
    // About as wide as high, of pictures that are wider than high.
    let columns = libm::ceil(libm::sqrt(drawn.len() as f64)) as u32;
    Ok((sheet(&drawn, columns), what))
}

fn nothing(wanted: &str, is_rule: bool, catalogue: &Catalogue, classes: &BTreeSet<String>) -> Error {
    let scans = super::plural(catalogue.scans.len(), "scan");
    if is_rule {
        Error::new(Kind::NotFound, format!("{wanted} finds nothing in {scans} that could be drawn"))
            .help("`dataprep audit --preview --select` says what the rule finds")
    } else {
        let have = if catalogue.scans.len() == 1 { "has" } else { "have" };
        let error = Error::new(Kind::NotFound, format!("{scans} {have} no object called `{wanted}`"));
        let rules = RULES.iter().flat_map(|r| [r.meta().code, r.meta().name]);
        error.help(match nearest(wanted, classes.iter().map(String::as_str).chain(rules)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a class as the aggregation files label it, or a rule's code or name".to_owned(),
        })
    }
}
