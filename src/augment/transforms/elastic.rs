use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::augment::transform::{Action, Complaint, Drawn, Effects, Transform, transform};
use crate::math::{Aabb, Stream, Xyz, widest};

/// Root mean square displacement along an axis for a magnitude of 1: twice three nodes are averaged
/// along each axis, and places between nodes are averages again, (2/9)^(3/2) in all.
const RMS: f64 = 0.104_756_560_175_784_83;
/// Standard deviation of one entry of the displacement's gradient, for a magnitude of one spacing:
/// √(2/27) · 2/9.
const GRADIENT: f64 = 0.060_481_228_216_868_6;
/// Nodes that a lattice may have: 16 bytes each.
const MOST_NODES: f64 = 4_194_304.0;
/// Nodes that one block of normals is enough for.
const NODES_A_BLOCK: usize = 21;
/// Points that go through the arithmetic together.
const LANES: usize = 16;
/// 2²³: from here to 2²⁴ an f32 is a whole number, and its lower bits count on from this one's.
const WHOLE: f32 = 8_388_608.0;

transform! {
    /// Bends the scene like rubber. Each level lays a lattice of random vectors over the scene,
    /// averages each with its neighbours twice along each axis, and moves every point by what the
    /// lattice says at its place, by trilinear interpolation, times the level's magnitude. Levels
    /// follow each other, each on the scene that the last one left.
    ///
    /// A magnitude of 1 m moves points by 0.105 m along each axis (root mean square), and less near
    /// the border, where the averages reach beyond the lattice: 0.4 by 4 cm, 1.6 by 17 cm. The vector
    /// of a node belongs to its place in the lattice.
    ///
    /// A lattice of more than 4 million nodes is refused: the step is left out of such a scene, and
    /// provenance says `too-large`.
    ///
    /// ## Columns
    /// Positions change. Normals stay normals of the bent surface: they turn by the inverse transpose
    /// of the displacement's own derivative and keep length 1. Left alone, as all trainers leave them,
    /// they would be 11 degrees off in the median at the default strength.
    ///
    /// ## Text
    /// The bend moves objects against each other. Beyond 1.5 cm (root mean square along an axis) no
    /// sentence that places an object can be relied on, and all are left out of this variant: so it is
    /// with the default. Below that, two standard deviations of the local stretch count as uneven
    /// scaling does for words of size and shape.
    ///
    /// ## Source
    /// Pointcept `ElasticDistortion` (the default). `variant = "pointgroup"` is the lattice of PointGroup,
    /// SPFormer and their kin: centred on the origin, with nodes twice `spacing-m` apart. Their
    /// (6, 40) and (20, 160) in voxels of 2 cm are `spacing-m = [0.12, 0.4]` and
    /// `magnitude-m = [0.8, 3.2]`.
    ELASTIC = "elastic", Elastic
}

/// Parameters of `elastic`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Elastic {
    /// Distance between nodes, in metres: one number for each level.
    #[schemars(inner(range(min = 0.02, max = 1e3)))]
    spacing_m: Vec<f64>,
    /// Factor of the averaged standard normals, in metres: one number for each level.
    #[schemars(inner(range(min = 0.0, max = 100.0)))]
    magnitude_m: Vec<f64>,
    /// How the lattice lies.
    variant: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// From one spacing below the scene's lowest corner, nodes `spacing-m` apart.
    Pointcept,
    /// Centred on the origin, nodes twice `spacing-m` apart.
    Pointgroup,
}

impl Default for Elastic {
    fn default() -> Self {
        Self { spacing_m: vec![0.2, 0.8], magnitude_m: vec![0.4, 1.6], variant: Kind::Pointcept }
    }
}

impl Elastic {
    /// Spacing as it is between nodes, and magnitude, of each level.
    fn levels(&self) -> impl Iterator<Item = (f64, f64)> {
        let factor = if self.variant == Kind::Pointgroup { 2.0 } else { 1.0 };
        self.spacing_m.iter().zip(&self.magnitude_m).map(move |(g, m)| (factor * g, *m))
    }
}

impl Transform for Elastic {
    fn check(&self) -> Result<(), Complaint> {
        let levels = self.spacing_m.len();
        if levels != self.magnitude_m.len() || !(1..=8).contains(&levels) {
            let expected = "as many numbers as in `spacing-m`, one for each of 1 to 8 levels";
            return Err(Complaint { key: "magnitude-m", expected });
        }
        Ok(())
    }

    fn draw(&self, _stream: &mut Stream) -> Drawn {
        let norm = |terms: &mut dyn Iterator<Item = f64>| libm::sqrt(terms.map(|t| t * t).sum::<f64>());
        let effects = Effects {
            displaces_m: norm(&mut self.levels().map(|(_, m)| m * RMS)),
            distorts_shape: 2.0 * norm(&mut self.levels().map(|(g, m)| m / g * GRADIENT)),
            ..Effects::default()
        };
        let elastic = self.clone();
        Drawn::new(Action::Field(Box::new(move |points, stream| {
            for (level, (spacing, magnitude)) in (0..).zip(elastic.levels()) {
                if magnitude == 0.0 {
                    continue;
                }
                let bounds = Aabb::of(points.position.axes());
                if bounds.is_empty() {
                    continue;
                }
                let lattice = Lattice::new(elastic.variant, bounds, spacing).ok_or("too-large")?;
                let nodes = widest(
                    #[inline(always)]
                    || lattice.draw(stream, level, magnitude as f32),
                );
                widest(
                    #[inline(always)]
                    || lattice.bend(&nodes, &mut points.position, points.normal.as_mut()),
                );
            }
            Ok(())
        })))
        .with("spacing-m", self.spacing_m.clone())
        .with("magnitude-m", self.magnitude_m.clone())
        .doing(effects)
    }
}

/// A vector of each node; the fourth number is padding.
type Node = [f32; 4];
/// The vectors of two nodes that follow each other along z.
type Pair = [f32; 8];

/// Where nodes lie: node (i, j, k) at origin + spacing · (i, j, k), k running fastest.
#[derive(Clone, Copy, Debug)]
struct Lattice {
    origin: [f32; 3],
    spacing: f32,
    counts: [usize; 3],
}

impl Lattice {
    /// The lattice over a box; `None` where it has too many nodes, or where the box is not finite.
    fn new(kind: Kind, bounds: Aabb, spacing: f64) -> Option<Self> {
        let (lo, hi) = (bounds.min.map(f64::from), bounds.max.map(f64::from));
        let counts: [f64; 3] = std::array::from_fn(|a| match kind {
            Kind::Pointcept => libm::floor((hi[a] - lo[a]) / spacing) + 3.0,
            Kind::Pointgroup => libm::floor(lo[a].abs().max(hi[a].abs()) / (spacing / 2.0)) + 3.0,
        });
        // Also false where a count is not a number.
        if !(counts.iter().product::<f64>() <= MOST_NODES && counts.iter().all(|&c| c < 4096.0)) {
            return None;
        }
        let origin = std::array::from_fn(|a| match kind {
            Kind::Pointcept => lo[a] - spacing,
            Kind::Pointgroup => -(counts[a] - 1.0) * spacing / 2.0,
        });
        Some(Self {
            origin: origin.map(|v| v as f32),
            spacing: spacing as f32,
            counts: counts.map(|c| c as usize),
        })
    }

    /// Averaged normals times the magnitude. A node's normals are set by level, i, j and k alone.
    #[inline(always)]
    fn draw(&self, stream: &mut Stream, level: u64, magnitude: f32) -> Vec<Node> {
        let [nx, ny, nz] = self.counts;
        let mut nodes = vec![[0.0; 4]; nx * ny * nz];
        for (row, nodes) in nodes.chunks_exact_mut(nz).enumerate() {
            let (i, j) = ((row / ny) as u64, (row % ny) as u64);
            stream.seek((level << 12 | i) << 12 | j, 32 << 8);
            for nodes in nodes.chunks_mut(NODES_A_BLOCK) {
                let normals = stream.normal_block();
                for (node, n) in nodes.iter_mut().zip(normals.chunks_exact(3)) {
                    *node = [magnitude * n[0], magnitude * n[1], magnitude * n[2], 0.0];
                }
            }
        }
        for _ in 0..2 {
            average(&mut nodes, ny * nz);
            nodes.chunks_exact_mut(ny * nz).for_each(|plane| average(plane, nz));
            nodes.chunks_exact_mut(nz).for_each(|row| average(row, 1));
        }
        nodes
    }

    /// Moves positions by the interpolated nodes, and turns normals by J⁻ᵀ, J being the derivative of
    /// the moved position by the position.
    #[inline(always)]
    fn bend(&self, nodes: &[Node], position: &mut Xyz, normal: Option<&mut Xyz>) {
        let mut field = Field::new(self.spacing);
        let Xyz { x, y, z } = position;
        let mut normals = normal.map(|n| n.axes_mut().map(|axis| axis.chunks_mut(LANES)));
        for ((x, y), z) in x.chunks_mut(LANES).zip(y.chunks_mut(LANES)).zip(z.chunks_mut(LANES)) {
            self.look_up(nodes, [x, y, z], &mut field);
            for (u, ((x, y), z)) in field.u.iter().zip(x.iter_mut().zip(y).zip(z)) {
                *x += u[0];
                *y += u[1];
                *z += u[2];
            }
            if let Some([Some(x), Some(y), Some(z)]) =
                normals.as_mut().map(|n| n.each_mut().map(Iterator::next))
            {
                field.turn([x, y, z]);
            }
        }
    }

    /// The field at up to [`LANES`] places.
    #[inline(always)]
    fn look_up(&self, nodes: &[Node], p: [&[f32]; 3], field: &mut Field) {
        let [_, ny, nz] = self.counts;
        let mut cell = [[0_u32; LANES]; 3];
        let mut part = [[0.0_f32; LANES]; 3];
        for axis in 0..3 {
            // A lattice has at least three nodes an axis, and less than 4096.
            let last = (self.counts[axis] - 2) as f32;
            for ((p, cell), part) in p[axis].iter().zip(&mut cell[axis]).zip(&mut part[axis]) {
                let at = (p - self.origin[axis]) * field.per_metre;
                // The nearest whole number to half a cell less, read from the bits of a sum that has
                // no room for a fraction. On the border of two cells either will do.
                let half_less = at - 0.5;
                let half_less = if half_less > 0.0 { half_less } else { 0.0 };
                let sum = (if half_less < last { half_less } else { last }) + WHOLE;
                *cell = sum.to_bits() - WHOLE.to_bits();
                *part = at - (sum - WHOLE);
            }
        }
        for lane in 0..p[0].len() {
            let [tx, ty, tz] = [part[0][lane], part[1][lane], part[2][lane]];
            let [i, j, k] = [cell[0][lane], cell[1][lane], cell[2][lane]].map(|c| c as usize);
            let first = (i * ny + j) * nz + k;
            let near = &nodes[first..first + ny * nz + nz + 2];
            // Along z, two nodes stand side by side: both go through y and x together.
            let pair = |at: usize| -> Pair {
                let (a, b) = (near[at], near[at + 1]);
                [a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]]
            };
            let [low_y, high_y] = [pair(0), pair(nz)];
            let [far_low_y, far_high_y] = [pair(ny * nz), pair(ny * nz + nz)];
            let (dy, far_dy) = (minus(high_y, low_y), minus(far_high_y, far_low_y));
            let low_x = along(low_y, dy, ty);
            let dx = minus(along(far_low_y, far_dy, ty), low_x);
            let u = along(low_x, dx, tx);
            let dy = along(dy, minus(far_dy, dy), tx);
            field.u[lane] = between(u, tz);
            field.dx[lane] = between(dx, tz);
            field.dy[lane] = between(dy, tz);
            field.dz[lane] = minus(upper(u), lower(u));
        }
    }
}

/// Displacement of some points and its differences from node to node along each axis.
struct Field {
    u: [Node; LANES],
    dx: [Node; LANES],
    dy: [Node; LANES],
    dz: [Node; LANES],
    /// Turns differences into derivatives.
    per_metre: f32,
}

impl Field {
    fn new(spacing: f32) -> Self {
        let none = [[0.0; 4]; LANES];
        Self { u: none, dx: none, dy: none, dz: none, per_metre: 1.0 / spacing }
    }

    /// Unit normals after the points were moved: n′ ∝ J⁻ᵀ n, which is the cofactor matrix of J times
    /// n, with the sign of its determinant. Zero stays zero.
    #[inline(always)]
    fn turn(&self, normals: [&mut [f32]; 3]) {
        let n = normals[0].len().min(LANES);
        let mut v = [[0.0_f32; LANES]; 3];
        for (v, normals) in v.iter_mut().zip(&normals) {
            v[..n].copy_from_slice(&normals[..n]);
        }
        let [dx, dy, dz] = [&self.dx, &self.dy, &self.dz].map(columns);
        for lane in 0..LANES {
            let d = |by: &[[f32; LANES]; 3], axis: usize| by[axis][lane] * self.per_metre;
            let a = [d(&dx, 0) + 1.0, d(&dx, 1), d(&dx, 2)];
            let b = [d(&dy, 0), d(&dy, 1) + 1.0, d(&dy, 2)];
            let c = [d(&dz, 0), d(&dz, 1), d(&dz, 2) + 1.0];
            let (bc, ca, ab) = (cross(b, c), cross(c, a), cross(a, b));
            let determinant = a[0] * bc[0] + a[1] * bc[1] + a[2] * bc[2];
            let [x, y, z] = [v[0][lane], v[1][lane], v[2][lane]];
            let turned: [f32; 3] = std::array::from_fn(|r| x * bc[r] + y * ca[r] + z * ab[r]);
            let square = turned[0] * turned[0] + turned[1] * turned[1] + turned[2] * turned[2];
            let length = if square > 0.0 { square } else { 1.0 }.sqrt();
            let scale = if determinant < 0.0 { -1.0 } else { 1.0 } / length;
            for axis in 0..3 {
                v[axis][lane] = turned[axis] * scale;
            }
        }
        for (v, normals) in v.iter().zip(normals) {
            normals[..n].copy_from_slice(&v[..n]);
        }
    }
}

/// The vectors as three columns.
#[inline(always)]
fn columns(vectors: &[Node; LANES]) -> [[f32; LANES]; 3] {
    let mut out = [[0.0; LANES]; 3];
    let [x, y, z] = &mut out;
    for (((x, y), z), v) in x.iter_mut().zip(y).zip(z).zip(vectors.as_flattened().chunks_exact(4)) {
        [*x, *y, *z] = [v[0], v[1], v[2]];
    }
    out
}

/// The place a share `t` of the way along `d` from `a`.
#[inline(always)]
fn along<const N: usize>(a: [f32; N], d: [f32; N], t: f32) -> [f32; N] {
    std::array::from_fn(|c| a[c] + t * d[c])
}

#[inline(always)]
fn minus<const N: usize>(a: [f32; N], b: [f32; N]) -> [f32; N] {
    std::array::from_fn(|c| a[c] - b[c])
}

/// The vector a share `t` of the way from the lower to the upper node.
#[inline(always)]
fn between(pair: Pair, t: f32) -> Node {
    along(lower(pair), minus(upper(pair), lower(pair)), t)
}

#[inline(always)]
fn lower(pair: Pair) -> Node {
    [pair[0], pair[1], pair[2], pair[3]]
}

#[inline(always)]
fn upper(pair: Pair) -> Node {
    [pair[4], pair[5], pair[6], pair[7]]
}

/// Replaces each node by a third of itself and its neighbours `stride` before and after; beyond the
/// ends there is nothing.
#[inline(always)]
fn average(nodes: &mut [Node], stride: usize) {
    let mut before = vec![[0.0; 4]; stride];
    let nothing = before.clone();
    let mut rest = nodes;
    while !rest.is_empty() {
        let (here, after) = rest.split_at_mut(stride);
        let next = after.get(..stride).unwrap_or(&nothing);
        for ((node, before), next) in here.iter_mut().zip(&mut before).zip(next) {
            let own = *node;
            for i in 0..4 {
                node[i] = (before[i] + own[i] + next[i]) * (1.0 / 3.0);
            }
            *before = own;
        }
        rest = after;
    }
}

#[inline(always)]
fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::testing::{apply, apply_seeded, at_origin, scattered};
    use crate::augment::{Outcome, check};
    use crate::math::{Key, Purpose};

    fn stream(seed: u64) -> Stream {
        Key::new(seed, "elastic", 1, "").stream(Purpose::Lattice)
    }

    fn bounds(hi: [f32; 3]) -> Aabb {
        Aabb { min: [0.0; 3], max: hi }
    }

    /// The displacement at a place, and all that is known there.
    fn at(lattice: &Lattice, nodes: &[Node], p: [f32; 3]) -> (Node, Field) {
        let mut field = Field::new(lattice.spacing);
        lattice.look_up(nodes, [&p[..1], &p[1..2], &p[2..]], &mut field);
        (field.u[0], field)
    }

    #[test]
    fn lattices_lie_as_the_trainers_lay_them() {
        let box_of_room = bounds([8.0, 5.95, 3.1]);
        let l = Lattice::new(Kind::Pointcept, box_of_room, 0.8).unwrap();
        assert_eq!((l.counts, l.origin), ([13, 10, 6], [-0.8; 3]), "floor(size / g) + 3, from −g");
        // (6, 40) at 50 voxels a metre: b = floor(400 / 6) + 3 nodes from −(b − 1) · 6 to (b − 1) · 6.
        let l = Lattice::new(Kind::Pointgroup, box_of_room, 0.24).unwrap();
        assert_eq!(l.counts, [69, 52, 28]);
        assert!((l.origin[0] + 68.0 * 0.12).abs() < 1e-5 && (l.origin[0] + 34.0 * 0.24).abs() < 1e-5);
    }

    #[test]
    fn a_constant_lattice_moves_every_point_by_its_vector() {
        let lattice = Lattice::new(Kind::Pointcept, bounds([2.0; 3]), 0.5).unwrap();
        let nodes = vec![[0.25, -0.5, 0.125, 0.0]; lattice.counts.iter().product()];
        let mut position = scattered(100, 4).points.position;
        position.axes_mut().into_iter().flatten().for_each(|v| *v = v.abs());
        let before = position.clone();
        let mut normal = Xyz { x: vec![0.6; 100], y: vec![0.0; 100], z: vec![-0.8; 100] };
        lattice.bend(&nodes, &mut position, Some(&mut normal));
        for i in 0..100 {
            let (a, b) = (before.get(i), position.get(i));
            assert_eq!(b, [a[0] + 0.25, a[1] - 0.5, a[2] + 0.125]);
            assert_eq!(normal.get(i), [0.6, 0.0, -0.8]);
        }
    }

    #[test]
    fn at_a_node_the_displacement_is_the_nodes_and_between_it_is_trilinear() {
        let lattice = Lattice { origin: [0.0; 3], spacing: 0.5, counts: [7, 6, 5] };
        let nodes = lattice.draw(&mut stream(1), 0, 1.0);
        let node = |i: usize, j: usize, k: usize| nodes[(i * 6 + j) * 5 + k];
        for (i, j, k) in [(0, 0, 0), (3, 2, 1), (5, 4, 3), (6, 5, 4)] {
            let here = [i as f32 * 0.5, j as f32 * 0.5, k as f32 * 0.5];
            let (u, _) = at(&lattice, &nodes, here);
            assert!((0..3).all(|a| (u[a] - node(i, j, k)[a]).abs() < 1e-6));
        }
        let (u, _) = at(&lattice, &nodes, [1.25, 0.75, 0.25]);
        let mean: f32 = (0..8).map(|c| node(2 + (c >> 2), 1 + (c >> 1 & 1), c & 1)[1]).sum::<f32>() / 8.0;
        assert!((u[1] - mean).abs() < 1e-6);
    }

    #[test]
    fn averages_are_those_of_two_boxes_of_three() {
        // One node of 1 in the middle: weights 1, 2, 3, 2, 1 of 9 along each axis.
        let mut line = [0.0_f32; 9].map(|v| [v; 4]);
        line[4] = [1.0; 4];
        average(&mut line, 1);
        average(&mut line, 1);
        let expected = [0.0, 0.0, 1.0, 2.0, 3.0, 2.0, 1.0, 0.0, 0.0];
        assert!(line.iter().zip(expected).all(|(v, e)| (v[2] - e / 9.0).abs() < 1e-6), "{line:?}");
        // At the border what would reach out is lost: box twice, not the five weights cut off.
        let mut line = [[0.0; 4]; 4];
        line[0] = [9.0; 4];
        average(&mut line, 1);
        average(&mut line, 1);
        assert!(line.iter().zip([2.0, 2.0, 1.0, 0.0]).all(|(v, e)| (v[0] - e).abs() < 1e-6), "{line:?}");
        // Along the middle axis of a block.
        let mut block = [[0.0; 4]; 12];
        block[4] = [3.0; 4];
        average(&mut block, 2);
        let ones: Vec<usize> = (0..12).filter(|&i| block[i] == [1.0; 4]).collect();
        assert_eq!(ones, [2, 4, 6]);
    }

    #[test]
    fn a_node_hangs_on_its_index_and_not_on_the_size_of_the_lattice() {
        let small = Lattice { origin: [0.0; 3], spacing: 1.0, counts: [8, 9, 30] };
        let large = Lattice { counts: [9, 12, 70], ..small };
        let (a, b) = (small.draw(&mut stream(2), 1, 1.0), large.draw(&mut stream(2), 1, 1.0));
        // Inside of what averages reach across a border.
        for (i, j, k) in [(0, 0, 0), (5, 6, 27), (3, 3, 3), (2, 6, 20)] {
            let (mine, other) = (a[(i * 9 + j) * 30 + k], b[(i * 12 + j) * 70 + k]);
            assert!((0..3).all(|c| (mine[c] - other[c]).abs() < 1e-6));
        }
        assert_ne!(a, small.draw(&mut stream(2), 0, 1.0), "each level has its own");
    }

    #[test]
    fn displacements_are_as_large_as_theory_says() {
        let lattice = Lattice { origin: [0.0; 3], spacing: 0.2, counts: [30; 3] };
        let mut draw = Key::new(5, "places", 1, "").stream(Purpose::Points);
        let (mut at_nodes, mut between_nodes, mut slopes) = (0.0, 0.0, 0.0);
        let (seeds, places) = (12, 2000);
        for seed in 0..seeds {
            let nodes = lattice.draw(&mut stream(seed), 0, 0.4);
            for _ in 0..places {
                // At least five cells from the border.
                let p: [f32; 3] = std::array::from_fn(|_| draw.between(1.0, 4.8) as f32);
                let (u, field) = at(&lattice, &nodes, p);
                between_nodes += (0..3).map(|a| f64::from(u[a]).powi(2)).sum::<f64>() / 3.0;
                slopes += f64::from(field.dx[0][1] * field.per_metre).powi(2);
                let [i, j, k] = p.map(|v| (v / 0.2) as usize);
                let node = nodes[(i * 30 + j) * 30 + k];
                at_nodes += (0..3).map(|a| f64::from(node[a]).powi(2)).sum::<f64>() / 3.0;
            }
        }
        let rms = |sum: f64| (sum / (seeds * places) as f64).sqrt();
        assert!((RMS - 8.0_f64.sqrt() / 27.0).abs() < 1e-15);
        assert!((GRADIENT - (2.0_f64 / 27.0).sqrt() * 2.0 / 9.0).abs() < 1e-12);
        assert!((rms(between_nodes) / (0.4 * RMS) - 1.0).abs() < 0.03, "{}", rms(between_nodes));
        assert!((rms(at_nodes) / (0.4 * 0.11361) - 1.0).abs() < 0.03, "{}", rms(at_nodes));
        assert!((rms(slopes) / (2.0 * GRADIENT) - 1.0).abs() < 0.03, "{}", rms(slopes));
    }

    /// Where the levels of `nodes` take a place.
    fn taken(levels: &[(Lattice, Vec<Node>)], p: [f32; 3]) -> [f64; 3] {
        levels.iter().fold(p.map(f64::from), |p, (lattice, nodes)| {
            let (u, _) = at(lattice, nodes, p.map(|v| v as f32));
            std::array::from_fn(|a| p[a] + f64::from(u[a]))
        })
    }

    #[test]
    fn normals_are_those_of_the_bent_surface_and_nothing_folds() {
        let fine = Lattice { origin: [-1.0; 3], spacing: 0.2, counts: [40; 3] };
        let coarse = Lattice { origin: [-2.0; 3], spacing: 0.8, counts: [14; 3] };
        let mut draw = Key::new(6, "surfaces", 1, "").stream(Purpose::Points);
        let (mut worst, mut left_alone) = (0.0_f64, Vec::new());
        for seed in 0..8 {
            let levels = [
                (fine, fine.draw(&mut stream(seed), 0, 0.4)),
                (coarse, coarse.draw(&mut stream(seed), 1, 1.6)),
            ];
            for _ in 0..250 {
                let mut unit = || -> [f64; 3] {
                    let v: [f64; 3] = std::array::from_fn(|_| draw.between(-1.0, 1.0));
                    let length = v.iter().map(|c| c * c).sum::<f64>().sqrt();
                    v.map(|c| c / length)
                };
                let (n, other) = (unit(), unit());
                let p: [f32; 3] = std::array::from_fn(|_| draw.between(0.0, 5.0) as f32);
                let cross = |a: [f64; 3], b: [f64; 3]| {
                    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
                };
                let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
                let length = |a: [f64; 3]| dot(a, a).sqrt();
                // Two directions in the surface, and the surface's own side.
                let s = cross(n, other);
                let s = s.map(|c| c / length(s));
                let t = cross(n, s);
                let h = 1e-3;
                let step = |d: [f64; 3]| {
                    let at = |sign: f64| std::array::from_fn(|a| (f64::from(p[a]) + sign * h * d[a]) as f32);
                    // A kink of the field in between would make the difference that of neither side.
                    let cell = |p: [f32; 3]| p.map(|v| (v / 0.2).floor());
                    let coarse = |p: [f32; 3]| taken(&levels[..1], p).map(|v| ((v + 2.0) / 0.8).floor());
                    let (a, b) = (at(-1.0), at(1.0));
                    let smooth = cell(a) == cell(b) && coarse(a) == coarse(b);
                    let (from, to) = (taken(&levels, a), taken(&levels, b));
                    smooth.then(|| [0, 1, 2].map(|i| (to[i] - from[i]) / (2.0 * h)))
                };
                let (Some(s), Some(t), Some(out)) = (step(s), step(t), step(n)) else { continue };
                let expected = cross(s, t);
                assert!(dot(expected, out) > 0.0, "det J > 0 at the default strength");
                let mut position = Xyz { x: vec![p[0]], y: vec![p[1]], z: vec![p[2]] };
                let mut normal = Xyz { x: vec![n[0] as f32], y: vec![n[1] as f32], z: vec![n[2] as f32] };
                for (lattice, nodes) in &levels {
                    lattice.bend(nodes, &mut position, Some(&mut normal));
                }
                let angle = |a: [f64; 3]| {
                    let cos = dot(a, expected) / (length(a) * length(expected));
                    libm::acos(cos.clamp(-1.0, 1.0)).to_degrees()
                };
                worst = worst.max(angle(normal.get(0).map(f64::from)));
                left_alone.push(angle(n));
            }
        }
        left_alone.sort_by(f64::total_cmp);
        let median = left_alone[left_alone.len() / 2];
        println!("{} normals: worst {worst} degrees; left alone, median {median}", left_alone.len());
        assert!(worst < 1.0, "{worst}");
        assert!(left_alone.len() > 1000 && median > 5.0, "{median}");
    }

    #[test]
    fn no_magnitude_is_the_identity_and_the_default_keeps_every_promise() {
        let mut scene = scattered(500, 8);
        let x: Vec<f32> = (0..500).map(|i| if i % 9 == 0 { 0.0 } else { 0.6 }).collect();
        let z: Vec<f32> = x.iter().map(|&v| if v == 0.0 { 0.0 } else { -0.8 }).collect();
        scene.points.normal = Some(Xyz { x, y: vec![0.0; 500], z });
        assert_eq!(apply(&scene, &["op = 'elastic'\nmagnitude-m = [0, 0]"]).scene.points, scene.points);
        for step in ["op = 'elastic'", "op = 'elastic'\nvariant = 'pointgroup'"] {
            let variant = apply(&scene, &[step]);
            check(&scene, &variant).unwrap();
            assert!(!variant.provenance.affine && variant.scene.points.position != scene.points.position);
            let normal = variant.scene.points.normal.unwrap();
            assert_eq!(normal.get(9), [0.0; 3], "no normal stays none");
        }
    }

    #[test]
    fn removing_points_inside_moves_no_other() {
        let scene = scattered(400, 9);
        let corners: Vec<u32> = (0..3)
            .flat_map(|a| {
                let axis = scene.points.position.axes()[a];
                let by = |x: &u32, y: &u32| axis[*x as usize].total_cmp(&axis[*y as usize]);
                [(0..400).min_by(by).unwrap(), (0..400).max_by(by).unwrap()]
            })
            .collect();
        let rows: Vec<u32> = (0..400_u32).filter(|r| r.is_multiple_of(3) || corners.contains(r)).collect();
        let mut some = scene.clone();
        some.points = some.points.select(&rows);
        // The second level would see another box.
        let step = "op = 'elastic'\nspacing-m = [0.4]\nmagnitude-m = [0.4]";
        assert_eq!(apply(&scene, &[step]).scene.points.select(&rows), apply(&some, &[step]).scene.points);
    }

    #[test]
    fn scenes_without_end_are_left_alone() {
        let mut scene = at_origin(3);
        for far in [f32::MAX, f32::INFINITY, 900.0] {
            scene.points.position.x[1] = far;
            scene.points.position.y[2] = far;
            let step = "op = 'elastic'\nspacing-m = [0.2]\nmagnitude-m = [0.4]";
            let variant = apply_seeded(&scene, &[step], 3);
            let record = &variant.provenance.steps[0];
            assert_eq!((record.outcome, record.reason.as_deref()), (Outcome::Skipped, Some("too-large")));
            assert_eq!(variant.scene.points, scene.points);
            assert!(variant.provenance.affine);
        }
    }
}
