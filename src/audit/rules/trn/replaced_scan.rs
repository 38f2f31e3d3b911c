use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{count, names};

rule! {
    /// The trainer shows another sample in the place of a described scan.
    ///
    /// # What it checks
    /// Only with `--profile` of a trainer that has a list of scans for which it returns the first
    /// sample of the data set (refmask3d: `scene0154_00` and `scene0636_00`): whether such a scan has
    /// descriptions. Evidence: `profiles`, the trainers.
    ///
    /// # Why it matters
    /// The first sample is trained on once more for each of them, and in an evaluation its score is
    /// counted in their place.
    ///
    /// # How to fix
    /// Take the scan's descriptions out of the files that the trainer reads, or the list out of the
    /// loader.
    ///
    /// # Known exceptions
    /// None: ScanRefer's training file has 20 descriptions of `scene0154_00`.
    ///
    /// # Source
    /// `datasets/semseg.py` of <https://github.com/heshuting555/RefMask3D>.
    ReplacedScan { code: "TRN105", name: "replaced-scan", severity: Warning, needs: Profile }
}

impl Rule for ReplacedScan {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let id = scan.scan.id();
        let replaces = |p: &&&crate::audit::Profile| p.replaces_scans.iter().any(|s| s == id);
        let trainers = names(scan.profiles.iter().filter(replaces));
        if trainers.is_empty() || scan.descriptions.is_empty() {
            return;
        }
        let n = count(scan.descriptions.len(), "description");
        let message = format!("the scan and its {n} are replaced by the first sample in {trainers}");
        out.report(Draft::new(message).evidence("profiles", trainers));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    fn renamed() -> Fixture {
        let mut f = Fixture::clean();
        let id = "scene0154_00";
        let mut scan = f.scans.remove("scene0001_00").unwrap();
        scan.scene.id = id.into();
        f.scans.insert(id.into(), scan);
        f.descriptions(|d| d.iter_mut().take(10).for_each(|d| d.scene_id = id.into()));
        f
    }

    #[test]
    fn fires_on_a_listed_scan_that_is_described() {
        let found = renamed().run_with("TRN105", &["refmask3d", "mdin"]);
        assert_eq!((found.len(), found[0].descriptions), (1, 10));
        assert_eq!(found[0].evidence["profiles"], "refmask3d");
    }

    #[test]
    fn silent_for_other_trainers_other_scans_and_without_descriptions() {
        let mut f = renamed();
        assert_eq!(f.run_with("TRN105", &["mdin"]), []);
        f.descriptions(|d| d.retain(|d| d.scene_id != "scene0154_00"));
        assert_eq!(f.run_with("TRN105", &["refmask3d"]), []);
    }
}
