//! What people and editors read about transforms, made from the table.

use std::fmt::Write as _;

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::config::{limits, names_of, range_text};
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
    let mut out = format!("# {}\n\n{}\n\n## Parameters\n\n", op.name, what.trim());
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
    use std::path::Path;

    use super::*;

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
