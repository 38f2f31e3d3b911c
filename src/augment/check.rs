//! The promises of augmentation, checked on what came out (`--verify`).

use std::collections::BTreeMap;

use super::augmenter::Augmenter;
use super::config::Step;
use super::mixing::{Partners, with_guests};
use super::targets::tally;
use super::variant::{Provenance, Variant};
use crate::error::{Error, Kind, Result};
use crate::math::{Affine, Xyz};
use crate::scene::{Description, Points, Scene};

/// Holds a variant against the scene it was made from.
///
/// 1. Every column has the same length, and `orig_index` names source vertices.
/// 2. Object ids, nyu40 ids and the list of objects are the source's; targets kept their share.
/// 3. Segment ids are the source's, so superpoints made of them are the same partition.
/// 4. Normals have length 1 and are those of the mapped surface, or 0 where `drop-normals` was applied.
/// 5. Target counts are those of the kept points, from which boxes are made.
/// 6. Positions are finite, and where only affine steps ran they are the map's.
/// 7. Points stand in source order, or, where `shuffle` was applied, in another; none is there twice.
/// 8. Columns that were there are there, and no others.
///
/// What other scenes added is held against them in the same way, under its new ids, which are
/// above all others.
///
/// Values that were not right in the source are passed over. Fails with [`Kind::Malformed`],
/// naming scene, variant, promise and the point; it is a bug in this program.
pub fn check(source: &Scene, variant: &Variant) -> Result<()> {
    let source = &*with_guests(source, variant).map_err(|what| {
        let place = format!("{} variant {}", source.id, variant.provenance.variant);
        Error::new(Kind::Malformed, format!("{place}: what was added is told apart: {what}"))
    })?;
    let (from, to) = (&source.points, &variant.scene.points);
    let broken = |promise: &str, what: String| {
        let steps: Vec<&str> =
            variant.provenance.steps.iter().filter(|s| s.applied).map(|s| s.id.as_str()).collect();
        let place = format!("{} variant {}", source.id, variant.provenance.variant);
        Error::new(Kind::Malformed, format!("{place}: {promise}: {what}"))
            .found(format!("after the steps {}", steps.join(", ")))
            .help("this is a bug in dataprep: please report it with the pipeline file and the seed")
    };
    if let Some((column, length)) = to.ragged_column() {
        return Err(broken("columns have one length", format!("{column} has {length}, not {}", to.len())));
    }
    if let Some(column) = column_gone_or_new(from, to) {
        return Err(broken("columns stay", format!("{column} came or went")));
    }
    let rows = source_rows(from, to).map_err(|vertex| {
        broken("orig_index names source vertices", format!("vertex {vertex} is not in the source"))
    })?;
    if variant.provenance.applied("shuffle") {
        let mut sorted = rows.clone();
        sorted.sort_unstable();
        if let Some([row, ..]) = sorted.windows(2).find(|w| w[0] == w[1]) {
            return Err(broken("points are there once", format!("source row {row} is there twice")));
        }
    } else if let Some(i) = rows.windows(2).position(|w| w[0] >= w[1]) {
        return Err(broken("points stand in source order", format!("point {} does not", i + 1)));
    }
    if source.objects != variant.scene.objects {
        return Err(broken("objects stay", "the list differs".into()));
    }
    for (column, same) in [
        ("object", follows(&from.object, &to.object, &rows)),
        ("nyu40", follows(&from.nyu40, &to.nyu40, &rows)),
        ("segment", follows(&from.segment, &to.segment, &rows)),
    ] {
        if let Err(point) = same {
            return Err(broken(
                "labels stay with their points",
                format!("{column} of point {point} changed"),
            ));
        }
    }
    positions(&variant.provenance, &from.position, &to.position, &rows).map_err(|point| {
        broken("positions are finite and follow the map", format!("point {point} does not"))
    })?;
    if let (Some(from), Some(to)) = (&from.normal, &to.normal) {
        normals(&variant.provenance, from, to, &rows).map_err(|point| {
            broken("normals are unit and follow the surface", format!("that of point {point} does not"))
        })?;
    }
    targets(&variant.provenance, from, to)
        .map_err(|object| broken("targets keep their points", format!("object {object} did not")))
}

impl Augmenter {
    /// As [`Self::variant_among`], with every promise [checked](check).
    ///
    /// Fails as those do; a broken promise names the first step that breaks it.
    pub fn verified(
        &self,
        scene: &Scene,
        descriptions: &[Description],
        variant: u32,
        partners: &dyn Partners,
    ) -> Result<Variant> {
        let made = self.variant_among(scene, descriptions, variant, partners)?;
        let Err(error) = check(scene, &made) else { return Ok(made) };
        // The same variant as far as each step: the later ones keep their draws and do not happen.
        let broken_after = |&last: &usize| {
            let until = |(at, step): (usize, &Step)| Step {
                p: if at <= last { step.p } else { 0.0 },
                ..step.clone()
            };
            let steps = self.steps.iter().enumerate().map(until).collect();
            let part = Self { steps, text: self.text.clone(), seed: self.seed };
            let made = part.variant_among(scene, descriptions, variant, partners);
            made.is_ok_and(|made| check(scene, &made).is_err())
        };
        Err(match (0..self.steps.len()).find(broken_after) {
            Some(at) => error.about(&format!("step `{}`", self.steps[at].id)),
            None => error,
        })
    }
}

fn column_gone_or_new(from: &Points, to: &Points) -> Option<&'static str> {
    let kept = |from: usize, to_length: usize| (from == 0) == (to_length == 0) || to.is_empty();
    [
        ("colour", from.colour.is_some() == to.colour.is_some()),
        ("normal", from.normal.is_some() == to.normal.is_some()),
        ("object", kept(from.object.len(), to.object.len())),
        ("segment", kept(from.segment.len(), to.segment.len())),
        ("nyu40", kept(from.nyu40.len(), to.nyu40.len())),
    ]
    .into_iter()
    .find_map(|(column, same)| (!same).then_some(column))
}

/// The source row of each point, or the first vertex that has none.
fn source_rows(from: &Points, to: &Points) -> Result<Vec<u32>, u32> {
    let row_of: BTreeMap<u32, u32> = from.orig_index.iter().copied().zip(0..).collect();
    to.orig_index.iter().map(|vertex| row_of.get(vertex).copied().ok_or(*vertex)).collect()
}

/// Whether a column went along with its rows, or the first point of which it did not.
fn follows<T: PartialEq + Copy>(from: &[T], to: &[T], rows: &[u32]) -> Result<(), usize> {
    match to.iter().zip(rows).position(|(value, &row)| from[row as usize] != *value) {
        Some(point) => Err(point),
        None => Ok(()),
    }
}

fn positions(provenance: &Provenance, from: &Xyz, to: &Xyz, rows: &[u32]) -> Result<(), usize> {
    let map = Affine::from_row_major(provenance.matrix).ok_or(0_usize)?;
    for (point, &row) in rows.iter().enumerate() {
        let (old, new) = (from.get(row as usize).map(f64::from), to.get(point).map(f64::from));
        if old.iter().any(|v| !v.is_finite()) {
            continue;
        }
        if new.iter().any(|v| !v.is_finite()) {
            return Err(point);
        }
        // Consecutive affine steps round once; removals in between may add a few roundings.
        let expected = map.apply(old);
        let size = expected.iter().chain(&old).fold(1.0_f64, |m, v| m.max(v.abs()));
        if provenance.affine && (0..3).any(|a| (new[a] - expected[a]).abs() > 1e-5 * size) {
            return Err(point);
        }
    }
    Ok(())
}

fn normals(provenance: &Provenance, from: &Xyz, to: &Xyz, rows: &[u32]) -> Result<(), usize> {
    let map = Affine::from_row_major(provenance.matrix).ok_or(0_usize)?;
    let length = |n: [f32; 3]| libm::sqrt(n.iter().map(|&v| f64::from(v) * f64::from(v)).sum());
    let mut expected = from.clone();
    map.apply_to_normals(&mut expected);
    let dropped = provenance.applied("drop-normals");
    for (point, &row) in rows.iter().enumerate() {
        let row = row as usize;
        if (length(from.get(row)) - 1.0).abs() > 1e-5 {
            continue;
        }
        let (new, expected) = (to.get(point), expected.get(row));
        if dropped && new == [0.0; 3] {
            continue;
        }
        let away = provenance.affine && (0..3).any(|a| (new[a] - expected[a]).abs() > 1e-4);
        if away || (length(new) - 1.0).abs() > 1e-5 {
            return Err(point);
        }
    }
    Ok(())
}

/// The first target whose count is wrong, or that kept less than was promised.
fn targets(provenance: &Provenance, from: &Points, to: &Points) -> Result<(), i32> {
    let (before, after) = (tally(&from.object), tally(&to.object));
    let of = |counts: &BTreeMap<i32, u32>, object| counts.get(&object).copied().unwrap_or(0);
    let resampled = provenance.applied("grid-sample");
    for target in &provenance.targets {
        let counted =
            target.source_points == of(&before, target.object) && target.points == of(&after, target.object);
        // What a resampling thinned on purpose does not count; its records say what it left, where
        // a share need not be a whole number of points.
        let promise = provenance.min_target_ratio * f64::from(target.source_points);
        let promised = if resampled {
            target.ratio * f64::from(target.source_points) >= promise - 0.5
        } else {
            f64::from(target.points) >= promise - 1e-6
        };
        if !counted || !promised {
            return Err(target.object);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::Alone;
    use crate::augment::testing::{augmenter, cube, describing, variant_of};
    use crate::augment::transform::{Action, Drawn, Transform};
    use crate::math::Stream;

    /// A step that is wrong: it loses a coordinate.
    #[derive(Debug)]
    struct Wrong;

    impl Transform for Wrong {
        fn draw(&self, _stream: &mut Stream) -> Drawn {
            Drawn::new(Action::Positions(Box::new(|points, _| points.position.x[2] = f32::NAN)))
        }
    }

    #[test]
    fn a_step_that_breaks_a_promise_is_named() {
        let steps = [
            "op = 'rotate'",
            "op = 'one-of'\n[[step.step]]\nop = 'mirror'\n[[step.step]]\nop = 'scale'",
            "op = 'jitter'",
        ];
        let mut pipeline = augmenter(&steps, 7);
        let descriptions = [describing(1, "a chair")];
        pipeline.verified(&cube(), &descriptions, 1, &Alone).unwrap();
        for at in 0..pipeline.steps.len() {
            let right = std::mem::replace(&mut pipeline.steps[at].transform, std::sync::Arc::new(Wrong));
            let id = pipeline.steps[at].id.clone();
            let happened = (1..20).filter_map(|variant| {
                pipeline
                    .verified(&cube(), &descriptions, variant, &Alone)
                    .err()
                    .map(|e| (variant, e.to_string()))
            });
            for (variant, message) in happened.collect::<Vec<_>>() {
                let starts = format!("step `{id}`: cube variant {variant}: positions are finite");
                assert!(message.starts_with(&starts), "{message}");
            }
            assert!(pipeline.verified(&cube(), &descriptions, 0, &Alone).is_ok());
            pipeline.steps[at].transform = right;
        }
    }

    fn break_it(change: impl Fn(&mut Variant)) -> String {
        let scene = cube();
        let steps = ["op = 'rotate'", "op = 'scale'\nanisotropic = true"];
        let mut variant = variant_of(&scene, &steps, &[describing(1, "a chair")], 1.0);
        check(&scene, &variant).unwrap();
        change(&mut variant);
        check(&scene, &variant).unwrap_err().to_string()
    }

    #[test]
    fn each_broken_promise_is_told_with_scene_variant_and_point() {
        let message = break_it(|v| v.scene.points.object[3] = 9);
        assert!(message.starts_with("cube variant 1: labels stay with their points: object of point 3"));
        assert!(message.contains("rotate#1, scale#1"), "{message}");
        for (change, promise) in [
            ((|v| v.scene.points.nyu40.truncate(1)) as fn(&mut Variant), "one length"),
            (|v| v.scene.points.colour = None, "columns stay"),
            (|v| v.scene.points.orig_index[2] = 77, "vertex 77"),
            (|v| v.scene.points.orig_index.swap(0, 1), "source order"),
            (|v| v.scene.objects.clear(), "objects stay"),
            (|v| v.scene.points.segment[0] += 1, "segment of point 0"),
            (|v| v.scene.points.position.x[5] = f32::NAN, "point 5"),
            (|v| v.scene.points.position.x[5] += 0.01, "point 5"),
            (|v| v.scene.points.normal.as_mut().unwrap().z[4] = 0.5, "normals"),
            (|v| v.provenance.targets[0].points = 1, "object 1"),
            (|v| v.scene.points.normal.as_mut().unwrap().z.fill(0.0), "normals"),
        ] {
            let message = break_it(change);
            assert!(message.contains(promise), "{message}");
        }
    }

    #[test]
    fn what_only_some_steps_may_do_is_held_against_them() {
        let scene = cube();
        let mut shuffled = variant_of(&scene, &["op = 'shuffle'"], &[], 1.0);
        check(&scene, &shuffled).unwrap();
        let mut twice: Vec<u32> = (0..8).collect();
        twice[3] = 2;
        shuffled.scene.points = shuffled.scene.points.select(&twice);
        let message = check(&scene, &shuffled).unwrap_err().to_string();
        assert!(message.contains("points are there once"), "{message}");
        let mut dropped = variant_of(&scene, &["op = 'drop-normals'"], &[], 1.0);
        check(&scene, &dropped).unwrap();
        dropped.scene.points.normal.as_mut().unwrap().x[2] = 0.1;
        assert!(check(&scene, &dropped).is_err(), "either none or of length 1");
    }
}
