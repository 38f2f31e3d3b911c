use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::msh::percent;
use crate::math::Xyz;
use crate::scene::Role;

rule! {
    /// Many vertices lie exactly where another does.
    ///
    /// # What it checks
    /// That no more than `max-duplicate-percent` of the vertices, 1 unless you say otherwise, have a
    /// position that an earlier vertex has to the last bit. Evidence: `vertices`, how many do;
    /// `percent`, their share.
    ///
    /// # Why it matters
    /// A mesh that was split into loose triangles has each vertex several times, and one that was
    /// padded has thousands at the origin. Superpoints fall apart where triangles do not share
    /// vertices, and shares of points count the same place again and again.
    ///
    /// # How to fix
    /// Use the mesh as it was published. Merging vertices alone breaks the order that segments and
    /// labels rely on.
    ///
    /// # Known exceptions
    /// None: `scene0000_00` of the official release has none among 81,369.
    ///
    /// # Source
    /// Superpoints come from the mesh's triangles, as in <https://github.com/Karbo123/segmentator>. The
    /// threshold comes from reasoning.
    DuplicateVertices { code: "MSH206", name: "duplicate-vertices", severity: Warning }
}

impl Rule for DuplicateVertices {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let (position, limit) = (&scan.scan.scene.points.position, scan.thresholds.max_duplicate_percent);
        let too_many = |repeats: usize| repeats as u64 * 100 > position.len() as u64 * u64::from(limit);
        if !too_many(repeats_at_most(position)) {
            return;
        }
        let repeats = repeats(position);
        if too_many(repeats) {
            let share = percent(repeats, position.len());
            let message =
                format!("{repeats} vertices ({share} %) lie exactly where another does, more than {limit} %");
            let draft = Draft::new(message).file(scan.path(Role::Mesh)).evidence("vertices", repeats);
            out.report(draft.evidence("percent", share));
        }
    }
}

/// Number of vertices that may repeat the position of an earlier one: all that do, and hardly any
/// that do not. A Bloom filter, of one word
/// for up to five vertices, which costs a tenth of sorting.
fn repeats_at_most(position: &Xyz) -> usize {
    let words = (position.len() / 5).next_power_of_two();
    let mut filter = vec![0_u64; words];
    let mut repeats = 0;
    for ((x, y), z) in position.x.iter().zip(&position.y).zip(&position.z) {
        let hash = mix([*x, *y, *z].map(f32::to_bits));
        let word = &mut filter[(hash >> 32) as usize & (words - 1)];
        let marks = 1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63);
        repeats += usize::from(*word & marks == marks);
        *word |= marks;
    }
    repeats
}

/// A number that differs for different positions, nearly always.
fn mix([x, y, z]: [u32; 3]) -> u64 {
    let xy = u64::from(x) | u64::from(y) << 32;
    let product = u128::from(xy ^ 0x9e37_79b9_7f4a_7c15) * u128::from(u64::from(z) ^ 0xd1b5_4a32_d192_ed03);
    (product >> 64) as u64 ^ product as u64
}

/// Number of vertices that repeat the position of an earlier one.
fn repeats(position: &Xyz) -> usize {
    let mut all: Vec<_> = (0..position.len()).map(|i| position.get(i).map(f32::to_bits)).collect();
    all.sort_unstable();
    all.dedup();
    position.len() - all.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audit::fixture::Fixture;
    use crate::scene::Points;

    fn repeat(n: usize) -> Fixture {
        let mut f = Fixture::clean();
        for axis in f.scan().scene.points.position.axes_mut() {
            axis.copy_within(0..n, 100);
        }
        f
    }

    #[test]
    fn fires_above_the_share_and_counts() {
        let found = repeat(9).run("MSH206");
        assert_eq!(
            (found[0].number("vertices"), found[0].evidence["percent"].as_f64()),
            (Some(9), Some(1.1))
        );
    }

    #[test]
    fn silent_at_the_share_and_without_vertices() {
        assert_eq!(repeat(8).run("MSH206"), [], "8 of 800 are one in a hundred");
        let mut f = Fixture::clean();
        f.scan().scene.points = Points::default();
        assert_eq!(f.run("MSH206"), []);
    }

    #[test]
    fn fires_on_padding() {
        let mut f = Fixture::clean();
        for axis in f.scan().scene.points.position.axes_mut() {
            axis[300..].fill(0.0);
        }
        assert_eq!(f.run("MSH206")[0].number("vertices"), Some(499));
    }

    #[test]
    fn a_full_scan_without_repeats_needs_no_second_look() {
        let ramp = |k: u32| (0..150_000_u32).map(|i| (i / k % 300) as f32 * 0.02).collect();
        let grid = Xyz { x: ramp(1), y: ramp(300), z: ramp(90_000) };
        assert!(repeats(&grid) == 0 && repeats_at_most(&grid) < 1500, "{}", repeats_at_most(&grid));
    }

    proptest! {
        #[test]
        fn the_first_look_misses_none(seed in prop::collection::vec((0..4_u8, 0..4_u8, 0..4_u8), 0..80)) {
            let column = |f: fn(&(u8, u8, u8)) -> u8| seed.iter().map(|p| f32::from(f(p)) - 1.5).collect();
            let position = Xyz { x: column(|p| p.0), y: column(|p| p.1), z: column(|p| p.2) };
            prop_assert!(repeats_at_most(&position) >= repeats(&position));
        }
    }
}
