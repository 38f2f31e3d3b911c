//! Faults that only some trainers mind.

use super::msk::crowd;
use super::{Fault, Plant, Planted, references_file};
use crate::scene::Role;
use crate::synth::files::{MadeScan, Split};

/// All of them, by code.
pub(super) const FAULTS: [Fault; 6] =
    [RENUMBERED_OBJECTS, NO_BOX, LARGE_SCAN, MIRRORED_SIDES, REPLACED_SCAN, NO_VALIDATION];

const RENUMBERED_OBJECTS: Fault = Fault {
    code: "TRN101",
    what: "a described object has an id one above the highest, and its own is free",
    plant: Plant::Scan(|scan| {
        let old = scan.said[0].object;
        let new = scan.scene.objects.iter().map(|o| o.id).max().unwrap_or(0) + 1;
        for object in scan.scene.objects.iter_mut().filter(|o| o.id == old) {
            (object.id, object.group_id) = (new, i64::from(new));
        }
        scan.scene.points.object.iter_mut().filter(|o| **o == old).for_each(|o| *o = new);
        for said in &mut scan.said {
            said.claims = said.claims.iter().map(|c| c.with(old, new)).collect();
            said.object = if said.object == old { new } else { said.object };
        }
        Planted::role(&scan.scene.id, Role::Aggregation)
    }),
};

const NO_BOX: Fault = Fault {
    code: "TRN102",
    what: "a described object is labelled and called a wall",
    plant: Plant::Scan(|scan| {
        let id = scan.said[0].object;
        let MadeScan { scene, said, .. } = scan;
        scene.objects.iter_mut().filter(|o| o.id == id).for_each(|o| o.raw_category = "wall".into());
        said.iter_mut().filter(|d| d.object == id).for_each(|d| d.category = "wall".into());
        let labels = scene.points.nyu40.iter_mut().zip(&scene.points.object);
        labels.filter(|(_, object)| **object == id).for_each(|(nyu40, _)| *nyu40 = 1);
        Planted::role(&scene.id, Role::Aggregation).object(id)
    }),
};

const LARGE_SCAN: Fault = Fault {
    code: "TRN103",
    what: "a scan has more than 250,000 vertices",
    plant: Plant::Scan(|scan| {
        crowd(scan, 250_100);
        Planted::role(&scan.scene.id, Role::Mesh)
    }),
};

const MIRRORED_SIDES: Fault = Fault {
    code: "TRN104",
    what: "a sentence without a side gets one",
    plant: Plant::Scan(|scan| {
        let sided = |text: &str| text.contains("left") || text.contains("right");
        if let Some(said) = scan.said.iter_mut().find(|d| !sided(&d.text)) {
            said.text += " it is on the left ."; // whether it is or not
        }
        Planted::somewhere()
    }),
};

const REPLACED_SCAN: Fault = Fault {
    code: "TRN105",
    what: "a described scan is called scene0154_00",
    plant: Plant::Scan(|scan| {
        scan.scene.id = "scene0154_00".into();
        Planted::scene(&scan.scene.id)
    }),
};

const NO_VALIDATION: Fault = Fault {
    code: "TRN106",
    what: "the references for validation are gone",
    plant: Plant::Files(|files| {
        files.store.remove(&references_file(Split::Val))?;
        Ok(Planted::somewhere())
    }),
};
