//! What augmentation promises, each promise by itself, over made rooms and random pipelines.
//!
//! `--verify` checks most of this in a run; here it is measured anew and independently, from what
//! came out alone.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use dataprep::augment::{Augmenter, OPS, OnConflict, Outcome, Partners, TextPolicy, Variant, check};
use dataprep::load;
use dataprep::math::{Affine, Key, Purpose, Xyz, compact, vertex_normals};
use dataprep::pipeline::Config;
use dataprep::scene::{Description, Points, Scene};
use dataprep::store::Folder;
use dataprep::synth::{self, Options};
use proptest::prelude::*;

mod common;

use common::{expect, rows, text, unhex};

/// Every op once or more, strong enough that each does something to a small room. `ID` is the step's.
const STEPS: [&str; 32] = [
    "op = 'rotate'\ncentre = 'aabb'",
    "op = 'rotate'\naxis = 'x'\nangle-deg = [-9, 9]\ncentre = 'centroid'",
    "op = 'scale'\nfactor = [0.8, 1.2]\nanisotropic = true",
    "op = 'mirror'\ny-p = 0.5",
    "op = 'translate'",
    "op = 'centre'\nz = 'mean'",
    "op = 'jitter'",
    "op = 'elastic'\nspacing-m = [0.4, 1.6]\nmagnitude-m = [0.2, 0.8]",
    "op = 'elastic'\nvariant = 'pointgroup'\nspacing-m = [0.4]\nmagnitude-m = [0.2]",
    "op = 'crop-sphere'\nratio = 0.6",
    "op = 'crop-sphere'\nradius-m = 1.5",
    "op = 'crop-box'\nsize-m = [2.5, 2.5, 2.5]",
    "op = 'limit-points'\ncount = 2000",
    "op = 'limit-points'\nhow = 'spformer'\ncount = 2500\nwindow-m = 4\nstep-m = 0.3",
    "op = 'drop-points'\nratio = 0.4",
    "op = 'grid-sample'\ncell-m = 0.15",
    "op = 'grid-sample'\ncell-m = 0.2\npick = 'mean'",
    "op = 'autocontrast'",
    "op = 'brightness-contrast'",
    "op = 'colour-translate'\nshift-255 = 40",
    "op = 'colour-jitter'",
    "op = 'hue-saturation'",
    "op = 'greyscale'",
    "op = 'drop-colour'\nhow = 'points'",
    "op = 'drop-normals'\nhow = 'points'",
    "op = 'shuffle'",
    "op = 'mix3d'",
    "op = 'mix3d'\nrivals = 'allow'",
    "op = 'paste-object'\nrivals = 'allow'\nmin-points = 5\nclearance-m = 0.05",
    "op = 'one-of'\nweights = [1, 2]\n[[step.step]]\nop = 'mirror'\nid = 'ID a'\n[[step.step]]\nop = 'crop-sphere'\nid = 'ID b'\n\
     ratio = 0.8",
    "op = 'repeat'\n[[step.step]]\nop = 'drop-points'\nid = 'ID a'",
    "op = 'sequence'\n[[step.step]]\nop = 'rotate'\nid = 'ID a'\n[[step.step]]\nop = 'jitter'\nid = 'ID b'",
];

/// A made room with its sentences.
struct Room {
    scene: Scene,
    descriptions: Vec<Description>,
}

static ROOMS: LazyLock<Vec<Room>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { scenes: 5, vertices: 5_000, seed: 21, cameras: false, fault: None };
    synth::generate(&Folder::new(dir.path()), &options, &|_| {}).unwrap();
    let request = load::Request { scans: vec![dir.path().join("scans")], ..load::Request::default() };
    let catalogue = load::catalogue(&load::discover(&request).unwrap());
    let room = |entry: &dataprep::scene::ScanEntry| {
        let mut scene = load::scan(entry, &catalogue.labels, load::Wanted::default()).scene;
        scene.points.normal = Some(vertex_normals(&scene.points.position, &scene.faces));
        let descriptions = catalogue.descriptions_of(&entry.id).to_vec();
        (!descriptions.is_empty()).then_some(Room { scene, descriptions })
    };
    let rooms: Vec<Room> = catalogue.scans.iter().filter_map(room).collect();
    assert!(rooms.len() >= 3);
    rooms
});

/// The room that others take from.
struct Neighbour(Arc<Scene>);

impl Partners for Neighbour {
    fn partner(&self, _scene: &str, _variant: u32, _step: &str) -> Option<Arc<Scene>> {
        Some(Arc::clone(&self.0))
    }
}

static NEIGHBOUR: LazyLock<Neighbour> =
    LazyLock::new(|| Neighbour(Arc::new(ROOMS.last().unwrap().scene.clone())));

/// A pipeline of these steps, each with an id of its own.
fn pipeline(steps: &[(String, &str, f64)], seed: u64, ratio: f64) -> Augmenter {
    let tables = steps.iter().fold(String::new(), |all, (id, body, p)| {
        let body = body.replacen('\n', &format!("\nid = '{id}'\np = {p}\n"), 1).replace("ID", id);
        let table = if body.contains("id = ") { body } else { format!("{body}\nid = '{id}'\np = {p}") };
        all + "[[step]]\n" + &table + "\n"
    });
    let config = Config::parse(Path::new("p.toml"), tables).unwrap();
    let text = TextPolicy { on_conflict: OnConflict::Adapt, min_target_ratio: ratio };
    Augmenter { steps: config.steps, text, seed }
}

/// A random pipeline, on a random room, with the sentences of some of its objects.
#[derive(Clone, Debug)]
struct Case {
    room: usize,
    steps: Vec<(String, &'static str, f64)>,
    seed: u64,
    ratio: f64,
    /// The described objects that count, by their order; all where none is named.
    target: Option<usize>,
}

fn cases_of(allowed: fn(&str) -> bool) -> impl Strategy<Value = Case> {
    let bodies: Vec<&'static str> = STEPS.into_iter().filter(|body| allowed(body)).collect();
    let step = (prop::sample::select(bodies), prop::sample::select(vec![0.5, 1.0, 1.0]));
    let ratio = prop::sample::select(vec![0.5, 1.0, 1.0]);
    (0..2_usize, prop::collection::vec(step, 1..6), any::<u64>(), ratio, prop::option::of(0..8_usize))
        .prop_map(|(room, steps, seed, ratio, target)| {
            let named = |(i, (body, p))| (format!("s{i}"), body, p);
            Case { room, steps: steps.into_iter().enumerate().map(named).collect(), seed, ratio, target }
        })
}

fn cases() -> impl Strategy<Value = Case> {
    cases_of(|_| true)
}

impl Case {
    fn scene(&self) -> &'static Scene {
        &ROOMS[self.room].scene
    }

    fn descriptions(&self) -> Vec<Description> {
        let all = &ROOMS[self.room].descriptions;
        let objects: BTreeSet<i32> = all.iter().map(|d| d.object_id).collect();
        let one = self.target.and_then(|nth| objects.iter().nth(nth));
        all.iter().filter(|d| one.is_none_or(|one| d.object_id == *one)).cloned().collect()
    }

    fn pipeline(&self) -> Augmenter {
        pipeline(&self.steps, self.seed, self.ratio)
    }

    /// Variants 1 and 2.
    fn made(&self) -> Vec<Variant> {
        let (pipeline, descriptions) = (self.pipeline(), self.descriptions());
        let made = |v| pipeline.variant_among(self.scene(), &descriptions, v, &*NEIGHBOUR).unwrap();
        (1..3).map(made).collect()
    }
}

/// Where each point of a variant comes from: the scene as loaded and the row there, with what was
/// added to the ids of that scene's objects and segments.
fn origins<'a>(source: &'a Scene, made: &'a Variant) -> Vec<(&'a Points, usize, i32, u32)> {
    let origin = |&vertex: &u32| {
        let from = made.provenance.added.iter().zip(&made.partners).rev();
        match from.into_iter().find(|(added, _)| added.first_vertex <= vertex) {
            Some((added, guest)) => {
                let row = (vertex - added.first_vertex) as usize;
                (&guest.points, row, added.object_offset, added.segment_offset)
            }
            None => (&source.points, vertex as usize, 0, 0),
        }
    };
    made.scene.points.orig_index.iter().map(origin).collect()
}

fn count(of: &[i32], id: i32) -> usize {
    of.iter().filter(|&&o| o == id).count()
}

fn applied(made: &Variant, op: &str) -> bool {
    made.provenance.steps.iter().any(|s| s.applied && s.op == op)
}

#[test]
fn every_op_takes_part() {
    let named: BTreeSet<&str> = STEPS.iter().filter_map(|body| body.split('\'').nth(1)).collect();
    assert_eq!(named, OPS.iter().map(|op| op.name).collect());
    // And happens.
    let mut happened = BTreeSet::new();
    // Each in each room, as not everything fits everywhere.
    for (i, body) in STEPS.into_iter().cycle().take(8 * STEPS.len()).enumerate() {
        let (steps, target) = (vec![("s".into(), body, 1.0)], Some(i % 3));
        let case = Case { room: i / STEPS.len() % 3, steps, seed: i as u64, ratio: 1.0, target };
        for made in case.made() {
            let records = made.provenance.steps.iter();
            happened.extend(records.filter(|s| s.applied).map(|s| s.op.clone()));
            check(case.scene(), &made).unwrap();
        }
    }
    assert_eq!(happened, OPS.iter().map(|op| op.name.to_owned()).collect());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariant_1_columns_are_of_one_length_and_orig_index_names_each_points_vertex(case in cases()) {
        let source = case.scene();
        for made in case.made() {
            let points = &made.scene.points;
            prop_assert_eq!(points.ragged_column(), None);
            let n = points.len();
            let lengths = [
                points.colour.as_ref().unwrap().len(),
                points.normal.as_ref().unwrap().len(),
                points.object.len(),
                points.segment.len(),
                points.nyu40.len(),
                points.orig_index.len(),
            ];
            prop_assert_eq!(lengths, [n; 6]);
            prop_assert_eq!(points.orig_index.iter().collect::<BTreeSet<_>>().len(), n, "a vertex twice");
            for (i, (from, row, _, _)) in origins(source, &made).into_iter().enumerate() {
                prop_assert!(row < from.len());
                prop_assert_eq!(points.nyu40[i], from.nyu40[row]);
            }
        }
    }

    #[test]
    fn invariant_2_objects_keep_their_ids_and_targets_their_points(case in cases()) {
        let source = case.scene();
        let described: BTreeSet<i32> = case.descriptions().iter().map(|d| d.object_id).collect();
        for made in case.made() {
            let points = &made.scene.points;
            for (i, (from, row, offset, _)) in origins(source, &made).into_iter().enumerate() {
                prop_assert_eq!(points.object[i], from.object[row] + offset);
            }
            prop_assert_eq!(&made.scene.objects[..source.objects.len()], &source.objects[..]);
            let ids: BTreeSet<i32> = made.scene.objects.iter().map(|o| o.id).collect();
            prop_assert_eq!(ids.len(), made.scene.objects.len(), "an id twice");
            for &target in &described {
                let (before, after) = (count(&source.points.object, target), count(&points.object, target));
                // What a resampling thins on purpose is no loss, as long as something is left.
                let least = if applied(&made, "grid-sample") { 1.0 } else { case.ratio * before as f64 };
                prop_assert!(before == 0 || after as f64 >= least - 1e-6, "{} of {} of {}", after, before, target);
            }
            for step in &made.provenance.steps {
                prop_assert_eq!(step.applied, step.outcome == Outcome::Applied);
                prop_assert_eq!(step.reason.is_some(), step.outcome == Outcome::Skipped);
                prop_assert!(step.applied || (step.kept_ratio == 1.0 && !step.recentred && step.restored == 0));
            }
        }
    }

    #[test]
    fn invariant_3_superpoints_are_contiguous_and_the_same_partition(case in cases()) {
        for made in case.made() {
            let parts = compact(&made.scene.points.segment);
            let used: BTreeSet<i32> = parts.part.iter().copied().collect();
            prop_assert!(used.iter().copied().eq(0..used.len() as i32));
            // Together before, together now, and the other way round.
            let (mut new_of, mut old_of) = (BTreeMap::new(), BTreeMap::new());
            for (i, (from, row, offset, first)) in origins(case.scene(), &made).into_iter().enumerate() {
                let old = (offset, first, from.segment[row]);
                prop_assert_eq!(*new_of.entry(old).or_insert(parts.part[i]), parts.part[i]);
                prop_assert_eq!(*old_of.entry(parts.part[i]).or_insert(old), old);
            }
        }
    }

    #[test]
    fn invariant_4_normals_are_those_of_the_mapped_surface(
        case in cases_of(|body| {
            ["rotate", "scale", "mirror", "translate", "centre", "elastic", "drop-points", "shuffle", "one-of"]
                .iter()
                .any(|op| body.starts_with(&format!("op = '{op}'")))
        }),
    ) {
        let probes = probes(case.scene());
        for variant in 1..3 {
            let made = case.pipeline().variant(&probes, &[], variant).unwrap();
            let points = &made.scene.points;
            let row_of: BTreeMap<u32, usize> = points.orig_index.iter().copied().zip(0..).collect();
            let side = if made.provenance.mirrors % 2 == 1 { -1.0 } else { 1.0 };
            let (mut seen, mut off) = (0, 0);
            for first in (0..probes.points.len() as u32).step_by(3) {
                let Some(rows) = [0, 1, 2].iter().map(|k| row_of.get(&(first + k)).copied()).collect::<Option<Vec<_>>>()
                else { continue };
                let [p, q, r] = [rows[0], rows[1], rows[2]].map(|row| points.position.get(row).map(f64::from));
                let normal = points.normal.as_ref().unwrap().get(rows[0]).map(f64::from);
                prop_assert!((dot(normal, normal).sqrt() - 1.0).abs() < 1e-5);
                let surface = unit(cross(minus(q, p), minus(r, p)));
                let degrees = dot(surface, normal).mul_add(side, 0.0).clamp(-1.0, 1.0).acos().to_degrees();
                seen += 1;
                off += usize::from(degrees > 1.0);
            }
            // Where a probe straddles a wall of the elastic lattice, the surface has an edge.
            let allowed = if applied(&made, "elastic") { seen / 12 } else { 0 };
            prop_assert!(off <= allowed, "{} of {}", off, seen);
        }
    }

    #[test]
    fn invariant_6_affine_steps_are_rounded_once_and_positions_stay_finite(case in cases(), affine in cases_of(|body| {
        ["rotate", "scale", "mirror", "translate", "centre", "colour", "autocontrast", "hue", "greyscale", "brightness"]
            .iter()
            .any(|op| body.starts_with(&format!("op = '{op}")))
    })) {
        for made in case.made() {
            prop_assert!(made.scene.points.position.axes().iter().all(|a| a.iter().all(|v| v.is_finite())));
        }
        for made in affine.made() {
            let map = Affine::from_row_major(made.provenance.matrix).unwrap();
            for (i, (from, row, _, _)) in origins(affine.scene(), &made).into_iter().enumerate() {
                let exact = map.apply(from.position.get(row).map(f64::from));
                prop_assert_eq!(made.scene.points.position.get(i), exact.map(|v| v as f32));
            }
        }
    }

    #[test]
    fn invariant_6_colours_are_rounded_half_up(seed in any::<u64>(), factor in 0.1..3.0_f64, blend in 0.0..=1.0_f64) {
        let source = &ROOMS[0].scene;
        let before = source.points.colour.as_ref().unwrap().channels();
        let half_up = |exact: f64| (exact.clamp(0.0, 255.0) + 0.5).floor() as u8;
        let ends = before.map(|c| (f64::from(*c.iter().min().unwrap()), f64::from(*c.iter().max().unwrap())));
        let brighter = format!("op = 'brightness-contrast'\nbrightness = [{factor}, {factor}]\ncontrast = [1, 1]");
        let halved = "op = 'brightness-contrast'\nbrightness = [0.5, 0.5]\ncontrast = [1, 1]";
        let stretched = format!("op = 'autocontrast'\nblend = [{blend}, {blend}]\ncut-percent = 0");
        for body in ["op = 'colour-translate'\nshift-255 = 90", halved, &brighter, &stretched] {
            let made = pipeline(&[("a".into(), body, 1.0)], seed, 1.0).variant(source, &[], 1).unwrap();
            let drawn = &made.provenance.steps[0].parameters;
            let number = |key: &str| drawn[key].as_f64().unwrap();
            let after = made.scene.points.colour.as_ref().unwrap().channels();
            for channel in 0..3 {
                for (&old, &new) in before[channel].iter().zip(after[channel]) {
                    let old = f64::from(old);
                    let exact = if drawn.contains_key("shift-255") {
                        old + drawn["shift-255"][channel].as_f64().unwrap()
                    } else if drawn.contains_key("brightness") {
                        old * number("brightness")
                    } else {
                        let (lo, hi) = ends[channel];
                        old + number("blend") * ((old - lo) * 255.0 / (hi - lo) - old)
                    };
                    // Half a level, however far from it the last bit of a product lies.
                    let near = [exact - 1e-9, exact + 1e-9].map(half_up);
                    prop_assert!(near.contains(&new), "{}: {} of {}", body, new, exact);
                }
            }
        }
    }

    #[test]
    fn invariant_7_points_stand_in_the_order_of_the_source_unless_shuffled(case in cases()) {
        for made in case.made() {
            let ordered = made.scene.points.orig_index.is_sorted();
            prop_assert!(ordered || applied(&made, "shuffle"));
        }
    }

    #[test]
    fn invariant_8_what_a_pipeline_lacks_is_known_before_it_runs(case in cases(), bare in 0..4_u8) {
        let mut scene = case.scene().clone();
        let [colour, normal] = [bare & 1 == 0, bare & 2 == 0];
        scene.points.colour = scene.points.colour.filter(|_| colour);
        scene.points.normal = scene.points.normal.filter(|_| normal);
        let pipeline = case.pipeline();
        let needs = pipeline.needs();
        let lacking = [(&needs.colour, colour), (&needs.normals, normal)];
        let refused: Vec<&String> = lacking.iter().filter(|l| !l.1).filter_map(|l| l.0.as_ref()).collect();
        for step in &refused {
            prop_assert!(pipeline.steps.iter().any(|s| s.id == **step && s.p > 0.0));
        }
        for variant in 1..6 {
            let made = pipeline.variant_among(&scene, &case.descriptions(), variant, &*NEIGHBOUR);
            match made {
                // Foretold; or none of them happened this time.
                Err(error) => prop_assert!(!refused.is_empty(), "{}", error),
                Ok(made) => {
                    let happened = made.provenance.steps.iter().filter(|s| s.applied);
                    prop_assert!(happened.into_iter().all(|s| !refused.contains(&&s.id)));
                    let points = &made.scene.points;
                    prop_assert_eq!((points.colour.is_some(), points.normal.is_some()), (colour, normal));
                }
            }
        }
    }

    #[test]
    fn noise_of_some_points_is_some_of_the_noise(
        room in 0..2_usize,
        seed in any::<u64>(),
        keep in prop::collection::vec(any::<bool>(), 64),
        order in Just(vec![0, 1, 2, 3]).prop_shuffle(),
    ) {
        let all = &ROOMS[room].scene;
        let noise = [
            "op = 'jitter'",
            "op = 'colour-jitter'\nstd-255 = 30",
            "op = 'drop-colour'\nhow = 'points'",
            "op = 'drop-normals'\nhow = 'points'",
        ];
        let steps: Vec<_> = order.into_iter().map(|i: usize| (format!("n{i}"), noise[i], 1.0)).collect();
        let noisy = |scene: &Scene| pipeline(&steps, seed, 1.0).variant(scene, &[], 1).unwrap().scene.points;
        let rows: Vec<u32> = (0..all.points.len() as u32).filter(|&i| keep[i as usize * 7 % 64]).collect();
        let some = Scene { points: all.points.select(&rows), faces: Vec::new(), ..all.clone() };
        prop_assert_eq!(noisy(&some), noisy(all).select(&rows));
    }

    #[test]
    fn a_step_that_never_happens_moves_nothing(case in cases(), more in 0..STEPS.len(), at in 0..6_usize) {
        let descriptions = case.descriptions();
        let made = |steps: &[_], variant| {
            pipeline(steps, case.seed, case.ratio).variant_among(case.scene(), &descriptions, variant, &*NEIGHBOUR).unwrap()
        };
        let mut longer = case.steps.clone();
        longer.insert(at.min(longer.len()), ("never".into(), STEPS[more], 0.0));
        for variant in 1..3 {
            let (plain, with) = (made(&case.steps, variant), made(&longer, variant));
            prop_assert_eq!(&plain.scene.points, &with.scene.points);
            prop_assert_eq!(&plain.scene.objects, &with.scene.objects);
            prop_assert_eq!(&plain.sentences, &with.sentences);
            prop_assert_eq!(&plain.provenance.matrix, &with.provenance.matrix);
            prop_assert_eq!(&plain.provenance.targets, &with.provenance.targets);
            let own = with.provenance.steps.iter().filter(|s| !s.id.starts_with("never"));
            prop_assert!(own.eq(&plain.provenance.steps));
        }
    }

    #[test]
    fn steps_of_different_columns_may_change_places(
        seed in any::<u64>(),
        places in prop::collection::vec(prop::sample::select(vec![
            "op = 'rotate'", "op = 'jitter'", "op = 'mirror'", "op = 'elastic'\nspacing-m = [0.4]\nmagnitude-m = [0.2]",
        ]), 1..3),
        colours in prop::collection::vec(prop::sample::select(vec![
            "op = 'colour-jitter'", "op = 'autocontrast'", "op = 'hue-saturation'", "op = 'greyscale'",
        ]), 1..3),
        mixed in prop::collection::vec(any::<bool>(), 8),
    ) {
        let named = |what: &str, bodies: &[&'static str]| -> Vec<(String, &'static str, f64)> {
            bodies.iter().enumerate().map(|(i, body)| (format!("{what}{i}"), *body, 1.0)).collect()
        };
        let (places, colours) = (named("p", &places), named("c", &colours));
        let apart = [places.clone(), colours.clone()].concat();
        let (mut p, mut c) = (places.into_iter().peekable(), colours.into_iter().peekable());
        let mut braided = Vec::new();
        for first in mixed.into_iter().cycle().take(apart.len() * 8) {
            braided.extend(if first { p.next() } else { c.next() });
        }
        braided.extend(p.chain(c));
        let points = |steps: &[_]| pipeline(steps, seed, 1.0).variant(&ROOMS[0].scene, &[], 1).unwrap().scene.points;
        prop_assert_eq!(points(&apart), points(&braided));
    }
}

/// Positions, objects, and the matrix of all steps.
type Sample = (Vec<[f32; 3]>, Vec<i32>, Affine);

/// The numbers of a value of a table.
fn floats(hex: &str) -> Vec<f32> {
    unhex(hex).as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

/// Smallest, then largest corner.
fn bounds(points: impl Iterator<Item = [f32; 3]>) -> Vec<f32> {
    let mut bounds = [[f32::INFINITY; 3], [f32::NEG_INFINITY; 3]];
    for point in points {
        for k in 0..3 {
            bounds[0][k] = bounds[0][k].min(point[k]);
            bounds[1][k] = bounds[1][k].max(point[k]);
        }
    }
    bounds.concat()
}

#[test]
fn invariant_5_boxes_are_those_of_the_kept_points_and_the_whole_ones_stand_beside_them() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out, file) = (dir.path().join("data"), dir.path().join("out"), dir.path().join("p.toml"));
    common::synth(&data, 3, 3000);
    let steps = "[text]\nmin-target-ratio = 0.3\n[[step]]\nop = 'rotate'\n[[step]]\nop = 'mirror'\n[[step]]\n\
                 op = 'scale'\nanisotropic = true\n[[step]]\nop = 'crop-sphere'\nratio = 0.5\n[[step]]\nop = 'drop-points'\n";
    std::fs::write(&file, steps).unwrap();
    expect(
        0,
        &["augment", "-p", text(&file), text(&data.join("scans")), "-o", text(&out), "--variants", "6"],
    );
    let samples: BTreeMap<String, Sample> = rows(&out, "scenes")
        .into_iter()
        .map(|row| {
            let positions = floats(&row["xyz"]).as_chunks().0.to_vec();
            let objects =
                unhex(&row["object"]).as_chunks().0.iter().map(|four| i32::from_le_bytes(*four)).collect();
            let provenance: serde_json::Value = serde_json::from_str(&row["provenance"]).unwrap();
            let matrix: [f64; 16] = serde_json::from_value(provenance["matrix"].clone()).unwrap();
            (row["sample_id"].clone(), (positions, objects, Affine::from_row_major(matrix).unwrap()))
        })
        .collect();
    let (mut compared, mut cut) = (0, 0);
    for row in rows(&out, "objects") {
        let id: i32 = row["object_id"].parse().unwrap();
        let sample = &row["sample_id"];
        let (positions, objects, map) = &samples[sample];
        let own = |(at, object): (&[f32; 3], &i32)| (*object == id).then_some(*at);
        let kept = bounds(positions.iter().zip(objects).filter_map(own));
        let (before, objects, _) = &samples[&format!("{}/v000", sample.split('/').next().unwrap())];
        let mapped = before
            .iter()
            .zip(objects)
            .filter_map(own)
            .map(|at| map.apply(at.map(f64::from)).map(|v| v as f32));
        let whole = bounds(mapped);
        assert_eq!(floats(&row["box"]), kept, "{sample} object {id}");
        assert_eq!(floats(&row["box_uncropped"]), whole, "{sample} object {id}");
        compared += 1;
        cut += usize::from(kept != whole);
    }
    assert!(compared > 200 && cut > 50, "{cut} of {compared}");
}

/// A scene of corners: for every third vertex its place and two more, a millimetre along the
/// surface, so that where the three go says how the surface turns.
fn probes(scene: &Scene) -> Scene {
    let mut stream = Key::new(1, "probes", 0, "").stream(Purpose::Points);
    let (mut position, mut normals) = (Xyz::default(), Xyz::default());
    let normal = scene.points.normal.as_ref().unwrap();
    for row in (0..scene.points.len()).step_by(3) {
        let at = scene.points.position.get(row).map(f64::from);
        let up = unit(normal.get(row).map(f64::from));
        let any = [0; 3].map(|_| stream.between(-1.0, 1.0));
        let along = unit(cross(up, any));
        let across = cross(up, along);
        let step = |by: [f64; 3]| [0, 1, 2].map(|k| (at[k] + 1e-3 * by[k]) as f32);
        for point in [step([0.0; 3]), step(along), step(across)] {
            position.push(point);
            normals.push(up.map(|v| v as f32));
        }
    }
    let n = position.x.len();
    let points = Points {
        position,
        normal: Some(normals),
        colour: None,
        orig_index: (0..n as u32).collect(),
        ..Points::default()
    };
    Scene { id: scene.id.clone(), points, frame: scene.frame.clone(), ..Scene::default() }
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|k| a[k] - b[k])
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|k| a[k] * b[k]).sum()
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|k| a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3])
}

fn unit(a: [f64; 3]) -> [f64; 3] {
    let length = dot(a, a).sqrt();
    a.map(|v| v / length)
}
