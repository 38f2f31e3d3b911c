//! The real program, killed at random points and run again, gives the bytes of a run in peace.
#![allow(clippy::unwrap_used)] // a test that cannot go on says where

mod common;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{assert_same, dataprep, expect, synth, text};

fn command(scans: &Path, out: &Path) -> std::process::Command {
    let mut command = dataprep();
    command
        .args(["augment", "-p", "pipelines/default.toml", text(scans), "-o", text(out)])
        .args(["--set", "output.shard-size-mb=1", "--no-progress", "-j", "2"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// No file under a final name that the finished run would not have.
fn assert_nothing_half_written(out: &Path, whole: &Path) {
    for table in ["scenes", "objects", "descriptions"] {
        let Ok(entries) = fs::read_dir(out.join(table)) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap();
            if name.to_string_lossy().starts_with(".tmp-") {
                continue;
            }
            let expected = fs::read(whole.join(table).join(name)).unwrap();
            assert!(fs::read(&path).unwrap() == expected, "{} is half-written", path.display());
        }
    }
}

#[test]
fn a_killed_run_leaves_nothing_half_written_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 6, 6000);
    let scans = data.join("scans");
    let whole = dir.path().join("whole");
    let start = Instant::now();
    assert!(command(&scans, &whole).status().unwrap().success());
    let length = start.elapsed();

    let out = dir.path().join("killed");
    let mut killed = 0;
    for attempt in 1..=12_u32 {
        let mut child = command(&scans, &out).spawn().unwrap();
        // Ever later, so that early runs die while planning and late ones while committing.
        sleep(length * attempt / 10);
        let _ = child.kill();
        let status = child.wait().unwrap();
        killed += u32::from(!status.success());
        assert_nothing_half_written(&out, &whole);
        if out.join("manifest.json").exists() {
            break;
        }
    }
    assert!(killed > 0, "no run was killed in time");
    assert!(command(&scans, &out).status().unwrap().success());
    assert_same(&whole, &out);
    let litter = fs::read_dir(out.join("scenes")).unwrap().map(|e| e.unwrap().file_name());
    assert!(litter.into_iter().all(|n| !n.to_string_lossy().starts_with(".tmp-")));
    expect(0, &["verify", text(&out)]);
}

#[test]
#[cfg(unix)]
fn ctrl_c_stops_cleanly_and_says_how_to_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 12, 8000);
    let scans = data.join("scans");
    let out = dir.path().join("out");
    let mut child = command(&scans, &out).args(["--variants", "40"]).stderr(Stdio::piped()).spawn().unwrap();
    // Once the first shard is there the run is well under way and far from its end.
    let start = Instant::now();
    while !out.join("scenes").exists() && start.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut stderr).unwrap();
    assert_eq!(status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("run the same command again"), "{stderr}");
    assert!(!out.join("manifest.json").exists());
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    fs::create_dir_all(out.join("_dataprep")).unwrap();
    let lock = fs::File::create(out.join("_dataprep/lock")).unwrap();
    lock.lock().unwrap();
    let output = expect(2, &["augment", "-p", "pipelines/default.toml", "-o", text(&out), "--no-progress"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("another run"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_under_nohup_survives_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 6, 8000);
    let out = dir.path().join("out");
    // The shell sets the signal to be ignored, as nohup does, and becomes the program.
    let mut child = std::process::Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_dataprep")])
        .args(["augment", "-p", "pipelines/default.toml", text(&data.join("scans")), "-o", text(&out)])
        .args(["--no-progress", "-q"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !out.join("scenes").exists() && start.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    expect(0, &["verify", text(&out)]);
}

#[test]
fn parts_of_a_plan_run_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 6, 3000);
    let scans = data.join("scans");
    let (whole, out) = (dir.path().join("whole"), dir.path().join("parts"));
    assert!(command(&scans, &whole).status().unwrap().success());
    // Again and again, since it is the first moments that they could quarrel in.
    for _ in 0..8 {
        let _ = fs::remove_dir_all(&out);
        let parts = ["0/3", "1/3", "2/3"].map(|part| {
            command(&scans, &out).args(["--partition", part]).stderr(Stdio::piped()).spawn().unwrap()
        });
        for part in parts {
            let part = part.wait_with_output().unwrap();
            assert!(part.status.success(), "{}", String::from_utf8_lossy(&part.stderr));
        }
        assert_same(&whole, &out);
    }
}

#[test]
fn a_shard_that_is_cut_or_flipped_is_told_by_those_who_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    synth(&data, 2, 2000);
    let out = dir.path().join("out");
    expect(0, &["augment", "-p", "pipelines/none.toml", text(&data.join("scans")), "-o", text(&out)]);
    let mut shards: Vec<_> = fs::read_dir(out.join("scenes")).unwrap().map(|e| e.unwrap().path()).collect();
    shards.sort();
    let shard = text(&shards[0]);
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    let sample = manifest["scenes"][0]["sample_id"].as_str().unwrap();
    let at = manifest["scenes"][0]["blobs"]["rgb"][0].as_u64().unwrap() as usize;
    let bench = ["bench", text(&out), "--seconds", "1"];
    expect(0, &["inspect", text(&out), sample]);
    expect(0, &["inspect", shard]);

    let whole = fs::read(&shards[0]).unwrap();
    let mut flipped = whole.clone();
    flipped[at + 7] ^= 1;
    for (bytes, sizes) in [(&flipped[..], 0), (&whole[..whole.len() - 1], 1)] {
        fs::write(&shards[0], bytes).unwrap();
        expect(sizes, &["inspect", text(&out)]);
        let told =
            [expect(1, &["inspect", shard]), expect(1, &["inspect", text(&out), sample]), expect(2, &bench)];
        for output in told {
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(stderr.contains(shard) && stderr.contains("help: copy the file again"), "{stderr}");
        }
    }
}
