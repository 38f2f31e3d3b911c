//! The columns of the three tables.
//!
//! Every column says in its metadata what a stranger needs to decode it: dtype, shape, unit,
//! frame, the value that means "none".

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

/// The three tables of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// One row a scene variant: the points.
    Scenes,
    /// One row an object of a scene variant.
    Objects,
    /// One row a sentence that fits a scene variant.
    Descriptions,
}

impl Table {
    /// All tables, in the order in which they are written.
    pub const ALL: [Self; 3] = [Self::Scenes, Self::Objects, Self::Descriptions];

    /// The folder of the table's shards.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Scenes => "scenes",
            Self::Objects => "objects",
            Self::Descriptions => "descriptions",
        }
    }

    /// The table's columns.
    pub fn schema(self) -> SchemaRef {
        Arc::new(Schema::new(match self {
            Self::Scenes => scenes(),
            Self::Objects => objects(),
            Self::Descriptions => descriptions(),
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
    about: &'static [(&'static str, &'static str)],
}

/// The per-point columns in file order: the order of use, so that a projection is one range.
pub const BLOBS: [BlobColumn; 7] = [
    BlobColumn {
        name: "xyz",
        dtype: "<f4",
        width: 3,
        item: 4,
        about: &[("unit", "metre"), ("frame", "the source frame mapped by `transform`")],
    },
    BlobColumn { name: "rgb", dtype: "|u1", width: 3, item: 1, about: &[("range", "0..=255")] },
    BlobColumn {
        name: "superpoint",
        dtype: "<i4",
        width: 1,
        item: 4,
        about: &[("range", "0..num_superpoints, each used")],
    },
    BlobColumn {
        name: "object",
        dtype: "<i4",
        width: 1,
        item: 4,
        about: &[("meaning", "ScanNet objectId, 0-based"), ("none", "-1")],
    },
    BlobColumn {
        name: "nyu40",
        dtype: "|u1",
        width: 1,
        item: 1,
        about: &[("meaning", "nyu40 id of the owning object's label"), ("none", "0")],
    },
    BlobColumn {
        name: "normal",
        dtype: "<f4",
        width: 3,
        item: 4,
        about: &[("unit", "unit vectors, outward; 0 where no face tells"), ("frame", "as xyz")],
    },
    BlobColumn {
        name: "orig_index",
        dtype: "<u4",
        width: 1,
        item: 4,
        about: &[("meaning", "index of the source vertex")],
    },
];

impl BlobColumn {
    fn shape(&self) -> String {
        if self.width == 1 { "[N]".to_owned() } else { format!("[N,{}]", self.width) }
    }

    /// `<f4 [N,3]`.
    pub fn spell(&self) -> String {
        format!("{} {}", self.dtype, self.shape())
    }
}

fn scenes() -> Vec<Field> {
    let mut fields = vec![
        text("sample_id", "scan and variant: scene0011_00/v002"),
        text("scene_id", "the scan"),
        text("split", "the split the scan belongs to"),
        int("variant", "0 is the original"),
        int("num_points", "N"),
        int("num_superpoints", "S"),
        int("num_objects", "objects that own a point"),
        int("num_descriptions", "sentences that fit this variant"),
        fixed("aabb", 24, "<f4", "[6]", "smallest then largest corner of the points, metres"),
        Field::new("transform", DataType::FixedSizeBinary(128), true).with_metadata(about(&[
            ("dtype", "<f8"),
            ("shape", "[4,4]"),
            ("about", "source frame -> this frame, row-major; null when no single affine map says it"),
        ])),
        text("provenance", "JSON: seed, steps with the parameters drawn, what was skipped and why"),
        fixed("fingerprint", 32, "|u1", "[32]", "BLAKE3 of the row's blobs in column order"),
    ];
    for blob in BLOBS {
        let mut metadata = about(blob.about);
        metadata.insert("dtype".into(), blob.dtype.into());
        metadata.insert("shape".into(), blob.shape());
        metadata.insert("layout".into(), "C order, one value, the tail of its column chunk".into());
        fields.push(Field::new(blob.name, DataType::Binary, false).with_metadata(metadata));
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
        fixed("box", 24, "<f4", "[6]", "smallest then largest corner of its points, metres"),
        fixed(
            "box_uncropped",
            24,
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

fn fixed(name: &str, bytes: i32, dtype: &str, shape: &str, what: &str) -> Field {
    Field::new(name, DataType::FixedSizeBinary(bytes), false).with_metadata(about(&[
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
         The manifest lists every offset. A mask is `object == object_id`; none is stored.\n",
    );
    for table in Table::ALL {
        page += &format!("\n## {}\n\n| column | type | null | about |\n|---|---|---|---|\n", table.folder());
        for field in table.schema().fields() {
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
                facts.join("; ")
            );
        }
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
        DataType::FixedSizeBinary(n) => format!("binary[{n}]"),
        DataType::List(item) => format!("list<{}>", type_name(item.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|f| format!("{}: {}", f.name(), type_name(f.data_type()))).collect();
            format!("struct<{}>", fields.join(", "))
        }
        other => other.to_string(),
    }
}
