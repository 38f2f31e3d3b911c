use std::collections::BTreeMap;

use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::summary::{Agreement, Numbering};
use crate::audit::{DatasetContext, Mend};
use crate::scene::{Catalogue, Description, RecordEdit, References};

rule! {
    /// Object ids of descriptions are shifted or count other objects.
    ///
    /// # What it checks
    /// How often a description's `object_name` is the label of the object that its `object_id` means:
    /// by `objectId`, one less, one more, counted without walls and floor, and by the group's `id`;
    /// over each references file and over each scan. It fires where names agree better in another
    /// count than by `objectId`, and for at least `min-shift-percent` (70) of the descriptions, of
    /// which there must be `min-shift-descriptions` (3). The names and absent objects that this
    /// explains are not reported one by one. A file as a whole is said to count otherwise where that
    /// fits better in half of its scans. Evidence: `level`, `file` or `scan`; `numbering`, in
    /// which count names agree: `-1`, `+1`, `no-stuff` or `id`; `agree_0`, how many names agree as
    /// they are; `agree_minus_1`, `agree_plus_1`, `agree_no_stuff` and `agree_id`, how many do in the
    /// other counts; `descriptions`, of how many; `scans`, in how many scans that
    /// fits better; `split`, the file's split.
    ///
    /// # Why it matters
    /// Every description is trained on another object's mask. Training runs, the loss falls, and the
    /// score stays below chance.
    ///
    /// # How to fix
    /// Find the step that changed the ids and join on ScanNet's `objectId`. It starts at 0, while the
    /// masks that ScanRefer and mmdet3d prepare start at 1 because 0 means no object; and it counts
    /// walls and floors, while the `_inst_nostuff` files of the SPFormer family do not.
    ///
    /// # Known exceptions
    /// None: where every name agrees as it is, no other count can agree better.
    ///
    /// # Source
    /// `load_scannet_data.py` of <https://github.com/facebookresearch/votenet> counts instances from
    /// 1, `prepare_data_inst.py` of <https://github.com/sunjiahao1999/SPFormer> without wall and
    /// floor; a public case of scores near zero is
    /// <https://github.com/KuanchihHuang/Reason3D/issues/15>.
    ShiftedIds { code: "REF104", name: "shifted-ids", severity: Error, fix: Unsafe }
}

fn draft(file: &References, level: &str, agreement: &Agreement, numbering: Numbering, scans: usize) -> Draft {
    let (best, total) = (agreement.by(numbering), agreement.descriptions);
    let here = agreement.at[1];
    let shifts = matches!(numbering, Numbering::MinusOne | Numbering::PlusOne);
    let scope = match level {
        "file" => format!("all over the file, {scans} scans, object ids"),
        _ => "object ids of this scan".to_owned(),
    };
    let (wrong, so, fix) = match numbering {
        Numbering::MinusOne => {
            ("are 1 too high", "the object with one less", "subtract 1 from each object_id")
        }
        Numbering::PlusOne => ("are 1 too low", "the object with one more", "add 1 to each object_id"),
        Numbering::NoStuff => (
            "leave walls and floor out of the count",
            "the object so counted",
            "give each object its `objectId` again",
        ),
        Numbering::GroupId => {
            ("are the groups' `id`", "the group with that `id`", "use the groups' `objectId`")
        }
    };
    let message =
        format!("{scope} {wrong}: of {total} names {best} are the label of {so}, {here} of the object named");
    Draft::new(message)
        .file(&file.path)
        .key(file.path.file_name().unwrap_or_default().to_string_lossy())
        .key(numbering.word())
        .evidence("level", level)
        .evidence("numbering", numbering.word())
        .evidence("agree_minus_1", agreement.at[0])
        .evidence("agree_0", here)
        .evidence("agree_plus_1", agreement.at[2])
        .evidence("agree_no_stuff", agreement.no_stuff)
        .evidence("agree_id", agreement.group_id)
        .evidence("descriptions", total)
        .evidence("scans", scans)
        .evidence("split", file.split.as_deref())
        .fix(format!("{fix}, or mend the step that changed them"))
        .score(best as f64 / total as f64)
        .harms(if shifts { total } else { total - here } as usize)
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
            // One scan says nothing about a file, nor do scans that a numbering leaves as they are.
            let better = |n: Numbering| scans.iter().filter(move |(_, a)| a.by(n) > a.at[1]).count();
            let whole = sum.numbering(data.thresholds);
            let whole = whole.filter(|&n| better(n) > 1 && better(n) * 2 >= scans.len());
            if let Some(numbering) = whole {
                out.report(draft(file, "file", &sum, numbering, better(numbering)));
            }
            for (scan, agreement) in scans {
                // Where the first group is the only wall, to leave it out is to count from 1.
                let explained = whole.map_or(0, |n| agreement.by(n));
                let own = agreement.numbering(data.thresholds).filter(|&n| agreement.by(n) > explained);
                if let Some(numbering) = own {
                    out.report(draft(file, "scan", &agreement, numbering, 1).scene(scan));
                }
            }
        }
    }

    fn cause(&self, findings: &[&Finding]) -> Option<String> {
        let numbering = findings[0].word("numbering")?;
        let alike = findings.iter().all(|f| f.word("numbering") == Some(numbering));
        let descriptions: u64 = findings.iter().map(|f| f.descriptions).sum();
        let scans_of = |f: &&Finding| if f.scene_id.is_some() { Some(1) } else { f.number("scans") };
        let scans: i64 = findings.iter().filter_map(scans_of).sum();
        let how = match shift_of(findings[0]) {
            Some(shift) => format!("are shifted by {:+}", -shift),
            None if numbering == Numbering::GroupId.word() => "are the groups' `id`".to_owned(),
            None => "leave out walls and floors".to_owned(),
        };
        alike.then(|| {
            format!("object ids {how} in {scans} scans: {descriptions} descriptions point at another object")
        })
    }

    fn mend(&self, mine: &Finding, catalogue: &Catalogue) -> Mend {
        // To undo the other countings takes the scans' groups, which references do not have.
        let Some(shift) = shift_of(mine) else { return Mend::default() };
        let those = match &mine.scene_id {
            Some(scene) => catalogue.descriptions_of(scene),
            None => &catalogue.descriptions,
        };
        let of_file = |d: &&Description| {
            let file = catalogue.references.get(d.file as usize);
            file.is_some_and(|f| mine.file.as_deref() == Some(f.path.display().to_string().as_str()))
        };
        let there = those
            .iter()
            .filter(of_file)
            .filter(|d| d.is_single() && d.object_id.checked_add(shift) >= Some(0));
        Mend::each(there, |d| RecordEdit { object_id: Some(d.object_id + shift), ..RecordEdit::default() })
    }

    fn may_explain(&self, code: &str) -> bool {
        matches!(code, "REF102" | "REF103") || is_about_words(code) || is_about_targets(code)
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        if is_about_targets(&other.code) {
            return mine.scene_id.is_some() || mine.word("split") == other.split.as_deref();
        }
        other.file == mine.file
            && match other.code.as_str() {
                "REF102" | "REF103" => {
                    mine.word("numbering").is_some_and(|n| other.lists_word("agrees_at", n))
                }
                _ => true,
            }
    }
}

/// What to add to each id, where ids are shifted.
fn shift_of(finding: &Finding) -> Option<i32> {
    match finding.word("numbering")? {
        "-1" => Some(-1),
        "+1" => Some(1),
        _ => None,
    }
}

/// Rules that look at the object that a description is said to mean.
fn is_about_targets(code: &str) -> bool {
    matches!(code, "OBJ203" | "MSK101" | "MSK102" | "MSK103" | "TRN102") || code.starts_with("CAM")
}

/// Rules that compare a sentence with the object it is said to mean.
fn is_about_words(code: &str) -> bool {
    matches!(code, "TXT104" | "TXT201" | "TXT202" | "TXT203")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Severity;
    use crate::audit::fixture::Fixture;

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
        assert_eq!((found[0].word("numbering"), found[0].number("agree_0")), (Some("-1"), Some(0)));
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
    fn shifts_are_undone_and_several_are_one_cause() {
        let mut f = Fixture::clean();
        shift(&mut f, 1, |d| d.scene_id != "scene0002_00");
        let found = f.run("REF104");
        let mend = ShiftedIds.mend(&found[0], &f.catalogue);
        let ids: Vec<_> = mend.edits().map(|(_, _, e)| e.object_id.unwrap()).collect();
        assert_eq!((ids.len(), ids[0], ids[19]), (20, 0, 4));
        let scans = ["a", "b"].map(|scene| Finding { scene_id: Some(scene.into()), ..found[0].clone() });
        let cause = ShiftedIds.cause(&scans.each_ref()).unwrap();
        assert_eq!(cause, "object ids are shifted by +1 in 2 scans: 40 descriptions point at another object");
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

    /// Lists lamp and wall first in both train scans; descriptions of `renumbered` do not count the
    /// wall.
    fn leave_wall_out(renumbered: &[&str]) -> Fixture {
        let mut f = Fixture::clean();
        for scan in f.scans.values_mut() {
            scan.scene.objects.rotate_right(2);
            for (place, object) in (0..).zip(&mut scan.scene.objects) {
                (object.id, object.group_id) = (place, i64::from(place));
            }
        }
        f.descriptions(|d| {
            d.retain(|d| d.object_name != "wall");
            for d in d {
                let less = i32::from(d.object_id < 3 && renumbered.contains(&d.scene_id.as_str()));
                d.object_id = (d.object_id + 2) % 5 - less;
            }
        });
        f
    }

    #[test]
    fn recognises_ids_that_leave_wall_and_floor_out_in_a_scan_and_in_a_file() {
        assert_eq!(errors(&leave_wall_out(&[])), []);
        let f = leave_wall_out(&["scene0001_00"]);
        assert_eq!(errors(&f), [("REF104".into(), Some("scene0001_00".into()), 6)]);
        let f = leave_wall_out(&["scene0001_00", "scene0001_01"]);
        assert_eq!(errors(&f), [("REF104".into(), None, 12)]);
        let found = f.run("REF104");
        assert_eq!((found[0].word("numbering"), found[0].number("agree_0")), (Some("no-stuff"), Some(4)));
    }

    #[test]
    fn recognises_ids_that_are_the_groups_own() {
        let mut f = Fixture::clean();
        for scan in f.scans.values_mut() {
            scan.scene.objects.iter_mut().for_each(|o| o.group_id = 4 - o.group_id);
        }
        f.descriptions(|d| d.iter_mut().filter(|d| d.file == 0).for_each(|d| d.object_id = 4 - d.object_id));
        let found = f.findings();
        let errors: Vec<_> = found.iter().filter(|f| f.severity == Severity::Error).collect();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!((errors[0].word("numbering"), errors[0].descriptions), (Some("id"), 16));
    }
}
