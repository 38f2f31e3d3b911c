//! From findings to changes of references files that make them go away.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Applicability, Finding, Fix, State};
use super::rule::Rule;
use super::rules;
use crate::scene::{Catalogue, Description, FileEdits, Format, NO_OBJECT, RecordEdit};

/// How a finding would go away.
#[derive(Clone, Debug, Default)]
pub struct Mend {
    /// The records to change, each with what becomes of it.
    edits: Vec<(u32, u32, RecordEdit)>,
}

impl Mend {
    /// Changes each of `descriptions` as `edit` says.
    pub(super) fn each<'a>(
        descriptions: impl IntoIterator<Item = &'a Description>,
        edit: impl Fn(&Description) -> RecordEdit,
    ) -> Self {
        Self { edits: descriptions.into_iter().map(|d| (d.file, d.record, edit(d))).collect() }
    }

    /// The edits, each with its file and record.
    #[cfg(test)]
    pub(super) fn edits(&self) -> impl Iterator<Item = &(u32, u32, RecordEdit)> {
        self.edits.iter()
    }

    /// Both.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        self.edits.extend(other.edits);
        self
    }

    /// Takes each of `descriptions` out.
    pub(super) fn drop<'a>(descriptions: impl IntoIterator<Item = &'a Description>) -> Self {
        Self::each(descriptions, |_| RecordEdit::dropped())
    }

    /// Numbers the annotations of the objects of `descriptions` anew, from 0.
    pub(super) fn number<'a>(descriptions: impl IntoIterator<Item = &'a Description>) -> Self {
        // The number itself is found once everything else has changed.
        Self::each(descriptions, |_| RecordEdit { ann_id: Some(0), ..RecordEdit::default() })
    }
}

/// Says of a finding that it can be mended, where it can.
pub(super) fn mark(finding: &mut Finding, catalogue: &Catalogue) {
    let Some(rule) = rules::find(&finding.code) else { return };
    let Some(applicability) = rule.meta().fix else { return };
    if mend(rule, finding, catalogue).edits.is_empty() {
        return;
    }
    let flags = if applicability == Applicability::Unsafe { "--fix --unsafe-fixes" } else { "--fix" };
    let message = || format!("{flags} mends it in a copy of the references");
    let fix = finding.fix.get_or_insert_with(|| Fix { applicability, message: message() });
    fix.applicability = applicability;
}

/// What makes a finding go away, as far as it lies in files that can be changed: those in
/// ScanRefer's form.
fn mend(rule: &dyn Rule, finding: &Finding, catalogue: &Catalogue) -> Mend {
    let mut mend = rule.mend(finding, catalogue);
    let file = |file: u32| catalogue.references.get(file as usize);
    mend.edits.retain(|edit| file(edit.0).is_some_and(|r| r.format == Format::ScanRefer));
    mend
}

/// Changes to the references files of a data set.
#[derive(Clone, Debug, Default)]
pub struct Fixes {
    /// By index of the references file.
    pub files: BTreeMap<u32, FileEdits>,
    /// Findings that the changes make go away.
    pub mended: usize,
    /// Findings that would go away with the unsafe changes as well.
    pub left_unsafe: usize,
}

/// The changes that make the new ones of `findings` go away: the safe ones, and the unsafe ones
/// when `all` are wanted. Spaces around sentences go too. Where records of an object come or go, its
/// annotations are numbered anew, unless cameras are known by these numbers.
pub fn fixes(findings: &[Finding], catalogue: &Catalogue, all: bool) -> Fixes {
    let mut fixes = Fixes::default();
    for finding in findings.iter().filter(|f| f.state == State::New) {
        let Some(rule) = rules::find(&finding.code) else { continue };
        let mend = mend(rule, finding, catalogue);
        if mend.edits.is_empty() {
            continue;
        }
        if rule.meta().fix == Some(Applicability::Unsafe) && !all {
            fixes.left_unsafe += 1;
            continue;
        }
        fixes.mended += 1;
        for (file, record, edit) in mend.edits {
            fixes.files.entry(file).or_default().entry(record).or_default().merge(edit);
        }
    }
    for d in catalogue.descriptions.iter().filter(|d| catalogue.is_scanrefer(d)) {
        let trimmed = d.text.trim();
        if trimmed.len() < d.text.len() {
            let edit = RecordEdit { text: Some(trimmed.to_owned()), ..RecordEdit::default() };
            fixes.files.entry(d.file).or_default().entry(d.record).or_default().merge(edit);
        }
    }
    number(&mut fixes, catalogue);
    fixes
}

/// Numbers the annotations of objects whose records come, go or are to be numbered, in the order
/// of their file.
fn number(fixes: &mut Fixes, catalogue: &Catalogue) {
    for (&file, edits) in &mut fixes.files {
        let mut mine: Vec<&Description> = catalogue.descriptions.iter().filter(|d| d.file == file).collect();
        mine.sort_by_key(|d| d.record);
        let object = |d: &Description, edits: &FileEdits| {
            edits.get(&d.record).and_then(|e| e.object_id).unwrap_or(d.object_id)
        };
        let touched: BTreeSet<(&str, i32)> = mine
            .iter()
            .filter(|d| {
                edits.get(&d.record).is_some_and(|e| e.drop || e.object_id.is_some() || e.ann_id.is_some())
            })
            .flat_map(|d| [(d.scene_id.as_str(), d.object_id), (d.scene_id.as_str(), object(d, edits))])
            .collect();
        let mut next: BTreeMap<(&str, i32), u32> = BTreeMap::new();
        let mut kept = BTreeSet::new();
        for d in mine {
            let key = (d.scene_id.as_str(), object(d, edits));
            if !catalogue.cameras_of(key.0).is_empty() {
                // Only a key that is there twice gets another number, one that no other has.
                let edit = edits.entry(d.record).or_default();
                let wanted = edit.ann_id.take().is_some();
                if !edit.drop && !kept.insert((key, d.ann_id.as_str())) && wanted {
                    let first = || next_free(catalogue.descriptions_of(key.0));
                    let number = next.entry((key.0, NO_OBJECT)).or_insert_with(first);
                    edit.ann_id = Some(*number);
                    *number += 1;
                }
                continue;
            }
            if touched.contains(&key) && !edits.get(&d.record).is_some_and(|e| e.drop) {
                let number = next.entry(key).or_default();
                let edit = edits.entry(d.record).or_default();
                edit.ann_id = Some(*number).filter(|n| n.to_string() != d.ann_id);
                *number += 1;
            }
        }
        edits.retain(|_, e| *e != RecordEdit::default());
    }
    fixes.files.retain(|_, edits| !edits.is_empty());
}

/// One more than the highest annotation id that is a number.
fn next_free(descriptions: &[Description]) -> u32 {
    let numbers = descriptions.iter().filter_map(|d| d.ann_id.parse::<u32>().ok());
    numbers.max().map_or(0, |highest| highest.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;
    use crate::scene::Camera;

    #[test]
    fn files_of_other_forms_are_not_mended() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d[1].text = String::new());
        assert_eq!(fixes(&f.findings(), &f.catalogue, true).mended, 1);
        f.catalogue.references[0].format = Format::Multi3dRefer;
        let mut found = f.run("TXT101");
        assert_eq!(fixes(&found, &f.catalogue, true).mended, 0);
        mark(&mut found[0], &f.catalogue);
        assert!(found[0].fix.as_ref().is_none_or(|fix| !fix.message.contains("--fix")));
    }

    #[test]
    fn annotations_that_cameras_are_known_by_keep_their_numbers() {
        let mut f = Fixture::clean();
        f.catalogue.cameras = vec![Camera { scene_id: "scene0001_00".into(), ..Camera::default() }];
        f.descriptions(|d| {
            d[1].ann_id = "4".into();
            let again = Description { record: 90, text: "another sentence".into(), ..d[2].clone() };
            d.push(again);
        });
        let number = |n| RecordEdit { ann_id: Some(n), ..RecordEdit::default() };
        assert_eq!(edits(&f, false), [(90, number(5))]);
    }

    fn edits(f: &Fixture, all: bool) -> Vec<(u32, RecordEdit)> {
        let fixes = fixes(&f.findings(), &f.catalogue, all);
        fixes.files.into_values().flatten().collect()
    }

    #[test]
    fn tokens_and_spaces_are_safe_and_clean_data_needs_nothing() {
        let mut f = Fixture::clean();
        assert!(edits(&f, true).is_empty());
        f.descriptions(|d| {
            d[3].tokens = vec!["another".into(), "thing".into()];
            d[5].text += "  ";
        });
        let found = edits(&f, false);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1.tokens.as_ref().unwrap()[..4], ["this", "table", "is", "the"]);
        assert_eq!(
            found[1].1.text.as_deref(),
            Some("this office chair is the one to the left as you come in through the door.")
        );
    }

    #[test]
    fn records_that_go_let_the_others_move_up() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[0].text = String::new();
            d.iter_mut().take(2).for_each(|d| d.record += 2);
        });
        assert!(edits(&f, false).is_empty(), "what is dropped is dropped on demand only");
        let found = edits(&f, true);
        assert_eq!(found[0], (2, RecordEdit::dropped()));
        assert_eq!(found[1], (3, RecordEdit { ann_id: Some(0), ..RecordEdit::default() }));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_key_that_is_there_twice_becomes_two_or_goes() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            let mut again = d[0].clone();
            again.record = 90;
            d.push(again.clone());
            again.record = 91;
            again.text = "another sentence".into();
            d.push(again);
        });
        let found = edits(&f, false);
        let number = |n| RecordEdit { ann_id: Some(n), ..RecordEdit::default() };
        assert_eq!(found, [(90, RecordEdit::dropped()), (91, number(2))]);
    }

    #[test]
    fn findings_say_whether_they_can_be_mended() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d[1].text = String::new();
            d[3].tokens = vec!["x".into()];
        });
        for mut finding in f.findings() {
            mark(&mut finding, &f.catalogue);
            let wanted = match finding.code.as_str() {
                "TXT101" => Some(Applicability::Unsafe),
                "REF107" => Some(Applicability::Safe),
                _ => continue,
            };
            assert_eq!(finding.fix.map(|f| f.applicability), wanted);
        }
    }
}
