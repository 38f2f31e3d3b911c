//! What is read in sentences, against what they mean: `testdata/language/`. The results are the
//! tables of `docs/language.md`: `make regenerate` rewrites them.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test that cannot go on says where

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use dataprep::augment::{Augmenter, OnConflict, TextAction, TextPolicy};
use dataprep::language::{Claims, Nouns, Sentence, mirrored};
use dataprep::math::Xyz;
use dataprep::pipeline::Config;
use dataprep::scene::{Colour, Description, Frame, LabelTable, Object, Points, Scene};

mod pages;

/// A sentence with what it means.
struct Case {
    /// What a mirror calls for.
    mirror: String,
    /// Label of what it is about.
    class: String,
    claims: BTreeSet<String>,
    /// Labels of what it names beside that.
    named: Vec<String>,
    text: String,
    /// The text after a mirror.
    swapped: String,
}

/// The file, and how the page calls it.
const FILES: [(&str, &str); 2] = [("sentences.tsv", "known"), ("held-out.tsv", "held out")];

fn cases(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/language").join(file);
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(case).collect()
}

fn case(line: &str) -> Case {
    let fields: Vec<&str> = line.split('\t').collect();
    let [mirror, class, claims, named, marked] = fields[..] else { panic!("not five fields: {line}") };
    let (mut text, mut swapped) = (String::new(), String::new());
    for (i, part) in marked.split(['{', '}']).enumerate() {
        let (old, new) = if i % 2 == 1 { part.split_once('>').unwrap() } else { (part, part) };
        text += old;
        swapped += new;
    }
    let list = |field: &str| -> Vec<String> {
        field.split(' ').filter(|word| *word != "-").map(|word| word.replace('_', " ")).collect()
    };
    let claims: BTreeSet<String> = list(claims).into_iter().collect();
    assert!(claims.iter().all(|c| Claims::KINDS.contains(&c.as_str())), "{line}");
    assert!(["keep", "adapt", "drop"].contains(&mirror), "{line}");
    assert_eq!(mirror == "adapt", text != swapped, "{line}");
    assert_eq!(mirror != "keep", claims.contains("handed"), "{line}");
    Case { mirror: mirror.into(), class: class.into(), claims, named: list(named), text, swapped }
}

/// How often something was there and found, found and not there, there and not found.
#[derive(Clone, Copy, Default)]
struct Score {
    hit: usize,
    wrong: usize,
    missed: usize,
}

impl Score {
    fn count(&mut self, there: bool, found: bool) {
        self.hit += usize::from(there && found);
        self.wrong += usize::from(!there && found);
        self.missed += usize::from(there && !found);
    }

    /// Cells: how many there are, precision, recall.
    fn cells(self) -> String {
        let share = |part: usize, all: usize| {
            if all == 0 { "–".to_owned() } else { format!("{:.1} %", 100.0 * part as f64 / all as f64) }
        };
        let there = self.hit + self.missed;
        format!("{there} | {} | {}", share(self.hit, self.hit + self.wrong), share(self.hit, there))
    }
}

#[test]
fn the_set_is_large_and_says_nothing_twice() {
    let all: Vec<Case> = FILES.iter().flat_map(|(file, _)| cases(file)).collect();
    let texts: BTreeSet<&str> = all.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(texts.len(), all.len());
    assert!(all.len() >= 400 && cases(FILES[1].0).len() >= 120, "{} sentences", all.len());
}

#[test]
fn claims_are_found() {
    let kinds = Claims::KINDS;
    let mut table = String::from(
        "| claim | known: sentences | precision | recall | held out: sentences | precision | recall |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let nouns = Nouns::new(&LabelTable::default());
    for kind in kinds.iter().chain(&["names other things"]) {
        write!(table, "| {kind}").unwrap();
        for (file, _) in FILES {
            let mut score = Score::default();
            for c in cases(file) {
                if kinds.contains(kind) {
                    let found = Claims::of(&c.text).names().any(|name| name == *kind);
                    let there = c.claims.contains(*kind);
                    if found != there {
                        eprintln!("{file}: {kind} {}: {}", if found { "too much" } else { "missed" }, c.text);
                    }
                    score.count(there, found);
                    continue;
                }
                let class = nouns.class(&c.class);
                let sentence = Sentence::new(&c.text, &nouns);
                let others: Vec<_> = sentence.others(&class).collect();
                for label in &c.named {
                    let named = nouns.class(label);
                    let found = others.iter().any(|m| sentence.is_of(m, &named)) || sentence.spells(label);
                    if !found {
                        eprintln!("{file}: {label} not seen: {}", c.text);
                    }
                    score.count(true, found);
                }
                for other in others {
                    let there = c.named.iter().any(|label| sentence.is_of(other, &nouns.class(label)));
                    if !there {
                        eprintln!("{file}: {} is not other: {}", sentence.phrase(&other.words), c.text);
                    }
                    score.wrong += usize::from(!there);
                }
            }
            write!(table, " | {}", score.cells()).unwrap();
        }
        table += " |\n";
    }
    pages::fill("docs/language.md", "claims", &table);
}

#[test]
fn a_mirror_swaps_what_it_must_and_nothing_else() {
    let mut table = String::from(
        "| action | known: sentences | precision | recall | held out: sentences | precision | recall |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let mut wrong = Vec::new();
    let actions = ["keep", "adapt", "drop"];
    let mut scores = [[Score::default(); 2]; 3];
    for (f, (file, _)) in FILES.iter().enumerate() {
        for c in cases(file) {
            let new = mirrored(&c.text);
            let does = match &new {
                None => "drop",
                Some(new) if new.changed.is_empty() => "keep",
                Some(_) => "adapt",
            };
            for (action, score) in actions.iter().zip(&mut scores) {
                score[f].count(c.mirror == *action, does == *action);
            }
            if does != c.mirror {
                eprintln!("{file}: {} → {does}: {}", c.mirror, c.text);
            }
            // A sentence that is handed on has to be what it must become.
            if new.is_some_and(|new| new.text != c.swapped) || (c.mirror == "drop" && does != "drop") {
                wrong.push(format!("{file}: {} → {does}: {}", c.mirror, c.text));
            }
        }
    }
    for (action, score) in actions.iter().zip(scores) {
        writeln!(table, "| {action} | {} | {} |", score[0].cells(), score[1].cells()).unwrap();
    }
    pages::fill("docs/language.md", "mirror", &table);
    assert!(wrong.is_empty(), "false after a mirror: {wrong:#?}");
}

/// Objects of these classes, four points each; the one at index `far` stands far away.
fn scene(classes: &[&str], far: Option<usize>) -> Scene {
    let n = 4 * classes.len();
    let of = |row: usize| row / 4;
    let place = |row: usize| if Some(of(row)) == far { 1000.0 } else { row as f32 * 0.01 };
    let object = |(id, class): (usize, &&str)| Object {
        id: id as i32,
        group_id: id as i64,
        raw_category: (*class).to_owned(),
        segments: vec![id as u32],
    };
    let points = Points {
        position: Xyz { x: (0..n).map(place).collect(), y: vec![0.0; n], z: vec![0.0; n] },
        colour: Some(Colour { red: vec![90; n], green: vec![120; n], blue: vec![60; n] }),
        normal: None,
        segment: (0..n).map(|row| of(row) as u32).collect(),
        object: (0..n).map(|row| of(row) as i32).collect(),
        nyu40: vec![40; n],
        orig_index: (0..n as u32).collect(),
    };
    let objects = classes.iter().enumerate().map(object).collect();
    Scene { id: "s".into(), points, faces: vec![], objects, frame: Frame::raw(None) }
}

fn augmenter(step: &str) -> Augmenter {
    let pipeline = format!("[input]\nscans = \"scans\"\n[[step]]\n{step}\n");
    let config = Config::parse(Path::new("test.toml"), pipeline).unwrap();
    let text = TextPolicy { on_conflict: OnConflict::Drop, ..config.text };
    Augmenter { steps: config.steps, text, seed: 3 }
}

fn is_dropped(case: &Case, scene: &Scene, augmenter: &Augmenter) -> bool {
    let description = Description { object_id: 0, text: case.text.clone(), ..Description::default() };
    let made = augmenter.variant(scene, &[description], 1).unwrap();
    assert!(made.provenance.steps.iter().all(|step| step.applied), "{}", case.text);
    made.sentences[0].action == TextAction::Drop
}

#[test]
fn the_gate_drops_what_an_effect_makes_false() {
    // Effect, step, claims that it makes false.
    const EFFECTS: [(&str, &str, &[&str]); 5] = [
        ("mirror", "op = \"mirror\"\nx-p = 1.0\ny-p = 0.0", &["handed", "absolute"]),
        ("quarter turn", "op = \"rotate\"\nangle-deg = [90, 90]", &["absolute"]),
        ("tint", "op = \"colour-translate\"\nshift-255 = 200", &["colour"]),
        (
            "stretch",
            "op = \"scale\"\nfactor = [0.3, 3.0]\nanisotropic = true",
            &["size", "shape", "superlative"],
        ),
        ("crop: a rival", "op = \"crop-box\"\nsize-m = [100, 100, 100]", &["ordinal", "superlative"]),
    ];
    let mut table = String::from(
        "| effect | makes false | of these kept | of true ones dropped | held out: makes false | kept | dropped |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let crop = augmenter(EFFECTS[4].1);
    let mut kept = Vec::new();
    let mut row = |name: &str, scores: [(Score, usize); 2]| {
        let cells = scores.map(|(score, all)| {
            let there = score.hit + score.missed;
            format!("{there} | {} | {} of {}", score.missed, score.wrong, all - there)
        });
        writeln!(table, "| {name} | {} |", cells.join(" | ")).unwrap();
    };
    for (effect, step, claims) in EFFECTS {
        let augmenter = augmenter(step);
        let scores = FILES.map(|(file, _)| {
            let mut score = Score::default();
            let cases = cases(file);
            for c in &cases {
                let mut classes = vec![c.class.as_str(), c.class.as_str()];
                classes.extend(c.named.iter().map(String::as_str));
                let far = effect.starts_with("crop").then_some(1);
                let names_own = far.is_some() && c.named.contains(&c.class);
                let there = names_own || c.claims.iter().any(|claim| claims.contains(&claim.as_str()));
                let found = is_dropped(c, &scene(&classes, far), &augmenter);
                score.count(there, found);
                if there && !found {
                    kept.push(format!("{file}: {effect}: {}", c.text));
                } else if found && !there {
                    eprintln!("{file}: dropped needlessly: {effect}: {}", c.text);
                }
            }
            (score, cases.len())
        });
        row(effect, scores);
    }
    let (mut named, mut unnamed) = ([(Score::default(), 0); 2], [(Score::default(), 0); 2]);
    for (f, (file, _)) in FILES.iter().enumerate() {
        for c in cases(file) {
            let mut classes = vec![c.class.as_str(), "umbrella"];
            classes.extend(c.named.iter().map(String::as_str));
            for far in 1..classes.len() {
                let (there, slot) = (far > 1, if far > 1 { &mut named[f] } else { &mut unnamed[f] });
                let found = is_dropped(&c, &scene(&classes, Some(far)), &crop);
                slot.0.count(there, found);
                slot.1 += 1;
                if there && !found {
                    kept.push(format!("{file}: without the {}: {}", classes[far], c.text));
                } else if found && !there {
                    eprintln!("{file}: dropped needlessly: without an umbrella: {}", c.text);
                }
            }
        }
    }
    row("crop: a thing it names", named);
    row("crop: a thing it does not name", unnamed);
    for line in &kept {
        eprintln!("kept though false: {line}");
    }
    pages::fill("docs/language.md", "gate", &table);
}
