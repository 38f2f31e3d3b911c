//! Vertex normals from faces.

use super::Xyz;

/// Unit normals per vertex: the sum of the cross products of its faces' edges (so each face counts
/// by its area), normalised. A vertex of no face, or whose faces cancel out, gets 0: nothing tells
/// where it faces.
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
            [0.0; 3]
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normals_of_a_ball_point_away_from_its_middle_whatever_the_order_of_its_faces() {
        let (rings, segments) = (40_u32, 80_u32);
        let mut position = Xyz::default();
        for ring in 0..=rings {
            let polar = f64::from(ring) / f64::from(rings) * std::f64::consts::PI;
            for segment in 0..segments {
                let around = f64::from(segment) / f64::from(segments) * std::f64::consts::TAU;
                let side = libm::sin(polar);
                let p = [side * libm::cos(around), side * libm::sin(around), libm::cos(polar)];
                position.push(p.map(|v| v as f32));
            }
        }
        let at = |ring: u32, segment: u32| ring * segments + segment % segments;
        let mut faces: Vec<[u32; 3]> = (0..rings)
            .flat_map(|r| (0..segments).map(move |s| (r, s)))
            .flat_map(|(r, s)| {
                let corners = [at(r, s), at(r + 1, s), at(r + 1, s + 1), at(r, s + 1)];
                [[corners[0], corners[1], corners[2]], [corners[0], corners[2], corners[3]]]
            })
            .collect();
        let normal = vertex_normals(&position, &faces);
        faces.reverse();
        let other = vertex_normals(&position, &faces);
        // The poles are points of many vertices, each with a face or two.
        for i in segments as usize..(rings * segments) as usize {
            let (p, n, o) = (position.get(i), normal.get(i), other.get(i));
            let length = p.iter().map(|v| v * v).sum::<f32>().sqrt();
            let cos: f32 = (0..3).map(|a| p[a] * n[a]).sum::<f32>() / length;
            assert!(cos > 0.999, "vertex {i}: {cos}");
            assert!((0..3).all(|a| (n[a] - o[a]).abs() < 1e-6));
        }
    }

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
        assert_eq!(n.get(4), [0.0; 3], "no face: nothing is known");
    }
}
