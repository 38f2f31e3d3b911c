//! Furniture: each piece built from parts in its own frame.
//!
//! A piece stands on z = 0 with its middle at the origin; its back is towards +y, so that it can
//! be pushed against a wall.

use super::category::Kind;
use super::colour::{paint, plain};
use super::shape::{BEHIND, BELOW, Paint, Part, Shape};
use crate::math::Stream;

/// A piece of furniture.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub kind: Kind,
    pub parts: Vec<Part>,
    /// Width, depth and height of its box.
    pub size: [f64; 3],
    /// Height of the surface that things stand on, if it has one.
    pub top: Option<f64>,
}

fn solid(x: [f64; 2], y: [f64; 2], z: [f64; 2], round: f64, unseen: u8, paint: Paint) -> Part {
    let shape = Shape::Box { min: [x[0], y[0], z[0]], max: [x[1], y[1], z[1]], round, unseen };
    Part { shape, paint }
}

/// A block whose underside nobody sees.
fn block(x: [f64; 2], y: [f64; 2], z: [f64; 2], paint: Paint) -> Part {
    solid(x, y, z, 0.0, BELOW, paint)
}

/// A block whose back nobody sees.
fn front(x: [f64; 2], y: [f64; 2], z: [f64; 2], paint: Paint) -> Part {
    solid(x, y, z, 0.0, BELOW | BEHIND, paint)
}

fn cushion(x: [f64; 2], y: [f64; 2], z: [f64; 2], paint: Paint) -> Part {
    solid(x, y, z, 0.35, BELOW, paint)
}

fn blob(x: [f64; 2], y: [f64; 2], z: [f64; 2], paint: Paint) -> Part {
    solid(x, y, z, 1.0, 0, paint)
}

fn tube(centre: [f64; 2], z: [f64; 2], radius: [f64; 2], lid: bool, paint: Paint) -> Part {
    Part { shape: Shape::Tube { centre, z, radius, lid }, paint }
}

/// Four legs of thickness `t` under the corners of a `w` × `d` top.
fn legs(parts: &mut Vec<Part>, w: f64, d: f64, height: f64, t: f64, paint: Paint) {
    for sx in [-1.0, 1.0] {
        for sy in [-1.0, 1.0] {
            let (x, y) = (sx * (w / 2.0 - t), sy * (d / 2.0 - t));
            let half = t / 2.0;
            parts.push(block([x - half, x + half], [y - half, y + half], [0.0, height], paint));
        }
    }
}

fn chair(kind: Kind, colour: &str, s: &mut Stream) -> Piece {
    let (w, d) = (s.between(0.42, 0.48), s.between(0.42, 0.48));
    let (seat, top) = (s.between(0.43, 0.47), s.between(0.82, 0.94));
    let main = paint(colour, s);
    let mut parts = vec![];
    let (x, y) = ([-w / 2.0, w / 2.0], [-d / 2.0, d / 2.0]);
    if kind == Kind::OfficeChair {
        let metal = paint("black", s);
        parts.push(cushion(x, y, [seat - 0.08, seat + 0.02], main));
        parts.push(cushion([x[0] + 0.02, x[1] - 0.02], [y[1] - 0.07, y[1]], [seat + 0.12, top + 0.08], main));
        parts.push(block([-0.03, 0.03], [y[1] - 0.05, y[1] - 0.01], [seat - 0.04, seat + 0.16], metal));
        parts.push(tube([0.0; 2], [0.08, seat - 0.06], [0.03, 0.03], false, metal));
        parts.push(block([-w / 2.0, w / 2.0], [-0.025, 0.025], [0.03, 0.08], metal));
        parts.push(block([-0.025, 0.025], [-d / 2.0, d / 2.0], [0.03, 0.08], metal));
        for side in [-1.0, 1.0] {
            let at = side * (w / 2.0 - 0.02);
            parts.push(block([at - 0.025, at + 0.025], [-0.12, 0.14], [seat + 0.17, seat + 0.21], metal));
        }
    } else {
        legs(&mut parts, w, d, seat - 0.04, 0.04, main);
        parts.push(block(x, y, [seat - 0.04, seat], main));
        parts.push(block(x, [y[1] - 0.04, y[1]], [seat + 0.1, top], main));
        for side in [x[0], x[1] - 0.04] {
            parts.push(block([side, side + 0.04], [y[1] - 0.04, y[1]], [seat, seat + 0.1], main));
        }
    }
    Piece { kind, parts, size: [w, d, top + 0.08], top: None }
}

/// Seats with arms: armchairs and couches.
fn soft_seat(kind: Kind, w: f64, colour: &str, s: &mut Stream) -> Piece {
    let d = s.between(0.82, 0.92);
    let main = paint(colour, s);
    let (h, seat, arm) = (s.between(0.78, 0.88), 0.43, 0.17);
    let x = [-w / 2.0, w / 2.0];
    let (near, back) = (-d / 2.0, d / 2.0);
    let mut parts = vec![
        block(x, [near + 0.02, back], [0.08, seat - 0.12], main),
        block([x[0] + arm, x[1] - arm], [back - 0.2, back], [seat - 0.12, h], main),
        cushion([x[0], x[0] + arm], [near, back], [0.08, 0.62], main),
        cushion([x[1] - arm, x[1]], [near, back], [0.08, 0.62], main),
    ];
    let seats = if kind == Kind::Couch { 3 } else { 1 };
    let each = (w - 2.0 * arm) / f64::from(seats);
    for i in 0..seats {
        let at = x[0] + arm + each * f64::from(i);
        parts.push(cushion(
            [at + 0.005, at + each - 0.005],
            [near, back - 0.2],
            [seat - 0.13, seat + 0.03],
            main,
        ));
    }
    Piece { kind, parts, size: [w, d, h], top: None }
}

/// A top on legs. Round tops stand on one foot.
fn table(kind: Kind, size: [f64; 3], round: bool, colour: &str, s: &mut Stream) -> Piece {
    let [w, d, h] = size;
    let main = paint(colour, s);
    let mut parts = vec![];
    if round {
        let r = w / 2.0;
        parts.push(tube([0.0; 2], [h - 0.04, h], [r, r], true, main));
        parts.push(tube([0.0; 2], [0.03, h - 0.04], [0.05, 0.05], false, main));
        parts.push(tube([0.0; 2], [0.0, 0.03], [r * 0.55, r * 0.5], true, main));
    } else {
        let leg = if s.happens(0.5) { main } else { paint("black", s) };
        parts.push(block([-w / 2.0, w / 2.0], [-d / 2.0, d / 2.0], [h - 0.045, h], main));
        legs(&mut parts, w, d, h - 0.045, 0.055, leg);
        if kind == Kind::Desk {
            // Drawers on one side.
            let x = w / 2.0 - 0.45;
            parts.push(block(
                [x, w / 2.0 - 0.07],
                [-d / 2.0 + 0.08, d / 2.0 - 0.06],
                [h - 0.5, h - 0.05],
                main,
            ));
        }
    }
    Piece { kind, parts, size, top: Some(h) }
}

fn bed(w: f64, colour: &str, cover: &str, s: &mut Stream) -> Piece {
    let d = 2.05;
    let (frame, cover) = (paint(colour, s), paint(cover, s));
    let sheet = paint("white", s);
    let x = [-w / 2.0, w / 2.0];
    let parts = vec![
        block(x, [-d / 2.0, d / 2.0 - 0.06], [0.08, 0.28], frame),
        block(x, [d / 2.0 - 0.06, d / 2.0], [0.0, 0.95], frame),
        cushion([x[0] + 0.03, x[1] - 0.03], [-d / 2.0 + 0.02, d / 2.0 - 0.07], [0.27, 0.5], sheet),
        block([x[0] - 0.02, x[1] + 0.02], [-d / 2.0 - 0.02, d / 2.0 - 0.65], [0.22, 0.53], cover),
    ];
    Piece { kind: Kind::Bed, parts, size: [w + 0.04, d + 0.04, 0.95], top: Some(0.5) }
}

/// A closed box with door lines and handles.
fn cupboard(kind: Kind, size: [f64; 3], colour: &str, s: &mut Stream) -> Piece {
    let [w, d, h] = size;
    let main = paint(colour, s);
    let metal = plain([96, 95, 92]);
    let face = -d / 2.0;
    let mut parts = vec![front([-w / 2.0, w / 2.0], [face + 0.02, d / 2.0], [0.0, h], main)];
    let drawers = matches!(kind, Kind::Nightstand | Kind::Dresser | Kind::FileCabinet);
    let n = match kind {
        Kind::Nightstand => 2,
        Kind::Refrigerator => 1,
        _ if drawers => 3,
        _ => libm::round(w / 0.45).max(1.0) as u32,
    };
    for i in 0..n {
        let (a, b) = (f64::from(i) / f64::from(n), f64::from(i + 1) / f64::from(n));
        if drawers {
            let (z0, z1) = (0.04 + (h - 0.08) * a, 0.04 + (h - 0.08) * b);
            let across = [-w / 2.0 + 0.02, w / 2.0 - 0.02];
            parts.push(front(across, [face, face + 0.02], [z0 + 0.01, z1 - 0.01], main));
            let mid = f64::midpoint(z0, z1);
            parts.push(front([-0.06, 0.06], [face - 0.02, face], [mid - 0.01, mid + 0.01], metal));
        } else {
            let (x0, x1) = (w * (a - 0.5), w * (b - 0.5));
            parts.push(front([x0 + 0.01, x1 - 0.01], [face, face + 0.02], [0.05, h - 0.02], main));
            let grip = [x1 - 0.06, x1 - 0.04];
            parts.push(front(grip, [face - 0.02, face], [h * 0.45, h * 0.45 + 0.16], metal));
        }
    }
    let top = (h < 1.35).then_some(h);
    Piece { kind, parts, size, top }
}

fn bookshelf(w: f64, h: f64, colour: &str, s: &mut Stream) -> Piece {
    let d = 0.3;
    let main = paint(colour, s);
    let (x, y) = ([-w / 2.0, w / 2.0], [-d / 2.0, d / 2.0]);
    let mut parts = vec![
        block([x[0], x[0] + 0.03], y, [0.0, h], main),
        block([x[1] - 0.03, x[1]], y, [0.0, h], main),
        front(x, [y[1] - 0.02, y[1]], [0.0, h], main),
    ];
    let shelves = libm::round(h / 0.38).max(2.0) as u32;
    for i in 0..=shelves {
        let z = (h - 0.03) * f64::from(i) / f64::from(shelves);
        parts.push(front([x[0] + 0.03, x[1] - 0.03], [y[0], y[1] - 0.02], [z, z + 0.03], main));
        if i == shelves {
            break;
        }
        let mut at = x[0] + 0.05 + s.between(0.0, 0.1);
        let end = x[1] - 0.05 - s.between(0.0, 0.25);
        while at < end {
            let run = s.between(0.06, 0.16).min(end - at + 0.02);
            let word = ["red", "blue", "green", "white", "black", "yellow"][s.below(6) as usize];
            let book = paint(word, s);
            let tall = s.between(0.18, 0.27);
            parts.push(front([at, at + run], [y[0] + 0.03, y[1] - 0.06], [z + 0.03, z + 0.03 + tall], book));
            at += run + s.between(0.002, 0.03);
        }
    }
    Piece { kind: Kind::Bookshelf, parts, size: [w, d, h], top: None }
}

fn lamp(colour: &str, s: &mut Stream) -> Piece {
    let (shade, foot) = (paint(colour, s), plain([88, 80, 70]));
    let h = s.between(0.42, 0.55);
    let parts = vec![
        tube([0.0; 2], [0.0, 0.03], [0.09, 0.08], true, foot),
        tube([0.0; 2], [0.03, h - 0.18], [0.018, 0.018], false, foot),
        tube([0.0; 2], [h - 0.24, h], [0.16, 0.1], true, shade),
    ];
    Piece { kind: Kind::Lamp, parts, size: [0.32, 0.32, h], top: None }
}

/// A screen on a foot: monitors and televisions.
fn screen(kind: Kind, w: f64, colour: &str, s: &mut Stream) -> Piece {
    let h = w * 0.6;
    let (case, glass) = (paint(colour, s), plain([30, 31, 35]));
    let z = 0.12;
    let face = if colour == "black" { glass } else { paint(colour, s) };
    let parts = vec![
        block([-w / 2.0, w / 2.0], [-0.02, 0.025], [z, z + h], case),
        block([-w / 2.0 + 0.02, w / 2.0 - 0.02], [-0.03, -0.02], [z + 0.02, z + h - 0.02], face),
        block([-0.03, 0.03], [0.0, 0.04], [0.02, z + 0.05], case),
        block([-0.12, 0.12], [-0.08, 0.1], [0.0, 0.02], case),
    ];
    Piece { kind, parts, size: [w, 0.2, z + h], top: None }
}

fn laptop(colour: &str, s: &mut Stream) -> Piece {
    let case = paint(colour, s);
    let (w, d) = (0.34, 0.24);
    let lid = Shape::Sheet {
        origin: [-w / 2.0, d / 2.0, 0.02],
        u: [w, 0.0, 0.0],
        v: [0.0, 0.06, 0.22],
        holes: vec![],
        wave: 0.0,
    };
    let parts = vec![
        block([-w / 2.0, w / 2.0], [-d / 2.0, d / 2.0], [0.0, 0.02], case),
        Part { shape: lid, paint: case },
    ];
    Piece { kind: Kind::Laptop, parts, size: [w, 0.36, 0.24], top: None }
}

fn plant(pot: &str, s: &mut Stream) -> Piece {
    let (pot, leaf) = (paint(pot, s), paint("green", s));
    let h = s.between(0.55, 1.0);
    let r = h * 0.17;
    let mut parts = vec![tube([0.0; 2], [0.0, h * 0.3], [r * 0.8, r], true, pot)];
    parts.push(tube([0.0; 2], [h * 0.3, h * 0.6], [0.015, 0.015], false, plain([92, 70, 48])));
    for _ in 0..7 {
        let angle = s.between(0.0, std::f64::consts::TAU);
        let out = s.between(0.2, 0.95) * r;
        let (x, y) = (out * libm::cos(angle), out * libm::sin(angle));
        let (z, q) = (s.between(0.45, 0.82) * h, s.between(0.1, 0.16) * h);
        parts.push(blob([x - q, x + q], [y - q, y + q], [z - q, z + q], leaf));
    }
    Piece { kind: Kind::Plant, parts, size: [2.3 * r + 0.1 * h, 2.3 * r + 0.1 * h, h], top: None }
}

fn simple(kind: Kind, parts: Vec<Part>, size: [f64; 3]) -> Piece {
    Piece { kind, parts, size, top: None }
}

/// A piece of `kind` in `colour`, its measures drawn from `s`. Wall-mounted kinds and shells are
/// built by the room.
pub(super) fn build(kind: Kind, colour: &str, s: &mut Stream) -> Piece {
    match kind {
        Kind::Armchair => {
            let w = s.between(0.78, 0.9);
            soft_seat(kind, w, colour, s)
        }
        Kind::Couch => {
            let w = s.between(1.7, 2.1);
            soft_seat(kind, w, colour, s)
        }
        Kind::Table => {
            let (w, d) = (s.between(1.1, 1.7), s.between(0.75, 0.95));
            let round = s.happens(0.25);
            let size = if round { [d + 0.15, d + 0.15, 0.74] } else { [w, d, 0.74] };
            table(kind, size, round, colour, s)
        }
        Kind::CoffeeTable => {
            let size = [s.between(0.8, 1.1), s.between(0.5, 0.6), s.between(0.38, 0.44)];
            table(kind, size, false, colour, s)
        }
        Kind::Desk => {
            let size = [s.between(1.2, 1.6), s.between(0.65, 0.8), s.between(0.72, 0.76)];
            table(kind, size, false, colour, s)
        }
        Kind::Bed => {
            let w = if s.happens(0.5) { 1.0 } else { 1.5 };
            let cover = ["blue", "red", "green", "beige", "gray", "white"][s.below(6) as usize];
            bed(w, colour, cover, s)
        }
        Kind::Bookshelf => {
            let (w, h) = (s.between(0.8, 1.1), s.between(1.2, 1.9));
            bookshelf(w, h, colour, s)
        }
        Kind::Cabinet => {
            let size = [s.between(0.8, 1.3), s.between(0.4, 0.5), s.between(0.85, 1.8)];
            cupboard(kind, size, colour, s)
        }
        Kind::FileCabinet => {
            let size = [s.between(0.42, 0.5), s.between(0.5, 0.6), s.between(0.7, 1.3)];
            cupboard(kind, size, colour, s)
        }
        Kind::Nightstand => cupboard(kind, [s.between(0.4, 0.5), 0.42, s.between(0.48, 0.58)], colour, s),
        Kind::Dresser => cupboard(kind, [s.between(0.9, 1.2), 0.48, s.between(0.75, 0.9)], colour, s),
        Kind::Refrigerator => cupboard(kind, [0.68, 0.66, s.between(1.55, 1.75)], colour, s),
        Kind::Counter => {
            let size = [s.between(1.4, 2.0), 0.62, 0.9];
            let mut piece = cupboard(kind, size, colour, s);
            let slab = paint("gray", s);
            piece.parts.push(block([-size[0] / 2.0, size[0] / 2.0], [-0.31, 0.31], [0.9, 0.93], slab));
            piece.size[2] = 0.93;
            piece.top = Some(0.93);
            piece
        }
        Kind::Lamp => lamp(colour, s),
        Kind::Monitor => {
            let w = s.between(0.48, 0.6);
            screen(kind, w, colour, s)
        }
        Kind::Tv => {
            let w = s.between(0.95, 1.2);
            screen(kind, w, colour, s)
        }
        Kind::Laptop => laptop(colour, s),
        Kind::Plant => plant(colour, s),
        Kind::Keyboard => {
            let main = paint(colour, s);
            simple(kind, vec![block([-0.22, 0.22], [-0.07, 0.07], [0.0, 0.025], main)], [0.44, 0.14, 0.025])
        }
        Kind::Pillow => {
            let main = paint(colour, s);
            simple(kind, vec![cushion([-0.3, 0.3], [-0.2, 0.2], [0.0, 0.15], main)], [0.6, 0.4, 0.15])
        }
        Kind::TrashCan => {
            let (r, h, main) = (s.between(0.13, 0.18), s.between(0.32, 0.5), paint(colour, s));
            let parts = vec![
                tube([0.0; 2], [0.0, h], [r * 0.82, r], false, main),
                tube([0.0; 2], [0.04, 0.06], [r * 0.8, r * 0.8], true, main),
            ];
            simple(kind, parts, [2.0 * r, 2.0 * r, h])
        }
        Kind::Sink => {
            let main = paint(colour, s);
            let parts = vec![
                block([-0.28, 0.28], [-0.2, 0.2], [0.0, 0.03], main),
                block([-0.02, 0.02], [0.14, 0.18], [0.03, 0.26], plain([150, 150, 152])),
                block([-0.02, 0.02], [0.0, 0.14], [0.23, 0.26], plain([150, 150, 152])),
            ];
            simple(kind, parts, [0.56, 0.4, 0.26])
        }
        Kind::Microwave => {
            let main = paint(colour, s);
            let parts = vec![
                block([-0.25, 0.25], [-0.17, 0.18], [0.0, 0.3], main),
                block([-0.22, 0.1], [-0.18, -0.17], [0.03, 0.27], plain([36, 36, 38])),
            ];
            simple(kind, parts, [0.5, 0.36, 0.3])
        }
        Kind::Backpack => {
            let main = paint(colour, s);
            let parts = vec![
                blob([-0.19, 0.19], [-0.13, 0.13], [0.0, 0.5], main),
                cushion([-0.14, 0.14], [-0.19, -0.05], [0.04, 0.26], main),
            ];
            simple(kind, parts, [0.38, 0.32, 0.5])
        }
        Kind::Box => {
            let [w, d, h] = [s.between(0.3, 0.55), s.between(0.28, 0.45), s.between(0.2, 0.42)];
            let main = paint(colour, s);
            let parts = vec![block([-w / 2.0, w / 2.0], [-d / 2.0, d / 2.0], [0.0, h], main)];
            Piece { kind, parts, size: [w, d, h], top: None }
        }
        _ => chair(kind, colour, s),
    }
}

/// Something flat that hangs on a wall: `w` × `h`, its back towards +y.
pub(super) fn mounted(kind: Kind, w: f64, h: f64, colour: &str, s: &mut Stream) -> Piece {
    let main = paint(colour, s);
    let x = [-w / 2.0, w / 2.0];
    let framed = |edge: f64, depth: f64, inner: Paint| {
        vec![
            front([x[0], x[0] + edge], [-depth, 0.0], [0.0, h], main),
            front([x[1] - edge, x[1]], [-depth, 0.0], [0.0, h], main),
            front([x[0] + edge, x[1] - edge], [-depth, 0.0], [0.0, edge], main),
            front([x[0] + edge, x[1] - edge], [-depth, 0.0], [h - edge, h], main),
            front([x[0] + edge, x[1] - edge], [-depth * 0.5, 0.0], [edge, h - edge], inner),
        ]
    };
    let parts = match kind {
        Kind::Window => {
            let mut parts = framed(0.07, 0.08, plain([186, 206, 214]));
            parts.push(front([-0.025, 0.025], [-0.07, -0.04], [0.07, h - 0.07], main));
            parts
        }
        Kind::Picture => {
            let mut parts = framed(0.04, 0.04, main);
            let other = ["blue", "red", "green", "yellow", "white"][s.below(5) as usize];
            let spot = paint(other, s);
            parts.push(front([-w * 0.2, w * 0.15], [-0.025, -0.02], [h * 0.3, h * 0.6], spot));
            parts
        }
        Kind::Whiteboard => framed(0.03, 0.04, main),
        Kind::Curtain => {
            let shape = Shape::Sheet {
                origin: [x[0], -0.06, 0.0],
                u: [w, 0.0, 0.0],
                v: [0.0, 0.0, h],
                holes: vec![],
                wave: 0.035,
            };
            vec![Part { shape, paint: main }]
        }
        _ => {
            // A door: frame, leaf with two panels, handle.
            let mut parts = framed(0.07, 0.06, main);
            for z in [[0.2, h * 0.45], [h * 0.52, h - 0.25]] {
                parts.push(front([x[0] + 0.18, x[1] - 0.18], [-0.045, -0.03], z, main));
            }
            let handle = plain([170, 165, 150]);
            parts.push(front([x[1] - 0.16, x[1] - 0.1], [-0.09, -0.03], [0.98, 1.02], handle));
            parts
        }
    };
    Piece { kind, parts, size: [w, 0.1, h], top: None }
}
