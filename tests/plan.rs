//! One plan, done in parts by many processes, gives the bytes of one run.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use common::{assert_same, dataprep, expect, synth, text};

/// Made scans and the folder that one run makes of them.
fn whole(dir: &Path) -> (PathBuf, PathBuf) {
    let data = dir.join("data");
    synth(&data, 8, 3000);
    let (scans, out) = (data.join("scans"), dir.join("whole"));
    expect(0, &[&["augment", "--no-progress"], &pipeline(&scans, &out)[..]].concat());
    (scans, out)
}

fn pipeline<'a>(scans: &'a Path, out: &'a Path) -> [&'a str; 7] {
    let set = "output.shard-size-mb=1";
    ["-p", "pipelines/default.toml", text(scans), "-o", text(out), "--set", set]
}

/// Plans; gives the path that was printed.
fn planned(scans: &Path, out: &Path) -> String {
    let printed = expect(0, &[&["plan"], &pipeline(scans, out)[..]].concat()).stdout;
    String::from_utf8(printed).unwrap().trim_end().to_owned()
}

fn refused(args: &[&str], says: &[&str]) {
    let output = expect(2, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(says.iter().all(|s| said.contains(s)), "{args:?}: {said}");
}

#[test]
fn parts_that_are_killed_and_run_again_give_the_bytes_of_one_run() {
    let dir = tempfile::tempdir().unwrap();
    let (scans, whole) = whole(dir.path());
    let out = dir.path().join("parts");
    let plan = planned(&scans, &out);
    let part = |i: usize| {
        let mut command = dataprep();
        command.args(["run", "--plan", &plan, "--partition", &format!("{i}/4"), "--no-progress", "-q"]);
        command
    };
    // Worth trying again, once the units are done.
    let early = String::from_utf8_lossy(&expect(75, &["commit", "--plan", &plan]).stderr).into_owned();
    assert!(early.contains("units are not done") && early.contains("val-00000"), "{early}");
    // One machine dies at its work, and another does the same units at once.
    let mut dying = part(0).spawn().unwrap();
    let mut others: Vec<_> = (0..4).map(|i| part(i).spawn().unwrap()).collect();
    std::thread::sleep(std::time::Duration::from_millis(15));
    let _ = dying.kill();
    dying.wait().unwrap();
    assert!(others.iter_mut().all(|child| child.wait().unwrap().success()));
    // The folder names its plan too, and what is done is left alone.
    expect(0, &["run", "--plan", text(&out), "-q"]);
    expect(0, &["commit", "--plan", &plan]);
    assert_same(&whole, &out);
    expect(0, &["commit", "--plan", text(&out)]);
    assert_same(&whole, &out);
    expect(0, &["verify", text(&out)]);
    for table in ["scenes", "objects", "descriptions", "_dataprep"] {
        let names = fs::read_dir(out.join(table)).unwrap().map(|e| e.unwrap().file_name());
        assert!(names.into_iter().all(|n| !n.to_string_lossy().starts_with(".tmp-")), "{table}");
    }
}

#[test]
fn what_does_not_fit_the_plan_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (scans, whole) = whole(dir.path());
    let out = dir.path().join("out");
    let plan = planned(&scans, &out);
    refused(&["run", "--plan", &plan, "--unit", "val-0000"], &["unit val-0000", "did you mean val-00000"]);
    refused(&["run", "--plan", &plan, "--partition", "4/4"], &["I/N"]);
    refused(&["run", "--plan", text(&scans)], &["holds no plan", "dataprep plan"]);
    refused(&["run", "--plan", text(&scans.join("nothing.json"))], &["not a plan file"]);
    let other = pipeline(&scans, &out);
    refused(&[&["plan", "--seed", "99"], &other[..]].concat(), &["unfinished run", "--overwrite"]);
    refused(&["augment", "-p", "pipelines/none.toml", text(&scans), "-o", text(&out)], &["unfinished run"]);

    // A plan of another version, one that was edited, one that is none.
    let good = fs::read_to_string(&plan).unwrap();
    let broken = |from: &str, to: &str, says: &[&str]| {
        assert!(good.contains(from), "{from}");
        fs::write(&plan, good.replacen(from, to, 1)).unwrap();
        refused(&["run", "--plan", &plan], says);
    };
    broken("dataprep 0.", "dataprep 9.", &["another version", "expected", "found"]);
    let other = good.replacen("dataprep 0.", "dataprep 9.", 1).replacen("\"fingerprint\":", "\"mark\":", 1);
    fs::write(&plan, other).unwrap();
    refused(&["run", "--plan", &plan], &["another version", "plan again"]);
    broken("val-00000", "val-00009", &["does not match its own id"]);
    broken("{", "[", &["not a plan of dataprep", "plan.json"]);
    fs::write(&plan, &good).unwrap();

    // A marker that tells of other bytes.
    expect(0, &["run", "--plan", &plan, "-q"]);
    let marker = Path::new(&plan).with_file_name("units").join("val-00000.json");
    let said = fs::read_to_string(&marker).unwrap();
    let at = said.find("\"blake3\":\"").unwrap() + 10;
    let digit = if said.as_bytes()[at] == b'0' { "1" } else { "0" };
    fs::write(&marker, format!("{}{digit}{}", &said[..at], &said[at + 1..])).unwrap();
    expect(0, &["commit", "--plan", &plan]);
    let problems = expect(1, &["verify", text(&out)]);
    assert!(String::from_utf8_lossy(&problems.stdout).contains("SHD10"));
    fs::write(&marker, said).unwrap();
    refused(&["commit", "--plan", &plan], &["another manifest is there"]);
    fs::remove_file(out.join("manifest.json")).unwrap();
    expect(0, &["commit", "--plan", &plan]);
    assert_same(&whole, &out);
}

#[test]
#[cfg(unix)]
fn a_failing_disk_is_told_from_failing_data() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let (scans, _) = whole(dir.path());
    let out = dir.path().join("out");
    // A scan that cannot be read when the plan is made.
    let first = fs::read(planned(&scans, &dir.path().join("first"))).unwrap();
    let said: serde_json::Value = serde_json::from_slice(&first).unwrap();
    let scan = scans.join(said["units"][0]["scans"][0].as_str().unwrap());
    let mesh = fs::read_dir(&scan).unwrap().map(|e| e.unwrap().path());
    let mesh = mesh.into_iter().find(|p| text(p).ends_with("_vh_clean_2.ply")).unwrap();
    fs::set_permissions(&mesh, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&mesh, "no mesh").unwrap();
    let plan = planned(&scans, &out);
    // Nothing can be written beneath what is not a folder.
    fs::write(out.join("scenes"), "in the way").unwrap();
    let output = dataprep().args(["run", "--plan", &plan, "-q"]).output().unwrap();
    assert_eq!(output.status.code(), Some(75), "{}", String::from_utf8_lossy(&output.stderr));
    fs::remove_file(out.join("scenes")).unwrap();
    // It is left out, and the commit says so.
    expect(0, &["run", "--plan", &plan, "-q"]);
    // The pipeline says `on-error = "skip"`.
    let said = expect(0, &["commit", "--plan", &plan]);
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("left out") && said.contains(text(scan.file_name().unwrap().as_ref())), "{said}");
}

#[test]
fn an_audit_in_parts_reports_what_one_audit_does() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    expect(0, &["synth", "-o", text(&data), "--scenes", "7", "--vertices", "2000", "--fault", "REF104"]);
    let scans = data.join("scans");
    let audit = ["audit", text(&scans), "--no-cache", "--output-format", "json", "--preview"];
    let whole = dataprep().args(audit).output().unwrap();
    let files: Vec<PathBuf> = (0..3).map(|i| dir.path().join(format!("part{i}.json"))).collect();
    for (i, file) in files.iter().enumerate() {
        let part = format!("{i}/3");
        expect(0, &[&audit[..], &["--partition", &part, "--summary", text(file)]].concat());
    }
    let merge = |files: &[&PathBuf]| {
        let files = files.iter().map(|f| text(f));
        dataprep().args(audit).arg("--merge").args(files).output().unwrap()
    };
    for order in [[0, 1, 2], [2, 0, 1]] {
        let merged = merge(&order.map(|i| &files[i]));
        assert_eq!(merged.status.code(), whole.status.code());
        assert!(merged.stdout == whole.stdout, "{}", String::from_utf8_lossy(&merged.stderr));
    }
    assert_eq!(whole.status.code(), Some(1));
    let says = |output: std::process::Output, says: &str| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(says), "{said}");
    };
    says(merge(&[&files[0], &files[2]]), "2 scans are in no part");
    let mut other = dataprep();
    other.args(audit).args(["--ignore", "REF104", "--merge"]).args(&files);
    says(other.output().unwrap(), "other rules or settings");
    let part = fs::read_to_string(&files[1]).unwrap();
    fs::write(&files[1], part.replacen("dataprep 0.", "dataprep 9.", 1)).unwrap();
    says(merge(&files.iter().collect::<Vec<_>>()), "another version");
    fs::write(&files[1], &part[..part.len() / 2]).unwrap();
    says(merge(&files.iter().collect::<Vec<_>>()), "not a part of an audit");
    says(expect(2, &[&audit[..], &["--partition", "0/3"]].concat()), "--summary");
}

#[test]
#[cfg(unix)]
fn the_recipes_of_the_guide_work() {
    let dir = tempfile::tempdir().unwrap();
    let (scans, whole) = whole(dir.path());
    let guide = fs::read_to_string("docs/clusters.md").unwrap();
    let blocks = guide.split("```sh\n").skip(1).filter_map(|b| b.split("```").next());
    let recipes: Vec<&str> =
        blocks.filter(|block| block.contains("xargs") && block.contains("dataprep plan")).collect();
    assert!(!recipes.is_empty());
    for (i, recipe) in recipes.into_iter().enumerate() {
        let out = dir.path().join(format!("out{i}"));
        let set = "--set output.shard-size-mb=1";
        let recipe = recipe
            .replace("/data/scannet/scans", &format!("{} {set}", text(&scans)))
            .replace("/shared/out", text(&out));
        let program = dataprep().get_program().to_owned();
        let status = std::process::Command::new("sh")
            .args(["-euc", &format!("dataprep() {{ \"$DATAPREP\" \"$@\"; }}\n{recipe}")])
            .env("DATAPREP", program)
            .env("PATH", std::env::join_paths(path_with(dataprep().get_program())).unwrap())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{recipe}");
        assert_same(&whole, &out);
    }
}

/// The search path with the program's folder first: what `xargs` starts is found there.
fn path_with(program: &std::ffi::OsStr) -> Vec<PathBuf> {
    let folder = Path::new(program).parent().unwrap().to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    [folder].into_iter().chain(std::env::split_paths(&path)).collect()
}

#[test]
fn an_update_makes_what_changed_and_gives_the_bytes_of_a_new_run() {
    let dir = tempfile::tempdir().unwrap();
    let (_, out) = whole(dir.path());
    let grown = dir.path().join("grown");
    synth(&grown, 9, 3000);
    let scans = grown.join("scans");
    let run = |out: &Path, more: &[&str]| {
        let said = expect(0, &[&["augment", "--no-progress"], &pipeline(&scans, out)[..], more].concat());
        String::from_utf8_lossy(&said.stderr).into_owned()
    };
    let shards = |out: &Path| fs::read_dir(out.join("scenes")).unwrap().count();
    refused(&[&["augment"], &pipeline(&scans, &out)[..]].concat(), &["--update", "--overwrite"]);
    let before = shards(&out);
    let said = run(&out, &["--update"]);
    let fresh = dir.path().join("fresh");
    run(&fresh, &[]);
    assert_same(&fresh, &out);
    assert_eq!(shards(&out), shards(&fresh), "nothing is left of the earlier result");
    let kept = format!("{} of {} shards there", before - 1, shards(&out));
    assert!(said.contains(&kept), "one unit was made anew, or two of it: {kept}: {said}");
    assert!(run(&out, &["--update"]).contains("nothing to do"));

    // One sentence: one unit. The pipeline: all.
    let file = grown.join("ScanRefer_filtered_train.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen(" the ", " that ", 1)).unwrap();
    let kept = format!("{} of {} shards there", shards(&out) - 1, shards(&out));
    assert!(run(&out, &["--update"]).contains(&kept), "{kept}");
    assert!(!run(&out, &["--update", "--seed", "5"]).contains("shards there"));
    expect(0, &["verify", self::text(&out)]);
}

#[test]
fn scans_that_change_after_planning_fail_their_units() {
    let dir = tempfile::tempdir().unwrap();
    let (scans, whole) = whole(dir.path());
    let out = dir.path().join("out");
    let plan = planned(&scans, &out);
    let scan = fs::read_dir(&scans).unwrap().map(|e| e.unwrap().path()).min().unwrap();
    let id = scan.file_name().unwrap().to_str().unwrap().to_owned();
    let mesh = scan.join(format!("{id}_vh_clean_2.ply"));
    let good = fs::read(&mesh).unwrap();
    let mut other = good.clone();
    other[good.len() / 2] ^= 1;
    fs::write(&mesh, other).unwrap();
    refused(&["run", "--plan", &plan, "-j", "1"], &["another than when the plan was made", &id, "--update"]);
    // What is not there may be there again later.
    fs::remove_file(&mesh).unwrap();
    let gone = expect(75, &["run", "--plan", &plan, "-j", "1"]);
    assert!(String::from_utf8_lossy(&gone.stderr).contains("was there when the plan was made"));
    fs::write(&mesh, good).unwrap();
    expect(0, &["run", "--plan", &plan, "-q"]);
    expect(0, &["commit", "--plan", &plan, "-q"]);
    assert_same(&whole, &out);
}

#[test]
fn an_update_mends_damage_and_leaves_what_is_not_ours() {
    let dir = tempfile::tempdir().unwrap();
    let (scans, out) = whole(dir.path());
    let fresh = dir.path().join("fresh");
    expect(0, &[&["augment", "-q"], &pipeline(&scans, &fresh)[..]].concat());
    let shard = fs::read_dir(out.join("scenes")).unwrap().map(|e| e.unwrap().path()).min().unwrap();
    let update = [&["augment", "-q", "--update"], &pipeline(&scans, &out)[..]].concat();
    // This plan's own result, cut short.
    fs::write(&shard, b"PAR1").unwrap();
    expect(0, &update);
    assert_same(&fresh, &out);
    // An earlier result with a flipped byte.
    expect(0, &[&update[..], &["--seed", "5"]].concat());
    let shard = fs::read_dir(out.join("scenes")).unwrap().map(|e| e.unwrap().path()).min().unwrap();
    let mut bytes = fs::read(&shard).unwrap();
    bytes[100] ^= 1;
    fs::write(&shard, bytes).unwrap();
    let mine = [out.join("objects/mine.parquet"), out.join("_dataprep/mine/notes.txt")];
    fs::create_dir(out.join("_dataprep/mine")).unwrap();
    for file in &mine {
        fs::write(file, "mine").unwrap();
    }
    expect(0, &[&update[..], &["--seed", "5", "--set", "output.shard-size-mb=2"]].concat());
    expect(0, &[&update[..], &["--seed", "5"]].concat());
    assert!(mine.iter().all(|file| file.exists()));
    fs::remove_file(&mine[0]).unwrap();
    fs::remove_dir_all(out.join("_dataprep/mine")).unwrap();
    expect(0, &["verify", text(&out)]);
}
