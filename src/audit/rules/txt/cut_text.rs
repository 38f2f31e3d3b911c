use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::profile::{Profile, TextUnit};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::said::Said;
use crate::language::{Claims, Sentence, tokens};

rule! {
    /// A description is longer than what a trainer reads of it.
    ///
    /// # What it checks
    /// How long each description is as the trainers of the profiles in use count it, beside how much
    /// they keep. Words are counted as Reason3D does, between spaces once punctuation is deleted;
    /// tokens from the file's own list where it has one; subword pieces are at least words and
    /// punctuation marks, so longer ones may be missed. Also whether something that tells the object
    /// apart is said only in what is cut away. One finding for each description. Evidence: `profile`,
    /// the trainer that keeps least; `profiles`, all that cut; `unit`, `length` and `limit`, what it
    /// counts, how many there are and how many it keeps; `cut`, what it does not read; `lost`, which
    /// claims are only there.
    ///
    /// # Why it matters
    /// The end is cut off without a word. It often holds the relation that singles the object out; what
    /// is left may fit several.
    ///
    /// # How to fix
    /// Raise the trainer's limit, or shorten the description so that what matters comes first.
    ///
    /// # Known exceptions
    /// In ScanRefer's validation file 79 of 9,498 descriptions have more than 50 words.
    ///
    /// # Source
    /// The limits are in the profiles, which name each trainer's code.
    CutText { code: "TXT103", name: "cut-text", severity: Warning, needs: Profile }
}

/// What a trainer reads of a description, and what not.
struct Cut<'a> {
    profile: &'a Profile,
    unit: &'static str,
    length: usize,
    limit: usize,
    kept: String,
    lost: String,
}

impl Rule for CutText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let least = scan.profiles.iter().filter_map(|p| p.text.as_ref()).map(|t| t.limit).min();
        for said in scan.said() {
            // Each word or token takes a byte at least.
            if least.is_none_or(|least| {
                said.description.text.len().max(said.description.tokens.len()) <= least as usize
            }) {
                continue;
            }
            let cuts: Vec<Cut<'_>> = scan.profiles.iter().filter_map(|p| cut(p, said)).collect();
            let Some(worst) = cuts.iter().max_by_key(|c| (c.lost.len(), std::cmp::Reverse(&c.profile.name)))
            else {
                continue;
            };
            let lost = lost(scan, said, worst);
            let Cut { profile, unit, length, limit, .. } = worst;
            let only = if lost.is_empty() {
                "what tells the object apart is said before".to_owned()
            } else {
                format!("only there it speaks of {}", lost.join(", "))
            };
            let ending: String = worst.lost.chars().take(80).collect();
            let dots = if ending.len() < worst.lost.len() { " …" } else { "" };
            let message = format!(
                "{} reads {limit} of its {length} {unit} and not `{ending}{dots}`; {only}",
                profile.name
            );
            out.report(
                Draft::new(message)
                    .description(said.description, "description", scan.catalogue)
                    .evidence("profile", profile.name.as_str())
                    .evidence("profiles", cuts.iter().map(|c| c.profile.name.as_str()).collect::<Vec<_>>())
                    .evidence("unit", *unit)
                    .evidence("length", *length)
                    .evidence("limit", *limit)
                    .evidence("cut", worst.lost.as_str())
                    .evidence("lost", lost),
            );
        }
    }
}

/// What `profile` cuts off, if it cuts.
fn cut<'a>(profile: &'a Profile, said: &Said<'_>) -> Option<Cut<'a>> {
    let text = profile.text.as_ref()?;
    let d = said.description;
    let plain: String;
    let (unit, parts): (_, Vec<&str>) = match text.unit {
        TextUnit::Words => {
            plain = d.text.chars().filter(|c| !".!\"()*#:;~".contains(*c)).collect();
            ("words", plain.split_whitespace().collect())
        }
        TextUnit::Tokens if !d.tokens.is_empty() => ("tokens", d.tokens.iter().map(String::as_str).collect()),
        TextUnit::Tokens => ("tokens", tokens(&d.text).collect()),
        TextUnit::Pieces => ("or more pieces", tokens(&d.text).collect()),
    };
    let limit = text.limit as usize;
    let lost = parts.get(limit..).filter(|l| !l.is_empty())?.join(" ");
    Some(Cut { profile, unit, length: parts.len(), limit, kept: parts[..limit].join(" "), lost })
}

/// The kinds of claim that are made only in what is cut away.
fn lost(scan: &ScanContext<'_>, said: &Said<'_>, cut: &Cut<'_>) -> Vec<&'static str> {
    let kept: Vec<&str> = Claims::of(&cut.kept).names().collect();
    let mut lost: Vec<&str> = Claims::of(&cut.lost).names().filter(|n| !kept.contains(n)).collect();
    let anchors = |text: &str| {
        let own = scan.classes().get(&said.object);
        let sentence = Sentence::new(text, scan.nouns);
        sentence.mentions().iter().any(|m| own.is_none_or(|own| !m.noun.is_kin_of(&own.noun)))
    };
    if anchors(&cut.lost) && !anchors(&cut.kept) {
        lost.push("anchor");
    }
    lost
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_with_what_is_cut_and_what_is_said_only_there() {
        let mut f = Fixture::clean();
        let start = "it is a chair and you can see it ".repeat(5);
        f.descriptions(|d| {
            d[0].text = format!("{start}(.) so that you see it there by the bed to the left.");
            d[1].text = format!("on the left of the bed {start} by the bed");
        });
        let found = f.run_with("TXT103", &["reason3d", "scanrefer"]);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].evidence["lost"], serde_json::json!(["handed", "anchor"]));
        assert_eq!(found[0].evidence["cut"], "there by the bed to the left");
        assert_eq!((found[0].number("length"), found[0].number("limit")), (Some(57), Some(50)));
        assert_eq!(found[1].evidence["lost"], serde_json::json!([]));
        assert_eq!(found[1].evidence["profiles"], serde_json::json!(["reason3d"]));
    }

    #[test]
    fn fires_by_the_own_token_list_of_the_file() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[0].tokens = vec!["a".into(); 81]);
        assert_eq!(f.run_with("TXT103", &["tgnn"]).len(), 1);
        assert_eq!(f.run_with("TXT103", &["scanrefer"]), []);
    }

    #[test]
    fn silent_at_exactly_the_limit_and_on_punctuation() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[0].text = format!("{} . . . ( ) !", "chair ".repeat(50)));
        assert_eq!(f.run_with("TXT103", &["reason3d"]), []);
        assert_eq!(f.run_with("TXT103", &["mdin"]), []);
    }
}
