//! What a transform is: parameters read from TOML, a draw, and an action on the points.
//!
//! A transform never applies itself. It draws its parameters and says what is to be done in one
//! of a few forms; the [`Augmenter`](super::Augmenter) then joins consecutive affine maps into one
//! pass, folds colour tables into one, and guards the described objects when points are removed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Debug;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::lut::{Histogram, Table};
use super::moved::Moved;
use crate::math::{Affine, Stream, Xyz};
use crate::scene::{Colour, Points, Scene};

/// How often a crop is tried at a random place before it is moved to the targets.
pub(crate) const ATTEMPTS: usize = 4;

/// One operation of a pipeline, with its parameters read and checked.
pub(crate) trait Transform: Debug + Send + Sync {
    /// Which optional columns it cannot do without.
    fn needs(&self) -> Columns {
        Columns::default()
    }

    /// What one key says too much or too little of, given the others; ranges are checked before.
    fn check(&self) -> Result<(), Complaint> {
        Ok(())
    }

    /// Whether steps are written inside of it (`[[step.step]]`).
    fn nests() -> bool
    where
        Self: Sized,
    {
        false
    }

    /// What is wrong with this number of steps inside of it.
    fn holds(&self, _steps: usize) -> Result<(), Complaint> {
        Ok(())
    }

    /// How often the steps inside of it are done, where each time draws anew.
    fn rounds(&self) -> Option<u32> {
        None
    }

    /// Weight of the n-th step inside of it, where one of them is chosen.
    fn weight(&self, _nth: usize) -> f64 {
        1.0
    }

    /// Draws the parameters of one variant. Called whether or not the step's gate is open, so that
    /// changing a `p` moves no other value.
    fn draw(&self, stream: &mut Stream) -> Drawn;
}

/// Optional columns of a scene.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Columns {
    /// Colour.
    pub colour: bool,
    /// Normals.
    pub normals: bool,
}

impl Columns {
    /// Colour and nothing else.
    pub(crate) const COLOUR: Self = Self { colour: true, normals: false };
}

/// A key whose value does not go with the others.
#[derive(Debug)]
pub(crate) struct Complaint {
    /// The key to blame; the step itself when it is not written down.
    pub key: &'static str,
    /// What would be right.
    pub expected: &'static str,
}

/// Complains about a range whose low end is above its high end.
pub(crate) fn ordered(key: &'static str, [lo, hi]: [f64; 2]) -> Result<(), Complaint> {
    if lo <= hi { Ok(()) } else { Err(Complaint { key, expected: "[low, high] with low ≤ high" }) }
}

/// What one variant gets of a step.
pub(crate) struct Drawn {
    /// The drawn values, by the names that provenance shows.
    pub parameters: Map<String, Value>,
    /// What the drawn values do to sentences.
    pub effects: Effects,
    /// What is to be done.
    pub action: Action,
}

/// What applying a step may make false in a sentence.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Effects {
    /// Left and right change places.
    pub mirrors: bool,
    /// Longest over shortest factor of the axes, minus one: 0 keeps every shape.
    pub distorts_shape: f64,
    /// Colour cast in levels of 255; see [`Table::cast`](super::lut::Table::cast).
    pub recolours: f64,
    /// Points may be missing afterwards.
    pub removes_points: bool,
    /// Raw categories of objects that were not there before. Who adds them says so when they are
    /// known, as the cast of a colour table is: after the draw.
    pub adds_objects: Vec<String>,
    /// Degrees by which horizontal directions turn, 0 to 180.
    pub turns_deg: f64,
    /// Degrees by which up leans over, 0 to 180.
    pub tilts_deg: f64,
    /// How far points move against each other along an axis, root mean square, in metres.
    pub displaces_m: f64,
}

type MapOf = dyn Fn(&Moved<'_>) -> Affine;
type ChangePoints = dyn Fn(&mut Points, &mut Stream);
type TableOf = dyn Fn(&Histogram) -> Table;
type ChangeColour = dyn Fn(&mut Colour, &[u32], &mut Stream);
type ChangeField = dyn Fn(&mut Points, &mut Stream) -> Result<(), &'static str>;
type ChangeNormals = dyn Fn(&mut Xyz, &[u32], &mut Stream);
type CutAt = dyn Fn(&Xyz, Place) -> Option<Cut>;
type KeepByLot = dyn Fn(&mut Cow<'_, Points>, &[u32]) -> Vec<bool>;

/// Where a crop is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// Anywhere; the number of the try, below [`ATTEMPTS`].
    Random(usize),
    /// Around this point.
    Around([f32; 3]),
}

impl Place {
    /// A point to crop around: the place itself, or the point at a share `at[try]` of the list.
    pub(crate) fn point(self, position: &Xyz, at: &[f64; ATTEMPTS]) -> Option<[f32; 3]> {
        match self {
            Self::Around(centre) => Some(centre),
            Self::Random(attempt) => {
                let row = libm::floor(at[attempt] * position.len() as f64) as usize;
                (row < position.len()).then(|| position.get(row))
            }
        }
    }
}

/// What a crop keeps.
#[derive(Debug)]
pub(crate) struct Cut {
    /// Middle of what was kept, in metres.
    pub centre: [f32; 3],
    /// Whether each row is kept.
    pub kept: Vec<bool>,
}

pub(crate) type MixOf = dyn Fn(&Meeting<'_>) -> Result<Guests, &'static str>;

/// What a step sees that adds points of another scene.
pub(crate) struct Meeting<'a> {
    /// The scene as it is now.
    pub points: &'a Points,
    /// The other scene, as loaded.
    pub guest: &'a Scene,
    /// Whether a sentence means or names something that an object of this raw category could be
    /// taken for.
    pub is_rival: &'a dyn Fn(&str) -> bool,
}

/// What comes of the other scene.
pub(crate) struct Guests {
    /// Its rows, ascending; each belongs to an object.
    pub rows: Vec<u32>,
    /// From its frame to the present one.
    pub map: Affine,
    /// What was decided, by the names that provenance shows.
    pub parameters: Map<String, Value>,
}

/// What becomes of objects of another scene that a sentence could be taken to mean or to name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Rivals {
    /// They stay out.
    Avoid,
    /// They come, and the sentence is left out of the variant.
    Allow,
}

impl Rivals {
    /// The ids of the other scene's objects that may come.
    pub(crate) fn may_come(self, meeting: &Meeting<'_>) -> BTreeSet<i32> {
        let fits = |raw: &str| self == Self::Allow || !(meeting.is_rival)(raw);
        let objects = meeting.guest.objects.iter();
        objects.filter(|o| o.id >= 0 && fits(&o.raw_category)).map(|o| o.id).collect()
    }
}

/// The forms that a transform's work takes.
pub(crate) enum Action {
    /// One affine map, which may depend on where the points are.
    Affine(Box<MapOf>),
    /// Noise on positions, by source vertex.
    Positions(Box<ChangePoints>),
    /// One table per channel, which may depend on how often each level occurs.
    Table(Box<TableOf>),
    /// Noise on colours, by source vertex (second argument).
    Colours(Box<ChangeColour>),
    /// A smooth field of displacements, drawn on a lattice; changes positions and normals, or says
    /// why it cannot.
    Field(Box<ChangeField>),
    /// Changes normals and nothing else, by source vertex (second argument).
    Normals(Box<ChangeNormals>),
    /// Keeps the points around a place.
    Crop(Box<CutAt>),
    /// Puts the points in the order of their lots.
    Shuffle,
    /// Keeps points by lot: each source vertex draws one word. May write a kept point's new
    /// position, colour and normal (means of a cell).
    Thin {
        /// Whether thinning is a resampling of everything, so that a target counts as whole as
        /// long as a point of it is left.
        resamples: bool,
        /// Whether it moves points.
        moves: bool,
        /// Most points to keep, as far as the described objects leave room.
        at_most: Option<u32>,
        /// Whether each row is kept.
        keep: Box<KeepByLot>,
    },
    /// Adds points of another scene, or says why it cannot.
    Mix(Box<MixOf>),
    /// The steps inside of it, which follow in the list.
    Steps,
    /// One of the steps inside of it: the one at this share of their weights.
    Choose(f64),
}

impl Drawn {
    /// An action without parameters or effects yet.
    pub(crate) fn new(action: Action) -> Self {
        Self { parameters: Map::new(), effects: Effects::default(), action }
    }

    /// Records a drawn value.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// Declares effects.
    #[must_use]
    pub(crate) fn doing(mut self, effects: Effects) -> Self {
        self.effects = effects;
        self
    }
}

/// An operation as the table knows it: its name, its page, its schema and how it is read.
pub struct Op {
    /// The name in `op = "…"`.
    pub name: &'static str,
    /// The page: what it does, then the headings Columns, Text and Source.
    pub doc: &'static str,
    /// Schema of its parameters, subschemas inlined.
    pub(crate) schema: fn() -> schemars::Schema,
    /// Whether steps are written inside of it.
    pub(crate) nests: fn() -> bool,
    /// Reads the parameters, once `op`, `id`, `p` and the steps inside are taken out.
    pub(crate) read: fn(toml::de::Deserializer<'_>) -> Result<Box<dyn Transform>, toml::de::Error>,
}

impl Debug for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Op({})", self.name)
    }
}

/// Declares a transform: its page as `///` lines, the name of its entry in the table, the name
/// in TOML and the type of its parameters. Only metadata lives in here, as rustfmt passes over it.
macro_rules! transform {
    ($(#[doc = $doc:literal])+ $entry:ident = $name:literal, $type:ty) => {
        #[doc = concat!("The table's entry of `", $name, "`.")]
        pub(crate) static $entry: $crate::augment::transform::Op = $crate::augment::transform::Op {
            name: $name,
            doc: concat!($($doc, "\n"),+),
            schema: || {
                let settings = schemars::generate::SchemaSettings::draft2020_12()
                    .with(|s| s.inline_subschemas = true);
                settings.into_generator().into_root_schema_for::<$type>()
            },
            nests: <$type as $crate::augment::transform::Transform>::nests,
            read: |table| {
                let read: $type = serde::Deserialize::deserialize(table)?;
                Ok(Box::new(read))
            },
        };
    };
}
pub(crate) use transform;
