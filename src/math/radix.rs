//! Sorting whole numbers by counting.

/// Bits told apart in one pass at most: the places of so many piles fit into the first cache.
const MOST_BITS: u32 = 13;

/// Sorts by the lower `bits` bits of the upper half of each item; items alike in these stay in their
/// order.
pub(crate) fn sort_upper(items: &mut Vec<u64>, bits: u32) {
    let passes = bits.div_ceil(MOST_BITS).max(1);
    let each = bits.div_ceil(passes);
    let piles = 1_usize << each;
    let pile = |item: u64, pass: usize| (item >> (32 + pass as u32 * each)) as usize & (piles - 1);
    let mut other = vec![0; items.len()];
    // All piles are counted at once.
    let mut places = vec![vec![0_u32; piles]; passes as usize];
    for &item in &*items {
        for (pass, place) in places.iter_mut().enumerate() {
            place[pile(item, pass)] += 1;
        }
    }
    for (pass, mut place) in places.into_iter().enumerate() {
        let mut start = 0;
        for place in &mut place {
            (*place, start) = (start, start + *place);
        }
        for &item in &*items {
            let place = &mut place[pile(item, pass)];
            other[*place as usize] = item;
            *place += 1;
        }
        std::mem::swap(items, &mut other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Key, Purpose};

    #[test]
    fn sorts_as_the_library_does_and_keeps_the_order_of_equals() {
        let mut stream = Key::new(1, "radix", 0, "").stream(Purpose::Points);
        for bits in [0, 1, 9, 10, 26, 32] {
            let random = |_| u64::from(stream.word()) >> (32 - bits) << 32 | u64::from(stream.word() >> 20);
            let mut items: Vec<u64> = (0..2000).map(random).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item >> 32);
            sort_upper(&mut items, bits);
            assert_eq!(items, expected, "{bits} bits");
        }
    }
}
