//! Surfaces and how they become lattices of vertices.

/// How a surface is coloured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    /// Colour in full light, 0..=255.
    pub rgb: [u8; 3],
    pub texture: Texture,
}

/// Pattern that darkens the paint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texture {
    Plain,
    /// Grain along the first axis.
    Wood,
    /// Boards along the first axis.
    Planks,
    /// Square tiles with joints.
    Tiles,
}

/// A surface in its item's frame, metres, z up.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A box; `round` 0 keeps the corners, 1 makes an ellipsoid. `unseen` names sides that no
    /// scanner would see ([`BELOW`], [`BEHIND`]), which are left out.
    Box { min: [f64; 3], max: [f64; 3], round: f64, unseen: u8 },
    /// An upright tube from z0 to z1 with its radii there, and a lid at the top.
    Tube { centre: [f64; 2], z: [f64; 2], radius: [f64; 2], lid: bool },
    /// A parallelogram; cells that lie in a hole (s0, t0, s1, t1 in metres along u and v) are left
    /// out. `wave` is the depth of its folds in metres.
    Sheet { origin: [f64; 3], u: [f64; 3], v: [f64; 3], holes: Vec<[f64; 4]>, wave: f64 },
}

/// The side towards −z.
pub(super) const BELOW: u8 = 1 << 4;
/// The side towards +y, an item's back.
pub(super) const BEHIND: u8 = 1 << 3;

impl Shape {
    /// Length of the diagonal of the shape's box.
    pub(super) fn diagonal(&self) -> f64 {
        match self {
            Self::Box { min, max, .. } => norm(std::array::from_fn(|a| max[a] - min[a])),
            Self::Tube { z, radius, .. } => {
                let across = 2.0 * radius[0].max(radius[1]);
                norm([across, across, z[1] - z[0]])
            }
            Self::Sheet { u, v, .. } => norm(std::array::from_fn(|a| u[a] + v[a])),
        }
    }
}

/// One part of an item.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub shape: Shape,
    pub paint: Paint,
}

/// Vertices and faces of one or more parts before jitter, pose and colour.
#[derive(Clone, Debug, Default)]
pub(super) struct Lattice {
    /// Position in the item's frame.
    pub position: Vec<[f32; 3]>,
    /// How far jitter may move a vertex along each axis without leaving its surface.
    pub slack: Vec<[f32; 3]>,
    /// Light that falls on the vertex, about 0.75..1.
    pub light: Vec<f32>,
    /// Patch of the surface: a segment, unless it is too small for one.
    pub patch: Vec<u32>,
    pub faces: Vec<[u32; 3]>,
    patches: u32,
    index: Vec<u32>,
}

/// Patches have about this many cells a side.
const PATCH_CELLS: usize = 9;
/// A shape of at most this many vertices is one patch.
const SMALL: usize = 120;
const NONE: u32 = u32::MAX;
/// Share of a step that jitter may move a vertex.
const JITTER: f64 = 0.28;

impl Lattice {
    pub(super) fn len(&self) -> usize {
        self.position.len()
    }

    /// Appends `shape` with vertices about `step` metres apart.
    pub(super) fn add(&mut self, shape: &Shape, step: f64) {
        match shape {
            Shape::Box { min, max, round, unseen } => self.add_box(*min, *max, *round, *unseen, step),
            Shape::Tube { centre, z, radius, lid } => self.add_tube(*centre, *z, *radius, *lid, step),
            Shape::Sheet { origin, u, v, holes, wave } => self.add_sheet(*origin, *u, *v, holes, *wave, step),
        }
    }

    fn vertex(&mut self, position: [f64; 3], slack: [f64; 3], light: f64, patch: u32) -> u32 {
        self.position.push(position.map(|v| v as f32));
        self.slack.push(slack.map(|v| v as f32));
        self.light.push(light as f32);
        self.patch.push(patch);
        (self.position.len() - 1) as u32
    }

    /// Two triangles for the corners of a cell in turning order; diagonals alternate.
    fn quad(&mut self, [a, b, c, d]: [u32; 4], odd: bool) {
        if odd {
            self.faces.extend([[a, b, c], [a, c, d]]);
        } else {
            self.faces.extend([[a, b, d], [b, c, d]]);
        }
    }

    fn add_box(&mut self, min: [f64; 3], max: [f64; 3], round: f64, unseen: u8, step: f64) {
        let size: [f64; 3] = std::array::from_fn(|a| max[a] - min[a]);
        let cells = size.map(|l| cells_of(l, step));
        let dims = cells.map(|n| n + 1);
        let mut index = std::mem::take(&mut self.index);
        index.clear();
        index.resize(dims[0] * dims[1] * dims[2], NONE);
        let [x, y, z] = cells;
        let one_patch = 2 * (x * y + y * z + x * z) <= SMALL;
        for axis in 0..3 {
            let (b, c) = ((axis + 1) % 3, (axis + 2) % 3);
            let rows = (cells[b] + 1).div_ceil(PATCH_CELLS);
            let columns = (cells[c] + 1).div_ceil(PATCH_CELLS);
            for side in [0, cells[axis]] {
                if unseen >> (2 * axis + usize::from(side > 0)) & 1 == 1 {
                    continue;
                }
                let base = self.patches;
                if !one_patch {
                    self.patches += (rows * columns) as u32;
                }
                let light = match (axis, side > 0) {
                    (2, true) => 1.0,
                    (2, false) => 0.72,
                    (0, _) => 0.86,
                    _ => 0.93,
                };
                let mut at = |this: &mut Self, i: usize, j: usize| {
                    let mut p = [0; 3];
                    (p[axis], p[b], p[c]) = (side, i, j);
                    let slot = (p[0] * dims[1] + p[1]) * dims[2] + p[2];
                    if index[slot] == NONE {
                        let patch = if one_patch {
                            base
                        } else {
                            let r = i * rows / (cells[b] + 1);
                            let k = j * columns / (cells[c] + 1);
                            base + (r * columns + k) as u32
                        };
                        let (position, slack) = box_point(p, cells, min, size, round);
                        index[slot] = this.vertex(position, slack, light, patch);
                    }
                    index[slot]
                };
                for i in 0..cells[b] {
                    for j in 0..cells[c] {
                        let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
                        let mut q = corners.map(|(i, j)| at(self, i, j));
                        if side == 0 {
                            q.swap(1, 3);
                        }
                        self.quad(q, (i + j) % 2 == 1);
                    }
                }
            }
        }
        if one_patch {
            self.patches += 1;
        }
        self.index = index;
    }

    fn add_tube(&mut self, centre: [f64; 2], z: [f64; 2], radius: [f64; 2], lid: bool, step: f64) {
        let widest = radius[0].max(radius[1]);
        let around = cells_of(std::f64::consts::TAU * widest, step).max(8);
        let slant = libm::hypot(z[1] - z[0], radius[1] - radius[0]);
        let up = cells_of(slant, step);
        let one_patch = around * (up + 1) <= SMALL;
        let (turns, levels) = (around.div_ceil(PATCH_CELLS), (up + 1).div_ceil(PATCH_CELLS));
        let base = self.patches;
        self.patches += if one_patch { 1 } else { (turns * levels) as u32 };
        let first = self.len() as u32;
        for j in 0..=up {
            let t = j as f64 / up as f64;
            let r = radius[0] + (radius[1] - radius[0]) * t;
            for i in 0..around {
                let angle = std::f64::consts::TAU * i as f64 / around as f64;
                let (sin, cos) = (libm::sin(angle), libm::cos(angle));
                let rise = if j == 0 || j == up { 0.0 } else { JITTER * (z[1] - z[0]) / up as f64 };
                let patch = if one_patch {
                    base
                } else {
                    base + (i * turns / around * levels + j * levels / (up + 1)) as u32
                };
                let position = [centre[0] + r * cos, centre[1] + r * sin, z[0] + (z[1] - z[0]) * t];
                self.vertex(position, [0.0, 0.0, rise], 0.89 + 0.06 * sin, patch);
            }
        }
        for j in 0..up {
            for i in 0..around {
                let next = (i + 1) % around;
                let at = |i: usize, j: usize| first + (j * around + i) as u32;
                self.quad([at(i, j), at(next, j), at(next, j + 1), at(i, j + 1)], (i + j) % 2 == 1);
            }
        }
        if lid {
            // Rings with fewer and fewer vertices, so that they stay a step apart.
            let rings = cells_of(radius[1], step);
            let mut outer: Vec<u32> = (0..around).map(|i| first + (up * around + i) as u32).collect();
            let patch = self.patches;
            self.patches += 1;
            for ring in (0..rings).rev() {
                let r = radius[1] * ring as f64 / rings as f64;
                let count = if ring == 0 { 1 } else { (around * ring / rings).max(5) };
                let inner: Vec<u32> = (0..count)
                    .map(|i| {
                        let angle = std::f64::consts::TAU * i as f64 / count as f64;
                        let position =
                            [centre[0] + r * libm::cos(angle), centre[1] + r * libm::sin(angle), z[1]];
                        self.vertex(position, [JITTER * step / 2.0, JITTER * step / 2.0, 0.0], 1.0, patch)
                    })
                    .collect();
                self.stitch(&outer, &inner);
                outer = inner;
            }
        }
    }

    /// Triangles between two rings; each outer edge takes the inner vertex nearest in angle.
    fn stitch(&mut self, outer: &[u32], inner: &[u32]) {
        let (n, m) = (outer.len(), inner.len());
        let near = |i: usize| (i * m + n / 2) / n;
        for i in 0..n {
            let (a, b) = (outer[i], outer[(i + 1) % n]);
            let (k, next) = (near(i), near(i + 1));
            self.faces.push([a, b, inner[k % m]]);
            if m > 1 && next != k {
                self.faces.push([b, inner[next % m], inner[k % m]]);
            }
        }
    }

    fn add_sheet(
        &mut self,
        origin: [f64; 3],
        u: [f64; 3],
        v: [f64; 3],
        holes: &[[f64; 4]],
        wave: f64,
        step: f64,
    ) {
        let (length, height) = (norm(u), norm(v));
        let (nu, nv) = (cells_of(length, step), cells_of(height, step));
        let patch_cells = if (nu + 1) * (nv + 1) < 600 { PATCH_CELLS / 2 } else { PATCH_CELLS };
        let (rows, columns) = ((nu + 1).div_ceil(patch_cells), (nv + 1).div_ceil(patch_cells));
        let normal = cross(u, v).map(|x| x / (length * height));
        let light = if normal[2].abs() > 0.5 { 1.0 } else { 0.88 + 0.07 * normal[0].abs() };
        let base = self.patches;
        self.patches += (rows * columns) as u32;
        let mut index = vec![NONE; (nu + 1) * (nv + 1)];
        let mut at = |this: &mut Self, i: usize, j: usize| {
            let slot = i * (nv + 1) + j;
            if index[slot] == NONE {
                let (s, t) = (i as f64 / nu as f64, j as f64 / nv as f64);
                let fold = wave * libm::sin(s * length * 28.0);
                let position = std::array::from_fn(|a| origin[a] + u[a] * s + v[a] * t + normal[a] * fold);
                let inner = |k: usize, n: usize| if k == 0 || k == n { 0.0 } else { JITTER };
                let (along, up) = (inner(i, nu) / nu as f64, inner(j, nv) / nv as f64);
                let slack = std::array::from_fn(|a| u[a].abs() * along + v[a].abs() * up);
                let patch = base + (i * rows / (nu + 1) * columns + j * columns / (nv + 1)) as u32;
                let shade = light * (1.0 + if wave > 0.0 { 0.12 * fold / wave } else { 0.0 });
                index[slot] = this.vertex(position, slack, shade, patch);
            }
            index[slot]
        };
        for i in 0..nu {
            for j in 0..nv {
                let (s, t) = (i as f64 * length / nu as f64, j as f64 * height / nv as f64);
                let (s2, t2) = (s + length / nu as f64, t + height / nv as f64);
                if holes.iter().any(|&[s0, t0, s1, t1]| s >= s0 && s2 <= s1 && t >= t0 && t2 <= t1) {
                    continue;
                }
                let q = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)].map(|(i, j)| at(self, i, j));
                self.quad(q, (i + j) % 2 == 1);
            }
        }
    }
}

/// A point of a box's lattice: where it is, and how far jitter may move it.
fn box_point(
    p: [usize; 3],
    cells: [usize; 3],
    min: [f64; 3],
    size: [f64; 3],
    round: f64,
) -> ([f64; 3], [f64; 3]) {
    // −1..1 on every axis; rounding pulls the point towards the unit sphere.
    let q: [f64; 3] = std::array::from_fn(|a| 2.0 * p[a] as f64 / cells[a] as f64 - 1.0);
    let length = norm(q);
    let position = std::array::from_fn(|a| {
        let rounded = q[a] * (1.0 - round) + q[a] / length * round;
        min[a] + size[a] * (rounded + 1.0) / 2.0
    });
    let slack = std::array::from_fn(|a| {
        let inner = p[a] > 0 && p[a] < cells[a] && round == 0.0;
        if inner { JITTER * size[a] / cells[a] as f64 } else { 0.0 }
    });
    (position, slack)
}

fn cells_of(length: f64, step: f64) -> usize {
    (libm::round(length / step) as usize).max(1)
}

fn norm(v: [f64; 3]) -> f64 {
    libm::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
}

fn cross(u: [f64; 3], v: [f64; 3]) -> [f64; 3] {
    [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(l: &Lattice) -> f64 {
        let p = |i: u32| l.position[i as usize].map(f64::from);
        let face = |f: &[u32; 3]| {
            let [a, b, c] = f.map(p);
            let edge = |q: [f64; 3]| std::array::from_fn(|k| q[k] - a[k]);
            norm(cross(edge(b), edge(c))) / 2.0
        };
        l.faces.iter().map(face).sum()
    }

    #[test]
    fn a_box_is_closed_and_turns_outwards() {
        let mut l = Lattice::default();
        l.add(&Shape::Box { min: [0.0; 3], max: [1.0, 2.0, 0.5], round: 0.0, unseen: 0 }, 0.1);
        assert!((area(&l) - 7.0).abs() < 1e-6);
        assert_eq!(l.faces.len(), 2 * (l.len() - 2), "Euler's formula for a closed surface");
        // The signed volume is positive where faces turn outwards.
        let volume: f64 = l
            .faces
            .iter()
            .map(|f| {
                let [a, b, c] = f.map(|i| l.position[i as usize].map(f64::from));
                let n = cross(b, c);
                (a[0] * n[0] + a[1] * n[1] + a[2] * n[2]) / 6.0
            })
            .sum();
        assert!((volume - 1.0).abs() < 1e-6, "{volume}");
        let mut open = Lattice::default();
        let (min, max) = ([0.0; 3], [1.0, 2.0, 0.5]);
        open.add(&Shape::Box { min, max, round: 0.0, unseen: BELOW | BEHIND }, 0.1);
        assert!((area(&open) - 4.5).abs() < 1e-6);
    }

    #[test]
    fn holes_are_left_out_and_every_vertex_is_used() {
        let mut l = Lattice::default();
        let sheet = Shape::Sheet {
            origin: [0.0; 3],
            u: [4.0, 0.0, 0.0],
            v: [0.0, 0.0, 2.0],
            holes: vec![[0.99, -0.01, 2.01, 1.51]],
            wave: 0.0,
        };
        l.add(&sheet, 0.1);
        assert!((area(&l) - 6.5).abs() < 1e-6);
        l.add(&Shape::Tube { centre: [5.0, 0.0], z: [0.0, 1.0], radius: [0.5, 0.3], lid: true }, 0.07);
        let mut used = vec![false; l.len()];
        l.faces.iter().flatten().for_each(|&i| used[i as usize] = true);
        assert!(used.iter().all(|&u| u));
    }

    #[test]
    fn lids_cover_their_disc() {
        let mut l = Lattice::default();
        l.add(&Shape::Tube { centre: [0.0; 2], z: [0.0, 0.001], radius: [0.5, 0.5], lid: true }, 0.02);
        let disc = std::f64::consts::PI * 0.25;
        assert!((area(&l) - disc).abs() < 0.02, "{}", area(&l));
    }
}
