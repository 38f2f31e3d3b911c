//! A step in words: what it does, with which parameters, what it does to sentences and what it takes.

use serde_json::Value;

use super::config::Step;
use super::transform::{Action, Op};
use super::transforms::op;
use crate::math::{Key, Purpose};

/// A step in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// What it does: the first paragraph of its page.
    pub what: String,
    /// Its parameters as TOML, `key = value`; those that the file leaves out, with their defaults, come last.
    pub parameters: Vec<String>,
    /// How many of the parameters the file names.
    pub named: usize,
    /// What it does to sentences.
    pub text: String,
    /// What is done for it.
    pub cost: &'static str,
}

impl Step {
    /// The step in words; `table` is its table as written.
    pub fn explained(&self, table: &toml::Table) -> Explained {
        let own = |key: &&String| !["op", "id", "p"].contains(&key.as_str());
        let mut parameters: Vec<String> =
            table.keys().filter(own).map(|key| format!("{key} = {}", table[key])).collect();
        let named = parameters.len();
        let op = op(self.op);
        let schema = op.map(|op| (op.schema)());
        let known = schema.as_ref().and_then(|s| s.get("properties")).and_then(Value::as_object);
        for (key, schema) in known.into_iter().flatten().filter(|(key, _)| !table.contains_key(*key)) {
            let default = schema.get("default").filter(|v| !v.is_null() && **v != Value::Array(Vec::new()));
            parameters.extend(default.map(|value| format!("{key} = {value}")));
        }
        let drawn = self.transform.draw(&mut Key::new(0, "", 1, &self.id).stream(Purpose::Parameters));
        let cost = match drawn.action {
            Action::Affine(_) => "one map, joined with the maps beside it into one pass over the points",
            Action::Table(_) => "a table of 256 levels a channel, joined with the tables beside it",
            Action::Colours(_) => "a pass over the colours",
            Action::Crop { .. } => "the distances of all points, at most five times",
            _ => "a pass over the points",
        };
        let section = |heading: &str| op.map_or(String::new(), |op| section(op, heading));
        Explained { what: section(""), parameters, named, text: section("Text"), cost }
    }
}

/// The first paragraph under a heading of an op's page, as one line; under none for `""`.
fn section(op: &Op, heading: &str) -> String {
    let lines = op.doc.lines().map(str::trim);
    let start = format!("## {heading}");
    let under = lines.skip_while(|line| !heading.is_empty() && *line != start);
    let paragraph = under.skip(usize::from(!heading.is_empty())).skip_while(|line| line.is_empty());
    paragraph.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use crate::augment::OPS;
    use crate::augment::testing::steps;

    #[test]
    fn a_step_says_what_it_does_with_what_and_to_which_sentences() {
        let body = "op = 'scale'\nid = 'a'\np = 0.5\nfactor = [0.5, 2]";
        let told = steps(&[body])[0].explained(&body.parse().unwrap());
        assert_eq!((told.parameters[0].as_str(), told.named), ("factor = [0.5, 2]", 1));
        assert!(told.parameters.iter().any(|p| p == "anisotropic = false"), "{:?}", told.parameters);
        assert!(told.cost.contains("one map") && !told.what.is_empty());
    }

    #[test]
    fn every_transform_has_words_for_what_it_does_and_for_the_text() {
        for op in OPS {
            assert!(
                !super::section(op, "").is_empty() && !super::section(op, "Text").is_empty(),
                "{}",
                op.name
            );
            assert!(!super::section(op, "Text").contains('#'), "{}", op.name);
        }
    }
}
