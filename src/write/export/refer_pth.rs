//! 3D-STMN, MDIN, Reason3D: `<split>/<scene>_refer.pth`, a tuple of five NumPy arrays.

use super::Scan;
use super::array::Array;
use super::pickle::torch_file;
use crate::error::Result;
use crate::scene::SCANNET20;
use crate::store::Folder;

/// Writes a scene variant, unless it is there; says whether it was.
///
/// Positions in f64, metres around their mean; colours f64, c / 127.5 − 1; superpoints i64; classes f64, index
/// among the 20 or −100; objects i64, `objectId` or −1.
pub(super) fn write(out: &Folder, scan: &Scan<'_>) -> Result<bool> {
    let name = format!("{}/{}_refer.pth", scan.scene.split, scan.name);
    if out.size(&name)?.is_some() {
        return Ok(true);
    }
    let n = scan.points();
    let xyz: Vec<[f64; 3]> =
        scan.floats("xyz")?.as_chunks::<3>().0.iter().map(|p| p.map(f64::from)).collect();
    let mut mean = [0.0; 3];
    for point in &xyz {
        for k in 0..3 {
            mean[k] += point[k];
        }
    }
    let mean = mean.map(|sum| sum / n.max(1) as f64);
    let centred = xyz.iter().flat_map(|p| [0, 1, 2].map(|k| (p[k] - mean[k]).to_le_bytes()));
    let colour = scan.bytes("rgb")?;
    let colour = colour.iter().map(|&c| (f64::from(c) / 127.5 - 1.0).to_le_bytes());
    let class = |id: u8| SCANNET20.iter().position(|&c| c == id).map_or(-100.0, |i| i as f64);
    let nyu40 = scan.bytes("nyu40")?;
    let wide =
        |values: Vec<i32>| Array::new("<i8", &[n], values.into_iter().map(|v| i64::from(v).to_le_bytes()));
    let arrays = [
        Array::new("<f8", &[n, 3], centred),
        Array::new("<f8", &[n, 3], colour),
        wide(scan.ints("superpoint")?),
        Array::new("<f8", &[n], nyu40.iter().map(|&id| class(id).to_le_bytes())),
        wide(scan.ints("object")?),
    ];
    out.publish(&name, &torch_file(&arrays))?;
    Ok(false)
}
