//! Rooms: a shell, and furniture placed in it without running into itself.
//!
//! The frame is the aligned one: walls parallel to the axes, the floor's middle at the origin,
//! z up.

use super::category::Kind;
use super::colour::paint;
use super::furniture::{Piece, build, mounted};
use super::shape::{Part, Shape, Texture};
use super::truth::Viewpoint;
use crate::math::{Affine, Stream};

/// Something that stands, lies or hangs in a room.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub kind: Kind,
    /// Whether annotators saw it: clutter belongs to no object.
    pub annotated: bool,
    pub parts: Vec<Part>,
    pub at: [f64; 3],
    pub yaw_deg: f64,
    /// Half extents of its footprint in its own frame.
    pub(super) half: [f64; 2],
    pub(super) top: Option<f64>,
    /// Footprints, in its own frame, of what stands on it.
    pub(super) taken: Vec<Rect>,
}

impl Item {
    /// Item frame → room frame.
    pub(super) fn pose(&self) -> Affine {
        Affine::rotation(2, self.yaw_deg).then(&Affine::translation(self.at))
    }
}

/// What a room is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Office,
    Living,
    Bedroom,
    Kitchen,
    Conference,
}

impl Use {
    pub(super) const ALL: [Self; 5] =
        [Self::Office, Self::Living, Self::Bedroom, Self::Kitchen, Self::Conference];

    /// `sceneType` as ScanNet's meta files spell it.
    pub(super) fn scene_type(self) -> &'static str {
        match self {
            Self::Office => "Office",
            Self::Living => "Living room / Lounge",
            Self::Bedroom => "Bedroom / Hotel",
            Self::Kitchen => "Kitchen",
            Self::Conference => "Conference Room",
        }
    }
}

/// A furnished room.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub items: Vec<Item>,
    /// Whoever describes the room stands in the door and looks at its middle.
    pub viewpoint: Viewpoint,
    /// Colour of the light, about 0.9..1 a channel.
    pub light: [f64; 3],
}

/// x0, y0, x1, y1.
pub(super) type Rect = [f64; 4];

pub(super) fn overlap(a: &Rect, b: &Rect, gap: f64) -> bool {
    a[0] < b[2] + gap && b[0] < a[2] + gap && a[1] < b[3] + gap && b[1] < a[3] + gap
}

/// Turn that brings an item's back (+y) to a wall: 0 north, 1 east, 2 south, 3 west.
pub(super) fn yaw_of(wall: usize) -> f64 {
    [0.0, -90.0, 180.0, 90.0][wall]
}

pub(super) fn turn([x, y]: [f64; 2], yaw_deg: f64) -> [f64; 2] {
    let p = Affine::rotation(2, yaw_deg).apply([x, y, 0.0]);
    [p[0], p[1]]
}

/// A room for `used_as`. `richness` (0..1) says how large and how full it is.
pub(super) fn furnish(used_as: Use, richness: f64, stream: &mut Stream) -> Room {
    let width = 2.9 + richness * stream.between(0.7, 2.8);
    let depth = 2.8 + richness * stream.between(0.5, 2.4);
    let height = 2.15 + richness * stream.between(0.2, 0.5);
    let mut plan = Plan {
        size: [width, depth, height],
        richness,
        s: stream,
        items: vec![],
        taken: vec![],
        on_wall: Default::default(),
        holes: Default::default(),
    };
    let door_at = plan.door();
    let windows = if plan.s.happens(0.35 * richness) { 2 } else { 1 };
    for _ in 0..windows {
        let w = plan.s.between(0.9, 1.4);
        plan.hang(Kind::Window, w, height * 0.48, height * 0.38, "white");
    }
    match used_as {
        Use::Office => plan.office(),
        Use::Living => plan.living(),
        Use::Bedroom => plan.bedroom(),
        Use::Kitchen => plan.kitchen(),
        Use::Conference => plan.conference(),
    }
    plan.odds_and_ends();
    plan.shell();
    let [r, g] = [plan.s.between(0.95, 1.0), plan.s.between(0.965, 0.985)];
    let viewpoint = Viewpoint { eye: [door_at[0], door_at[1], 1.6], look: [0.0, 0.0, 1.0] };
    Room { items: plan.items, viewpoint, light: [r, r * g, r * g * plan.s.between(0.955, 0.975)] }
}

pub(super) struct Plan<'a> {
    pub(super) size: [f64; 3],
    pub(super) richness: f64,
    pub(super) s: &'a mut Stream,
    pub(super) items: Vec<Item>,
    /// Footprints on the floor.
    pub(super) taken: Vec<Rect>,
    /// Per wall, what hangs on it or hides it: from-to along the wall, from-to in height.
    pub(super) on_wall: [Vec<Rect>; 4],
    pub(super) holes: [Vec<Rect>; 4],
}

impl Plan<'_> {
    /// Length of a wall and its distance from the middle.
    pub(super) fn wall(&self, wall: usize) -> (f64, f64) {
        let [w, d, _] = self.size;
        if wall.is_multiple_of(2) { (w, d / 2.0) } else { (d, w / 2.0) }
    }

    pub(super) fn put(&mut self, piece: Piece, at: [f64; 3], yaw_deg: f64) -> usize {
        let half = [piece.size[0] / 2.0, piece.size[1] / 2.0];
        let Piece { kind, parts, top, .. } = piece;
        self.items.push(Item { kind, annotated: true, parts, at, yaw_deg, half, top, taken: vec![] });
        self.items.len() - 1
    }

    /// How many of something: between `few` in a poor room and `many` in a rich one.
    pub(super) fn some(&mut self, few: u32, many: u32) -> u32 {
        let most = f64::from(few) + f64::from(many - few) * self.richness;
        let n = self.s.between(most * 0.7, most + 0.999);
        (n as u32).clamp(few, many)
    }

    pub(super) fn piece(&mut self, kind: Kind) -> Piece {
        let colour = self.colour(kind);
        build(kind, colour, self.s)
    }

    pub(super) fn colour(&mut self, kind: Kind) -> &'static str {
        let palette: &[&str] = match kind {
            Kind::Chair => &["brown", "brown", "beige", "black", "white", "red", "blue"],
            Kind::OfficeChair => &["black", "black", "gray", "blue", "red"],
            Kind::Armchair | Kind::Couch => &["gray", "blue", "brown", "beige", "red", "green", "black"],
            Kind::Table | Kind::CoffeeTable | Kind::Desk => &["brown", "brown", "white", "beige", "black"],
            Kind::Bed | Kind::Bookshelf | Kind::Dresser | Kind::Nightstand => {
                &["brown", "brown", "white", "beige", "black"]
            }
            Kind::Cabinet | Kind::KitchenCabinet | Kind::Counter => &["brown", "white", "beige", "gray"],
            Kind::FileCabinet => &["gray", "black", "beige"],
            Kind::Pillow => &["white", "blue", "red", "green", "yellow", "gray"],
            Kind::Lamp => &["white", "yellow", "beige", "orange"],
            Kind::Monitor | Kind::Tv | Kind::Microwave => &["black", "black", "gray", "white"],
            Kind::Keyboard | Kind::Laptop => &["black", "gray", "white"],
            Kind::TrashCan => &["black", "gray", "blue", "green", "white"],
            Kind::Refrigerator | Kind::Sink => &["white", "gray"],
            Kind::Curtain => &["beige", "red", "blue", "gray", "green", "white"],
            Kind::Box => &["brown", "brown", "beige", "orange", "white"],
            Kind::Plant => &["white", "brown", "black", "orange"],
            Kind::Backpack => &["black", "red", "blue", "green", "gray"],
            Kind::Picture => &["black", "brown", "white", "yellow"],
            Kind::Door => &["brown", "white", "beige"],
            _ => &["white"],
        };
        palette[self.s.below(palette.len() as u64) as usize]
    }

    fn is_free(&self, rect: &Rect, gap: f64) -> bool {
        let [w, d, _] = self.size;
        let inside = rect[0] >= -w / 2.0 && rect[1] >= -d / 2.0 && rect[2] <= w / 2.0 && rect[3] <= d / 2.0;
        inside && !self.taken.iter().any(|t| overlap(t, rect, gap))
    }

    pub(super) fn footprint(half: [f64; 2], at: [f64; 2], yaw_deg: f64) -> Rect {
        let corner = turn(half, yaw_deg).map(f64::abs);
        // A slight turn off the axes needs a little more room.
        let other = turn([half[0], -half[1]], yaw_deg).map(f64::abs);
        let (hx, hy) = (corner[0].max(other[0]), corner[1].max(other[1]));
        [at[0] - hx, at[1] - hy, at[0] + hx, at[1] + hy]
    }

    /// Pushes a piece against a wall; nothing when no place is free.
    pub(super) fn against_wall(&mut self, piece: Piece) -> Option<usize> {
        for _ in 0..60 {
            let wall = self.s.below(4) as usize;
            let (length, far) = self.wall(wall);
            let room = length - piece.size[0] - 0.08;
            if room <= 0.0 {
                continue;
            }
            let along = (self.s.unit() - 0.5) * room;
            let gap = 0.03 + self.s.between(0.0, 0.03);
            let at = turn([along, far - piece.size[1] / 2.0 - gap], yaw_of(wall));
            let half = [piece.size[0] / 2.0, piece.size[1] / 2.0];
            let rect = Self::footprint(half, at, yaw_of(wall));
            let span = [along - half[0], 0.0, along + half[0], piece.size[2]];
            if self.is_free(&rect, 0.06) && !self.on_wall[wall].iter().any(|h| overlap(h, &span, 0.02)) {
                self.taken.push(rect);
                self.on_wall[wall].push(span);
                return Some(self.put(piece, [at[0], at[1], 0.0], yaw_of(wall)));
            }
        }
        None
    }

    /// Puts a piece somewhere on the floor.
    pub(super) fn free_standing(&mut self, piece: &Piece, yaw_deg: f64, gap: f64) -> Option<usize> {
        let [w, d, _] = self.size;
        for _ in 0..60 {
            let at = [self.s.between(-0.5, 0.5) * (w - 0.6), self.s.between(-0.5, 0.5) * (d - 0.6)];
            if let Some(item) = self.at_place(piece, at, yaw_deg, gap) {
                return Some(item);
            }
        }
        None
    }

    pub(super) fn at_place(&mut self, piece: &Piece, at: [f64; 2], yaw_deg: f64, gap: f64) -> Option<usize> {
        let half = [piece.size[0] / 2.0, piece.size[1] / 2.0];
        let rect = Self::footprint(half, at, yaw_deg);
        self.is_free(&rect, gap).then(|| {
            self.taken.push(rect);
            self.put(piece.clone(), [at[0], at[1], 0.0], yaw_deg)
        })
    }

    /// Puts a piece on another at `spot` (the host's frame, −1..1 of its half extents), or
    /// anywhere on it.
    pub(super) fn on_top(&mut self, host: usize, piece: Piece, spot: Option<[f64; 2]>) -> Option<usize> {
        let half = [piece.size[0] / 2.0, piece.size[1] / 2.0];
        let host_half = self.items[host].half;
        let top = self.items[host].top?;
        let space = [host_half[0] - half[0] - 0.02, host_half[1] - half[1] - 0.02];
        if space[0] < 0.0 || space[1] < 0.0 {
            return None;
        }
        for _ in 0..20 {
            let [u, v] = spot.unwrap_or_else(|| [self.s.between(-1.0, 1.0), self.s.between(-1.0, 1.0)]);
            let (x, y) = (u * space[0], v * space[1]);
            let rect = [x - half[0], y - half[1], x + half[0], y + half[1]];
            if self.items[host].taken.iter().any(|t| overlap(t, &rect, 0.02)) {
                continue;
            }
            self.items[host].taken.push(rect);
            let (at, yaw) = (self.items[host].at, self.items[host].yaw_deg);
            let [dx, dy] = turn([x, y], yaw);
            return Some(self.put(piece, [at[0] + dx, at[1] + dy, at[2] + top + 0.004], yaw));
        }
        None
    }

    /// Chairs along the sides of a table, their backs away from it.
    pub(super) fn chairs_around(&mut self, table: usize, kind: Kind, mut count: u32) {
        let (at, yaw, half) = (self.items[table].at, self.items[table].yaw_deg, self.items[table].half);
        let main = self.colour(kind);
        for side in [0_usize, 2, 1, 3] {
            let (along, far) = if side.is_multiple_of(2) { (half[0], half[1]) } else { (half[1], half[0]) };
            let seats = ((2.0 * along / 0.62) as u32).max(1);
            for i in 0..seats {
                if count == 0 {
                    return;
                }
                let colour = if self.s.happens(0.3) { self.colour(kind) } else { main };
                let chair = build(kind, colour, self.s);
                let step = 2.0 * along / f64::from(seats);
                let x = -along + step * (f64::from(i) + 0.5) + self.s.between(-0.04, 0.04);
                let out = far + chair.size[1] / 2.0 + self.s.between(0.07, 0.22);
                let [dx, dy] = turn([x, out], yaw_of(side) + yaw);
                let wobble = self.s.between(-9.0, 9.0);
                let place = [at[0] + dx, at[1] + dy];
                if self.at_place(&chair, place, yaw_of(side) + yaw + wobble, 0.02).is_some() {
                    count -= 1;
                }
            }
        }
    }

    /// A chair before the front of a desk.
    pub(super) fn chair_before(&mut self, desk: usize, kind: Kind) {
        let (at, yaw, half) = (self.items[desk].at, self.items[desk].yaw_deg, self.items[desk].half);
        let chair = self.piece(kind);
        for _ in 0..6 {
            let x = self.s.between(-0.5, 0.2) * half[0];
            let out = half[1] + chair.size[1] / 2.0 + self.s.between(0.06, 0.3);
            let [dx, dy] = turn([x, -out], yaw);
            let wobble = self.s.between(-25.0, 25.0);
            if self.at_place(&chair, [at[0] + dx, at[1] + dy], yaw + 180.0 + wobble, 0.02).is_some() {
                return;
            }
        }
    }

    /// Hangs something on a free stretch of wall, its lower edge at `z`.
    pub(super) fn hang(&mut self, kind: Kind, w: f64, h: f64, z: f64, colour: &str) -> Option<(usize, f64)> {
        for _ in 0..40 {
            let wall = self.s.below(4) as usize;
            let (length, far) = self.wall(wall);
            // Curtains hang beside windows.
            let wide = if kind == Kind::Window { w + 0.72 } else { w };
            let room = length - wide - 0.3;
            if room <= 0.0 {
                continue;
            }
            let along = (self.s.unit() - 0.5) * room;
            let span = [along - wide / 2.0, z, along + wide / 2.0, z + h];
            if self.on_wall[wall].iter().any(|t| overlap(t, &span, 0.08)) {
                continue;
            }
            self.on_wall[wall].push(span);
            if matches!(kind, Kind::Door | Kind::Window) {
                let s = length / 2.0;
                self.holes[wall].push([along - w / 2.0 + s, z, along + w / 2.0 + s, z + h]);
            }
            let piece = mounted(kind, w, h, colour, self.s);
            let [x, y] = turn([along, far - 0.012], yaw_of(wall));
            self.put(piece, [x, y, z], yaw_of(wall));
            return Some((wall, along));
        }
        None
    }

    /// The door, with free floor before it; where whoever enters stands.
    fn door(&mut self) -> [f64; 2] {
        let (w, h) = (self.s.between(0.82, 0.92), 2.03);
        let colour = self.colour(Kind::Door);
        // The first thing to hang always finds a place.
        let (wall, along) = self.hang(Kind::Door, w, h, 0.0, colour).unwrap_or((0, 0.0));
        let (_, far) = self.wall(wall);
        let before = turn([along, far - 0.42], yaw_of(wall));
        self.taken.push(Self::footprint([w / 2.0, 0.42], before, yaw_of(wall)));
        turn([along, far - 0.05], yaw_of(wall))
    }

    /// Floor and walls, with holes for doors and windows.
    fn shell(&mut self) {
        let [w, d, h] = self.size;
        let (word, texture) = match self.s.below(4) {
            0 => ("gray", Texture::Plain),
            1 => ("gray", Texture::Tiles),
            2 => ("beige", Texture::Tiles),
            _ => ("brown", Texture::Planks),
        };
        let mut ground = paint(word, self.s);
        ground.texture = texture;
        let sheet = |origin, u, v, holes| Shape::Sheet { origin, u, v, holes, wave: 0.0 };
        let floor = sheet([-w / 2.0, -d / 2.0, 0.0], [w, 0.0, 0.0], [0.0, d, 0.0], vec![]);
        let shell = |kind, shape, paint, yaw_deg| Item {
            kind,
            annotated: true,
            parts: vec![Part { shape, paint }],
            at: [0.0; 3],
            yaw_deg,
            half: [0.0; 2],
            top: None,
            taken: vec![],
        };
        self.items.push(shell(Kind::Floor, floor, ground, 0.0));
        let tone = self.s.between(150.0, 190.0);
        let tint = [1.0, self.s.between(0.9, 0.97), self.s.between(0.76, 0.9)];
        let rgb = tint.map(|t| (tone * t) as u8);
        let main = super::colour::plain(rgb);
        for wall in 0..4 {
            let (length, far) = self.wall(wall);
            let holes = std::mem::take(&mut self.holes[wall]);
            let shape = sheet([-length / 2.0, far, 0.0], [length, 0.0, 0.0], [0.0, 0.0, h], holes);
            self.items.push(shell(Kind::Wall, shape, main, yaw_of(wall)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Key, Purpose};

    #[test]
    fn nothing_stands_in_anything_else() {
        for seed in 0..20 {
            let mut s = Key::new(seed, "room", 0, "test").stream(Purpose::Parameters);
            let room = furnish(Use::ALL[seed as usize % 5], 0.9, &mut s);
            let standing: Vec<&Item> = room
                .items
                .iter()
                .filter(|i| i.at[2] == 0.0 && !i.kind.is_shell() && i.kind != Kind::Door)
                .collect();
            for (n, a) in standing.iter().enumerate() {
                let ra = Plan::footprint(a.half, [a.at[0], a.at[1]], a.yaw_deg);
                for b in &standing[n + 1..] {
                    let rb = Plan::footprint(b.half, [b.at[0], b.at[1]], b.yaw_deg);
                    assert!(!overlap(&ra, &rb, 0.0), "seed {seed}: {:?} in {:?}", a.kind, b.kind);
                }
            }
            assert!(room.items.len() > 12, "seed {seed}: {}", room.items.len());
        }
    }
}
