//! Facts about scans that merge in any order.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::context::ScanContext;
use super::finding::Finding;
use super::geometry;
use super::settings::Thresholds;
use crate::error::{Error, Kind, Result};
use crate::language::Claims;

/// How often names in descriptions are the labels of the objects whose ids lie a shift away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// Descriptions looked at.
    pub descriptions: u64,
    /// Of these, names that are the label of `object_id − 1`, `object_id` and `object_id + 1`.
    pub at: [u64; 3],
}

impl Agreement {
    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        self.descriptions += other.descriptions;
        for (mine, theirs) in self.at.iter_mut().zip(other.at) {
            *mine += theirs;
        }
    }

    /// The shift, −1 or +1, at which names agree well and better than at 0. Where all names agree
    /// as they are there is none.
    pub fn shift(&self, thresholds: &Thresholds) -> Option<i64> {
        let [minus, here, plus] = self.at;
        let (best, shift) = if minus >= plus { (minus, -1) } else { (plus, 1) };
        let enough = self.descriptions >= u64::from(thresholds.min_shift_descriptions)
            && best * 100 >= self.descriptions * u64::from(thresholds.min_shift_percent);
        (enough && best > here).then_some(shift)
    }
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
    /// Digest of the coordinates of every sixteenth vertex; empty without vertices.
    #[serde(default)]
    pub geometry: String,
    /// Longer side, shorter side and height of the scan in the aligned frame, centimetres.
    #[serde(default)]
    pub extent_cm: Option<[u32; 3]>,
    /// The same of its objects, by label, sorted.
    #[serde(default)]
    pub extents_cm: BTreeMap<String, Vec<[u32; 3]>>,
    /// Findings, by rule.
    pub findings: BTreeMap<String, u64>,
}

impl ScanFacts {
    /// The facts of one scan, and how many findings of each rule it has.
    pub(super) fn of(scan: &ScanContext<'_>, findings: &[Finding]) -> Self {
        let scene = &scan.scan.scene;
        let (extent_cm, extents_cm) = geometry::extents(scene);
        let mut facts = Self {
            vertices: scene.points.len() as u64,
            faces: scene.faces.len() as u64,
            objects: scene.objects.len() as u64,
            segments: scan.segments().ids.len() as u64,
            descriptions: scan.descriptions.len() as u64,
            described_objects: scan.described().count() as u64,
            empty_masks: scan.empty_masks().count() as u64,
            agreement: scan.agreement(),
            geometry: geometry::digest(scene),
            extent_cm,
            extents_cm,
            ..Self::default()
        };
        for description in scan.descriptions {
            for claim in Claims::of(&description.text).names() {
                *facts.claims.entry(claim.to_owned()).or_default() += 1;
            }
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
    fn a_shift_must_agree_well_and_better_than_none() {
        let thresholds = Thresholds::default();
        let shift = |descriptions, at| Agreement { descriptions, at }.shift(&thresholds);
        assert_eq!(shift(10, [9, 2, 0]), Some(-1));
        assert_eq!(shift(10, [0, 2, 9]), Some(1));
        assert_eq!(shift(10, [10, 10, 10]), None, "a room of chairs agrees everywhere");
        assert_eq!(shift(10, [6, 0, 0]), None, "six of ten may be chance");
        assert_eq!(shift(2, [2, 0, 0]), None, "two descriptions may be chance");
    }
}
