//! How evenly things are spread over classes.

/// The number of equally frequent classes that would be as varied: e to the entropy of `counts`.
/// 0 when there is nothing to count.
pub fn effective(counts: &[u64]) -> f64 {
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return 0.0;
    }
    let mut entropy = 0.0;
    for &n in counts.iter().filter(|&&n| n > 0) {
        let share = n as f64 / total as f64;
        entropy -= share * libm::log(share);
    }
    libm::exp(entropy)
}

/// Spearman's rank correlation of two columns of equal length; equal values share their mean rank.
/// `None` when one of the columns is all alike, or their lengths differ.
pub fn rank_correlation(a: &[u64], b: &[u64]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let (a, b) = (ranks(a), ranks(b));
    let mean = f64::midpoint(a.len() as f64, 1.0);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(&b) {
        let (x, y) = (x - mean, y - mean);
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    (aa > 0.0 && bb > 0.0).then(|| ab / libm::sqrt(aa * bb))
}

/// The rank of each value, from 1.
fn ranks(values: &[u64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|&i| values[i]);
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for alike in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = below as f64 + f64::midpoint(alike.len() as f64, 1.0);
        for &i in alike {
            ranks[i] = rank;
        }
        below += alike.len();
    }
    ranks
}

/// The chance that `marked` of `rooms` rooms are all among the `held` that are held out, when
/// these are drawn at random.
pub fn all_held_out(rooms: usize, held: usize, marked: usize) -> f64 {
    if marked > held || held > rooms {
        return 0.0;
    }
    (0..marked).map(|i| (held - i) as f64 / (rooms - i) as f64).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effective_number_is_that_of_equal_classes_and_falls_with_skew() {
        assert!((effective(&[7, 7, 7, 7]) - 4.0).abs() < 1e-12);
        assert!((effective(&[7, 0, 7]) - 2.0).abs() < 1e-12);
        assert_eq!((effective(&[]), effective(&[0, 0]), effective(&[9])), (0.0, 0.0, 1.0));
        // H = 0.9·ln(1/0.9) + 0.1·ln 10 = 0.325083.
        assert!((effective(&[90, 10]) - 1.384_145).abs() < 1e-6);
    }

    #[test]
    fn ranks_correlate_whatever_the_scale_and_ties_share_theirs() {
        assert_eq!(rank_correlation(&[1, 2, 3, 9], &[10, 400, 500, 501]), Some(1.0));
        assert_eq!(rank_correlation(&[1, 2, 3], &[9, 5, 1]), Some(-1.0));
        assert_eq!(ranks(&[5, 1, 5, 9]), [2.5, 1.0, 2.5, 4.0]);
        assert_eq!(rank_correlation(&[3, 3], &[1, 2]), None);
        assert_eq!(rank_correlation(&[3], &[1, 2]), None);
    }

    #[test]
    fn the_chance_of_being_held_out_is_hypergeometric() {
        assert_eq!(all_held_out(5, 1, 1), 0.2);
        assert!((all_held_out(8, 2, 2) - 1.0 / 28.0).abs() < 1e-15);
        assert_eq!((all_held_out(5, 1, 2), all_held_out(5, 9, 1), all_held_out(5, 2, 0)), (0.0, 0.0, 1.0));
    }
}
