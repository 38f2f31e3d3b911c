//! `WebDataset`: a tar file a shard; of each scene variant `<scene>.<column>.npy` and `<scene>.json`.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::record_batch::RecordBatch;

use super::super::manifest::{Manifest, ShardIndex};
use super::array::Array;
use super::sentences::records;
use super::{Scan, interrupted};
use crate::error::{Error, Result};
use crate::store::Folder;

/// Tars are numbered within their split, as loaders expect: `train-{00000..00007}.tar`.
fn tar_name(manifest: &Manifest, shard: &ShardIndex) -> String {
    // A shard is called by its split, a place and a digest.
    fn split(shard: &ShardIndex) -> &str {
        shard.name.rsplitn(3, '-').last().unwrap_or_default()
    }
    let of_split = manifest.shards.iter().filter(|other| split(other) == split(shard));
    let number = of_split.take_while(|other| other.name != shard.name).count();
    format!("{}-{number:05}.tar", split(shard))
}

/// Writes a shard's scene variants, unless they are there; gives the number of those that were.
pub(super) fn write(
    out: &Folder,
    manifest: &Manifest,
    shard: &ShardIndex,
    scans: &[Scan<'_>],
    said: &RecordBatch,
    stop: &AtomicBool,
    heard: &dyn Fn(),
) -> Result<usize> {
    let file = tar_name(manifest, shard);
    if out.size(&file)?.is_some() {
        for _ in scans {
            heard();
        }
        return Ok(scans.len());
    }
    let staged = out.stage("")?;
    let wrong = |e: &std::io::Error| Error::io("write", out.path(&file), e);
    let mut tar = tar::Builder::new(std::io::BufWriter::new(staged));
    let mut add = |name: String, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes).map_err(|e| wrong(&e))
    };
    for scan in scans {
        if stop.load(Ordering::Relaxed) {
            return Err(interrupted());
        }
        for column in &scan.stored.manifest.layout.columns {
            let shape = [scan.points(), column.width];
            let shape = if column.width == 1 { &shape[..1] } else { &shape[..] };
            let array = Array { dtype: column.dtype, shape: shape.to_vec(), bytes: scan.bytes(column.name)? };
            add(format!("{}.{}.npy", scan.name, column.name), &array.npy())?;
        }
        let about = serde_json::json!({
            "sample_id": scan.scene.sample_id,
            "scene_id": scan.scene.scene_id,
            "split": scan.scene.split,
            "variant": scan.scene.variant,
            "descriptions": records(scan, said).collect::<Vec<_>>(),
        });
        add(format!("{}.json", scan.name), about.to_string().as_bytes())?;
        heard();
    }
    let mut buffered = tar.into_inner().map_err(|e| wrong(&e))?;
    buffered.flush().map_err(|e| wrong(&e))?;
    let staged = buffered.into_inner().map_err(|e| wrong(e.error()))?;
    staged.publish(&file)?;
    Ok(0)
}
