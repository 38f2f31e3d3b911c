//! Where people stood when they described an object.

use super::Description;

/// The camera of one description, as its file gives it: raw frame, metres.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Camera {
    /// The scan it stands in.
    pub scene_id: String,
    /// The object that was described.
    pub object_id: i32,
    /// The description's annotation id.
    pub ann_id: String,
    /// Where it stands; NaN where the file has no number.
    pub position: [f64; 3],
    /// How it is turned, in whatever form the file has it.
    pub rotation: Vec<f64>,
    /// The point that it looks at.
    pub lookat: [f64; 3],
    /// Index of the record in its file's list.
    pub record: u32,
    /// Index of the file in the catalogue's camera files.
    pub file: u32,
    /// 1-based line and column of the record.
    pub place: (u32, u32),
}

impl Camera {
    /// Order of cameras inside a data set: that of descriptions.
    pub fn sort_key(&self) -> (&str, i32, usize, &str, u32, u32) {
        (&self.scene_id, self.object_id, self.ann_id.len(), &self.ann_id, self.file, self.record)
    }

    /// Whether this is the camera of `description`, which is of the same scan.
    pub fn is_of(&self, description: &Description) -> bool {
        self.object_id == description.object_id && self.ann_id == description.ann_id
    }
}
