//! The columns of the three tables.
//!
//! Every column says in its metadata what a stranger needs to decode it: dtype, shape, unit,
//! frame, the value that means "none".

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use serde::{Deserialize, Serialize};

use super::layout::{Arrangement, Layout, Precision, Profile};

/// The tables of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// One row a scene variant: the points.
    Scenes,
    /// One row an object of a scene variant.
    Objects,
    /// One row a sentence that fits a scene variant.
    Descriptions,
    /// One row a point of a scene variant, where the layout says so.
    Points,
}

impl Table {
    /// All tables, in the order in which they are written.
    pub const ALL: [Self; 4] = [Self::Scenes, Self::Objects, Self::Descriptions, Self::Points];

    /// The folder of the table's shards.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Scenes => "scenes",
            Self::Objects => "objects",
            Self::Descriptions => "descriptions",
            Self::Points => "points",
        }
    }

    /// The table's columns.
    pub fn schema(self, layout: &Layout) -> SchemaRef {
        Arc::new(Schema::new(match self {
            Self::Scenes => scenes(layout),
            Self::Objects => objects(),
            Self::Descriptions => descriptions(),
            Self::Points => points(layout),
        }))
    }
}

/// A per-point column: one little-endian blob a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobColumn {
    /// Column name.
    pub name: &'static str,
    /// NumPy dtype.
    pub dtype: &'static str,
    /// Values per point.
    pub width: usize,
    /// Bytes per value.
    pub item: usize,
    /// Bytes before the first value.
    pub header: usize,
    about: &'static [(&'static str, &'static str)],
}

/// The per-point columns in file order: the order of use, so that a projection is one range.
pub const BLOBS: [BlobColumn; 7] = [
    BlobColumn {
        name: "xyz",
        dtype: "<f4",
        width: 3,
        item: 4,
        header: 0,
        about: &[("unit", "metre"), ("frame", "the source frame mapped by `transform`")],
    },
    BlobColumn { name: "rgb", dtype: "|u1", width: 3, item: 1, header: 0, about: &[("range", "0..=255")] },
    BlobColumn {
        name: "superpoint",
        dtype: "<i4",
        width: 1,
        item: 4,
        header: 0,
        about: &[("range", "0..num_superpoints, each used")],
    },
    BlobColumn {
        name: "object",
        dtype: "<i4",
        width: 1,
        item: 4,
        header: 0,
        about: &[("meaning", "ScanNet objectId, 0-based"), ("none", "-1")],
    },
    BlobColumn {
        name: "nyu40",
        dtype: "|u1",
        width: 1,
        item: 1,
        header: 0,
        about: &[("meaning", "nyu40 id of the owning object's label"), ("none", "0")],
    },
    BlobColumn {
        name: "normal",
        dtype: "<f4",
        width: 3,
        item: 4,
        header: 0,
        about: &[("unit", "unit vectors, outward; 0 where no face tells"), ("frame", "as xyz")],
    },
    BlobColumn {
        name: "orig_index",
        dtype: "<u4",
        width: 1,
        item: 4,
        header: 0,
        about: &[("meaning", "index of the source vertex")],
    },
];

/// The columns that [`Precision::Compact`] stores otherwise.
pub(super) const COMPACT: [BlobColumn; 4] = [
    BlobColumn {
        name: "xyz",
        dtype: "<u2",
        width: 3,
        item: 2,
        header: 24,
        about: &[
            ("unit", "metre"),
            ("frame", "the source frame mapped by `transform`"),
            ("header", "before the values: origin and step, <f4 [2,3]"),
            ("encoding", "grid: origin + step * value, in f64, then <f4 [N,3]"),
        ],
    },
    BlobColumn {
        name: "superpoint",
        dtype: "<u2",
        width: 1,
        item: 2,
        header: 0,
        about: &[("range", "0..num_superpoints, each used"), ("encoding", "as <i4 [N]")],
    },
    BlobColumn {
        name: "object",
        dtype: "<i2",
        width: 1,
        item: 2,
        header: 0,
        about: &[("meaning", "ScanNet objectId, 0-based"), ("none", "-1"), ("encoding", "as <i4 [N]")],
    },
    BlobColumn {
        name: "normal",
        dtype: "<i2",
        width: 2,
        item: 2,
        header: 0,
        about: &[
            ("unit", "unit vectors, outward; 0 where no face tells"),
            ("frame", "as xyz"),
            (
                "encoding",
                "octahedral, in f64: (u, v) = value / 32767; z = 1 - |u| - |v|; where z < 0, (u, v) = \
                 ((1 - |v|) sgn u, (1 - |u|) sgn v) with sgn 0 = 1; (u, v, z) over its length, then <f4 [N,3]; \
                 (-32768, -32768) is 0 0 0",
            ),
        ],
    },
];

impl Serialize for BlobColumn {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for BlobColumn {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        Self::named(&name).ok_or_else(|| serde::de::Error::custom(format!("there is no column {name}")))
    }
}

impl BlobColumn {
    /// A column of [`BLOBS`] by its name.
    pub fn named(name: &str) -> Option<Self> {
        BLOBS.into_iter().find(|column| column.name == name)
    }

    /// Bytes of a column of `points` points.
    pub fn nbytes(&self, points: usize) -> usize {
        self.header + points * self.width * self.item
    }

    /// Names of its parts in a table with a row a point.
    pub(super) fn parts(&self) -> &'static [&'static str] {
        match self.name {
            "xyz" => &["x", "y", "z"],
            "rgb" => &["red", "green", "blue"],
            "superpoint" => &["superpoint"],
            "object" => &["object"],
            "nyu40" => &["nyu40"],
            "normal" => &["nx", "ny", "nz"],
            _ => &["orig_index"],
        }
    }

    /// The type of its parts in a table with a row a point.
    pub(super) fn part_type(&self) -> DataType {
        match self.dtype {
            "<f4" => DataType::Float32,
            "<i4" => DataType::Int32,
            "<u4" => DataType::UInt32,
            _ => DataType::UInt8,
        }
    }

    fn shape(&self) -> String {
        if self.width == 1 { "[N]".to_owned() } else { format!("[N,{}]", self.width) }
    }

    /// `<f4 [N,3]`.
    pub fn spell(&self) -> String {
        format!("{} {}", self.dtype, self.shape())
    }
}

fn scenes(layout: &Layout) -> Vec<Field> {
    let mut fields = vec![
        text("sample_id", "scan and variant: scene0011_00/v002"),
        text("scene_id", "the scan"),
        text("split", "the split the scan belongs to"),
        int("variant", "0 is the original"),
        int("num_points", "N"),
        int("num_superpoints", "S"),
        int("num_objects", "objects that own a point"),
        int("num_descriptions", "sentences that fit this variant"),
        binary("aabb", "<f4", "[6]", "smallest then largest corner of the points, metres"),
        Field::new("transform", DataType::Binary, true).with_metadata(about(&[
            ("dtype", "<f8"),
            ("shape", "[4,4]"),
            ("about", "source frame -> this frame, row-major; null when no single affine map says it"),
        ])),
        text("provenance", "JSON: seed, steps with the parameters drawn, what was skipped and why"),
        binary(
            "fingerprint",
            "|u1",
            "[32]",
            "BLAKE3 of the row's per-point columns in their order, before planes and compression",
        ),
    ];
    if layout.points == Arrangement::Blobs {
        fields.extend(layout.columns.iter().map(|column| blob(column, layout)));
    }
    fields
}

fn blob(column: &BlobColumn, layout: &Layout) -> Field {
    let stored = layout.stored(column);
    let mut metadata = about(stored.about);
    metadata.insert("dtype".into(), stored.dtype.into());
    metadata.insert("shape".into(), stored.shape());
    let order = if layout.has_planes(&stored) {
        "C order, in byte planes: the first byte of every value, then the second of every value, and so on"
    } else {
        "C order"
    };
    let place = if layout.is_mapped() { ", one value, the tail of its column chunk" } else { "" };
    metadata.insert("layout".into(), format!("{order}{place}"));
    Field::new(column.name, DataType::Binary, false).with_metadata(metadata)
}

fn points(layout: &Layout) -> Vec<Field> {
    let mut fields = vec![text("sample_id", "scan and variant; the rows of one are a row group")];
    for column in &layout.columns {
        for (part, name) in column.parts().iter().enumerate() {
            let mut metadata = about(column.about);
            let what = match column.width {
                1 => format!("{} of the other layouts", column.name),
                _ => format!("{}[:,{part}] of the other layouts", column.name),
            };
            metadata.insert("about".into(), what);
            fields.push(Field::new(*name, column.part_type(), false).with_metadata(metadata));
        }
    }
    fields
}

fn objects() -> Vec<Field> {
    vec![
        text("sample_id", "scan and variant"),
        int("object_id", "ScanNet objectId"),
        text("raw_category", "label as annotated"),
        int("nyu40", "nyu40 id of the label, 0 unknown"),
        int("scannet20", "index among the 20 ScanNet classes, -1 none"),
        int("scannet200", "index among the 200 ScanNet200 classes, -1 none"),
        int("num_points", "points it owns in this variant"),
        int("num_points_source", "vertices it owns in the scan"),
        binary("box", "<f4", "[6]", "smallest then largest corner of its points, metres"),
        binary(
            "box_uncropped",
            "<f4",
            "[6]",
            "the same with the points that steps removed, where the affine steps that followed put them",
        ),
        list("superpoints", DataType::Int32, "superpoints that hold a point of it, ascending"),
        list("superpoint_points", DataType::Int32, "its points in each of them"),
        Field::new("superpoint_ceiling", DataType::Float32, false).with_metadata(about(&[(
            "about",
            "IoU of the mask and the union of superpoints that are more than half its own: the best a \
             superpoint model can do",
        )])),
    ]
}

fn descriptions() -> Vec<Field> {
    let words = Fields::from(vec![
        Field::new("from", DataType::Utf8, false),
        Field::new("to", DataType::Utf8, false),
    ]);
    vec![
        text("sample_id", "scan and variant"),
        text("ann_key", "scene/object/ann"),
        int("object_id", "the target's objectId"),
        text("ann_id", "as in the references file"),
        text("object_name", "as in the references file"),
        text("text", "the sentence as it is true of this variant"),
        text("text_source", "the sentence as in the references file"),
        text("text_action", "keep or adapt"),
        text(
            "text_reason",
            "why it was adapted, or what is not true of it under on-conflict = \"keep\"; empty otherwise",
        ),
        list("changed_words", DataType::Struct(words), "words changed, in order"),
        list(
            "tokens",
            DataType::Utf8,
            "the file's tokens, or those of the text if it changed: words and punctuation, lower case",
        ),
        int("num_target_points", "points of the target in this variant"),
        Field::new("target_ratio", DataType::Float32, false)
            .with_metadata(about(&[("about", "share of the target's source vertices that are left")])),
        Field::new("unique_scanrefer", DataType::Boolean, false).with_metadata(about(&[(
            "about",
            "no other described object of the scene has its ScanRefer class",
        )])),
        Field::new("unique_scene", DataType::Boolean, false)
            .with_metadata(about(&[("about", "no other object of the scene has its ScanRefer class")])),
        list("claims", DataType::Utf8, "kinds of claim the sentence makes"),
        Field::new("weight", DataType::Float32, false).with_metadata(about(&[(
            "about",
            "sampling weight: 1 unless [balance] says effective-number; the manifest has the sum per scene",
        )])),
        list("finding_codes", DataType::Utf8, "audit findings about this description"),
    ]
}

fn about(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn text(name: &str, what: &str) -> Field {
    Field::new(name, DataType::Utf8, false).with_metadata(about(&[("about", what)]))
}

fn int(name: &str, what: &str) -> Field {
    Field::new(name, DataType::Int32, false).with_metadata(about(&[("about", what)]))
}

fn binary(name: &str, dtype: &str, shape: &str, what: &str) -> Field {
    Field::new(name, DataType::Binary, false).with_metadata(about(&[
        ("dtype", dtype),
        ("shape", shape),
        ("about", what),
    ]))
}

fn list(name: &str, item: DataType, what: &str) -> Field {
    Field::new(name, DataType::List(Arc::new(Field::new_list_field(item, false))), false)
        .with_metadata(about(&[("about", what)]))
}

/// The documented schema as Markdown, generated from the columns themselves.
pub fn describe() -> String {
    let mut page = String::from(
        "# Shard schema\n\n\
         Generated from `src/write/schema.rs`; do not edit.\n\n\
         A data set is a folder with `manifest.json` and three tables of Parquet shards with the same names.\n\
         Blobs are little-endian, C order, uncompressed, one value a row and one row a row group, so that a \
         blob is the tail of its column chunk: `offset = data_page_offset + total_compressed_size - nbytes`. \
         The manifest lists every offset. A mask is `object == object_id`; none is stored.\n\n\
         So it is with the profile `train`. The others differ in the points alone, and the fields' metadata \
         says all that decoding takes: `archive` has zstd over byte planes, `compact` other types for some \
         columns, and `points` no blobs in `scenes` but a fourth table, with a row a point.\n",
    );
    let train = Profile::Train.layout();
    for table in &Table::ALL[..3] {
        page += &format!("\n## {}\n\n", table.folder());
        page += &table_of(&table.schema(&train));
    }
    page += "\n## scenes, profile compact\n\n";
    let compact = Layout { precision: Precision::Compact, ..train };
    page += &table_of(&Schema::new(COMPACT.iter().map(|c| blob(c, &compact)).collect::<Vec<_>>()));
    page += "\n## points, profile points\n\n";
    page + &table_of(&Table::Points.schema(&Profile::Points.layout()))
}

fn table_of(schema: &Schema) -> String {
    let mut page = String::from("| column | type | null | about |\n|---|---|---|---|\n");
    for field in schema.fields() {
        let mut facts: Vec<(&String, &String)> = field.metadata().iter().collect();
        facts.sort_by_key(|(k, _)| (k.as_str() != "about", k.as_str()));
        let facts: Vec<String> = facts
            .iter()
            .map(|(k, v)| if *k == "about" { (*v).clone() } else { format!("{k} `{v}`") })
            .collect();
        page += &format!(
            "| `{}` | {} | {} | {} |\n",
            field.name(),
            type_name(field.data_type()),
            if field.is_nullable() { "yes" } else { "no" },
            facts.join("; ").replace('|', "\\|")
        );
    }
    page
}

fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 => "string".into(),
        DataType::Int32 => "int32".into(),
        DataType::Float32 => "float32".into(),
        DataType::Boolean => "bool".into(),
        DataType::Binary => "binary".into(),
        DataType::UInt8 => "uint8".into(),
        DataType::UInt32 => "uint32".into(),
        DataType::List(item) => format!("list<{}>", type_name(item.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|f| format!("{}: {}", f.name(), type_name(f.data_type()))).collect();
            format!("struct<{}>", fields.join(", "))
        }
        other => other.to_string(),
    }
}
