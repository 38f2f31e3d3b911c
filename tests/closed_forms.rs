//! What steps do where theory says exactly what they should, seen from outside; most such tests stand
//! beside the steps.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

use std::collections::BTreeSet;
use std::path::Path;

use dataprep::augment::{Augmenter, Variant};
use dataprep::math::{Key, Purpose, Xyz, vertex_normals};
use dataprep::pipeline::Config;
use dataprep::scene::{Frame, Points, Scene};

/// Points anywhere in a room of 6 × 4 × 3 m, with normals in all directions.
fn room(n: u32) -> Scene {
    let mut stream = Key::new(3, "room", 0, "").stream(Purpose::Points);
    let (mut position, mut normal) = (Xyz::default(), Xyz::default());
    for _ in 0..n {
        position.push([6.0, 4.0, 3.0].map(|side| stream.between(0.0, side) as f32));
        let any = [0; 3].map(|_| stream.between(-1.0, 1.0));
        let length = any.iter().map(|v| v * v).sum::<f64>().sqrt();
        normal.push(any.map(|v| (v / length) as f32));
    }
    let points = Points { position, normal: Some(normal), orig_index: (0..n).collect(), ..Points::default() };
    Scene { id: "room".into(), points, frame: Frame::raw(None), ..Scene::default() }
}

fn apply(scene: &Scene, steps: &str, variant: u32) -> Variant {
    let config = Config::parse(Path::new("p.toml"), steps.to_owned()).unwrap();
    let augmenter = Augmenter { steps: config.steps, text: config.text, seed: config.sample.seed };
    augmenter.variant(scene, &[], variant).unwrap()
}

#[test]
fn no_turn_and_whole_turns_change_no_bit() {
    let scene = room(500);
    for angle in [0, 360, -360] {
        let step = format!("[[step]]\nop = 'rotate'\nangle-deg = [{angle}, {angle}]\n");
        assert_eq!(apply(&scene, &step, 1).scene.points, scene.points, "{angle}");
    }
    let half = "[[step]]\nop = 'rotate'\nangle-deg = [180, 180]\n";
    let turned = apply(&scene, half, 1).scene.points.position;
    let flipped = |values: &[f32]| values.iter().map(|v| -v).collect::<Vec<_>>();
    assert_eq!((turned.x, turned.y), (flipped(&scene.points.position.x), flipped(&scene.points.position.y)));
}

#[test]
fn a_box_keeps_exactly_what_lies_in_it() {
    let scene = room(2000);
    for variant in 1..20 {
        let made = apply(&scene, "[[step]]\nop = 'crop-box'\nsize-m = [2.5, 1.5, 2.0]\n", variant);
        let centre = &made.provenance.steps[0].parameters["centre-m"];
        let inside = |p: [f32; 3]| {
            p.iter().zip([2.5, 1.5, 2.0]).enumerate().all(|(axis, (&v, size))| {
                let from = centre[axis].as_f64().unwrap() - size / 2.0;
                (from..from + size).contains(&f64::from(v))
            })
        };
        let expected: Vec<u32> =
            (0..2000).filter(|&i| inside(scene.points.position.get(i as usize))).collect();
        assert!(!expected.is_empty() && expected.len() < 1500);
        assert_eq!(made.scene.points.orig_index, expected);
    }
}

#[test]
fn every_point_has_one_of_its_cell_left() {
    let scene = room(3000);
    let kept = apply(&scene, "[[step]]\nop = 'grid-sample'\ncell-m = 0.3\n", 1).scene.points;
    let cell = |p: [f32; 3]| p.map(|v| (f64::from(v) / 0.3).floor() as i64);
    let cells: Vec<[i64; 3]> = (0..kept.len()).map(|i| cell(kept.position.get(i))).collect();
    let once: BTreeSet<[i64; 3]> = cells.iter().copied().collect();
    assert_eq!(once.len(), cells.len(), "one a cell");
    assert!((0..3000).all(|i| once.contains(&cell(scene.points.position.get(i)))));
}

#[test]
fn a_stretch_that_left_normals_alone_would_show() {
    // Stretched by 0.9 and 1.1, a surface at 45 degrees turns by 5.7106 degrees.
    let mut scene = room(1);
    let h = std::f32::consts::FRAC_1_SQRT_2;
    scene.points.normal = Some(Xyz { x: vec![h], y: vec![h], z: vec![0.0] });
    let mut worst = 0.0_f64;
    for variant in 1..400 {
        let made =
            apply(&scene, "[[step]]\nop = 'scale'\nfactor = [0.9, 1.1]\nanisotropic = true\n", variant);
        let factor = &made.provenance.steps[0].parameters["factor"];
        let [x, y] = [0, 1].map(|axis| 1.0 / factor[axis].as_f64().unwrap());
        let normal = made.scene.points.normal.unwrap().get(0).map(f64::from);
        let length = x.hypot(y);
        assert!((normal[0] - x / length).abs() < 1e-6 && (normal[1] - y / length).abs() < 1e-6);
        let cos = (normal[0] + normal[1]) * f64::from(h);
        worst = worst.max(cos.min(1.0).acos().to_degrees());
    }
    assert!(worst > 4.0 && worst < 5.7107, "{worst}");
}

#[test]
fn a_cubes_faces_have_the_normals_of_their_sides() {
    // Four vertices to a side, so that none belongs to two.
    let (mut position, mut faces) = (Xyz::default(), Vec::new());
    let mut expected = Vec::new();
    for (axis, side) in (0..3).flat_map(|axis| [(axis, 1.0_f32), (axis, -1.0)]) {
        let first = position.x.len() as u32;
        for (u, v) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
            let mut corner = [0.0_f32; 3];
            (corner[axis], corner[(axis + 1) % 3], corner[(axis + 2) % 3]) = (side, u * side, v);
            position.push(corner);
            let mut normal = [0.0; 3];
            normal[axis] = side;
            expected.push(normal);
        }
        faces.extend([[first, first + 1, first + 2], [first, first + 2, first + 3]]);
    }
    let normals = vertex_normals(&position, &faces);
    for (i, expected) in expected.into_iter().enumerate() {
        assert_eq!(normals.get(i), expected, "vertex {i}");
    }
}
