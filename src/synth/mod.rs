//! Made scans: ScanNet- and ScanRefer-shaped data with known truth.
mod category;
mod colour;
mod furniture;
mod room;
mod sample;
mod shape;
pub mod truth;

#[cfg(test)]
mod look {
    use super::*;
    use crate::math::{Key, Purpose};
    #[test]
    fn look() {
        for (i, used) in room::Use::ALL.into_iter().enumerate() {
            for v in [2000, 3000, 20000, 150_000] {
                let mut s = Key::new(3, "r", i as u32, "synth room").stream(Purpose::Parameters);
                let room = room::furnish(used, sample::richness(v), &mut s);
                let t = std::time::Instant::now();
                let (scene, _) = sample::scan(&room, "scene0000_00", v, 3);
                println!(
                    "{used:?} {v}: {} vertices {} faces {} objects {} segs {:?}",
                    scene.points.len(),
                    scene.faces.len(),
                    scene.objects.len(),
                    crate::math::compact(&scene.points.segment).ids.len(),
                    t.elapsed()
                );
                let mut e: Vec<f32> = scene
                    .faces
                    .iter()
                    .map(|f| {
                        let a = scene.points.position.get(f[0] as usize);
                        let b = scene.points.position.get(f[1] as usize);
                        ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt()
                    })
                    .collect();
                e.sort_by(f32::total_cmp);
                let un =
                    scene.points.object.iter().filter(|&&o| o < 0).count() as f64 / scene.points.len() as f64;
                let c = scene.points.colour.as_ref().unwrap();
                let mean = c.channels().map(|c| c.iter().map(|&v| v as f64).sum::<f64>() / c.len() as f64);
                println!("   median edge {} unannotated {un:.3} mean {mean:?}", e[e.len() / 2]);
                let img = crate::render::raster(&scene, crate::render::View::Iso, 900, None);
                std::fs::write(format!("/tmp/synth-{i}-{v}.png"), crate::render::png(&img).unwrap()).unwrap();
            }
        }
    }
}
