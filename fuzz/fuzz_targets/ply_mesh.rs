//! Meshes never crash the reader, and what `ply-rs` can read as well comes out alike.

#![no_main]

use std::path::Path;

use dataprep::load::ply;
use dataprep::math::Xyz;
use libfuzzer_sys::fuzz_target;
use ply_rs::parser::Parser;
use ply_rs::ply::DefaultElement;

fuzz_target!(|data: &[u8]| {
    let _ = ply::read_labels(data, Path::new("fuzz"), &Xyz::default());
    let Ok(ours) = ply::read_mesh(data, Path::new("fuzz")) else { return };
    let Ok(theirs) = Parser::<DefaultElement>::new().read_ply(&mut &data[..]) else { return };
    let vertices = &theirs.payload["vertex"];
    assert_eq!(vertices.len(), ours.position.len());
    for (i, vertex) in vertices.iter().enumerate() {
        let [x, y, z] = ours.position.get(i);
        for (name, value) in [("x", x), ("y", y), ("z", z)] {
            // A NaN that was narrowed from f64 may carry other bits.
            let other = vertex[name].to_f32_lossy().expect("a number");
            assert!(other.to_bits() == value.to_bits() || (other.is_nan() && value.is_nan()));
        }
    }
    let mut fans = Vec::new();
    for face in theirs.payload.get("face").into_iter().flatten() {
        let list = face.get("vertex_indices").or_else(|| face.get("vertex_index")).expect("a list");
        // Negative indices have no u32 form there; here they keep their bits.
        let Some(corners) = list.to_u32_list() else { return };
        fans.extend(corners.windows(2).skip(1).map(|edge| [corners[0], edge[0], edge[1]]));
    }
    assert_eq!(fans, ours.faces);
});
