//! Colour tables: a new level for each of the 256 levels of each channel.

use crate::scene::Colour;

/// How often each level occurs, per channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Histogram(pub [[u32; 256]; 3]);

impl Histogram {
    /// Counts the levels of `colour`.
    pub(crate) fn of(colour: &Colour) -> Self {
        Self(colour.channels().map(|channel| {
            // Two counters, so that a run of equal levels does not wait for its own increments.
            let mut count = [[0_u32; 256]; 2];
            for pair in channel.chunks(2) {
                for (lane, &level) in pair.iter().enumerate() {
                    count[lane][usize::from(level)] += 1;
                }
            }
            std::array::from_fn(|level| count[0][level] + count[1][level])
        }))
    }

    /// The histogram after `table`.
    pub(crate) fn through(&self, table: &Table) -> Self {
        let mut out = Self([[0; 256]; 3]);
        for channel in 0..3 {
            for level in 0..256 {
                out.0[channel][usize::from(table.0[channel][level])] += self.0[channel][level];
            }
        }
        out
    }
}

/// A new level for each level, per channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table(pub [[u8; 256]; 3]);

impl Table {
    /// The table that gives each level the one `level_of(channel, level)` says, rounded half up
    /// and clamped to 0..=255.
    pub(crate) fn new(level_of: impl Fn(usize, f64) -> f64) -> Self {
        Self(std::array::from_fn(|channel| {
            std::array::from_fn(|level| to_level(level_of(channel, level as f64)))
        }))
    }

    /// This table, then `next`: the same bytes as applying one after the other.
    pub(crate) fn then(&self, next: &Self) -> Self {
        Self(std::array::from_fn(|c| self.0[c].map(|level| next.0[c][usize::from(level)])))
    }

    /// Replaces every colour.
    pub(crate) fn apply_to(&self, colour: &mut Colour) {
        for (channel, table) in colour.channels_mut().into_iter().zip(&self.0) {
            for level in channel {
                *level = table[usize::from(*level)];
            }
        }
    }

    /// How strongly the table tints the colours counted in `of`, in levels of 255.
    ///
    /// The largest of three numbers: how far the channels' means move apart (a tint), how far they
    /// move together (brighter or darker: beige becomes white, brown black), and twice the standard
    /// deviation of how far the points of a channel move (contrast: near enough the most that one
    /// in twenty moves by).
    pub(crate) fn cast(&self, of: &Histogram) -> f64 {
        let moved: [(f64, f64); 3] = std::array::from_fn(|c| {
            let (mut sum, mut squares, mut points) = (0_i64, 0_i64, 0_i64);
            for level in 0..256 {
                let count = i64::from(of.0[c][level]);
                let by = i64::from(self.0[c][level]) - level as i64;
                points += count;
                sum += count * by;
                squares += count * by * by;
            }
            if points == 0 {
                return (0.0, 0.0);
            }
            let (mean, square) = (sum as f64 / points as f64, squares as f64 / points as f64);
            (mean, libm::sqrt((square - mean * mean).max(0.0)))
        });
        let lo = moved.iter().fold(f64::INFINITY, |m, v| m.min(v.0));
        let hi = moved.iter().fold(f64::NEG_INFINITY, |m, v| m.max(v.0));
        let spread = moved.iter().fold(0.0, |m: f64, v| m.max(v.1));
        (hi - lo).max(((moved[0].0 + moved[1].0 + moved[2].0) / 3.0).abs()).max(2.0 * spread)
    }
}

/// Rounded half up, never truncated, and clamped to 0..=255.
pub(crate) fn to_level(value: f64) -> u8 {
    libm::floor(value + 0.5).clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Colour {
        let levels: Vec<u8> = (0..=255).collect();
        Colour { red: levels.clone(), green: levels.clone(), blue: levels }
    }

    #[test]
    fn folding_gives_the_bytes_of_applying_in_turn() {
        let brighter = Table::new(|_, v| v * 1.7 - 20.3);
        let tinted = Table::new(|c, v| v + c as f64 * 9.5);
        let mut in_turn = ramp();
        brighter.apply_to(&mut in_turn);
        let between = Histogram::of(&in_turn);
        assert_eq!(between, Histogram::of(&ramp()).through(&brighter));
        tinted.apply_to(&mut in_turn);
        let mut folded = ramp();
        brighter.then(&tinted).apply_to(&mut folded);
        assert_eq!(in_turn, folded);
    }

    #[test]
    fn levels_round_half_up_and_stay_in_range() {
        assert_eq!([2.5, 2.49, -3.0, 300.0, f64::NAN].map(to_level), [3, 2, 0, 255, 0]);
    }

    #[test]
    fn tints_brightness_and_contrast_count_whole() {
        let grey = Histogram::of(&Colour { red: vec![100], green: vec![100], blue: vec![100] });
        assert_eq!(Table::new(|c, v| if c == 0 { v + 30.0 } else { v }).cast(&grey), 30.0);
        assert_eq!(Table::new(|_, v| v - 30.0).cast(&grey), 30.0);
        assert_eq!(Table::new(|_, v| v).cast(&Histogram([[0; 256]; 3])), 0.0);
        let two = Histogram::of(&Colour { red: vec![50, 150], green: vec![50, 150], blue: vec![50, 150] });
        assert_eq!(Table::new(|_, v| 100.0 + 0.9 * (v - 100.0)).cast(&two), 10.0, "both move by 5");
    }
}
