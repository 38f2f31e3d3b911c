//! A room scanned: vertices, faces, segments and objects in the raw frame of a scan.

use super::room::Room;
use super::shape::{Lattice, Paint, Texture};
use super::truth::Viewpoint;
use crate::math::{Aabb, Affine, Key, Purpose, Stream, Xyz};
use crate::scene::{Colour, Frame, NO_OBJECT, Object, Points, Scene};

/// Segments have at least this many vertices where the object has (`segMinVerts`).
const SEGMENT_LEAST: usize = 20;
/// Noise of a vertex off its surface, metres.
const SIGMA_M: f32 = 0.0018;
/// Spread of lightness per vertex, of 255.
const GRAIN_255: f32 = 5.0;

/// Scans a room: `id` and `seed` decide the order of objects, the turn of the raw frame and all
/// noise; the scene has about `vertices` vertices. The viewpoint comes back in the raw frame.
pub(super) fn scan(room: &Room, id: &str, vertices: u32, seed: u64) -> (Scene, Viewpoint) {
    let key = Key::new(seed, id, 0, "synth scan");
    let mut s = key.stream(Purpose::Parameters);
    let mut order: Vec<usize> = (0..room.items.len()).collect();
    for i in (1..order.len()).rev() {
        order.swap(i, s.below(i as u64 + 1) as usize);
    }
    let sampled = Sampled::with_about(room, &order, vertices);
    let (position, colour) = sampled.finish(room, &mut s, &mut key.stream(Purpose::Points));
    let (segment, objects) = sampled.segments(room, &order, &mut s);

    let painted = crate::scene::Ownership::of(&objects).paint(&segment, &objects);
    let nyu40 = painted
        .group
        .iter()
        .zip(&painted.object)
        .map(|(&g, &o)| {
            let known = if o == NO_OBJECT { None } else { objects.get(g as usize) };
            known.and_then(|o| super::category::by_raw(&o.raw_category)).map_or(0, |c| c.nyu40)
        })
        .collect();

    let mut position = position;
    let (to_raw, alignment) = raw_frame(&mut position, &mut s);
    let n = position.len();
    let points = Points {
        position,
        colour: Some(colour),
        normal: None,
        segment,
        object: painted.object,
        nyu40,
        orig_index: (0..n as u32).collect(),
    };
    let frame = Frame::raw(Some(alignment));
    let scene = Scene { id: id.to_string(), points, faces: sampled.lattice.faces, objects, frame };
    (scene, room.viewpoint.mapped(&to_raw))
}

/// Turns and shifts positions from the aligned frame into a raw one: any yaw, smallest
/// coordinates near zero. Returns aligned → raw and raw → aligned.
fn raw_frame(position: &mut Xyz, s: &mut Stream) -> (Affine, Affine) {
    // Official scans have alignment yaws in (−179.5°, 0°], none of them zero.
    let yaw = s.between(-178.0, -2.0);
    let turn = Affine::rotation(2, -yaw);
    turn.apply_to(position);
    let min = Aabb::of(position.axes()).min.map(f64::from);
    let shift = min.map(|m| s.between(-0.02, 0.005) - m);
    let shift = Affine::translation(shift);
    shift.apply_to(position);
    let to_raw = turn.then(&shift);
    let back = Affine::translation([-shift.shift.x, -shift.shift.y, -shift.shift.z]);
    (to_raw, back.then(&Affine::rotation(2, yaw)))
}

/// A part's stretch of the lattice.
struct Stretch {
    item: usize,
    part: usize,
    end: usize,
}

struct Sampled {
    lattice: Lattice,
    stretches: Vec<Stretch>,
}

impl Sampled {
    /// Finds the spacing that gives about `vertices` vertices.
    fn with_about(room: &Room, order: &[usize], vertices: u32) -> Self {
        let wanted = f64::from(vertices.max(200));
        // With few vertices the furniture needs them more than walls and floor do.
        let coarser = libm::sqrt(30_000.0 / wanted).clamp(1.0, 3.4);
        let mut step = 0.022 * libm::sqrt(150_000.0 / wanted);
        let mut best: Option<(f64, Self)> = None;
        let (mut fine, mut coarse) = (0.0_f64, f64::INFINITY);
        for _ in 0..16 {
            let sampled = Self::with_step(room, order, step, coarser);
            let count = sampled.lattice.len() as f64;
            let off = (count / wanted - 1.0).abs();
            if best.as_ref().is_none_or(|(least, _)| off < *least) {
                best = Some((off, sampled));
            }
            if off < 0.01 {
                break;
            }
            // Counts jump, so the next guess stays between steps known too fine and too coarse.
            if count > wanted {
                fine = step.max(fine);
            } else {
                coarse = step.min(coarse);
            }
            step *= libm::sqrt(count / wanted).clamp(0.5, 2.0);
            if step <= fine || step >= coarse {
                step = f64::midpoint(fine, coarse.min(4.0 * fine.max(0.001)));
            }
        }
        best.map_or_else(|| Self::with_step(room, order, step, coarser), |(_, s)| s)
    }

    fn with_step(room: &Room, order: &[usize], step: f64, coarser: f64) -> Self {
        let mut lattice = Lattice::default();
        let mut stretches = Vec::new();
        for &item in order {
            let piece = &room.items[item];
            let own = if piece.kind.is_shell() { step * coarser } else { step };
            for (part, p) in piece.parts.iter().enumerate() {
                // A coarse scan does not resolve handles and the like.
                if part > 0 && p.shape.diagonal() < (3.0 * own).min(0.27) {
                    continue;
                }
                lattice.add(&p.shape, own);
                stretches.push(Stretch { item, part, end: lattice.len() });
            }
        }
        Self { lattice, stretches }
    }

    /// Positions in the aligned frame and colours, with jitter, noise and light.
    fn finish(&self, room: &Room, s: &mut Stream, noise: &mut Stream) -> (Xyz, Colour) {
        let n = self.lattice.len();
        let (mut position, mut colour) = (Xyz::with_capacity(n), Colour::with_capacity(n));
        let exposure = s.between(0.88, 1.0);
        let light = room.light.map(|l| (l * exposure) as f32);
        let mut start = 0;
        for stretch in &self.stretches {
            let item = &room.items[stretch.item];
            let pose = item.pose();
            let paint = item.parts[stretch.part].paint;
            for i in start..stretch.end {
                let words = [noise.word(), noise.word(), noise.word(), noise.word(), noise.word()];
                let (at, slack) = (self.lattice.position[i], self.lattice.slack[i]);
                let local: [f32; 3] = std::array::from_fn(|a| {
                    let jitter = (words[a] & 0xffff) as f32 / 32_768.0 - 1.0;
                    let [b, c] = [words[a] >> 16 & 0xff, words[a] >> 24].map(|b| b as f32 / 127.5 - 1.0);
                    at[a] + slack[a] * jitter + (b + c) * (SIGMA_M * 1.22)
                });
                let placed = pose.apply(local.map(f64::from)).map(|v| v as f32);
                position.push(placed);
                let shade = self.lattice.light[i] * pattern(paint, at, placed[2]);
                let grain = bell(words[3]) * GRAIN_255;
                colour.push(std::array::from_fn(|k| {
                    let tint = (words[4] >> (8 * k) & 0xff) as f32 / 51.0 - 2.5;
                    let value = f32::from(paint.rgb[k]) * light[k] * shade + grain + tint;
                    libm::roundf(value).clamp(0.0, 255.0) as u8
                }));
            }
            start = stretch.end;
        }
        (position, colour)
    }

    /// Segment per vertex, and objects as lists of segments.
    fn segments(&self, room: &Room, order: &[usize], s: &mut Stream) -> (Vec<u32>, Vec<Object>) {
        let n = self.lattice.len();
        let mut segment = vec![0_u32; n];
        let mut owned: Vec<(usize, Vec<u32>)> = Vec::new();
        let mut start = 0;
        let mut next = 0;
        for &item in order {
            while self.stretches.get(next).is_some_and(|t| t.item == item) {
                next += 1;
            }
            let end = self.stretches[next - 1].end;
            owned.push((item, self.segments_of(start..end, &mut segment)));
            start = end;
        }
        drop_some(room, &mut owned, &segment, s);
        let mut objects = Vec::new();
        for (item, segments) in owned {
            let piece = &room.items[item];
            if piece.annotated && !segments.is_empty() {
                let id = objects.len() as i32;
                let raw_category = piece.kind.category().raw.to_string();
                objects.push(Object { id, group_id: i64::from(id), raw_category, segments });
            }
        }
        (segment, objects)
    }

    /// Numbers the segments of one item's vertices: each patch, together with those before or
    /// after it that are too small, by its smallest vertex index. Returns the ids, ascending.
    fn segments_of(&self, range: std::ops::Range<usize>, segment: &mut [u32]) -> Vec<u32> {
        let patch = &self.lattice.patch[range.clone()];
        let first = patch.iter().copied().min().unwrap_or(0);
        let last = patch.iter().copied().max().unwrap_or(0);
        let mut size = vec![0_usize; (last - first + 1) as usize];
        for &p in patch {
            size[(p - first) as usize] += 1;
        }
        // Group of each patch; a group closes once it is large enough.
        let mut group = vec![0_usize; size.len()];
        let mut sizes = vec![0_usize];
        for (p, &count) in size.iter().enumerate() {
            let open = sizes.len() - 1;
            if sizes[open] >= SEGMENT_LEAST && count > 0 {
                sizes.push(count);
            } else {
                sizes[open] += count;
            }
            group[p] = sizes.len() - 1;
        }
        let small_end = sizes.len() > 1 && sizes[sizes.len() - 1] < SEGMENT_LEAST;
        let last_group = if small_end { sizes.len() - 2 } else { sizes.len() - 1 };
        let mut id = vec![u32::MAX; last_group + 1];
        for i in range {
            let g = group[(self.lattice.patch[i] - first) as usize].min(last_group);
            if id[g] == u32::MAX {
                id[g] = i as u32;
            }
            segment[i] = id[g];
        }
        id.sort_unstable();
        id
    }
}

/// Annotators miss a few patches of wall and floor: takes segments away from them until about
/// a twentieth of all vertices belongs to nothing.
fn drop_some(room: &Room, owned: &mut [(usize, Vec<u32>)], segment: &[u32], s: &mut Stream) {
    let wanted = s.between(0.03, 0.07) * segment.len() as f64;
    let mut size = vec![0_u32; segment.len()];
    for &i in segment {
        size[i as usize] += 1;
    }
    let unseen = |owned: &(usize, Vec<u32>)| !room.items[owned.0].annotated;
    let mut missing: f64 =
        owned.iter().filter(|o| unseen(o)).flat_map(|o| &o.1).map(|&i| f64::from(size[i as usize])).sum();
    let mut patches: Vec<(u32, usize, u32)> = owned
        .iter()
        .enumerate()
        .filter(|(_, (item, _))| room.items[*item].kind.is_shell())
        .flat_map(|(at, (_, ids))| ids.iter().map(move |&i| (at, i)))
        .map(|(at, i)| (s.word(), at, i))
        .collect();
    patches.sort_unstable();
    for (_, at, id) in patches {
        let count = f64::from(size[id as usize]);
        if missing + count > wanted || owned[at].1.len() < 2 {
            continue;
        }
        missing += count;
        owned[at].1.retain(|&i| i != id);
    }
}

/// A standard normal, nearly: the sum of a word's bytes.
fn bell(word: u32) -> f32 {
    let sum: u32 = word.to_le_bytes().iter().map(|&b| u32::from(b)).sum();
    (sum as f32 - 510.0) / 147.8
}

/// Darkening by the paint's texture at a place in the item's frame, and by the floor's nearness.
fn pattern(paint: Paint, [x, y, z]: [f32; 3], height: f32) -> f32 {
    let near_floor = if height > 0.0 && height < 0.12 { 0.9 + height } else { 1.0 };
    near_floor
        * match paint.texture {
            Texture::Plain => 1.0,
            Texture::Wood => {
                let wave = (y + z) * 70.0 + 2.0 * libm::sinf(x * 4.0);
                0.97 + 0.05 * libm::sinf(wave)
            }
            Texture::Planks => {
                let board = libm::floorf(y / 0.16);
                let end = libm::floorf((x + scatter(board, 0.0) * 1.3) / 1.3);
                let joint = if (y / 0.16 - board) < 0.1 { 0.9 } else { 1.0 };
                (0.86 + 0.2 * scatter(board, end)) * joint
            }
            Texture::Tiles => {
                let (i, j) = (libm::floorf(x / 0.4), libm::floorf(y / 0.4));
                let edge = (x / 0.4 - i).min(y / 0.4 - j);
                (if edge < 0.06 { 0.78 } else { 1.0 }) * (0.95 + 0.08 * scatter(i, j))
            }
        }
}

/// A fixed number in 0..1 for a cell.
fn scatter(i: f32, j: f32) -> f32 {
    let mixed = (i as i32 as u32).wrapping_mul(0x9e37_79b1) ^ (j as i32 as u32).wrapping_mul(0x85eb_ca77);
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x2c1b_3c6d);
    (mixed >> 8) as f32 / (1 << 24) as f32
}

/// How rich a room may be for this many vertices: 0 at two thousand, 1 at a full scan's 150,000.
pub(super) fn richness(vertices: u32) -> f64 {
    (libm::log(f64::from(vertices.max(1)) / 2_000.0) / libm::log(75.0)).clamp(0.0, 1.0)
}
