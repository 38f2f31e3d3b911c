"""One plan on many workers: the bytes of one run, whatever dies on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, command, run, status_of

import dataprep
from dataprep import failures

PIPELINE = ROOT / "pipelines/default.toml"
SET = ["output.shard-size-mb=1"]


@pytest.fixture(scope="module")
def whole(made, tmp_path_factory):
    """The manifest of one run in one process."""
    out = tmp_path_factory.mktemp("whole") / "out"
    run("augment", "-p", PIPELINE, made / "scans", "-o", out, "--set", SET[0], "-q")
    return (out / "manifest.json").read_bytes()


@pytest.fixture
def plan(made, tmp_path):
    made_plan = dataprep.plan(PIPELINE, made / "scans", output=tmp_path / "out", set=SET)
    assert len(made_plan.units) > 3
    return made_plan


def committed(plan) -> bytes:
    """The manifest of a plan whose units are made, once everything about it has been checked."""
    result = dataprep.commit(plan)
    assert result.path == plan.folder and len(result.dataset_id) == 64
    shards = [shard["name"].rpartition("-")[0] for shard in result.manifest["shards"]]
    assert sorted(shards) == sorted(unit.name for unit in plan.units), "every unit exactly once"
    assert dataprep.verify(plan.folder).ok
    assert not list(plan.folder.rglob(".tmp-*"))
    return (plan.folder / "manifest.json").read_bytes()


def test_units_one_by_one_in_any_order_give_the_bytes_of_one_run(plan, whole):
    for unit in reversed(plan.units):
        assert dataprep.run_unit(plan.path, unit.name)
    assert not dataprep.run_unit(plan, plan.units[0].name), "it was made before"
    assert committed(plan) == whole
    assert committed(plan) == whole


def test_this_machines_threads_make_a_plan(plan, whole):
    told = []
    made = dataprep.run(plan, engine="local", jobs=2, progress=lambda *numbers: told.append(numbers))
    assert set(made) == {unit.name for unit in plan.units} and all(made.values())
    assert told[-1] == (len(plan.units), len(plan.units))
    assert not any(dataprep.run(dataprep.Plan.open(plan.folder)).values()), "nothing is made twice"
    assert committed(plan) == whole


def test_what_is_wrong_is_said(plan, tmp_path):
    with pytest.raises(failures.Conflict, match=r"not in plan[\s\S]*did you mean"):
        dataprep.run_unit(plan, plan.units[0].name + "0")
    with pytest.raises(failures.Conflict, match="units are not done"):
        dataprep.commit(plan)
    with pytest.raises(failures.InvalidConfiguration, match="local, ray, spark"):
        dataprep.run(plan, engine="condor")
    with pytest.raises(failures.NotFound, match="dataprep plan"):
        dataprep.Plan.open(tmp_path)
    other = json.loads(plan.path.read_text())
    other["tool"] = "dataprep 99.0.0"
    plan.path.write_text(json.dumps(other))
    with pytest.raises(failures.Conflict, match="another version"):
        dataprep.Plan.open(plan.path)


def test_a_unit_that_fails_is_named(plan):
    (plan.folder / "scenes").write_text("in the way")
    with pytest.raises(failures.SystemFailure, match="unit "):
        dataprep.run(plan, jobs=1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_after_a_unit_goes_on(plan, whole):
    first, *rest = (unit.name for unit in plan.units)
    dataprep.run_unit(plan, first)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for name in rest:
                dataprep.run_unit(plan, name)
            code = 0
        finally:
            os._exit(code)
    assert status_of(child) == 0
    assert committed(plan) == whole


def children(pid: int) -> list[int]:
    """All processes beneath one."""
    beneath: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            beneath.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, queue = [], [pid]
    while queue:
        for child in beneath.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found


@pytest.fixture(scope="module")
def cluster():
    """Three machines of a Ray cluster, as far as processes can be such."""
    pytest.importorskip("ray", reason="Ray does not install here")
    # What a machine that has the package installed would find without being told.
    here = os.pathsep.join([str(ROOT / "python"), os.environ.get("PYTHONPATH", "")])
    quiet = {"RAY_worker_niceness": "0", "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    os.environ.update(quiet, PYTHONPATH=here)
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.victim = nodes.add_node(num_cpus=1)
    nodes.add_node(num_cpus=1)
    nodes.wait_for_nodes()
    yield nodes
    import ray

    ray.shutdown()
    nodes.shutdown()


DRIVER = """
import os, signal, sys
import dataprep
def stop(done, total):
    if done == 2:
        os.kill(os.getpid(), signal.SIGKILL)
dataprep.run(sys.argv[1], engine="ray", address=sys.argv[2], in_flight=2, progress=stop)
"""


def test_a_driver_that_dies_is_followed_by_another(cluster, plan, whole):
    died = subprocess.run([sys.executable, "-c", DRIVER, plan.path, cluster.address], check=False)
    assert died.returncode == -signal.SIGKILL
    import ray

    ray.init(address=cluster.address, log_to_driver=False)
    try:
        made = dataprep.run(plan, engine="ray")
        assert sum(not now for now in made.values()) >= 2, "what the first driver saw done was not made again"
    finally:
        ray.shutdown()
    assert committed(plan) == whole


def test_the_command_runs_on_a_cluster(cluster, made, whole, tmp_path, monkeypatch):
    monkeypatch.setenv("DATAPREP_PYTHON", sys.executable)
    arguments = ["augment", "-p", PIPELINE, made / "scans", "-o", tmp_path / "out", "--set", SET[0]]
    with subprocess.Popen(
        [command(), *map(str, arguments), "--engine", "ray", "--address", cluster.address], stderr=subprocess.PIPE
    ) as started:
        # The plan is there, and the engine about to start.
        while not list((tmp_path / "out/_dataprep").glob("*/plan.json")):
            assert started.poll() is None, started.stderr.read()
            time.sleep(0.05)
        started.send_signal(signal.SIGINT)
        told = started.stderr.read().decode()
        assert started.wait() == 130 and "Traceback" not in told, told
    assert not (tmp_path / "out/manifest.json").exists()
    plan = dataprep.Plan.open(tmp_path / "out")
    dataprep.run_unit(plan, plan.units[0].name)
    told = run(*arguments, "--engine", "ray", "--address", cluster.address)
    assert f"1 of {len(plan.units)} shards there from an earlier run" in told
    assert (tmp_path / "out/manifest.json").read_bytes() == whole
    # What keeps a unit from being made is said once, with the unit.
    (tmp_path / "bad").mkdir()
    plan = dataprep.plan(PIPELINE, made / "scans", output=tmp_path / "bad", set=SET)
    (plan.folder / "scenes").write_text("in the way")
    arguments[5] = tmp_path / "bad"
    told = run(*arguments, "--engine", "ray", "--address", cluster.address, code=75)
    assert told.count("error: unit ") == 1 and "Traceback" not in told, told


def test_an_engine_that_is_not_there_is_said(made, tmp_path, monkeypatch):
    arguments = ["augment", "-p", PIPELINE, made / "scans", "-o", tmp_path / "out", "--engine", "ray"]
    for python, why in [("/nowhere/python", "does not start"), ("false", "ended before the units were done")]:
        monkeypatch.setenv("DATAPREP_PYTHON", python)
        told = run(*arguments, code=2)
        assert why in told and "pip install 'dataprep[ray]'" in told and "DATAPREP_PYTHON" in told


def test_a_machine_that_dies_costs_its_units_only(cluster, made, whole, tmp_path):
    plan = dataprep.plan(PIPELINE, made / "scans", output=tmp_path / "out", set=SET)
    import ray

    ray.init(address=cluster.address, log_to_driver=False)
    killed = []

    def kill(_done: int, _total: int) -> None:
        if not killed:
            raylet = cluster.victim.all_processes["raylet"][0].process.pid
            for pid in [raylet, *children(raylet)]:
                killed.append(pid)
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    try:
        assert set(dataprep.run(plan, engine="ray", progress=kill)) == {unit.name for unit in plan.units}
        bad = dataprep.plan(PIPELINE, made / "scans", output=tmp_path / "bad", set=SET)
        (bad.folder / "scenes").write_text("in the way")
        with pytest.raises(failures.SystemFailure, match="unit "):
            dataprep.run(bad, engine="ray", retries=1)
    finally:
        ray.shutdown()
    assert len(killed) > 1
    assert committed(plan) == whole
