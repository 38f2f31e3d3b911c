//! A sentence in pieces, each with what it claims, for people to look at.

use std::ops::Range;

use super::{Claims, Nouns, Sentence, words};

/// The kind of pieces that name a thing.
const THING: &str = "thing";

/// The pieces of `text` in their order, which put together are the text. Each comes with the kind of
/// claim that it makes (one of [`Claims::KINDS`]), with `thing` where it names one, else with
/// nothing.
pub fn pieces<'a>(text: &'a str, nouns: &Nouns) -> Vec<(&'a str, &'static str)> {
    let mut marks = Claims::words(text);
    let places: Vec<Range<usize>> = words(text)
        .map(|word| {
            // Words are slices of the text, so their addresses tell where they stand.
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            start..start + word.len()
        })
        .collect();
    let sentence = Sentence::new(text, nouns);
    // In small letters a text may have other words: then nobody knows which is which.
    if sentence.len() == places.len() {
        let named = sentence.mentions().iter().flat_map(|m| m.words.clone());
        marks.extend(named.map(|i| (places[i].clone(), THING)));
    }
    marks.sort_by_key(|(at, _)| at.start);
    let (mut list, mut end) = (Vec::new(), 0);
    for (at, kind) in marks {
        // What claims and names at once claims.
        if at.start < end {
            continue;
        }
        if at.start > end {
            list.push((&text[end..at.start], ""));
        }
        list.push((&text[at.clone()], kind));
        end = at.end;
    }
    if end < text.len() {
        list.push((&text[end..], ""));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::LabelTable;

    #[test]
    fn claims_and_things_are_marked_and_nothing_is_lost() {
        let nouns = Nouns::new(&LabelTable::default());
        let text = "The RED chair to the left of the tall desk, é İ \u{0} <b>.";
        let pieces = pieces(text, &nouns);
        assert_eq!(pieces.iter().map(|p| p.0).collect::<String>(), text);
        let of = |kind| pieces.iter().filter(|p| p.1 == kind).map(|p| p.0).collect::<Vec<_>>();
        assert_eq!((of("colour"), of("handed"), of("size")), (vec!["RED"], vec!["left"], vec!["tall"]));
        assert_eq!(of(THING), ["chair", "desk"]);
        assert_eq!(super::pieces("", &nouns), []);
    }
}
