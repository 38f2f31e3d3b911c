//! The pages of the rules as Markdown, for `dataprep rule` and for `docs/rules`.

use serde_json::Value;

use super::rule::{HEADINGS, Meta, Needs};
use super::rules::RULES;

/// The page of one rule.
pub fn page(meta: &Meta) -> String {
    let needs = match meta.needs {
        Needs::Nothing => "",
        Needs::Preview => " · with `--preview`",
        Needs::Profile => " · with `--profile`",
    };
    format!("# {} {}\n\n*{}{needs}*\n\n{}", meta.code, meta.name, meta.severity, meta.explanation())
}

/// One rule for programs: an object with code, name, severity, summary, explanation and sections.
pub fn json(meta: &Meta) -> Value {
    let sections: serde_json::Map<String, Value> =
        HEADINGS.iter().map(|&h| (h.to_owned(), meta.section(h).into())).collect();
    serde_json::json!({
        "code": meta.code,
        "name": meta.name,
        "severity": meta.severity,
        "summary": meta.summary(),
        "explanation": meta.explanation(),
        "sections": sections,
    })
}

/// The table of all rules.
pub fn index() -> String {
    let mut text = String::from(
        "# Rules\n\n*Made from the rules' own pages by `DATAPREP_REGENERATE=1 cargo test`; do not edit.*\n\n\
         | code | name | severity | what is wrong |\n|---|---|---|---|\n",
    );
    for meta in RULES.iter().map(|r| r.meta()) {
        let (code, name, severity) = (meta.code, meta.name, meta.severity);
        text += &format!("| [{code}]({code}.md) | {name} | {severity} | {} |\n", meta.summary());
    }
    text
}

/// The files of `docs/rules`: names and contents.
pub fn files() -> Vec<(String, String)> {
    let pages = RULES.iter().map(|r| (format!("{}.md", r.meta().code), page(r.meta())));
    std::iter::once(("README.md".to_owned(), index())).chain(pages).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn docs_are_what_the_rules_say() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
        let files = files();
        let mut there = BTreeSet::new();
        if std::env::var_os("DATAPREP_REGENERATE").is_some() {
            let _ = std::fs::remove_dir_all(&dir);
            std::fs::create_dir_all(&dir).unwrap();
            for (name, text) in &files {
                std::fs::write(dir.join(name), text).unwrap();
            }
        }
        for entry in std::fs::read_dir(&dir).unwrap() {
            there.insert(entry.unwrap().file_name().into_string().unwrap());
        }
        assert_eq!(there, files.iter().map(|(name, _)| name.clone()).collect());
        for (name, text) in files {
            let committed = std::fs::read_to_string(dir.join(&name)).unwrap();
            assert_eq!(committed, text, "{name}: run DATAPREP_REGENERATE=1 cargo test");
        }
    }

    #[test]
    fn every_rule_has_a_whole_page_a_code_of_its_own_and_a_file_of_its_name() {
        let mut codes = BTreeSet::new();
        let mut families = Vec::new();
        let mut last = "";
        for meta in RULES.iter().map(|r| r.meta()) {
            let code = meta.code;
            assert!(codes.insert(code) && codes.insert(meta.name), "{code} or its name is taken");
            assert!(code.len() == 6 && code[..3].chars().all(|c| c.is_ascii_uppercase()));
            assert!(code[3..].chars().all(|c| c.is_ascii_digit()));
            if last.get(..3) == Some(&code[..3]) {
                assert!(last < code, "{code} is out of order");
            } else {
                assert!(!families.contains(&&code[..3]), "{code} is apart from its family");
                families.push(&code[..3]);
            }
            last = code;

            let headings: Vec<_> =
                meta.doc.lines().filter_map(|l| l.trim_start().strip_prefix("# ")).collect();
            assert_eq!(headings, HEADINGS, "{code}");
            assert!(!meta.summary().is_empty());
            for heading in HEADINGS {
                assert!(meta.section(heading).ends_with(['.', '…']), "{code}: {heading}");
            }

            let source = Path::new(meta.source);
            let stem = source.file_stem().unwrap().to_str().unwrap();
            assert_eq!(stem.replace('_', "-"), meta.name, "{code}");
            let folder = source.parent().unwrap().file_name().unwrap().to_str().unwrap();
            assert!(folder.starts_with(&code[..3].to_lowercase()), "{code} is in {folder}");

            let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(source)).unwrap();
            assert!(text.contains("fn fires") && text.contains("fn silent"), "{code} has no tests");
            assert!(text.contains(&format!("\"{code}\"")), "{code} is not tested");
        }
    }
}
