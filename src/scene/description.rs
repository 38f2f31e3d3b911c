//! Sentences that refer to objects.

use super::NO_OBJECT;

/// What a description means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Referent {
    /// The object `object_id`.
    #[default]
    Object,
    /// Several objects: `object_id` and these.
    Objects(Vec<i32>),
    /// Nothing in the scan: no object fits the sentence.
    Nothing,
    /// All objects of a ScanNet200 class, by its index as the file gives it.
    Class(i32),
}

/// One description, as its file gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Description {
    /// The scan it speaks of.
    pub scene_id: String,
    /// The object it means: ScanNet `objectId`; the first of several, [`NO_OBJECT`] without one.
    pub object_id: i32,
    /// What it means beside that.
    pub referent: Referent,
    /// The object's name in the file, with `_` for spaces.
    pub object_name: String,
    /// Annotation id: unique only inside one (scene, object). Made of the record's number where the
    /// format has none.
    pub ann_id: String,
    /// Whether its object id, and its annotation id, are written as numbers rather than as text.
    pub numeric_ids: [bool; 2],
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
    /// A description of several objects, or of none.
    #[must_use]
    pub fn of_objects(mut self, ids: &[i32]) -> Self {
        (self.object_id, self.referent) = match ids {
            [] => (NO_OBJECT, Referent::Nothing),
            [only] => (*only, Referent::Object),
            [first, others @ ..] => (*first, Referent::Objects(others.to_vec())),
        };
        self
    }

    /// The object that it is filed under: the one it means, or the first of several.
    pub fn object(&self) -> Option<i32> {
        match self.referent {
            Referent::Object | Referent::Objects(_) => Some(self.object_id),
            Referent::Nothing | Referent::Class(_) => None,
        }
    }

    /// Every object that it means by id.
    pub fn objects(&self) -> impl Iterator<Item = i32> {
        let others = if let Referent::Objects(others) = &self.referent { others.as_slice() } else { &[] };
        self.object().into_iter().chain(others.iter().copied())
    }

    /// Whether it means exactly one object.
    pub fn is_single(&self) -> bool {
        self.referent == Referent::Object
    }

    /// `scene/object/ann`, the key people can search for.
    pub fn key(&self) -> String {
        let object = self.object().map_or_else(|| "-".to_owned(), |id| id.to_string());
        format!("{}/{object}/{}", self.scene_id, self.ann_id)
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
    use super::*;

    #[test]
    fn objects_are_those_that_are_meant_by_id() {
        let of = |ids: &[i32]| Description::default().of_objects(ids);
        for ids in [&[][..], &[4], &[4, 7, 1]] {
            assert_eq!(of(ids).objects().collect::<Vec<_>>(), ids);
        }
        assert_eq!((of(&[]).object_id, of(&[]).key().as_str()), (NO_OBJECT, "/-/"));
        assert_eq!((of(&[4, 7]).object(), of(&[4, 7]).key().as_str()), (Some(4), "/4/"));
        assert!(of(&[4]).is_single() && !of(&[]).is_single() && !of(&[4, 7]).is_single());
        let class = Description { referent: Referent::Class(3), ..Description::default() };
        assert_eq!((class.object(), class.objects().count(), class.is_single()), (None, 0, false));
    }

    #[test]
    fn names_compare_across_spelling_of_spaces_and_case() {
        assert_eq!(normalise_label("kitchen_cabinets"), normalise_label(" Kitchen  cabinets "));
    }
}
