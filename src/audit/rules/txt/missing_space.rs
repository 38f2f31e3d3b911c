use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::audit::said::Said;
use crate::language::unspaced;

rule! {
    /// Descriptions lack a space after punctuation.
    ///
    /// # What it checks
    /// Words of two letters and more that only punctuation keeps apart, such as "table.it". One finding
    /// for each scan. Evidence: `examples`, the first few; `descriptions`, how many have such;
    /// `places`, the first of them as object and annotation.
    ///
    /// # Why it matters
    /// Trainers that delete punctuation read "tableit", a word that no list knows. The noun is lost.
    ///
    /// # How to fix
    /// Put a space after the mark.
    ///
    /// # Known exceptions
    /// Numbers, abbreviations of single letters and web addresses are not looked at.
    ///
    /// # Source
    /// The text processor of <https://github.com/KuanchihHuang/Reason3D> deletes punctuation without
    /// putting a space in its place.
    MissingSpace { code: "TXT107", name: "missing-space", severity: Info }
}

impl Rule for MissingSpace {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let joined = |s: &Said<'_>| unspaced(&s.description.text).next().is_some();
        let those: Vec<&Said<'_>> = scan.said().iter().filter(|s| joined(s)).collect();
        let mut examples = those.iter().flat_map(|s| unspaced(&s.description.text));
        if let Some(first) = examples.next() {
            let n = those.len();
            let lack = if n == 1 { "lacks" } else { "lack" };
            let message =
                format!("{} {lack} a space after punctuation, such as `{first}`", count(n, "description"));
            let examples: Vec<&str> = std::iter::once(first).chain(examples).take(5).collect();
            out.report(Draft::new(message).among(&those, scan.catalogue).evidence("examples", examples));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_a_scan() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[1].text = "the chair is at the table.it is red".into();
            d[4].text = "a big,red office chair".into();
        });
        let found = f.run("TXT107");
        assert_eq!((found.len(), found[0].descriptions), (1, 2));
        assert_eq!(found[0].evidence["examples"], serde_json::json!(["table.it", "big,red"]));
    }

    #[test]
    fn silent_on_numbers_and_odd_spacing() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[1].text = "the chair is 3.5 m away .  it is red , i.e. not blue".into());
        assert_eq!(f.run("TXT107"), []);
    }
}
