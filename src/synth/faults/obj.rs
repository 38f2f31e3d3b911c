//! Faults of objects.

use super::{Fault, Plant, Planted};

pub(super) const FAULTS: [Fault; 1] = [Fault {
    code: "OBJ102",
    what: "another object claims every segment of one that is described",
    plant: Plant::Scan(|scan| {
        let id = scan.said[0].object;
        let objects = &mut scan.scene.objects;
        let taken = objects.iter().find(|o| o.id == id).map(|o| o.segments.clone()).unwrap_or_default();
        if let Some(taker) = objects.iter_mut().filter(|o| o.id > id).next_back() {
            taker.segments.extend(taken);
        }
        Planted::scene(&scan.scene.id).object(id)
    }),
}];
