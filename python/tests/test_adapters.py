"""Adapters against the trainers' formulas, written down here once more and straight from raw files.

Nothing of the package computes an expected value: points come from the made scans' own PLY and
JSON files, superpoints and normals from stock Parquet.
"""

import json

import numpy as np
import pytest

from dataprep import ReferDataset, SceneDataset, Shards, errors

torch = pytest.importorskip("torch", reason="torch is not installed: adapters are not tested")
pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: nothing to compare with")

from dataprep.adapters import pointcept, reason3d, spformer, stmn  # noqa: E402

NYU20 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39]
VERTEX = np.dtype([("xyz", "<f4", 3), ("rgb", "u1", 3), ("alpha", "u1")])
LABELLED = np.dtype([*[(name, VERTEX[name]) for name in VERTEX.names], ("label", "<u2")])


def vertices(path, dtype):
    data = path.read_bytes()
    body = data.index(b"end_header\n") + len(b"end_header\n")
    count = int(data[:body].split(b"element vertex ")[1].split()[0])
    return np.frombuffer(data, dtype, count, body)


class Prepared:
    """A scan as `prepare_data_refer.py` would leave it: five arrays a vertex."""

    def __init__(self, made, plain, scene_id):
        folder = made / "scans" / scene_id
        mesh = vertices(folder / f"{scene_id}_vh_clean_2.ply", VERTEX)
        points = mesh["xyz"].astype(np.float64)
        self.raw, self.rgb = mesh["xyz"], mesh["rgb"]
        self.coords = points - points.mean(0)
        self.colors = mesh["rgb"].astype(np.float64) / 127.5 - 1
        remap = np.full(150, -100.0)
        remap[NYU20] = np.arange(20)
        self.nyu40 = vertices(folder / f"{scene_id}_vh_clean_2.labels.ply", LABELLED)["label"]
        self.sem = remap[self.nyu40]
        segs = np.array(
            json.loads((folder / f"{scene_id}_vh_clean_2.0.010000.segs.json").read_text())["segIndices"]
        )
        self.groups = json.loads((folder / f"{scene_id}.aggregation.json").read_text())["segGroups"]
        self.inst = np.full(len(segs), -1)
        for group in self.groups:
            self.inst[np.isin(segs, group["segments"])] = group["id"]
        # Any labels of the same pieces do: loaders make them dense.
        self.superpoint = segs


@pytest.fixture(scope="module")
def prepared(made, plain):
    return {scene.scene_id: Prepared(made, plain, scene.scene_id) for scene in Shards(plain)}


@pytest.fixture(scope="module")
def references(made):
    entries = []
    for split in ("train", "val"):
        entries += json.loads((made / f"ScanRefer_filtered_{split}.json").read_text())
    return {(e["scene_id"], int(e["object_id"]), int(e["ann_id"])): e for e in entries}


def points_of(scan):
    """coord, coord_float, feat, superpoint of the test path: no noise, no crop."""
    middle = scan.coords
    xyz = middle * 50
    xyz = xyz - xyz.min(0)
    dense = np.unique(scan.superpoint, return_inverse=True)[1].reshape(-1)
    return xyz.astype(np.int64), middle.astype(np.float32), scan.colors.astype(np.float32), dense


def scatter_mean(values, index):
    return np.array([values[index == s].mean() for s in range(index.max() + 1)], np.float32)


def same(tensor, array, dtype):
    assert isinstance(tensor, torch.Tensor) and tensor.dtype == dtype, (tensor.dtype, dtype)
    assert tuple(tensor.shape) == array.shape and np.array_equal(tensor.numpy(), array)


def same_partition(ours, theirs):
    """Superpoint ids may be named in another order; the pieces are the same. Gives ours -> theirs."""
    pairs = np.unique(np.stack([ours, theirs], 1), axis=0)
    assert len(pairs) == len(np.unique(ours)) == len(np.unique(theirs)) == ours.max() + 1
    return pairs[:, 1]


def check_points(scan, coord, coord_float, feat, superpoint):
    expected = points_of(scan)
    same(coord, expected[0], torch.int64)
    same(coord_float, expected[1], torch.float32)
    same(feat, expected[2], torch.float32)
    assert superpoint.dtype == torch.int64
    return same_partition(superpoint.numpy(), expected[3]), expected[3]


def picks(dataset):
    return range(0, len(dataset), 17)


def test_stmn_items(plain, prepared, references):
    dataset = ReferDataset(Shards(plain), columns=stmn.COLUMNS, transform=stmn.item)
    contexts = 0
    for i in picks(dataset):
        ann, scan_id, coord, coord_float, feat, superpoint, target, pmask, spmask, ref, graph, tokens = (
            dataset[i]
        )
        scan, said = prepared[scan_id], references[scan_id, target, ann]
        names, dense = check_points(scan, coord, coord_float, feat, superpoint)
        mask = scan.inst == target
        same(pmask, mask.astype(np.float32), torch.float32)
        same(spmask, (scatter_mean(mask, dense) > 0.5).astype(np.float32)[names], torch.float32)
        assert tokens == said["token"] and graph is None and type(ann) is type(target) is int
        classes = {"cabinet": 3, "bed": 4, "chair": 5, "sofa": 6, "table": 7, "door": 8, "window": 9, "bookshelf": 10,
                   "picture": 11, "counter": 12, "desk": 14, "curtain": 16, "refrigerator": 24, "shower curtain": 28,
                   "toilet": 33, "sink": 34, "bathtub": 36}  # fmt: skip
        soft = np.zeros(len(mask))
        for word in said["token"]:
            if word in classes:
                soft[(scan.nyu40 == classes[word]) & (scan.inst >= 0)] = 0.5
        contexts += bool((soft[~mask] == 0.5).any())
        soft[mask] = 1
        assert ref.dtype == torch.float32
        np.testing.assert_allclose(ref.numpy(), scatter_mean(soft, dense)[names], rtol=1e-6)
    assert contexts > 3


def test_reason3d_items(plain, prepared, references):
    templates, answers = (
        ("a {description}", "b {description}.", "c {description}"),
        ("[SEG].", "It is [SEG]."),
    )
    dataset = ReferDataset(Shards(plain), transform=reason3d.Item(templates, answers))
    used = set()
    for i in picks(dataset):
        item = dataset[i]
        assert list(item) == [
            "ann_ids", "scan_ids", "coord", "coord_float", "feat", "superpoint", "object_id", "gt_pmask",
            "gt_spmask", "sp_ref_mask", "lang_tokens", "answers", "text_input",
        ]  # fmt: skip
        scan = prepared[item["scan_ids"]]
        said = references[item["scan_ids"], item["object_id"], item["ann_ids"]]
        names, dense = check_points(
            scan, item["coord"], item["coord_float"], item["feat"], item["superpoint"]
        )
        mask = scan.inst == item["object_id"]
        same(item["gt_pmask"], mask.astype(np.float32), torch.float32)
        same(item["gt_spmask"], (scatter_mean(mask, dense) > 0.5).astype(np.float32)[names], torch.float32)
        clean = "".join(c for c in said["description"].lower() if c not in '.!"()*#:;~').rstrip(" ")
        clean = " ".join(clean.split(" ")[:50])
        assert item["text_input"] in [t.format(description=clean) for t in templates]
        used.add((item["text_input"][0], item["answers"][0]))
        assert item["sp_ref_mask"] is item["lang_tokens"] is None and len(item["answers"]) == 1
    assert len(used) == 6


def test_a_long_question_is_cut_at_fifty_words():
    text = " ".join(f"Word{i}" for i in range(80)) + " ."
    assert reason3d.question_text(text) == " ".join(f"word{i}" for i in range(50))
    assert reason3d.question_text('a (big) "Red" chair; it is ... here.  ') == "a big red chair it is  here"


def voxels_one_by_one(coords):
    """Voxels in order of first appearance, with the points of each."""
    members = {}
    for i, cell in enumerate(map(tuple, coords.tolist())):
        members.setdefault(cell, []).append(i)
    most = max(map(len, members.values()))
    rows = [[len(m), *m, *[0] * (most - len(m))] for m in members.values()]
    point_to_voxel = np.empty(len(coords), np.int32)
    for v, m in enumerate(members.values()):
        point_to_voxel[m] = v
    return np.array(list(members)), point_to_voxel, np.array(rows, np.int32)


def check_batch(batch, items, names):
    """The parts that all collaters of the family share; `names`: coord, coord_float, feat, superpoint."""
    columns = [[item[name] for item in items] for name in names]
    coords = np.concatenate([np.c_[np.full(len(c), i), c.numpy()] for i, c in enumerate(columns[0])])
    voxel_coords, p2v, v2p = voxels_one_by_one(coords)
    same(batch["voxel_coords"], voxel_coords, torch.int64)
    same(batch["p2v_map"], p2v, torch.int32)
    same(batch["v2p_map"], v2p, torch.int32)
    assert np.array_equal(batch["spatial_shape"], np.clip(coords.max(0)[1:] + 1, 128, None))
    assert batch["spatial_shape"].dtype == np.int64
    feats = np.concatenate([np.c_[f.numpy(), x.numpy()] for f, x in zip(columns[2], columns[1])])
    same(batch["feats"], feats, torch.float32)
    offsets = np.cumsum([0] + [int(s.max()) + 1 for s in columns[3]])
    same(batch["batch_offsets"], offsets.astype(np.int32), torch.int32)
    moved = np.concatenate([s.numpy() + o for s, o in zip(columns[3], offsets)])
    same(batch["superpoints"], moved, torch.int64)


def test_reason3d_batches(plain):
    dataset = ReferDataset(Shards(plain), transform=reason3d.Item())
    items = [dataset[i] for i in (3, 200, 40)]
    batch = reason3d.collate(items)
    assert list(batch) == [
        "ann_ids", "scan_ids", "voxel_coords", "p2v_map", "v2p_map", "spatial_shape", "feats", "superpoints",
        "batch_offsets", "object_ids", "gt_pmasks", "gt_spmasks", "sp_ref_masks", "answer", "text_input",
        "lang_tokenss", "lang_masks", "n_answers",
    ]  # fmt: skip
    check_batch(batch, items, ["coord", "coord_float", "feat", "superpoint"])
    assert batch["object_ids"] == [item["object_id"] for item in items]
    assert batch["answer"] == ["[SEG]."] * 3 and batch["n_answers"].tolist() == [1, 1, 1]
    assert batch["n_answers"].dtype == torch.int64 and batch["sp_ref_masks"] == [None] * 3
    assert all(torch.equal(a, item["gt_spmask"]) for a, item in zip(batch["gt_spmasks"], items))


class Tokenizer:
    """Splits like a Hugging Face tokenizer, as far as the collater asks."""

    def encode_plus(self, words, *, max_length, padding, truncation, **_):
        assert padding == "max_length" and truncation
        ids = [101, *[len(word) for word in words][: max_length - 2], 102]
        mask = [1] * len(ids) + [0] * (max_length - len(ids))
        ids += [0] * (max_length - len(ids))
        return {"input_ids": torch.tensor([ids]), "attention_mask": torch.tensor([mask])}


def test_stmn_batches(plain):
    dataset = ReferDataset(Shards(plain), columns=stmn.COLUMNS, transform=stmn.item)
    items = [dataset[i] for i in (0, 150)]
    batch = stmn.Collate(Tokenizer())(items)
    assert list(batch) == [
        "ann_ids", "scan_ids", "voxel_coords", "p2v_map", "v2p_map", "spatial_shape", "feats", "superpoints",
        "batch_offsets", "object_ids", "gt_pmasks", "gt_spmasks", "sp_ref_masks", "batched_graph", "lang_tokenss",
        "lang_masks",
    ]  # fmt: skip
    check_batch(batch, items, [2, 3, 4, 5])
    assert batch["lang_tokenss"].shape == batch["lang_masks"].shape == (2, 80)
    assert batch["lang_tokenss"].dtype == torch.int64 and batch["lang_masks"].dtype == torch.int32
    assert batch["batched_graph"] is None

    def graph(scan_id, object_id, ann_id):
        return (scan_id, object_id, ann_id), ["two", "words"]

    with_graph = stmn.Collate(Tokenizer(), graph=graph, batch_graphs=list)(items)
    assert with_graph["batched_graph"] == [(item[1], item[6], item[0]) for item in items]
    assert with_graph["lang_masks"].sum(1).tolist() == [4, 4]


def test_spformer_items_and_batches(plain, prepared):
    dataset = SceneDataset(Shards(plain), spformer.item)
    items = [dataset[i] for i in range(3)]
    for scan_id, coord, coord_float, feat, superpoint, instances in items:
        scan = prepared[scan_id]
        names, dense = check_points(scan, coord, coord_float, feat, superpoint)
        kept = [g for g in scan.groups if g["label"] not in ("wall", "floor")]
        sem = np.where(scan.sem < 2, -100, scan.sem - 2).astype(int)
        labels, masks, gt = [], [], np.zeros(len(sem), np.int64)
        for number, group in enumerate(kept):
            mask = scan.inst == group["id"]
            assert len(set(sem[mask])) == 1
            label = sem[mask][0]
            if label == -100:
                continue
            labels.append(label)
            masks.append((scatter_mean(mask, dense) > 0.5)[names])
            gt[mask] = (label + 1) * 1000 + number + 1
        same(instances.gt_labels, np.array(labels), torch.int64)
        same(instances.gt_spmasks, np.array(masks, np.float32), torch.float32)
        assert np.array_equal(instances.gt_instances, gt) and instances.num_points == len(gt)
        assert len(instances) == len(labels) > 0 and instances.to("cpu").gt_labels is instances.gt_labels
    batch = spformer.collate(items)
    assert list(batch) == [
        "scan_ids", "voxel_coords", "p2v_map", "v2p_map", "spatial_shape", "feats", "superpoints",
        "batch_offsets", "insts",
    ]  # fmt: skip
    check_batch(batch, items, [1, 2, 3, 4])


def test_pointcept_items(plain, prepared, made):
    rows = (made / "scannetv2-labels.combined.tsv").read_text().splitlines()
    nyu40 = {row.split("\t")[1]: int(row.split("\t")[4]) for row in rows[1:]}
    stock = {}
    for file in (plain / "scenes").iterdir():
        for row in pq.read_table(file, columns=["scene_id", "normal"], partitioning=None).to_pylist():
            stock[row["scene_id"]] = np.frombuffer(row["normal"], "<f4").reshape(-1, 3)
    for item in SceneDataset(Shards(plain), pointcept.Item()):
        scan = prepared[item["name"]]
        assert sorted(item) == ["color", "coord", "instance", "name", "normal", "segment", "split"]
        segment = np.full(len(scan.inst), -1)
        for group in scan.groups:
            known = nyu40[group["label"]]
            segment[scan.inst == group["id"]] = NYU20.index(known) if known in NYU20 else -1
        for name, expected, dtype in [
            ("coord", scan.raw, "f4"), ("color", scan.rgb.astype("f4"), "f4"), ("normal", stock[item["name"]], "f4"),
            ("segment", segment, "i4"), ("instance", scan.inst, "i4"),
        ]:  # fmt: skip
            assert item[name].dtype == dtype and np.array_equal(item[name], expected), name
        item["coord"] += 1  # as transforms do, in place


def test_pointcept_with_200_classes_and_batches(plain):
    shards = Shards(plain)
    items = [pointcept.Item(200)(scene) for scene in shards[:2]]
    for item, scene in zip(items, shards):
        of = dict(zip(scene.objects["object_id"].tolist(), scene.objects["scannet200"].tolist()))
        assert item["segment"].tolist() == [of.get(i, -1) for i in scene["object"].tolist()]
        assert (item["segment"] == -1).sum() > 0 and item["segment"].max() > 20
    batch = pointcept.collate(items)
    assert batch["offset"].tolist() == list(np.cumsum([len(item["coord"]) for item in items]))
    assert batch["coord"].shape == (batch["offset"][-1], 3) and batch["name"] == [
        item["name"] for item in items
    ]


def renumbered(instances):
    """The trainers' way with a gap in the ids: the points with the largest id get the missing one."""
    instances = instances.copy()
    j = 0
    while j < instances.max():
        if not (instances == j).any():
            instances[instances == instances.max()] = j
        j += 1
    return instances


def test_a_lost_object_does_not_move_masks(broken):
    whole = Shards(broken)
    at = next(i for i, scene in enumerate(whole) if scene["object"].max() in scene.descriptions["object_id"])
    entry = whole.entries[at]
    path = broken / "scenes" / f"{entry.shard}.parquet"
    offset, nbytes, _ = entry.blobs["object"]
    data = bytearray(path.read_bytes())
    objects = np.frombuffer(data, "<i4", nbytes // 4, offset)
    last = int(objects.max())
    objects[objects == 0] = -1
    path.write_bytes(data)
    dataset = ReferDataset(Shards(broken, verify="never"), transform=reason3d.Item())
    first = int(whole.description_starts[at])
    ids = whole[at].descriptions["object_id"]
    moved = 0
    for i in range(len(ids)):
        if ids[i] == 0:
            with pytest.raises(errors.UnknownSample):
                dataset[first + i]
            continue
        mask = dataset[first + i]["gt_pmask"].numpy() == 1
        assert np.array_equal(mask, objects == ids[i])
        moved += not np.array_equal(mask, renumbered(objects) == ids[i])
    assert moved == np.count_nonzero(ids == last) > 0


def test_a_target_without_points_is_an_error_not_an_exit(plain):
    sample = ReferDataset(Shards(plain))[0]
    sample["mask"][:] = False
    with pytest.raises(errors.UnknownSample, match=sample["ann_key"]):
        reason3d.Item()(sample)


def test_variants_keep_the_frame_and_the_masks(varied):
    """Moved, mirrored and thinned scenes come mean-centred, with the mask of the same object."""
    shards = Shards(varied, variants=[1, 2, 3])
    dataset = ReferDataset(shards, transform=reason3d.Item())
    for i in range(0, len(dataset), 61):
        item = dataset[i]
        scene = shards[dataset.scene_of(i)]
        assert abs(item["coord_float"].mean(0)).max() < 1e-4 and item["coord"].min(0)[0].tolist() == [0, 0, 0]
        assert np.array_equal(item["gt_pmask"].numpy() == 1, scene["object"] == item["object_id"])
