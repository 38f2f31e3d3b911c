"""`dataprep export`: its files, read back as the trainers read theirs."""

import io
import json
import pickle
import tarfile

import numpy as np
import pytest

from dataprep import Shards

from conftest import run

#: nyu40 ids of the 20 ScanNet classes, in their order.
CLASSES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39]


@pytest.fixture(scope="session", params=["plain", "varied"])
def source(request):
    return Shards(request.getfixturevalue(request.param))


def exported(source, form, folder):
    run("export", "--format", form, source.path, "-o", folder, "-q")
    return folder


def name_of(scene, source):
    """Names hold the variant where there are variants, and none is part of another one."""
    return scene.scene_id + (f"_v{scene.variant:03}" if any(s.variant for s in source) else "")


def class20(nyu40, none):
    return np.array([CLASSES.index(i) if i in CLASSES else none for i in nyu40.tolist()])


def references(folder, source):
    """The references files speak of the exported names, as a trainer joins them."""
    for split in {scene.split for scene in source}:
        records = json.loads((folder / f"ScanRefer_filtered_{split}.json").read_text())
        names = (folder / f"ScanRefer_filtered_{split}.txt").read_text().split()
        scenes = [scene for scene in source if scene.split == split]
        assert names == [name_of(scene, source) for scene in scenes]
        expected = [
            (name_of(scene, source), str(row["object_id"]), row["ann_id"], row["text"], list(row["tokens"]))
            for scene in scenes
            for row in map(scene.descriptions.row, range(len(scene.descriptions)))
        ]
        found = [
            (r["scene_id"], r["object_id"], r["ann_id"], r["description"], r["token"]) for r in records
        ]
        assert found == expected and len(found) > 0


def test_pointcept(source, tmp_path):
    folder = exported(source, "pointcept", tmp_path / "out")
    for scene in source:
        assert len(list(folder.glob(f"*/{name_of(scene, source)}"))) == 1
        files = folder / scene.split / name_of(scene, source)
        read = {path.stem: np.load(path) for path in files.glob("*.npy")}
        assert set(read) == {"coord", "color", "normal", "segment20", "segment200", "instance"}
        assert read["coord"].dtype == np.float32 and np.array_equal(read["coord"], scene["xyz"])
        assert read["color"].dtype == np.uint8 and np.array_equal(read["color"], scene["rgb"])
        assert read["normal"].dtype == np.float32 and np.array_equal(read["normal"], scene["normal"])
        assert read["instance"].dtype == np.int64 and np.array_equal(read["instance"], scene["object"])
        assert read["segment20"].dtype == np.int64
        assert np.array_equal(read["segment20"], class20(scene["nyu40"], -1))
        of = dict(zip(scene.objects["object_id"].tolist(), scene.objects["scannet200"].tolist()))
        assert np.array_equal(read["segment200"], [of.get(o, -1) for o in scene["object"].tolist()])
        assert (read["segment200"] >= 0).any()
    references(folder, source)


def check_tuple(read, scene):
    assert isinstance(read, tuple) and len(read) == 5
    xyz, rgb, superpoint, semantic, instance = read
    exact = scene["xyz"].astype(np.float64)
    assert xyz.dtype == np.float64 and np.abs(xyz - (exact - exact.mean(0))).max() < 1e-9
    assert rgb.dtype == np.float64 and np.array_equal(rgb, scene["rgb"] / 127.5 - 1)
    assert superpoint.dtype == np.int64 and np.array_equal(superpoint, scene["superpoint"])
    assert semantic.dtype == np.float64 and np.array_equal(semantic, class20(scene["nyu40"], -100))
    assert instance.dtype == np.int64 and np.array_equal(instance, scene["object"])
    xyz += 1  # as trainers do, in place


def test_refer_pth_without_torch(source, tmp_path):
    """The run of pickles, and the object in it."""
    folder = exported(source, "refer-pth", tmp_path / "out")
    for scene in source:
        with open(folder / scene.split / f"{name_of(scene, source)}_refer.pth", "rb") as file:
            assert pickle.load(file) == 0x1950A86A20F9469CFC6C
            assert pickle.load(file) == 1001
            assert pickle.load(file)["little_endian"] is True
            check_tuple(pickle.load(file), scene)
            assert pickle.load(file) == [] and file.read() == b""
    references(folder, source)


def test_refer_pth_with_torch(source, tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed: its own reader is not asked")
    folder = exported(source, "refer-pth", tmp_path / "out")
    names = sorted(str(path) for path in folder.rglob("*_refer.pth"))
    for scene in source:
        # Reason3D takes whatever file has the scan in its name.
        found = [name for name in names if name_of(scene, source) in name]
        assert len(found) == 1
        try:
            read = torch.load(found[0], weights_only=False)
        except TypeError:  # before torch 1.13
            read = torch.load(found[0])
        check_tuple(read, scene)
        assert torch.from_numpy(read[1]).shape == (scene.num_points, 3)


def test_scanrefer_npy(source, tmp_path):
    folder = exported(source, "scanrefer-npy", tmp_path / "out")
    for scene in source:
        load = lambda what: np.load(folder / f"{name_of(scene, source)}_{what}.npy")  # noqa: B023, E731
        vertices = load("aligned_vert")
        assert vertices.dtype == np.float32 and vertices.shape == (scene.num_points, 9)
        assert np.array_equal(vertices[:, :3], scene["xyz"])
        assert np.array_equal(vertices[:, 3:6], scene["rgb"]) and vertices[:, 3:6].max() > 1
        assert np.array_equal(vertices[:, 6:], scene["normal"])
        labels, instances = load("sem_label"), load("ins_label")
        assert labels.dtype == instances.dtype == np.uint32
        assert np.array_equal(labels, scene["nyu40"])
        assert np.array_equal(instances.astype(np.int64) - 1, scene["object"])
        boxes = load("aligned_bbox")
        assert boxes.dtype == np.float64 and boxes.shape[1] == 8 and len(boxes) > 0
        for centre, size, nyu40, object_id in zip(boxes[:, :3], boxes[:, 3:6], boxes[:, 6], boxes[:, 7]):
            # As its loader finds the target: the last number is the objectId of the references.
            own = scene["xyz"][scene["object"] == object_id]
            low, high = own.min(0), own.max(0)
            assert np.allclose(centre, (low + high) / 2, atol=1e-5) and np.allclose(size, high - low, atol=1e-5)
            assert nyu40 == scene["nyu40"][scene["object"] == object_id][0] and nyu40 not in (0, 1, 2, 22)
        with_label = {i for i in np.unique(scene["object"]).tolist() if i >= 0}
        without = {
            i for i in with_label if scene["nyu40"][scene["object"] == i][0] in (0, 1, 2, 22)
        }
        assert set(boxes[:, 7].astype(int)) == with_label - without
    references(folder, source)


def test_webdataset(source, tmp_path):
    folder = exported(source, "webdataset", tmp_path / "out")
    seen = {}
    for split in ("train", "val"):
        tars = sorted(path.name for path in folder.glob(f"{split}-*.tar"))
        assert tars == [f"{split}-{i:05}.tar" for i in range(len(tars))] and tars
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                # A key goes to the first dot, as WebDataset has it.
                key, column = member.name.split(".", 1)
                content = tar.extractfile(member).read()
                seen.setdefault(key, {})[column] = (
                    json.loads(content) if column == "json" else np.load(io.BytesIO(content))
                )
    assert list(seen) == [name_of(scene, source) for scene in source]
    for scene in source:
        read = seen[name_of(scene, source)]
        for name in source.columns:
            array = read[f"{name}.npy"]
            assert array.dtype == scene[name].dtype and np.array_equal(array, scene[name])
        about = read["json"]
        assert (about["sample_id"], about["split"]) == (scene.sample_id, scene.split)
        assert [d["description"] for d in about["descriptions"]] == list(scene.descriptions["text"])


def test_webdataset_by_its_own_reader(source, tmp_path):
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed")
    folder = exported(source, "webdataset", tmp_path / "out")
    urls = [str(path) for path in sorted(folder.glob("*.tar"))]
    rows = list(webdataset.WebDataset(urls, shardshuffle=False).decode())
    assert len(rows) == len(source)
    for scene, row in zip(source, rows):
        assert row["__key__"] == name_of(scene, source)
        assert np.array_equal(row["xyz.npy"], scene["xyz"])


def test_one_split_and_refusals(varied, tmp_path):
    folder = tmp_path / "out"
    told = run("export", "--format", "pointcept", varied, "-o", folder, "--split", "val")
    assert "samples" in told and [p.name for p in folder.iterdir() if p.is_dir()] == ["val"]
    told = run("export", "--format", "pointcept", varied, "-o", folder, "--split", "val")
    assert "by an earlier run" in told
    told = run("export", "--format", "pointcept", varied, "-o", folder, code=2)
    assert "another data set, form, split" in told and "help:" in told
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    assert "notes.txt" in run("export", "--format", "refer-pth", varied, "-o", other, code=2)
    assert [p.name for p in other.iterdir()] == ["notes.txt"]
    assert "no split test" in run(
        "export", "--format", "refer-pth", varied, "-o", tmp_path / "x", "--split", "test", code=2
    )
