//! How evenly things are spread over classes.

/// The number of equally frequent classes that would be as varied: e to the entropy of `counts`.
/// 0 when there is nothing to count.
pub fn effective(counts: &[u64]) -> f64 {
    effective_weighted(&counts.iter().map(|&n| n as f64).collect::<Vec<_>>())
}

/// Like [`effective`], of counts that are weighted. Those that are not above 0 count nothing.
pub fn effective_weighted(counts: &[f64]) -> f64 {
    let total: f64 = counts.iter().filter(|&&n| n > 0.0).sum();
    if total == 0.0 {
        return 0.0;
    }
    let mut entropy = 0.0;
    for &n in counts.iter().filter(|&&n| n > 0.0) {
        let share = n / total;
        entropy -= share * libm::log(share);
    }
    libm::exp(entropy)
}

/// The largest of `counts` over the smallest that is above 0; 0 when there is none.
pub fn imbalance(counts: &[f64]) -> f64 {
    let present = || counts.iter().copied().filter(|&n| n > 0.0);
    present().reduce(f64::max).zip(present().reduce(f64::min)).map_or(0.0, |(most, least)| most / least)
}

/// Kish's effective sample size, (Σw)² / Σw²: so many samples of equal weight vary as little. 0 when
/// all weights are 0.
pub fn effective_samples(weights: impl Iterator<Item = f64>) -> f64 {
    let (sum, squares) = weights.fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// How often a class of this `frequency` (share of all scans that show it, above 0) is shown so that
/// those rarer than `threshold` are shown more: max(1, √(t/f)) of LVIS (Gupta and others 2019).
pub fn repeat_factor(frequency: f64, threshold: f64) -> f64 {
    libm::sqrt(threshold / frequency).max(1.0)
}

/// The weight of one of `n` samples of a class, one over the class's effective number:
/// (1 − β) / (1 − βⁿ) (Cui and others 2019). 1 for a single sample, near 1 − β for many.
pub fn effective_number_weight(beta: f64, n: u64) -> f64 {
    (1.0 - beta) / (1.0 - libm::pow(beta, n as f64))
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
    fn weights_are_those_of_their_papers() {
        assert_eq!([0.04, 0.01, 1.0, 0.000_1].map(|f| repeat_factor(f, 0.01)), [1.0, 1.0, 1.0, 10.0]);
        assert!((effective_number_weight(0.9, 1) - 1.0).abs() < 1e-15);
        // 1 − 0.9² = 0.19.
        assert!((effective_number_weight(0.9, 2) - 0.1 / 0.19).abs() < 1e-15);
        assert!((effective_number_weight(0.9, 1000) - 0.1).abs() < 1e-12);
        assert_eq!(effective_samples([3.0; 7].into_iter()), 7.0);
        assert_eq!(effective_samples([1.0, 0.0, 1.0, 0.0].into_iter()), 2.0);
        assert_eq!(effective_samples([0.0].into_iter()), 0.0);
        assert_eq!((imbalance(&[4.0, 0.0, 0.5]), imbalance(&[0.0])), (8.0, 0.0));
        assert_eq!(effective_weighted(&[2.5, 0.0, 2.5]), effective(&[5, 5]));
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
