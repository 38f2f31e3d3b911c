//! Facts about scans that merge in any order.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::context::ScanContext;
use super::finding::Finding;
use super::identity;
use super::settings::Thresholds;
use crate::error::{Error, Kind, Result};
use crate::language::{Claims, mirrored};

/// A way of counting a scan's objects other than by `objectId`. Of several that explain as much
/// the first is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// Ids start one too high: the object meant has one less.
    MinusOne,
    /// Ids start one too low: the object meant has one more.
    PlusOne,
    /// Groups are counted in the order of the file, walls and floor left out.
    NoStuff,
    /// Groups go by their `id`.
    GroupId,
}

impl Numbering {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::MinusOne, Self::PlusOne, Self::NoStuff, Self::GroupId];

    /// The word that evidence has for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::MinusOne => "-1",
            Self::PlusOne => "+1",
            Self::NoStuff => "no-stuff",
            Self::GroupId => "id",
        }
    }

    /// The object that an id means in it, as in "the label of …".
    pub fn phrase(self) -> &'static str {
        match self {
            Self::MinusOne => "object_id -1",
            Self::PlusOne => "object_id +1",
            Self::NoStuff => "object_id counted without wall and floor",
            Self::GroupId => "the group with that `id`",
        }
    }
}

/// How often names in descriptions are the labels of the objects that ids mean, when objects are
/// counted in one way or another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// Descriptions looked at.
    pub descriptions: u64,
    /// Of these, names that are the label of `object_id − 1`, `object_id` and `object_id + 1`.
    pub at: [u64; 3],
    /// Names that are the label of the object with that place among those that are neither wall
    /// nor floor.
    #[serde(default)]
    pub no_stuff: u64,
    /// Names that are the label of the group with that `id`.
    #[serde(default)]
    pub group_id: u64,
}

impl Agreement {
    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        self.descriptions += other.descriptions;
        self.at[1] += other.at[1];
        for numbering in Numbering::ALL {
            *self.by_mut(numbering) += other.by(numbering);
        }
    }

    /// Names that agree in a numbering.
    pub fn by(mut self, numbering: Numbering) -> u64 {
        *self.by_mut(numbering)
    }

    /// Names that agree in a numbering, to be counted.
    pub(super) fn by_mut(&mut self, numbering: Numbering) -> &mut u64 {
        match numbering {
            Numbering::MinusOne => &mut self.at[0],
            Numbering::PlusOne => &mut self.at[2],
            Numbering::NoStuff => &mut self.no_stuff,
            Numbering::GroupId => &mut self.group_id,
        }
    }

    /// The numbering in which names agree well and better than by `objectId`. Where all names
    /// agree as they are there is none.
    pub fn numbering(&self, thresholds: &Thresholds) -> Option<Numbering> {
        // Of equals the last is the maximum.
        let numbering = Numbering::ALL.into_iter().rev().max_by_key(|&n| self.by(n))?;
        let best = self.by(numbering);
        let enough = self.descriptions >= u64::from(thresholds.min_shift_descriptions)
            && best * 100 >= self.descriptions * u64::from(thresholds.min_shift_percent);
        (enough && best > self.at[1]).then_some(numbering)
    }
}

/// How much of a class descriptions of a scan mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassFacts {
    /// Objects that at least one description means.
    pub objects: u64,
    /// Their descriptions.
    pub descriptions: u64,
    /// Their vertices.
    pub vertices: u64,
}

/// The mask of an object that descriptions mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MaskFacts {
    /// Its vertices.
    pub vertices: u64,
    /// Best intersection over union that any set of superpoints has with it, in thousandths.
    pub ceiling_permille: u64,
}

/// What the audit remembers of a scan once the scan itself is gone. Whole numbers only, so that
/// sums do not depend on order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScanFacts {
    /// Vertices of the mesh.
    pub vertices: u64,
    /// Triangles of the mesh.
    pub faces: u64,
    /// Groups of the aggregation file.
    pub objects: u64,
    /// Segments that vertices are in.
    pub segments: u64,
    /// Descriptions of the scan.
    pub descriptions: u64,
    /// Objects that at least one description means.
    pub described_objects: u64,
    /// Described objects that win no segment by majority.
    pub empty_masks: u64,
    /// Agreement of names, by index of the references file.
    pub agreement: BTreeMap<u32, Agreement>,
    /// Descriptions that make a claim, by kind of claim.
    pub claims: BTreeMap<String, u64>,
    /// Vertices that have a colour.
    pub coloured: u64,
    /// Sums of their red, green and blue.
    pub colour_sums: [u64; 3],
    /// Digest of the coordinates of every sixteenth vertex; empty without vertices.
    #[serde(default)]
    pub geometry: String,
    /// Groups with each label, as the aggregation writes it.
    #[serde(default)]
    pub labels: BTreeMap<String, u64>,
    /// Objects that descriptions mean, by their label in the form in which names are compared.
    #[serde(default)]
    pub classes: BTreeMap<String, ClassFacts>,
    /// Masks of the objects that descriptions mean and that own vertices, by object.
    #[serde(default)]
    pub masks: BTreeMap<i32, MaskFacts>,
    /// Descriptions with a left or right that a mirror makes false for sure.
    #[serde(default)]
    pub mirrored: u64,
    /// Labels of things, walls, floors and ceilings aside, and where their middles are, in
    /// centimetres.
    #[serde(default)]
    pub layout: Vec<(String, [i32; 3])>,
    /// Findings, by rule.
    pub findings: BTreeMap<String, u64>,
}

impl ScanFacts {
    /// The facts of one scan, and how many findings of each rule it has.
    pub(super) fn of(scan: &ScanContext<'_>, findings: &[Finding]) -> Self {
        let (scene, colours) = (&scan.scan.scene, scan.geometry.colours());
        let mut facts = Self {
            vertices: scene.points.len() as u64,
            faces: scene.faces.len() as u64,
            objects: scene.objects.len() as u64,
            segments: scan.segments().ids.len() as u64,
            descriptions: scan.descriptions.len() as u64,
            described_objects: scan.targets().len() as u64,
            empty_masks: scan.empty_masks().count() as u64,
            agreement: scan.agreement(),
            coloured: colours.count as u64,
            colour_sums: colours.sums,
            geometry: identity::digest(scene),
            layout: scan.layout(),
            ..Self::default()
        };
        for description in scan.descriptions {
            let claims = Claims::of(&description.text);
            for claim in claims.names() {
                match facts.claims.get_mut(claim) {
                    Some(n) => *n += 1,
                    None => _ = facts.claims.insert(claim.to_owned(), 1),
                }
            }
            let swaps = || mirrored(&description.text).is_some_and(|m| !m.changed.is_empty());
            facts.mirrored += u64::from(claims.handed && swaps());
        }
        for (id, descriptions) in scan.targets() {
            let Some((_, label)) = scan.objects().get(id) else { continue };
            let class = facts.classes.entry(label.clone()).or_default();
            class.objects += 1;
            class.descriptions += descriptions.len() as u64;
            class.vertices += u64::from(scan.owned().get(id).copied().unwrap_or(0));
        }
        for &id in scan.targets().keys() {
            let vertices = u64::from(scan.owned().get(&id).copied().unwrap_or(0));
            if let Some(ceiling) = scan.mixture().ceiling(id).filter(|_| vertices > 0) {
                let ceiling_permille = (ceiling.best * 1000.0) as u64;
                facts.masks.insert(id, MaskFacts { vertices, ceiling_permille });
            }
        }
        for object in &scene.objects {
            *facts.labels.entry(object.raw_category.clone()).or_default() += 1;
        }
        for finding in findings {
            *facts.findings.entry(finding.code.clone()).or_default() += 1;
        }
        facts
    }
}

/// Facts by scan. The empty summary changes nothing when merged, and merging depends on neither
/// order nor grouping, so that any engine can map over scans and merge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Summary {
    /// Facts by scan id.
    pub scans: BTreeMap<String, ScanFacts>,
}

impl Summary {
    /// The summary of one scan.
    pub fn of(scan: impl Into<String>, facts: ScanFacts) -> Self {
        Self { scans: [(scan.into(), facts)].into() }
    }

    /// Both summaries in one; refuses a scan that is in both, because its descriptions would
    /// count twice.
    pub fn merge(mut self, other: Self) -> Result<Self> {
        for (scan, facts) in other.scans {
            if self.scans.contains_key(&scan) {
                return Err(Error::new(Kind::Conflict, format!("scan {scan} was audited twice"))
                    .help("merge each scan's summary once"));
            }
            self.scans.insert(scan, facts);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn summaries() -> impl Strategy<Value = Summary> {
        let facts = (0..9_u64).prop_map(|n| ScanFacts { vertices: n, ..ScanFacts::default() });
        prop::collection::btree_map("[a-f]", facts, 0..4).prop_map(|scans| Summary { scans })
    }

    proptest! {
        #[test]
        fn merging_is_a_commutative_monoid(a in summaries(), b in summaries(), c in summaries()) {
            let merge = |x: &Summary, y: &Summary| x.clone().merge(y.clone()).ok();
            prop_assert_eq!(merge(&a, &Summary::default()), Some(a.clone()));
            prop_assert_eq!(merge(&a, &b), merge(&b, &a));
            let left = merge(&a, &b).and_then(|ab| merge(&ab, &c));
            let right = merge(&b, &c).and_then(|bc| merge(&a, &bc));
            prop_assert_eq!(left, right);
        }
    }

    #[test]
    fn a_scan_cannot_count_twice() {
        let one = Summary::of("scene0000_00", ScanFacts::default());
        assert_eq!(one.clone().merge(one).err().unwrap().kind(), Kind::Conflict);
    }

    #[test]
    fn a_numbering_must_agree_well_and_better_than_object_ids() {
        let thresholds = Thresholds::default();
        let of = |descriptions, at, no_stuff, group_id| {
            Agreement { descriptions, at, no_stuff, group_id }.numbering(&thresholds)
        };
        assert_eq!(of(10, [9, 2, 0], 0, 0), Some(Numbering::MinusOne));
        assert_eq!(of(10, [0, 2, 9], 9, 0), Some(Numbering::PlusOne), "the simpler of two");
        assert_eq!(of(10, [8, 2, 8], 10, 3), Some(Numbering::NoStuff));
        assert_eq!(of(10, [0, 9, 0], 0, 10), Some(Numbering::GroupId));
        assert_eq!(of(10, [10, 10, 10], 10, 10), None, "a room of chairs agrees everywhere");
        assert_eq!(of(10, [6, 0, 0], 6, 0), None, "six of ten may be chance");
        assert_eq!(of(2, [2, 0, 0], 2, 2), None, "two descriptions may be chance");
    }
}
