//! Sentences that refer to one object.

/// One description of one object, as its file gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Description {
    /// The scan it speaks of.
    pub scene_id: String,
    /// The object it means: ScanNet `objectId`.
    pub object_id: i32,
    /// The object's name in the file, with `_` for spaces.
    pub object_name: String,
    /// Annotation id: unique only inside one (scene, object).
    pub ann_id: String,
    /// The sentence, verbatim.
    pub text: String,
    /// The file's own token list; empty if it has none.
    pub tokens: Vec<String>,
    /// Index of the record in its file's list.
    pub record: u32,
    /// Index of the file in the catalogue's references.
    pub file: u32,
    /// Byte offset of the record in its file.
    pub offset: u64,
}

impl Description {
    /// `scene/object/ann`, the key people can search for.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.scene_id, self.object_id, self.ann_id)
    }

    /// Order of descriptions inside a data set: by scene, object, annotation, then place in file.
    pub fn sort_key(&self) -> (&str, i32, usize, &str, u32, u32) {
        // Annotation ids are numbers written as text: "10" comes after "9".
        (&self.scene_id, self.object_id, self.ann_id.len(), &self.ann_id, self.file, self.record)
    }
}

/// The form in which labels and object names are compared: `_` and runs of white space as one
/// space, lower case.
pub fn normalise_label(label: &str) -> String {
    label
        .split(|c: char| c == '_' || c.is_whitespace())
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::normalise_label;

    #[test]
    fn names_compare_across_spelling_of_spaces_and_case() {
        assert_eq!(normalise_label("kitchen_cabinets"), normalise_label(" Kitchen  cabinets "));
    }
}
