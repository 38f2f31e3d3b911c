//! What is read in sentences, against what they mean: `testdata/language/`. The results are the
//! tables of `docs/language.md`: `make regenerate` rewrites them.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test that cannot go on says where

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use dataprep::language::{Claims, mirrored};

/// A sentence with what it means.
struct Case {
    /// What a mirror calls for.
    mirror: String,
    claims: BTreeSet<String>,
    text: String,
    /// The text after a mirror.
    swapped: String,
}

fn cases(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/language").join(file);
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(case).collect()
}

fn case(line: &str) -> Case {
    let fields: Vec<&str> = line.split('\t').collect();
    let [mirror, _class, claims, _named, marked] = fields[..] else { panic!("five fields: {line}") };
    let (mut text, mut swapped) = (String::new(), String::new());
    for (i, part) in marked.split(['{', '}']).enumerate() {
        let (old, new) = if i % 2 == 1 { part.split_once('>').unwrap() } else { (part, part) };
        text += old;
        swapped += new;
    }
    assert_eq!(mirror == "adapt", text != swapped, "{line}");
    assert!(["keep", "adapt", "drop"].contains(&mirror), "{line}");
    let claims: BTreeSet<String> = claims.split(' ').filter(|c| *c != "-").map(ToOwned::to_owned).collect();
    Case { mirror: mirror.into(), claims, text, swapped }
}

#[test]
fn baseline() {
    let cases = cases("sentences.tsv");
    let mut kinds: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut actions: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for c in &cases {
        let found: BTreeSet<String> = Claims::of(&c.text).names().map(str::to_owned).collect();
        for kind in found.union(&c.claims) {
            let slot = match (found.contains(kind), c.claims.contains(kind)) {
                (true, true) => 0,
                (true, false) => 1,
                _ => 2,
            };
            if slot > 0 {
                eprintln!("{kind} {}: {}", ["", "too much", "missed"][slot], c.text);
            }
            kinds.entry(kind.clone()).or_default()[slot] += 1;
        }
        let does = match mirrored(&c.text) {
            None => "drop",
            Some(m) if m.changed.is_empty() => "keep",
            Some(m) if m.text == c.swapped => "adapt",
            Some(_) => "adapt wrongly",
        };
        if does != c.mirror {
            eprintln!("{} -> {does}: {}", c.mirror, c.text);
        }
        *actions.entry((c.mirror.clone(), does)).or_default() += 1;
    }
    eprintln!("{kinds:?}\n{actions:?}");
}
