//! What trainers do with the data they are given: data, one file a trainer.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::error::{Error, Kind, Result, nearest};

/// The habits of one trainer, as its public code has them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// The name that `--profile` takes.
    pub name: String,
    /// Where its code is.
    pub source: String,
    /// Where it cuts sentences off.
    pub text: Option<TextCut>,
    /// What it does with scans that have many points.
    pub points: Option<PointBudget>,
    /// What it does with object ids.
    pub ids: Ids,
    /// How it finds the sentence of a sample.
    #[serde(default)]
    pub key: Key,
    /// The frame it reads positions in.
    pub frame: Frame,
    /// The range it reads colours in.
    pub colour: Colour,
    /// Axes it mirrors, each at random, without a look at the sentence.
    #[serde(default)]
    pub mirrors: Vec<Axis>,
    /// Scans that it puts another sample in the place of.
    #[serde(default)]
    pub replaces_scans: Vec<String>,
    /// What it predicts, if it is boxes.
    pub boxes: Option<Boxes>,
    /// nyu40 classes that its code names, and whose spelling differs between label tables.
    #[serde(default)]
    pub nyu40_classes: Vec<String>,
    /// Whether masks are pooled to superpoints by majority, so that a mask can become empty.
    pub superpoint_masks: bool,
}

/// Where a trainer cuts sentences off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TextCut {
    /// What it counts.
    pub unit: TextUnit,
    /// How many it keeps.
    pub limit: u32,
}

/// What a trainer counts in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextUnit {
    /// Words between white space, once punctuation is deleted.
    Words,
    /// Words and punctuation marks, as in the references file's own `token` list.
    Tokens,
    /// Pieces of a subword vocabulary: at least as many as words and punctuation marks.
    Pieces,
}

/// What a trainer does with scans that have many points.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PointBudget {
    /// Points it keeps at most.
    pub most: u32,
    /// How it gets rid of the others.
    pub by: Reduce,
}

/// How points above the budget go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduce {
    /// A random subset.
    Sample,
    /// A random box that shrinks until it fits.
    Crop,
}

/// What a trainer does with object ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ids {
    /// Compares them as they are.
    Keep,
    /// Closes gaps first: where no point has id j, points of the highest id become j.
    Renumber,
    /// Stops unless they are 0, 1, 2 and so on.
    Consecutive,
}

/// How a trainer finds the sentence of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// By scan, object and annotation.
    #[default]
    SceneObjectAnnotation,
    /// By scan and annotation alone.
    SceneAnnotation,
}

/// The frame in which a trainer reads positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frame {
    /// As the mesh has them.
    Raw,
    /// Less the mean of the vertices.
    Centred,
    /// Turned by `axisAlignment`.
    Aligned,
}

/// The range in which a trainer reads colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Colour {
    /// 0 to 255.
    #[serde(rename = "0..255")]
    Bytes,
    /// −1 to 1.
    #[serde(rename = "-1..1")]
    Signed,
}

/// A horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// The first.
    X,
    /// The second.
    Y,
}

/// What a trainer that predicts boxes does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Boxes {
    /// Boxes of a scan that it keeps at most.
    pub most: u32,
    /// nyu40 ids that get no box.
    pub without: Vec<u8>,
}

macro_rules! profiles {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("profiles/", $name, ".toml")))),+]
    };
}

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let files = profiles!["3d-stmn", "m3dref-clip", "mdin", "reason3d", "refmask3d", "scanrefer", "tgnn"];
    let read = |(name, text)| {
        toml::from_str(text).unwrap_or_else(|e| panic!("the built-in profile {name} is tested to parse: {e}"))
    };
    files.map(read).into()
});

impl Profile {
    /// The profile with this name; refuses names that there are not, with the nearest.
    pub fn named(name: &str) -> Result<&'static Self> {
        PROFILES.iter().find(|p| p.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
            let near = nearest(name, Self::names().into_iter())
                .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            Error::new(Kind::Config, format!("there is no profile `{name}`"))
                .help(format!("{near}the profiles are {}", Self::names().join(", ")))
        })
    }

    /// The names of all profiles, sorted.
    pub fn names() -> Vec<&'static str> {
        PROFILES.iter().map(|p| p.name.as_str()).collect()
    }

    /// All profiles, sorted by name.
    pub fn all() -> &'static [Self] {
        &PROFILES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_profiles_parse_are_sorted_and_name_their_source() {
        assert!(Profile::all().is_sorted_by(|a, b| a.name < b.name));
        for p in Profile::all() {
            assert!(p.source.starts_with("https://github.com/"), "{}", p.name);
            assert_eq!(Profile::named(&p.name.to_uppercase()).unwrap().name, p.name);
        }
        assert!(Profile::named("nope").unwrap_err().remedy().unwrap().contains("reason3d"));
    }
}
