//! What augmentation costs: each transform and two pipelines, at 150,000 points.
//!
//! `cargo bench --bench augment`. Every number includes the copy of the scene that a variant is, and
//! is time on the processor, where Linux tells it: what else runs on the machine counts little.

use std::path::Path;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, criterion_group, criterion_main};
use dataprep::augment::{Augmenter, OPS, TextPolicy, parse_steps, step_tables};
use dataprep::math::{Key, Purpose, Xyz};
use dataprep::pipeline::keep_heap;
use dataprep::scene::{Colour, Description, Frame, Object, Points, Scene};
use toml::de::DeTable;

const POINTS: usize = 150_000;

/// `count` points on the floor, the walls and boxes of a room of 8 × 6 × 3 m.
fn room(count: usize) -> Scene {
    let mut stream = Key::new(1, "bench", 0, "").stream(Purpose::Points);
    let mut points = Points { position: Xyz::with_capacity(count), ..Points::default() };
    let mut normal = Xyz::with_capacity(count);
    let mut colour = Colour::with_capacity(count);
    for i in 0..count {
        let object = i * 30 / count;
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

const PTV3: &str = include_str!("../pipelines/pointcept-ptv3.toml");

/// The steps of a pipeline, all certain to happen, without those named.
fn certain(source: &str, without: &[&str]) -> String {
    let (_, steps) = source.split_once("[[step]]").expect("there are steps");
    let (steps, _) = steps.split_once("[output]").expect("the output follows");
    let kept = steps
        .split("[[step]]")
        .filter(|step| !without.iter().any(|op| step.contains(&format!("op = \"{op}\""))));
    kept.flat_map(|step| {
        ["[[step]]\n"].into_iter().chain(step.lines().filter(|l| !l.starts_with("p = "))).chain(["\n"])
    })
    .fold(String::new(), |all, line| all + line + "\n")
}

/// Nanoseconds that this thread was on a processor; the clock where nothing tells them.
struct Processor(std::time::Instant);

impl Processor {
    fn now(&self) -> f64 {
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let told = told.split_whitespace().next().and_then(|first| first.parse().ok());
        told.unwrap_or_else(|| self.0.elapsed().as_secs_f64() * 1e9)
    }
}

impl Measurement for Processor {
    type Intermediate = f64;
    type Value = f64;

    fn start(&self) -> f64 {
        self.now()
    }

    fn end(&self, start: f64) -> f64 {
        self.now() - start
    }

    fn add(&self, a: &f64, b: &f64) -> f64 {
        a + b
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn to_f64(&self, value: &f64) -> f64 {
        *value
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

fn transforms(c: &mut Criterion<Processor>) {
    keep_heap();
    let scene = room(POINTS);
    let mut group = c.benchmark_group("augment-150k");
    let mut time = |name: &str, source: &str, of: &[Description]| {
        let augmenter = augmenter(source);
        group.bench_function(name, |b| {
            b.iter(|| augmenter.variant(&scene, of, 1).expect("the scene is whole"));
        });
    };
    time("copy only", "", &[]);
    // Those that hold other steps do nothing themselves, and those that mix need another scene.
    let alone = ["one-of", "sequence", "repeat", "mix3d", "paste-object"];
    for op in OPS.iter().filter(|op| !alone.contains(&op.name)) {
        let extra = match op.name {
            "crop-sphere" => "count = 102400",
            "limit-points" => "count = 100000",
            _ => "",
        };
        time(op.name, &format!("[[step]]\nop = '{}'\n{extra}\n", op.name), &[]);
    }
    time("limit-points spformer", "[[step]]\nop = 'limit-points'\nhow = 'spformer'\ncount = 100000\n", &[]);
    time(
        "pointcept-ptv3, pointwise steps",
        &certain(PTV3, &["elastic", "drop-points", "grid-sample", "crop-sphere"]),
        &[],
    );
    time("pointcept-ptv3, every step", &certain(PTV3, &[]), &[]);
    let describe = |i: i32| Description {
        object_id: 3 + i % 20,
        text: format!("the brown chair to the left of the {i} th desk"),
        ..Description::default()
    };
    let descriptions: Vec<Description> = (0..65).map(describe).collect();
    time("default pipeline, 65 descriptions", include_str!("../pipelines/default.toml"), &descriptions);
    time("pointcept-ptv3, every step, 65 descriptions", &certain(PTV3, &[]), &descriptions);
    group.finish();
}

/// The gate on 65 descriptions, of which each is read for a mirror and for what a crop took; the
/// scene is so small that nothing else takes time.
fn gate(c: &mut Criterion<Processor>) {
    let mut scene = room(600);
    let classes = ["chair", "desk", "table", "office chair", "couch", "trash can", "window", "bookshelf"];
    for (object, class) in scene.objects.iter_mut().zip(classes.iter().cycle()) {
        object.raw_category = (*class).into();
    }
    let text = |i: i32| match i % 3 {
        0 => "this is a brown office chair. it is to the left of the small desk, right next to the window.",
        1 => {
            "there is a chair in the corner of the room. it is the second chair from the door on your right."
        }
        _ => {
            "the chair is black and has four legs. it is in front of a monitor that stands on the white table."
        }
    };
    let describe = |i: i32| Description { object_id: 3, text: text(i).into(), ..Description::default() };
    let descriptions: Vec<Description> = (0..65).map(describe).collect();
    let mirror = "[[step]]\nop = 'mirror'\nx-p = 1.0\ny-p = 0.0\n";
    let mut group = c.benchmark_group("gate-65-descriptions");
    for (name, crop) in
        [("mirror", ""), ("mirror and crop", "[[step]]\nop = 'crop-box'\nsize-m = [4, 4, 4]\n")]
    {
        let augmenter = augmenter(&format!("{mirror}{crop}"));
        group.bench_function(name, |b| {
            b.iter(|| augmenter.variant(&scene, &descriptions, 1).expect("the scene is whole"));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .with_measurement(Processor(std::time::Instant::now()))
        .sample_size(10)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = transforms, gate
}
criterion_main!(benches);
