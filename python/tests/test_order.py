"""The order: complete, without repeats, the same for any ranks and workers, resumable anywhere."""

import numpy as np
import pytest

from dataprep import Batches, Order, Shards, errors

CASES = [(1, 1), (2, 1), (3, 2), (4, 4), (5, 1), (7, 3), (8, 2)]


class Made:
    """As much of `Shards` as an order looks at, with any sizes."""

    def __init__(self, sizes, dataset_id="d" * 64, weights=None, names=None):
        self.dataset_id = dataset_id
        self.description_starts = np.r_[0, np.cumsum(sizes)].astype(np.int64)
        n = int(self.description_starts[-1])
        self.entries = [type("Entry", (), {"sample_id": f"scene{i:04}_00/v000"}) for i in range(len(sizes))]
        self.descriptions = {
            "weight": np.ones(n, np.float32) if weights is None else weights,
            "object_name": ["chair"] * n if names is None else names,
        }

    def __len__(self):
        return len(self.entries)


def sizes(rng, scenes):
    """Uneven scenes, some without any description."""
    return rng.integers(0, 40, scenes) * (rng.random(scenes) > 0.2)


@pytest.mark.parametrize("seed", range(20))
def test_an_epoch_has_every_description_once_for_any_ranks_and_tails(seed):
    rng = np.random.default_rng(seed)
    made = Made(sizes(rng, int(rng.integers(1, 30))))
    group, batch = int(rng.integers(1, 12)), int(rng.integers(1, 33))
    order = Order(made, seed=seed, group=group)
    n = len(order)
    whole = [b.indices for b in order.batches(batch)]
    assert sorted(np.concatenate([np.empty(0, int), *whole])) == list(range(n))
    assert all(len(b) == batch for b in whole[:-1])
    for world, _ in CASES:
        parts = [list(order.batches(batch, rank=r, world=world)) for r in range(world)]
        for step, expected in enumerate(whole):
            # Side by side, the ranks' parts are the global batch.
            together = [b.indices for part in parts for b in part if b.step == step]
            assert np.array_equal(np.concatenate(together), expected)
            assert max(map(len, together)) - min(map(len, together)) <= 1
        dropped = [list(order.batches(batch, rank=r, world=world, tail="drop")) for r in range(world)]
        seen = np.concatenate([np.empty(0, int)] + [b.indices for part in dropped for b in part])
        assert len(set(seen)) == len(seen) == n - n % batch
        if batch >= world:
            padded = [list(order.batches(batch, rank=r, world=world, tail="pad")) for r in range(world)]
            assert len({len(part) for part in padded}) == 1
            kept = [i for part in padded for b in part for i in b.indices[: len(b.indices) - b.padding]]
            assert sorted(kept) == list(range(n))
            assert sum(len(b.indices) for part in padded for b in part) == -(-n // batch) * batch


@pytest.mark.parametrize("tail", ["keep", "drop", "pad"])
def test_training_goes_on_from_one_integer_with_another_world_size(tail):
    order = Order(Made([13, 0, 40, 7, 22]), seed=5, group=4)
    whole = list(order.batches(8, epochs=3, tail=tail))
    for stop in range(len(whole) - 1):
        for world in (1, 2, 3):
            rest = [
                list(
                    order.batches(8, position=whole[stop].position, epochs=3, rank=r, world=world, tail=tail)
                )
                for r in range(world)
            ]
            for expected in whole[stop + 1 :]:
                parts = [b for part in rest for b in part if b.position == expected.position]
                assert np.array_equal(np.concatenate([b.indices for b in parts]), expected.indices)
                assert {(b.epoch, b.step) for b in parts} == {(expected.epoch, expected.step)}
                assert parts[0].first == expected.first


def test_the_order_hangs_on_data_seed_and_epoch_and_on_nothing_else():
    made = Made([20, 30, 25])
    base = Order(made, seed=1).epoch(0)
    assert np.array_equal(Order(made, seed=1).epoch(0), base)
    others = [
        Order(made, seed=2).epoch(0),
        Order(made, seed=1).epoch(1),
        Order(Made([20, 30, 25], "e" * 64), seed=1).epoch(0),
    ]
    for other in others:
        assert sorted(other) == sorted(base) and not np.array_equal(other, base)


def test_the_order_is_pinned():
    """A checkpoint of an older version goes on with the same order: these are never regenerated."""
    assert Order(Made([3, 5]), seed=7).epoch(3).tolist() == [4, 7, 6, 2, 1, 3, 5, 0]
    assert Order(Made([3, 5]), seed=7, group=2).epoch(3).tolist() == [2, 3, 7, 4, 1, 0, 5, 6]


def test_a_shuffle_is_even():
    """Each description stands in each quarter of the order about equally often."""
    order = Order(Made([10] * 8), seed=3)
    quarter = np.zeros((80, 4), int)
    for epoch in range(400):
        quarter[order.epoch(epoch), np.arange(80) // 20] += 1
    # Binomial with mean 100 and deviation 8.7: five deviations.
    assert abs(quarter - 100).max() < 44


@pytest.mark.parametrize("group", [2, 4, 8])
def test_groups_stand_together_so_that_a_scene_is_read_once_for_them(group):
    sizes = np.array([33, 1, 17, 0, 64, 5])
    made = Made(sizes)
    scene = np.repeat(np.arange(len(sizes)), sizes)
    for epoch in range(5):
        scenes = scene[Order(made, group=group).epoch(epoch)]
        runs = 1 + np.count_nonzero(np.diff(scenes))
        assert runs <= sum(-(-s // group) for s in sizes)


def test_stored_weights_decide_how_often():
    weights = np.array([0.0, 1.0, 2.0, 0.5] * 10, np.float32)
    made = Made([15, 25], weights=weights)
    order = Order(made, weights="stored", group=3)
    expected = weights / weights.sum() * 40
    total = np.zeros(40)
    for epoch in range(200):
        counts = np.bincount(order.epoch(epoch), minlength=40)
        assert counts.sum() == 40
        assert np.all(counts >= np.floor(expected)) and np.all(counts <= np.ceil(expected))
        total += counts
    # Each is right on average: at most 0.5 deviation a draw, over 200 epochs, five deviations.
    assert np.abs(total / 200 - expected).max() < 0.18


def test_equal_weights_are_no_weights():
    for value in (1.0, 0.1, 1 / 3, 7e-5):
        order = Order(Made([50, 49]), weights=np.full(99, value))
        for epoch in range(3):
            assert sorted(order.epoch(epoch)) == list(range(99))


def test_class_balance_gives_every_class_its_share():
    names = ["chair"] * 70 + ["table"] * 20 + ["lamp"] * 10
    order = Order(Made([60, 40], names=names), weights="class", samples=300)
    assert len(order) == 300
    drawn = np.array(names)[order.epoch(0)]
    assert [int((drawn == name).sum()) for name in ("chair", "table", "lamp")] == pytest.approx(
        [100] * 3, abs=1
    )
    batches = list(order.batches(64, tail="drop"))
    assert sum(len(b.indices) for b in batches) == 256


@pytest.mark.parametrize("weights", [[1.0] * 3, [-1.0] + [1.0] * 4, [float("nan")] * 5, [0.0] * 5, "heavy"])
def test_weights_that_cannot_be_are_refused(weights):
    with pytest.raises(ValueError):
        Order(Made([5]), weights=weights)


def test_nothing_to_read_gives_nothing():
    for made in (Made([]), Made([0, 0])):
        for group in (1, 3):
            for tail in ("keep", "drop", "pad"):
                assert list(Order(made, group=group).batches(4, tail=tail)) == []


def test_a_real_data_set_gives_batches_of_its_descriptions(varied):
    shards = Shards(varied, split="train")
    order = Order(shards, seed=1, group=8)
    sampler = Batches(order, 16, rank=1, world=2)
    sampler.set_epoch(1)
    batches = list(sampler)
    assert len(batches) == len(sampler) and all(len(b) <= 8 for b in batches)
    sampler.resume(sampler.position_after(3))
    assert list(sampler) == batches[3:]
    assert sampler.position_after(10**6) == 2 * len(order)
    assert Order(shards, seed=1, group=8).digest == order.digest
    with pytest.raises(errors.DatasetMismatch):
        order.check_position(Order(shards, seed=2, group=8).digest)
    with pytest.raises(errors.DatasetMismatch):
        order.check_position(Order(Shards(varied, split="val"), seed=1, group=8).digest)
