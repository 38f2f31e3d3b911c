//! Runs of equal values.

use std::ops::Range;

/// Values compared at once.
const TOGETHER: usize = 64;

/// The rows of each run of equal values, in order. Neighbouring points mostly belong to one object:
/// what is done for each run is done a few thousand times in a scene, not 150,000 times.
pub(crate) fn runs<T: Copy + PartialEq>(column: &[T]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let value = *column.get(start)?;
        let mut end = start + 1;
        // Values that are those before them, one further on, are all alike.
        while column.get(end..end + TOGETHER).is_some_and(|some| *some == column[end - 1..][..TOGETHER]) {
            end += TOGETHER;
        }
        end += column[end..].iter().take_while(|v| **v == value).count();
        let run = start..end;
        start = run.end;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_those_of_the_library() {
        for lengths in [&[][..], &[1], &[64], &[65, 1, 130, 63, 64, 2], &[1, 1, 1], &[500, 3]] {
            let column: Vec<usize> =
                lengths.iter().enumerate().flat_map(|(i, &n)| std::iter::repeat_n(i % 3, n)).collect();
            let expected: Vec<_> = column.chunk_by(|a, b| a == b).collect();
            let found: Vec<_> = runs(&column).map(|rows| &column[rows]).collect();
            assert_eq!(found, expected);
        }
    }
}
