use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::profile::Reduce;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::Role;

rule! {
    /// The trainer's random sample leaves a described object hardly a point.
    ///
    /// # What it checks
    /// Only with `--profile` of a trainer that takes a random sample of large scans (scanrefer 40,000
    /// points, mdin and m3dref-clip 250,000): how many points of each described object the sample
    /// holds on average, which is its number of vertices times the sample's share of the scan. The
    /// rule fires under `min-target-points`, 10 unless you say otherwise. Evidence: `expected`, that
    /// average; `vertices`, how many the object has; `scan`, how many the scan has; `profile`, the
    /// trainer with the smallest sample; `threshold`.
    ///
    /// # Why it matters
    /// The target is a handful of points, others in each epoch, and now and then none: then the loss
    /// has nothing to find, and some loaders stop.
    ///
    /// # How to fix
    /// Take all points, raise the budget, or leave the object's descriptions out of training.
    ///
    /// # Known exceptions
    /// None.
    ///
    /// # Source
    /// `random_sampling` in `lib/dataset.py` of <https://github.com/daveredrum/ScanRefer>; its data
    /// preparation has taken a sample of 50,000 before that.
    LostTarget { code: "MSK103", name: "lost-target", severity: Warning, needs: Profile }
}

impl Rule for LostTarget {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let points = scan.scan.scene.points.len() as u64;
        let samples = scan.profiles.iter().filter_map(|profile| {
            let budget = profile.points.as_ref().filter(|p| p.by == Reduce::Sample)?;
            Some((u64::from(budget.most), profile.name.as_str()))
        });
        let Some((most, profile)) = samples.min().filter(|(most, _)| *most < points) else { return };
        let threshold = scan.thresholds.min_target_points;
        for &id in scan.targets().keys() {
            let Some(&vertices) = scan.owned().get(&id) else { continue };
            if u64::from(vertices) * most >= u64::from(threshold) * points {
                continue;
            }
            // Rounded down, so that it reads as too few.
            let expected = (u64::from(vertices) * most * 10 / points) as f64 / 10.0;
            let message = format!(
                "of the {vertices} vertices of object {id}, {profile} keeps {expected} on average when it takes \
                 {most} of {points}; fewer than {threshold} are too few"
            );
            let draft = Draft::new(message)
                .object(id)
                .file(scan.path(Role::Mesh))
                .evidence("expected", expected)
                .evidence("vertices", vertices)
                .evidence("scan", points)
                .evidence("profile", profile)
                .evidence("threshold", threshold);
            out.report(draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// The clean scan with `n` vertices, the added ones of no object.
    fn large(n: usize) -> Fixture {
        let mut f = Fixture::clean();
        let points = &mut f.scan().scene.points;
        points.position.axes_mut().into_iter().for_each(|axis| axis.resize(n, 0.0));
        points.object.resize(n, -1);
        points.segment.resize(n, 0);
        f
    }

    #[test]
    fn fires_under_ten_points_on_average() {
        // Each object has 150 vertices: 9.99… of them are left at 600,001 vertices.
        let found = large(600_001).run_with("MSK103", &["mdin", "scanrefer"]);
        assert_eq!(
            (found.len(), found[0].object_id, &found[0].evidence["profile"]),
            (5, Some(0), &"scanrefer".into())
        );
        assert_eq!((found[0].evidence["expected"].as_f64(), found[0].descriptions), (Some(9.9), 2));
    }

    #[test]
    fn silent_at_ten_points_within_the_budget_and_for_trainers_that_crop() {
        assert_eq!(large(600_000).run_with("MSK103", &["scanrefer"]), []);
        assert_eq!(large(600_001).run_with("MSK103", &["mdin", "reason3d"]), []);
        assert_eq!(large(10_000_000).run_with("MSK103", &["3d-stmn"]), []);
    }
}
