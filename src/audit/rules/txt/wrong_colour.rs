use std::collections::BTreeMap;

use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::said::Said;
use crate::language::Hues;

rule! {
    /// A description names a colour that hardly any point of the object has.
    ///
    /// # What it checks
    /// Colour words that belong to the object ("the blue chair", "it is blue") beside the colours of
    /// its points. A point counts for a word where anybody could call its colour so: ranges of CIE
    /// L*a*b* as wide as dim and warm scans ask for. Of several words one suffices. At least the share
    /// `min-colour-share-percent` of the object's points must count. Evidence: `words`, the colour
    /// words; `share_percent`, the share of points that fit; `fitting`, objects with the same label
    /// that fit for more than a third.
    ///
    /// # Why it matters
    /// Either the sentence means another object, or the colours of the scan are wrong. Both teach the
    /// wrong mask for the word.
    ///
    /// # How to fix
    /// Where `fitting` lists an object, look there first. Where many scans are named, look at the
    /// colours: channels may be swapped.
    ///
    /// # Known exceptions
    /// Things that look otherwise in the pictures than in the mesh: screens, mirrors, glass, and
    /// objects of a few points. On made data with 186 swapped sentences 10 findings were right and
    /// none wrong (`cargo test --test precision -- --nocapture`); made colours are cleaner than scanned
    /// ones.
    ///
    /// # Source
    /// Colour words are in six of ten descriptions of ScanRefer. The ranges are this program's own.
    WrongColour { code: "TXT203", name: "wrong-colour", severity: Warning, needs: Preview }
}

/// Points below which an object's colour says little.
const LEAST_POINTS: u64 = 50;

impl Rule for WrongColour {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let claims: Vec<(&Said<'_>, Vec<&str>, Hues)> =
            scan.said().iter().filter_map(|s| claim(scan, s)).collect();
        if claims.is_empty() {
            return;
        }
        let shares = Shares::of(scan);
        for (said, words, hues) in claims {
            let Some(share) = shares.get(said.object, hues) else { continue };
            if share * 100.0 >= f64::from(scan.thresholds.min_colour_share_percent) {
                continue;
            }
            let rivals = scan.rivals(said.object);
            let fits = |&id: &i32| shares.get(id, hues).is_some_and(|s| s > 1.0 / 3.0);
            let fitting: Vec<i32> = rivals.into_iter().filter(fits).collect();
            let message = format!(
                "it calls object {} {}, which fits {:.1} % of its points, less than {} %",
                said.object,
                words.join(" and "),
                share * 100.0,
                scan.thresholds.min_colour_share_percent
            );
            let mut draft = Draft::new(message)
                .description(said.description, "description", scan.catalogue)
                .key(words.join(" "))
                .evidence("words", words)
                .evidence("share_percent", libm::round(share * 1000.0) / 10.0)
                .score(1.0 - share);
            if let [only] = fitting[..] {
                draft = draft.fix(format!("object {only} has the same label and fits"));
            }
            out.report(draft.evidence("fitting", fitting));
        }
    }
}

/// The colours that a description gives its object.
fn claim<'s>(scan: &ScanContext<'_>, said: &'s Said<'_>) -> Option<(&'s Said<'s>, Vec<&'s str>, Hues)> {
    let own = scan.class_of(said)?;
    let words = said.sentence.colours_of(own);
    let hues = words.iter().filter_map(|w| Hues::of_word(w)).reduce(Hues::or)?;
    Some((said, words, hues))
}

/// Number of points of each object by the set of words that fit their colour.
struct Shares(BTreeMap<i32, BTreeMap<Hues, u64>>);

impl Shares {
    fn of(scan: &ScanContext<'_>) -> Self {
        let points = &scan.scan.scene.points;
        let mut shares: BTreeMap<i32, BTreeMap<Hues, u64>> = BTreeMap::new();
        if let Some(colour) = points.colour.as_ref().filter(|c| c.len() == points.object.len()) {
            // Neighbours in the file are mostly of one object and one colour.
            let mut last = None;
            let mut run = 0;
            let mut note = |key: Option<(i32, Hues)>, n: u64| {
                if let Some((object, hues)) = key {
                    *shares.entry(object).or_default().entry(hues).or_default() += n;
                }
            };
            for (i, &object) in points.object.iter().enumerate() {
                let now = (object >= 0).then(|| (object, Hues::of_colour(colour.get(i))));
                if now != last {
                    note(last, run);
                    (last, run) = (now, 0);
                }
                run += 1;
            }
            note(last, run);
        }
        Self(shares)
    }

    /// The share of an object's points that some word of `hues` fits.
    fn get(&self, object: i32, hues: Hues) -> Option<f64> {
        let counts = self.0.get(&object)?;
        let all: u64 = counts.values().sum();
        let fitting: u64 = counts.iter().filter(|(h, _)| h.meets(hues)).map(|(_, n)| n).sum();
        (all >= LEAST_POINTS).then(|| fitting as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::scene::Colour;

    /// Objects 0 and 1 are brown, all else is blue.
    fn fixture(text: &str) -> Fixture {
        let mut f = Fixture::clean();
        f.objects(|o| o[2].raw_category = "chair".into());
        let points = &mut f.scan().scene.points;
        let mut colour = Colour::default();
        for &object in &points.object {
            colour.push(if (0..2).contains(&object) { [124, 80, 45] } else { [50, 90, 170] });
        }
        points.colour = Some(colour);
        f.descriptions(|d| d[0].text = text.into());
        f
    }

    #[test]
    fn fires_and_says_which_object_fits() {
        for text in ["the blue chair by the wall", "this is a chair. it is dark blue.", "the chair is blue"] {
            let found = fixture(text).run_preview("TXT203");
            assert_eq!((found.len(), found[0].object_id), (1, Some(0)), "{text}");
            assert_eq!(found[0].evidence["fitting"], serde_json::json!([2]));
            assert_eq!(found[0].evidence["share_percent"], 0.0);
        }
    }

    #[test]
    fn silent_on_fitting_words_and_on_colours_of_other_things() {
        for text in [
            "the brown chair",
            "the blue and brown chair",
            "the chair by the blue wall",
            "the dark chair",
            "there is a chair with a blue seat",
            "the chair is by the wall. the wall is blue",
        ] {
            assert_eq!(fixture(text).run_preview("TXT203"), [], "{text}");
        }
    }
}
