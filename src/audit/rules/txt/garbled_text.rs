use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::audit::said::Said;
use crate::language::{Garbled, garbled};

rule! {
    /// A description holds characters that nobody typed.
    ///
    /// # What it checks
    /// That no description has control characters or invisible ones (line ends and tabs are spaces
    /// here), U+FFFD, which stands for a letter that was lost, or mojibake: UTF-8 that was read as
    /// Windows-1252, such as `Ã©` for `é`, which is decided by reading it back. One finding for each
    /// object, at its first such description. Evidence: `found`, what is there, invisible characters
    /// by their number; `descriptions`, how many of the object's are such; `annotations`, which.
    ///
    /// # Why it matters
    /// Word lists and tokenisers know no such words: the model reads "unknown" where a word was.
    ///
    /// # How to fix
    /// Read the original file again as UTF-8. Where the letter is lost, type it again.
    ///
    /// # Known exceptions
    /// None: letters of other languages, dashes and typographic quotes are fine.
    ///
    /// # Source
    /// The notes of <https://github.com/daveredrum/ScanRefer> speak of a release with bad tokens; few
    /// of its descriptions have anything but ASCII.
    GarbledText { code: "TXT102", name: "garbled-text", severity: Warning }
}

impl Rule for GarbledText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for (id, said) in scan.said_of_each() {
            let those: Vec<(&Said<'_>, Garbled)> =
                said.iter().filter_map(|s| Some((s, garbled(&s.description.text)?))).collect();
            let Some((_, first)) = those.first() else { continue };
            let (what, found) = match first {
                Garbled::Control(c) => ("an invisible character".to_owned(), number(*c)),
                Garbled::Replacement => ("the sign for a lost letter".to_owned(), number('\u{fffd}')),
                Garbled::Mojibake { found, meant } => {
                    let shown = |t: &str| t.chars().map(shown).collect::<String>();
                    (format!("`{}`, meant as `{}`", shown(found), shown(meant)), shown(found))
                }
            };
            let n = those.len();
            let more =
                if n > 1 { format!("; {} of it are such", count(n, "description")) } else { String::new() };
            let message = format!("a description of object {id} has {what} ({found}){more}");
            let those: Vec<_> = those.iter().map(|(s, _)| *s).collect();
            out.report(Draft::new(message).of_object(&those, scan.catalogue).evidence("found", found));
        }
    }
}

fn number(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// A character as it can be shown.
fn shown(c: char) -> String {
    if c.is_control() || c.is_whitespace() { number(c) } else { c.to_string() }
}

#[cfg(test)]
mod tests {
    use crate::audit::Annotation;
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_an_object_and_shows_what_was_meant() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[2].text = "it is a cafÃ© table".into();
            d[3].text = "a table\u{7}".into();
        });
        let found = f.run("TXT102");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].object_id, &found[0].ann_id), (Some(1), &Some(Annotation::Number(0))));
        assert!(found[0].message.contains("`Ã©`, meant as `é`"), "{}", found[0].message);
        assert_eq!((found[0].number("descriptions"), found[0].descriptions), (Some(2), 2));
    }

    #[test]
    fn fires_without_showing_what_cannot_be_shown() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[0].text = "a chair\u{1b}[31m".into());
        assert_eq!(f.run("TXT102")[0].evidence["found"], "U+001B");
    }

    #[test]
    fn silent_on_letters_of_any_language() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[0].text = "a “naïve” chair —\tthe café’s,\n椅子".into());
        assert_eq!(f.run("TXT102"), []);
    }
}
