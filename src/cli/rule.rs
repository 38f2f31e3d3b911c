//! `dataprep rule`.

use clap::ValueEnum;

use super::{Exit, Globals, Output};
use crate::audit::rules::{self, RULES};
use crate::audit::{Rule, pages, unknown};
use crate::error::Result;

/// Arguments of `dataprep rule`.
#[derive(Debug, clap::Args)]
pub struct RuleArgs {
    /// Code or name of the rule, such as REF103 or wrong-name
    #[arg(value_name = "CODE", required_unless_present = "all")]
    rule: Option<String>,
    /// Explain every rule
    #[arg(long, conflicts_with = "rule")]
    all: bool,
    /// Form of the explanation
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output_format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For reading in a terminal
    Text,
    /// For programs
    Json,
    /// As in the documentation
    Markdown,
}

pub(super) fn run(args: &RuleArgs, _globals: &Globals, output: &mut Output) -> Result<Exit> {
    let text = match &args.rule {
        None => show(RULES, args.output_format),
        Some(name) => {
            let rule = rules::named(name).ok_or_else(|| unknown(name))?;
            match args.output_format {
                Format::Json => pretty(&pages::json(rule.meta())),
                format => show(&[rule], format),
            }
        }
    };
    output.data(&text)?;
    Ok(Exit::Clean)
}

fn show(rules: &[&dyn Rule], format: Format) -> String {
    let metas = || rules.iter().map(|r| r.meta());
    match format {
        Format::Json => pretty(&metas().map(pages::json).collect()),
        Format::Markdown => metas().map(pages::page).collect::<Vec<_>>().join("\n"),
        Format::Text => metas().map(|m| text(&pages::page(m))).collect::<Vec<_>>().join("\n"),
    }
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

/// Markdown with its headings in bold, which is all that the pages use.
fn text(page: &str) -> String {
    let bold = anstyle::Style::new().bold();
    let mut text = String::new();
    for line in page.lines() {
        let heading = line.trim_start_matches('#');
        if heading.len() < line.len() {
            text += &format!("{bold}{}{bold:#}\n", heading.trim_start());
        } else {
            text += &format!("{line}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_read_well_without_markdown() {
        let rule = rules::find("REF103").unwrap();
        let page = anstream::adapter::strip_str(&show(&[rule], Format::Text)).to_string();
        assert!(page.starts_with("REF103 wrong-name\n"), "{page}");
        assert!(page.contains("\nWhy it matters\n") && !page.contains('#'));
    }

    #[test]
    fn json_holds_every_section() {
        let list: serde_json::Value = serde_json::from_str(&show(RULES, Format::Json)).unwrap();
        assert_eq!(list.as_array().unwrap().len(), RULES.len());
        assert_eq!(list[0]["code"], RULES[0].meta().code);
        assert!(list[0]["sections"]["How to fix"].as_str().unwrap().len() > 10);
    }
}
