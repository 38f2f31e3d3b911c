//! Pointcept: `<split>/<scene>/{coord,color,normal,segment20,segment200,instance}.npy`.

use std::collections::BTreeMap;

use super::Scan;
use super::array::Array;
use crate::error::Result;
use crate::scene::SCANNET20;
use crate::store::Folder;

/// Writes a scene variant, unless it is there; says whether it was.
pub(super) fn write(out: &Folder, scan: &Scan<'_>) -> Result<bool> {
    let dir = format!("{}/{}", scan.scene.split, scan.name);
    // The last file is there once all are.
    let last = format!("{dir}/instance.npy");
    if out.size(&last)?.is_some() {
        return Ok(true);
    }
    out.sweep(&dir)?;
    let n = scan.points();
    let object = scan.ints("object")?;
    let nyu40 = scan.bytes("nyu40")?;
    let class20 = |id: u8| SCANNET20.iter().position(|&c| c == id).map_or(-1, |i| i as i64);
    let class200: BTreeMap<i32, i32> = scan.objects.iter().map(|o| (o.id, o.scannet200)).collect();
    let ints = |values: Vec<i64>| Array::new("<i8", &[n], values.into_iter().map(i64::to_le_bytes));
    let of_200 = |o: &i32| i64::from(class200.get(o).copied().unwrap_or(-1));
    let raw = |dtype, column| -> Result<Array> {
        Ok(Array { dtype, shape: vec![n, 3], bytes: scan.bytes(column)? })
    };
    let files = [
        ("coord", raw("<f4", "xyz")?),
        ("color", raw("|u1", "rgb")?),
        ("normal", raw("<f4", "normal")?),
        ("segment20", ints(nyu40.iter().map(|&id| class20(id)).collect())),
        ("segment200", ints(object.iter().map(of_200).collect())),
        ("instance", ints(object.iter().map(|&o| i64::from(o)).collect())),
    ];
    for (name, array) in files {
        out.publish(&format!("{dir}/{name}.npy"), &array.npy())?;
    }
    Ok(false)
}
