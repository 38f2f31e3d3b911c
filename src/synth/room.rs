//! Rooms: a shell, and furniture placed in it without running into itself.
//!
//! The frame is the aligned one: walls parallel to the axes, the floor's middle at the origin,
//! z up.

use super::category::Kind;
use super::colour::paint;
use super::furniture::{Piece, build, mounted};
use super::shape::{BEHIND, BELOW, Part, Shape, Texture};
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
    half: [f64; 2],
    top: Option<f64>,
    /// Footprints, in its own frame, of what stands on it.
    taken: Vec<Rect>,
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
    pub used_as: Use,
    pub items: Vec<Item>,
    /// Whoever describes the room stands in the door and looks at its middle.
    pub viewpoint: Viewpoint,
    /// Colour of the light, about 0.9..1 a channel.
    pub light: [f64; 3],
}

/// x0, y0, x1, y1.
type Rect = [f64; 4];

fn overlap(a: &Rect, b: &Rect, gap: f64) -> bool {
    a[0] < b[2] + gap && b[0] < a[2] + gap && a[1] < b[3] + gap && b[1] < a[3] + gap
}

/// Turn that brings an item's back (+y) to a wall: 0 north, 1 east, 2 south, 3 west.
fn yaw_of(wall: usize) -> f64 {
    [0.0, -90.0, 180.0, 90.0][wall]
}

fn turn([x, y]: [f64; 2], yaw_deg: f64) -> [f64; 2] {
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
    Room { used_as, items: plan.items, viewpoint, light: [r, r * g, r * g * plan.s.between(0.955, 0.975)] }
}

struct Plan<'a> {
    size: [f64; 3],
    richness: f64,
    s: &'a mut Stream,
    items: Vec<Item>,
    /// Footprints on the floor.
    taken: Vec<Rect>,
    /// Per wall, what hangs on it or hides it: from-to along the wall, from-to in height.
    on_wall: [Vec<Rect>; 4],
    holes: [Vec<Rect>; 4],
}

impl Plan<'_> {
    /// Length of a wall and its distance from the middle.
    fn wall(&self, wall: usize) -> (f64, f64) {
        let [w, d, _] = self.size;
        if wall % 2 == 0 { (w, d / 2.0) } else { (d, w / 2.0) }
    }

    fn put(&mut self, piece: Piece, at: [f64; 3], yaw_deg: f64) -> usize {
        let half = [piece.size[0] / 2.0, piece.size[1] / 2.0];
        let Piece { kind, parts, top, .. } = piece;
        self.items.push(Item { kind, annotated: true, parts, at, yaw_deg, half, top, taken: vec![] });
        self.items.len() - 1
    }

    /// How many of something: between `few` in a poor room and `many` in a rich one.
    fn some(&mut self, few: u32, many: u32) -> u32 {
        let most = f64::from(few) + f64::from(many - few) * self.richness;
        let n = self.s.between(most * 0.7, most + 0.999);
        (n as u32).clamp(few, many)
    }

    fn piece(&mut self, kind: Kind) -> Piece {
        let colour = self.colour(kind);
        build(kind, colour, self.s)
    }

    fn colour(&mut self, kind: Kind) -> &'static str {
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

    fn footprint(half: [f64; 2], at: [f64; 2], yaw_deg: f64) -> Rect {
        let corner = turn(half, yaw_deg).map(f64::abs);
        // A slight turn off the axes needs a little more room.
        let other = turn([half[0], -half[1]], yaw_deg).map(f64::abs);
        let (hx, hy) = (corner[0].max(other[0]), corner[1].max(other[1]));
        [at[0] - hx, at[1] - hy, at[0] + hx, at[1] + hy]
    }

    /// Pushes a piece against a wall; nothing when no place is free.
    fn against_wall(&mut self, piece: Piece) -> Option<usize> {
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
    fn free_standing(&mut self, piece: Piece, yaw_deg: f64, gap: f64) -> Option<usize> {
        let [w, d, _] = self.size;
        for _ in 0..60 {
            let at = [self.s.between(-0.5, 0.5) * (w - 0.6), self.s.between(-0.5, 0.5) * (d - 0.6)];
            if let Some(item) = self.at_place(&piece, at, yaw_deg, gap) {
                return Some(item);
            }
        }
        None
    }

    fn at_place(&mut self, piece: &Piece, at: [f64; 2], yaw_deg: f64, gap: f64) -> Option<usize> {
        let half = [piece.size[0] / 2.0, piece.size[1] / 2.0];
        let rect = Self::footprint(half, at, yaw_deg);
        self.is_free(&rect, gap).then(|| {
            self.taken.push(rect);
            self.put(piece.clone(), [at[0], at[1], 0.0], yaw_deg)
        })
    }

    /// Puts a piece on another at `spot` (the host's frame, −1..1 of its half extents), or
    /// anywhere on it.
    fn on_top(&mut self, host: usize, piece: Piece, spot: Option<[f64; 2]>) -> Option<usize> {
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
    fn chairs_around(&mut self, table: usize, kind: Kind, mut count: u32) {
        let (at, yaw, half) = (self.items[table].at, self.items[table].yaw_deg, self.items[table].half);
        let main = self.colour(kind);
        for side in [0, 2, 1, 3] {
            let (along, far) = if side % 2 == 0 { (half[0], half[1]) } else { (half[1], half[0]) };
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
    fn chair_before(&mut self, desk: usize, kind: Kind) {
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
    fn hang(&mut self, kind: Kind, w: f64, h: f64, z: f64, colour: &str) -> Option<(usize, f64)> {
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

    fn desks(&mut self, count: u32) {
        for _ in 0..count {
            let desk = self.piece(Kind::Desk);
            let Some(desk) = self.against_wall(desk) else { continue };
            let monitor = self.piece(Kind::Monitor);
            if self.s.happens(0.4 * self.richness) {
                let second = self.piece(Kind::Monitor);
                self.on_top(desk, second, Some([0.9, 0.5]));
                self.on_top(desk, monitor, Some([-0.9, 0.5]));
            } else {
                self.on_top(desk, monitor, Some([-0.4, 0.5]));
            }
            if self.s.happens(0.5) {
                let keyboard = self.piece(Kind::Keyboard);
                self.on_top(desk, keyboard, Some([-0.3, -0.8]));
            }
            if self.s.happens(0.4 + 0.3 * self.richness) {
                let laptop = self.piece(Kind::Laptop);
                self.on_top(desk, laptop, None);
            }
            self.chair_before(desk, Kind::OfficeChair);
        }
    }

    fn many_against_wall(&mut self, kind: Kind, count: u32) {
        for _ in 0..count {
            let piece = self.piece(kind);
            if let Some(at) = self.against_wall(piece)
                && self.items[at].top.is_some()
                && self.s.happens(0.35)
            {
                let on = if self.s.happens(0.6) { Kind::Box } else { Kind::Plant };
                let on = self.piece(on);
                self.on_top(at, on, None);
            }
        }
    }

    fn office(&mut self) {
        let n = self.some(1, 4);
        self.desks(n);
        let n = self.some(1, 2);
        self.many_against_wall(Kind::Bookshelf, n);
        let n = self.some(1, 4);
        self.many_against_wall(Kind::FileCabinet, n);
        if self.s.happens(self.richness) {
            let table = self.piece(Kind::Table);
            if let Some(table) = self.free_standing(table, 0.0, 0.3) {
                let n = self.some(2, 4);
                self.chairs_around(table, Kind::Chair, n);
            }
        }
        let n = self.some(2, 5);
        for _ in 0..n {
            let chair = self.piece(Kind::OfficeChair);
            let yaw = self.s.between(0.0, 360.0);
            self.free_standing(chair, yaw, 0.1);
        }
        if self.s.happens(0.6) {
            self.hang(Kind::Whiteboard, 1.3, 0.9, 0.95, "white");
        }
    }

    fn living(&mut self) {
        let couches = self.some(1, 2);
        for _ in 0..couches {
            let couch = self.piece(Kind::Couch);
            let Some(couch) = self.against_wall(couch) else { continue };
            let n = self.some(1, 3);
            self.items[couch].top = Some(0.46);
            for i in 0..n {
                let pillow = self.piece(Kind::Pillow);
                self.on_top(couch, pillow, Some([-0.7 + 0.7 * f64::from(i), -0.2]));
            }
        }
        let tv_stand = self.piece(Kind::Dresser);
        if let Some(stand) = self.against_wall(tv_stand) {
            let tv = self.piece(Kind::Tv);
            self.on_top(stand, tv, Some([0.0, 0.2]));
        }
        let n = self.some(1, 2);
        for _ in 0..n {
            let table = self.piece(Kind::CoffeeTable);
            let yaw = 90.0 * self.s.below(2) as f64;
            if let Some(table) = self.free_standing(table, yaw, 0.3)
                && self.s.happens(0.6)
            {
                let laptop = self.piece(Kind::Laptop);
                self.on_top(table, laptop, None);
            }
        }
        let n = self.some(2, 4);
        for _ in 0..n {
            let chair = self.piece(Kind::Armchair);
            self.against_wall(chair);
        }
        let n = self.some(1, 3);
        for _ in 0..n {
            let stand = self.piece(Kind::Nightstand);
            if let Some(stand) = self.against_wall(stand) {
                let lamp = self.piece(Kind::Lamp);
                self.on_top(stand, lamp, Some([0.0, 0.0]));
            }
        }
        let n = self.some(0, 2);
        self.many_against_wall(Kind::Bookshelf, n);
    }

    fn bedroom(&mut self) {
        let beds = self.some(1, 2);
        for _ in 0..beds {
            let bed = self.piece(Kind::Bed);
            let Some(bed) = self.against_wall(bed) else { continue };
            let wide = self.items[bed].half[0] > 0.7;
            let spots: &[f64] = if wide { &[-0.75, 0.75] } else { &[0.0] };
            for &u in spots {
                let pillow = self.piece(Kind::Pillow);
                self.on_top(bed, pillow, Some([u, 0.86]));
            }
            let (at, yaw, half) = (self.items[bed].at, self.items[bed].yaw_deg, self.items[bed].half);
            for side in [-1.0, 1.0] {
                let stand = self.piece(Kind::Nightstand);
                let [dx, dy] = turn([side * (half[0] + 0.32), half[1] - 0.24], yaw);
                if let Some(stand) = self.at_place(&stand, [at[0] + dx, at[1] + dy], yaw, 0.02) {
                    let lamp = self.piece(Kind::Lamp);
                    self.on_top(stand, lamp, Some([0.0, 0.0]));
                }
            }
        }
        let n = self.some(1, 2);
        self.many_against_wall(Kind::Dresser, n);
        let n = self.some(1, 2);
        self.desks(n);
        let n = self.some(1, 3);
        self.many_against_wall(Kind::Cabinet, n);
        let n = self.some(1, 3);
        for _ in 0..n {
            let chair = self.piece(Kind::Chair);
            self.against_wall(chair);
        }
        let n = self.some(1, 2);
        for _ in 0..n {
            let bag = self.piece(Kind::Backpack);
            self.free_standing(bag, 0.0, 0.08);
        }
    }

    fn kitchen(&mut self) {
        let n = self.some(1, 2);
        for i in 0..n {
            let counter = self.piece(Kind::Counter);
            let Some(counter) = self.against_wall(counter) else { continue };
            if i == 0 {
                let sink = self.piece(Kind::Sink);
                self.on_top(counter, sink, Some([-0.6, 0.2]));
            }
            let oven = self.piece(Kind::Microwave);
            self.on_top(counter, oven, Some([0.8, 0.5]));
        }
        let fridge = self.piece(Kind::Refrigerator);
        self.against_wall(fridge);
        let table = self.piece(Kind::Table);
        if let Some(table) = self.free_standing(table, 0.0, 0.55) {
            let n = self.some(3, 6);
            self.chairs_around(table, Kind::Chair, n);
            let on = self.piece(Kind::Plant);
            if on.size[2] < 0.7 {
                self.on_top(table, on, None);
            }
        }
        let n = self.some(1, 3);
        self.many_against_wall(Kind::Cabinet, n);
        let n = self.some(1, 4);
        for _ in 0..n {
            let (w, h) = (self.s.between(0.6, 0.9), 0.6);
            let z = 1.5;
            let colour = self.colour(Kind::KitchenCabinet);
            self.wall_cupboard(w, h, z, colour);
        }
    }

    /// A cupboard that hangs on the wall.
    fn wall_cupboard(&mut self, w: f64, h: f64, z: f64, colour: &str) {
        if let Some((wall, along)) = self.hang(Kind::KitchenCabinet, w, h, z, colour)
            && let Some(mut item) = self.items.pop()
        {
            let (_, far) = self.wall(wall);
            let deep =
                Self::footprint([w / 2.0, 0.16], turn([along, far - 0.16], yaw_of(wall)), yaw_of(wall));
            let tall = |i: &&Item| i.at[2] == 0.0 && matches!(i.kind, Kind::Refrigerator | Kind::Cabinet);
            let in_the_way =
                |i: &Item| overlap(&Self::footprint(i.half, [i.at[0], i.at[1]], i.yaw_deg), &deep, 0.0);
            if self.items.iter().filter(tall).any(in_the_way) {
                return;
            }
            let main = paint(colour, self.s);
            let shape = |x: [f64; 2], y: [f64; 2]| Shape::Box {
                min: [x[0], y[0], 0.0],
                max: [x[1], y[1], h],
                round: 0.0,
                unseen: BEHIND,
            };
            item.parts = vec![
                Part { shape: shape([-w / 2.0, w / 2.0], [-0.3, 0.0]), paint: main },
                Part { shape: shape([-w / 2.0 + 0.01, -0.005], [-0.32, -0.3]), paint: main },
                Part { shape: shape([0.005, w / 2.0 - 0.01], [-0.32, -0.3]), paint: main },
            ];
            self.items.push(item);
        }
    }

    fn conference(&mut self) {
        let long = 1.4 + 1.4 * self.richness;
        let mut table = self.piece(Kind::Table);
        if table.size[0] < long && self.s.happens(0.7) {
            let colour = self.colour(Kind::Table);
            table = build(Kind::Desk, colour, self.s);
            table.kind = Kind::Table;
        }
        let yaw = if self.size[0] >= self.size[1] { 0.0 } else { 90.0 };
        if let Some(table) =
            self.at_place(&table, [0.0, 0.0], yaw, 0.3).or_else(|| self.free_standing(table, yaw, 0.3))
        {
            let n = self.some(3, 8);
            self.chairs_around(table, Kind::OfficeChair, n);
            let laptops = self.some(1, 3);
            for _ in 0..laptops {
                let laptop = self.piece(Kind::Laptop);
                self.on_top(table, laptop, None);
            }
        }
        let n = self.some(1, 3);
        for _ in 0..n {
            let chair = self.piece(Kind::Chair);
            self.against_wall(chair);
        }
        let n = self.some(1, 2);
        for _ in 0..n {
            let table = self.piece(Kind::Table);
            self.against_wall(table);
        }
        let n = self.some(1, 2);
        for _ in 0..n {
            self.hang(Kind::Whiteboard, 1.4, 0.95, 0.9, "white");
        }
        let stand = self.piece(Kind::Cabinet);
        if let Some(stand) = self.against_wall(stand) {
            let tv = self.piece(Kind::Tv);
            self.on_top(stand, tv, Some([0.0, 0.0]));
        }
    }

    /// What every room has: bins, boxes, plants, pictures, curtains, clutter.
    fn odds_and_ends(&mut self) {
        let n = self.some(1, 3);
        for _ in 0..n {
            let can = self.piece(Kind::TrashCan);
            self.against_wall(can);
        }
        let n = self.some(1, 4);
        for _ in 0..n {
            let carton = self.piece(Kind::Box);
            let yaw = self.s.between(-20.0, 20.0);
            if let Some(at) = self.free_standing(carton, yaw, 0.08)
                && self.s.happens(0.3 * self.richness)
            {
                // A second box on the first.
                let [w, d] = self.items[at].half;
                let mut second = self.piece(Kind::Box);
                second.parts = vec![Part {
                    shape: Shape::Box {
                        min: [-w * 0.8, -d * 0.8, 0.0],
                        max: [w * 0.8, d * 0.8, 0.22],
                        round: 0.0,
                        unseen: BELOW,
                    },
                    paint: second.parts[0].paint,
                }];
                second.size = [w * 1.6, d * 1.6, 0.22];
                self.items[at].top = self.items[at].parts.first().and_then(|p| match &p.shape {
                    Shape::Box { max, .. } => Some(max[2]),
                    _ => None,
                });
                self.on_top(at, second, Some([0.0, 0.0]));
            }
        }
        let n = self.some(0, 2);
        for _ in 0..n {
            let plant = self.piece(Kind::Plant);
            self.against_wall(plant);
        }
        let n = self.some(1, 4);
        for _ in 0..n {
            let (w, h) = (self.s.between(0.45, 0.85), self.s.between(0.4, 0.7));
            let colour = self.colour(Kind::Picture);
            let z = self.size[2] - h - self.s.between(0.25, 0.5);
            self.hang(Kind::Picture, w, h, z, colour);
        }
        // Curtains hang beside windows, in front of the wall.
        let windows: Vec<usize> =
            (0..self.items.len()).filter(|&i| self.items[i].kind == Kind::Window).collect();
        for window in windows {
            if self.s.happens(0.25 + 0.4 * self.richness) {
                let colour = self.colour(Kind::Curtain);
                let (at, yaw, half) =
                    (self.items[window].at, self.items[window].yaw_deg, self.items[window].half[0]);
                for side in [-1.0, 1.0] {
                    let [dx, dy] = turn([side * (half + 0.13), -0.09], yaw);
                    let h = self.size[2] * 0.56;
                    let piece = mounted(Kind::Curtain, 0.4, h, colour, self.s);
                    self.put(piece, [at[0] + dx, at[1] + dy, self.size[2] * 0.34], yaw);
                }
            }
        }
        let n = self.some(1, 4);
        for _ in 0..n {
            let main = paint(["green", "blue", "white", "red"][self.s.below(4) as usize], self.s);
            let (r, h) = (self.s.between(0.04, 0.07), self.s.between(0.16, 0.28));
            let shape = Shape::Tube { centre: [0.0; 2], z: [0.0, h], radius: [r, r * 0.6], lid: true };
            let piece = Piece {
                kind: Kind::Box,
                parts: vec![Part { shape, paint: main }],
                size: [2.0 * r, 2.0 * r, h],
                top: None,
            };
            let hosts: Vec<usize> = (0..self.items.len())
                .filter(|&i| matches!(self.items[i].kind, Kind::Desk | Kind::Table | Kind::Counter))
                .collect();
            let host = hosts.get(self.s.below(hosts.len() as u64) as usize);
            let placed = match host {
                Some(&host) => self.on_top(host, piece, None),
                None => self.free_standing(piece, 0.0, 0.05),
            };
            if let Some(at) = placed {
                self.items[at].annotated = false;
            }
        }
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
