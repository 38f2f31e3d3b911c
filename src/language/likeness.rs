//! How alike texts are: nearly the same words, or the same subject.

use std::collections::HashMap;

/// Texts as numbers: the same number for the same word, the rarest words first among all texts.
#[derive(Clone, Debug, Default)]
pub struct Texts<'t> {
    /// Each word once.
    vocabulary: Vec<&'t str>,
    /// Words of each text.
    words: Vec<Vec<u32>>,
    /// Number of texts that hold each word.
    held_by: Vec<u32>,
}

/// Texts that share a rare word with one are compared up to this many; more only a hostile file
/// has.
const MOST: usize = 256;

impl<'t> Texts<'t> {
    /// Numbers the words of `texts`.
    pub fn new<T: Iterator<Item = &'t str>>(texts: impl Iterator<Item = T>) -> Self {
        let mut numbers: HashMap<&'t str, u32> = HashMap::new();
        let mut new = Self::default();
        for text in texts {
            let mut numbered = Vec::new();
            for word in text {
                numbered.push(*numbers.entry(word).or_insert_with(|| {
                    new.vocabulary.push(word);
                    new.vocabulary.len() as u32 - 1
                }));
            }
            new.held_by.resize(new.vocabulary.len(), 0);
            let mut once = numbered.clone();
            once.sort_unstable();
            once.dedup();
            for &w in &once {
                new.held_by[w as usize] += 1;
            }
            new.words.push(numbered);
        }
        new
    }

    /// The word with this number.
    pub fn word(&self, number: u32) -> &'t str {
        self.vocabulary.get(number as usize).copied().unwrap_or_default()
    }

    /// How many words may be changed in a text before it is another: one, or a tenth, but never
    /// all.
    fn allowed(words: usize) -> usize {
        (words / 10).max(1).min(words.saturating_sub(1))
    }

    /// For each text the first earlier one that is nearly the same without being equal, and for
    /// which `counts` holds: all but one word, or all but a tenth of the shorter one's, in the
    /// same order.
    ///
    /// Texts that differ in at most `k` words share one of their `k + 1` rarest, so only those are
    /// compared that do.
    pub fn near(&self, mut counts: impl FnMut(usize, usize) -> bool) -> Vec<Option<usize>> {
        let mut holding: HashMap<(u32, u32), Vec<usize>> = HashMap::new();
        let mut near = Vec::with_capacity(self.words.len());
        for (i, text) in self.words.iter().enumerate() {
            let mut rarest = occurrences(text);
            rarest.sort_unstable_by_key(|&(word, nth)| (self.held_by[word as usize], word, nth));
            rarest.truncate(Self::allowed(text.len()) + 1);
            let mut others: Vec<usize> = Vec::new();
            for part in &rarest {
                let list = holding.entry(*part).or_default();
                others.extend(list.iter().take(MOST));
                list.push(i);
            }
            others.sort_unstable();
            others.dedup();
            near.push(others.into_iter().find(|&j| {
                let other = &self.words[j];
                let most = Self::allowed(text.len().min(other.len()));
                text != other && within(text, other, most) && counts(i, j)
            }));
        }
        near
    }

    /// The words of one text that the other lacks, and the other way round.
    pub fn difference(&self, a: usize, b: usize) -> impl Iterator<Item = u32> {
        let [mut a, mut b] = [occurrences(&self.words[a]), occurrences(&self.words[b])];
        a.sort_unstable();
        b.sort_unstable();
        let only = |x: &[(u32, u32)], y: &[(u32, u32)]| {
            x.iter().filter(|w| y.binary_search(w).is_err()).map(|w| w.0).collect::<Vec<_>>()
        };
        let only = [only(&a, &b), only(&b, &a)];
        only.into_iter().flatten()
    }

    /// How close each text is to the texts of each group, by the words that few texts hold:
    /// cosines of TF-IDF vectors, averaged over the group's other texts. `group` gives the group
    /// of each text, below `groups`; what a group of fewer than `least` others would say is
    /// `None`.
    pub fn closeness(&self, group: &[usize], groups: usize, least: usize) -> Vec<Vec<Option<f64>>> {
        let total = self.words.len() as f64;
        let weight = |w: u32| libm::log((1.0 + total) / (1.0 + f64::from(self.held_by[w as usize])));
        let vectors: Vec<Vec<(u32, f64)>> = self
            .words
            .iter()
            .map(|text| {
                let mut sorted = text.clone();
                sorted.sort_unstable();
                let mut vector: Vec<(u32, f64)> = sorted
                    .chunk_by(|a, b| a == b)
                    .map(|same| (same[0], same.len() as f64 * weight(same[0])))
                    .collect();
                let norm = libm::sqrt(vector.iter().map(|(_, v)| v * v).sum());
                for (_, v) in &mut vector {
                    *v /= if norm > 0.0 { norm } else { 1.0 };
                }
                vector
            })
            .collect();
        let mut sizes = vec![0_usize; groups];
        let mut sums: Vec<HashMap<u32, f64>> = vec![HashMap::new(); groups];
        for (vector, &g) in vectors.iter().zip(group) {
            sizes[g] += 1;
            for &(word, v) in vector {
                *sums[g].entry(word).or_default() += v;
            }
        }
        let dot = |a: &[(u32, f64)], b: &HashMap<u32, f64>| -> f64 {
            a.iter().filter_map(|(w, v)| Some(v * b.get(w)?)).sum()
        };
        let one = |(vector, &own): (&Vec<(u32, f64)>, &usize)| {
            let to = |g: usize| {
                let (others, itself) = if g == own {
                    (sizes[g] - 1, vector.iter().map(|(_, v)| v * v).sum())
                } else {
                    (sizes[g], 0.0)
                };
                (others >= least && others > 0).then(|| (dot(vector, &sums[g]) - itself) / others as f64)
            };
            (0..groups).map(to).collect()
        };
        vectors.iter().zip(group).map(one).collect()
    }
}

/// Words with how often each came before, so that the second "the" is another than the first.
fn occurrences(text: &[u32]) -> Vec<(u32, u32)> {
    let mut sorted: Vec<(u32, u32)> = text.iter().map(|&w| (w, 0)).collect();
    sorted.sort_unstable();
    for i in 1..sorted.len() {
        if sorted[i].0 == sorted[i - 1].0 {
            sorted[i].1 = sorted[i - 1].1 + 1;
        }
    }
    sorted
}

/// Whether `a` becomes `b` by putting in, taking out or changing at most `most` words.
fn within(a: &[u32], b: &[u32], most: usize) -> bool {
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    // Dynamic programming inside a band around the diagonal; `far` is whatever is outside.
    let far = most + 1;
    let mut row: Vec<usize> = (0..=b.len()).map(|j| j.min(far)).collect();
    for (i, word) in (1_usize..).zip(a) {
        let from = i.saturating_sub(most);
        let mut diagonal = if from > 0 { row[from - 1] } else { far };
        let (mut left, mut least) = (far, far);
        for j in from..=(i + most).min(b.len()) {
            let above = row[j];
            let changed = if j == 0 { i } else { diagonal + usize::from(*word != b[j - 1]) };
            row[j] = changed.min(above + 1).min(left + 1).min(far);
            (diagonal, left, least) = (above, row[j], least.min(row[j]));
        }
        if least > most {
            return false;
        }
    }
    row[b.len()] <= most
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts<'t>(list: &[&'t str]) -> Texts<'t> {
        Texts::new(list.iter().map(|t| t.split(' ')))
    }

    #[test]
    fn one_word_or_a_tenth_may_differ() {
        let t = texts(&[
            "the red chair by the desk",
            "the red chair by the door",
            "the red chair near a door",
            "red chair by the door",
            "the red chair by the desk",
        ]);
        assert_eq!(t.near(|_, _| true), [None, Some(0), None, Some(1), Some(1)]);
        assert_eq!(t.near(|_, j| j != 0), [None, None, None, Some(1), Some(1)]);
    }

    #[test]
    fn the_difference_counts_repeated_words() {
        let t = texts(&["a b b c", "b d a"]);
        assert_eq!(t.difference(0, 1).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(t.difference(0, 0).count(), 0);
    }

    #[test]
    fn fifty_thousand_equal_or_nearly_equal_texts_are_compared_a_few_times_each() {
        let same: Vec<String> = (0..50_000).map(|_| "the chair is in the room".to_owned()).collect();
        let mut asked = 0;
        let near = Texts::new(same.iter().map(|t| t.split(' '))).near(|_, _| {
            asked += 1;
            true
        });
        assert_eq!((near.iter().flatten().count(), asked), (0, 0));
        let alike: Vec<String> =
            (0..50_000).map(|i| format!("chair {i} is in the room over there")).collect();
        let near = Texts::new(alike.iter().map(|t| t.split(' '))).near(|_, _| {
            asked += 1;
            false
        });
        assert_eq!(near.iter().flatten().count(), 0);
        assert!(asked <= 50_000 * MOST * 2, "{asked}");
    }

    #[test]
    fn a_text_is_closest_to_its_own_kind() {
        let t = texts(&[
            "red chair desk",
            "red chair door",
            "green bed door",
            "green bed lamp",
            "red chair lamp",
        ]);
        let close = t.closeness(&[0, 0, 1, 1, 1], 2, 1);
        assert!(close[4][0] > close[4][1], "{close:?}");
        assert!(close[0][0] > close[0][1] && close[2][1] > close[2][0], "{close:?}");
        assert_eq!(t.closeness(&[0, 0, 1, 1, 1], 2, 2)[0][0], None);
    }

    /// The plain definition of the distance.
    fn distance(a: &[u32], b: &[u32]) -> usize {
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                table[i][j] = match (i, j) {
                    (0, j) => j,
                    (i, 0) => i,
                    _ => (table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]))
                        .min(table[i - 1][j] + 1)
                        .min(table[i][j - 1] + 1),
                };
            }
        }
        table[a.len()][b.len()]
    }

    proptest! {
        #[test]
        fn the_band_decides_as_the_whole_table_does(
            a in prop::collection::vec(0..4_u32, 0..12),
            b in prop::collection::vec(0..4_u32, 0..12),
            most in 1..4_usize,
        ) {
            prop_assert_eq!(within(&a, &b, most), distance(&a, &b) <= most);
        }

        #[test]
        fn nothing_near_is_missed(list in prop::collection::vec(prop::collection::vec(0..5_u32, 1..6), 2..9)) {
            let words: Vec<Vec<String>> =
                list.iter().map(|t| t.iter().map(ToString::to_string).collect()).collect();
            let near = Texts::new(words.iter().map(|t| t.iter().map(String::as_str))).near(|_, _| true);
            for (i, found) in near.iter().enumerate() {
                let expected = (0..i).find(|&j| {
                    let most = 1.min(list[i].len().min(list[j].len()) - 1);
                    list[i] != list[j] && distance(&list[i], &list[j]) <= most
                });
                prop_assert_eq!(*found, expected);
            }
        }
    }
}
