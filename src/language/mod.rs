//! What a sentence claims.
//!
//! The words are data (`lexicon.toml`); matching is by whole words, whatever their case and the
//! punctuation around them.

mod lexicon;
mod mentions;
mod mirror;

pub use lexicon::Lexicon;
pub use mentions::{Claims, tokens, words};
pub use mirror::{Mirrored, mirrored};
