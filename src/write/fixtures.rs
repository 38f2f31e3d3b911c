//! A small sample and a small data set, for the tests of this room.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{FORMAT, Layout, MANIFEST, Manifest, Sample, Sentence, ShardWriter, SourceObject};
use crate::math::{Aabb, Affine, Xyz};
use crate::scene::{Colour, Frame, LabelTable, Object, Points, Scene};
use crate::store::Folder;

/// 100 points in three segments; two chairs, 2 and 5, of which 2 is described.
pub(super) fn sample(scene: &str, variant: u32) -> Sample {
    let n = 100_u16;
    let line = |step: f32| (0..n).map(|i| f32::from(i) * step + variant as f32).collect::<Vec<f32>>();
    let chair = |id: i32, segments: &[u32]| Object {
        id,
        group_id: i64::from(id),
        raw_category: "chair".into(),
        segments: segments.to_vec(),
    };
    let points = Points {
        position: Xyz { x: line(0.1), y: line(0.2), z: line(0.3) },
        colour: Some(Colour {
            red: (0..n as u8).collect(),
            green: vec![9; n.into()],
            blue: vec![200; n.into()],
        }),
        normal: Some(Xyz { x: vec![0.0; n.into()], y: vec![0.0; n.into()], z: vec![1.0; n.into()] }),
        segment: [vec![100; 40], vec![200; 20], vec![300; 40]].concat(),
        object: [vec![2; 50], vec![5; 50]].concat(),
        nyu40: vec![5; n.into()],
        orig_index: (0..n.into()).collect(),
    };
    let source = SourceObject { num_points: 50, uncropped: Aabb { min: [0.0; 3], max: [9.0; 3] } };
    Sample {
        sample_id: format!("{scene}/v{variant:03}"),
        split: "train".into(),
        variant,
        scene: Scene {
            id: scene.into(),
            points,
            faces: vec![],
            objects: vec![chair(2, &[100]), chair(5, &[300])],
            frame: Frame::raw(Some(Affine::IDENTITY)),
        },
        source: BTreeMap::from([(2, source), (5, source)]),
        described: BTreeSet::from([2]),
        provenance: format!("{{\"seed\":7,\"variant\":{variant},\"mirrors\":1,\"steps\":[]}}"),
        sentences: vec![Sentence {
            object_id: 2,
            object_name: "chair".into(),
            ann_id: "0".into(),
            text: "the right chair".into(),
            text_source: "the left chair".into(),
            text_action: "adapt".into(),
            text_reason: "mirror".into(),
            changed_words: vec![("left".into(), "right".into())],
            tokens: vec!["the".into(), "right".into(), "chair".into()],
            claims: vec!["handed".into()],
            weight: 1.0,
            finding_codes: vec![],
        }],
    }
}

/// Writes samples as one shard a split, with a manifest.
pub(super) fn data_set(dir: &Path, samples: &[Sample]) -> Manifest {
    data_set_as(dir, samples, &Layout::default())
}

/// The same in a layout.
pub(super) fn data_set_as(dir: &Path, samples: &[Sample], layout: &Layout) -> Manifest {
    let store = Folder::new(dir);
    let labels = LabelTable::default();
    let pipeline_blake3 = blake3::hash(b"").to_hex().to_string();
    let mut manifest = Manifest { format: FORMAT, pipeline_blake3, ..Manifest::default() };
    manifest.set_layout(layout);
    let splits: BTreeSet<&str> = samples.iter().map(|s| s.split.as_str()).collect();
    for split in splits {
        let mut shard = ShardWriter::new(&store, &format!("{split}-00000"), &labels, layout).unwrap();
        for sample in samples.iter().filter(|s| s.split == split) {
            shard.write(sample).unwrap();
        }
        manifest.add_shard(split, shard.publish().unwrap());
    }
    store.publish(MANIFEST, &manifest.to_bytes()).unwrap();
    manifest
}
