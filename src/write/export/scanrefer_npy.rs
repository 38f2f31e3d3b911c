//! `ScanRefer`: `<scene>_{aligned_vert,sem_label,aligned_bbox,ins_label}.npy`, the files that its loader opens.
//!
//! Positions are those of the data set: its frame is called aligned because the loader asks for that name.

use super::Scan;
use super::array::Array;
use crate::error::Result;
use crate::store::Folder;

/// Wall, floor and ceiling, of which its loader has no boxes.
const WITHOUT_BOX: [i32; 3] = [1, 2, 22];

/// Writes a scene variant, unless it is there; says whether it was.
///
/// Vertices f32 `[N, 9]`: position, colour 0 to 255, normal. Labels u32 `[N]`: nyu40, 0 none; `objectId` + 1, 0
/// none. Boxes f64 `[K, 8]`: centre, size, nyu40, `objectId`.
pub(super) fn write(out: &Folder, scan: &Scan<'_>) -> Result<bool> {
    let file = |what: &str| format!("{}_{what}.npy", scan.name);
    // The last file is there once all are.
    let last = file("ins_label");
    if out.size(&last)?.is_some() {
        return Ok(true);
    }
    let n = scan.points();
    let (xyz, normal) = (scan.floats("xyz")?, scan.floats("normal")?);
    let rgb: Vec<f32> = scan.bytes("rgb")?.into_iter().map(f32::from).collect();
    let rows = xyz.as_chunks::<3>().0.iter().zip(rgb.as_chunks::<3>().0).zip(normal.as_chunks::<3>().0);
    let vertices = rows.flat_map(|((p, c), n)| p.iter().chain(c).chain(n).copied()).map(f32::to_le_bytes);
    let boxed: Vec<_> = scan
        .objects
        .iter()
        .filter(|object| object.nyu40 > 0 && !WITHOUT_BOX.contains(&object.nyu40))
        .collect();
    let boxes = boxed.iter().flat_map(|object| {
        let [x0, y0, z0, x1, y1, z1] = object.bounds;
        let middle = [[x0, x1], [y0, y1], [z0, z1]].map(|[low, high]| f32::midpoint(low, high));
        let labels = [f64::from(object.nyu40), f64::from(object.id)];
        middle
            .into_iter()
            .chain([x1 - x0, y1 - y0, z1 - z0])
            .map(f64::from)
            .chain(labels)
            .map(f64::to_le_bytes)
    });
    let nyu40 = scan.bytes("nyu40")?;
    let object = scan.ints("object")?;
    let files = [
        ("aligned_vert", Array::new("<f4", &[n, 9], vertices)),
        ("sem_label", Array::new("<u4", &[n], nyu40.iter().map(|&id| u32::from(id).to_le_bytes()))),
        ("aligned_bbox", Array::new("<f8", &[boxed.len(), 8], boxes)),
        ("ins_label", Array::new("<u4", &[n], object.iter().map(|&id| (id + 1).to_le_bytes()))),
    ];
    for (what, array) in files {
        out.publish(&file(what), &array.npy())?;
    }
    Ok(false)
}
