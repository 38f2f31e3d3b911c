//! Imports only point down: a module uses only floors below its own (ARCHITECTURE.md).
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

use std::fs;
use std::path::{Path, PathBuf};

/// The floors from the ground up. Rooms on the ground floor may use each other's plain types;
/// above it, rooms of one floor do not know each other.
const FLOORS: [&[&str]; 5] = [
    &["error", "scene", "math", "store"],
    &["language", "measure", "render"],
    &["load", "audit", "augment", "write", "synth"],
    &["pipeline"],
    &["cli"],
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// The room of a file: its first folder or its own name.
fn room_of(file: &Path) -> String {
    let inside = file.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// Rooms named after `crate::`, in `use` lines and paths alike, grouped imports included.
fn rooms_used(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let name = |text: &str| -> String {
            text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        let Some(group) = rest.strip_prefix('{') else {
            rooms.push(name(rest));
            continue;
        };
        // The names at the group's own depth; what is nested deeper belongs to them.
        let (mut depth, mut start) = (0, 0);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | '}' if depth == 0 => {
                    rooms.push(name(&group[start..at]));
                    start = at + 1;
                    if c == '}' {
                        break;
                    }
                }
                _ => {}
            }
        }
    }
    rooms
}

#[test]
fn imports_only_point_down() {
    let mut all = Vec::new();
    files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut all);
    assert!(all.len() > 40, "found only {} files", all.len());
    let mut wrong = Vec::new();
    for file in all {
        let room = room_of(&file);
        let Some(own) = floor(&room) else { continue };
        let code = fs::read_to_string(&file).unwrap();
        // Tests may reach anywhere.
        let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for used in rooms_used(code) {
            let Some(other) = floor(&used) else { continue };
            if used != room && (other > own || (other == own && own > 0)) {
                wrong.push(format!("{} uses {used}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_check_sees_grouped_and_nested_imports() {
    let code = "use crate::{audit::{Engine, Rule}, load};\nlet x = crate::cli::main();";
    assert_eq!(rooms_used(code), ["audit", "load", "cli"]);
}
