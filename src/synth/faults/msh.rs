//! Faults of meshes.

use super::{Fault, Plant, Planted};
use crate::scene::Role;

pub(super) const FAULTS: [Fault; 1] = [Fault {
    code: "MSH101",
    what: "one coordinate is not a number",
    plant: Plant::Scan(|scan| {
        scan.scene.points.position.y[17] = f32::NAN;
        Planted::role(&scan.scene.id, Role::Mesh)
    }),
}];
