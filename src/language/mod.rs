//! What a sentence claims.
//!
//! The words are data (`lexicon.toml`, `nouns.toml`); matching is by whole words, whatever their case and the
//! punctuation around them.

mod colour;
mod lexicon;
mod likeness;
mod mentions;
mod mirror;
mod nouns;
mod others;
mod pieces;
mod raw;
mod sentence;
mod spoken;
mod whereabouts;

pub use colour::Hues;
pub use lexicon::Lexicon;
pub use likeness::Texts;
pub use mentions::{Claims, tokens, words};
pub use mirror::{Mirrored, mirrored};
pub use nouns::{Class, Noun, Nouns};
pub use pieces::pieces;
pub use raw::{Garbled, garbled, residue, unspaced};
pub use sentence::{Mention, Sentence, Subject};
