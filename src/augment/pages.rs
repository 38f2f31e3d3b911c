//! What people and editors read about transforms, made from the table.

use std::fmt::Write as _;

use std::path::Path;

use schemars::Schema;
use serde_json::{Map, Value, json};
use toml::de::DeTable;

use super::config::{Step, limits, names_of, parse_steps, range_text, step_tables};
use super::transform::Op;
use super::transforms::OPS;

/// The schema of one `[[step]]`: one alternative per transform, told apart by `op`. Steps inside of
/// steps refer to it as `#/$defs/step`.
pub fn step_schema() -> Schema {
    let alternatives: Vec<Value> = OPS.iter().map(|op| alternative(op)).collect();
    let mut schema = Schema::default();
    schema.insert(
        "description".into(),
        "One step of the pipeline: `op` names a transform, the other keys are its parameters.".into(),
    );
    schema.insert("oneOf".into(), alternatives.into());
    schema
}

fn alternative(op: &Op) -> Value {
    let mut properties = Map::new();
    properties.insert("op".into(), json!({"const": op.name, "description": summary(op)}));
    properties.insert(
        "id".into(),
        json!({"type": "string", "minLength": 1,
               "description": "Name of the step; its random numbers hang on it. Default: op#n."}),
    );
    properties.insert(
        "p".into(),
        json!({"type": "number", "minimum": 0.0, "maximum": 1.0, "default": 1.0,
               "description": "Probability that the step is applied to a variant."}),
    );
    let parameters = (op.schema)();
    for (key, schema) in parameters.get("properties").and_then(Value::as_object).into_iter().flatten() {
        properties.insert(key.clone(), schema.clone());
    }
    let mut required = vec!["op"];
    if (op.nests)() {
        properties.insert(
            "step".into(),
            json!({"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/step"},
                   "description": "The steps inside, each a table `[[step.step]]`."}),
        );
        required.push("step");
    }
    json!({
        "title": op.name,
        "description": summary(op),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The first sentence of an op's page.
fn summary(op: &Op) -> String {
    let first = op.doc.trim().split("\n\n").next().unwrap_or_default();
    let line = first.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    line.split_inclusive(". ").next().unwrap_or_default().trim().to_owned()
}

/// The page of a transform in Markdown: what it does, its parameters, its effect on each column
/// and on the text, and where it comes from.
pub fn page(op: &Op) -> String {
    let doc: Vec<&str> = op.doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let doc = doc.join("\n");
    let (what, rest) = doc.split_once("\n## ").unwrap_or((&doc, ""));
    let mut out = format!("# {}\n\n{}\n\n", op.name, what.trim());
    if let Some((step, _)) = example(op) {
        let shown = step.replace('\n', ", ");
        let _ = write!(
            out,
            "![before and after {0}]({0}.png)\n\nA made room before and after `{shown}`{1}.\n\n",
            op.name,
            if mixes(op) { ", with another made room as the other scan" } else { "" },
        );
    }
    out += "## Parameters\n\n";
    let _ = write!(out, "```toml\n[[step]]\nop = \"{}\"\n```\n\n", op.name);
    out += "| key | default | allowed | meaning |\n|---|---|---|---|\n";
    let schema = (op.schema)();
    for (key, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let default = schema.get("default").filter(|v| !v.is_null());
        let default = default.map_or("not set".into(), |v| format!("`{v}`"));
        let _ = writeln!(out, "| `{key}` | {default} | {} | {} |", allowed(schema), meaning(schema));
    }
    if (op.nests)() {
        out += "| `step` | not set | tables `[[step.step]]`, one or more | The steps inside. |\n";
    }
    out += "| `id` | `\"op#n\"` | text, used once | Name of the step; its random numbers hang on it. |\n";
    out += "| `p` | `1.0` | 0 to 1 | Probability that the step is applied to a variant. |\n";
    let _ = write!(out, "\n## {}\n", rest.trim());
    out
}

/// Whether it takes from another scan.
fn mixes(op: &Op) -> bool {
    matches!(op.name, "mix3d" | "paste-object")
}

/// A step for the page's picture, strong enough to be seen: its table and itself. `None` where there
/// is nothing to see.
fn example(op: &Op) -> Option<(String, Vec<Step>)> {
    let parameters = match op.name {
        "shuffle" | "drop-normals" | "one-of" | "sequence" | "repeat" => return None,
        "rotate" => "angle-deg = [40, 40]",
        "scale" => "factor = [0.7, 0.7]",
        "mirror" => "x-p = 1\ny-p = 0",
        "translate" => "x-m = [1.5, 1.5]\ny-m = [0, 0]\nz-m = [0, 0]",
        "jitter" => "sigma-m = 0.03",
        "crop-sphere" => "ratio = 0.4",
        "crop-box" => "size-m = [2.5, 2.5, 2.5]",
        "drop-points" => "ratio = 0.6",
        "grid-sample" => "cell-m = 0.12",
        "autocontrast" => "blend = [1, 1]",
        "colour-translate" => "shift-255 = 60",
        "colour-jitter" => "std-255 = 40",
        "paste-object" => "min-points = 400",
        _ => "",
    };
    let table = format!("op = \"{}\"\n{parameters}", op.name).trim().to_owned();
    let source = format!("[[step]]\n{table}\n");
    let mut document = DeTable::parse(&source).ok()?.into_inner();
    let path = Path::new("example");
    let steps = step_tables(path, &source, document.remove("step")?).ok()?;
    Some((table, parse_steps(path, &source, steps).ok()?))
}

fn allowed(schema: &Value) -> String {
    let names = names_of(schema);
    if !names.is_empty() {
        return names.iter().map(|name| format!("`\"{name}\"`")).collect::<Vec<_>>().join(", ");
    }
    if let Some(items) = schema.get("items") {
        let count = schema.get("minItems").and_then(Value::as_u64);
        let count = count.map_or("any number of values".into(), |n| format!("{n} values"));
        return format!("{count}, each {}", allowed(items));
    }
    match schema.get("type") {
        Some(kind) if kind == "boolean" => "`true`, `false`".into(),
        _ => {
            let (lo, hi) = limits(schema);
            range_text(lo, hi)
        }
    }
}

fn meaning(schema: &Value) -> String {
    let text = |v: &Value| v.get("description").and_then(Value::as_str).map(|t| t.replace('\n', " "));
    let mut out = text(schema).unwrap_or_default();
    for choice in schema.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(name), Some(what)) = (choice.get("const"), text(choice)) {
            let _ = write!(out, " `{name}`: {what}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use image::codecs::png::{CompressionType, FilterType, PngEncoder};
    use image::{ExtendedColorType, ImageEncoder as _, RgbImage};

    use super::*;
    use crate::augment::{Augmenter, Partners, TextPolicy};
    use crate::load::{self, Wanted};
    use crate::render::{View, pair};
    use crate::scene::{ScanEntry, Scene};
    use crate::store::Folder;
    use crate::synth;

    #[test]
    fn every_transform_has_a_file_a_page_and_documented_parameters() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for op in OPS {
            let file = format!("src/augment/transforms/{}.rs", op.name.replace('-', "_"));
            assert!(root.join(&file).is_file(), "{file}");
            let headings: Vec<&str> = op.doc.lines().filter_map(|l| l.trim().strip_prefix("## ")).collect();
            assert_eq!(headings, ["Columns", "Text", "Source"], "{}", op.name);
            for (key, schema) in
                (op.schema)().get("properties").and_then(Value::as_object).into_iter().flatten()
            {
                assert!(!meaning(schema).is_empty(), "{}: {key}", op.name);
                assert!(!key.contains('_'), "{}: {key}", op.name);
            }
        }
        let mut names: Vec<_> = OPS.iter().map(|op| op.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), OPS.len());
    }

    #[test]
    fn pages_are_as_generated() {
        // DATAPREP_REGENERATE=1 cargo test pages_are_as_generated   writes them anew.
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/transforms");
        let mut index = "# Transforms\n\n".to_owned();
        for op in OPS {
            let _ = writeln!(index, "- [{0}]({0}.md): {1}", op.name, summary(op));
        }
        let pages = OPS.iter().map(|op| (format!("{}.md", op.name), page(op)));
        for (name, expected) in pages.chain([("README.md".to_owned(), index)]) {
            let path = folder.join(name);
            if std::env::var_os("DATAPREP_REGENERATE").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &expected).unwrap();
            }
            let found = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(found, expected, "{}: run with DATAPREP_REGENERATE=1", path.display());
        }
    }

    /// Bytes of a picture in the repository.
    const LARGEST: usize = 15 * 1024;

    /// Two made rooms as they are loaded, with normals.
    fn made_rooms() -> [Scene; 2] {
        let dir = tempfile::tempdir().unwrap();
        let options = synth::Options { scenes: 2, vertices: 30_000, seed: 3, cameras: false, fault: None };
        synth::generate(&Folder::new(dir.path()), &options, &|_| {}).unwrap();
        let request = load::Request { scans: vec![dir.path().join("scans")], ..load::Request::default() };
        let catalogue = load::catalogue(&load::discover(&request).unwrap());
        ["scene0000_00", "scene0001_00"].map(|id| {
            let entry = ScanEntry { dir: dir.path().join("scans").join(id), id: id.to_owned() };
            let mut scene = load::scan(&entry, &catalogue.labels, Wanted::default()).scene;
            scene.points.normal = Some(crate::math::vertex_normals(&scene.points.position, &scene.faces));
            scene
        })
    }

    struct Other(Arc<Scene>);

    impl Partners for Other {
        fn partner(&self, _scene: &str, _variant: u32, _step: &str) -> Option<Arc<Scene>> {
            Some(Arc::clone(&self.0))
        }
    }

    /// A picture as a small file: colours in steps of 16, so that neighbours are alike, or of 32 or 64
    /// where that is not small enough.
    fn small_png(picture: &RgbImage) -> Vec<u8> {
        let coarse = |mask: u8| {
            let levels: Vec<u8> = picture.iter().map(|level| (level & mask) | (!mask >> 1)).collect();
            let mut bytes = Vec::new();
            PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::NoFilter)
                .write_image(&levels, picture.width(), picture.height(), ExtendedColorType::Rgb8)
                .unwrap();
            bytes
        };
        let files = [0xf0, 0xe0, 0xc0].map(coarse);
        files.iter().find(|file| file.len() <= LARGEST).unwrap_or(&files[2]).clone()
    }

    #[test]
    fn pictures_are_as_generated() {
        // DATAPREP_REGENERATE=1 cargo test pictures_are_as_generated   draws them anew.
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/transforms");
        let [room, other] = made_rooms();
        let other = Other(Arc::new(other));
        for op in OPS {
            let path = folder.join(format!("{}.png", op.name));
            let Some((_, steps)) = example(op) else {
                let nothing_to_see = (op.nests)() || ["shuffle", "drop-normals"].contains(&op.name);
                assert!(nothing_to_see && !path.exists(), "{} has no example that can be read", op.name);
                continue;
            };
            let augmenter = Augmenter { steps, text: TextPolicy::default(), seed: 7 };
            let mut before = room.clone();
            let made = augmenter.variant_among(&before, &[], 1, &other).unwrap();
            let record = &made.provenance.steps[0];
            assert!(record.applied, "{} shows nothing: {record:?}", op.name);
            let mut after = made.scene;
            if let [added] = made.provenance.added.as_slice() {
                // What came is drawn with its faces as well.
                let row_of: BTreeMap<u32, u32> = after.points.orig_index.iter().copied().zip(0..).collect();
                let row = |vertex| row_of.get(&(vertex + added.first_vertex)).copied();
                let face = |f: &[u32; 3]| Some([row(f[0])?, row(f[1])?, row(f[2])?]);
                after.faces.extend(other.0.faces.iter().filter_map(face));
            } else if after.points.len() < before.points.len() {
                // Faces with a missing corner would be missing too.
                (before.faces, after.faces) = (Vec::new(), Vec::new());
            }
            let expected = small_png(&pair([&before, &after], View::Iso, 130));
            assert!(expected.len() <= LARGEST, "{}: {} bytes", op.name, expected.len());
            if std::env::var_os("DATAPREP_REGENERATE").is_some() {
                std::fs::write(&path, &expected).unwrap();
            }
            let found = std::fs::read(&path).unwrap_or_default();
            assert!(found == expected, "{}: run with DATAPREP_REGENERATE=1", path.display());
        }
    }

    #[test]
    fn the_schema_accepts_what_the_reader_accepts() {
        let schema = json!({"$ref": "#/$defs/step", "$defs": {"step": step_schema().to_value()}});
        let validator = jsonschema::validator_for(&schema).unwrap();
        for op in OPS.iter().filter(|op| op.name != "crop-sphere") {
            let mut step = json!({"op": op.name, "p": 0.5, "id": "a"});
            if (op.nests)() {
                assert!(!validator.is_valid(&step), "{} without steps", op.name);
                step["step"] = json!([{"op": "jitter", "sigma": 1}]);
                assert!(!validator.is_valid(&step), "a wrong key inside of {}", op.name);
                step["step"] = json!([{"op": "jitter"}]);
            }
            assert!(validator.is_valid(&step), "{}", op.name);
            assert!(!validator.is_valid(&json!({"op": op.name, "unknown": 1})), "{}", op.name);
        }
        assert!(validator.is_valid(&json!({"op": "crop-sphere", "count": 100})));
        assert!(!validator.is_valid(&json!({"op": "rotate", "angle-deg": [0, 720]})));
        assert!(!validator.is_valid(&json!({"op": "rotate", "axis": "w"})));
        assert!(!validator.is_valid(&json!({"p": 1})));
    }
}
