"""The code of docs/loading.md runs, and what it reads is what is there."""

import os
import re

import numpy as np
import pytest

from conftest import ROOT
from dataprep import Shards

BLOCKS = re.findall(r"^```python *(\w*)\n(.*?)^```", (ROOT / "docs/loading.md").read_text(), re.M | re.S)


@pytest.fixture
def beside(varied, tmp_path, monkeypatch):
    """A folder in which `out/` is a data set."""
    os.symlink(varied, tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return tmp_path


def execute(code):
    names = {"__name__": "__main__"}
    exec(compile(code, "docs/loading.md", "exec"), names)
    return names


def test_there_is_code_for_every_reader():
    assert {needs for needs, _ in BLOCKS} == {"", "torch", "pyarrow", "polars", "duckdb", "datasets"}


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=lambda i: f"{i}-{BLOCKS[i][0] or 'dataprep'}")
def test_the_code_of_the_page_runs(beside, number):
    needs, code = BLOCKS[number]
    if needs:
        pytest.importorskip(needs, reason=f"{needs} is not installed: its recipe is not run")
    names = execute(code)
    shards = Shards("out")
    if needs == "polars":
        scene = shards[names["scene"]["sample_id"][0]]
        assert np.array_equal(names["xyz"], scene["xyz"])
        assert np.array_equal(names["mask"], scene.mask(scene.descriptions["object_id"][0]))
    elif needs == "duckdb":
        assert sum(row[1] for row in names["by_class"]) == len(shards.descriptions)
    elif needs == "datasets":
        train = Shards("out", split="train")
        assert list(names["texts"]["text"]) == list(train.descriptions["text"])
        assert np.array_equal(names["xyz"], train[0]["xyz"])
    elif "state" in names:
        seen = [i for b in names["rest"] for i in b["index"].tolist()]
        order = names["stream"].order.epoch(0).tolist()
        assert seen == order[names["state"]["position"] :]


def test_a_stranger_decodes_every_column_from_the_file_alone(beside):
    """pyarrow and NumPy, and the field's metadata: no manifest, no package."""
    pytest.importorskip(
        "pyarrow", reason="pyarrow is not installed: nothing can be decoded without the package"
    )
    [code] = [code for needs, code in BLOCKS if needs == "pyarrow"]
    names = execute(code)
    sample = names["scene"]["sample_id"][0].as_py()
    scene = Shards("out")[sample]
    assert set(names["points"]) >= {*scene._shards.columns, "aabb", "fingerprint"}
    for name, array in names["points"].items():
        expected = scene[name] if name in scene._shards.columns else scene.info[name]
        assert array.dtype == expected.dtype and np.array_equal(array, expected), name
