//! Balance: what training shows often, seldom and never.

pub(super) mod effective_classes;
pub(super) mod few_objects;
pub(super) mod uneven_measures;
pub(super) mod unique_share;
pub(super) mod unseen_class;
