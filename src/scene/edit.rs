//! Changes to the records of a references file.

use std::collections::BTreeMap;

/// What becomes of one record; what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordEdit {
    /// The record goes.
    pub drop: bool,
    /// Its new `object_id`.
    pub object_id: Option<i32>,
    /// Its new `ann_id`.
    pub ann_id: Option<u32>,
    /// Its new `description`.
    pub text: Option<String>,
    /// Its new `token`.
    pub tokens: Option<Vec<String>>,
}

impl RecordEdit {
    /// A record that goes.
    pub fn dropped() -> Self {
        Self { drop: true, ..Self::default() }
    }

    /// Takes over what `self` leaves as it is.
    pub fn merge(&mut self, other: Self) {
        self.drop |= other.drop;
        self.object_id = self.object_id.or(other.object_id);
        self.ann_id = self.ann_id.or(other.ann_id);
        self.text = self.text.take().or(other.text);
        self.tokens = self.tokens.take().or(other.tokens);
    }
}

/// Edits of one file, by index of the record in its list.
pub type FileEdits = BTreeMap<u32, RecordEdit>;
