use crate::audit::finding::{Draft, Finding, Severity};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::count;
use crate::audit::{DatasetContext, Mend};
use crate::scene::{Catalogue, ScanEntry};

rule! {
    /// Descriptions speak of a scan that is not there.
    ///
    /// # What it checks
    /// That the scan of each description was found. One finding for each scan; when none of a file's
    /// scans is there, one warning for the file. Not checked when you ask for a part of the data
    /// set. Evidence: `descriptions`, how many speak of it.
    ///
    /// # Why it matters
    /// Some trainers leave such samples out, some stop, and some keep the previous scene in a
    /// variable and train the sentence on that.
    ///
    /// # How to fix
    /// Download the scan, or leave its descriptions out. If every scan is missing, you gave the
    /// wrong scans folder.
    ///
    /// # Known exceptions
    /// ScanRefer keeps 800 of the 1,513 scans with annotations; the others have no descriptions.
    ///
    /// # Source
    /// The loaders of <https://github.com/KuanchihHuang/Reason3D> look scans up by a part of the
    /// file name.
    UnknownScan { code: "REF101", name: "unknown-scan", severity: Error, fix: Unsafe }
}

impl Rule for UnknownScan {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        if data.partial {
            return;
        }
        let catalogue = data.catalogue;
        let is_there = |scene: &str| catalogue.scan(scene).is_some();
        let mut there = vec![0_usize; catalogue.references.len()];
        let mut all = there.clone();
        for scene in catalogue.described_scenes() {
            for d in catalogue.descriptions_of(scene) {
                all[d.file as usize] += 1;
                there[d.file as usize] += usize::from(is_there(scene));
            }
        }
        for scene in catalogue.described_scenes().filter(|s| !is_there(s)) {
            let mut descriptions = catalogue.descriptions_of(scene).iter();
            let n = descriptions.clone().filter(|d| there[d.file as usize] > 0).count();
            let Some(first) = descriptions.find(|d| there[d.file as usize] > 0) else { continue };
            let speaks = if n == 1 { "description speaks" } else { "descriptions speak" };
            let mut draft = Draft::new(format!("{n} {speaks} of a scan that is not there"))
                .description(first, "scene_id", catalogue)
                .scene(scene)
                .evidence("descriptions", n)
                .harms(n);
            (draft.finding.object_id, draft.finding.ann_id) = (None, None);
            out.report(draft);
        }
        for (file, n) in catalogue
            .references
            .iter()
            .zip(all)
            .zip(there)
            .filter_map(|((file, all), there)| (there == 0 && all > 0).then_some((file, all)))
        {
            // A folder may hold one split of several; but where scans of this split are there, its
            // descriptions should be of them.
            let of_split = |s: &ScanEntry| catalogue.split_of(&s.id) == file.split.as_deref();
            let expected = file.split.is_some() && catalogue.scans.iter().any(of_split);
            let others = if expected { ", though scans of its split are" } else { "" };
            let message = format!("none of the scans of its {} is there{others}", count(n, "description"));
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            let draft = Draft::new(message).file(&file.path).key(name).evidence("descriptions", n);
            let draft = draft.harms(n);
            out.report(if expected { draft } else { draft.at_most(Severity::Warning) });
        }
    }

    fn mend(&self, mine: &Finding, catalogue: &Catalogue) -> Mend {
        let scene = mine.scene_id.as_deref().map_or(&[][..], |scene| catalogue.descriptions_of(scene));
        Mend::drop(scene)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_a_scan_and_once_for_a_file_without_scans() {
        let mut f = Fixture::clean();
        f.catalogue.scans.retain(|s| s.id == "scene0001_00");
        f.scans.retain(|id, _| id == "scene0001_00");
        let found = f.run("REF101");
        assert_eq!(found.len(), 2);
        let (scan, file) = (&found[0], &found[1]);
        assert_eq!((scan.scene_id.as_deref(), scan.descriptions), (Some("scene0001_01"), 10));
        assert_eq!((&file.scene_id, file.severity), (&None, Severity::Warning));
        assert_eq!(file.file.as_deref(), Some("ScanRefer_filtered_val.json"));
    }

    #[test]
    fn a_file_that_speaks_of_nothing_there_is_an_error_where_its_split_is_there() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d.iter_mut().filter(|d| d.file == 1).for_each(|d| d.scene_id.insert_str(0, "x.")));
        let found = f.run("REF101");
        assert_eq!((found.len(), found[0].severity), (1, Severity::Error));
        assert!(found[0].message.contains("though scans of its split are"));
    }

    #[test]
    fn silent_when_only_a_part_was_asked_for() {
        let mut f = Fixture::clean();
        assert_eq!(f.run("REF101"), []);
        f.catalogue.scans.truncate(1);
        assert_eq!(f.audit("REF101", true).1, []);
    }
}
