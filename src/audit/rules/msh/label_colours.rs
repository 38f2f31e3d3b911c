use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::msh::percent;
use crate::scene::{Colour, Role};

rule! {
    /// The colours of a mesh are those of labels or objects, not of the room.
    ///
    /// # What it checks
    /// That the mesh has more than `max-palette-colours` colours, 64 unless you say otherwise, and
    /// that no more than `max-plain-percent` of its vertices (90) have the one colour of their
    /// object; for the latter, vertices evenly spread over the mesh are looked at. A mesh of one
    /// colour is MSH204. Evidence: `colours`, how many there are, when they are few; `plain`, the
    /// share of vertices in per cent that look like the rest of their object.
    ///
    /// # Why it matters
    /// Colours that are labels give the answer away: numbers in training are splendid, and fall apart
    /// on every scan in its own colours. Words for colours are all wrong.
    ///
    /// # How to fix
    /// `_vh_clean_2.labels.ply` shows labels, `_vh_clean_2.ply` the room. Put the right file in place;
    /// if you drew the colours yourself, keep them in another file.
    ///
    /// # Known exceptions
    /// Rooms made by a program without light or grain.
    ///
    /// # Source
    /// The two meshes of a scan, <https://github.com/ScanNet/ScanNet>. The thresholds come from
    /// reasoning.
    LabelColours { code: "MSH205", name: "label-colours", severity: Warning }
}

/// Vertices looked at for the colours of objects.
const SAMPLE: usize = 2048;
/// With fewer the share says nothing.
const FEWEST: usize = 100;

impl Rule for LabelColours {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let points = &scan.scan.scene.points;
        let Some(colour) = points.colour.as_ref().filter(|_| scan.geometry.colours().constant != [true; 3])
        else {
            return;
        };
        let few = palette(colour, scan.thresholds.max_palette_colours as usize);
        let (alike, looked_at) = if scan.is_painted() { plain(colour, &points.object) } else { (0, 0) };
        let (plain, limit) = (percent(alike, looked_at), scan.thresholds.max_plain_percent);
        let message = if let Some(colours) = few {
            format!("the mesh has {colours} colours, as if labels were drawn on it")
        } else if looked_at >= FEWEST && plain > f64::from(limit) {
            format!("{plain} % of the vertices have the one colour of their object, more than {limit} %")
        } else {
            return;
        };
        let draft = Draft::new(message).file(scan.path(Role::Mesh)).evidence("plain", plain);
        out.report(if let Some(colours) = few { draft.evidence("colours", colours) } else { draft });
    }

    fn may_explain(&self, code: &str) -> bool {
        // Colour words that the points contradict.
        code == "TXT203"
    }
}

/// The number of colours, when it is at most `limit`.
fn palette(colour: &Colour, limit: usize) -> Option<usize> {
    let (mut seen, mut last) = (Vec::new(), None);
    for i in 0..colour.len() {
        let this = colour.get(i);
        if last == Some(this) {
            continue;
        }
        last = Some(this);
        if let Err(place) = seen.binary_search(&this) {
            if seen.len() == limit {
                return None;
            }
            seen.insert(place, this);
        }
    }
    Some(seen.len())
}

/// How many vertices have the colour of the first vertex of their object, and how many were
/// looked at, first ones left out.
fn plain(colour: &Colour, object: &[i32]) -> (usize, usize) {
    let mut first: BTreeMap<i32, [u8; 3]> = BTreeMap::new();
    let (mut alike, mut looked_at) = (0, 0);
    let n = colour.len().min(object.len());
    for i in (0..n).step_by(n.div_ceil(SAMPLE).max(1)) {
        match first.entry(object[i]) {
            Entry::Vacant(entry) => drop(entry.insert(colour.get(i))),
            Entry::Occupied(entry) => {
                looked_at += 1;
                alike += usize::from(*entry.get() == colour.get(i));
            }
        }
    }
    (alike, looked_at)
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// Colours each vertex of the first scan.
    fn with(paint: impl Fn(usize) -> [u8; 3]) -> Vec<crate::audit::Finding> {
        let mut f = Fixture::clean();
        let colour = f.scan().scene.points.colour.as_mut().unwrap();
        for i in 0..colour.len() {
            [colour.red[i], colour.green[i], colour.blue[i]] = paint(i);
        }
        f.run("MSH205")
    }

    #[test]
    fn fires_on_few_colours() {
        assert_eq!(with(|i| [(i % 64) as u8, 7, 7])[0].number("colours"), Some(64));
        assert_eq!(with(|i| [(i % 65) as u8, 7, 7]), []);
    }

    #[test]
    fn fires_on_one_colour_an_object_but_for_noise() {
        // Objects are 150 vertices each, the rest 50; every twelfth vertex has a colour of its own.
        let found =
            with(|i| if i % 12 == 3 { [i as u8, (i / 12) as u8, 1] } else { [(i / 150) as u8, 200, 9] });
        assert!(found[0].evidence["plain"].as_f64().unwrap() > 91.0, "{found:?}");
        assert_eq!(found[0].evidence.get("colours"), None);
        let noisy =
            with(|i| if i % 5 == 3 { [i as u8, (i / 20) as u8, 1] } else { [(i / 150) as u8, 200, 9] });
        assert_eq!(noisy, []);
    }

    #[test]
    fn silent_on_one_colour_which_msh204_says() {
        assert_eq!(with(|_| [5, 5, 5]), []);
    }
}
