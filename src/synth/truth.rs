//! What sentences claim, as data, and whether a scene bears a claim out.
//!
//! Every measure is taken from vertices (positions, colours, object column) and from where the
//! speaker stands, and none depends on how the scene is turned or moved. So the same check holds
//! for a made scan in its raw frame and for whatever an augmentation makes of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::colour::clearness;
use crate::math::Affine;
use crate::scene::{NO_OBJECT, Scene};

/// Where the speaker stands and what they face, in the frame of the scene's positions, metres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Viewpoint {
    /// Where the speaker's eyes are.
    pub eye: [f64; 3],
    /// The point they look at.
    pub look: [f64; 3],
}

impl Viewpoint {
    /// The viewpoint after the scene was mapped by `map`.
    #[must_use]
    pub fn mapped(&self, map: &Affine) -> Self {
        Self { eye: map.apply(self.eye), look: map.apply(self.look) }
    }
}

/// A side as the speaker sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Counter-clockwise seen from above.
    Left,
    /// Clockwise seen from above.
    Right,
}

impl Side {
    /// The other side: what a mirror makes of it.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }

    /// +1 for left, −1 for right.
    fn sign(self) -> f64 {
        match self {
            Self::Left => 1.0,
            Self::Right => -1.0,
        }
    }
}

/// A size compared within a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// Spread out furthest.
    Largest,
    /// Spread out least.
    Smallest,
    /// Of the greatest height.
    Tallest,
}

/// One thing that a sentence says. Objects are ScanNet `objectId`s; "class" is explained at
/// [`SceneView::class_of`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[allow(missing_docs)] // the fields are named by the doc of their variant
pub enum Claim {
    /// `category` names `object`: its raw category, or the noun for its class.
    Category { object: i32, category: String },
    /// The median colour of `object` deserves the colour word `word`.
    Colour { object: i32, word: String },
    /// `object` is on `side` of `anchor` as the speaker sees them.
    Side { object: i32, anchor: i32, side: Side },
    /// `object` is on `side` of the speaker's line of sight.
    Hand { object: i32, side: Side },
    /// `object` is the member of its class that is closest to `anchor`.
    Closest { object: i32, anchor: i32 },
    /// `object` is the member of its class that is farthest from `anchor`.
    Farthest { object: i32, anchor: i32 },
    /// `object` and `anchor` are side by side.
    Beside { object: i32, anchor: i32 },
    /// `object` stands on `anchor`.
    On { object: i32, anchor: i32 },
    /// `object` lies between two anchors.
    Between { object: i32, anchors: [i32; 2] },
    /// `object` stands at a wall.
    AtWall { object: i32 },
    /// `object` is the `nth` (from 1) of its class counted from `side` as the speaker sees them.
    Ordinal { object: i32, nth: u32, side: Side },
    /// `object` is the `size` of its class.
    Size { object: i32, size: Size },
    /// `object` is alone in its class.
    Only { object: i32 },
    /// The class of `object` has `count` members.
    Count { object: i32, count: u32 },
}

impl Claim {
    /// The object that the claim is about.
    pub fn object(&self) -> i32 {
        match *self {
            Self::Category { object, .. }
            | Self::Colour { object, .. }
            | Self::Side { object, .. }
            | Self::Hand { object, .. }
            | Self::Closest { object, .. }
            | Self::Farthest { object, .. }
            | Self::Beside { object, .. }
            | Self::On { object, .. }
            | Self::Between { object, .. }
            | Self::AtWall { object }
            | Self::Ordinal { object, .. }
            | Self::Size { object, .. }
            | Self::Only { object }
            | Self::Count { object, .. } => object,
        }
    }

    /// The other objects that the claim names.
    pub fn anchors(&self) -> Vec<i32> {
        match *self {
            Self::Side { anchor, .. }
            | Self::Closest { anchor, .. }
            | Self::Farthest { anchor, .. }
            | Self::Beside { anchor, .. }
            | Self::On { anchor, .. } => vec![anchor],
            Self::Between { anchors, .. } => anchors.to_vec(),
            _ => vec![],
        }
    }

    /// The same claim with every object `from` replaced by `to`.
    #[must_use]
    pub fn with(&self, from: i32, to: i32) -> Self {
        let mut claim = self.clone();
        let swap = |id: &mut i32| {
            if *id == from {
                *id = to;
            }
        };
        match &mut claim {
            Self::Category { object, .. }
            | Self::Colour { object, .. }
            | Self::Hand { object, .. }
            | Self::AtWall { object }
            | Self::Ordinal { object, .. }
            | Self::Size { object, .. }
            | Self::Only { object }
            | Self::Count { object, .. } => swap(object),
            Self::Side { object, anchor, .. }
            | Self::Closest { object, anchor }
            | Self::Farthest { object, anchor }
            | Self::Beside { object, anchor }
            | Self::On { object, anchor } => {
                swap(object);
                swap(anchor);
            }
            Self::Between { object, anchors } => {
                swap(object);
                anchors.iter_mut().for_each(swap);
            }
        }
        claim
    }
}

/// What is measured of one object.
#[derive(Clone, Debug)]
struct Facts {
    class: String,
    category: String,
    points: Vec<[f32; 3]>,
    centroid: [f64; 3],
    /// Lowest and highest vertex.
    z: [f64; 2],
    /// Median per channel.
    colour: Option<[u8; 3]>,
    /// Root mean square distance from the centroid.
    spread: f64,
}

/// A scene measured once, to check many claims against.
#[derive(Clone, Debug)]
pub struct SceneView {
    objects: BTreeMap<i32, Facts>,
    viewpoint: Viewpoint,
}

/// Whether the scene bears the claim out. A claim about an object that has no vertices is false.
pub fn holds(claim: &Claim, view: &SceneView) -> bool {
    view.margin(claim) > 0.0
}

impl SceneView {
    /// Measures every object that has vertices.
    pub fn new(scene: &Scene, viewpoint: Viewpoint) -> Self {
        let points = &scene.points;
        let mut members: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
        for (i, &object) in points.object.iter().enumerate() {
            if object != NO_OBJECT {
                members.entry(object).or_default().push(i as u32);
            }
        }
        let objects = members
            .into_iter()
            .filter_map(|(id, rows)| {
                let object = scene.object(id)?;
                let own = points.select(&rows);
                let n = own.len() as f64;
                let axes = own.position.axes();
                let centroid = axes.map(|a| a.iter().map(|&v| f64::from(v)).sum::<f64>() / n);
                let bounds = crate::math::Aabb::of(axes);
                let square = |a: usize| {
                    axes[a]
                        .iter()
                        .map(|&v| (f64::from(v) - centroid[a]) * (f64::from(v) - centroid[a]))
                        .sum::<f64>()
                };
                let nyu40 = own.nyu40.first().copied().unwrap_or(0);
                let facts = Facts {
                    class: class_name(&object.raw_category, nyu40),
                    category: object.raw_category.clone(),
                    spread: libm::sqrt((square(0) + square(1) + square(2)) / n),
                    points: (0..own.len()).map(|i| own.position.get(i)).collect(),
                    centroid,
                    z: [f64::from(bounds.min[2]), f64::from(bounds.max[2])],
                    colour: own.colour.as_ref().map(|c| c.channels().map(median)),
                };
                Some((id, facts))
            })
            .collect();
        Self { objects, viewpoint }
    }

    /// The objects that were measured, ascending.
    pub fn ids(&self) -> impl Iterator<Item = i32> {
        self.objects.keys().copied()
    }

    /// The members of the class of `object`, itself included, ascending: objects of the same raw
    /// category, or of the same nyu40 class where that is a class of things one noun covers (all
    /// but "other" classes) — an office chair is a rival of an armchair.
    pub fn class_of(&self, object: i32) -> Vec<i32> {
        let Some(facts) = self.objects.get(&object) else { return vec![] };
        self.objects.iter().filter(|(_, f)| f.class == facts.class).map(|(&id, _)| id).collect()
    }

    /// Number of vertices of an object.
    pub fn vertices(&self, object: i32) -> usize {
        self.objects.get(&object).map_or(0, |f| f.points.len())
    }

    /// Raw category of an object.
    pub(super) fn category(&self, object: i32) -> &str {
        self.objects.get(&object).map_or("", |f| f.category.as_str())
    }

    /// Median colour of an object.
    pub(super) fn colour(&self, object: i32) -> Option<[u8; 3]> {
        self.objects.get(&object)?.colour
    }

    /// Bearing of an object off the speaker's line of sight in degrees, left positive; the
    /// object's centroid counts.
    pub(super) fn bearing(&self, object: i32) -> Option<f64> {
        let Viewpoint { eye, look } = self.viewpoint;
        let c = self.objects.get(&object)?.centroid;
        let (u, v) = ([look[0] - eye[0], look[1] - eye[1]], [c[0] - eye[0], c[1] - eye[1]]);
        let cross = u[0] * v[1] - u[1] * v[0];
        Some(libm::atan2(cross, u[0] * v[0] + u[1] * v[1]).to_degrees())
    }

    /// How clearly the claim holds: above 0 it does, from 1 on it would still if every vertex
    /// moved a little. Negative where it does not hold.
    pub(super) fn margin(&self, claim: &Claim) -> f64 {
        self.measure(claim).unwrap_or(-1.0)
    }

    /// `None` where an object is missing.
    fn measure(&self, claim: &Claim) -> Option<f64> {
        let facts = |id: i32| self.objects.get(&id);
        Some(match *claim {
            Claim::Category { object, ref category } => {
                if facts(object)?.category == *category {
                    1.0
                } else {
                    -1.0
                }
            }
            Claim::Colour { object, ref word } => clearness(word, facts(object)?.colour?),
            Claim::Side { object, anchor, side } => {
                let turn = wrap(self.bearing(object)? - self.bearing(anchor)?);
                side.sign() * turn / 9.0
            }
            Claim::Hand { object, side } => side.sign() * self.bearing(object)? / 12.0,
            Claim::Closest { object, anchor } => self.gap_to_rivals(object, anchor, 1.0)? / 0.25,
            Claim::Farthest { object, anchor } => self.gap_to_rivals(object, anchor, -1.0)? / 0.25,
            Claim::Beside { object, anchor } => {
                let (a, b) = (facts(object)?, facts(anchor)?);
                let level = (a.z[1].min(b.z[1]) - a.z[0].max(b.z[0])) / 0.05;
                level.min((0.65 - gap(a, b)) / 0.2)
            }
            Claim::On { object, anchor } => {
                let (a, b) = (facts(object)?, facts(anchor)?);
                (0.12 - (a.z[0] - support(a, b)?).abs()) / 0.06
            }
            Claim::Between { object, anchors: [a, b] } => {
                between(facts(object)?.centroid, facts(a)?.centroid, facts(b)?.centroid)
            }
            Claim::AtWall { object } => {
                let own = facts(object)?;
                let walls = self.objects.values().filter(|f| f.category == "wall");
                let nearest = walls.map(|w| gap(own, w)).fold(f64::INFINITY, f64::min);
                (0.4 - nearest) / 0.15
            }
            Claim::Ordinal { object, nth, side } => self.order(object, nth, side)?,
            Claim::Size { object, size } => {
                let measure = |f: &Facts| match size {
                    Size::Tallest => f.z[1] - f.z[0],
                    Size::Largest => f.spread,
                    Size::Smallest => 1.0 / f.spread.max(1e-9),
                };
                let own = measure(facts(object)?);
                let rivals = self.rivals(object)?;
                let most = rivals.iter().filter_map(|&r| facts(r)).map(measure).fold(0.0, f64::max);
                if rivals.is_empty() { -1.0 } else { (own / most.max(1e-9) - 1.0) / 0.15 }
            }
            Claim::Only { object } => {
                if self.rivals(object)?.is_empty() {
                    1.0
                } else {
                    -1.0
                }
            }
            Claim::Count { object, count } => {
                if self.rivals(object)?.len() + 1 == count as usize {
                    1.0
                } else {
                    -1.0
                }
            }
        })
    }

    /// The other members of an object's class.
    fn rivals(&self, object: i32) -> Option<Vec<i32>> {
        self.objects.get(&object)?;
        Some(self.class_of(object).into_iter().filter(|&o| o != object).collect())
    }

    /// By how many metres `object` is closer to `anchor` (`sign` 1) or farther from it (−1) than
    /// the next of its class; `None` without rivals.
    fn gap_to_rivals(&self, object: i32, anchor: i32, sign: f64) -> Option<f64> {
        let to = self.objects.get(&anchor)?.centroid;
        let far = |id: i32| self.objects.get(&id).map(|f| sign * distance(f.centroid, to));
        let own = far(object)?;
        self.rivals(object)?
            .into_iter()
            .filter(|&r| r != anchor)
            .filter_map(far)
            .min_by(f64::total_cmp)
            .map(|best| best - own)
    }

    /// Degrees (by 6) to the neighbours in the order of bearings, if `object` is the `nth`.
    fn order(&self, object: i32, nth: u32, side: Side) -> Option<f64> {
        let own = side.sign() * self.bearing(object)?;
        let mut ahead = 0;
        let mut nearest = f64::INFINITY;
        for rival in self.rivals(object)? {
            let other = side.sign() * self.bearing(rival)?;
            ahead += u32::from(other > own);
            nearest = nearest.min((other - own).abs());
        }
        let right = ahead + 1 == nth && nearest.is_finite();
        Some(if right { nearest / 6.0 } else { -1.0 })
    }
}

/// The name of a class: see [`SceneView::class_of`].
fn class_name(raw_category: &str, nyu40: u8) -> String {
    match nyu40 {
        0 | 38.. => raw_category.to_string(),
        id => format!("nyu40 {id}"),
    }
}

/// An angle in degrees brought to −180..180.
fn wrap(angle: f64) -> f64 {
    if angle > 180.0 {
        angle - 360.0
    } else if angle < -180.0 {
        angle + 360.0
    } else {
        angle
    }
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let d: [f64; 3] = std::array::from_fn(|k| a[k] - b[k]);
    libm::sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
}

/// Smallest horizontal distance between vertices of two objects; large objects are thinned
/// evenly, which overestimates by less than their thinned spacing.
fn gap(a: &Facts, b: &Facts) -> f64 {
    let thin = |f: &Facts, most: usize| -> Vec<[f32; 3]> {
        f.points.iter().step_by(f.points.len().div_ceil(most)).copied().collect()
    };
    let (p, q) = (thin(a, 100), thin(b, 400));
    let mut nearest = f32::INFINITY;
    for u in &p {
        for v in &q {
            let (x, y) = (u[0] - v[0], u[1] - v[1]);
            nearest = nearest.min(x * x + y * y);
        }
    }
    libm::sqrt(f64::from(nearest))
}

/// Height of `host` under `object`: its highest vertex near the object's middle that is not above
/// the object's foot. `None` when nothing is there.
fn support(object: &Facts, host: &Facts) -> Option<f64> {
    let [x, y, _] = object.centroid;
    let below = |p: &&[f32; 3]| {
        let (dx, dy) = (f64::from(p[0]) - x, f64::from(p[1]) - y);
        dx * dx + dy * dy < 0.09 && f64::from(p[2]) < object.z[0] + 0.06
    };
    let highest = host.points.iter().filter(below).map(|p| p[2]).fold(f32::NEG_INFINITY, f32::max);
    highest.is_finite().then_some(f64::from(highest))
}

/// How clearly `p` lies between `a` and `b`, seen from above.
fn between(p: [f64; 3], a: [f64; 3], b: [f64; 3]) -> f64 {
    let (u, v) = ([b[0] - a[0], b[1] - a[1]], [p[0] - a[0], p[1] - a[1]]);
    let square = u[0] * u[0] + u[1] * u[1];
    if square < 1e-6 {
        return -1.0;
    }
    let along = (u[0] * v[0] + u[1] * v[1]) / square;
    let off = (u[0] * v[1] - u[1] * v[0]).abs() / square;
    ((along - 0.18) / 0.1).min((0.82 - along) / 0.1).min((0.33 - off) / 0.1)
}

/// The lower median of a column.
fn median(column: &[u8]) -> u8 {
    let mut counts = [0_usize; 256];
    for &v in column {
        counts[usize::from(v)] += 1;
    }
    let half = column.len().div_ceil(2);
    let mut seen = 0;
    let found = counts.iter().position(|&c| {
        seen += c;
        seen >= half && seen > 0
    });
    found.unwrap_or(0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Xyz;
    use crate::scene::{Colour, Frame, Object, Points};

    /// Cubes of 20 cm with their middles at the given places.
    fn scene(cubes: &[(&str, [f32; 3], [u8; 3])]) -> Scene {
        let mut position = Xyz::default();
        let (mut colour, mut object, mut nyu40) = (Colour::default(), vec![], vec![]);
        for (id, (name, at, rgb)) in cubes.iter().enumerate() {
            for corner in 0..8 {
                let shift = |bit: usize| if corner >> bit & 1 == 1 { 0.1 } else { -0.1 };
                position.push([at[0] + shift(0), at[1] + shift(1), at[2] + shift(2)]);
                colour.push(*rgb);
                object.push(id as i32);
                nyu40.push(if *name == "chair" { 5 } else { 40 });
            }
        }
        let n = position.len();
        let points = Points {
            position,
            colour: Some(colour),
            normal: None,
            segment: vec![0; n],
            object,
            nyu40,
            orig_index: (0..n as u32).collect(),
        };
        let objects = cubes.iter().enumerate().map(|(id, (name, ..))| Object {
            id: id as i32,
            group_id: id as i64,
            raw_category: (*name).into(),
            segments: vec![],
        });
        Scene { id: "s".into(), points, faces: vec![], objects: objects.collect(), frame: Frame::raw(None) }
    }

    fn view(cubes: &[(&str, [f32; 3], [u8; 3])]) -> SceneView {
        // The speaker stands at the origin and looks along +y: left is −x.
        SceneView::new(&scene(cubes), Viewpoint { eye: [0.0; 3], look: [0.0, 1.0, 0.0] })
    }

    const RED: [u8; 3] = [176, 44, 38];
    const WHITE: [u8; 3] = [220, 218, 214];

    #[test]
    fn left_is_left_of_who_stands_there() {
        let v = view(&[("chair", [-1.0, 3.0, 0.0], RED), ("box", [1.0, 3.0, 0.0], RED)]);
        let left = Claim::Side { object: 0, anchor: 1, side: Side::Left };
        assert!(holds(&left, &v));
        assert!(!holds(&Claim::Side { object: 0, anchor: 1, side: Side::Right }, &v));
        assert!(!holds(&left.with(0, 1).with(1, 0), &v), "an object is not left of itself");
        assert!(holds(&Claim::Hand { object: 1, side: Side::Right }, &v));
        let swapped = Claim::Side { object: 1, anchor: 0, side: Side::Right };
        assert!(holds(&swapped, &v));
    }

    #[test]
    fn order_distance_colour_and_number_are_measured() {
        let row: Vec<(&str, [f32; 3], [u8; 3])> = vec![
            ("chair", [-1.0, 3.0, 0.0], RED),
            ("chair", [0.0, 3.0, 0.0], WHITE),
            ("chair", [1.0, 3.0, 0.0], WHITE),
            ("box", [2.2, 3.0, 0.0], WHITE),
            ("box", [2.2, 3.0, 0.2], WHITE),
        ];
        let v = view(&row);
        for (claim, expected) in [
            (Claim::Ordinal { object: 1, nth: 2, side: Side::Left }, true),
            (Claim::Ordinal { object: 2, nth: 1, side: Side::Right }, true),
            (Claim::Ordinal { object: 2, nth: 1, side: Side::Left }, false),
            (Claim::Closest { object: 2, anchor: 3 }, true),
            (Claim::Closest { object: 1, anchor: 3 }, false),
            (Claim::Farthest { object: 0, anchor: 3 }, true),
            (Claim::Colour { object: 0, word: "red".into() }, true),
            (Claim::Colour { object: 1, word: "red".into() }, false),
            (Claim::Only { object: 0 }, false),
            (Claim::Count { object: 0, count: 3 }, true),
            (Claim::On { object: 4, anchor: 3 }, true),
            (Claim::On { object: 3, anchor: 4 }, false),
            (Claim::On { object: 2, anchor: 3 }, false),
            (Claim::Between { object: 1, anchors: [0, 2] }, true),
            (Claim::Between { object: 0, anchors: [1, 2] }, false),
            (Claim::Beside { object: 2, anchor: 3 }, false),
            (Claim::Category { object: 3, category: "box".into() }, true),
            (Claim::Colour { object: 77, word: "red".into() }, false),
        ] {
            assert_eq!(holds(&claim, &v), expected, "{claim:?}: {}", v.margin(&claim));
        }
    }

    #[test]
    fn turning_the_room_changes_nothing_and_a_mirror_swaps_sides() {
        let cubes = [("chair", [-1.0, 3.0, 0.0], RED), ("box", [1.0, 2.0, 0.0], RED)];
        let (base, eye) = (scene(&cubes), Viewpoint { eye: [0.0; 3], look: [0.0, 1.0, 0.0] });
        let left = Claim::Side { object: 0, anchor: 1, side: Side::Left };
        for (map, expected) in
            [(Affine::rotation(2, 131.0), true), (Affine::scaling([-1.0, 1.0, 1.0]), false)]
        {
            let mut moved = base.clone();
            map.apply_to(&mut moved.points.position);
            assert_eq!(holds(&left, &SceneView::new(&moved, eye.mapped(&map))), expected);
        }
    }
}
