//! The rules: one file each, and the table that lists them.

mod amb;
mod bal;
mod cam;
mod cfg;
mod dup;
mod fil;
mod msh;
mod msk;
mod obj;
mod refs;
mod seg;
mod spl;
mod trn;
mod txt;

use std::fmt::Display;

use super::profile::Profile;
use super::rule::Rule;

/// Every rule, in the order in which they are shown: by subject, then by code.
pub static RULES: &[&dyn Rule] = &[
    &fil::missing_file::MissingFile,
    &fil::damaged_file::DamagedFile,
    &fil::foreign_file::ForeignFile,
    &fil::wrong_pair::WrongPair,
    &fil::odd_mesh::OddMesh,
    &fil::missing_split_scan::MissingSplitScan,
    &fil::unlisted_scan::UnlistedScan,
    &fil::odd_split_list::OddSplitList,
    &fil::odd_label_table::OddLabelTable,
    &fil::bad_references::BadReferences,
    &fil::mixed_id_types::MixedIdTypes,
    &msh::not_finite::NotFinite,
    &msh::face_out_of_range::FaceOutOfRange,
    &msh::tiny_scan::TinyScan,
    &msh::bad_alignment::BadAlignment,
    &msh::label_count::LabelCount,
    &msh::label_positions::LabelPositions,
    &msh::not_metres::NotMetres,
    &msh::not_upright::NotUpright,
    &msh::far_vertices::FarVertices,
    &msh::flat_colours::FlatColours,
    &msh::label_colours::LabelColours,
    &msh::duplicate_vertices::DuplicateVertices,
    &msh::loose_parts::LooseParts,
    &msh::swapped_channels::SwappedChannels,
    &msh::no_alignment::NoAlignment,
    &msh::tilted_alignment::TiltedAlignment,
    &seg::segment_count::SegmentCount,
    &seg::unknown_segment::UnknownSegment,
    &seg::shared_segment::SharedSegment,
    &seg::repeated_groups::RepeatedGroups,
    &seg::no_surface::NoSurface,
    &seg::unannotated::Unannotated,
    &seg::odd_segments::OddSegments,
    &obj::duplicate_id::DuplicateId,
    &obj::no_vertices::NoVertices,
    &obj::no_segments::NoSegments,
    &obj::id_gaps::IdGaps,
    &obj::group_id::GroupId,
    &obj::small_target::SmallTarget,
    &obj::unknown_label::UnknownLabel,
    &obj::other_label::OtherLabel,
    &obj::label_value::LabelValue,
    &obj::far_parts::FarParts,
    &obj::odd_size::OddSize,
    &obj::room_wide::RoomWide,
    &obj::mixed_labels::MixedLabels,
    &obj::label_spelling::LabelSpelling,
    &refs::unknown_scan::UnknownScan,
    &refs::unknown_object::UnknownObject,
    &refs::wrong_name::WrongName,
    &refs::shifted_ids::ShiftedIds,
    &refs::duplicate_key::DuplicateKey,
    &refs::annotation_gaps::AnnotationGaps,
    &refs::wrong_tokens::WrongTokens,
    &refs::other_split::OtherSplit,
    &refs::undescribed_scan::UndescribedScan,
    &refs::annotation_collision::AnnotationCollision,
    &msk::empty_mask::EmptyMask,
    &msk::low_ceiling::LowCeiling,
    &msk::lost_target::LostTarget,
    &msk::foreground_ratio::ForegroundRatio,
    &txt::empty_text::EmptyText,
    &txt::garbled_text::GarbledText,
    &txt::cut_text::CutText,
    &txt::other_class::OtherClass,
    &txt::no_noun::NoNoun,
    &txt::absent_class::AbsentClass,
    &txt::missing_space::MissingSpace,
    &txt::short_text::ShortText,
    &txt::template_residue::TemplateResidue,
    &txt::closer_to_other::CloserToOther,
    &txt::outvoted_noun::OutvotedNoun,
    &txt::wrong_colour::WrongColour,
    &txt::claims::ClaimShares,
    &amb::shared_text::SharedText,
    &amb::no_discriminator::NoDiscriminator,
    &amb::admitted::Admitted,
    &dup::same_geometry::SameGeometry,
    &dup::repeated_text::RepeatedText,
    &dup::near_text::NearText,
    &dup::alike_rooms::AlikeRooms,
    &spl::shared_scan::SharedScan,
    &spl::shared_room::SharedRoom,
    &spl::equal_lists::EqualLists,
    &spl::shared_sentences::SharedSentences,
    &spl::split_drift::SplitDrift,
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
    &cfg::unused_suppression::UnusedSuppression,
    &cfg::expired_suppression::ExpiredSuppression,
    &cfg::unknown_rule::UnknownRule,
    &cfg::deprecated_code::DeprecatedCode,
];

/// The rule with this code.
pub fn find(code: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|r| r.meta().code.eq_ignore_ascii_case(code))
}

/// The rule with this code or name.
pub fn named(text: &str) -> Option<&'static dyn Rule> {
    find(text).or_else(|| RULES.iter().copied().find(|r| r.meta().name.eq_ignore_ascii_case(text)))
}

/// `one thing`, `two things`: a count with its noun.
fn count(n: usize, noun: &str) -> String {
    match noun {
        _ if n == 1 => format!("1 {noun}"),
        "vertex" => format!("{n} vertices"),
        _ => format!("{n} {noun}s"),
    }
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

/// The first few of a list of ids or names, and how many more there are.
fn some(list: &[impl Display]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = list.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = list.len().saturating_sub(SHOWN);
    let list = shown.join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

/// Whether a rule's findings follow when the masks of a scan lie in the wrong places.
fn is_of_places(code: &str) -> bool {
    matches!(
        code,
        "MSH202" | "OBJ205" | "OBJ207" | "OBJ208" | "OBJ209" | "OBJ210" | "MSK101" | "MSK102" | "TXT203"
    )
}

/// Whether a rule's findings follow when the masks of a scan are lost or have other vertices.
fn is_of_masks(code: &str) -> bool {
    is_of_places(code)
        || matches!(
            code,
            "SEG105" | "SEG201" | "OBJ102" | "OBJ201" | "OBJ203" | "MSK103" | "MSK104" | "TRN101"
        )
}
