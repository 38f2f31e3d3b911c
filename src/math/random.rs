//! Random streams that depend on what is drawn for, never on when or by whom.
//!
//! A key names the place of a draw: seed, scene, variant, step. From it comes a `ChaCha8` stream
//! whose position is a counter, so the noise of a point belongs to the point's source vertex
//! whatever was cropped before it and however many threads run. The library gives only words;
//! words become numbers here, in lines that golden values pin, since libraries may change how
//! they sample.

use rand::SeedableRng;
use rand::rand_core::Rng;
use rand::rngs::ChaCha8Rng;

use super::gauss;

/// What a stream is drawn for: each purpose has its own stream of the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Whether the step happens at all (`p`).
    Gate = 0,
    /// The step's parameters.
    Parameters = 1,
    /// Noise per point.
    Points = 2,
    /// Noise on a lattice.
    Lattice = 3,
    /// Picks per cell.
    Cells = 4,
}

/// The place of a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of one step on one variant of one scene. `step` is the step's id, not its place in
    /// the list: inserting a step moves no other step's draws.
    pub fn new(seed: u64, scene: &str, variant: u32, step: &str) -> Self {
        let mut hash = blake3::Hasher::new_derive_key("dataprep 1 random stream");
        hash.update(&seed.to_le_bytes());
        hash.update(&(scene.len() as u64).to_le_bytes());
        hash.update(scene.as_bytes());
        hash.update(&variant.to_le_bytes());
        hash.update(step.as_bytes());
        Self(*hash.finalize().as_bytes())
    }

    /// The stream of this key for `purpose`, at its start.
    pub fn stream(&self, purpose: Purpose) -> Stream {
        let mut rng = ChaCha8Rng::from_seed(self.0);
        rng.set_stream(purpose as u64);
        Stream { rng }
    }
}

/// A stream of random words with a settable position.
#[derive(Debug)]
pub struct Stream {
    rng: ChaCha8Rng,
}

impl Stream {
    /// Goes to the first of `words` words that belong to `element`.
    pub fn seek(&mut self, element: u64, words: u32) {
        self.rng.set_word_pos(u128::from(element) * u128::from(words));
    }

    /// The next 32 bits.
    pub fn word(&mut self) -> u32 {
        self.rng.next_u32()
    }

    /// Uniform in [0, 1), 53 bits, two words.
    pub fn unit(&mut self) -> f64 {
        let (low, high) = (u64::from(self.word()), u64::from(self.word()));
        (((high << 32 | low) >> 11) as f64) * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform in [`lo`, `hi`).
    pub fn between(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.unit()
    }

    /// Uniform in 0..`n` by multiply-shift, two words; 0 for `n` = 0.
    pub fn below(&mut self, n: u64) -> u64 {
        let (low, high) = (u64::from(self.word()), u64::from(self.word()));
        ((u128::from(high << 32 | low) * u128::from(n)) >> 64) as u64
    }

    /// Whether something of probability `p` happens.
    pub fn happens(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Two independent standard normals from two words (Box and Muller's polar form).
    pub fn normals(&mut self) -> [f32; 2] {
        let (a, b) = (self.word(), self.word());
        // (0, 1] with 24 bits: the logarithm is finite.
        let u = ((a >> 8) + 1) as f32 * (1.0 / (1 << 24) as f32);
        let v = (b >> 8) as f32 * (1.0 / (1 << 24) as f32);
        let radius = libm::sqrtf(-2.0 * libm::logf(u));
        let (sin, cos) = libm::sincosf(std::f32::consts::TAU * v);
        [radius * cos, radius * sin]
    }

    /// The next `N` words.
    #[inline(always)]
    pub fn words<const N: usize>(&mut self) -> [u32; N] {
        let mut bytes = [[0; 4]; N];
        self.rng.fill_bytes(bytes.as_flattened_mut());
        let mut words = [0; N];
        for (word, &bytes) in words.iter_mut().zip(&bytes) {
            *word = u32::from_le_bytes(bytes);
        }
        words
    }

    /// The next 64 independent standard normals, from 32 words: for noise on many points.
    #[inline(always)]
    pub fn normal_block(&mut self) -> [f32; gauss::NORMALS] {
        gauss::normals(&self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Stream {
        Key::new(7, "scene0000_00", 1, "jitter#1").stream(Purpose::Points)
    }

    #[test]
    fn words_and_numbers_are_pinned() {
        let mut s = stream();
        let words = [s.word(), s.word(), s.word()];
        let mut s = stream();
        let floats = [s.unit(), s.between(-1.0, 1.0)];
        let normals = stream().normals();
        insta::assert_debug_snapshot!((words, floats, stream().below(1000), normals));
    }

    #[test]
    fn an_element_has_its_own_words() {
        let mut s = stream();
        let all: Vec<u32> = (0..64).map(|_| s.word()).collect();
        s.seek(9, 4);
        assert_eq!((0..4).map(|_| s.word()).collect::<Vec<_>>(), all[36..40]);
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let word = |k: Key| k.stream(Purpose::Gate).word();
        let base = word(Key::new(7, "a", 1, "s"));
        for other in [Key::new(8, "a", 1, "s"), Key::new(7, "b", 1, "s"), Key::new(7, "a", 2, "s")] {
            assert_ne!(base, word(other));
        }
        assert_ne!(base, Key::new(7, "a", 1, "s").stream(Purpose::Parameters).word());
    }

    #[test]
    fn normals_have_mean_zero_and_variance_one() {
        let mut s = stream();
        let draws: Vec<f64> = (0..50_000).flat_map(|_| s.normals()).map(f64::from).collect();
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        let variance = draws.iter().map(|d| d * d).sum::<f64>() / n - mean * mean;
        assert!(mean.abs() < 4.0 / n.sqrt(), "{mean}");
        assert!((variance - 1.0).abs() < 0.02, "{variance}");
    }
    #[test]
    fn many_words_are_the_same_words() {
        let mut s = stream();
        let one_by_one: [u32; 100] = std::array::from_fn(|_| s.word());
        let mut s = stream();
        assert_eq!(s.words::<33>()[..], one_by_one[..33]);
        assert_eq!(s.words::<67>()[..], one_by_one[33..]);
    }

    #[test]
    fn blocks_of_normals_are_pinned_and_have_the_moments_and_tails_of_theory() {
        let mut s = stream();
        let first = s.normal_block();
        insta::assert_debug_snapshot!("a_block_of_normals", [&first[..3], &first[61..]]);
        let draws: Vec<f64> = (0..8000).flat_map(|_| s.normal_block()).map(f64::from).collect();
        let n = draws.len() as f64;
        let moment = |k: i32| draws.iter().map(|d| d.powi(k)).sum::<f64>() / n;
        assert!(moment(1).abs() < 4.0 / n.sqrt(), "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{}", moment(2));
        assert!(moment(3).abs() < 4.0 * (15.0 / n).sqrt(), "{}", moment(3));
        assert!((moment(4) - 3.0).abs() < 4.0 * (96.0 / n).sqrt(), "{}", moment(4));
        for (reach, share) in [(1.0, 0.682_689), (2.0, 0.954_500), (3.0, 0.997_300)] {
            let inside = draws.iter().filter(|d| d.abs() < reach).count() as f64 / n;
            let deviation = (share * (1.0 - share) / n).sqrt();
            assert!((inside - share).abs() < 4.0 * deviation, "{reach}: {inside}");
        }
    }
}
