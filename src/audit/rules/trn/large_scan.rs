use crate::audit::finding::{Draft, Severity};
use crate::audit::profile::{Ids, Profile, Reduce};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, names};
use crate::audit::{DatasetContext, ScanContext};
use crate::scene::Role;

rule! {
    /// A scan has more points than the trainer keeps.
    ///
    /// # What it checks
    /// Only with `--profile` of a trainer with a budget of points. Trainers that cut a box out of the
    /// scan until it fits (3d-stmn, 250,000) get one finding for each scan; of trainers that take a
    /// random sample (scanrefer 40,000, mdin and m3dref-clip 250,000) one finding says how many
    /// scans are concerned, as context: MSK103 names the targets that suffer. Evidence: `vertices`,
    /// how many the scan has; `budget`, how many are kept; `scans`, how many scans have more;
    /// `profiles`, the trainers; `renumbers`, which of them then renumber objects.
    ///
    /// # Why it matters
    /// A crop may leave out the target, or what the sentence relates it to. Objects that it empties
    /// leave gaps in the ids, and a trainer that closes gaps then gives other objects their ids, other
    /// ones in each epoch.
    ///
    /// # How to fix
    /// Raise the budget, or take a random sample in place of the crop, and leave ids as they are.
    ///
    /// # Known exceptions
    /// None.
    ///
    /// # Source
    /// `max_npoint` in the configuration of <https://github.com/sosppxo/3D-STMN>, whose authors speak
    /// of a mistake in it: <https://github.com/sosppxo/3D-STMN/issues/9>.
    LargeScan { code: "TRN103", name: "large-scan", severity: Warning, needs: Profile }
}

/// The trainers that get rid of points in one way, with their budgets, the smallest first.
fn budgets(profiles: &[&'static Profile], by: Reduce) -> Vec<(u32, &'static Profile)> {
    let budget = |p: &&'static Profile| p.points.as_ref().filter(|b| b.by == by).map(|b| (b.most, *p));
    let mut budgets: Vec<_> = profiles.iter().filter_map(budget).collect();
    budgets.sort_by_key(|(most, _)| *most);
    budgets
}

impl Rule for LargeScan {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let points = scan.scan.scene.points.len();
        let crops: Vec<_> = budgets(scan.profiles, Reduce::Crop)
            .into_iter()
            .filter(|(most, _)| points > *most as usize)
            .collect();
        let Some(&(most, _)) = crops.first() else { return };
        let trainers: Vec<&'static Profile> = crops.iter().map(|&(_, p)| p).collect();
        let renumbers = names(trainers.iter().filter(|p| p.ids == Ids::Renumber));
        let trainers = names(&trainers);
        let mut message =
            format!("of the scan's {points} points a box of at most {most} is cut out by {trainers}");
        if !renumbers.is_empty() {
            message += "; objects that are then empty change the ids of others";
        }
        let draft = Draft::new(message)
            .file(scan.path(Role::Mesh))
            .evidence("vertices", points)
            .evidence("budget", most)
            .evidence("profiles", trainers)
            .evidence("renumbers", renumbers);
        out.report(draft);
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        for (most, profile) in budgets(data.profiles, Reduce::Sample) {
            let large = data.summary.scans.values().filter(|f| f.vertices > u64::from(most));
            let (scans, harmed) = large.fold((0, 0), |(n, d), f| (n + 1, d + f.descriptions as usize));
            if scans == 0 {
                continue;
            }
            let message = format!(
                "{} takes a random sample of {most} points from {scans} of {}",
                profile.name,
                count(data.summary.scans.len(), "scan"),
            );
            let draft = Draft::new(message)
                .key(&profile.name)
                .evidence("budget", most)
                .evidence("scans", scans)
                .evidence("profiles", profile.name.as_str())
                .at_most(Severity::Info);
            out.report(draft.harms(harmed));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::Severity;
    use crate::audit::fixture::Fixture;

    fn large(n: usize) -> Fixture {
        let mut f = Fixture::clean();
        f.scan().scene.points.position.axes_mut().into_iter().for_each(|axis| axis.resize(n, 0.0));
        f
    }

    #[test]
    fn fires_for_a_crop_on_each_scan_and_for_a_sample_once() {
        let found = large(250_001).run_with("TRN103", &["3d-stmn", "scanrefer", "mdin", "reason3d"]);
        assert_eq!(found.len(), 3);
        assert_eq!(
            (found[0].scene_id.as_deref(), found[0].severity),
            (Some("scene0001_00"), Severity::Warning)
        );
        assert_eq!((&found[0].evidence["renumbers"], found[0].descriptions), (&"3d-stmn".into(), 10));
        let samples: Vec<_> =
            found[1..].iter().map(|f| (f.number("budget"), f.number("scans"), f.severity)).collect();
        let sample = |budget| (Some(budget), Some(1), Severity::Info);
        assert!(samples.contains(&sample(40_000)) && samples.contains(&sample(250_000)), "{samples:?}");
    }

    #[test]
    fn silent_at_the_budget() {
        assert_eq!(large(250_000).run_with("TRN103", &["3d-stmn", "mdin"]), []);
    }
}
