"""One plan on Spark: two executors in processes of their own, one of which is killed."""

import os
import signal
import sys
from pathlib import Path

import pytest
from conftest import ROOT, run
from test_work import PIPELINE, SET, committed

import dataprep

pytest.importorskip("pyspark", reason="Spark is not installed: its tests are left out")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    from pyspark.sql import SparkSession

    # What a machine that has the package installed would find without being told.
    here = os.pathsep.join([str(ROOT / "python"), os.environ.get("PYTHONPATH", "")])
    os.environ.update(PYTHONPATH=here, PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
    folder = tmp_path_factory.mktemp("spark")
    os.environ["SPARK_WORKER_DIR"] = str(folder)
    builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("dataprep")
    settings = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.local.dir": str(folder)}
    for key, value in settings.items():
        builder = builder.config(key, value)
    made = builder.getOrCreate()
    yield made
    made.stop()


def executors() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"CoarseGrainedExecutorBackend" in line:
                found.append(int(entry.name))
    return found


def test_an_executor_that_dies_costs_its_units_only(session, made, tmp_path):
    whole = tmp_path / "whole"
    run("augment", "-p", PIPELINE, made / "scans", "-o", whole, "--set", SET[0], "-q")
    plan = dataprep.plan(PIPELINE, made / "scans", output=tmp_path / "out", set=SET)
    killed = []

    def kill(_done: int, _total: int) -> None:
        if not killed:
            killed.append(executors()[0])
            os.kill(killed[0], signal.SIGKILL)

    done = dataprep.run(plan, engine="spark", session=session, progress=kill)
    assert set(done) == {unit.name for unit in plan.units} and killed
    assert committed(plan) == (whole / "manifest.json").read_bytes()
    assert not any(dataprep.run(plan, engine="spark", session=session).values()), "nothing is made twice"
