"""The real torch: its `DataLoader` with workers forked and spawned, and real ranks over gloo."""

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dataprep import Batches, Order, ReferDataset, ReferIterable, Shards, collate, errors

torch = pytest.importorskip(
    "torch", reason="torch is not installed: loaders, workers and ranks are not tested"
)

from torch.utils.data import DataLoader, IterableDataset  # noqa: E402

WORKERS = [(0, None), (2, "fork"), (4, "fork"), (2, "spawn"), (4, "spawn")]


def loader(dataset, workers, method, **more):
    context = multiprocessing.get_context(method) if method else None
    return DataLoader(dataset, num_workers=workers, multiprocessing_context=context, **more)


def summary(batch):
    """Enough of a batch to know it again: order, points and masks, to the bit."""
    return (
        batch["index"].tolist(), batch["text"], batch["xyz"].numpy().tobytes(), batch["mask"].numpy().tobytes(),
        batch["superpoint"].sum().item(), batch["offset"].tolist(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def dataset(varied):
    return ReferDataset(Shards(varied, split="train", variants=[0, 1]))


@pytest.mark.parametrize("workers, method", WORKERS)
def test_iterable_batches_are_the_same_for_any_workers_epochs_and_resumes(dataset, workers, method):
    made = ReferIterable(dataset, 24, seed=9, group=4)
    assert isinstance(made, IterableDataset)
    expected = {}
    for epoch in (0, 1):
        made.set_epoch(epoch)
        expected[epoch] = [(b["position"], *summary(b)) for b in made]
    assert expected[0] != expected[1]
    # Persistent workers are copied before the epoch is set.
    real = loader(made, workers, method, batch_size=None, persistent_workers=workers > 0)
    for epoch in (0, 1):
        made.set_epoch(epoch)
        assert [(b["position"], *summary(b)) for b in real] == expected[epoch]
    made.resume(expected[1][5][0])
    rest = list(real)
    assert [(b["position"], *summary(b)) for b in rest] == expected[1][6:]
    assert all(isinstance(rest[0][name], torch.Tensor) for name in ("xyz", "mask", "index", "offset"))


@pytest.mark.parametrize("workers, method", WORKERS)
def test_map_style_batches_are_the_same_for_any_workers(dataset, workers, method):
    order = Order(dataset.shards, seed=2, group=4)
    sampler = Batches(order, 24, rank=1, world=3, tail="drop")
    real = loader(
        dataset, workers, method, batch_sampler=sampler, collate_fn=collate, persistent_workers=workers > 0
    )
    sampler.set_epoch(1)
    batches = [summary(b) for b in real]
    assert [b[0] for b in batches] == list(sampler) and len(batches) == len(real)
    assert batches[3] == summary(collate([dataset[i] for i in list(sampler)[3]]))
    sampler.resume(sampler.position_after(4))
    assert [summary(b) for b in real] == batches[4:]


@pytest.mark.parametrize("workers, method", [(2, "fork"), (2, "spawn")])
def test_a_workers_error_names_the_file(broken, workers, method):
    entry = Shards(broken).entries[0]
    path = broken / "scenes" / f"{entry.shard}.parquet"
    data = bytearray(path.read_bytes())
    data[entry.blobs["xyz"][0]] ^= 1
    path.write_bytes(data)
    made = ReferIterable(ReferDataset(Shards(broken)), 16)
    with pytest.raises(errors.CorruptShard) as caught:
        list(loader(made, workers, method, batch_size=None))
    assert str(path) in str(caught.value) and "help:" in str(caught.value)
    made = ReferIterable(ReferDataset(Shards(broken, on_corrupt="skip")), 16)
    batches = list(loader(made, workers, method, batch_size=None))
    lost = [what for b in batches for what, _ in b["left_out"]]
    assert len(lost) == entry.num_descriptions
    assert sum(len(b["index"]) for b in batches) == len(made.order) - len(lost)


def test_adapters_go_through_workers(varied):
    from dataprep.adapters import reason3d

    made = ReferDataset(Shards(varied, split="val", variants=[1]), transform=reason3d.Item())
    order = Order(made.shards, group=4)
    real = DataLoader(made, batch_sampler=Batches(order, 8), collate_fn=reason3d.collate, num_workers=2)
    batches = list(real)
    assert sum(len(b["gt_pmasks"]) for b in batches) == len(made)
    assert all(b["feats"].shape[1] == 6 for b in batches)


# -- ranks ----------------------------------------------------------------------------------------


def ranks(world, tmp_path, **job):
    """Runs that many real processes; what they saw, step by step, rank by rank."""
    rendezvous = tmp_path / f"rendezvous-{world}-{job['position']}-{job['workers']}-{len(job['data'])}"
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    script = Path(__file__).with_name("ranks.py")
    started = [
        subprocess.Popen(
            [sys.executable, script, str(rank), str(world), rendezvous, json.dumps(job)],
            env=path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(world)
    ]  # fmt: skip
    out = []
    try:
        for process in started:
            stdout, stderr = process.communicate(timeout=240)
            assert process.returncode == 0, stderr
            out.append([json.loads(line) for line in stdout.splitlines() if line.startswith("{")])
    finally:
        for process in started:
            process.kill()
    return out


@pytest.mark.parametrize("world, workers", [(2, 0), (2, 2), (4, 0), (4, 2)])
def test_real_ranks_share_every_batch_and_resume_as_another_world(varied, tmp_path, world, workers):
    shards = Shards(varied, split="train")
    order = Order(shards, seed=3, group=4)
    job = {"data": [str(varied)], "batch": 30, "tail": "pad", "workers": workers}
    [said], *_ = ranks(world, tmp_path, position=0, steps=7, **job)
    expected = list(order.batches(30, tail="pad"))
    sums = [np.asarray(scene["xyz"], np.float64).sum() for scene in shards]
    dataset = ReferDataset(shards)
    for step, together in zip(expected[:7], said["seen"]):
        assert len(together) == world and {position for position, *_ in together} == {step.position}
        assert [i for _, ids, *_ in together for i in ids] == step.indices.tolist()
        for _, ids, _, points in together:
            assert points == pytest.approx(sum(sums[dataset.scene_of(i)] for i in ids), rel=1e-9)
    # The rest of the epoch, by another number of ranks, to the end of uneven batches.
    other = 2 if world == 4 else 4
    [said], *_ = ranks(other, tmp_path, position=expected[6].position, steps=10**6, **job)
    assert len(said["seen"]) == len(expected) - 7
    for step, together in zip(expected[7:], said["seen"]):
        assert [i for _, ids, *_ in together for i in ids] == step.indices.tolist()
        assert sum(padding for _, _, padding, _ in together) == step.padding
    assert expected[-1].padding > 0


def test_ranks_with_different_data_sets_are_told_so(varied, plain, tmp_path):
    job = {"data": [str(varied), str(plain)], "batch": 8, "tail": "drop", "workers": 0}
    for said in ranks(2, tmp_path, position=0, steps=1, **job):
        assert "does not read the same data in the same order" in said[0]["mismatch"]
