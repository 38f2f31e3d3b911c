//! Which rows of a column are kept, and taking them out of it.

/// Rows looked at together.
const TOGETHER: usize = 64;

/// The number of rows that are kept.
pub(crate) fn count(kept: &[bool]) -> usize {
    // Few enough at a time that a byte counts them.
    let some = |kept: &[bool]| usize::from(kept.iter().map(|&kept| u8::from(kept)).sum::<u8>());
    let (chunks, rest) = kept.as_chunks::<TOGETHER>();
    chunks.iter().map(|chunk| some(chunk)).sum::<usize>() + some(rest)
}

/// The rows that are kept, ascending. Neighbours mostly share their fate: what is kept or dropped
/// together costs next to nothing, and the rest no branch that a processor could guess wrong.
pub(crate) fn rows_of(kept: &[bool]) -> Vec<u32> {
    let mut rows = Vec::with_capacity(kept.len());
    for (kept, start) in kept.chunks(TOGETHER).zip((0..).step_by(TOGETHER)) {
        match count(kept) {
            0 => {}
            all if all == kept.len() => rows.extend(start..start + all as u32),
            count => {
                let (mut some, mut at) = ([0; TOGETHER], 0);
                for (row, &kept) in (start..).zip(kept) {
                    some[at % TOGETHER] = row;
                    at += usize::from(kept);
                }
                rows.extend_from_slice(&some[..count]);
            }
        }
    }
    rows
}

/// Rows to take from columns, looked over once for all of them.
#[derive(Clone, Copy)]
pub(crate) struct Pick<'a> {
    rows: &'a [u32],
    /// Whether each row is above the one before it.
    ascending: bool,
}

impl<'a> Pick<'a> {
    /// To take these rows, in this order.
    pub(crate) fn new(rows: &'a [u32]) -> Self {
        // No early way out, so that many are compared at once.
        let falls = |(a, b): (&u32, &u32)| u32::from(a >= b);
        let ascending = rows.iter().zip(rows.iter().skip(1)).map(falls).sum::<u32>() == 0;
        Self { rows, ascending }
    }

    /// `column[rows]`; an empty column stays empty.
    pub(crate) fn of<T: Copy>(self, column: &[T]) -> Vec<T> {
        if column.is_empty() {
            return Vec::new();
        }
        let mut picked = Vec::with_capacity(self.rows.len());
        for rows in self.rows.chunks(TOGETHER) {
            let (first, last) = (rows[0] as usize, rows[rows.len() - 1] as usize);
            if self.ascending && last - first == rows.len() - 1 {
                picked.extend_from_slice(&column[first..=last]);
            } else {
                picked.extend(rows.iter().map(|&row| column[row as usize]));
            }
        }
        picked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Key, Purpose};

    #[test]
    fn rows_and_columns_are_those_of_the_library() {
        let mut stream = Key::new(1, "rows", 0, "").stream(Purpose::Points);
        let column: Vec<u8> = (0..1000).map(|_| stream.word() as u8).collect();
        for shares in [[0.0; 4], [1.0; 4], [0.0, 1.0, 0.5, 0.98]] {
            for n in [0, 1, 63, 64, 65, 1000] {
                let kept: Vec<bool> = (0..n).map(|row| stream.happens(shares[row / 100 % 4])).collect();
                let rows = rows_of(&kept);
                let expected: Vec<u32> = (0..n as u32).filter(|&row| kept[row as usize]).collect();
                assert_eq!((&rows, count(&kept)), (&expected, expected.len()));
                let expected: Vec<u8> = rows.iter().map(|&row| column[row as usize]).collect();
                assert_eq!(Pick::new(&rows).of(&column), expected);
            }
        }
        // From first to last as many as there are, yet not each after the other.
        let strange = [3, 3, 5, 4, 7, 7];
        assert_eq!(Pick::new(&strange).of(&column), strange.map(|row| column[row as usize]));
        assert!(Pick::new(&strange).of::<u8>(&[]).is_empty());
    }
}
