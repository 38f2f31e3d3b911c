//! The rules: one file each, and the table that lists them.

mod cfg;
mod fil;
mod msh;
mod msk;
mod obj;
mod refs;
mod seg;
mod spl;
mod txt;

use super::rule::Rule;

/// Every rule, in the order in which they are shown: by subject, then by code.
pub static RULES: &[&dyn Rule] = &[
    &fil::missing_file::MissingFile,
    &fil::damaged_file::DamagedFile,
    &fil::foreign_file::ForeignFile,
    &fil::wrong_pair::WrongPair,
    &fil::missing_split_scan::MissingSplitScan,
    &fil::bad_references::BadReferences,
    &msh::not_finite::NotFinite,
    &msh::face_out_of_range::FaceOutOfRange,
    &msh::tiny_scan::TinyScan,
    &msh::label_count::LabelCount,
    &seg::segment_count::SegmentCount,
    &seg::unknown_segment::UnknownSegment,
    &seg::shared_segment::SharedSegment,
    &seg::repeated_groups::RepeatedGroups,
    &obj::duplicate_id::DuplicateId,
    &obj::no_vertices::NoVertices,
    &obj::no_segments::NoSegments,
    &obj::id_gaps::IdGaps,
    &obj::small_target::SmallTarget,
    &refs::unknown_scan::UnknownScan,
    &refs::unknown_object::UnknownObject,
    &refs::wrong_name::WrongName,
    &refs::shifted_ids::ShiftedIds,
    &refs::duplicate_key::DuplicateKey,
    &msk::empty_mask::EmptyMask,
    &txt::empty_text::EmptyText,
    &txt::claims::ClaimShares,
    &spl::shared_scan::SharedScan,
    &spl::shared_room::SharedRoom,
    &cfg::unused_suppression::UnusedSuppression,
    &cfg::expired_suppression::ExpiredSuppression,
    &cfg::unknown_rule::UnknownRule,
    &cfg::deprecated_code::DeprecatedCode,
];

/// The rule with this code.
pub fn find(code: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|r| r.meta().code.eq_ignore_ascii_case(code))
}

/// `one thing`, `two things`: a count with its noun.
fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// The first few of a list of ids, and how many more there are.
fn some(ids: &[i32]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = ids.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(SHOWN);
    let list = shown.join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}
