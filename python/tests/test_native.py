"""`audit`, `augment`, `verify` and the command: what they find, what they refuse, how they stop."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import ROOT

import dataprep
from dataprep import failures
from dataprep.runs import Finding

NONE = ROOT / "pipelines/none.toml"


def python(*args, **kwargs):
    code = [sys.executable, "-m", "dataprep", *map(str, args)]
    return subprocess.run(code, capture_output=True, text=True, cwd=ROOT / "python", **kwargs)


@pytest.fixture
def faulty(made, tmp_path):
    """The made data with one mesh cut short and one sentence that means no object."""
    folder = tmp_path / "data"
    shutil.copytree(made, folder)
    mesh = sorted(folder.glob("scans/*/*_vh_clean_2.ply"))[0]
    mesh.write_bytes(mesh.read_bytes()[:-100])
    return folder, mesh


def test_an_audit_gives_findings_as_objects_and_as_a_table(faulty):
    folder, mesh = faulty
    heard = []
    audit = dataprep.audit(folder / "scans", jobs=2, progress=lambda done, total: heard.append((done, total)))
    assert not audit.ok and audit.counts["errors"] >= 1 and audit.counts["scans"] == 8
    cut = [f for f in audit.findings if f.file and f.file.endswith(mesh.name)]
    assert cut and isinstance(cut[0], Finding) and cut[0].severity == "error"
    assert cut[0].scene_id == mesh.parent.name and cut[0] in audit.findings.new
    assert heard[-1] == (8, 8) and heard == sorted(heard)
    pa = pytest.importorskip("pyarrow")
    table = audit.findings.to_arrow()
    assert table.num_rows == len(audit.findings)
    assert table.column("code").to_pylist() == [f.code for f in audit.findings]
    assert table.schema.field("object_id").type == pa.int64()
    evidence = table.column("evidence").to_pylist()[0]
    assert json.loads(evidence) == audit.findings[0].evidence
    assert dataprep.runs.Findings().to_arrow().schema.names == table.schema.names


def test_tables_are_those_that_pyarrow_reads(varied):
    from dataprep import _native, tables

    pytest.importorskip("pyarrow")
    for path in sorted(varied.glob("objects/*.parquet")) + sorted(varied.glob("descriptions/*.parquet")):
        theirs = {name: tables._column(node) for name, node in tables._arrow_nodes(path, None).items()}
        ours = tables.Table({name: tables._column(node) for name, node in _native.read_table(path).items()})
        assert list(ours.columns) == list(theirs) and len(ours) > 10
        theirs = tables.Table(theirs)
        for row in range(len(ours)):
            assert repr(ours.row(row)) == repr(theirs.row(row))
    assert list(_native.read_table(path, ["text"])) == ["text"]
    with pytest.raises(failures.InvalidConfiguration, match="did you mean text"):
        _native.read_table(path, ["txt"])
    with pytest.raises(failures.NotFound):
        _native.read_table(path.with_name("gone.parquet"))


def test_without_pyarrow_the_table_says_what_to_install():
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import dataprep\n"
        "from dataprep.runs import Findings\n"
        "try: Findings().to_arrow()\n"
        "except dataprep.errors.MissingDependency as e: print(e)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT / "python")
    assert "pip install pyarrow" in done.stdout, done.stderr


def test_the_command_and_the_function_find_the_same(faulty):
    folder, _ = faulty
    done = python("audit", folder / "scans", "--isolated", "--no-cache", "--output-format", "json", "-q")
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout) == json.loads(dataprep.audit(folder / "scans").json)


def test_parts_of_an_audit_say_together_what_one_says(faulty, tmp_path):
    scans = faulty[0] / "scans"
    whole = dataprep.audit(scans, preview=True)
    parts = [tmp_path / f"{part}.json" for part in range(3)]
    told = []
    looked = [
        dataprep.audit_part(
            number, 3, part, scans, preview=True, progress=lambda *numbers: told.append(numbers)
        )
        for number, part in enumerate(parts)
    ]
    assert sum(looked) == whole.counts["scans"] and told[-1] == (looked[-1], looked[-1])
    merged = dataprep.merge(reversed(parts), scans, preview=True)
    assert merged.json == whole.json and merged == whole
    with pytest.raises(failures.NotFound, match="in no part"):
        dataprep.merge(parts[1:], scans, preview=True)
    with pytest.raises(failures.Conflict, match="other rules"):
        dataprep.merge(parts, scans)
    with pytest.raises(failures.InvalidConfiguration, match="part 3 of 3"):
        dataprep.audit_part(3, 3, tmp_path / "3.json", scans)


def test_rules_can_be_chosen_and_what_cannot_be_is_refused(made, tmp_path):
    none = dataprep.audit(made / "scans", select=["FIL"], ignore=["FIL101"], severity={"FIL103": "info"})
    assert none.ok and not none.findings
    with pytest.raises(failures.InvalidConfiguration) as told:
        dataprep.audit(made / "scans", select=["NOPE999"])
    assert "NOPE999" in str(told.value)
    with pytest.raises(failures.InvalidConfiguration, match="severity"):
        dataprep.audit(made / "scans", severity={"FIL101": "bad"})
    with pytest.raises(dataprep.Error):
        dataprep.audit(tmp_path / "nothing")


def test_augmenting_writes_what_the_command_writes(made, plain, tmp_path):
    heard = []
    out = dataprep.augment(NONE, made / "scans", output=tmp_path / "out", progress=lambda *n: heard.append(n))
    assert heard[-1] == (6, 6)
    assert (out.path / "manifest.json").read_bytes() == (plain / "manifest.json").read_bytes()
    assert out.dataset_id == dataprep.Shards(out.path).dataset_id
    assert out.manifest["totals"]["scenes"] == 6
    again = dataprep.augment(NONE, made / "scans", output=out.path)
    assert again.notes[-1] == "complete, nothing to do" and again.dataset_id == out.dataset_id


def test_a_pipeline_that_cannot_be_is_told_with_its_line(tmp_path, made):
    pipeline = tmp_path / "p.toml"
    pipeline.write_text("[sample]\nvariant = 3\n")
    with pytest.raises(failures.InvalidConfiguration) as told:
        dataprep.augment(pipeline, made / "scans", output=tmp_path / "out")
    error = told.value
    assert (error.file, error.place) == (str(pipeline), "line 2, column 1")
    assert error.help == "did you mean `variants`?" and "variants" in str(error)
    occupied = tmp_path / "occupied"
    occupied.mkdir()
    (occupied / "thesis.txt").write_text("mine")
    with pytest.raises(failures.Conflict, match="thesis"):
        dataprep.augment(NONE, made / "scans", output=occupied)


def test_verify_finds_a_flipped_byte_a_cut_shard_and_a_missing_one(broken):
    heard = []
    fine = dataprep.verify(broken, jobs=2, progress=lambda *n: heard.append(n))
    assert fine.ok and fine.scenes == 6 and heard[-1] == (fine.shards, fine.shards)
    shard = sorted(broken.glob("scenes/*.parquet"))[0]
    whole = shard.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    name = str(shard.relative_to(broken))
    for data in (bytes(flipped), whole[: len(whole) // 2], None):
        shard.unlink() if data is None else shard.write_bytes(data)
        found = dataprep.verify(broken)
        assert not found.ok and {p.file for p in found.problems} == {name}
        assert "SHD101" in {p.code for p in found.problems}
    (broken / "manifest.json").unlink()
    with pytest.raises(failures.NotFound, match="manifest.json"):
        dataprep.verify(broken)


def test_an_exception_in_progress_stops_the_run_and_the_same_call_goes_on(made, plain, tmp_path):
    class Enough(Exception):
        pass

    def progress(done, total):
        raise Enough

    out = tmp_path / "out"
    with pytest.raises(Enough):
        dataprep.augment(NONE, made / "scans", output=out, jobs=1, progress=progress)
    dataprep.augment(NONE, made / "scans", output=out)
    assert (out / "manifest.json").read_bytes() == (plain / "manifest.json").read_bytes()


def test_other_threads_run_meanwhile(made):
    ticks, over = [], threading.Event()

    def tick():
        while not over.wait(0.001):
            ticks.append(1)

    thread = threading.Thread(target=tick)
    thread.start()
    before = len(ticks)
    dataprep.audit(made / "scans", jobs=1)
    during = len(ticks) - before
    over.set()
    thread.join()
    assert during > 1


# Long enough to be interrupted on any machine: the interrupt comes once it is under way.
INTERRUPTED = """
import sys, dataprep
print("ready", flush=True)
try:
    dataprep.augment(sys.argv[1], sys.argv[2], output=sys.argv[3], variants=2000, jobs=1,
                     progress=lambda done, total: None)
except KeyboardInterrupt:
    print("KeyboardInterrupt")
"""


def test_ctrl_c_ends_a_function_as_python_does(made, tmp_path):
    args = [sys.executable, "-c", INTERRUPTED, ROOT / "pipelines/default.toml", made / "scans", tmp_path / "out"]
    process = subprocess.Popen(args, stdout=subprocess.PIPE, text=True, cwd=ROOT / "python")
    assert process.stdout.readline() == "ready\n"
    while not list(tmp_path.glob("out/_dataprep/*/plan.json")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=120)
    assert said == "KeyboardInterrupt\n" and process.returncode == 0


def test_ctrl_c_ends_the_command_with_130(made, tmp_path):
    out = tmp_path / "out"
    args = ["augment", "-p", ROOT / "pipelines/default.toml", made / "scans", "-o", out, "--variants", "2000", "-j1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dataprep", *map(str, args)], stderr=subprocess.PIPE, text=True, cwd=ROOT / "python"
    )
    while not list(out.glob("_dataprep/*/plan.json")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130 and "run the same command again" in said


def test_the_command_is_the_program(made, tmp_path):
    version = python("--version")
    assert version.returncode == 0 and version.stdout == f"dataprep {dataprep._native.VERSION}\n"
    assert python("nonsense").returncode == 2
    assert python("verify", tmp_path).returncode == 2
    helped = python("--help")
    assert helped.returncode == 0 and "Usage: dataprep" in helped.stdout


def test_a_forked_process_runs_what_its_parent_ran(made):
    dataprep.audit(made / "scans", jobs=2)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if dataprep.audit(made / "scans", jobs=2).counts["scans"] == 8 else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0


def test_importing_starts_no_thread():
    code = (
        "import dataprep.loader, dataprep.runs, os, threading\n"
        "print(threading.active_count(), len(os.listdir('/proc/self/task')))"
    )
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("no /proc")
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT / "python", env=env)
    assert done.stdout == "1 1\n", done.stderr
