//! The sentences of a scan, taken apart once for all rules.

use std::collections::BTreeMap;

use super::context::ScanContext;
use super::finding::Draft;
use crate::language::{Class, Sentence};
use crate::scene::{Catalogue, Description, normalise_label};

/// One description of one object, taken apart.
#[derive(Debug)]
pub struct Said<'a> {
    /// The object that it means.
    pub object: i32,
    /// The description.
    pub description: &'a Description,
    /// What its text says.
    pub sentence: Sentence,
}

impl Said<'_> {
    /// `object/ann`: its place inside the scan.
    pub fn place(&self) -> String {
        format!("{}/{}", self.object, self.description.ann_id)
    }
}

impl<'a> ScanContext<'a> {
    /// The descriptions that mean one object, by ascending object id.
    pub fn said(&self) -> &[Said<'a>] {
        self.said.get_or_init(|| {
            let of_object = |(object, those): (i32, &'a [Description])| {
                those.iter().filter(|d| d.is_single()).map(move |description| {
                    let sentence = Sentence::new(&description.text, self.nouns);
                    Said { object, description, sentence }
                })
            };
            self.described().filter(|(object, _)| *object >= 0).flat_map(of_object).collect()
        })
    }

    /// What [`Self::said`] holds of each object.
    pub fn said_of_each(&self) -> impl Iterator<Item = (i32, &[Said<'a>])> {
        self.said().chunk_by(|a, b| a.object == b.object).map(|said| (said[0].object, said))
    }

    /// The classes of the objects, as sentences may name them.
    pub fn classes(&self) -> &BTreeMap<i32, Class> {
        self.classes.get_or_init(|| {
            self.objects().iter().map(|(&id, (_, label))| (id, self.nouns.class(label))).collect()
        })
    }

    /// The class of an object that a description means, unless it is called by another name than
    /// its label, which is another rule's to say.
    pub fn class_of(&self, said: &Said<'_>) -> Option<&Class> {
        let agrees = self.is_called(said.object, &normalise_label(&said.description.object_name));
        self.classes().get(&said.object).filter(|_| agrees)
    }

    /// The other objects with the same label, ascending.
    pub fn rivals(&self, object: i32) -> Vec<i32> {
        let Some((_, label)) = self.objects().get(&object) else { return Vec::new() };
        let same = self.objects().iter().filter(|(id, (_, l))| **id != object && l == label);
        same.map(|(&id, _)| id).collect()
    }
}

impl Draft {
    /// Speaks of some descriptions of a scan: is at the first, names no object, and lists them as
    /// evidence `descriptions` (how many) and `places` (the first of them, as object and
    /// annotation).
    #[must_use]
    pub(super) fn among(self, those: &[&Said<'_>], catalogue: &Catalogue) -> Self {
        const LISTED: usize = 20;
        let Some(first) = those.first() else { return self };
        let places: Vec<String> = those.iter().take(LISTED).map(|s| s.place()).collect();
        let mut draft = self.description(first.description, "description", catalogue);
        (draft.finding.object_id, draft.finding.ann_id) = (None, None);
        draft.evidence("descriptions", those.len()).evidence("places", places).harms(those.len())
    }

    /// Speaks of some descriptions of one object: is at the first, and lists them as evidence
    /// `descriptions` (how many) and `annotations`.
    #[must_use]
    pub(super) fn of_object(self, those: &[&Said<'_>], catalogue: &Catalogue) -> Self {
        let Some(first) = those.first() else { return self };
        self.description(first.description, "description", catalogue)
            .evidence("descriptions", those.len())
            .annotations(those.iter().map(|s| s.description))
            .harms(those.len())
    }
}
