use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::said::Said;
use crate::language::Subject;

rule! {
    /// A description names another kind of thing than all others of its object.
    ///
    /// # What it checks
    /// Objects of which at least four descriptions say by a noun what they are about, where one noun
    /// is of no wide family (see TXT104) with any of the others, and these are all of one. Evidence:
    /// `noun`, the odd one; `others`, the nouns of the others.
    ///
    /// # Why it matters
    /// Either the sentence belongs to another object, or its writer took the thing for something that
    /// it is not. Both teach the wrong word.
    ///
    /// # How to fix
    /// Look at the object and leave the sentence out, or mend its noun.
    ///
    /// # Known exceptions
    /// Nouns that the word list does not know have no vote. A thing may be two ("the wardrobe door").
    /// On made data with 186 swapped sentences 69 findings were right and none wrong
    /// (`cargo test --test precision -- --nocapture`).
    ///
    /// # Source
    /// Plain reasoning: a vote of annotators.
    OutvotedNoun { code: "TXT202", name: "outvoted-noun", severity: Warning, needs: Preview }
}

/// Descriptions with a noun that a vote needs.
const LEAST: usize = 4;

impl Rule for OutvotedNoun {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for (_, said) in scan.said_of_each() {
            let votes: Vec<(&Said<'_>, Subject<'_>)> =
                said.iter().filter_map(|s| Some((s, s.sentence.subject()?))).collect();
            // More descriptions of one object than that only a hostile file has.
            if votes.len() < LEAST || votes.len() > 100 {
                continue;
            }
            let agree = |a: usize, b: usize| votes[a].1.mention.noun.is_kin_of(&votes[b].1.mention.noun);
            let rest = |odd: usize| (0..votes.len()).filter(move |&i| i != odd);
            let is_odd = |&odd: &usize| rest(odd).all(|i| !agree(odd, i) && rest(odd).all(|j| agree(i, j)));
            let Some(odd) = (0..votes.len()).find(is_odd) else { continue };
            let (one, subject) = &votes[odd];
            let own = scan.class_of(one);
            if own.is_some_and(|own| one.sentence.names(own)) {
                continue;
            }
            let noun = |i: usize| votes[i].0.sentence.phrase(&votes[i].1.mention.words);
            let mut others: Vec<&str> = rest(odd).map(noun).collect();
            others.sort_unstable();
            others.dedup();
            let called = one.sentence.phrase(&subject.mention.words);
            let message = format!(
                "it speaks of `{called}`, the {} others of the object of `{}`",
                votes.len() - 1,
                others.join("`, `")
            );
            let draft = Draft::new(message).description(one.description, "description", scan.catalogue);
            out.report(draft.key(called).evidence("noun", called).evidence("others", others));
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        code == "TXT201"
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        (mine.object_id, &mine.ann_id) == (other.object_id, &other.ann_id)
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::Annotation;
    use crate::audit::fixture::Fixture;

    /// Four descriptions of object 1, a table.
    fn fixture(texts: [&str; 4]) -> Fixture {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            let first = d[2].clone();
            d.drain(2..4);
            for (ann, text) in texts.iter().enumerate() {
                d.push(crate::scene::Description {
                    ann_id: ann.to_string(),
                    text: (*text).into(),
                    ..first.clone()
                });
            }
        });
        f
    }

    #[test]
    fn fires_on_one_against_three() {
        let f = fixture(["the table", "this is a piano lamp", "a desk by the wall", "the round table"]);
        let found = f.run_preview("TXT202");
        assert_eq!(
            (found.len(), found[0].object_id, &found[0].ann_id),
            (1, Some(1), &Some(Annotation::Number(1)))
        );
        assert_eq!(found[0].evidence["others"], serde_json::json!(["desk", "table"]));
    }

    #[test]
    fn silent_on_two_against_two_and_on_three_votes() {
        let even = fixture(["the table", "the lamp", "the desk", "the lamp"]);
        assert_eq!(even.run_preview("TXT202"), []);
        let few = fixture(["the table", "the lamp", "the desk", "it is next to the wall"]);
        assert_eq!(few.run_preview("TXT202"), []);
        let own = fixture(["the table", "the lamp on the table", "the desk", "a table"]);
        assert_eq!(own.run_preview("TXT202"), []);
    }
}
