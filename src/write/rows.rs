//! A sample's rows in the three tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BinaryBuilder, BooleanBuilder, Float32Array, Float32Builder, Int32Array,
    Int32Builder, ListBuilder, StringArray, StringBuilder, StructBuilder, UInt8Array, UInt32Array,
};
use arrow::buffer::{Buffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field};
use arrow::record_batch::RecordBatch;

use super::layout::{Arrangement, Layout};
use super::packed::{errors, pack, to_planes};
use super::schema::{BlobColumn, Table};
use super::{Sample, Sentence};
use crate::error::{Error, Kind, Result};
use crate::math::{Aabb, Partition, compact};
use crate::scene::{Colour, LabelRow, LabelTable, NO_OBJECT, Points, Scene, scanrefer_class};

/// The points of a sample as they are stored.
pub(super) struct SceneRow {
    /// The row of `scenes`.
    pub batch: RecordBatch,
    /// The rows of `points`, where the layout has them.
    pub points: Option<RecordBatch>,
    /// Column, bytes and CRC-32 of each column as it is stored, before planes and compression.
    pub blobs: Vec<(&'static str, u64, u32)>,
    /// How far positions and normals lie from what they were, where the layout rounds them.
    pub errors: BTreeMap<String, f64>,
    /// Number of points.
    pub num_points: u32,
}

/// What the other two tables need to know of the points.
pub(super) struct Tally {
    /// Superpoint of every point.
    superpoints: Partition,
    /// Per object that owns a point.
    objects: BTreeMap<i32, ObjectTally>,
}

#[derive(Default)]
struct ObjectTally {
    num_points: u32,
    bounds: Aabb,
    /// `(superpoint, its points in it)`, ascending.
    overlaps: Vec<(i32, i32)>,
    ceiling: f32,
}

impl Tally {
    /// Counts every object's points, box and superpoints in one pass over the points.
    pub(super) fn of(scene: &Scene) -> Self {
        let points = &scene.points;
        let superpoints = compact(&points.segment);
        let mut sizes = vec![0_i32; superpoints.ids.len()];
        let mut objects: BTreeMap<i32, ObjectTally> = BTreeMap::new();
        // Points sorted by (object, superpoint) without comparing: most objects own few
        // superpoints, and each superpoint's points mostly belong to one object.
        let mut overlap: BTreeMap<(i32, i32), i32> = BTreeMap::new();
        let mut run: Option<((i32, i32), i32)> = None;
        for (i, (&object, &superpoint)) in points.object.iter().zip(&superpoints.part).enumerate() {
            sizes[superpoint as usize] += 1;
            if object == NO_OBJECT {
                continue;
            }
            objects.entry(object).or_default().bounds.include(points.position.get(i));
            match &mut run {
                Some((key, count)) if *key == (object, superpoint) => *count += 1,
                _ => {
                    if let Some((key, count)) = run.replace(((object, superpoint), 1)) {
                        *overlap.entry(key).or_default() += count;
                    }
                }
            }
        }
        if let Some((key, count)) = run {
            *overlap.entry(key).or_default() += count;
        }
        for ((object, superpoint), count) in overlap {
            let tally = objects.entry(object).or_default();
            tally.num_points += count as u32;
            tally.overlaps.push((superpoint, count));
        }
        for tally in objects.values_mut() {
            tally.ceiling = ceiling(&tally.overlaps, &sizes, tally.num_points);
        }
        Self { superpoints, objects }
    }

    fn num_points(&self, object: i32) -> u32 {
        self.objects.get(&object).map_or(0, |t| t.num_points)
    }

    /// Number of objects that own a point.
    pub(super) fn num_objects(&self) -> usize {
        self.objects.len()
    }

    /// Points by object.
    pub(super) fn points_by_object(&self) -> impl Iterator<Item = (i32, u32)> + '_ {
        self.objects.iter().map(|(&id, t)| (id, t.num_points))
    }
}

/// `IoU` of a mask and the union of the superpoints that it owns more than half of.
fn ceiling(overlaps: &[(i32, i32)], sizes: &[i32], num_points: u32) -> f32 {
    let (mut inside, mut covered) = (0_i64, 0_i64);
    for &(superpoint, count) in overlaps {
        let size = sizes[superpoint as usize];
        if 2 * i64::from(count) > i64::from(size) {
            inside += i64::from(count);
            covered += i64::from(size);
        }
    }
    let union = i64::from(num_points) + covered - inside;
    if union == 0 { 0.0 } else { inside as f32 / union as f32 }
}

/// The row of a sample in `scenes`.
pub(super) fn scene_row(sample: &Sample, tally: &Tally, layout: &Layout) -> Result<SceneRow> {
    let scene = &sample.scene;
    let points = &scene.points;
    let n = points.len();
    if let Some((column, len)) = points.ragged_column() {
        return Err(Error::new(
            Kind::Malformed,
            format!("{}: column {column} has {len} entries for {n} points", sample.sample_id),
        ));
    }
    let missing = |what: &str| {
        Error::new(Kind::Malformed, format!("{}: the scene has no {what}", sample.sample_id))
            .help("shards hold it for every point: repair the scan or leave it out")
    };
    let holds = |name: &str| layout.columns.iter().any(|column| column.name == name);
    if points.colour.is_none() && holds("rgb") {
        return Err(missing("colour"));
    }
    if points.normal.is_none() && holds("normal") {
        return Err(missing("normals"));
    }
    if i32::try_from(n * 12).is_err() {
        return Err(Error::new(Kind::Malformed, format!("{}: {n} points are too many", sample.sample_id))
            .expected("at most 178 million points a scene"));
    }

    let mut blobs: Vec<Vec<u8>> = Vec::with_capacity(layout.columns.len());
    let (mut fingerprint, mut bounds_of_error) = (blake3::Hasher::new(), BTreeMap::new());
    for column in &layout.columns {
        let mut exact = vec![0; column.nbytes(n)];
        encode(column, points, &tally.superpoints.part, &mut exact)?;
        let rounded = layout.stored(column) != *column;
        let before = if rounded { exact.clone() } else { Vec::new() };
        let stored = pack(column, layout, exact).map_err(|e| e.about(&sample.sample_id))?;
        if rounded {
            bounds_of_error.extend(errors(column, layout, &before, &stored));
        }
        fingerprint.update(&stored);
        blobs.push(stored);
    }
    let names = layout.columns.iter().map(|column| column.name);
    let sums =
        names.zip(&blobs).map(|(name, blob)| (name, blob.len() as u64, crc32fast::hash(blob))).collect();

    let bounds = Aabb::of(points.position.axes());
    let transform = scene
        .frame
        .applied
        .map(|a| a.to_row_major().iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>());
    let mut columns: Vec<ArrayRef> = vec![
        one_text(&sample.sample_id),
        one_text(&scene.id),
        one_text(&sample.split),
        one_int(sample.variant as usize),
        one_int(n),
        one_int(tally.superpoints.ids.len()),
        one_int(tally.num_objects()),
        one_int(sample.sentences.len()),
        one_binary(Some(&box_bytes(bounds))),
        one_binary(transform.as_deref()),
        one_text(&sample.provenance),
        one_binary(Some(fingerprint.finalize().as_bytes())),
    ];
    let mut rows = None;
    if layout.points == Arrangement::Rows {
        rows = Some(point_rows(&sample.sample_id, n, layout, &blobs)?);
    } else {
        for (column, blob) in layout.columns.iter().zip(blobs) {
            let stored = layout.stored(column);
            let blob = if layout.has_planes(&stored) { to_planes(&stored, &blob) } else { blob };
            let offsets = OffsetBuffer::from_lengths([blob.len()]);
            columns.push(Arc::new(BinaryArray::new(offsets, Buffer::from_vec(blob), None)));
        }
    }
    let batch = RecordBatch::try_new(Table::Scenes.schema(layout), columns).map_err(arrow_error)?;
    Ok(SceneRow { batch, points: rows, blobs: sums, errors: bounds_of_error, num_points: n as u32 })
}

/// The rows of a sample in `points`, of columns as bytes.
fn point_rows(sample: &str, n: usize, layout: &Layout, blobs: &[Vec<u8>]) -> Result<RecordBatch> {
    let mut columns: Vec<ArrayRef> =
        vec![Arc::new(StringArray::from_iter_values(std::iter::repeat_n(sample, n)))];
    for (column, blob) in layout.columns.iter().zip(blobs) {
        let (words, _) = blob.as_chunks::<4>();
        for part in 0..column.width {
            let words = words.iter().skip(part).step_by(column.width).copied();
            columns.push(match column.part_type() {
                DataType::Float32 => Arc::new(Float32Array::from_iter_values(words.map(f32::from_le_bytes))),
                DataType::Int32 => Arc::new(Int32Array::from_iter_values(words.map(i32::from_le_bytes))),
                DataType::UInt32 => Arc::new(UInt32Array::from_iter_values(words.map(u32::from_le_bytes))),
                _ => Arc::new(UInt8Array::from_iter_values(
                    blob.iter().skip(part).step_by(column.width).copied(),
                )),
            });
        }
    }
    RecordBatch::try_new(Table::Points.schema(layout), columns).map_err(arrow_error)
}

/// The rows of a sample in `objects`: every object that owns a point, by id.
pub(super) fn object_rows(sample: &Sample, tally: &Tally, labels: &LabelTable) -> Result<RecordBatch> {
    let mut sample_id = StringBuilder::new();
    let mut raw_category = StringBuilder::new();
    let mut ints: [Int32Builder; 6] = Default::default();
    let mut boxes = BinaryBuilder::new();
    let mut uncropped = BinaryBuilder::new();
    let mut superpoints = int_lists();
    let mut superpoint_points = int_lists();
    let mut ceilings = Float32Builder::new();
    for (&id, object) in &tally.objects {
        let raw = sample.scene.object(id).map_or("", |o| o.raw_category.as_str());
        let row = labels.get(raw);
        let source = sample.source.get(&id).copied().unwrap_or_default();
        sample_id.append_value(&sample.sample_id);
        raw_category.append_value(raw);
        let index = |class: Option<u8>| class.map_or(-1, i32::from);
        let values = [
            id,
            row.map_or(0, |r| i32::from(r.nyu40)),
            index(row.and_then(LabelRow::scannet20)),
            index(row.and_then(LabelRow::scannet200)),
            object.num_points as i32,
            source.num_points as i32,
        ];
        for (builder, value) in ints.iter_mut().zip(values) {
            builder.append_value(value);
        }
        boxes.append_value(box_bytes(object.bounds));
        uncropped.append_value(box_bytes(source.uncropped));
        for &(superpoint, count) in &object.overlaps {
            superpoints.values().append_value(superpoint);
            superpoint_points.values().append_value(count);
        }
        superpoints.append(true);
        superpoint_points.append(true);
        ceilings.append_value(object.ceiling);
    }
    let [mut ids, mut nyu40, mut scannet20, mut scannet200, mut num, mut num_source] = ints;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(sample_id.finish()),
        Arc::new(ids.finish()),
        Arc::new(raw_category.finish()),
        Arc::new(nyu40.finish()),
        Arc::new(scannet20.finish()),
        Arc::new(scannet200.finish()),
        Arc::new(num.finish()),
        Arc::new(num_source.finish()),
        Arc::new(boxes.finish()),
        Arc::new(uncropped.finish()),
        Arc::new(superpoints.finish()),
        Arc::new(superpoint_points.finish()),
        Arc::new(ceilings.finish()),
    ];
    RecordBatch::try_new(Table::Objects.schema(&Layout::default()), columns).map_err(arrow_error)
}

/// The rows of a sample in `descriptions`, in the order of its sentences.
pub(super) fn description_rows(sample: &Sample, tally: &Tally) -> Result<RecordBatch> {
    let mut texts: [StringBuilder; 8] = Default::default();
    let mut object_id = Int32Builder::new();
    let mut changed = changed_words();
    let mut tokens = text_lists();
    let mut num_target_points = Int32Builder::new();
    let mut target_ratio = Float32Builder::new();
    let mut unique_scanrefer = BooleanBuilder::new();
    let mut unique_scene = BooleanBuilder::new();
    let mut claims = text_lists();
    let mut weight = Float32Builder::new();
    let mut finding_codes = text_lists();
    let rivals = Rivals::of(sample, tally);
    for sentence in &sample.sentences {
        let Sentence { object_id: target, .. } = *sentence;
        let left = tally.num_points(target);
        let source = sample.source.get(&target).map_or(0, |s| s.num_points);
        let key = format!("{}/{}/{}", sample.scene.id, target, sentence.ann_id);
        let values = [
            &sample.sample_id,
            &key,
            &sentence.ann_id,
            &sentence.object_name,
            &sentence.text,
            &sentence.text_source,
            &sentence.text_action,
            &sentence.text_reason,
        ];
        for (builder, value) in texts.iter_mut().zip(values) {
            builder.append_value(value);
        }
        object_id.append_value(target);
        for (from, to) in &sentence.changed_words {
            let words = changed.values();
            for (field, word) in [from, to].into_iter().enumerate() {
                if let Some(builder) = words.field_builder::<StringBuilder>(field) {
                    builder.append_value(word);
                }
            }
            words.append(true);
        }
        changed.append(true);
        append_texts(&mut tokens, &sentence.tokens);
        num_target_points.append_value(left as i32);
        target_ratio.append_value(if source == 0 { 0.0 } else { left as f32 / source as f32 });
        unique_scanrefer.append_value(rivals.is_alone(target, true));
        unique_scene.append_value(rivals.is_alone(target, false));
        append_texts(&mut claims, &sentence.claims);
        weight.append_value(sentence.weight);
        append_texts(&mut finding_codes, &sentence.finding_codes);
    }
    let [
        mut sample_id,
        mut key,
        mut ann_id,
        mut object_name,
        mut text,
        mut text_source,
        mut text_action,
        mut text_reason,
    ] = texts;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(sample_id.finish()),
        Arc::new(key.finish()),
        Arc::new(object_id.finish()),
        Arc::new(ann_id.finish()),
        Arc::new(object_name.finish()),
        Arc::new(text.finish()),
        Arc::new(text_source.finish()),
        Arc::new(text_action.finish()),
        Arc::new(text_reason.finish()),
        Arc::new(changed.finish()),
        Arc::new(tokens.finish()),
        Arc::new(num_target_points.finish()),
        Arc::new(target_ratio.finish()),
        Arc::new(unique_scanrefer.finish()),
        Arc::new(unique_scene.finish()),
        Arc::new(claims.finish()),
        Arc::new(weight.finish()),
        Arc::new(finding_codes.finish()),
    ];
    RecordBatch::try_new(Table::Descriptions.schema(&Layout::default()), columns).map_err(arrow_error)
}

/// How many objects of each ScanRefer class own a point: of those described, and of all.
struct Rivals {
    class: BTreeMap<i32, u8>,
    described: [u32; 18],
    all: [u32; 18],
}

impl Rivals {
    fn of(sample: &Sample, tally: &Tally) -> Self {
        let mut nyu40: BTreeMap<i32, u8> = BTreeMap::new();
        for (&object, &class) in sample.scene.points.object.iter().zip(&sample.scene.points.nyu40) {
            if object != NO_OBJECT {
                nyu40.insert(object, class);
            }
        }
        let class: BTreeMap<i32, u8> = nyu40.into_iter().map(|(o, c)| (o, scanrefer_class(c))).collect();
        let mut rivals = Self { class, described: [0; 18], all: [0; 18] };
        for &object in tally.objects.keys() {
            let class = usize::from(rivals.class.get(&object).copied().unwrap_or(17));
            rivals.all[class] += 1;
            rivals.described[class] += u32::from(sample.described.contains(&object));
        }
        rivals
    }

    fn is_alone(&self, target: i32, among_described: bool) -> bool {
        let class = usize::from(self.class.get(&target).copied().unwrap_or(17));
        (if among_described { self.described } else { self.all })[class] == 1
    }
}

/// Writes a per-point column as it is stored into `out`, of exactly N × width × item bytes.
/// `superpoints` are the segments numbered 0..S.
///
/// # Errors
/// [`Kind::Malformed`] when the scene has no such column, or `out` is of another size.
pub fn encode(column: &BlobColumn, points: &Points, superpoints: &[i32], out: &mut [u8]) -> Result<()> {
    let wrong = |what: &str| Error::new(Kind::Malformed, format!("column {}: {what}", column.name));
    if out.len() != points.len() * column.width * column.item {
        return Err(wrong("the room for it is of another size"));
    }
    let colour = || points.colour.as_ref().map(Colour::channels);
    let done = match column.name {
        "xyz" => interleave(points.position.axes(), f32::to_le_bytes, out),
        "rgb" => colour().and_then(|rgb| interleave(rgb, |c: u8| [c], out)),
        "superpoint" => interleave([superpoints], i32::to_le_bytes, out),
        "object" => interleave([&points.object], i32::to_le_bytes, out),
        "nyu40" => interleave([&points.nyu40], |c: u8| [c], out),
        "normal" => points.normal.as_ref().and_then(|n| interleave(n.axes(), f32::to_le_bytes, out)),
        "orig_index" => interleave([&points.orig_index], u32::to_le_bytes, out),
        _ => None,
    };
    done.ok_or_else(|| wrong("the scene has none, or not one value a point"))
}

/// `[N, K]` in C order from K columns, which must be of N values each.
fn interleave<T: Copy, const K: usize, const B: usize>(
    columns: [&[T]; K],
    bytes: impl Fn(T) -> [u8; B],
    out: &mut [u8],
) -> Option<()> {
    if columns.iter().any(|column| column.len() * K * B != out.len()) {
        return None;
    }
    for (i, row) in out.chunks_exact_mut(K * B).enumerate() {
        for (value, column) in row.chunks_exact_mut(B).zip(columns) {
            value.copy_from_slice(&bytes(column[i]));
        }
    }
    Some(())
}

fn box_bytes(bounds: Aabb) -> [u8; 24] {
    let mut out = [0; 24];
    for (bytes, value) in out.chunks_exact_mut(4).zip(bounds.to_array()) {
        bytes.copy_from_slice(&value.to_le_bytes());
    }
    out
}

fn one_text(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

fn one_int(value: usize) -> ArrayRef {
    Arc::new(Int32Array::from(vec![value as i32]))
}

fn one_binary(value: Option<&[u8]>) -> ArrayRef {
    Arc::new(BinaryArray::from_iter([value]))
}

fn int_lists() -> ListBuilder<Int32Builder> {
    ListBuilder::new(Int32Builder::new()).with_field(Field::new_list_field(DataType::Int32, false))
}

fn text_lists() -> ListBuilder<StringBuilder> {
    ListBuilder::new(StringBuilder::new()).with_field(Field::new_list_field(DataType::Utf8, false))
}

fn append_texts(lists: &mut ListBuilder<StringBuilder>, values: &[String]) {
    for value in values {
        lists.values().append_value(value);
    }
    lists.append(true);
}

fn changed_words() -> ListBuilder<StructBuilder> {
    let schema = Table::Descriptions.schema(&Layout::default());
    let fields = schema.field_with_name("changed_words").ok().and_then(|f| match f.data_type() {
        DataType::List(item) => match item.data_type() {
            DataType::Struct(fields) => Some(fields.clone()),
            _ => None,
        },
        _ => None,
    });
    let fields = fields.unwrap_or_default();
    let item = Field::new_list_field(DataType::Struct(fields.clone()), false);
    ListBuilder::new(StructBuilder::from_fields(fields, 0)).with_field(item)
}

#[allow(clippy::needless_pass_by_value)] // the shape that map_err wants
fn arrow_error(error: arrow::error::ArrowError) -> Error {
    Error::new(Kind::Malformed, format!("rows do not fit the shard schema: {error}"))
}
