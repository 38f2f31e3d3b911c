//! Whether two rooms are furnished alike: the same kinds of thing in the same places.
//!
//! Scans of one room are turned and shifted against each other, and lack a few things each. Two
//! things of a room that stand as far apart as two of the same kinds in the other say how the
//! rooms would lie on each other; what counts is how many of all things then do.

/// A thing of a room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Landmark {
    /// What it is.
    pub kind: u32,
    /// Its middle, in metres, z up.
    pub at: [f64; 3],
}

/// Things closer than this, in metres, may be one: middles move with what a scan missed.
const NEAR_M: f64 = 0.15;
/// Things nearer to each other than this, in metres, do not say how a room is turned.
const APART_M: f64 = 0.8;
/// Of the rarest things so many are tried to lay the rooms on each other.
const TRIED: usize = 8;
/// So many ways to lay them are tried, which only a hall of equal chairs has more of.
const WAYS: usize = 4000;

/// How many things of one room stand where a thing of the same kind stands in the other, after the
/// best of the turns about z and shifts that two things suggest. Each thing counts once.
pub fn shared(a: &[Landmark], b: &[Landmark]) -> usize {
    let count = |of: &[Landmark], kind| of.iter().filter(|l| l.kind == kind).count();
    let mut rare: Vec<(usize, &Landmark)> =
        a.iter().map(|l| (count(a, l.kind) * count(b, l.kind), l)).filter(|(pairs, _)| *pairs > 0).collect();
    rare.sort_by_key(|(pairs, _)| *pairs);
    rare.truncate(TRIED);
    let (mut best, mut ways) = (0, 0);
    for (i, (_, first)) in rare.iter().enumerate() {
        for (_, second) in &rare[i + 1..] {
            let wanted = Step::between(first, second);
            if wanted.length < APART_M {
                continue;
            }
            for to in b.iter().filter(|l| l.kind == first.kind) {
                for other in b.iter().filter(|l| l.kind == second.kind) {
                    let found = Step::between(to, other);
                    let same = (wanted.length - found.length).abs() <= NEAR_M
                        && (wanted.rise - found.rise).abs() <= NEAR_M;
                    if same && !std::ptr::eq(to, other) {
                        ways += 1;
                        if ways > WAYS {
                            return best;
                        }
                        best = best.max(lying(a, b, first, to, wanted.turn_to(&found)));
                    }
                }
            }
        }
    }
    best
}

/// The way from one thing to another.
struct Step {
    x: f64,
    y: f64,
    rise: f64,
    length: f64,
}

impl Step {
    fn between(from: &Landmark, to: &Landmark) -> Self {
        let [x, y, rise] = [0, 1, 2].map(|axis| to.at[axis] - from.at[axis]);
        Self { x, y, rise, length: libm::hypot(x, y) }
    }

    /// Cosine and sine of the turn about z that makes this the other way.
    fn turn_to(&self, other: &Self) -> [f64; 2] {
        let by = self.length * other.length;
        [(self.x * other.x + self.y * other.y) / by, (self.x * other.y - self.y * other.x) / by]
    }
}

/// Number of things of `a` that lie on one of `b`, when `from` lies on `to` after this turn.
fn lying(a: &[Landmark], b: &[Landmark], from: &Landmark, to: &Landmark, [cos, sin]: [f64; 2]) -> usize {
    let mut taken = vec![false; b.len()];
    let mut lie = 0;
    for thing in a {
        let d = Step::between(from, thing);
        let at = [to.at[0] + cos * d.x - sin * d.y, to.at[1] + sin * d.x + cos * d.y, to.at[2] + d.rise];
        let away = |l: &Landmark| (0..3).map(|k| (l.at[k] - at[k]) * (l.at[k] - at[k])).sum::<f64>();
        let free = (0..b.len()).filter(|&j| !taken[j] && b[j].kind == thing.kind);
        let nearest = free.map(|j| (away(&b[j]), j)).min_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
        if let Some((square, j)) = nearest
            && square <= NEAR_M * NEAR_M
        {
            taken[j] = true;
            lie += 1;
        }
    }
    lie
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn landmark(kind: u32, x: f64, y: f64, z: f64) -> Landmark {
        Landmark { kind, at: [x, y, z] }
    }

    fn room() -> Vec<Landmark> {
        [(1, 0.0, 0.0), (1, 2.0, 0.1), (2, 3.0, 4.0), (3, 0.5, 3.0), (4, 5.0, 1.0), (1, 4.0, 4.5)]
            .map(|(kind, x, y)| landmark(kind, x, y, 0.4 * f64::from(kind)))
            .into()
    }

    #[test]
    fn other_kinds_and_other_places_are_not_shared() {
        assert_eq!(shared(&room(), &room()), 6);
        let other: Vec<Landmark> = room().iter().map(|l| Landmark { kind: l.kind + 9, ..*l }).collect();
        assert_eq!(shared(&room(), &other), 0);
        let wider: Vec<Landmark> =
            room().iter().map(|l| landmark(l.kind, l.at[0] * 1.7, l.at[1] * 0.6, l.at[2])).collect();
        assert!(shared(&room(), &wider) <= 3);
        let mirrored: Vec<Landmark> =
            room().iter().map(|l| landmark(l.kind, -l.at[0], l.at[1], l.at[2])).collect();
        assert!(shared(&room(), &mirrored) < 5, "a mirrored room is another");
        assert_eq!(shared(&[], &room()), 0);
    }

    #[test]
    fn rooms_of_many_equal_things_are_compared_in_bounded_ways() {
        let hall: Vec<Landmark> =
            (0..256).map(|i| landmark(1, f64::from(i % 16) * 0.9, f64::from(i / 16) * 0.9, 0.4)).collect();
        assert!(shared(&hall, &hall) >= 128);
    }

    proptest! {
        #[test]
        fn a_turned_and_shifted_room_with_a_thing_less_is_known(
            turn in 0.0..6.3_f64, x in -9.0..9.0_f64, y in -9.0..9.0_f64, gone in 0..6_usize, noise in -0.03..0.03_f64,
        ) {
            let (sin, cos) = (libm::sin(turn), libm::cos(turn));
            let mut other: Vec<Landmark> = room()
                .iter()
                .map(|l| {
                    let [px, py, pz] = l.at;
                    landmark(l.kind, cos * px - sin * py + x + noise, sin * px + cos * py + y, pz - 1.0)
                })
                .collect();
            other.remove(gone);
            other.reverse();
            prop_assert_eq!(shared(&room(), &other), 5);
            prop_assert_eq!(shared(&other, &room()), 5);
        }
    }
}
