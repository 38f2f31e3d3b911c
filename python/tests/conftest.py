"""Data for the tests, made by the real command: two data sets, one of them augmented."""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

import dataprep

ROOT = Path(__file__).parents[2]


def command() -> str:
    """The `dataprep` command: `$DATAPREP`, on the path, or built in `target/`."""
    built = [ROOT / "target" / kind / "dataprep" for kind in ("release", "debug")]
    found = (
        os.environ.get("DATAPREP")
        or shutil.which("dataprep")
        or next((str(b) for b in built if b.is_file()), None)
    )
    if found is None:
        pytest.exit("no dataprep command: set DATAPREP, or run `cargo build`", returncode=2)
    return found


def run(*args: object, code: int = 0) -> str:
    done = subprocess.run([command(), *map(str, args)], capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def status_of(child: int) -> int:
    """How a forked process ended; one that hangs fails the test."""
    for _ in range(600):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the child hangs")


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A folder of eight made scans with their references."""
    folder = tmp_path_factory.mktemp("made") / "data"
    run("synth", "-o", folder, "--scenes", 8, "--vertices", 4000, "--seed", 1)
    return folder


@pytest.fixture(scope="session")
def plain(made, tmp_path_factory) -> Path:
    """Its data set without augmentation: one shard a split."""
    out = tmp_path_factory.mktemp("plain") / "out"
    run("augment", "-p", ROOT / "pipelines/none.toml", made / "scans", "-o", out, "-q")
    return out


@pytest.fixture(scope="session")
def varied(made, tmp_path_factory) -> Path:
    """Its data set with three variants a scan, moved, mirrored and thinned, in several shards."""
    out = tmp_path_factory.mktemp("varied") / "out"
    run(
        "augment",
        "-p",
        ROOT / "pipelines/default.toml",
        made / "scans",
        "-o",
        out,
        "--variants",
        3,
        "--set",
        "output.shard-size-mb=1",
        "-q",
    )
    return out


@pytest.fixture
def broken(plain, tmp_path) -> Path:
    """A copy of the plain data set, to be broken."""
    return Path(shutil.copytree(plain, tmp_path / "broken"))


@pytest.fixture(scope="session")
def shards(plain) -> dataprep.Shards:
    return dataprep.Shards(plain)


MISSING = [
    name
    for name in ("torch", "pyarrow", "polars", "duckdb", "datasets")
    if importlib.util.find_spec(name) is None
]


def pytest_terminal_summary(terminalreporter) -> None:
    if MISSING:
        terminalreporter.section("NOT TESTED", sep="!", red=True)
        for name in MISSING:
            terminalreporter.write_line(
                f"{name} is not installed: what needs it was left out of this run", red=True
            )
