//! Affine maps of space, composed in f64 and applied once.

use nalgebra::{Matrix3, Vector3};

use super::{Xyz, widest};

/// `p′ = linear · p + shift`, in f64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// The linear part, as rows acting on column vectors.
    pub linear: Matrix3<f64>,
    /// The translation in metres.
    pub shift: Vector3<f64>,
}

impl Affine {
    /// The map that moves nothing.
    pub const IDENTITY: Self = Self {
        linear: Matrix3::new(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        shift: Vector3::new(0.0, 0.0, 0.0),
    };

    /// A linear map about the origin.
    pub fn linear(linear: Matrix3<f64>) -> Self {
        Self { linear, ..Self::IDENTITY }
    }

    /// A translation in metres.
    pub fn translation(shift: [f64; 3]) -> Self {
        Self { shift: Vector3::from(shift), ..Self::IDENTITY }
    }

    /// A rotation about one axis (0 x, 1 y, 2 z), counter-clockwise seen from its positive end.
    /// Quarter turns are exact.
    pub fn rotation(axis: usize, angle_deg: f64) -> Self {
        let turns = angle_deg / 90.0;
        let (sin, cos) = if turns == libm::trunc(turns) {
            match libm::fmod(libm::fmod(turns, 4.0) + 4.0, 4.0) as u8 {
                0 => (0.0, 1.0),
                1 => (1.0, 0.0),
                2 => (0.0, -1.0),
                _ => (-1.0, 0.0),
            }
        } else {
            let angle = angle_deg.to_radians();
            (libm::sin(angle), libm::cos(angle))
        };
        let (a, b) = ((axis + 1) % 3, (axis + 2) % 3);
        let mut linear = Matrix3::identity();
        linear[(a, a)] = cos;
        linear[(b, b)] = cos;
        linear[(a, b)] = -sin;
        linear[(b, a)] = sin;
        Self::linear(linear)
    }

    /// A scaling about the origin.
    pub fn scaling(factors: [f64; 3]) -> Self {
        Self::linear(Matrix3::from_diagonal(&Vector3::from(factors)))
    }

    /// The same map about `centre` in place of the origin.
    #[must_use]
    pub fn about(self, centre: [f64; 3]) -> Self {
        let c = Vector3::from(centre);
        Self { linear: self.linear, shift: self.linear * -c + c + self.shift }
    }

    /// This map, then `next`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        Self { linear: next.linear * self.linear, shift: next.linear * self.shift + next.shift }
    }

    /// The map of one point.
    pub fn apply(&self, point: [f64; 3]) -> [f64; 3] {
        let p = self.linear * Vector3::from(point) + self.shift;
        [p.x, p.y, p.z]
    }

    /// Maps every point, each coordinate rounded to f32 once.
    pub fn apply_to(&self, points: &mut Xyz) {
        if *self == Self::IDENTITY {
            return;
        }
        let (m, t) = (&self.linear, &self.shift);
        let row = |r: usize| [m[(r, 0)], m[(r, 1)], m[(r, 2)], t[r]];
        let [p, q, r] = [row(0), row(1), row(2)];
        let Xyz { x, y, z } = points;
        widest(
            #[inline(always)]
            || {
                for ((px, py), pz) in x.iter_mut().zip(y.iter_mut()).zip(z.iter_mut()) {
                    let (a, b, c) = (f64::from(*px), f64::from(*py), f64::from(*pz));
                    *px = (p[0] * a + p[1] * b + p[2] * c + p[3]) as f32;
                    *py = (q[0] * a + q[1] * b + q[2] * c + q[3]) as f32;
                    *pz = (r[0] * a + r[1] * b + r[2] * c + r[3]) as f32;
                }
            },
        );
    }

    /// Turns unit normals: `n′ ∝ M⁻ᵀ n`, mirrors included, so that outward stays outward.
    /// A map without inverse leaves them alone.
    pub fn apply_to_normals(&self, normals: &mut Xyz) {
        if self.linear == Matrix3::identity() {
            return;
        }
        let Some(inverse) = self.linear.try_inverse() else { return };
        let m = inverse.transpose().map(|v| v as f32);
        let row = |r: usize| [m[(r, 0)], m[(r, 1)], m[(r, 2)]];
        let [a, b, c] = [row(0), row(1), row(2)];
        let Xyz { x, y, z } = normals;
        widest(
            #[inline(always)]
            || {
                for ((nx, ny), nz) in x.iter_mut().zip(y.iter_mut()).zip(z.iter_mut()) {
                    let x = a[0] * *nx + a[1] * *ny + a[2] * *nz;
                    let y = b[0] * *nx + b[1] * *ny + b[2] * *nz;
                    let z = c[0] * *nx + c[1] * *ny + c[2] * *nz;
                    let square = x * x + y * y + z * z;
                    // A root is rounded the same everywhere; zero stays zero.
                    let length = if square > 0.0 { square.sqrt() } else { 1.0 };
                    [*nx, *ny, *nz] = [x / length, y / length, z / length];
                }
            },
        );
    }

    /// The map back; `None` where this one flattens space.
    pub fn inverse(&self) -> Option<Self> {
        let linear = self.linear.try_inverse()?;
        Some(Self { linear, shift: -(linear * self.shift) })
    }

    /// Volume factor; negative for maps that mirror.
    pub fn determinant(&self) -> f64 {
        self.linear.determinant()
    }

    /// Largest entry of `|RᵀR − I|`: 0 for a rotation or a mirror.
    pub fn rigidity_error(&self) -> f64 {
        (self.linear.transpose() * self.linear - Matrix3::identity()).abs().max()
    }

    /// Row-major 4×4, last row 0 0 0 1, as ScanNet writes `axisAlignment`.
    pub fn to_row_major(&self) -> [f64; 16] {
        let (m, t) = (&self.linear, &self.shift);
        let mut out = [0.0; 16];
        for row in 0..3 {
            for column in 0..3 {
                out[row * 4 + column] = m[(row, column)];
            }
            out[row * 4 + 3] = t[row];
        }
        out[15] = 1.0;
        out
    }

    /// From a row-major 4×4; the last row must be 0 0 0 1 and every number finite.
    pub fn from_row_major(v: [f64; 16]) -> Option<Self> {
        if v.iter().any(|x| !x.is_finite()) || v[12..] != [0.0, 0.0, 0.0, 1.0] {
            return None;
        }
        Some(Self {
            linear: Matrix3::new(v[0], v[1], v[2], v[4], v[5], v[6], v[8], v[9], v[10]),
            shift: Vector3::new(v[3], v[7], v[11]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarter_turns_are_exact() {
        assert_eq!(Affine::rotation(2, 90.0).apply([1.0, 0.0, 0.0]), [0.0, 1.0, 0.0]);
        let turn = Affine::rotation(2, 90.0);
        let full = turn.then(&turn).then(&turn).then(&turn);
        assert_eq!(full, Affine::IDENTITY);
        assert_eq!(Affine::rotation(0, -270.0), Affine::rotation(0, 90.0));
    }

    #[test]
    fn rotations_keep_lengths_and_hand() {
        for axis in 0..3 {
            let r = Affine::rotation(axis, 33.3);
            assert!(r.rigidity_error() < 1e-15);
            assert!((r.determinant() - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn normals_stay_right_under_stretch_and_mirror() {
        // s = (2,1,1), n = (1,1,0)/√2 → (1,2,0)/√5
        let h = std::f32::consts::FRAC_1_SQRT_2;
        let mut n = Xyz { x: vec![h], y: vec![h], z: vec![0.0] };
        Affine::scaling([2.0, 1.0, 1.0]).apply_to_normals(&mut n);
        let s5 = 5.0_f32.sqrt();
        assert!((n.x[0] - 1.0 / s5).abs() < 2e-7 && (n.y[0] - 2.0 / s5).abs() < 2e-7);
        let mut floor = Xyz { x: vec![0.0], y: vec![0.0], z: vec![1.0] };
        Affine::scaling([-1.0, 1.0, 1.0]).apply_to_normals(&mut floor);
        assert_eq!(floor.get(0), [0.0, 0.0, 1.0]);
    }

    #[test]
    fn about_keeps_the_centre() {
        let c = [1.0, 2.0, 3.0];
        assert_eq!(Affine::rotation(2, 90.0).about(c).apply(c), c);
    }

    #[test]
    fn the_inverse_leads_back() {
        let map = Affine::rotation(2, 30.0).then(&Affine::scaling([2.0, 1.0, 0.5])).about([1.0, 2.0, 3.0]);
        let there_and_back = map.then(&map.inverse().unwrap()).apply([4.0, 5.0, 6.0]);
        assert!(there_and_back.iter().zip([4.0, 5.0, 6.0]).all(|(a, b)| (a - b).abs() < 1e-12));
        assert_eq!(Affine::scaling([1.0, 0.0, 1.0]).inverse(), None);
    }

    #[test]
    fn matrices_survive_the_file_form() {
        let a = Affine::rotation(2, 20.0).then(&Affine::translation([1.0, -2.0, 0.5]));
        assert_eq!(Affine::from_row_major(a.to_row_major()), Some(a));
        let mut bad = a.to_row_major();
        bad[12] = 1.0;
        assert_eq!(Affine::from_row_major(bad), None);
    }
}
