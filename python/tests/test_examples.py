"""The training example, shortened: right ids are learnt, shifted ones are not, and the audit says why.

And the benchmark, on a few small scenes: it checks every form's values as it goes.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import command

PYTHON = Path(__file__).parents[1]


def test_the_benchmark_reads_what_was_written_in_every_form(plain, tmp_path):
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    page = tmp_path / "page.md"
    page.write_text(
        "a\n<!-- python/bench/loaders.py begin -->stale table<!-- python/bench/loaders.py end -->\nb\n"
    )
    args = [plain, tmp_path / "work", "--scenes", "2", "--rounds", "1", "--page", page]
    subprocess.run([sys.executable, "-W", "ignore", PYTHON / "bench/loaders.py", *args], check=True, env=path)
    text = page.read_text()
    assert text.startswith("a\n<!--") and text.endswith("-->\nb\n") and "stale" not in text
    assert "| **dataprep `Shards`** | " in text and "| memory to memory (the bound) | " in text


def test_right_ids_are_learnt_and_shifted_ids_are_named_before_they_cost_a_training(tmp_path):
    pytest.importorskip("torch", reason="torch is not installed: the training example is not run")
    sys.path.insert(0, str(PYTHON / "examples"))
    import train_tiny

    told = {}
    for name, shift in (("sound", False), ("shifted", True)):
        (tmp_path / name).mkdir()
        told[name] = train_tiny.story(command(), tmp_path / name, scenes=80, epochs=10, seed=11, shift=shift)
    chance = max(told["sound"]["chance"].values())
    assert told["sound"]["verdict"].startswith("Clean")
    assert told["sound"]["reached"]["mIoU"] > 3 * chance
    shifted = told["shifted"]
    assert "REF104" in shifted["verdict"] and "shifted by +1" in shifted["verdict"]
    assert shifted["losses"][-1] < 0.95 * shifted["losses"][0]
    assert shifted["reached"]["mIoU"] < max(shifted["chance"].values())
