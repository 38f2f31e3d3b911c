//! Faults of ambiguity.

use super::txt::{first, head, say};
use super::{Fault, Plant};
use crate::synth::files::MadeScan;

/// The first description of an object whose label another object has.
fn with_rival(scan: &MadeScan) -> usize {
    first(scan, |i| {
        let category = &scan.said[i].category;
        scan.scene.objects.iter().filter(|o| o.raw_category == *category).count() > 1
    })
}

/// All of them, by code.
pub(super) const FAULTS: [Fault; 3] = [SHARED_TEXT, NO_DISCRIMINATOR, ADMITTED];

const SHARED_TEXT: Fault = Fault {
    code: "AMB101",
    what: "one sentence stands for two objects",
    plant: Plant::Scan(|scan| {
        let from = &scan.said[0];
        let (object, text) = (from.object, from.text.to_uppercase());
        let same = |i: usize| head(&scan.said[i].category) == head(&from.category);
        let other = |i: usize| scan.said[i].object != object;
        let i = (0..scan.said.len()).find(|&i| other(i) && same(i)).unwrap_or_else(|| first(scan, other));
        say(scan, i, |_| text);
        say(scan, 0, str::to_owned)
    }),
};

const NO_DISCRIMINATOR: Fault = Fault {
    code: "AMB201",
    what: "one description fits all objects of its class",
    plant: Plant::Scan(|scan| {
        let i = with_rival(scan);
        let name = scan.said[i].category.clone();
        say(scan, i, |_| format!("there is a {name} in the room. you can see it."))
    }),
};

const ADMITTED: Fault = Fault {
    code: "AMB202",
    what: "one description says that many are identical",
    plant: Plant::Scan(|scan| {
        let i = with_rival(scan);
        say(scan, i, |text| text.to_owned() + " there are many identical ones.")
    }),
};
