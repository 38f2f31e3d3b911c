"""Reading shards: the values of stock Parquet readers, by offsets alone; and every kind of damage."""

import json
import multiprocessing
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

import dataprep
from dataprep import Shards, errors
from dataprep.manifest import Manifest

pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: nothing to compare with")
TABLES = ("scenes", "objects", "descriptions")


def stock(folder, table):
    """The rows of a table as pyarrow reads them, in the manifest's order of shards."""
    shards = Manifest.read(folder).shards.values()
    return [
        row
        for files in shards
        for row in pq.read_table(folder / files[table].file, partitioning=None).to_pylist()
    ]


@pytest.mark.parametrize("data", ["plain", "varied"])
def test_points_are_those_that_pyarrow_reads(data, request):
    folder = request.getfixturevalue(data)
    shards = Shards(folder)
    rows = stock(folder, "scenes")
    assert [row["sample_id"] for row in rows] == [scene.sample_id for scene in shards]
    for row, scene in zip(rows, shards):
        n = row["num_points"]
        for name, dtype, shape in [
            ("xyz", "<f4", (n, 3)), ("rgb", "|u1", (n, 3)), ("superpoint", "<i4", (n,)), ("object", "<i4", (n,)),
            ("nyu40", "|u1", (n,)), ("normal", "<f4", (n, 3)), ("orig_index", "<u4", (n,)),
        ]:  # fmt: skip
            array = scene[name]
            assert array.dtype == dtype and array.shape == shape and array.flags.c_contiguous
            assert array.tobytes() == row[name], (scene.sample_id, name)
        info = scene.info
        assert info["provenance"] == row["provenance"] and info["aabb"].tobytes() == row["aabb"]
        assert row["transform"] is None or info["transform"].tobytes() == row["transform"]
        assert info["transform"].shape == (4, 4)


def plain_value(value):
    if isinstance(value, np.ndarray):
        return (
            value.tobytes()
            if value.dtype == "<f4" and value.ndim == 1 and value.size == 6
            else value.tolist()
        )
    if isinstance(value, np.generic):
        return value.item()
    return [plain_value(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("data", ["plain", "varied"])
@pytest.mark.parametrize("name", ["objects", "descriptions"])
def test_tables_are_those_that_pyarrow_reads(data, name, request):
    folder = request.getfixturevalue(data)
    table = getattr(Shards(folder), name)
    rows = stock(folder, name)
    assert len(table) == len(rows) > 0
    for i, row in enumerate(rows):
        assert {k: plain_value(v) for k, v in table.row(i).items()} == row


def test_choosing_scenes_keeps_descriptions_with_them(varied):
    whole = stock(varied, "descriptions")
    for choice in ({"split": "val"}, {"variants": [0, 2]}, {"split": "train", "variants": [1]}):
        shards = Shards(varied, **choice)
        ids = [scene.sample_id for scene in shards]
        assert 0 < len(ids) < len(Shards(varied)) and len(shards.manifest.shards) > 3
        expected = [
            (row["sample_id"], row["ann_key"], row["text"]) for row in whole if row["sample_id"] in ids
        ]
        table = shards.descriptions
        assert list(zip(table["sample_id"], table["ann_key"], table["text"])) == expected
        for scene in shards:
            assert set(scene.descriptions["sample_id"]) <= {scene.sample_id}
            assert set(scene.objects["object_id"]) == set(np.unique(scene["object"])) - {-1}


def test_superpoint_masks_are_those_of_the_objects_table(varied):
    for scene in Shards(varied):
        sizes = np.bincount(scene["superpoint"])
        for i in range(len(scene.objects)):
            row = scene.objects.row(i)
            expected = np.zeros(len(sizes), bool)
            expected[row["superpoints"][2 * row["superpoint_points"] > sizes[row["superpoints"]]]] = True
            assert np.array_equal(scene.superpoint_mask(row["object_id"]), expected)


def test_views_share_the_file_and_copies_may_be_changed(plain):
    scene = Shards(plain)[0]
    view, copy = scene["rgb"], scene.read(["rgb"], writable=True)["rgb"]
    assert not view.flags.writeable and not view.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        view += 1
    copy += 1
    assert np.array_equal(scene["rgb"], view) and not np.array_equal(copy, view)


def test_views_outlive_what_they_came_from(plain):
    expected = Shards(plain)[0]["xyz"].copy()
    view = Shards(plain)[0]["xyz"]
    import gc

    gc.collect()
    assert np.array_equal(view, expected)


# -- processes ------------------------------------------------------------------------------------


def checksum(shards):
    return [int(scene["xyz"].view("<u4").sum(dtype=np.uint64)) for scene in shards], list(
        shards.descriptions["text"]
    )


def send_checksum(shards, pipe):
    pipe.send(checksum(shards))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_another_process_reads_the_same_after_this_one_did(plain, method):
    shards = Shards(plain)
    expected = checksum(shards)
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    child = context.Process(target=send_checksum, args=(shards, theirs))
    child.start()
    assert ours.poll(60) and ours.recv() == expected
    child.join()
    assert child.exitcode == 0 and checksum(shards) == expected


def test_pickling_keeps_the_choice(varied):
    shards = Shards(varied, split="val", verify="never")
    again = pickle.loads(pickle.dumps(shards))
    assert checksum(again) == checksum(shards) and again.verify == "never"


def test_importing_and_reading_starts_no_thread_and_loads_no_torch(plain):
    code = (
        "import sys, os, dataprep\n"
        f"scene = dataprep.Shards({str(plain)!r})[0]; scene['xyz'].sum()\n"
        "heavy = {'torch', 'pyarrow', 'pandas'} & set(sys.modules); assert not heavy, heavy\n"
        "assert len(os.listdir('/proc/self/task')) == 1\n"
        "list(dataprep.Shards.__module__)\n"
    )
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env=path)


# -- damage ---------------------------------------------------------------------------------------


def file_of(folder, table="scenes", split="train"):
    return next(p for p in sorted((folder / table).iterdir()) if p.name.startswith(split))


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


def test_a_flipped_byte_is_named_at_first_touch(broken):
    entry = Manifest.read(broken).scenes[1]
    offset, nbytes, _ = entry.blobs["rgb"]
    flip(file_of(broken), offset + nbytes // 2)
    shards = Shards(broken)
    shards[1]["xyz"], shards[0]["rgb"]
    with pytest.raises(errors.CorruptShard) as caught:
        shards[1]["rgb"]
    error = caught.value
    assert error.file == str(file_of(broken)) and entry.sample_id in str(error) and "rgb" in str(error)
    assert f"{offset}.." in error.place and "CRC-32" in error.expected and error.help
    assert Shards(broken, verify="never")[1]["rgb"].nbytes == nbytes


@pytest.mark.parametrize("table", ["objects", "descriptions"])
def test_a_flipped_byte_in_a_table_is_found(broken, table):
    flip(file_of(broken, table), 1000)
    with pytest.raises(errors.CorruptShard, match="not those that were written") as caught:
        getattr(Shards(broken), table)
    assert caught.value.file == str(file_of(broken, table))


def test_a_shard_cut_short_is_an_error_not_a_signal(broken):
    path = file_of(broken)
    size = path.stat().st_size
    shards = Shards(broken)
    shards[0]["xyz"]
    os.truncate(path, size // 3)
    for reader in (shards, Shards(broken)):
        with pytest.raises(errors.CorruptShard, match="cut short") as caught:
            reader[0]["rgb"]
        assert str(size) in caught.value.expected and str(size // 3) in caught.value.found


def test_a_shard_that_grew_is_an_error(broken):
    with open(file_of(broken), "ab") as file:
        file.write(b"more")
    with pytest.raises(errors.CorruptShard, match="longer"):
        Shards(broken)[0]["xyz"]


def test_a_file_replaced_while_it_is_open_is_noticed(broken):
    shards = Shards(broken)
    before = shards[0]["xyz"].copy()
    path = file_of(broken)
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    os.replace(other, path)
    with pytest.raises(errors.FileChanged, match="open the data set again"):
        shards[0]["rgb"]
    assert np.array_equal(Shards(broken)[0]["xyz"], before)


def test_a_missing_shard_is_named(broken):
    path = file_of(broken)
    path.unlink()
    with pytest.raises(errors.MissingShard) as caught:
        Shards(broken)[0]["xyz"]
    assert caught.value.file == str(path) and "dataprep verify" in caught.value.help


def test_what_the_data_set_does_not_have_is_named(shards, tmp_path):
    with pytest.raises(errors.UnknownColumn, match="intensity") as caught:
        shards[0]["intensity"]
    assert "xyz" in caught.value.found
    with pytest.raises(errors.UnknownColumn, match="no column 'mood'"):
        shards.descriptions["mood"]
    with pytest.raises(errors.UnknownSample, match="no sample"):
        shards["scene9999_00/v000"]
    with pytest.raises(errors.UnknownSample, match="no split 'test'"):
        Shards(shards.path, split="test")
    with pytest.raises(IndexError):
        shards[len(shards)]
    with pytest.raises(errors.MissingDataset) as missing:
        Shards(tmp_path)
    assert missing.value.file == str(tmp_path / "manifest.json")


def edit(folder, change):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_a_manifest_of_another_version_is_refused(broken):
    edit(broken, lambda manifest: manifest.update(format=99))
    with pytest.raises(errors.VersionMismatch) as caught:
        Shards(broken)
    assert caught.value.found == "format 99" and "dataprep version" in caught.value.help


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["shards"][0]["files"][0].update(file="../../etc/passwd"),
        lambda m: m["shards"][0]["files"][0].update(file="/etc/passwd"),
        lambda m: m["scenes"][0].update(num_points=2**40),
        lambda m: m["scenes"][0]["blobs"].update(xyz=[2**62, 12 * m["scenes"][0]["num_points"], 0]),
        lambda m: m["scenes"][0]["blobs"].update(xyz=[-5, 12 * m["scenes"][0]["num_points"], 0]),
        lambda m: m["columns"].update(xyz="|O [N,3]"),
        lambda m: m["columns"].update(xyz="<f4 [3,N]"),
        lambda m: m["scenes"][0].update(shard="elsewhere"),
        lambda m: m["scenes"][0].pop("blobs"),
        lambda m: m.update(scenes=7),
    ],
)
def test_a_manifest_that_lies_is_refused_when_it_is_opened(broken, change):
    edit(broken, change)
    with pytest.raises(errors.CorruptManifest) as caught:
        Shards(broken)
    assert caught.value.file == str(broken / "manifest.json")


@pytest.mark.parametrize("cut", [0, 1, 100, -100])
def test_a_manifest_cut_short_is_refused(broken, cut):
    path = broken / "manifest.json"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(errors.CorruptManifest):
        Shards(broken)


@pytest.mark.parametrize("damage", ["missing", "short", "table"])
def test_skip_leaves_out_broken_shards_and_says_so(broken, damage):
    if damage == "missing":
        file_of(broken).unlink()
    elif damage == "short":
        os.truncate(file_of(broken, "objects"), 100)
    else:
        flip(file_of(broken, "descriptions"), 1000)
    with pytest.warns(UserWarning, match="left out shard train-"):
        shards = Shards(broken, on_corrupt="skip")
    assert {scene.split for scene in shards} == {"val"}
    assert len(shards.descriptions) == sum(scene.num_descriptions for scene in shards) > 0
    assert [left.what.split("-")[0] for left in shards.left_out] == ["shard train"] and shards.left_out[0].why


def test_errors_cross_processes_whole():
    error = errors.CorruptShard(
        "bad", file="a.parquet", place="bytes 1..2", expected="x", found="y", help="copy"
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is errors.CorruptShard and str(again) == str(error)
    assert vars(again) == vars(error) and "help: copy" in str(again)
    # As torch raises a worker's error again: the text alone.
    assert str(errors.CorruptShard(str(error))) == str(error)
    assert issubclass(errors.CorruptShard, dataprep.Error)
