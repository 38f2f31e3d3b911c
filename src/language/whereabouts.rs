//! Where in the room.

use super::{Lexicon, Sentence};

impl Sentence {
    /// Whether the text places something by the room itself, so that it needs the whole room to be
    /// true: "in the corner", "the far end of the room", but not "the corner of the desk".
    pub fn places_in_room(&self) -> bool {
        (0..self.len()).any(|i| self.is_corner(i) || self.is_place_in_room(i))
    }

    /// A corner, of a room or of nothing that is said.
    fn is_corner(&self, i: usize) -> bool {
        matches!(self.word(i), "corner" | "corners")
            && (i + 1 >= self.len() || self.word(i + 1) != "of" || self.is_of_room(i + 1))
    }

    /// A place that rooms have, of a room: "center of the room", "the room's far side".
    fn is_place_in_room(&self, i: usize) -> bool {
        let lexicon = Lexicon::built_in();
        let is_room = |at: usize| lexicon.rooms.contains(self.word(at).trim_end_matches("'s"));
        let is_of = |at: usize| at < self.len() && self.is_of_room(at);
        let owned = || {
            self.word(i - 1).ends_with("'s") && is_room(i - 1)
                || i > 1 && self.word(i - 2).ends_with("'s") && is_room(i - 2)
        };
        lexicon.places.contains(self.word(i)) && (is_of(i + 1) || is_of(i + 2) || i > 0 && owned())
    }

    /// Whether "of", "in" or "to", at most two words and a word for a room stand from `i` on.
    fn is_of_room(&self, i: usize) -> bool {
        matches!(self.word(i), "of" | "in" | "to")
            && (i + 1..self.len().min(i + 4)).any(|at| Lexicon::built_in().rooms.contains(self.word(at)))
    }
}

#[cfg(test)]
mod tests {
    use crate::language::{Nouns, Sentence};
    use crate::scene::LabelTable;

    #[test]
    fn what_is_placed_by_the_room_is_told_from_what_is_placed_by_things() {
        let places = |text: &str| Sentence::new(text, &Nouns::new(&LabelTable::default())).places_in_room();
        for text in [
            "the chair in the corner",
            "in the corner of the room there is a lamp",
            "a table in the middle of the room",
            "the couch at the far end of the living room",
            "on the room's left side",
            "the desk is in the back of this office",
            "the center part of the room",
        ] {
            assert!(places(text), "{text}");
        }
        for text in [
            "the monitor on the corner of the desk",
            "the chair in the room",
            "the middle chair",
            "the pillow at the end of the bed",
            "the back of the chair faces the door of the room",
            "",
        ] {
            assert!(!places(text), "{text}");
        }
    }
}
