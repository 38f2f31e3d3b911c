//! Vertex normals from faces.

use super::Xyz;

/// Unit normals per vertex: the sum of the cross products of its faces' edges (so each face counts
/// by its area), normalised. A vertex of no face, or whose faces cancel out, gets +z.
///
/// Faces with an index out of range or a coordinate that is not finite are passed over. Sums run
/// in f64 in face order, so the result does not depend on threads.
pub fn vertex_normals(position: &Xyz, faces: &[[u32; 3]]) -> Xyz {
    let n = position.len();
    let mut sum = vec![[0.0_f64; 3]; n];
    for face in faces {
        let [a, b, c] = face.map(|i| i as usize);
        if a.max(b).max(c) >= n {
            continue;
        }
        let [p, q, r] = [a, b, c].map(|i| position.get(i).map(f64::from));
        let u: [f64; 3] = std::array::from_fn(|k| q[k] - p[k]);
        let v: [f64; 3] = std::array::from_fn(|k| r[k] - p[k]);
        let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        if cross.iter().all(|x| x.is_finite()) {
            for i in [a, b, c] {
                for k in 0..3 {
                    sum[i][k] += cross[k];
                }
            }
        }
    }
    let mut out = Xyz::with_capacity(n);
    for [x, y, z] in sum {
        let length = libm::sqrt(x * x + y * y + z * z);
        out.push(if length > 0.0 && length.is_finite() {
            [(x / length) as f32, (y / length) as f32, (z / length) as f32]
        } else {
            [0.0, 0.0, 1.0]
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_faces_count_more() {
        // A floor of area 2 and a wall of area 0.5 share vertex 0.
        let position = Xyz {
            x: vec![0.0, 2.0, 0.0, 0.0, 9.0],
            y: vec![0.0, 0.0, 2.0, 1.0, 9.0],
            z: vec![0.0, 0.0, 0.0, 1.0, 9.0],
        };
        let faces = [[0, 1, 2], [0, 3, 2], [0, 1, 77]];
        let n = vertex_normals(&position, &faces);
        assert!((n.get(0)[2] - 4.0 / 20.0_f32.sqrt()).abs() < 1e-6, "{:?}", n.get(0));
        assert_eq!(n.get(1), [0.0, 0.0, 1.0]);
        assert_eq!(n.get(4), [0.0, 0.0, 1.0], "no face: up");
    }
}
