//! What `elastic` promises.

use super::*;
use crate::augment::testing::{apply, apply_seeded, at_origin, scattered};
use crate::augment::{Outcome, check};
use crate::math::{Key, Purpose};

fn stream(seed: u64) -> Stream {
    Key::new(seed, "elastic", 1, "").stream(Purpose::Lattice)
}

fn bounds(hi: [f32; 3]) -> Aabb {
    Aabb { min: [0.0; 3], max: hi }
}

/// The displacement at a place, and all that is known there.
fn at(lattice: &Lattice, nodes: &[Node], p: [f32; 3]) -> (Node, Field) {
    let mut field = Field::new(lattice.spacing);
    lattice.look_up(nodes, [&p[..1], &p[1..2], &p[2..]], &mut field);
    (field.u[0], field)
}

#[test]
fn lattices_lie_as_the_trainers_lay_them() {
    let box_of_room = bounds([8.0, 5.95, 3.1]);
    let l = Lattice::new(Kind::Pointcept, box_of_room, 0.8).unwrap();
    assert_eq!((l.counts, l.origin), ([13, 10, 6], [-0.8; 3]), "floor(size / g) + 3, from −g");
    // (6, 40) at 50 voxels a metre: b = floor(400 / 6) + 3 nodes from −(b − 1) · 6 to (b − 1) · 6.
    let l = Lattice::new(Kind::Pointgroup, box_of_room, 0.24).unwrap();
    assert_eq!(l.counts, [69, 52, 28]);
    assert!((l.origin[0] + 68.0 * 0.12).abs() < 1e-5 && (l.origin[0] + 34.0 * 0.24).abs() < 1e-5);
}

#[test]
fn a_constant_lattice_moves_every_point_by_its_vector() {
    let lattice = Lattice::new(Kind::Pointcept, bounds([2.0; 3]), 0.5).unwrap();
    let nodes = vec![[0.25, -0.5, 0.125, 0.0]; lattice.counts.iter().product()];
    let mut position = scattered(100, 4).points.position;
    position.axes_mut().into_iter().flatten().for_each(|v| *v = v.abs());
    let before = position.clone();
    let mut normal = Xyz { x: vec![0.6; 100], y: vec![0.0; 100], z: vec![-0.8; 100] };
    lattice.bend(&nodes, &mut position, Some(&mut normal));
    for i in 0..100 {
        let (a, b) = (before.get(i), position.get(i));
        assert_eq!(b, [a[0] + 0.25, a[1] - 0.5, a[2] + 0.125]);
        assert_eq!(normal.get(i), [0.6, 0.0, -0.8]);
    }
}

#[test]
fn at_a_node_the_displacement_is_the_nodes_and_between_it_is_trilinear() {
    let lattice = Lattice { origin: [0.0; 3], spacing: 0.5, counts: [7, 6, 5] };
    let nodes = lattice.draw(&mut stream(1), 0, 1.0);
    let node = |i: usize, j: usize, k: usize| nodes[(i * 6 + j) * 5 + k];
    for (i, j, k) in [(0, 0, 0), (3, 2, 1), (5, 4, 3), (6, 5, 4)] {
        let here = [i as f32 * 0.5, j as f32 * 0.5, k as f32 * 0.5];
        let (u, _) = at(&lattice, &nodes, here);
        assert!((0..3).all(|a| (u[a] - node(i, j, k)[a]).abs() < 1e-6));
    }
    let (u, _) = at(&lattice, &nodes, [1.25, 0.75, 0.25]);
    let mean: f32 = (0..8).map(|c| node(2 + (c >> 2), 1 + (c >> 1 & 1), c & 1)[1]).sum::<f32>() / 8.0;
    assert!((u[1] - mean).abs() < 1e-6);
}

#[test]
fn averages_are_those_of_two_boxes_of_three() {
    // One node of 1 in the middle: weights 1, 2, 3, 2, 1 of 9 along each axis.
    let mut line = [0.0_f32; 9].map(|v| [v; 4]);
    line[4] = [1.0; 4];
    average(&mut line, 1);
    average(&mut line, 1);
    let expected = [0.0, 0.0, 1.0, 2.0, 3.0, 2.0, 1.0, 0.0, 0.0];
    assert!(line.iter().zip(expected).all(|(v, e)| (v[2] - e / 9.0).abs() < 1e-6), "{line:?}");
    // At the border what would reach out is lost: box twice, not the five weights cut off.
    let mut line = [[0.0; 4]; 4];
    line[0] = [9.0; 4];
    average(&mut line, 1);
    average(&mut line, 1);
    assert!(line.iter().zip([2.0, 2.0, 1.0, 0.0]).all(|(v, e)| (v[0] - e).abs() < 1e-6), "{line:?}");
    // Along the middle axis of a block.
    let mut block = [[0.0; 4]; 12];
    block[4] = [3.0; 4];
    average(&mut block, 2);
    let ones: Vec<usize> = (0..12).filter(|&i| block[i] == [1.0; 4]).collect();
    assert_eq!(ones, [2, 4, 6]);
}

#[test]
fn a_node_hangs_on_its_index_and_not_on_the_size_of_the_lattice() {
    let small = Lattice { origin: [0.0; 3], spacing: 1.0, counts: [8, 9, 30] };
    let large = Lattice { counts: [9, 12, 70], ..small };
    let (a, b) = (small.draw(&mut stream(2), 1, 1.0), large.draw(&mut stream(2), 1, 1.0));
    // Inside of what averages reach across a border.
    for (i, j, k) in [(0, 0, 0), (5, 6, 27), (3, 3, 3), (2, 6, 20)] {
        let (mine, other) = (a[(i * 9 + j) * 30 + k], b[(i * 12 + j) * 70 + k]);
        assert!((0..3).all(|c| (mine[c] - other[c]).abs() < 1e-6));
    }
    assert_ne!(a, small.draw(&mut stream(2), 0, 1.0), "each level has its own");
}

#[test]
fn displacements_are_as_large_as_theory_says() {
    let lattice = Lattice { origin: [0.0; 3], spacing: 0.2, counts: [30; 3] };
    let mut draw = Key::new(5, "places", 1, "").stream(Purpose::Points);
    let (mut at_nodes, mut between_nodes, mut slopes) = (0.0, 0.0, 0.0);
    let (seeds, places) = (12, 2000);
    for seed in 0..seeds {
        let nodes = lattice.draw(&mut stream(seed), 0, 0.4);
        for _ in 0..places {
            // At least five cells from the border.
            let p: [f32; 3] = std::array::from_fn(|_| draw.between(1.0, 4.8) as f32);
            let (u, field) = at(&lattice, &nodes, p);
            between_nodes += (0..3).map(|a| f64::from(u[a]).powi(2)).sum::<f64>() / 3.0;
            slopes += f64::from(field.dx[0][1] * field.per_metre).powi(2);
            let [i, j, k] = p.map(|v| (v / 0.2) as usize);
            let node = nodes[(i * 30 + j) * 30 + k];
            at_nodes += (0..3).map(|a| f64::from(node[a]).powi(2)).sum::<f64>() / 3.0;
        }
    }
    let rms = |sum: f64| (sum / (seeds * places) as f64).sqrt();
    assert!((RMS - 8.0_f64.sqrt() / 27.0).abs() < 1e-15);
    assert!((GRADIENT - (2.0_f64 / 27.0).sqrt() * 2.0 / 9.0).abs() < 1e-12);
    assert!((rms(between_nodes) / (0.4 * RMS) - 1.0).abs() < 0.03, "{}", rms(between_nodes));
    assert!((rms(at_nodes) / (0.4 * 0.11361) - 1.0).abs() < 0.03, "{}", rms(at_nodes));
    assert!((rms(slopes) / (2.0 * GRADIENT) - 1.0).abs() < 0.03, "{}", rms(slopes));
}

/// Where the levels of `nodes` take a place.
fn taken(levels: &[(Lattice, Vec<Node>)], p: [f32; 3]) -> [f64; 3] {
    levels.iter().fold(p.map(f64::from), |p, (lattice, nodes)| {
        let (u, _) = at(lattice, nodes, p.map(|v| v as f32));
        std::array::from_fn(|a| p[a] + f64::from(u[a]))
    })
}

#[test]
fn normals_are_those_of_the_bent_surface_and_nothing_folds() {
    let fine = Lattice { origin: [-1.0; 3], spacing: 0.2, counts: [40; 3] };
    let coarse = Lattice { origin: [-2.0; 3], spacing: 0.8, counts: [14; 3] };
    let mut draw = Key::new(6, "surfaces", 1, "").stream(Purpose::Points);
    let (mut worst, mut left_alone) = (0.0_f64, Vec::new());
    for seed in 0..8 {
        let levels =
            [(fine, fine.draw(&mut stream(seed), 0, 0.4)), (coarse, coarse.draw(&mut stream(seed), 1, 1.6))];
        for _ in 0..250 {
            let mut unit = || -> [f64; 3] {
                let v: [f64; 3] = std::array::from_fn(|_| draw.between(-1.0, 1.0));
                let length = v.iter().map(|c| c * c).sum::<f64>().sqrt();
                v.map(|c| c / length)
            };
            let (n, other) = (unit(), unit());
            let p: [f32; 3] = std::array::from_fn(|_| draw.between(0.0, 5.0) as f32);
            let cross = |a: [f64; 3], b: [f64; 3]| {
                [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
            };
            let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
            let length = |a: [f64; 3]| dot(a, a).sqrt();
            // Two directions in the surface, and the surface's own side.
            let s = cross(n, other);
            let s = s.map(|c| c / length(s));
            let t = cross(n, s);
            let h = 1e-3;
            let step = |d: [f64; 3]| {
                let at = |sign: f64| std::array::from_fn(|a| (f64::from(p[a]) + sign * h * d[a]) as f32);
                // A kink of the field in between would make the difference that of neither side.
                let cell = |p: [f32; 3]| p.map(|v| (v / 0.2).floor());
                let coarse = |p: [f32; 3]| taken(&levels[..1], p).map(|v| ((v + 2.0) / 0.8).floor());
                let (a, b) = (at(-1.0), at(1.0));
                let smooth = cell(a) == cell(b) && coarse(a) == coarse(b);
                let (from, to) = (taken(&levels, a), taken(&levels, b));
                smooth.then(|| [0, 1, 2].map(|i| (to[i] - from[i]) / (2.0 * h)))
            };
            let (Some(s), Some(t), Some(out)) = (step(s), step(t), step(n)) else { continue };
            let expected = cross(s, t);
            assert!(dot(expected, out) > 0.0, "det J > 0 at the default strength");
            let mut position = Xyz { x: vec![p[0]], y: vec![p[1]], z: vec![p[2]] };
            let mut normal = Xyz { x: vec![n[0] as f32], y: vec![n[1] as f32], z: vec![n[2] as f32] };
            for (lattice, nodes) in &levels {
                lattice.bend(nodes, &mut position, Some(&mut normal));
            }
            let angle = |a: [f64; 3]| {
                let cos = dot(a, expected) / (length(a) * length(expected));
                libm::acos(cos.clamp(-1.0, 1.0)).to_degrees()
            };
            worst = worst.max(angle(normal.get(0).map(f64::from)));
            left_alone.push(angle(n));
        }
    }
    left_alone.sort_by(f64::total_cmp);
    let median = left_alone[left_alone.len() / 2];
    println!("{} normals: worst {worst} degrees; left alone, median {median}", left_alone.len());
    assert!(worst < 1.0, "{worst}");
    assert!(left_alone.len() > 1000 && median > 5.0, "{median}");
}

#[test]
fn no_magnitude_is_the_identity_and_the_default_keeps_every_promise() {
    let mut scene = scattered(500, 8);
    let x: Vec<f32> = (0..500).map(|i| if i % 9 == 0 { 0.0 } else { 0.6 }).collect();
    let z: Vec<f32> = x.iter().map(|&v| if v == 0.0 { 0.0 } else { -0.8 }).collect();
    scene.points.normal = Some(Xyz { x, y: vec![0.0; 500], z });
    assert_eq!(apply(&scene, &["op = 'elastic'\nmagnitude-m = [0, 0]"]).scene.points, scene.points);
    for step in ["op = 'elastic'", "op = 'elastic'\nvariant = 'pointgroup'"] {
        let variant = apply(&scene, &[step]);
        check(&scene, &variant).unwrap();
        assert!(!variant.provenance.affine && variant.scene.points.position != scene.points.position);
        let normal = variant.scene.points.normal.unwrap();
        assert_eq!(normal.get(9), [0.0; 3], "no normal stays none");
    }
}

#[test]
fn removing_points_inside_moves_no_other() {
    let scene = scattered(400, 9);
    let corners: Vec<u32> = (0..3)
        .flat_map(|a| {
            let axis = scene.points.position.axes()[a];
            let by = |x: &u32, y: &u32| axis[*x as usize].total_cmp(&axis[*y as usize]);
            [(0..400).min_by(by).unwrap(), (0..400).max_by(by).unwrap()]
        })
        .collect();
    let rows: Vec<u32> = (0..400_u32).filter(|r| r.is_multiple_of(3) || corners.contains(r)).collect();
    let mut some = scene.clone();
    some.points = some.points.select(&rows);
    // The second level would see another box.
    let step = "op = 'elastic'\nspacing-m = [0.4]\nmagnitude-m = [0.4]";
    assert_eq!(apply(&scene, &[step]).scene.points.select(&rows), apply(&some, &[step]).scene.points);
}

#[test]
fn scenes_without_end_are_left_alone() {
    let mut scene = at_origin(3);
    for far in [f32::MAX, f32::INFINITY, 900.0] {
        scene.points.position.x[1] = far;
        scene.points.position.y[2] = far;
        let step = "op = 'elastic'\nspacing-m = [0.2]\nmagnitude-m = [0.4]";
        let variant = apply_seeded(&scene, &[step], 3);
        let record = &variant.provenance.steps[0];
        assert_eq!((record.outcome, record.reason.as_deref()), (Outcome::Skipped, Some("too-large")));
        assert_eq!(variant.scene.points, scene.points);
        assert!(variant.provenance.affine);
    }
}
