use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::augment::moved::Moved;
use crate::augment::transform::{
    Action, Complaint, Drawn, Guests, Meeting, Rivals, Transform, ordered, transform,
};
use crate::math::{Affine, Stream};

transform! {
    /// Lays the objects of another scan over the scene, middle on middle and floor on floor,
    /// turned about the vertical. They may stand in one another: a network learns to tell things
    /// apart by themselves and not by the room they are in.
    ///
    /// The other scan is one of the same split and of another room, without errors in the audit.
    /// Scan, variant and step decide which, so it depends neither on threads nor on order; it
    /// does depend on which scans the run has. Points that belong to no object stay out, as no
    /// one knows what they show. Without such a scan, or where no object fits, the step is
    /// skipped and the row says so.
    ///
    /// Put it before steps that move or recolour, which then act on both scans alike.
    ///
    /// ## Columns
    /// Points are appended. `object` and segments of the other scan are raised by one more than
    /// the highest id so far, `orig_index` goes on after the scene's own vertices; provenance
    /// (`added`) names the other scan, what was added to its ids, and the matrix that took it
    /// here. Columns that only the other scan has are left out.
    ///
    /// ## Text
    /// With `rivals = "avoid"`, objects that a sentence of the scene could be taken to mean or to
    /// name are left out, by class and by what people call such things. With `"allow"` they come,
    /// and those sentences are left out of this variant. Either way so are sentences that say
    /// "the only".
    ///
    /// ## Source
    /// Mix3D (Nekrasov et al., 2021); Pointcept's, which merges the last object of one scan with
    /// the first of the other, mixes whole batches.
    MIX3D = "mix3d", Mix3d
}

/// Parameters of `mix3d`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Mix3d {
    /// Range of the angle by which the other scan is turned about the vertical, in degrees.
    #[schemars(inner(range(min = -360.0, max = 360.0)))]
    angle_deg: [f64; 2],
    /// What becomes of objects that a sentence could be taken to mean.
    rivals: Rivals,
}

impl Default for Mix3d {
    fn default() -> Self {
        Self { angle_deg: [-180.0, 180.0], rivals: Rivals::Avoid }
    }
}

impl Transform for Mix3d {
    fn check(&self) -> Result<(), Complaint> {
        ordered("angle-deg", self.angle_deg)
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let angle = stream.between(self.angle_deg[0], self.angle_deg[1]);
        let mix = *self;
        let lay = Box::new(move |meeting: &Meeting<'_>| mix.lay(meeting, angle));
        Drawn::new(Action::Mix(lay)).with("angle-deg", angle)
    }
}

impl Mix3d {
    fn lay(self, meeting: &Meeting<'_>, angle_deg: f64) -> Result<Guests, &'static str> {
        let guest = meeting.guest;
        let come = self.rivals.may_come(meeting);
        let rows: Vec<u32> = (0..)
            .zip(&guest.points.object)
            .filter(|(_, object)| come.contains(object))
            .map(|(row, _)| row)
            .collect();
        if rows.is_empty() || meeting.points.is_empty() {
            return Err("no-object-fits");
        }
        let middle = Moved::new(&guest.points.position, &Affine::IDENTITY).middle();
        let turn = Affine::rotation(2, angle_deg).about(middle);
        let [from, _] = Moved::new(&guest.points.position, &turn).bounds();
        let middle = Moved::new(&guest.points.position, &turn).middle();
        let here = Moved::new(&meeting.points.position, &Affine::IDENTITY);
        let ([to, _], target) = (here.bounds(), here.middle());
        let shift = [target[0] - middle[0], target[1] - middle[1], to[2] - from[2]];
        let map = turn.then(&Affine::translation(shift));
        let mut parameters = Map::new();
        parameters.insert("partner".into(), guest.id.as_str().into());
        parameters.insert("shift-m".into(), shift.to_vec().into());
        Ok(Guests { rows, map, parameters })
    }
}
