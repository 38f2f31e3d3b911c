use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::augment::ground::{Footprint, Ground, floor_height};
use crate::augment::transform::{
    Action, Complaint, Drawn, Guests, Meeting, Rivals, Transform, ordered, transform,
};
use crate::math::{Aabb, Affine, Stream};
use crate::scene::Points;

transform! {
    /// Takes one object that stands on the floor of another scan and stands it on free floor,
    /// turned about the vertical.
    ///
    /// The other scan is chosen as for `mix3d`. A random object, heading and place on the floor
    /// are tried up to 128 times. A place is free when there is floor under the whole footprint,
    /// level within 10 cm, and when nothing else stands or hangs there or nearer than
    /// `clearance-m`, up to that much above the object: columns of 5 cm are compared, and a column
    /// is taken from the lowest point in it that is not floor, or, inside of the outline of an
    /// object, from where that begins. So nothing is put in or under furniture, and a low thing may
    /// stand below what hangs on a wall.
    /// Floor is what the labels call floor, so put this step before those that tilt the scene.
    ///
    /// Objects of fewer than `min-points` points, without a class or of one that belongs to a
    /// room or hangs (walls, doors, windows, curtains, pictures …) are not taken. Where no object
    /// fits, or no place is free, the step is skipped and the row says so.
    ///
    /// ## Columns
    /// As for `mix3d`; provenance also has the object, its class and its place.
    ///
    /// ## Text
    /// As for `mix3d`.
    ///
    /// ## Source
    /// mmdetection3d `ObjectSample`, which compares boxes; Mask3D's instance oversampling, which
    /// compares nothing and leaves objects in the air.
    PASTE_OBJECT = "paste-object", PasteObject
}

/// How many places are tried.
const TRIES: usize = 128;
/// How far above the floor of its own scan an object may begin, in metres.
const STANDS_M: f32 = 0.15;
/// nyu40 ids of what makes up a room or hangs: unlabelled, wall, floor, door, window, picture,
/// blinds, curtain, mirror, floor mat, clothes, ceiling, shower curtain, lamp, other structure,
/// other prop.
const STAYS: [u8; 16] = [0, 1, 2, 8, 9, 11, 13, 16, 19, 20, 21, 22, 28, 35, 38, 40];

/// Parameters of `paste-object`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct PasteObject {
    /// Range of the angle by which the object is turned about the vertical, in degrees.
    #[schemars(inner(range(min = -360.0, max = 360.0)))]
    angle_deg: [f64; 2],
    /// Room that is left around and above the object, in metres.
    #[schemars(range(min = 0.05, max = 2.0))]
    clearance_m: f64,
    /// Fewest points of an object.
    #[schemars(range(min = 1))]
    min_points: u32,
    /// What becomes of objects that a sentence could be taken to mean.
    rivals: Rivals,
}

impl Default for PasteObject {
    fn default() -> Self {
        Self { angle_deg: [-180.0, 180.0], clearance_m: 0.1, min_points: 50, rivals: Rivals::Avoid }
    }
}

/// Shares that decide one try.
#[derive(Clone, Copy)]
struct Lot {
    object: f64,
    place: f64,
    angle: f64,
}

impl Transform for PasteObject {
    fn check(&self) -> Result<(), Complaint> {
        ordered("angle-deg", self.angle_deg)
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let lots: [Lot; TRIES] = std::array::from_fn(|_| Lot {
            object: stream.unit(),
            place: stream.unit(),
            angle: stream.between(self.angle_deg[0], self.angle_deg[1]),
        });
        let paste = *self;
        Drawn::new(Action::Mix(Box::new(move |meeting: &Meeting<'_>| paste.stand(meeting, &lots))))
    }
}

impl PasteObject {
    fn stand(self, meeting: &Meeting<'_>, lots: &[Lot; TRIES]) -> Result<Guests, &'static str> {
        let guest = meeting.guest;
        let objects = self.choice(&guest.points, &self.rivals.may_come(meeting));
        if objects.is_empty() {
            return Err("no-object-fits");
        }
        let ground = Ground::of(meeting.points).ok_or("no-floor")?;
        let share = |share: f64, of: usize| (libm::floor(share * of as f64) as usize).min(of - 1);
        for (tries, lot) in lots.iter().enumerate() {
            let (id, rows) = &objects[share(lot.object, objects.len())];
            let points = guest.points.position.select(rows);
            let turn = Affine::rotation(2, lot.angle).about(Aabb::of(points.axes()).middle());
            let mut turned = points;
            turn.apply_to(&mut turned);
            let bounds = Aabb::of(turned.axes());
            let middle = bounds.middle();
            let [x, y] = ground.place(share(lot.place, ground.places()));
            let footprint = Footprint::of(&turned, [x - middle[0], y - middle[1]]);
            let height = f64::from(bounds.size()[2]);
            let Some(z) = ground.stands_free(&footprint, height, self.clearance_m) else { continue };
            let shift = [x - middle[0], y - middle[1], z - f64::from(bounds.min[2])];
            let mut parameters = Map::new();
            parameters.insert("partner".into(), guest.id.as_str().into());
            parameters.insert("partner-object".into(), (*id).into());
            let class = guest.object(*id).map_or("", |o| o.raw_category.as_str());
            parameters.insert("class".into(), class.into());
            parameters.insert("angle-deg".into(), lot.angle.into());
            parameters.insert("place-m".into(), vec![x, y, z].into());
            parameters.insert("tries".into(), (tries + 1).into());
            return Ok(Guests {
                rows: rows.clone(),
                map: turn.then(&Affine::translation(shift)),
                parameters,
            });
        }
        Err("no-free-floor")
    }

    /// The objects that could be put somewhere, by id, each with its rows.
    fn choice(self, points: &Points, come: &BTreeSet<i32>) -> Vec<(i32, Vec<u32>)> {
        let mut rows: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
        for (row, &object) in (0..).zip(&points.object) {
            if come.contains(&object) {
                rows.entry(object).or_default().push(row);
            }
        }
        let floor = floor_height(points);
        let fits = |(_, rows): &(i32, Vec<u32>)| {
            let class = points.nyu40.get(rows[0] as usize).copied().unwrap_or(0);
            let bounds = Aabb::of(points.position.select(rows).axes());
            rows.len() >= self.min_points as usize
                && !STAYS.contains(&class)
                && bounds.min.iter().chain(&bounds.max).all(|v| v.is_finite())
                && floor.is_some_and(|floor| (bounds.min[2] - floor).abs() <= STANDS_M)
        };
        rows.into_iter().filter(fits).collect()
    }
}
