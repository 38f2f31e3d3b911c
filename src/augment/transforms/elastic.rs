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
        let mut normals =
            normal.map(|n| (n.x.chunks_mut(LANES).zip(n.y.chunks_mut(LANES))).zip(n.z.chunks_mut(LANES)));
        for ((x, y), z) in x.chunks_mut(LANES).zip(y.chunks_mut(LANES)).zip(z.chunks_mut(LANES)) {
            self.look_up(nodes, [x, y, z], &mut field);
            for (u, ((x, y), z)) in field.u.iter().zip(x.iter_mut().zip(y).zip(z)) {
                *x += u[0];
                *y += u[1];
                *z += u[2];
            }
            if let Some(((x, y), z)) = normals.as_mut().and_then(Iterator::next) {
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
            let (i, j, k) = (cell[0][lane] as usize, cell[1][lane] as usize, cell[2][lane] as usize);
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
        let (dx, dy, dz) = (columns(&self.dx), columns(&self.dy), columns(&self.dz));
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
#[path = "elastic_tests.rs"]
mod tests;
