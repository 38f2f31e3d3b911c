"""Samples and batches of descriptions."""

import json
import pickle

import numpy as np
import pytest

from dataprep import ReferDataset, ReferIterable, SceneDataset, Shards, collate, errors


@pytest.fixture(scope="module")
def references(made):
    entries = []
    for split in ("train", "val"):
        entries += json.loads((made / f"ScanRefer_filtered_{split}.json").read_text())
    return {f"{e['scene_id']}/{e['object_id']}/{e['ann_id']}": e for e in entries}


def test_samples_hold_the_sentence_its_scene_and_its_mask(plain, references):
    shards = Shards(plain)
    dataset = ReferDataset(shards)
    assert len(dataset) == len(references) and {s["ann_key"] for s in dataset} == set(references)
    for i in range(0, len(dataset), 29):
        sample = dataset[i]
        said = references[sample["ann_key"]]
        assert sample["text"] == said["description"] and sample["tokens"] == said["token"]
        assert sample["object_id"] == int(said["object_id"]) and sample["object_name"] == said["object_name"]
        assert (sample["scene_id"], sample["ann_id"]) == (said["scene_id"], said["ann_id"])
        scene = shards[sample["sample_id"]]
        n = scene.num_points
        assert sample["xyz"].dtype == np.float32 and sample["xyz"].shape == (n, 3)
        assert (
            sample["rgb"].dtype == np.uint8
            and sample["superpoint"].dtype == sample["object"].dtype == np.int32
        )
        assert sample["mask"].dtype == sample["superpoint_mask"].dtype == bool
        assert np.array_equal(sample["mask"], scene["object"] == sample["object_id"]) and sample["mask"].any()
        assert np.array_equal(sample["superpoint_mask"], scene.superpoint_mask(sample["object_id"]))
        sample["xyz"] += 1
        sample["rgb"][:] = 0
    assert ReferDataset(shards, writable=False)[0]["xyz"].flags.writeable is False


def test_columns_and_transform_are_the_callers(plain):
    dataset = ReferDataset(
        Shards(plain), columns=["normal"], transform=lambda s: (s["text"], s["normal"].shape)
    )
    assert dataset[3] == (Shards(plain).descriptions["text"][3], (Shards(plain)[0].num_points, 3))
    assert len(dataset[2:5]) == 3 and dataset[-1] == dataset[len(dataset) - 1]
    with pytest.raises(IndexError):
        dataset[len(dataset)]
    with pytest.raises(errors.UnknownColumn):
        ReferDataset(Shards(plain), columns=["depth"])[0]
    assert [s.sample_id for s in SceneDataset(Shards(plain), lambda s: s)] == [
        s.sample_id for s in Shards(plain)
    ]


def test_batches_without_torch_workers_are_the_order(varied):
    dataset = ReferDataset(Shards(varied, split="train"))
    loader = ReferIterable(dataset, 6, seed=4, group=3)
    batches = list(loader)
    assert len(batches) == len(loader)
    assert np.concatenate([b["index"] for b in batches]).tolist() == loader.order.epoch(0).tolist()
    batch = batches[1]
    assert (
        batch["draw"].tolist() == list(range(6, 12)) and batch["position"] == 12 and batch["left_out"] == []
    )
    ends, pieces = np.asarray(batch["offset"]), np.asarray(batch["superpoint_offset"])
    for k, index in enumerate(batch["index"].tolist()):
        sample = dataset[index]
        here = slice(0 if k == 0 else ends[k - 1], ends[k])
        assert np.array_equal(batch["xyz"][here], sample["xyz"]) and np.array_equal(
            batch["mask"][here], sample["mask"]
        )
        first = 0 if k == 0 else pieces[k - 1]
        assert np.array_equal(np.asarray(batch["superpoint"])[here] - first, sample["superpoint"])
        assert np.array_equal(batch["superpoint_mask"][first : pieces[k]], sample["superpoint_mask"])
        assert batch["text"][k] == sample["text"]


def test_another_epoch_and_the_middle_of_one(plain):
    loader = ReferIterable(ReferDataset(Shards(plain)), 50, seed=4)
    loader.set_epoch(2)
    batches = list(loader)
    assert np.concatenate([b["index"] for b in batches]).tolist() == loader.order.epoch(2).tolist()
    state = json.loads(json.dumps(loader.state_dict(batches[3]["position"])))
    again = pickle.loads(pickle.dumps(ReferIterable(ReferDataset(Shards(plain)), 50, seed=4)))
    again.load_state_dict(state)
    assert [b["index"].tolist() for b in again] == [b["index"].tolist() for b in batches[4:]]
    other = ReferIterable(ReferDataset(Shards(plain)), 50, seed=5)
    with pytest.raises(errors.DatasetMismatch, match="another data set, choice of scenes, seed"):
        other.load_state_dict(state)


def test_what_cannot_be_read_is_raised_or_left_out_by_name(broken):
    entry = Shards(broken).entries[0]
    path = broken / "scenes" / f"{entry.shard}.parquet"
    data = bytearray(path.read_bytes())
    data[entry.blobs["xyz"][0] + 100] ^= 1
    path.write_bytes(data)
    with pytest.raises(errors.CorruptShard, match=entry.sample_id):
        list(ReferIterable(ReferDataset(Shards(broken)), 32))
    shards = Shards(broken, on_corrupt="skip")
    lost = entry.num_descriptions
    loader = ReferIterable(ReferDataset(shards), 32)
    with pytest.warns(UserWarning, match="left out description"):
        batches = list(loader)
    seen = [i for b in batches for i in np.asarray(b["index"]).tolist()]
    assert len(seen) == len(set(seen)) == len(loader.order) - lost
    left = [what for b in batches for what, why in b["left_out"] if "CRC-32" in why]
    assert len(left) == len(shards.left_out) == lost and batches[-1]["position"] == len(loader.order)
    # Said once by a warning, and with each batch it is missing from.
    again = [what for b in loader for what, _ in b["left_out"]]
    assert again == left and len(shards.left_out) == lost
    assert ReferDataset(shards)[0] is None
    own = list(ReferIterable(ReferDataset(shards), 1, collate=lambda samples: samples[0]["ann_key"]))
    assert len(own) == len(loader.order) - lost
    assert np.asarray(collate([None, None])["index"]).shape == (0,)
