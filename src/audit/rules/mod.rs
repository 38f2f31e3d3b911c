//! The rules: one file each, and the table that lists them.

mod bal;
mod cam;
mod fil;
mod msh;
mod msk;
mod obj;
mod refs;
mod seg;
mod spl;
mod trn;
mod txt;

use super::profile::Profile;
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
    &refs::annotation_collision::AnnotationCollision,
    &msk::empty_mask::EmptyMask,
    &msk::low_ceiling::LowCeiling,
    &msk::lost_target::LostTarget,
    &msk::foreground_ratio::ForegroundRatio,
    &txt::empty_text::EmptyText,
    &txt::claims::ClaimShares,
    &spl::shared_scan::SharedScan,
    &spl::shared_room::SharedRoom,
    &spl::equal_lists::EqualLists,
    &spl::shared_sentences::SharedSentences,
    &spl::drift::SplitDrift,
    &bal::unseen_class::UnseenClass,
    &bal::few_objects::FewObjects,
    &bal::effective_classes::EffectiveClasses,
    &bal::uneven_measures::UnevenMeasures,
    &bal::unique_share::UniqueShare,
    &cam::unknown_annotation::UnknownAnnotation,
    &cam::outside_room::OutsideRoom,
    &cam::out_of_view::OutOfView,
    &trn::renumbered_objects::RenumberedObjects,
    &trn::no_box::NoBox,
    &trn::large_scan::LargeScan,
    &trn::mirrored_sides::MirroredSides,
    &trn::replaced_scan::ReplacedScan,
    &trn::no_validation::NoValidation,
];

/// The rule with this code.
pub fn find(code: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|r| r.meta().code.eq_ignore_ascii_case(code))
}

/// `one thing`, `two things`: a count with its noun.
fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `n` of `of` in per cent, to one decimal.
fn per_cent(n: u64, of: u64) -> f64 {
    rounded(n as f64 * 100.0 / of.max(1) as f64, 1)
}

/// A number to so many decimals.
fn rounded(value: f64, decimals: u32) -> f64 {
    let scale = f64::from(10_u32.pow(decimals));
    libm::round(value * scale) / scale
}

/// The names of trainers, as a sentence has them.
fn names<'a>(profiles: impl IntoIterator<Item = &'a &'static Profile>) -> String {
    profiles.into_iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The first few of a list of ids, and how many more there are.
fn some(ids: &[i32]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = ids.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(SHOWN);
    let list = shown.join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}
