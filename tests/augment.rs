//! What a pipeline promises, held against what the program writes, refuses and makes again.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use arrow::array::AsArray as _;
use common::{assert_same, expect, run, synth, text};
use serde_json::Value;

const DEFAULT: &str = "pipelines/default.toml";

fn manifest(dir: &Path) -> Value {
    serde_json::from_slice(&fs::read(dir.join("manifest.json")).unwrap()).unwrap()
}

/// Replaces text in a file that need not be UTF-8.
fn edit(path: &Path, from: &[u8], to: &[u8]) {
    let bytes = fs::read(path).unwrap();
    let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
    fs::write(path, [&bytes[..at], to, &bytes[at + from.len()..]].concat()).unwrap();
}

#[test]
fn balance_is_the_same_for_any_threads_and_any_subset() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 6, 3000);
    let scans = data.join("scans");
    let write = |name: &str, more: &[&str]| {
        let out = dir.path().join(name);
        let mut args =
            vec!["augment", "-p", DEFAULT, text(&scans), "-o", text(&out), "--no-progress", "--verify"];
        args.extend(more);
        expect(0, &args);
        expect(0, &["verify", text(&out)]);
        out
    };
    for method in ["repeat-factor", "effective-number", "undersample"] {
        let set = format!("balance = {{ method = '{method}', threshold = 0.9, clip = 1.5 }}");
        let one = write(&format!("{method}-1"), &["-j", "1", "--set", &set]);
        assert_same(&one, &write(&format!("{method}-2"), &["-j", "2", "--set", &set]));
        let all = manifest(&one);
        assert_eq!(all["balance"]["method"], method);
        let alone = write(&format!("{method}-alone"), &["--set", &set, "--scenes", "scene0003_00"]);
        let of = |m: &Value| {
            let scenes = m["scenes"].as_array().unwrap().clone();
            let own = scenes.into_iter().filter(|s| s["scene_id"] == "scene0003_00");
            own.map(|s| {
                let crc: Vec<u64> =
                    s["blobs"].as_object().unwrap().values().map(|b| b[2].as_u64().unwrap()).collect();
                (s["sample_id"].to_string(), s["weight"].to_string(), s["num_descriptions"].as_u64(), crc)
            })
            .collect::<Vec<_>>()
        };
        assert!(!of(&all).is_empty());
        assert_eq!(of(&all), of(&manifest(&alone)), "{method}");
        // What was planned is what was written, but for what audit and gate left out.
        let text_gate: u64 = ["kept", "adapted"].iter().map(|k| all["text"][k].as_u64().unwrap()).sum();
        let dropped: u64 =
            all["text"]["dropped"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        let planned = |when: &str| -> u64 {
            all["balance"]["splits"]
                .as_object()
                .unwrap()
                .values()
                .map(|s| s[when]["rows"].as_u64().unwrap())
                .sum()
        };
        assert_eq!(text_gate + dropped, planned("after"), "{method}");
        let changed = planned("after").cmp(&planned("before"));
        let expected = BTreeMap::from([("repeat-factor", 1), ("effective-number", 0), ("undersample", -1)]);
        assert_eq!(changed as i32, expected[method]);
    }
}

#[test]
fn the_dry_run_foretells_the_text_gate() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 4, 3000);
    let (scans, out) = (data.join("scans"), dir.path().join("out"));
    let pipeline = dir.path().join("p.toml");
    // Nothing that looks at points: what is foretold is what happens.
    fs::write(
        &pipeline,
        "[text]\non-conflict = \"adapt\"\n[[step]]\nop = \"mirror\"\n[[step]]\nop = \"scale\"\nanisotropic = true\n\
         factor = [0.7, 1.4]\n[[step]]\nop = \"colour-jitter\"\nstd-255 = 60\np = 0.5\n",
    )
    .unwrap();
    let args = ["augment", "-p", text(&pipeline), text(&scans), "-o", text(&out), "--no-progress"];
    let dry = expect(0, &[&args[..], &["--dry-run"]].concat());
    assert!(!out.exists());
    let line = |bytes: &[u8]| {
        let all = String::from_utf8(bytes.to_vec()).unwrap();
        let line = all.lines().find(|l| l.starts_with("  text: ")).unwrap().to_owned();
        line.split(';').next().unwrap().to_owned()
    };
    let done = expect(0, &args);
    let foretold = line(&dry.stdout);
    assert_eq!(foretold, line(&done.stderr));
    assert!(foretold.contains("recolour") && foretold.contains("stretch"), "{foretold}");
    assert!(!String::from_utf8_lossy(&dry.stdout).contains("estimate"));
}

#[test]
fn columns_that_are_missing_are_refused_when_planning_or_skipped_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 4, 3000);
    let scans = data.join("scans");
    edit(&scans.join("scene0000_00/scene0000_00_vh_clean_2.ply"), b"uchar red", b"uchar rex");
    let pipeline = |check: &str, step: &str| {
        let path = dir.path().join("p.toml");
        fs::write(&path, format!("{check}\n[[step]]\n{step}\n")).unwrap();
        path
    };
    let args = |p: &Path, out: &str| -> Vec<String> {
        ["augment", "-p", text(p), text(&scans), "--no-progress", "-o", text(&dir.path().join(out))]
            .map(str::to_owned)
            .to_vec()
    };
    let go = |code, args: Vec<String>| expect(code, &args.iter().map(String::as_str).collect::<Vec<_>>());
    let colour = "op = \"colour-jitter\"";
    let refused = go(2, args(&pipeline("", colour), "a"));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("p.toml:2:1: step.colour-jitter#1") && said.contains("scene0000_00"), "{said}");
    assert!(said.contains("help: take the step out") && !dir.path().join("a").exists(), "{said}");

    // Steps in steps come before it: its place stays its own.
    let nested = "[[step]]\nop = \"repeat\"\ntimes = 3\n[[step.step]]\nop = \"jitter\"";
    let said = String::from_utf8(go(2, args(&pipeline(nested, colour), "a")).stderr).unwrap();
    assert!(said.contains("p.toml:6:1: step.colour-jitter#1"), "{said}");

    // Asked to skip, or with no step that needs it, the scan is named in the manifest.
    for (check, step, code) in [
        ("[check]\non-error = \"skip\"", colour, 0),
        ("", "op = \"mirror\"", 1),
        ("", "op = \"colour-jitter\"\np = 0", 1),
    ] {
        let out = format!("out{code}{}", step.len());
        go(code, args(&pipeline(check, step), &out));
        let skipped = manifest(&dir.path().join(out))["skipped"].clone();
        let own = skipped.as_array().unwrap().iter().find(|s| s["what"] == "scene0000_00").unwrap().clone();
        assert!(own["why"].as_str().unwrap().contains("colour") && own["fault"] == true, "{own}");
    }
    let stop = "[check]\non-error = \"stop\"";
    let stopped = go(2, args(&pipeline(stop, "op = \"mirror\""), "stopped"));
    assert!(String::from_utf8_lossy(&stopped.stderr).contains("colour"));
}

#[test]
fn references_of_other_scans_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 2, 3000);
    for name in ["ScanRefer_filtered_train.json", "ScanRefer_filtered_val.json"] {
        let path = data.join(name);
        let moved = fs::read_to_string(&path).unwrap().replace("scene0", "scene9");
        fs::write(&path, moved).unwrap();
    }
    for more in [&[][..], &["--set", "input.undescribed = 'keep'"]] {
        let scans = data.join("scans");
        let said = run(&[&["augment", "-p", DEFAULT, text(&scans), "--dry-run"], more].concat());
        assert_eq!(said.status.code(), Some(2));
        let said = String::from_utf8(said.stderr).unwrap();
        assert!(said.contains("input.references") && said.contains("scene9000_00"), "{said}");
    }
}

#[test]
fn a_sample_is_made_again_to_the_bit_and_what_changed_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 3, 3000);
    let (scans, out) = (data.join("scans"), dir.path().join("out"));
    let balance = "balance = { method = 'repeat-factor', threshold = 0.9 }";
    expect(0, &["augment", "-p", DEFAULT, text(&scans), "-o", text(&out), "--no-progress", "--set", balance]);
    let all = manifest(&out);
    for scene in all["scenes"].as_array().unwrap() {
        let id = scene["sample_id"].as_str().unwrap();
        let same = expect(0, &["replay", text(&out), id]);
        assert!(String::from_utf8_lossy(&same.stdout).contains("the same to the bit"));
    }
    // Without the plan it has to be told where the scans are.
    fs::remove_dir_all(out.join("_dataprep")).unwrap();
    let lost = expect(2, &["replay", text(&out), "scene0000_00/v001"]);
    assert!(String::from_utf8_lossy(&lost.stderr).contains("--scans"));
    let shard = out.join(format!("scenes/{}.parquet", all["scenes"][0]["shard"].as_str().unwrap()));
    let first = all["scenes"][0]["sample_id"].as_str().unwrap();
    let again = ["replay", text(&shard), first, "--scans", text(&scans)];
    expect(0, &again);
    // One byte of one colour.
    let scan = all["scenes"][0]["scene_id"].as_str().unwrap();
    let mesh = scans.join(format!("{scan}/{scan}_vh_clean_2.ply"));
    let mut bytes = fs::read(&mesh).unwrap();
    let body = bytes.windows(11).position(|w| w == b"end_header\n").unwrap() + 11;
    bytes[body + 12] ^= 0x40;
    fs::write(&mesh, bytes).unwrap();
    let other = expect(1, &again);
    let said = String::from_utf8(other.stdout).unwrap() + &String::from_utf8(other.stderr).unwrap();
    assert!(
        said.contains("scenes.rgb, point ") && said.contains("_vh_clean_2.ply is not the file"),
        "{said}"
    );
}

#[test]
fn a_preview_is_one_page_with_its_pictures_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("preview.html");
    let scan = "testdata/scans/scene0000_00";
    let args = ["preview", scan, "-p", DEFAULT, "-o", text(&page), "--variants", "2", "--objects", "2"];
    let said = expect(0, &args);
    assert!(String::from_utf8_lossy(&said.stderr).contains("embeds scan data"));
    let text = fs::read_to_string(&page).unwrap();
    assert_eq!(text.matches("src=\"data:image/jpeg;base64,").count(), 9, "three scenes, three times");
    assert!(text.contains("Content-Security-Policy") && !text.contains("<script>"));
    assert!(text.contains("<mark title=\"was: ") && text.contains(">kept<"));
}

#[test]
fn a_mixed_sample_is_made_again_from_scans_that_moved() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    synth(&data, 4, 2500);
    let scans = data.join("scans");
    let pipeline = dir.path().join("mix.toml");
    fs::write(&pipeline, "[[step]]\nop = \"mix3d\"\nrivals = \"allow\"\n").unwrap();
    expect(0, &["augment", "-p", text(&pipeline), text(&scans), "-o", text(&out), "--no-progress"]);
    let all = manifest(&out);
    let sample = all["scenes"].as_array().unwrap().iter().find(|s| s["variant"] == 1).unwrap();
    let (sample, scan) = (sample["sample_id"].as_str().unwrap(), sample["scene_id"].as_str().unwrap());
    let moved = dir.path().join("moved");
    fs::create_dir(&moved).unwrap();
    let (there, elsewhere) = (moved.join("scans"), dir.path().join("elsewhere"));
    fs::rename(&scans, &there).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    let mut references = Vec::new();
    for split in ["train", "val"] {
        let name = format!("ScanRefer_filtered_{split}.json");
        fs::rename(data.join(&name), elsewhere.join(&name)).unwrap();
        references.push(elsewhere.join(name));
    }
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        fs::rename(&path, moved.join(path.file_name().unwrap())).unwrap();
    }
    let mut again = vec!["replay", text(&out), sample, "--scans", text(&there), "--references"];
    again.extend(references.iter().map(|path| text(path)));
    expect(0, &again);
    // Another scan's mesh changes: it is named, though the sample's own files are as they were.
    for entry in fs::read_dir(&there).unwrap() {
        let dir = entry.unwrap().path();
        let id = dir.file_name().unwrap().to_str().unwrap();
        if id != scan {
            let mesh = dir.join(format!("{id}_vh_clean_2.ply"));
            let mut bytes = fs::read(&mesh).unwrap();
            let body = bytes.windows(11).position(|w| w == b"end_header\n").unwrap() + 11;
            bytes[body + 12] ^= 0x40;
            fs::write(&mesh, bytes).unwrap();
        }
    }
    let other = expect(1, &again);
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(said.contains("_vh_clean_2.ply is not the file"), "{said}");
}

#[test]
fn sentences_that_are_kept_though_false_say_so_and_those_without_target_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    synth(&data, 3, 2500);
    let pipeline = dir.path().join("keep.toml");
    let steps = "[text]\non-conflict = \"keep\"\nmin-target-ratio = 0.0\n[[step]]\nop = \"mirror\"\nx-p = 1.0\n\
                 y-p = 0.0\n[[step]]\nop = \"crop-sphere\"\nratio = 0.3\n";
    fs::write(&pipeline, steps).unwrap();
    expect(
        0,
        &["augment", "-p", text(&pipeline), text(&data.join("scans")), "-o", text(&out), "--no-progress"],
    );
    expect(0, &["verify", text(&out)]);
    let all = manifest(&out);
    assert!(all["text"]["dropped"]["target-lost"].as_u64().unwrap() > 0, "{}", all["text"]);
    let mut reasons = std::collections::BTreeMap::new();
    for entry in fs::read_dir(out.join("descriptions")).unwrap() {
        let file = fs::File::open(entry.unwrap().path()).unwrap();
        let rows = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(file, 1 << 20).unwrap();
        for batch in rows {
            let batch = batch.unwrap();
            for reason in batch.column_by_name("text_reason").unwrap().as_string::<i32>().iter().flatten() {
                *reasons.entry(reason.to_owned()).or_insert(0) += 1;
            }
        }
    }
    assert!(reasons.contains_key("mirror") && reasons.contains_key(""), "{reasons:?}");
}

#[test]
fn a_data_set_a_shard_and_a_sample_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    expect(0, &["augment", "-p", DEFAULT, "-o", text(&out), "--variants", "1", "--no-progress"]);
    let all = manifest(&out);
    let scene = &all["scenes"].as_array().unwrap().iter().find(|s| s["variant"] == 1).unwrap();
    let (id, shard) = (scene["sample_id"].as_str().unwrap(), scene["shard"].as_str().unwrap());
    let said = |args: &[&str]| String::from_utf8(expect(0, args).stdout).unwrap();

    let whole = said(&["inspect", text(&out)]);
    assert!(whole.contains("\ntrain ") && whole.contains("xyz ") && whole.contains("[[step]]"), "{whole}");
    let file = out.join(format!("scenes/{shard}.parquet"));
    let part = said(&["inspect", text(&file)]);
    assert!(part.contains(id) && part.contains(&format!("descriptions/{shard}.parquet")), "{part}");
    let sample = said(&["inspect", text(&file), id]);
    assert!(sample.contains("orig_index  <u4 [") && sample.contains("jitter"), "{sample}");
    assert!(sample.matches(" keep: ").count() + sample.matches(" adapt: ").count() > 0, "{sample}");
    assert!(!sample.contains("differs"));

    let measured = said(&["bench", text(&out), "--seconds", "1", "--columns", "xyz,object"]);
    assert!(measured.contains("samples/s") && measured.contains("of the copy"), "{measured}");
    let unknown = expect(2, &["bench", text(&out), "--columns", "xyzz"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean xyz?"));

    // A flipped byte is told, a wrong id gets the nearest, a file that no manifest names is no shard.
    let offset = scene["blobs"]["rgb"][0].as_u64().unwrap() as usize;
    let mut bytes = fs::read(&file).unwrap();
    bytes[offset] ^= 1;
    fs::write(&file, bytes).unwrap();
    let damaged = expect(1, &["inspect", text(&out), id]);
    assert!(String::from_utf8_lossy(&damaged.stderr).contains("BLAKE3 differs"));
    let wrong = expect(2, &["inspect", text(&out), &id.replace("v001", "v00l")]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains(&format!("did you mean {id}?")));
    let stray = out.join("scenes/train-00009-00000000.parquet");
    fs::write(&stray, b"PAR1").unwrap();
    assert!(
        String::from_utf8_lossy(&expect(2, &["inspect", text(&stray)]).stderr)
            .contains("names no such shard")
    );
}
