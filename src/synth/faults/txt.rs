//! Faults of texts.

use super::{Fault, Plant, Planted, references_file};
use crate::synth::describe::Said;
use crate::synth::files::{MadeScan, Split};

/// Changes what the `i`th description of a scan says, which then claims nothing.
pub(super) fn say(scan: &mut MadeScan, i: usize, text: impl FnOnce(&str) -> String) -> Planted {
    let place = Planted::scene(&scan.scene.id).file(&references_file(Split::Train));
    let Some(said) = scan.said.get_mut(i) else { return place };
    said.text = text(&said.text);
    said.claims.clear();
    said.identifies = false;
    place.object(said.object).ann(said.ann)
}

/// The same place, for rules that speak of the scan as a whole.
fn whole(place: Planted) -> Planted {
    Planted { object_id: None, ann_id: None, ..place }
}

/// The last word of a category: what people call it.
pub(super) fn head(category: &str) -> &str {
    category.rsplit(' ').next().unwrap_or(category)
}

/// The first description for which `fits` holds; the first of all without one.
pub(super) fn first(scan: &MadeScan, fits: impl Fn(usize) -> bool) -> usize {
    (0..scan.said.len()).find(|&i| fits(i)).unwrap_or(0)
}

/// All of them, by code.
pub(super) const FAULTS: [Fault; 13] = [
    EMPTY_TEXT,
    GARBLED_TEXT,
    CUT_TEXT,
    OTHER_CLASS,
    NO_NOUN,
    ABSENT_CLASS,
    MISSING_SPACE,
    SHORT_TEXT,
    TEMPLATE_RESIDUE,
    CLOSER_TO_OTHER,
    OUTVOTED_NOUN,
    WRONG_COLOUR,
    CLAIMS,
];

const EMPTY_TEXT: Fault = Fault {
    code: "TXT101",
    what: "one description has no word",
    plant: Plant::Scan(|scan| say(scan, 3, |_| " .".into())),
};

const GARBLED_TEXT: Fault = Fault {
    code: "TXT102",
    what: "one description was read in the wrong encoding",
    plant: Plant::Scan(|scan| say(scan, 1, |text| text.to_owned() + " itâ€™s over there.")),
};

const CUT_TEXT: Fault = Fault {
    code: "TXT103",
    what: "one description goes on for 130 words",
    plant: Plant::Scan(|scan| {
        say(scan, 2, |text| format!("{}{text}", "it is there and you can see it well from here. ".repeat(12)))
    }),
};

const OTHER_CLASS: Fault = Fault {
    code: "TXT104",
    what: "one description speaks of a lamp, where it means a seat or a table",
    plant: Plant::Scan(|scan| {
        let there = |name: &str| scan.scene.objects.iter().any(|o| o.raw_category == name);
        let other = ["lamp", "trash can", "bed", "plant"].into_iter().find(|n| there(n)).unwrap_or("door");
        let kinds = ["chair", "table", "desk", "couch"];
        let i = first(scan, |i| kinds.contains(&head(&scan.said[i].category)));
        say(scan, i, |_| format!("this is a {other}. it is on the left as you come in."))
    }),
};

const NO_NOUN: Fault = Fault {
    code: "TXT105",
    what: "one description does not say what it is about",
    plant: Plant::Scan(|scan| {
        whole(say(scan, 0, |_| "it is on the left side of the room as you come in.".into()))
    }),
};

const ABSENT_CLASS: Fault = Fault {
    code: "TXT106",
    what: "one description names a piano where there is none",
    plant: Plant::Scan(|scan| whole(say(scan, 4, |text| text.to_owned() + " it is near the black piano."))),
};

const MISSING_SPACE: Fault = Fault {
    code: "TXT107",
    what: "one description has no space after a full stop",
    plant: Plant::Scan(|scan| {
        whole(say(scan, 1, |text| format!("{}.it is nice.", text.trim_end_matches('.'))))
    }),
};

const SHORT_TEXT: Fault = Fault {
    code: "TXT108",
    what: "one description has two words",
    plant: Plant::Scan(|scan| {
        let name = head(&scan.said[0].category).to_owned();
        say(scan, 0, |_| format!("left {name}."))
    }),
};

const TEMPLATE_RESIDUE: Fault = Fault {
    code: "TXT109",
    what: "one description has a gap of its template",
    plant: Plant::Scan(|scan| say(scan, 2, |text| text.to_owned() + " it is next to the {anchor}.")),
};

const CLOSER_TO_OTHER: Fault = Fault {
    code: "TXT201",
    what: "one description is another object's, with `thing` for its class",
    plant: Plant::Scan(|scan| {
        let said = &scan.said;
        // What a text shares with the descriptions of an object on average, but for one: words that
        // few descriptions of the scan hold count most.
        let holds = |k: usize, word: &str| said[k].text.split_whitespace().any(|w| w == word);
        let weight = |word: &str| 1000 / (0..said.len()).filter(|&k| holds(k, word)).count().max(1);
        let weights: Vec<Vec<(&str, usize)>> =
            said.iter().map(|s| s.text.split_whitespace().map(|w| (w, weight(w))).collect()).collect();
        let shared = |text: usize, object: i32, but: usize| {
            let own: Vec<usize> = (0..said.len()).filter(|&k| said[k].object == object && k != but).collect();
            let common =
                |k: usize| weights[text].iter().filter(|(w, _)| holds(k, w)).map(|(_, n)| n).sum::<usize>();
            // Too few others to compare with say nothing.
            (own.len() >= 3).then(|| own.iter().map(|&k| common(k)).sum::<usize>() / own.len())
        };
        let pairs = (0..said.len()).flat_map(|to| (0..said.len()).map(move |from| (to, from)));
        let gap = |&(to, from): &(usize, usize)| {
            let (a, b) = (&said[to], &said[from]);
            let other = head(&a.category) != head(&b.category);
            let theirs = shared(from, b.object, from).filter(|_| other)?;
            Some(theirs as i64 - shared(from, a.object, to)? as i64)
        };
        let (to, from) = pairs.max_by_key(gap).unwrap_or_default();
        let Said { text, category, .. } = &said[from];
        let text = text.replace(category, "thing").replace(head(category), "thing");
        say(scan, to, |_| text)
    }),
};

const OUTVOTED_NOUN: Fault = Fault {
    code: "TXT202",
    what: "one description of five calls the object a guitar",
    plant: Plant::Scan(|scan| {
        let i = first(scan, |i| {
            let opens = |text: &str| {
                ["this is", "the ", "there is", "it is a", "look", "find"].iter().any(|o| text.starts_with(o))
            };
            let own = || scan.said.iter().filter(|s| s.object == scan.said[i].object);
            own().count() == 5 && own().all(|s| opens(&s.text))
        });
        say(scan, i, |_| "this is a guitar. it is on the left as you come in.".into())
    }),
};

const WRONG_COLOUR: Fault = Fault {
    code: "TXT203",
    what: "one description names a colour that the object has not",
    plant: Plant::Scan(|scan| {
        let said = &scan.said[0];
        let (name, points) = (said.category.clone(), &scan.scene.points);
        let own = points.object.iter().zip(0..).filter(|(id, _)| **id == said.object);
        let sum = points.colour.iter().fold([0_u64; 3], |_, colour| {
            own.clone()
                .map(|(_, i)| colour.get(i))
                .fold([0; 3], |s, c| [0, 1, 2].map(|k| s[k] + u64::from(c[k])))
        });
        let colour = if sum[2] >= sum[0] { "red" } else { "blue" };
        say(scan, 0, |_| format!("this is the {colour} {name} on the left as you come in."))
    }),
};

const CLAIMS: Fault = Fault {
    code: "TXT301",
    what: "one more description speaks of left and right",
    plant: Plant::Scan(|scan| {
        say(scan, 0, |text| text.to_owned() + " it is on the left.");
        Planted::somewhere()
    }),
};
