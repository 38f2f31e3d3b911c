//! Runs of equal values.

use std::ops::Range;

/// Values compared at once.
const LANES: usize = 16;

/// The rows of each run of equal values, in order. Neighbouring points mostly belong to one object:
/// what is done for each run is done a few thousand times in a scene, not 150,000 times.
pub(crate) fn runs<T: Copy + PartialEq>(column: &[T]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let value = *column.get(start)?;
        let rest = &column[start + 1..];
        let (chunks, _) = rest.as_chunks::<LANES>();
        // No early way out of a chunk, so that its values are compared side by side.
        let alike = |chunk: &&[T; LANES]| chunk.iter().map(|v| u32::from(*v != value)).sum::<u32>() == 0;
        let sure = chunks.iter().take_while(alike).count() * LANES;
        let more = rest[sure..].iter().take_while(|v| **v == value).count();
        let run = start..start + 1 + sure + more;
        start = run.end;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_those_of_the_library() {
        for lengths in [&[][..], &[1], &[16], &[17, 1, 33, 15, 16, 2], &[1, 1, 1], &[500, 3]] {
            let column: Vec<usize> =
                lengths.iter().enumerate().flat_map(|(i, &n)| std::iter::repeat_n(i % 3, n)).collect();
            let expected: Vec<_> = column.chunk_by(|a, b| a == b).collect();
            let found: Vec<_> = runs(&column).map(|rows| &column[rows]).collect();
            assert_eq!(found, expected);
        }
    }
}
