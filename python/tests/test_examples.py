"""The training example, shortened: right ids are learnt, shifted ones are not, and the audit says why."""

import sys
from pathlib import Path

import pytest

from conftest import command

pytest.importorskip("torch", reason="torch is not installed: the training example is not run")
sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

import train_tiny  # noqa: E402


def test_right_ids_are_learnt_and_shifted_ids_are_named_before_they_cost_a_training(tmp_path):
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
