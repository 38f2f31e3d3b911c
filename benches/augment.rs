//! What augmentation costs: each transform and the default pipeline, at 150,000 points.
//!
//! `cargo bench --bench augment`. Every number includes the copy of the scene that a variant is.

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use dataprep::augment::{Augmenter, OPS, TextPolicy, parse_steps, step_tables};
use dataprep::math::{Key, Purpose, Xyz};
use dataprep::scene::{Colour, Description, Frame, Object, Points, Scene};
use toml::de::DeTable;

const POINTS: usize = 150_000;

/// Points on the floor, the walls and boxes of a room of 8 × 6 × 3 m.
fn room() -> Scene {
    let mut stream = Key::new(1, "bench", 0, "").stream(Purpose::Points);
    let mut points = Points { position: Xyz::with_capacity(POINTS), ..Points::default() };
    let mut normal = Xyz::with_capacity(POINTS);
    let mut colour = Colour::with_capacity(POINTS);
    for i in 0..POINTS {
        let object = i * 30 / POINTS;
        let (u, v) = (stream.unit() as f32, stream.unit() as f32);
        let (p, n) = match object {
            0 => ([u * 8.0, v * 6.0, 0.0], [0.0, 0.0, 1.0]),
            1 => ([u * 8.0, 0.0, v * 3.0], [0.0, 1.0, 0.0]),
            2 => ([0.0, u * 6.0, v * 3.0], [1.0, 0.0, 0.0]),
            _ => {
                let (x, y) = ((object % 7) as f32, (object / 7) as f32);
                ([x + u * 0.8, y + v * 0.8, 0.7], [0.0, 0.0, 1.0])
            }
        };
        points.position.push(p);
        normal.push(n);
        colour.push([(stream.word() >> 25) as u8 + 40, (object * 8) as u8, 90]);
        points.object.push(object as i32);
        points.segment.push((i / 150) as u32);
        points.nyu40.push((object % 40) as u8);
        points.orig_index.push(i as u32);
    }
    points.normal = Some(normal);
    points.colour = Some(colour);
    let objects = (0..30)
        .map(|id| Object { id, group_id: 0, raw_category: "chair".into(), segments: Vec::new() })
        .collect();
    Scene { id: "bench".into(), points, objects, frame: Frame::raw(None), ..Scene::default() }
}

fn augmenter(source: &str) -> Augmenter {
    let path = Path::new("bench.toml");
    let mut document = DeTable::parse(source).expect("the bench writes good TOML").into_inner();
    let steps = document.remove("step").map_or_else(Vec::new, |value| {
        let tables = step_tables(path, source, value).expect("steps are tables");
        parse_steps(path, source, tables).expect("steps are right")
    });
    Augmenter { steps, text: TextPolicy::default(), seed: 7 }
}

fn transforms(c: &mut Criterion) {
    let scene = room();
    let mut group = c.benchmark_group("augment-150k");
    let mut time = |name: &str, source: &str, of: &[Description]| {
        let augmenter = augmenter(source);
        group.bench_function(name, |b| {
            b.iter(|| augmenter.variant(&scene, of, 1).expect("the scene is whole"));
        });
    };
    time("copy only", "", &[]);
    // Those that hold other steps do nothing themselves, and those that mix need another scene.
    for op in
        OPS.iter().filter(|op| !["one-of", "sequence", "repeat", "mix3d", "paste-object"].contains(&op.name))
    {
        let extra = if op.name == "crop-sphere" { "count = 102400" } else { "" };
        time(op.name, &format!("[[step]]\nop = '{}'\n{extra}\n", op.name), &[]);
    }
    let describe = |i: i32| Description {
        object_id: 3 + i % 20,
        text: format!("the brown chair to the left of the {i} th desk"),
        ..Description::default()
    };
    let descriptions: Vec<Description> = (0..65).map(describe).collect();
    time("default pipeline", include_str!("../pipelines/default.toml"), &descriptions);
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = transforms
}
criterion_main!(benches);
