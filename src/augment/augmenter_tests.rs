//! Whole pipelines: promises that must hold whatever the steps, the seed and the scene.

use std::path::Path;

use proptest::prelude::*;
use toml::de::DeTable;

use crate::augment::testing::{apply, apply_seeded, augmenter, cube, describing, scattered, variant_of};
use crate::augment::*;
use crate::scene::{Colour, Scene};

/// Every transform once or more, strong enough that each does something to a small scene.
const ALL: [&str; 29] = [
    "op = 'rotate'\ncentre = 'aabb'",
    "op = 'rotate'\naxis = 'x'\nangle-deg = [-4, 4]\ncentre = 'centroid'",
    "op = 'scale'\nanisotropic = true",
    "op = 'mirror'",
    "op = 'translate'",
    "op = 'crop-sphere'\nratio = 0.7",
    "op = 'autocontrast'\np = 0.5",
    "op = 'drop-points'",
    "op = 'centre'",
    "op = 'crop-box'\nsize-m = [3, 3, 3]\np = 0.7",
    "op = 'jitter'",
    "op = 'colour-translate'",
    "op = 'colour-jitter'",
    "op = 'grid-sample'\ncell-m = 0.2\npick = 'mean'\np = 0.3",
    "op = 'grid-sample'\ncell-m = 0.1",
    "op = 'elastic'\nspacing-m = [0.4, 1.6]",
    "op = 'elastic'\nvariant = 'pointgroup'\np = 0.5",
    "op = 'limit-points'\ncount = 90",
    "op = 'limit-points'\ncount = 60\nhow = 'spformer'\nwindow-m = 3\nstep-m = 0.3",
    "op = 'brightness-contrast'",
    "op = 'hue-saturation'",
    "op = 'greyscale'\np = 0.5",
    "op = 'drop-colour'\nhow = 'points'",
    "op = 'drop-colour'\np = 0.3",
    "op = 'drop-normals'\nhow = 'points'",
    "op = 'drop-normals'\np = 0.3",
    "op = 'shuffle'",
    "op = 'one-of'\nweights = [1, 2]\n[[step.step]]\nop = 'mirror'\n[[step.step]]\nop = 'crop-sphere'\nratio = 0.8",
    "op = 'repeat'\np = 0.8\n[[step.step]]\nop = 'sequence'\np = 0.7\n[[step.step.step]]\nop = 'drop-points'\n\
     [[step.step.step]]\nop = 'rotate'",
];

/// A scene of `n` points and six objects, as hostile as the loader lets through.
fn room(n: usize, seed: u64) -> Scene {
    let mut scene = scattered(n, seed);
    let level = |i: usize, by: usize| (i * by % 256) as u8;
    scene.points.colour = Some(Colour {
        red: (0..n).map(|i| level(i, 7)).collect(),
        green: (0..n).map(|i| level(i, 3)).collect(),
        blue: (0..n).map(|i| level(i, 11)).collect(),
    });
    let mut normal = scattered(n, seed + 1).points.position;
    for i in 0..n {
        let length = normal.get(i).iter().map(|v| v * v).sum::<f32>().sqrt();
        for axis in normal.axes_mut() {
            axis[i] /= length;
        }
    }
    scene.points.normal = Some(normal);
    scene.points.object = (0..n).map(|i| (i / 7 % 7) as i32 - 1).collect();
    scene.points.segment = (0..n).map(|i| (i / 5) as u32 * 3).collect();
    scene.points.nyu40 = (0..n).map(|i| (i / 7 % 7) as u8).collect();
    scene.objects = cube().objects;
    scene.faces = (0..n as u32).map(|i| [i, i + 1, i + 2]).collect();
    scene
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_promise_holds(
        n in 0..400_usize,
        seed in any::<u64>(),
        picks in prop::collection::vec(0..ALL.len(), 0..8),
        targets in prop::collection::vec(-2..8_i32, 0..4),
        ratio in prop::sample::select(vec![0.0, 0.5, 1.0]),
    ) {
        let scene = room(n, seed % 1000);
        let bodies: Vec<&str> = picks.iter().map(|&i| ALL[i]).collect();
        let descriptions: Vec<_> = targets.iter().map(|&t| describing(t, "the left chair")).collect();
        let text = TextPolicy { on_conflict: OnConflict::Adapt, min_target_ratio: ratio };
        let augmenter = Augmenter { text, ..augmenter(&bodies, seed) };
        for variant in 0..3 {
            let out = augmenter.variant(&scene, &descriptions, variant).unwrap();
            check(&scene, &out).unwrap();
            prop_assert_eq!(out.sentences.len(), descriptions.len());
            for face in &out.scene.faces {
                if variant > 0 && out.scene.points.len() < n {
                    prop_assert!(face.iter().all(|&v| (v as usize) < out.scene.points.len()));
                }
            }
            let again = augmenter.variant(&scene, &descriptions, variant).unwrap();
            prop_assert_eq!(again.scene.points, out.scene.points);
            prop_assert_eq!(again.provenance, out.provenance);
        }
    }
}

#[test]
fn the_original_is_the_original() {
    let scene = cube();
    let descriptions = [describing(0, "the left chair"), describing(9, "nothing")];
    let original = augmenter(&ALL, 7).variant(&scene, &descriptions, 0).unwrap();
    assert_eq!(original.scene.points, scene.points);
    assert_eq!(original.scene.faces, scene.faces);
    assert_eq!(original.scene.frame, scene.frame);
    assert!(original.provenance.steps.is_empty());
    assert!(original.sentences.iter().all(|s| s.action == TextAction::Keep && s.reason.is_none()));
}

#[test]
fn other_probabilities_and_another_order_move_no_value() {
    let scene = room(300, 1);
    let base = ["op = 'rotate'\nid = 'a'", "op = 'jitter'\nid = 'b'", "op = 'mirror'\nid = 'm'\np = 0.0"];
    let plain = apply(&scene, &base);
    let drawn = |v: &Variant, id: &str| {
        v.provenance.steps.iter().find(|s| s.id == id).map(|s| s.parameters.clone()).unwrap()
    };
    let surer = apply(&scene, &[base[0], base[1], "op = 'mirror'\nid = 'm'\np = 1.0"]);
    for id in ["a", "b", "m"] {
        assert_eq!(drawn(&plain, id), drawn(&surer, id), "drawn even where the gate is closed");
    }
    let swapped = apply(&scene, &[base[1], base[0]]);
    assert_eq!(drawn(&plain, "a"), drawn(&swapped, "a"));
}

#[test]
fn a_gate_opens_as_often_as_it_says() {
    let scene = cube();
    let steps = ["op = 'translate'\np = 0.3"];
    let augmenter = augmenter(&steps, 1);
    let open = (1..=2000)
        .filter(|&v| augmenter.variant(&scene, &[], v).unwrap().provenance.steps[0].applied)
        .count();
    assert!((open as f64 - 600.0).abs() < 4.0 * (2000.0_f64 * 0.21).sqrt(), "{open}");
}

#[test]
fn affine_steps_round_once() {
    // Far from the origin each rounding in between would cost bits that this would notice.
    let mut scene = cube();
    for axis in scene.points.position.axes_mut() {
        for v in axis {
            *v = *v * 0.001 + 0.3;
        }
    }
    let away = "op = 'translate'\nx-m = [9000, 9000]\ny-m = [0, 0]";
    let back = "op = 'translate'\nx-m = [-9000, -9000]\ny-m = [0, 0]";
    let there_and_back = apply(&scene, &[away, back]);
    assert_eq!(there_and_back.scene.points.position, scene.points.position);
    assert_eq!(there_and_back.provenance.steps[0].parameters["shift-m"][0], 9000.0);
    // Colour steps in between do not break the pass.
    let through = apply(&scene, &[away, "op = 'colour-jitter'", back]);
    assert_eq!(through.scene.points.position, scene.points.position);
}

#[test]
fn crops_keep_targets_by_trying_again_recentring_or_standing_back() {
    // The points of object 0 in a corner, so that random places rarely hold them all.
    let mut scene = room(2000, 9);
    for i in 0..scene.points.len() {
        if scene.points.object[i] == 0 {
            for axis in scene.points.position.axes_mut() {
                axis[i] = 1.9;
            }
        }
    }
    let small = ["op = 'crop-sphere'\nradius-m = 0.5"];
    let (mut recentred, mut tried) = (0, 0);
    for variant in 1..30 {
        let out = augmenter(&small, 7).variant(&scene, &[describing(0, "a")], variant).unwrap();
        let step = &out.provenance.steps[0];
        assert_eq!((step.outcome, out.provenance.targets[0].ratio), (Outcome::Applied, 1.0));
        assert!(out.scene.points.len() < 1000 && step.kept_ratio < 0.5);
        assert!(step.parameters.contains_key("centre-m"));
        recentred += u32::from(step.recentred);
        tried += u32::from(!step.recentred);
    }
    assert!(recentred > 0 && tried > 0, "{recentred} {tried}");
    // Object 1 is spread over the room: no small crop holds it.
    let spread = variant_of(&scene, &small, &[describing(1, "a")], 1.0);
    let step = &spread.provenance.steps[0];
    assert_eq!((step.applied, step.outcome), (false, Outcome::Skipped));
    assert_eq!((step.reason.as_deref(), step.retries), (Some("target-cut"), 4));
    assert_eq!(spread.scene.points, scene.points);
    // A promise of nothing is kept by the first try, and the sentence goes where it must.
    let free = variant_of(&scene, &["op = 'crop-sphere'\nradius-m = 0.01"], &[describing(1, "a")], 0.0);
    assert_eq!(free.provenance.steps[0].retries, 0);
}

#[test]
fn a_lost_target_takes_its_sentence_with_it() {
    let scene = room(500, 2);
    let mut lost = 0;
    for variant in 1..20 {
        let text = TextPolicy { min_target_ratio: 0.0, ..TextPolicy::default() };
        let crop = Augmenter { text, ..augmenter(&["op = 'crop-sphere'\ncount = 3"], 7) };
        let descriptions: Vec<_> = (0..6).map(|o| describing(o, "a thing")).collect();
        let out = crop.variant(&scene, &descriptions, variant).unwrap();
        for (object, sentence) in (0..6).zip(&out.sentences) {
            let gone = !out.scene.points.object.contains(&object);
            assert_eq!(sentence.reason.as_deref(), gone.then_some("target-lost"));
            assert_eq!(sentence.by_step.as_deref(), gone.then_some("crop-sphere#1"));
            lost += u32::from(gone);
        }
    }
    assert!(lost > 0);
}

#[test]
fn colours_that_are_not_there_are_asked_for_before_and_refused_after() {
    let mut scene = cube();
    scene.points.colour = None;
    let coloured = augmenter(&["op = 'jitter'", "op = 'autocontrast'\np = 0", "op = 'colour-jitter'"], 7);
    let needs = coloured.needs();
    assert_eq!((needs.colour.as_deref(), needs.normals), (Some("colour-jitter#1"), None));
    let error = coloured.variant(&scene, &[], 1).unwrap_err().to_string();
    assert!(error.contains("cube") && error.contains("colour-jitter#1"), "{error}");
    assert!(coloured.variant(&scene, &[], 0).is_ok());
}

#[test]
fn broken_and_empty_scenes_do_not_panic() {
    let mut ragged = cube();
    ragged.points.object.pop();
    let error = augmenter(&ALL, 7).variant(&ragged, &[], 1).unwrap_err();
    assert!(error.to_string().contains("column object is ragged"), "{error}");
    let mut strange = room(60, 4);
    strange.points.position.x[3] = f32::NAN;
    strange.points.position.y[9] = f32::INFINITY;
    strange.points.position.z[20] = -f32::MAX;
    strange.points.orig_index[5] = u32::MAX;
    strange.points.object[7] = i32::MIN;
    for seed in 0..10 {
        let of = [describing(i32::MIN, "x"), describing(i32::MAX, "y")];
        let out = augmenter(&ALL, seed).variant(&strange, &of, 1).unwrap();
        assert_eq!(out.scene.points.ragged_column(), None);
    }
}

#[test]
fn provenance_survives_json() {
    let out = apply(&room(100, 8), &ALL);
    let text = serde_json::to_string(&out.provenance).unwrap();
    assert_eq!(serde_json::from_str::<Provenance>(&text).unwrap(), out.provenance);
    assert!(text.contains(r#""op":"rotate""#) && text.contains(r#""angle-deg":"#));
}

#[test]
fn ready_made_pipelines_are_read_and_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = std::fs::read_to_string(&path).unwrap();
        assert!(source.starts_with("#:schema ../schemas/pipeline.schema.json\n"), "{}", path.display());
        let mut document = DeTable::parse(&source).unwrap().into_inner();
        let steps = document.remove("step").map_or_else(Vec::new, |value| {
            parse_steps(&path, &source, step_tables(&path, &source, value).unwrap()).unwrap()
        });
        let text = document.remove("text").map_or_else(TextPolicy::default, |value| {
            serde::Deserialize::deserialize(toml::de::ValueDeserializer::from(value)).unwrap()
        });
        let augmenter = Augmenter { steps, text, seed: 7 };
        let scene = room(300, 12);
        for variant in 1..6 {
            let of = [describing(1, "the left chair"), describing(2, "the brown desk")];
            check(&scene, &augmenter.variant(&scene, &of, variant).unwrap()).unwrap();
        }
        seen += 1;
    }
    assert!(seen >= 2);
}

#[test]
fn no_matrix_is_told_once_points_moved_by_themselves_and_whole_objects_have_their_box() {
    let scene = room(300, 4);
    let box_of = |variant: &Variant, id: i32| {
        let points = &variant.scene.points;
        let mut bounds = crate::math::Aabb::EMPTY;
        (0..points.len())
            .filter(|&i| points.object[i] == id)
            .for_each(|i| bounds.include(points.position.get(i)));
        bounds
    };
    let whole = |variant: &Variant| {
        let tally = |object: &[i32], id| object.iter().filter(|&&o| o == id).count();
        let ids: Vec<i32> = (0..6)
            .filter(|&id| {
                tally(&variant.scene.points.object, id) == tally(&scene.points.object, id)
                    && tally(&scene.points.object, id) > 0
            })
            .collect();
        ids
    };
    for steps in [
        &["op = 'rotate'", "op = 'crop-sphere'\nratio = 0.97", "op = 'scale'"][..],
        &["op = 'jitter'\nsigma-m = 0.05\nclip-m = 0.2", "op = 'crop-sphere'\nratio = 0.97", "op = 'rotate'"],
        &["op = 'elastic'\nspacing-m = [0.5]\nmagnitude-m = [1.0]", "op = 'drop-points'"],
    ] {
        let affine = !steps.iter().any(|s| s.contains("jitter") || s.contains("elastic"));
        let mut seen = 0;
        for seed in 0..10 {
            let variant = apply_seeded(&scene, steps, seed);
            assert_eq!(variant.scene.frame.applied.is_some(), affine && scene.frame.applied.is_some());
            for id in whole(&variant) {
                assert_eq!(variant.uncropped[&id], box_of(&variant, id), "object {id} lost nothing");
                seen += 1;
            }
            for (id, uncropped) in &variant.uncropped {
                let mut both = box_of(&variant, *id);
                both.merge(uncropped);
                assert_eq!(both, *uncropped, "the box of what is left lies in that of all");
            }
        }
        assert!(seen > 0 || steps.len() == 2);
    }
    // Affine steps only: the uncropped box is that of the scene without the crop.
    let (turn, scale) = ("id = 'a'\nop = 'rotate'", "id = 'b'\nop = 'scale'\nfactor = [2, 2]");
    let uncut = apply(&scene, &[turn, scale]);
    for removing in ["op = 'crop-sphere'\nratio = 0.5", "op = 'drop-points'\nratio = 0.7"] {
        let cut = apply(&scene, &[turn, removing, scale]);
        assert!(cut.scene.points.len() < 200);
        for (id, bounds) in &cut.uncropped {
            let expected = box_of(&uncut, *id);
            for axis in 0..3 {
                assert!((bounds.min[axis] - expected.min[axis]).abs() < 1e-5, "{removing}");
                assert!((bounds.max[axis] - expected.max[axis]).abs() < 1e-5, "{removing}");
            }
        }
    }
}
