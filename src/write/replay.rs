//! A stored sample held against one that was made again.

use std::ops::Range;

use arrow::array::{Array as _, ArrayRef, AsArray as _};
use arrow::compute::concat_batches;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use arrow::util::display::array_value_to_string;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Sample;
use super::layout::Layout;
use super::manifest::{MANIFEST, SceneIndex, ShardIndex};
use super::packed::from_planes;
use super::rows::{Tally, description_rows, object_rows, scene_row};
use super::schema::{BLOBS, BlobColumn, Table};
use crate::error::{Error, Kind, Result};
use crate::scene::LabelTable;
use crate::store::Folder;

/// The first thing in which a stored sample is not the one that was made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table: `scenes`, `objects` or `descriptions`.
    pub table: &'static str,
    /// The column: provenance comes first, then the points, then the others in file order.
    pub column: String,
    /// Where in the column: a row of the sample, or a point.
    pub place: String,
    /// What is stored there.
    pub stored: String,
    /// What comes out now.
    pub computed: String,
}

/// Compares the rows of a stored sample with those of `sample`, bit for bit, table by table and
/// column by column.
///
/// # Errors
/// When the shard's files are missing or are no Parquet files of this layout version, or when
/// `sample` cannot be written.
pub fn compare(
    store: &Folder,
    shard: &ShardIndex,
    scene: &SceneIndex,
    sample: &Sample,
    labels: &LabelTable,
    layout: &Layout,
) -> Result<Option<Difference>> {
    let tally = Tally::of(&sample.scene);
    let row = scene_row(sample, &tally, layout)?;
    let objects = object_rows(sample, &tally, labels)?;
    let sentences = description_rows(sample, &tally)?;
    let provenance = row.batch.schema().index_of("provenance").and_then(|at| row.batch.project(&[at])).ok();
    // What is drawn, then what becomes of the points, then what is counted over them.
    let computed = [
        (Table::Scenes, provenance),
        (Table::Points, row.points),
        (Table::Scenes, Some(row.batch)),
        (Table::Objects, Some(objects)),
        (Table::Descriptions, Some(sentences)),
    ];
    for (table, computed) in computed {
        let Some(computed) = computed else { continue };
        let stored = stored(store, shard, scene, table, layout)?;
        if let Some(difference) = first_difference(table, &stored, &computed, layout) {
            return Ok(Some(difference));
        }
    }
    Ok(None)
}

/// The sample's rows in a table.
fn stored(
    store: &Folder,
    shard: &ShardIndex,
    scene: &SceneIndex,
    table: Table,
    layout: &Layout,
) -> Result<RecordBatch> {
    let file = shard.files.iter().find(|f| f.file.starts_with(table.folder())).ok_or_else(|| {
        Error::new(Kind::Corrupt, format!("shard {} has no file of {}", shard.name, table.folder()))
            .at(store.path(MANIFEST))
    })?;
    let path = store.path(&file.file);
    let wrong = |why: String| {
        Error::new(Kind::Corrupt, format!("not a readable shard: {why}"))
            .at(&path)
            .help("`dataprep verify` says more")
    };
    let mut builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(store.read(&file.file)?))
        .map_err(|e| wrong(e.to_string()))?;
    if matches!(table, Table::Scenes | Table::Points) {
        let group = scene.row_group as usize;
        if group >= builder.metadata().num_row_groups() {
            return Err(wrong(format!("it has no row group {group}")));
        }
        builder = builder.with_row_groups(vec![group]);
    }
    let schema = table.schema(layout);
    if builder.schema().fields() != schema.fields() {
        return Err(wrong("the columns are not those of this layout version".into()));
    }
    let batches = builder
        .build()
        .map_err(|e| wrong(e.to_string()))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| wrong(e.to_string()))?;
    let all = concat_batches(&schema, &batches).map_err(|e| wrong(e.to_string()))?;
    let Range { start, end } = rows_of(&all, &scene.sample_id);
    Ok(all.slice(start, end - start))
}

/// A sample's rows: they are neighbours.
fn rows_of(batch: &RecordBatch, sample: &str) -> Range<usize> {
    let ids = batch.column_by_name("sample_id").and_then(|c| c.as_string_opt::<i32>());
    let mine = |row: &usize| ids.is_some_and(|ids| ids.value(*row) == sample);
    let Some(start) = (0..batch.num_rows()).find(mine) else { return 0..0 };
    start..start + (start..batch.num_rows()).take_while(mine).count()
}

fn first_difference(
    table: Table,
    stored: &RecordBatch,
    computed: &RecordBatch,
    layout: &Layout,
) -> Option<Difference> {
    let told = |column: &str, place: String, [stored, computed]: [String; 2]| {
        Some(Difference { table: table.folder(), column: column.to_owned(), place, stored, computed })
    };
    let rows = [stored, computed].map(RecordBatch::num_rows);
    if rows[0] != rows[1] {
        return told("sample_id", "number of rows".into(), rows.map(|n| n.to_string()));
    }
    let schema = computed.schema();
    let mut columns: Vec<_> = schema.fields().iter().zip(computed.columns()).collect();
    columns.sort_by_key(|(field, _)| !BLOBS.iter().any(|blob| blob.name == field.name()));
    for (field, b) in columns {
        let Some(a) = stored.column_by_name(field.name()).filter(|a| *a != b) else { continue };
        let Some(row) = (0..rows[0]).find(|&row| a.slice(row, 1) != b.slice(row, 1)) else { continue };
        if table == Table::Scenes
            && let Some(blob) = BLOBS.iter().find(|blob| blob.name == field.name())
        {
            let blob = layout.stored(blob);
            let whole = [a, b].map(|c| {
                let bytes = c.as_binary::<i32>().value(row);
                if layout.has_planes(&blob) { from_planes(&blob, bytes) } else { bytes.to_vec() }
            });
            let (place, values) = in_blob(&blob, [&whole[0], &whole[1]]);
            return told(field.name(), place, values);
        }
        let what = if table == Table::Points { "point" } else { "row" };
        return told(field.name(), format!("{what} {row}"), around([a, b].map(|c| shown(c, row))));
    }
    None
}

/// The first value in which two payloads differ.
fn in_blob(blob: &BlobColumn, [a, b]: [&[u8]; 2]) -> (String, [String; 2]) {
    if a.len() == b.len() && a[..blob.header.min(a.len())] != b[..blob.header.min(b.len())] {
        let shown = |bytes: &[u8]| format!("{:02x?}", &bytes[..blob.header]);
        return ("origin or step of the grid".into(), [shown(a), shown(b)]);
    }
    let [a, b] = [a, b].map(|bytes| &bytes[blob.header.min(bytes.len())..]);
    if a.len() != b.len() {
        let of_point = blob.width * blob.item;
        return ("number of points".into(), [a, b].map(|bytes| (bytes.len() / of_point).to_string()));
    }
    let at = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(0) / blob.item;
    let value = |bytes: &[u8]| {
        let bytes = &bytes[at * blob.item..(at + 1) * blob.item];
        match (blob.dtype, bytes) {
            ("<f4", [a, b, c, d]) => format!("{:?}", f32::from_le_bytes([*a, *b, *c, *d])),
            ("<i4", [a, b, c, d]) => i32::from_le_bytes([*a, *b, *c, *d]).to_string(),
            ("<u4", [a, b, c, d]) => u32::from_le_bytes([*a, *b, *c, *d]).to_string(),
            ("<i2", [a, b]) => i16::from_le_bytes([*a, *b]).to_string(),
            ("<u2", [a, b]) => u16::from_le_bytes([*a, *b]).to_string(),
            _ => bytes.first().map_or(String::new(), u8::to_string),
        }
    };
    let place = match blob.width {
        1 => format!("point {at}"),
        width => format!("point {}, component {}", at / width, at % width),
    };
    (place, [value(a), value(b)])
}

fn shown(column: &ArrayRef, row: usize) -> String {
    match column.data_type() {
        DataType::Float32 => {
            format!("{:?}", column.as_primitive::<arrow::datatypes::Float32Type>().value(row))
        }
        _ => array_value_to_string(column, row).unwrap_or_default(),
    }
}

/// Two long texts, cut to what is around their first difference.
fn around(texts: [String; 2]) -> [String; 2] {
    const BEFORE: usize = 24;
    const LONGEST: usize = 80;
    let [a, b] = &texts;
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let start = same.saturating_sub(BEFORE);
    texts.map(|text| {
        let cut: String = text.chars().skip(start).take(LONGEST).collect();
        let more = if text.chars().count() > start + LONGEST { "…" } else { "" };
        format!("{}{cut}{more}", if start > 0 { "…" } else { "" })
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{data_set_as, sample};
    use super::super::layout::{Arrangement, Profile};
    use super::*;

    type Change = fn(&mut Sample);

    #[test]
    fn the_same_sample_is_the_same_and_each_change_is_named() {
        for profile in Profile::ALL {
            in_layout(&profile.layout());
        }
    }

    fn in_layout(layout: &Layout) {
        let dir = tempfile::tempdir().unwrap();
        let samples = [sample("scene0000_00", 0), sample("scene0000_00", 1), sample("scene0001_00", 0)];
        let manifest = data_set_as(dir.path(), &samples, layout);
        let store = Folder::new(dir.path());
        let against = |change: Change| {
            let mut again = sample("scene0000_00", 1);
            change(&mut again);
            let scene = manifest.scenes.iter().find(|s| s.sample_id == again.sample_id).unwrap();
            let labels = LabelTable::default();
            let found = compare(&store, &manifest.shards[0], scene, &again, &labels, layout).unwrap();
            found.map(|d| (format!("{}.{}", d.table, d.column), d.place))
        };
        assert_eq!(against(|_| {}), None);
        let rows = layout.points == Arrangement::Rows;
        let (y, y_at) = if rows { ("points.y", "point 3") } else { ("scenes.xyz", "point 3, component 1") };
        let (blue, blue_at) =
            if rows { ("points.blue", "point 5") } else { ("scenes.rgb", "point 5, component 2") };
        let cases: [(Change, &str, &str); 5] = [
            (|s| s.scene.points.position.y[3] += 1.0, y, y_at),
            (|s| s.scene.points.colour.as_mut().unwrap().blue[5] ^= 1, blue, blue_at),
            (|s| s.provenance = "{\"seed\":8}".into(), "scenes.provenance", "row 0"),
            (|s| s.source.get_mut(&5).unwrap().num_points += 1, "objects.num_points_source", "row 1"),
            (|s| s.sentences[0].weight = 0.5, "descriptions.weight", "row 0"),
        ];
        for (change, column, place) in cases {
            assert_eq!(against(change), Some((column.to_owned(), place.to_owned())));
        }
        assert_eq!(
            against(|s| s.sentences.clear()),
            Some(("scenes.num_descriptions".into(), "row 0".into()))
        );
    }

    #[test]
    fn a_payload_is_read_as_its_column_says() {
        let bytes = |values: [f32; 6]| values.map(f32::to_le_bytes).concat();
        let (a, b) = (bytes([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), bytes([1.0, 2.0, 3.0, 4.0, -5.0, 6.0]));
        let found = in_blob(&BLOBS[0], [&a, &b]);
        assert_eq!(found, ("point 1, component 1".into(), ["5.0".into(), "-5.0".into()]));
        assert_eq!(in_blob(&BLOBS[0], [&a, &b[..12]]).1, ["2", "1"]);
        let long = |end: &str| "x".repeat(100) + end;
        assert_eq!(around([long("a"), long("b")])[1], format!("…{}b", "x".repeat(24)));
    }
}
