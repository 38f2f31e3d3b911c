//! Small scenes and short cuts for the tests of this room.

use std::path::Path;

use toml::de::DeTable;

use super::{Augmenter, OnConflict, Step, TextPolicy, Variant, parse_steps, step_tables};
use crate::math::{Key, Purpose, Xyz};
use crate::scene::{Colour, Description, Frame, Object, Points, Scene};

/// The corners of a unit cube with all columns; objects 0 to 3 of two points each.
pub(crate) fn cube() -> Scene {
    let corner = |i: usize, bit: usize| f32::from(u8::from(i >> bit & 1 == 1));
    let axis = |bit: usize| (0..8).map(|i| corner(i, bit)).collect::<Vec<f32>>();
    let object = |id: i32, class: &str| Object {
        id,
        group_id: i64::from(id),
        raw_category: class.into(),
        segments: vec![id as u32],
    };
    Scene {
        id: "cube".into(),
        points: Points {
            position: Xyz { x: axis(0), y: axis(1), z: axis(2) },
            colour: Some(Colour {
                red: (0..8).map(|i| i * 30).collect(),
                green: (0..8).map(|i| 200 - i * 20).collect(),
                blue: vec![90; 8],
            }),
            normal: Some(Xyz { x: vec![0.0; 8], y: vec![0.0; 8], z: vec![1.0; 8] }),
            segment: vec![0, 0, 1, 1, 2, 2, 3, 3],
            object: vec![0, 0, 1, 1, 2, 2, 3, 3],
            nyu40: vec![5, 5, 5, 5, 7, 7, 3, 3],
            orig_index: (0..8).collect(),
        },
        faces: vec![[0, 1, 2], [1, 3, 2], [4, 5, 99]],
        objects: vec![object(0, "chair"), object(1, "chair"), object(2, "desk"), object(3, "floor")],
        frame: Frame::raw(None),
    }
}

/// `n` points at the origin, without colour or labels.
pub(crate) fn at_origin(n: usize) -> Scene {
    let zeros = || vec![0.0; n];
    let position = Xyz { x: zeros(), y: zeros(), z: zeros() };
    let points = Points { position, orig_index: (0..n as u32).collect(), ..Points::default() };
    Scene { id: "origin".into(), points, frame: Frame::raw(None), ..Scene::default() }
}

/// `n` points anywhere in a cube of 4 m around the origin.
pub(crate) fn scattered(n: usize, seed: u64) -> Scene {
    let mut stream = Key::new(seed, "scattered", 0, "").stream(Purpose::Points);
    let mut scene = at_origin(n);
    for axis in scene.points.position.axes_mut() {
        axis.fill_with(|| stream.between(-2.0, 2.0) as f32);
    }
    scene
}

/// One point per level, grey.
pub(crate) fn coloured(levels: &[u8]) -> Scene {
    let mut scene = at_origin(levels.len());
    let channel = || levels.to_vec();
    scene.points.colour = Some(Colour { red: channel(), green: channel(), blue: channel() });
    scene
}

/// A description of an object.
pub(crate) fn describing(object_id: i32, text: &str) -> Description {
    Description { object_id, text: text.into(), ..Description::default() }
}

/// Steps from the bodies of their tables.
pub(crate) fn steps(bodies: &[&str]) -> Vec<Step> {
    let source = bodies.iter().fold(String::new(), |all, body| all + "[[step]]\n" + body + "\n");
    let mut document = DeTable::parse(&source).unwrap().into_inner();
    let path = Path::new("test.toml");
    let Some(value) = document.remove("step") else { return Vec::new() };
    parse_steps(path, &source, step_tables(path, &source, value).unwrap()).unwrap()
}

/// A pipeline of these steps.
pub(crate) fn augmenter(bodies: &[&str], seed: u64) -> Augmenter {
    Augmenter { steps: steps(bodies), text: TextPolicy::default(), seed }
}

/// Variant 1 under these steps.
pub(crate) fn apply(scene: &Scene, bodies: &[&str]) -> Variant {
    apply_seeded(scene, bodies, 7)
}

/// Variant 1 under these steps and this seed.
pub(crate) fn apply_seeded(scene: &Scene, bodies: &[&str], seed: u64) -> Variant {
    augmenter(bodies, seed).variant(scene, &[], 1).unwrap()
}

/// Variant 1 with descriptions.
pub(crate) fn variant_of(scene: &Scene, bodies: &[&str], of: &[Description], min_ratio: f64) -> Variant {
    let text = TextPolicy { on_conflict: OnConflict::Drop, min_target_ratio: min_ratio };
    Augmenter { text, ..augmenter(bodies, 7) }.variant(scene, of, 1).unwrap()
}
