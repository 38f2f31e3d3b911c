//! What rooms of each use hold.

use super::category::Kind;
use super::colour::paint;
use super::furniture::{Piece, build, mounted};
use super::room::{Item, Plan, overlap, turn, yaw_of};
use super::shape::{BEHIND, BELOW, Part, Shape};

impl Plan<'_> {
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

    pub(super) fn office(&mut self) {
        let n = self.some(1, 4);
        self.desks(n);
        let n = self.some(1, 2);
        self.many_against_wall(Kind::Bookshelf, n);
        let n = self.some(1, 4);
        self.many_against_wall(Kind::FileCabinet, n);
        if self.s.happens(self.richness) {
            let table = self.piece(Kind::Table);
            if let Some(table) = self.free_standing(&table, 0.0, 0.3) {
                let n = self.some(2, 4);
                self.chairs_around(table, Kind::Chair, n);
            }
        }
        let n = self.some(2, 5);
        for _ in 0..n {
            let chair = self.piece(Kind::OfficeChair);
            let yaw = self.s.between(0.0, 360.0);
            self.free_standing(&chair, yaw, 0.1);
        }
        if self.s.happens(0.6) {
            self.hang(Kind::Whiteboard, 1.3, 0.9, 0.95, "white");
        }
    }

    pub(super) fn living(&mut self) {
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
            if let Some(table) = self.free_standing(&table, yaw, 0.3)
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

    pub(super) fn bedroom(&mut self) {
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
            self.free_standing(&bag, 0.0, 0.08);
        }
    }

    pub(super) fn kitchen(&mut self) {
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
        if let Some(table) = self.free_standing(&table, 0.0, 0.55) {
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

    pub(super) fn conference(&mut self) {
        let long = 1.4 + 1.4 * self.richness;
        let mut table = self.piece(Kind::Table);
        if table.size[0] < long && self.s.happens(0.7) {
            let colour = self.colour(Kind::Table);
            table = build(Kind::Desk, colour, self.s);
            table.kind = Kind::Table;
        }
        let yaw = if self.size[0] >= self.size[1] { 0.0 } else { 90.0 };
        if let Some(table) =
            self.at_place(&table, [0.0, 0.0], yaw, 0.3).or_else(|| self.free_standing(&table, yaw, 0.3))
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
    pub(super) fn odds_and_ends(&mut self) {
        let n = self.some(1, 3);
        for _ in 0..n {
            let can = self.piece(Kind::TrashCan);
            self.against_wall(can);
        }
        let n = self.some(1, 4);
        for _ in 0..n {
            let carton = self.piece(Kind::Box);
            let yaw = self.s.between(-20.0, 20.0);
            if let Some(at) = self.free_standing(&carton, yaw, 0.08)
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
                None => self.free_standing(&piece, 0.0, 0.05),
            };
            if let Some(at) = placed {
                self.items[at].annotated = false;
            }
        }
    }
}
