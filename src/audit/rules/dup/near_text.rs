use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Related};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::audit::said::Said;
use crate::language::{Sentence, Texts};

rule! {
    /// Descriptions nearly repeat others.
    ///
    /// # What it checks
    /// Pairs of descriptions of a scan that become equal by putting in, taking out or changing one
    /// word, or at most a tenth of the shorter one's words, in the same order. Of one object any such
    /// pair counts; of two objects only one whose differing words tell nothing apart ("is", "it's"),
    /// for "left" beside "right" is what makes a good pair. One finding for each scan. Evidence:
    /// `descriptions`, how many nearly repeat an earlier one; `of_one_object`, how many of these
    /// repeat one of the same object; `places`, the first of them as object and annotation.
    ///
    /// # Why it matters
    /// Sentences of one object that hardly differ teach less than their number promises. Of two objects
    /// they are one text for two masks, but for a word that does not matter (see AMB101).
    ///
    /// # How to fix
    /// Nothing is wrong with a few. Where there are many, look for a script that made them.
    ///
    /// # Known exceptions
    /// Short sentences differ in a word soon. Of sentences that share a rare word with hundreds of
    /// others of the scan, only the first hundreds are compared.
    ///
    /// # Source
    /// An exact join by the rarest words (prefix filter), then edit distance.
    NearText { code: "DUP202", name: "near-text", severity: Info }
}

impl Rule for NearText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let said = scan.said();
        let texts = Texts::new(said.iter().map(|s| s.sentence.words()));
        let near = texts.near(|i, j| {
            said[i].object == said[j].object
                || texts.difference(i, j).all(|w| Sentence::is_empty_word(texts.word(w)))
        });
        let pairs: Vec<(&Said<'_>, &Said<'_>)> =
            near.iter().enumerate().filter_map(|(i, j)| Some((&said[i], &said[(*j)?]))).collect();
        let Some((second, first)) = pairs.first() else { return };
        let those: Vec<&Said<'_>> = pairs.iter().map(|p| p.0).collect();
        let own = pairs.iter().filter(|(a, b)| a.object == b.object).count();
        let n = pairs.len();
        let message = format!(
            "{} another, {own} of the same object; such as {} and {}: `{}`",
            count(n, "description") + if n == 1 { " nearly repeats" } else { " nearly repeat" },
            first.place(),
            second.place(),
            second.description.text.trim()
        );
        let related = pairs.iter().take(8).map(|(a, b)| Related {
            message: format!("{} nearly repeats {}", a.place(), b.place()),
            object_id: Some(a.object),
            ..Related::default()
        });
        let draft = Draft::new(message).among(&those, scan.catalogue).evidence("of_one_object", own);
        out.report(related.fold(draft, Draft::related));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_within_an_object_and_across_where_nothing_is_told_apart() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[0].text = "it is a brown chair at the big desk".into();
            d[1].text = "it is a brown chair at the old desk".into();
            d[4].text = "there is a brown chair at the big desk".into();
        });
        let found = f.run("DUP202");
        assert_eq!((found.len(), found[0].object_id, found[0].descriptions), (1, None, 2));
        assert_eq!(found[0].number("of_one_object"), Some(1));
        assert_eq!(found[0].evidence["places"], serde_json::json!(["0/1", "2/0"]));
    }

    #[test]
    fn silent_on_pairs_that_a_word_tells_apart_and_on_equal_ones() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[0].text = "it is the left chair at the desk".into();
            d[4].text = "it is the right chair at the desk".into();
            d[2].text = d[3].text.clone();
        });
        assert_eq!(f.run("DUP202"), []);
    }
}
