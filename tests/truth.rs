//! What a kept sentence claims is true of the augmented geometry.
//!
//! Made scans come with what each sentence claims, as data. After any pipeline that ships, every
//! claim of every sentence that is still there is measured again on the points.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

use std::fs;
use std::path::Path;

use dataprep::augment::{Augmenter, TextAction};
use dataprep::load;
use dataprep::math::Affine;
use dataprep::pipeline::{Config, Overrides};
use dataprep::scene::Scene;
use dataprep::synth::Truth;
use dataprep::synth::truth::{Claim, SceneView, holds};

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

/// How many claims of kept sentences were measured, and which of them are false.
fn measure(pipeline: &str, variants: u32, gate: bool) -> (usize, Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = Config::read(&root.join(pipeline), &Overrides::default()).unwrap();
    let augmenter = Augmenter { steps: config.steps, text: config.text, seed: config.sample.seed };
    let request = load::Request { scans: vec![root.join("testdata/scans")], ..load::Request::default() };
    let catalogue = load::catalogue(&load::discover(&request).unwrap());
    let truth: Truth = serde_json::from_slice(&fs::read(root.join("testdata/truth.json")).unwrap()).unwrap();
    let (mut measured, mut wrong) = (0, Vec::new());
    for entry in &catalogue.scans {
        let descriptions = catalogue.descriptions_of(&entry.id);
        let Some(known) = truth.scans.get(&entry.id).filter(|_| !descriptions.is_empty()) else { continue };
        let scene: Scene = load::scan(entry, &catalogue.labels, load::Wanted::default()).scene;
        for variant in 0..variants {
            let made = augmenter.variant(&scene, descriptions, variant).unwrap();
            let map = Affine::from_row_major(made.provenance.matrix).unwrap();
            let view = SceneView::new(&made.scene, known.viewpoint.mapped(&map));
            for sentence in &made.sentences {
                if gate && sentence.action == TextAction::Drop {
                    continue;
                }
                let d = &descriptions[sentence.description];
                let said =
                    known.descriptions.iter().find(|k| k.object_id == d.object_id && k.ann_id == d.ann_id);
                for claim in &said.unwrap().claims {
                    let adapted = gate && sentence.action == TextAction::Adapt;
                    let claim = if adapted { swapped(claim) } else { claim.clone() };
                    measured += 1;
                    if !holds(&claim, &view) {
                        wrong.push(format!("{} v{variant} \"{}\": {claim:?}", d.key(), sentence.text));
                    }
                }
            }
        }
    }
    (measured, wrong)
}

#[test]
fn no_kept_sentence_is_false_after_any_pipeline_that_ships() {
    let mut pipelines: Vec<_> = fs::read_dir("pipelines").unwrap().map(|e| e.unwrap().path()).collect();
    pipelines.sort();
    for path in pipelines {
        let (measured, wrong) = measure(path.to_str().unwrap(), 40, true);
        println!("{}: {measured} claims measured, {} false", path.display(), wrong.len());
        assert!(measured > 1000, "{}: {measured} claims", path.display());
        assert!(
            wrong.is_empty(),
            "{}: {} of {measured}: {:#?}",
            path.display(),
            wrong.len(),
            &wrong[..wrong.len().min(8)]
        );
    }
}

#[test]
fn without_the_gate_mirrors_make_sentences_false() {
    let (measured, wrong) = measure("pipelines/default.toml", 12, false);
    println!("default without the gate: {measured} claims measured, {} false", wrong.len());
    let share = wrong.len() as f64 / measured as f64;
    assert!(share > 0.02, "{} of {measured}", wrong.len());
}
