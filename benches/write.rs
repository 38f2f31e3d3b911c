//! Writing a shard of 150,000-point samples, beside a plain write of the same bytes.
#![allow(missing_docs, clippy::unwrap_used)] // criterion_group! makes a public function

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::io::Write as _;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dataprep::math::{Aabb, Affine, Xyz};
use dataprep::scene::{Colour, Frame, LabelTable, Object, Points, Scene};
use dataprep::store::Folder;
use dataprep::write::{Layout, Sample, Sentence, ShardWriter, SourceObject};

const N: u32 = 150_000;
const OBJECT_POINTS: u32 = 5_000;

fn sample() -> Sample {
    let line = |step: f32| (0..N).map(|i| i as f32 * step).collect::<Vec<f32>>();
    let object = |id: i32| Object {
        id,
        group_id: i64::from(id),
        raw_category: "chair".into(),
        segments: vec![id as u32],
    };
    let objects: Vec<Object> = (0..(N / OBJECT_POINTS) as i32).map(object).collect();
    let source =
        |_| SourceObject { num_points: OBJECT_POINTS, uncropped: Aabb { min: [0.0; 3], max: [1.0; 3] } };
    Sample {
        sample_id: "scene0000_00/v000".into(),
        split: "train".into(),
        variant: 0,
        source: objects.iter().map(|o| (o.id, source(o.id))).collect::<BTreeMap<_, _>>(),
        scene: Scene {
            id: "scene0000_00".into(),
            points: Points {
                position: Xyz { x: line(1e-4), y: line(2e-4), z: line(3e-4) },
                colour: Some(Colour {
                    red: vec![1; N as usize],
                    green: vec![2; N as usize],
                    blue: vec![3; N as usize],
                }),
                normal: Some(Xyz { x: line(0.0), y: line(0.0), z: vec![1.0; N as usize] }),
                segment: (0..N).map(|i| i / 150 * 150).collect(),
                object: (0..N).map(|i| (i / OBJECT_POINTS) as i32).collect(),
                nyu40: vec![5; N as usize],
                orig_index: (0..N).collect(),
            },
            faces: vec![],
            objects,
            frame: Frame::raw(Some(Affine::IDENTITY)),
        },
        described: BTreeSet::from([0, 1, 2]),
        provenance: "{}".into(),
        sentences: (0..60)
            .map(|i| Sentence { object_id: i % 3, text: "a chair".into(), ..Sentence::default() })
            .collect(),
    }
}

fn write(c: &mut Criterion) {
    let sample = sample();
    let labels = LabelTable::default();
    let layout = Layout::default();
    let bytes = vec![7_u8; N as usize * 40];
    let mut group = c.benchmark_group("write");
    group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(20);
    // Four samples a shard, so that opening and flushing are a fair part of it.
    group.bench_function("shard of 4", |b| {
        b.iter(|| {
            let dir = tempfile::tempdir().unwrap();
            let store = Folder::new(dir.path());
            let mut shard = ShardWriter::new(&store, "train-00000", &labels, &layout).unwrap();
            for _ in 0..4 {
                shard.write(black_box(&sample)).unwrap();
            }
            shard.publish().unwrap()
        });
    });
    group.bench_function("plain write of the same bytes, flushed", |b| {
        b.iter(|| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            for _ in 0..4 {
                file.write_all(black_box(&bytes)).unwrap();
            }
            file.as_file().sync_all().unwrap();
        });
    });
    group.finish();
}

criterion_group!(benches, write);
criterion_main!(benches);
