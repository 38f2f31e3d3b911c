//! What a kept sentence claims is true of the augmented geometry.
//!
//! Made scans come with what each sentence claims, as data. After any pipeline that ships, and
//! after some that are harder on sentences, every claim of every sentence that is still there is
//! measured again on the points. The results are a table of `docs/language.md`.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use dataprep::augment::{Augmenter, Partners, TextAction};
use dataprep::language::words;
use dataprep::load;
use dataprep::math::Affine;
use dataprep::pipeline::Config;
use dataprep::scene::{Description, Scene};
use dataprep::store::Folder;
use dataprep::synth::truth::{Claim, SceneView, holds};
use dataprep::synth::{self, Options, Truth};
use rayon::prelude::*;

mod pages;

const VARIANTS: u32 = 12;

/// Pipelines that do to sentences what those that ship avoid.
const HARD: [(&str, &str); 5] = [
    ("crop-sphere, a third", "[[step]]\nop = \"crop-sphere\"\nratio = 0.35\n"),
    (
        "crop-box 3 m, mirrors",
        "[[step]]\nop = \"mirror\"\n[[step]]\nop = \"crop-box\"\nsize-m = [3.0, 3.0, 3.0]\n",
    ),
    ("anisotropic scale", "[[step]]\nop = \"scale\"\nanisotropic = true\nfactor = [0.7, 1.4]\n"),
    ("colour-translate 60", "[[step]]\nop = \"colour-translate\"\nshift-255 = 60\n"),
    ("grid-sample 10 cm", "[[step]]\nop = \"grid-sample\"\ncell-m = 0.1\n"),
];

/// The claim that the sentence makes once left and right are swapped in it.
fn swapped(claim: &Claim) -> Claim {
    let mut claim = claim.clone();
    match &mut claim {
        Claim::Side { side, .. } | Claim::Hand { side, .. } | Claim::Ordinal { side, .. } => {
            *side = side.other();
        }
        _ => {}
    }
    claim
}

/// A scan with its sentences and what they claim.
struct Known {
    scene: Arc<Scene>,
    descriptions: Vec<Description>,
    truth: synth::ScanTruth,
    /// Claims that are measured, and all.
    claims: [usize; 2],
}

impl Known {
    /// Leaves out the colours that no word of the sentence names ("the whiteboard"), and those of things
    /// of two colours, half and half: which of them is the median hangs on which points are there.
    fn settle(&mut self) {
        let thin = ["op = \"drop-points\"\nratio = 0.7", "op = \"grid-sample\"\ncell-m = 0.08"];
        let mut views = Vec::new();
        for step in thin {
            let augmenter = augmenter("thin", &format!("[input]\nscans = \"scans\"\n[[step]]\n{step}\n"));
            for variant in 1..=6 {
                let scene = augmenter.variant(&self.scene, &[], variant).unwrap().scene;
                views.push(SceneView::new(&scene, self.truth.viewpoint));
            }
        }
        for (said, d) in self.truth.descriptions.iter_mut().zip(&self.descriptions) {
            assert_eq!((said.object_id, &said.ann_id), (d.object_id, &d.ann_id));
            self.claims[1] += said.claims.len();
            said.claims.retain(|claim| match claim {
                Claim::Colour { word, .. } => {
                    words(&d.text).any(|w| w == word) && views.iter().all(|view| holds(claim, view))
                }
                _ => true,
            });
            self.claims[0] += said.claims.len();
        }
    }
}

/// Scans of made rooms.
fn scans() -> Vec<Known> {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { scenes: 6, vertices: 6_000, seed: 11, cameras: false, fault: None };
    synth::generate(&Folder::new(dir.path()), &options, &|_| {}).unwrap();
    let request = load::Request { scans: vec![dir.path().join("scans")], ..load::Request::default() };
    let catalogue = load::catalogue(&load::discover(&request).unwrap());
    let mut truth: Truth = serde_json::from_slice(&fs::read(dir.path().join("truth.json")).unwrap()).unwrap();
    let known = |entry: &dataprep::scene::ScanEntry| {
        let descriptions = catalogue.descriptions_of(&entry.id).to_vec();
        let scene = load::scan(entry, &catalogue.labels, load::Wanted::default()).scene;
        let mut known = Known {
            scene: Arc::new(scene),
            descriptions,
            truth: truth.scans.remove(&entry.id)?,
            claims: [0; 2],
        };
        known.settle();
        Some(known)
    };
    let known: Vec<Known> = catalogue.scans.iter().filter_map(known).collect();
    assert_eq!(known.len(), 6);
    known
}

/// What was measured after a pipeline.
#[derive(Default)]
struct Measured {
    sentences: usize,
    kept: usize,
    adapted: usize,
    /// Left out, though every claim still held.
    needless: usize,
    reasons: BTreeMap<String, usize>,
    /// Claims of sentences that are still there.
    claims: usize,
    wrong: Vec<String>,
    /// The same as if every sentence had stayed as it was.
    all: usize,
    all_wrong: usize,
}

fn augmenter(name: &str, source: &str) -> Augmenter {
    let config = Config::parse(Path::new(name), source.to_owned()).unwrap();
    Augmenter { steps: config.steps, text: config.text, seed: config.sample.seed }
}

fn measure(name: &str, source: &str, scans: &[Known]) -> Measured {
    let augmenter = augmenter(name, source);
    let mut m = Measured::default();
    for known in scans {
        // Targets one by one, so that a crop need not hold them all.
        for described in known.descriptions.chunk_by(|a, b| a.object_id == b.object_id) {
            for variant in 1..=VARIANTS {
                m.add(known, described, &augmenter, variant);
            }
        }
    }
    m
}

impl Measured {
    fn add(&mut self, known: &Known, described: &[Description], augmenter: &Augmenter, variant: u32) {
        let made = augmenter.variant(&known.scene, described, variant).unwrap();
        let map = Affine::from_row_major(made.provenance.matrix).unwrap();
        let view = SceneView::new(&made.scene, known.truth.viewpoint.mapped(&map));
        for sentence in &made.sentences {
            let d = &described[sentence.description];
            let mut said = known.truth.descriptions.iter();
            let said = said.find(|k| k.object_id == d.object_id && k.ann_id == d.ann_id).unwrap();
            self.sentences += 1;
            self.kept += usize::from(sentence.action == TextAction::Keep);
            self.adapted += usize::from(sentence.action == TextAction::Adapt);
            if sentence.action == TextAction::Drop && said.claims.iter().all(|claim| holds(claim, &view)) {
                self.needless += 1;
                *self.reasons.entry(sentence.reason.clone().unwrap()).or_default() += 1;
            }
            for claim in &said.claims {
                self.all += 1;
                self.all_wrong += usize::from(!holds(claim, &view));
                let claim = match sentence.action {
                    TextAction::Drop => continue,
                    TextAction::Keep => claim.clone(),
                    TextAction::Adapt => swapped(claim),
                };
                self.claims += 1;
                if !holds(&claim, &view) {
                    self.wrong.push(format!("{} v{variant} \"{}\": {claim:?}", d.key(), sentence.text));
                }
            }
        }
    }
}

#[test]
fn no_kept_sentence_is_false_after_any_pipeline() {
    let mut pipelines: BTreeMap<String, String> = BTreeMap::new();
    for entry in fs::read_dir("pipelines").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let name = format!("`{}`", path.file_stem().unwrap().to_string_lossy());
            pipelines.insert(name, fs::read_to_string(path).unwrap());
        }
    }
    let presets = pipelines.len();
    assert!(presets >= 3);
    let hard = HARD.map(|(name, steps)| {
        (name.to_owned(), format!("[input]\nscans = \"scans\"\n[sample]\nseed = 5\n{steps}"))
    });
    let all: Vec<(String, String)> = pipelines.into_iter().chain(hard).collect();
    let scans = scans();
    let measured: Vec<Measured> =
        all.par_iter().map(|(name, source)| measure(name, source, &scans)).collect();
    let mut table = String::from(
        "| pipeline | sentences × variants | kept | rewritten | left out, though true | claims measured | false | without the gate: claims | false |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let mut wrong = Vec::new();
    for ((name, _), m) in all.iter().zip(&measured) {
        let share = |n: usize| format!("{:.1} %", 100.0 * n as f64 / m.sentences as f64);
        writeln!(
            table,
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} ({:.2} %) |",
            m.sentences,
            share(m.kept),
            share(m.adapted),
            share(m.needless),
            m.claims,
            m.wrong.len(),
            m.all,
            m.all_wrong,
            100.0 * m.all_wrong as f64 / m.all as f64
        )
        .unwrap();
        println!("{name}: left out though true: {:?}", m.reasons);
        let few = &m.wrong[..m.wrong.len().min(6)];
        if !few.is_empty() {
            wrong.push(format!("{name}: {} of {}: {few:#?}", m.wrong.len(), m.claims));
        }
    }
    let [measured_of, all_of] =
        scans.iter().fold([0, 0], |[a, b], known| [a + known.claims[0], b + known.claims[1]]);
    println!("{table}\n{measured_of} of {all_of} claims are measured");
    assert!(measured_of * 100 > all_of * 95);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Without the gate, mirrors, crops, stretches and tints each make sentences false.
    let default = all.iter().zip(&measured).find(|((name, _), _)| name == "`default`").unwrap().1;
    assert!(default.claims > 1000 && default.all_wrong * 50 > default.all, "{table}");
    assert!(measured[presets..presets + 4].iter().all(|m| m.claims > 100 && m.all_wrong > 10), "{table}");
    pages::fill("docs/language.md", "geometry", &table);
}

/// What steps that add objects may do to sentences, next to what ships.
const MIXING: [(&str, &str); 6] = [
    ("paste-object", "[[step]]\nop = \"paste-object\"\n"),
    (
        "paste-object, three times",
        "[[step]]\nop = \"repeat\"\ntimes = 3\n[[step.step]]\nop = \"paste-object\"\n",
    ),
    ("paste-object, rivals allowed", "[[step]]\nop = \"paste-object\"\nrivals = \"allow\"\n"),
    ("mix3d", "[[step]]\nop = \"mix3d\"\n"),
    ("mix3d, rivals allowed", "[[step]]\nop = \"mix3d\"\nrivals = \"allow\"\n"),
    (
        "mix3d, then turned and mirrored",
        "[[step]]\nop = \"mix3d\"\n[[step]]\nop = \"rotate\"\n[[step]]\nop = \"mirror\"\n",
    ),
];

/// The scans take turns to be the other one.
struct Others<'a>(&'a [Known]);

impl Partners for Others<'_> {
    fn partner(&self, scene: &str, variant: u32, step: &str) -> Option<Arc<Scene>> {
        let others: Vec<_> = self.0.iter().filter(|known| known.scene.id != scene).collect();
        Some(Arc::clone(&others[(variant as usize + step.len()) % others.len()].scene))
    }
}

/// What was measured after something was added.
#[derive(Default)]
struct Mixed {
    /// Variants for all sentences of a scan at once, and those in which something came.
    variants: usize,
    came: usize,
    sentences: usize,
    kept: usize,
    claims: usize,
    wrong: Vec<String>,
    /// Sentences that something new fits as well as what they mean.
    ambiguous: Vec<String>,
    /// The same as if all had been kept.
    all_wrong: usize,
    all_ambiguous: usize,
}

impl Mixed {
    fn of(source: &str, scans: &[Known]) -> Self {
        let augmenter = augmenter(
            "mixing",
            &format!("[input]\nscans = \"scans\"\n[text]\non-conflict = \"adapt\"\n{source}"),
        );
        let mut mixed = Self::default();
        for known in scans {
            for variant in 1..=VARIANTS / 2 {
                mixed.came += usize::from(mixed.add(known, &known.descriptions, &augmenter, variant, scans));
                mixed.variants += 1;
                if variant > 2 {
                    continue;
                }
                // By themselves they let more come.
                for described in known.descriptions.chunk_by(|a, b| a.object_id == b.object_id) {
                    mixed.add(known, described, &augmenter, variant, scans);
                }
            }
        }
        mixed
    }

    /// Says whether anything came.
    fn add(
        &mut self,
        known: &Known,
        of: &[Description],
        by: &Augmenter,
        variant: u32,
        scans: &[Known],
    ) -> bool {
        let made = by.variant_among(&known.scene, of, variant, &Others(scans)).unwrap();
        if made.provenance.added.is_empty() {
            return false;
        }
        let map = Affine::from_row_major(made.provenance.matrix).unwrap();
        let view = SceneView::new(&made.scene, known.truth.viewpoint.mapped(&map));
        let new: Vec<i32> = view.ids().filter(|&id| known.scene.object(id).is_none()).collect();
        for sentence in &made.sentences {
            let d = &of[sentence.description];
            let mut said = known.truth.descriptions.iter();
            let said = said.find(|k| k.object_id == d.object_id && k.ann_id == d.ann_id).unwrap();
            let mirrored = made.provenance.mirrors % 2 == 1;
            let claims: Vec<Claim> =
                said.claims.iter().map(|c| if mirrored { swapped(c) } else { c.clone() }).collect();
            let wrong = claims.iter().filter(|claim| !holds(claim, &view));
            let fits = |id: i32| claims.iter().all(|c| holds(&c.with(d.object_id, id), &view));
            let ambiguous = said.identifies.then(|| new.iter().find(|&&id| fits(id))).flatten();
            self.sentences += 1;
            self.all_wrong += usize::from(wrong.clone().next().is_some());
            self.all_ambiguous += usize::from(ambiguous.is_some());
            if sentence.action == TextAction::Drop {
                continue;
            }
            self.kept += 1;
            self.claims += claims.len();
            let told = format!("{} v{variant} \"{}\"", d.key(), sentence.text);
            self.wrong.extend(wrong.map(|claim| format!("{told}: {claim:?}")));
            self.ambiguous
                .extend(ambiguous.and_then(|&id| made.scene.object(id)).map(|o| format!("{told}: {o:?}")));
        }
        true
    }
}

#[test]
fn no_kept_sentence_is_false_or_ambiguous_after_mixing() {
    let scans = scans();
    let measured: Vec<Mixed> = MIXING.par_iter().map(|(_, source)| Mixed::of(source, &scans)).collect();
    let mut table = String::from(
        "| pipeline | something came | sentences × variants then | kept | claims measured | false | sentences that fit \
         something new | without the gate: false | fit something new |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for ((name, _), m) in MIXING.iter().zip(&measured) {
        let kept = 100.0 * m.kept as f64 / m.sentences as f64;
        let (came, variants, sentences, claims) = (m.came, m.variants, m.sentences, m.claims);
        let (wrong, ambiguous, all_wrong, all) =
            (m.wrong.len(), m.ambiguous.len(), m.all_wrong, m.all_ambiguous);
        writeln!(
            table,
            "| {name} | {came} of {variants} | {sentences} | {kept:.1} % | {claims} | {wrong} | {ambiguous} | {all_wrong} | {all} |"
        )
        .unwrap();
    }
    println!("{table}");
    for ((name, _), m) in MIXING.iter().zip(&measured) {
        let few = |list: &[String]| list[..list.len().min(6)].join("\n");
        assert!(m.wrong.is_empty(), "{name}: {}\n{table}", few(&m.wrong));
        assert!(m.ambiguous.is_empty(), "{name}: {}\n{table}", few(&m.ambiguous));
        assert!(m.claims > 50, "{name} measures too little\n{table}");
    }
    // Where rivals may come the gate has work to do.
    assert!(
        measured.iter().any(|m| m.all_wrong > 0) && measured.iter().any(|m| m.all_ambiguous > 0),
        "{table}"
    );
    pages::fill("docs/language.md", "mixing", &table);
}
