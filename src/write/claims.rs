//! Whether a manifest agrees with itself; no other file is read.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{MANIFEST, Manifest};
use super::problem::{Problem, SKEWED};
use crate::scene::room_of;

/// What the manifest says in one place and not in another, rooms in two splits, shards far too large.
pub(super) fn problems(manifest: &Manifest) -> Vec<Problem> {
    [index(manifest), totals(manifest), leaks(manifest), skewed(manifest)].concat()
}

/// Every scene is in a listed shard of its split, in row order; the pipeline is the one hashed.
fn index(manifest: &Manifest) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut report = |message| {
        problems.push(Problem { code: "SHD102", file: MANIFEST.into(), message });
    };
    let splits: BTreeMap<&str, &str> =
        manifest.shards.iter().map(|s| (s.name.as_str(), s.split.as_str())).collect();
    let mut rows: BTreeMap<&str, u32> = BTreeMap::new();
    for scene in &manifest.scenes {
        let row = rows.entry(&scene.shard).or_default();
        match splits.get(scene.shard.as_str()) {
            None => report(format!("{}: shard {} is not listed", scene.sample_id, scene.shard)),
            Some(split) if *split != scene.split => {
                report(format!("{}: split {} in a shard of split {split}", scene.sample_id, scene.split));
            }
            Some(_) if *row != scene.row_group => {
                report(format!("{}: row group {} in place of {row}", scene.sample_id, scene.row_group));
            }
            Some(_) => {}
        }
        *row += 1;
    }
    let mut meant = Manifest::default();
    meant.set_layout(&manifest.layout);
    if meant.columns != manifest.columns {
        report("the columns are not those of the layout".into());
    }
    if blake3::hash(manifest.pipeline.as_bytes()).to_hex().as_str() != manifest.pipeline_blake3 {
        report("the pipeline is not the one that was hashed".into());
    }
    problems
}

/// The totals are the sums of what the scenes claim.
fn totals(manifest: &Manifest) -> Vec<Problem> {
    let points: u64 = manifest.scenes.iter().map(|s| u64::from(s.num_points)).sum();
    let sentences: u64 = manifest.scenes.iter().map(|s| u64::from(s.num_descriptions)).sum();
    let claims = [
        ("scenes", manifest.scenes.len() as u64, manifest.totals.scenes),
        ("points", points, manifest.totals.points),
        ("descriptions", sentences, manifest.totals.descriptions),
    ];
    let wrong = claims.into_iter().filter(|(_, found, claimed)| found != claimed);
    wrong
        .map(|(what, found, claimed)| Problem {
            code: "SHD102",
            file: MANIFEST.into(),
            message: format!("{claimed} {what} in the totals, {found} in the scenes"),
        })
        .collect()
}

/// No room is in two splits.
fn leaks(manifest: &Manifest) -> Vec<Problem> {
    let mut splits: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for scene in &manifest.scenes {
        splits.entry(room_of(&scene.scene_id)).or_default().insert(&scene.split);
    }
    let leaking = splits.into_iter().filter(|(_, s)| s.len() > 1);
    leaking
        .map(|(room, splits)| Problem {
            code: "SHD108",
            file: MANIFEST.into(),
            message: format!("room {room} is in splits {}", Vec::from_iter(splits).join(" and ")),
        })
        .collect()
}

/// Shards of a split that are several times as large as most: a reader of whole shards waits for them.
fn skewed(manifest: &Manifest) -> Vec<Problem> {
    const TIMES: u64 = 4;
    let mut sizes: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
    for shard in &manifest.shards {
        let bytes = shard.files.iter().map(|f| f.bytes).sum();
        sizes.entry(&shard.split).or_default().push((bytes, &shard.name));
    }
    let mut problems = Vec::new();
    for (split, mut shards) in sizes {
        // The last of a split holds what was left.
        shards.sort_unstable();
        let median = shards[shards.len() / 2].0;
        let large = shards.iter().filter(|(bytes, name)| {
            // One scene cannot be cut in two.
            *bytes > TIMES * median && manifest.scenes.iter().filter(|s| s.shard == *name).count() > 1
        });
        problems.extend(large.map(|(bytes, name)| Problem {
            code: SKEWED,
            file: (*name).to_owned(),
            message: format!("{bytes} bytes, where half of split {split} have at most {median}"),
        }));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{data_set, sample};
    use super::super::{ShardFile, ShardIndex};
    use super::*;

    #[test]
    fn a_shard_much_larger_than_most_is_a_warning() {
        let dir = tempfile::tempdir().unwrap();
        let mut manifest = data_set(dir.path(), &[sample("scene0000_00", 0), sample("scene0000_00", 1)]);
        let small = ShardFile { bytes: 10, ..manifest.shards[0].files[0].clone() };
        for name in ["train-00001", "train-00002"] {
            let shard = ShardIndex { name: name.into(), split: "train".into(), files: vec![small.clone()] };
            manifest.shards.push(shard);
        }
        let found = skewed(&manifest);
        assert!(
            found.len() == 1 && found[0].is_warning() && found[0].file.starts_with("train-00000"),
            "{found:?}"
        );
        manifest.scenes.pop();
        assert_eq!(skewed(&manifest), [], "one scene cannot be cut");
    }
}
