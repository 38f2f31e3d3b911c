//! Whether two groups of rooms show the same classes.
//!
//! Objects of one room are not independent: a kitchen has many cabinets, an office many chairs. A
//! test that takes each object for a draw of its own finds a difference between any two groups. So
//! rooms are dealt out anew, whole, many times, and the distance between the groups as they are is
//! compared with the distances that chance gives.

use crate::math::{Key, Purpose};

/// How often rooms are dealt out anew.
const DEALS: u32 = 999;

/// The objects of one room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Whether it is in the second group.
    pub second: bool,
    /// Classes with their number of objects.
    pub counts: Vec<(u32, u64)>,
}

/// How far two groups of rooms are apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// Jensen-Shannon distance of their class shares: 0 when they are alike, 0.8326 (the root of
    /// ln 2) when they have no class in common.
    pub distance: f64,
    /// Mean distance when the same rooms are dealt out at random.
    pub by_chance: f64,
    /// The distances that one deal in twenty stays below, and one in twenty goes beyond.
    pub chance: [f64; 2],
    /// Share of deals, the groups as they are counted among them, that are no closer than these.
    pub p: f64,
    /// What each class adds to the square of the distance.
    pub parts: Vec<f64>,
}

/// Compares the two groups of `rooms`; classes are 0 to `classes` − 1, and `key` decides the
/// deals. `None` when a group has no object.
pub fn between(rooms: &[Room], classes: usize, key: &Key) -> Option<Drift> {
    let mut total = vec![0; classes];
    let mut second = vec![0; classes];
    for room in rooms {
        add(&mut total, room);
        if room.second {
            add(&mut second, room);
        }
    }
    let parts = apart(&total, &second)?;
    let distance = distance(&parts);

    let held = rooms.iter().filter(|r| r.second).count();
    let mut order: Vec<usize> = (0..rooms.len()).collect();
    let mut stream = key.stream(Purpose::Cells);
    let (mut no_closer, mut sum) = (1, 0.0);
    let mut distances = Vec::with_capacity(DEALS as usize);
    for _ in 0..DEALS {
        second.fill(0);
        // The first places of a shuffle; what an earlier deal left in them makes no difference.
        for i in 0..held {
            let pick = i + stream.below((rooms.len() - i) as u64) as usize;
            order.swap(i, pick);
            add(&mut second, &rooms[order[i]]);
        }
        let dealt = apart(&total, &second).map_or(0.0, |parts| self::distance(&parts));
        // Sums of the same numbers in another order differ in their last bits.
        no_closer += u32::from(dealt >= distance - 1e-12);
        sum += dealt;
        distances.push(dealt);
    }
    distances.sort_by(f64::total_cmp);
    let chance = [1, 19].map(|twentieth| distances[DEALS as usize * twentieth / 20]);
    let deals = f64::from(DEALS);
    Some(Drift { distance, by_chance: sum / deals, chance, p: f64::from(no_closer) / (deals + 1.0), parts })
}

fn add(counts: &mut [u64], room: &Room) {
    for &(class, n) in &room.counts {
        counts[class as usize] += n;
    }
}

fn distance(parts: &[f64]) -> f64 {
    libm::sqrt(parts.iter().sum::<f64>().max(0.0))
}

/// What each class adds to the Jensen-Shannon divergence, in nats, between `second` and the rest of
/// `total`. `None` when one of the two is empty.
fn apart(total: &[u64], second: &[u64]) -> Option<Vec<f64>> {
    let (all, of_second): (u64, u64) = (total.iter().sum(), second.iter().sum());
    if of_second == 0 || of_second == all {
        return None;
    }
    let (n, m) = ((all - of_second) as f64, of_second as f64);
    let half = |share: f64, mean: f64| if share > 0.0 { 0.5 * share * libm::log(share / mean) } else { 0.0 };
    let part = |(&all, &b): (&u64, &u64)| {
        let (p, q) = ((all - b) as f64 / n, b as f64 / m);
        let mean = f64::midpoint(p, q);
        half(p, mean) + half(q, mean)
    };
    Some(total.iter().zip(second).map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u32) -> Key {
        Key::new(1, "test", n, "drift")
    }

    /// `n` rooms of 12 objects, of which every fifth is held out: bedrooms and offices by turns
    /// of `stride`.
    fn rooms(n: usize, stride: usize) -> Vec<Room> {
        let room = |i: usize| Room {
            second: i % 5 == 1,
            counts: if i % stride < 2 { vec![(0, 4), (1, 8)] } else { vec![(1, 3), (2, 9)] },
        };
        (0..n).map(room).collect()
    }

    #[test]
    fn the_distance_is_that_of_jensen_and_shannon() {
        let room = |second, counts: &[(u32, u64)]| Room { second, counts: counts.into() };
        let apart = between(&[room(false, &[(0, 5)]), room(true, &[(1, 3)])], 2, &key(0)).unwrap();
        assert!((apart.distance - libm::sqrt(std::f64::consts::LN_2)).abs() < 1e-12);
        let same = between(&[room(false, &[(0, 5)]), room(true, &[(0, 3)])], 1, &key(0)).unwrap();
        assert_eq!((same.distance, same.p), (0.0, 1.0));
        // P = (1/2, 1/2), Q = (1, 0): (ln(4/3) + ½ ln 2) / 2 … by hand 0.215762.
        let half = between(&[room(false, &[(0, 2), (1, 2)]), room(true, &[(0, 3)])], 2, &key(0)).unwrap();
        assert!((half.distance * half.distance - 0.215_762).abs() < 1e-6);
        assert!(half.parts.iter().all(|&p| p >= 0.0) && half.parts.len() == 2);
        assert_eq!(between(&[room(true, &[(0, 1)])], 1, &key(0)), None);
    }

    #[test]
    fn rooms_held_out_by_kind_are_seen_and_rooms_held_out_at_random_are_not() {
        // Every fifth room is of the second kind where the stride is five, and of either else.
        let by_kind = between(&rooms(60, 5), 3, &key(0)).unwrap();
        assert!(by_kind.p < 0.01 && by_kind.distance - by_kind.by_chance > 0.05, "{by_kind:?}");
        assert!(by_kind.chance[0] < by_kind.by_chance && by_kind.by_chance < by_kind.chance[1]);
        assert!(by_kind.distance > by_kind.chance[1]);
        let mixed = between(&rooms(60, 4), 3, &key(0)).unwrap();
        assert!(mixed.p > 0.05 && mixed.distance < mixed.chance[1], "{mixed:?}");
    }

    #[test]
    fn the_test_seldom_sees_what_is_not_there() {
        // A hundred random splits of clustered rooms: about one of them has p ≤ 0.01.
        let seen = (0..100).filter(|&n| {
            let mut rooms = rooms(40, 7);
            let mut stream = key(n).stream(Purpose::Gate);
            for room in &mut rooms {
                room.second = stream.happens(0.2);
            }
            between(&rooms, 3, &key(n)).is_some_and(|d| d.p < 0.01)
        });
        assert!(seen.count() <= 4);
    }

    #[test]
    fn the_same_key_gives_the_same_bits() {
        let of = |n| between(&rooms(30, 4), 3, &key(n)).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1).by_chance, of(2).by_chance);
    }
}
