use std::collections::BTreeMap;

use crate::audit::DatasetContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::summary::Agreement;
use crate::scene::References;

rule! {
    /// Object ids of descriptions are shifted by one.
    ///
    /// # What it checks
    /// How often a description's `object_name` is the label of `object_id` − 1, `object_id` and
    /// `object_id` + 1, over each references file and over each scan. It fires where names agree
    /// better at a shift, and for at least `min-shift-percent` (70) of the descriptions. The names
    /// and absent objects that the shift explains are not reported one by one. Evidence: `level`,
    /// `file` or `scan`; `shift`, where names agree; `agree_minus_1`, `agree_0` and `agree_plus_1`,
    /// how many do; `descriptions`, of how many; `scans`, in how many scans.
    ///
    /// # Why it matters
    /// Every description is trained on its neighbour's mask. Training runs, the loss falls, and the
    /// score stays below chance.
    ///
    /// # How to fix
    /// Find the step that changed the ids: ScanNet's `objectId` starts at 0, while the masks that
    /// ScanRefer and mmdet3d prepare start at 1 because 0 means no object. Join on `objectId`.
    ///
    /// # Known exceptions
    /// None: where every name agrees as it is, no shift can agree better.
    ///
    /// # Source
    /// `load_scannet_data.py` of <https://github.com/facebookresearch/votenet> counts instances from
    /// 1; a public case of scores near zero is
    /// <https://github.com/KuanchihHuang/Reason3D/issues/15>.
    ShiftedIds { code: "REF104", name: "shifted-ids", severity: Error }
}

fn draft(file: &References, level: &str, agreement: &Agreement, shift: i64, scans: usize) -> Draft {
    let [minus, here, plus] = agreement.at;
    let best = if shift < 0 { minus } else { plus };
    let total = agreement.descriptions;
    let (wrong, by) = if shift < 0 { ("too high", "one less") } else { ("too low", "one more") };
    let scope = match level {
        "file" => format!("all over the file, {scans} scans, object ids are"),
        _ => "object ids of this scan are".to_owned(),
    };
    let message = format!(
        "{scope} 1 {wrong}: of {total} names {best} are the label of the object with {by}, {here} of the \
         object named"
    );
    let add = if shift < 0 { "subtract 1 from" } else { "add 1 to" };
    Draft::new(message)
        .file(&file.path)
        .key(file.path.file_name().unwrap_or_default().to_string_lossy())
        .key(shift)
        .evidence("level", level)
        .evidence("shift", shift)
        .evidence("agree_minus_1", minus)
        .evidence("agree_0", here)
        .evidence("agree_plus_1", plus)
        .evidence("descriptions", total)
        .evidence("scans", scans)
        .fix(format!("{add} each object_id, or mend the step that shifted them"))
        .score(best as f64 / total as f64)
        .harms(total as usize)
}

impl Rule for ShiftedIds {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        type Scans<'a> = Vec<(&'a str, Agreement)>;
        let mut by_file: BTreeMap<u32, (Agreement, Scans<'_>)> = BTreeMap::new();
        for (scan, facts) in &data.summary.scans {
            for (&file, agreement) in &facts.agreement {
                let (sum, scans) = by_file.entry(file).or_default();
                sum.add(agreement);
                scans.push((scan, *agreement));
            }
        }
        for (file, (sum, scans)) in by_file {
            let Some(file) = data.catalogue.references.get(file as usize) else { continue };
            // One scan says nothing about a file.
            let whole = sum.shift(data.thresholds).filter(|_| scans.len() > 1);
            if let Some(shift) = whole {
                out.report(draft(file, "file", &sum, shift, scans.len()));
            }
            for (scan, agreement) in scans {
                if let Some(shift) = agreement.shift(data.thresholds).filter(|&s| Some(s) != whole) {
                    out.report(draft(file, "scan", &agreement, shift, 1).scene(scan));
                }
            }
        }
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        matches!(other.code.as_str(), "REF102" | "REF103")
            && other.file == mine.file
            && other.number("agrees_at").is_some_and(|s| Some(s) == mine.number("shift"))
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::scene::Description;

    fn errors(f: &Fixture) -> Vec<(String, Option<String>, u64)> {
        let found = f.findings().into_iter().filter(|f| f.code != "TXT301");
        found.map(|f| (f.code, f.scene_id, f.descriptions)).collect()
    }

    fn shift(f: &mut Fixture, by: i32, which: impl Fn(&Description) -> bool) {
        f.descriptions(|d| d.iter_mut().filter(|d| which(d)).for_each(|d| d.object_id += by));
    }

    #[test]
    fn fires_once_for_a_file_and_explains_every_name() {
        let mut f = Fixture::clean();
        shift(&mut f, 1, |d| d.file == 0);
        assert_eq!(errors(&f), [("REF104".into(), None, 20)]);
        let found = f.run("REF104");
        assert_eq!((found[0].number("shift"), found[0].number("agree_0")), (Some(-1), Some(0)));
        assert!(found[0].message.contains("1 too high"));
    }

    #[test]
    fn fires_for_one_scan_among_good_ones() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d.retain(|d| d.object_id > 0));
        shift(&mut f, -1, |d| d.scene_id == "scene0001_01");
        // Three more good scans keep the file as a whole in order.
        assert_eq!(errors(&f), [("REF104".into(), Some("scene0001_01".into()), 8)]);
        assert!(f.run("REF104")[0].message.contains("1 too low"));
    }

    #[test]
    fn silent_on_single_slips_which_stay_with_wrong_name() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[3].object_name = "office_chair".into());
        assert_eq!(errors(&f), [("REF103".into(), Some("scene0001_00".into()), 1)]);
    }

    #[test]
    fn names_are_reported_when_the_rule_does_not_run() {
        let mut f = Fixture::clean();
        shift(&mut f, 1, |d| d.file == 0);
        assert!(!f.run("REF103").is_empty());
    }
}
