"""Every profile of `[output]`: the same arrays by this package, and by a stranger from the file alone."""

import json
import os
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

import dataprep
from dataprep import Loader, ReferDataset, Shards, errors
from dataprep.failures import InvalidConfiguration

from conftest import ROOT, run

PROFILES = ("archive", "compact", "points")


@pytest.fixture(scope="session", params=PROFILES)
def profiled(request, made, tmp_path_factory):
    """The plain data set in another profile."""
    out = tmp_path_factory.mktemp(request.param) / "out"
    run(
        "augment", "-p", ROOT / "pipelines/none.toml", made / "scans", "-o", out, "-q",
        "--set", f'output.profile="{request.param}"',
    )  # fmt: skip
    return request.param, out


def bounds(shards):
    return shards.manifest.raw["errors"]


def alike(name, array, exact, bound):
    assert array.dtype == exact.dtype and array.shape == exact.shape
    if name == "xyz" and "xyz_m" in bound:
        assert 0 < bound["xyz_m"] < 2e-4
        return np.abs(array.astype(np.float64) - exact).max() <= bound["xyz_m"]
    if name == "normal" and "normal_deg" in bound:
        chord = np.linalg.norm(array.astype(np.float64) - exact, axis=1).max()
        return chord <= 2 * np.sin(np.radians(bound["normal_deg"]) / 2) + 1e-12 and bound["normal_deg"] < 0.01
    return np.array_equal(array, exact)


def test_shards_and_loader_give_the_arrays_of_profile_train(profiled, plain):
    profile, folder = profiled
    exact, shards = Shards(plain), Shards(folder)
    columns = [name for name in exact.columns if name != "orig_index" or profile != "compact"]
    assert set(shards.columns) == set(columns)
    for a, b in zip(exact, shards):
        for name in columns:
            assert alike(name, b[name], a[name], bounds(shards)), (a.sample_id, name)
            assert not b[name].flags.writeable
        changed = b.read(["rgb"], writable=True)["rgb"]
        changed += 1
        assert np.array_equal(b["rgb"], a["rgb"])
        assert np.array_equal(b.info["aabb"], a.info["aabb"])
        assert b.info["fingerprint"].tobytes() == a.info["fingerprint"].tobytes() or profile == "compact"
        assert list(b.descriptions["text"]) == list(a.descriptions["text"])
    for batch in Loader(shards, [[0, 2], [1]], columns=columns):
        for place, sample in enumerate(batch["sample"].tolist()):
            rows = slice(*batch["offsets"][place : place + 2])
            for name in columns:
                assert np.array_equal(batch[name][rows], shards.array(sample, name)), name
    again = pickle.loads(pickle.dumps(shards))
    assert np.array_equal(again[1]["xyz"], shards[1]["xyz"])
    samples = ReferDataset(shards)
    assert np.array_equal(samples[3]["mask"], ReferDataset(exact)[3]["mask"])


def planes_undone(blob, header, item):
    values = np.frombuffer(blob, np.uint8)[header:]
    return blob[:header] + values.reshape(item, -1).T.tobytes()


def decoded(value, about):
    """A column by what its field's metadata says, and nothing else."""
    dtype = np.dtype(about["dtype"])
    header = 24 if "header" in about else 0
    if "byte planes" in about.get("layout", "") and dtype.itemsize > 1:
        value = planes_undone(value, header, dtype.itemsize)
    shape = [-1 if n == "N" else int(n) for n in about["shape"].strip("[]").split(",")]
    stored = np.frombuffer(value, dtype, offset=header).reshape(shape)
    encoding = about.get("encoding", "")
    if encoding.startswith("grid"):
        origin, step = np.frombuffer(value, "<f4", 6).reshape(2, 3).astype(np.float64)
        return (origin + step * stored).astype(np.float32)
    if encoding.startswith("octahedral"):
        u, v = (stored / 32767.0).T
        z = 1 - np.abs(u) - np.abs(v)
        sign = lambda c: np.where(c < 0, -1.0, 1.0)  # noqa: E731
        u, v = (
            np.where(z < 0, (1 - np.abs(v)) * sign(u), u),
            np.where(z < 0, (1 - np.abs(u)) * sign(v), v),
        )
        normal = np.stack([u, v, z], 1) / np.sqrt(u * u + v * v + z * z)[:, None]
        return np.where((stored == -32768).all(1)[:, None], 0, normal).astype(np.float32)
    if encoding:
        to = re.match(r"as (\S+) ", encoding)
        assert to, encoding
        return stored.astype(to[1])
    return stored


def test_a_stranger_decodes_every_column_from_the_file_alone(profiled):
    """pyarrow and NumPy, and the fields' metadata: no manifest, no package."""
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: nobody else can read here")
    profile, folder = profiled
    shards = Shards(folder)
    seen = set()
    for path in sorted((folder / shards.manifest.layout.table).iterdir()):
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            scene = shards[table["sample_id"][0].as_py()]
            arrays = {}
            if profile == "points":
                names = {"xyz": ["x", "y", "z"], "rgb": ["red", "green", "blue"], "normal": ["nx", "ny", "nz"]}
                for name in shards.columns:
                    parts = [table[part].to_numpy() for part in names.get(name, [name])]
                    arrays[name] = np.stack(parts, 1) if len(parts) > 1 else parts[0]
                assert set(table["sample_id"].to_pylist()) == {scene.sample_id}
            else:
                for field in file.schema_arrow:
                    about = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
                    if "dtype" in about and table[field.name][0].is_valid:
                        arrays[field.name] = decoded(table[field.name][0].as_py(), about)
            for name in shards.columns:
                assert np.array_equal(arrays[name], scene[name]), (profile, name)
                assert arrays[name].dtype == scene[name].dtype
            seen.add(scene.sample_id)
    assert seen == {scene.sample_id for scene in shards}


def test_variants_are_made_of_exact_originals_only(profiled, plain):
    profile, folder = profiled
    pipeline = ROOT / "pipelines/default.toml"
    if profile == "compact":
        with pytest.raises(InvalidConfiguration, match="profile compact") as told:
            Loader(folder, [[0]], augment=pipeline)
        assert "archive" in told.value.help
        return
    [batch] = Loader(folder, [[0]], augment=pipeline, copy=True)
    [expected] = Loader(plain, [[0]], augment=pipeline, copy=True)
    assert np.array_equal(batch["xyz"], expected["xyz"]) and batch["sentences"] == expected["sentences"]


def test_the_commands_read_every_profile(profiled, made):
    profile, folder = profiled
    run("verify", folder, "-q")
    assert f"profile {profile}" in run("inspect", folder)
    sample = Shards(folder)[0].sample_id
    told = run("inspect", folder, sample)
    assert "nyu40" in told and "differs" not in told
    run("replay", folder, sample)
    assert f"profile {profile}" in run("bench", folder, "--seconds", 1)


def test_a_flipped_bit_is_told_with_the_file(profiled, tmp_path):
    import shutil

    profile, folder = profiled
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    shards = Shards(broken)
    file = broken / shards.manifest.shards[shards.entries[0].shard][shards.manifest.layout.table].file
    data = bytearray(file.read_bytes())
    for at in range(200, len(data) * 3 // 4, len(data) // 50):
        data[at] ^= 0x10
    file.write_bytes(data)
    for read in (lambda: [dict(s.read()) for s in Shards(broken)], lambda: list(Loader(broken, [[0]]))):
        with pytest.raises(errors.CorruptShard) as told:
            read()
        assert told.value.file == str(file) and told.value.help


def test_without_the_native_module_the_error_says_what_to_do(profiled):
    profile, folder = profiled
    code = (
        "import sys; sys.modules['dataprep._native'] = None\n"
        "import dataprep\n"
        "shards = dataprep.Shards(sys.argv[1])\n"
        "try: shards[0]['xyz']\n"
        "except dataprep.errors.MissingDependency as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True,
        cwd=os.path.dirname(os.path.dirname(dataprep.__file__)),
    )  # fmt: skip
    assert "native module" in done.stdout and 'profile = "train"' in done.stdout


def test_a_data_set_without_a_column_says_which_it_has(made, tmp_path):
    out = tmp_path / "few"
    run(
        "augment", "-p", ROOT / "pipelines/none.toml", made / "scans", "-o", out, "-q",
        "--set", 'output.columns=["xyz", "object"]',
    )  # fmt: skip
    shards = Shards(out)
    assert list(shards.columns) == ["object", "xyz"] and shards[0]["xyz"].shape[1] == 3
    with pytest.raises(errors.UnknownColumn, match="rgb"):
        shards[0]["rgb"]
    with pytest.raises(InvalidConfiguration, match="rgb is left out"):
        Loader(out, [[0]], columns=["xyz"], augment=ROOT / "pipelines/default.toml")
    assert json.loads((out / "manifest.json").read_text())["layout"]["columns"] == ["xyz", "object"]
