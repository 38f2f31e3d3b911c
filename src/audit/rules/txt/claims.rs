use std::collections::BTreeMap;

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};

rule! {
    /// Descriptions make claims that an augmentation could falsify.
    ///
    /// # What it checks
    /// How many descriptions of the scans audited speak of left and right, colour, size, shape, order
    /// and number, directions of the world, or say that nothing else fits; by the word lists that
    /// ship with the program. One finding for the data set. Evidence: `descriptions`, how many were
    /// read; `claims`, how many make each kind of claim.
    ///
    /// # Why it matters
    /// A mirror falsifies left and right, a change of hue falsifies colours, a crop or a pasted object
    /// falsifies counts and "the only". The shares say how much of the text each would harm.
    ///
    /// # How to fix
    /// Nothing is wrong. Augment with text kept true (`dataprep augment`), or leave out the changes
    /// that falsify more than you accept.
    ///
    /// # Known exceptions
    /// Word lists count words, not meanings: "right next to" counts as left and right.
    ///
    /// # Source
    /// `language/lexicon.toml` of this program.
    ClaimShares { code: "TXT301", name: "claims", severity: Info }
}

/// Kinds of claim in the order shown, and what the reader knows them as.
const KINDS: [(&str, &str); 8] = [
    ("handed", "left or right (a mirror would falsify them)"),
    ("colour", "colours (a change of hue)"),
    ("size", "sizes (uneven scaling)"),
    ("shape", "shapes (uneven scaling or bending)"),
    ("ordinal", "order or number (a crop, a pasted object)"),
    ("superlative", "comparisons (a crop, a pasted object, uneven scaling)"),
    ("absolute", "directions of the world (a turn)"),
    ("unique", "uniqueness (a pasted object)"),
];

impl Rule for ClaimShares {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let facts = || data.summary.scans.values();
        let total: u64 = facts().map(|f| f.descriptions).sum();
        let mut claims: BTreeMap<&str, u64> = BTreeMap::new();
        for (kind, n) in facts().flat_map(|f| &f.claims) {
            *claims.entry(kind).or_default() += n;
        }
        if claims.is_empty() {
            return;
        }
        let shares: Vec<String> = KINDS
            .iter()
            .filter_map(|(kind, words)| {
                let per_mille = (claims.get(kind)? * 1000 + total / 2) / total;
                Some(format!("{}.{} % {words}", per_mille / 10, per_mille % 10))
            })
            .collect();
        let message = format!("of {total} descriptions, these speak of: {}", shares.join(", "));
        let claims: serde_json::Map<_, _> =
            claims.into_iter().map(|(kind, n)| (kind.to_owned(), n.into())).collect();
        out.report(Draft::new(message).evidence("descriptions", total).evidence("claims", claims).harms(0));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_with_shares() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d.iter_mut().take(15).for_each(|d| d.text = "a red chair".into()));
        let found = f.run("TXT301");
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("50.0 % left or right"), "{}", found[0].message);
        assert_eq!(found[0].evidence["claims"]["colour"], 15);
    }

    #[test]
    fn silent_when_nothing_is_claimed() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d.iter_mut().for_each(|d| d.text = "a chair".into()));
        assert_eq!(f.run("TXT301"), []);
    }
}
