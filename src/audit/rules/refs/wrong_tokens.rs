use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::{Mend, ScanContext};
use crate::language::tokens;
use crate::scene::{Catalogue, Description, RecordEdit};

rule! {
    /// The token list of a description is not what its sentence says.
    ///
    /// # What it checks
    /// That the letters and digits of `token` are those of `description`, in order and whatever the
    /// case; punctuation and spaces are passed over. Not checked where there is no list. Evidence:
    /// `tokens`, the first tokens that differ; `text`, what the sentence has there.
    ///
    /// # Why it matters
    /// Trainers that read `token` train on other words than those that read `description`. A
    /// sentence that was corrected, mirrored or rewritten keeps its old words in one of the two.
    ///
    /// # How to fix
    /// Make the list again from the sentence; `--fix` does it in a copy.
    ///
    /// # Known exceptions
    /// None known.
    ///
    /// # Source
    /// ScanRefer's own change log of 2020-01-31 tells of token lists that were wrong:
    /// <https://github.com/daveredrum/ScanRefer>.
    WrongTokens { code: "REF107", name: "wrong-tokens", severity: Warning, fix: Safe }
}

impl Rule for WrongTokens {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for d in scan.descriptions.iter().filter(|d| !d.tokens.is_empty()) {
            if let Some((tokens, text)) = difference(d) {
                let message = format!("the tokens say `{tokens}` where the sentence says `{text}`");
                let draft = Draft::new(message)
                    .description(d, "token", scan.catalogue)
                    .evidence("tokens", tokens)
                    .evidence("text", text);
                out.report(draft);
            }
        }
    }

    fn mend(&self, mine: &Finding, catalogue: &Catalogue) -> Mend {
        Mend::each(mine.spoken_of(catalogue), |d| RecordEdit {
            tokens: Some(tokens(&d.text).map(String::from).collect()),
            ..RecordEdit::default()
        })
    }
}

/// What tokens and sentence say from the first letter on that differs, a few words of each.
fn difference(d: &Description) -> Option<(String, String)> {
    if d.tokens.iter().flat_map(|t| letters_of(t)).eq(letters_of(&d.text)) {
        return None;
    }
    let letters = |text: &str| letters_of(text).collect::<String>();
    // Words that both begin with say nothing; show a few from the first that differs.
    let ours: Vec<&str> = d.tokens.iter().map(String::as_str).filter(|t| !letters(t).is_empty()).collect();
    let theirs: Vec<&str> = d.text.split_whitespace().filter(|w| !letters(w).is_empty()).collect();
    let same = ours.iter().zip(&theirs).take_while(|(a, b)| letters(a) == letters(b)).count();
    let shown = |words: &[&str]| {
        let words: Vec<&str> = words.iter().skip(same).take(4).copied().collect();
        if words.is_empty() { "nothing more".to_owned() } else { words.join(" ") }
    };
    Some((shown(&ours), shown(&theirs)))
}

/// The letters and digits of a text, in lower case.
fn letters_of(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    fn with(tokens: &[&str], text: &str) -> Fixture {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[4].tokens = tokens.iter().map(|&t| t.into()).collect();
            d[4].text = text.into();
        });
        f
    }

    #[test]
    fn fires_and_shows_where_they_part() {
        let f = with(&["the", "chair", "is", "left", "."], "The chair is right .");
        let found = f.run("REF107");
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "the tokens say `left .` where the sentence says `right .`".replace(" .", "")
        );
        let found = with(&["the", "chair"], "the chair is red").run("REF107");
        assert!(found[0].message.contains("`nothing more`") && found[0].message.contains("`is red`"));
    }

    #[test]
    fn silent_across_ways_to_cut_and_without_tokens() {
        assert_eq!(with(&["it", "'s", "a", "tv", "-", "stand", "."], "it's  a TV-stand.").run("REF107"), []);
        assert_eq!(Fixture::clean().run("REF107"), []);
    }
}
