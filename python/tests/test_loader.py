"""`Loader`: the bytes of the shards, in order, whole; every kind of damage; every kind of end."""

import gc
import json
import os
import pickle
import threading
import time

import numpy as np
import pytest

import dataprep
from dataprep import Loader, Shards, errors
from dataprep.order import Batches, Order

ALL = ("xyz", "rgb", "superpoint", "object", "nyu40", "normal", "orig_index")


def threads():
    return [t for t in threading.enumerate() if t.name == "dataprep-loader"]


def same(batch, shards, columns=ALL):
    for at, sample in enumerate(batch["sample"].tolist()):
        rows = slice(*batch["offsets"][at : at + 2].tolist())
        for name in columns:
            np.testing.assert_array_equal(batch[name][rows], shards[sample][name])
            assert batch[name].dtype == shards[sample][name].dtype


@pytest.mark.parametrize("depth, threads", [(1, 1), (3, 2), (2, 5)])
def test_batches_are_the_scenes_in_order(plain, depth, threads):
    shards = Shards(plain)
    wanted = [[3, 0], [1], [5, 4, 3, 2], [2, 2], []]
    loader = Loader(plain, wanted, columns=ALL, depth=depth, threads=threads)
    assert len(loader) == 5
    seen = 0
    for batch, samples in zip(loader, wanted):
        assert batch["sample"].tolist() == samples and batch["sample"].dtype == np.int64
        assert batch["offsets"].dtype == np.int64 and len(batch["offsets"]) == len(samples) + 1
        same(batch, shards)
        seen += 1
    assert seen == 5 and not loader.skipped


def test_a_batch_stays_until_depth_more_were_asked_for(plain):
    shards = Shards(plain)
    for depth in (1, 2, 3):
        held = []
        for batch in Loader(shards, [[i % 6] for i in range(40)], depth=depth):
            held.append(batch)
            for kept in held[-depth:]:
                same(kept, shards, ("xyz", "object"))
    own = list(Loader(shards, [[i] for i in range(6)], copy=True))
    for batch in own:
        same(batch, shards, ("xyz", "rgb"))
        batch["rgb"] += 1  # writable


def test_the_ring_is_used_again_and_no_further_ahead_than_depth(plain):
    asked = []

    def batches():
        for i in range(30):
            asked.append(i)
            yield [i % 6]

    iterator = iter(Loader(plain, batches(), depth=2))
    first = next(iterator)
    time.sleep(0.2)
    assert len(asked) <= 4
    places = {first["xyz"].__array_interface__["data"][0]}
    for batch in iterator:
        places.add(batch["xyz"].__array_interface__["data"][0])
    assert len(asked) == 30
    # Four buffers, each of which may have grown.
    assert len(places) < 20


def test_an_orders_batches_come_with_their_descriptions(plain):
    shards = Shards(plain)
    order = Order(shards, seed=3, group=2)
    rows = list(order.batches(4))
    seen = []
    for batch, part in zip(Loader(shards, rows), rows):
        np.testing.assert_array_equal(batch["description"], part.indices)
        for row, scene in zip(batch["description"].tolist(), batch["scene"].tolist()):
            sample = batch["sample"][scene]
            assert shards.description_starts[sample] <= row < shards.description_starts[sample + 1]
        same(batch, shards, ("object",))
        seen += batch["description"].tolist()
    assert sorted(seen) == list(range(len(shards.descriptions)))


def test_a_sampler_of_descriptions_is_not_taken_for_batches_of_scenes(plain):
    with pytest.raises(TypeError, match="order.batches"):
        Loader(plain, Batches(Order(Shards(plain)), 4))


def damage(folder, how):
    """Breaks the first shard; gives its file and the positions of its scenes."""
    shards = Shards(folder)
    entry = shards.entries[0]
    file = folder / shards.manifest.shards[entry.shard]["scenes"].file
    whole = file.read_bytes()
    bad = [i for i, e in enumerate(shards.entries) if e.shard == entry.shard]
    if how == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif how == "gone":
        file.unlink()
    elif how == "flipped":
        data = bytearray(whole)
        data[entry.blobs["xyz"][0] + 5] ^= 4
        file.write_bytes(data)
        bad = [0]
    return file, bad


@pytest.mark.parametrize(
    "how, kind",
    [("cut", errors.CorruptShard), ("gone", errors.MissingShard), ("flipped", errors.CorruptShard)],
)
def test_damage_is_told_with_the_file_or_left_out(broken, how, kind):
    file, bad = damage(broken, how)
    shards = Shards(broken)
    good = [i for i in range(len(shards)) if i not in bad]
    loader = Loader(shards, [[good[0]], [bad[0], good[-1]]])
    iterator = iter(loader)
    assert next(iterator)["sample"].tolist() == [good[0]]
    with pytest.raises(kind) as told:
        next(iterator)
    assert told.value.file == str(file) and told.value.help
    assert shards.entries[bad[0]].sample_id in str(told.value)
    assert not threads()

    loader = Loader(shards, [[good[0]], [bad[0], good[-1]], [bad[0]], [good[0]]], on_corrupt="skip")
    with_reason = [(batch["sample"].tolist(), same(batch, shards, ("xyz", "rgb"))) for batch in loader]
    assert [samples for samples, _ in with_reason] == [[good[0]], [good[-1]], [good[0]]]
    assert [left.what for left in loader.skipped] == [shards.entries[bad[0]].sample_id]
    assert str(file) in loader.skipped[0].why


def test_the_disk_can_be_trusted(broken):
    damage(broken, "flipped")
    (batch,) = Loader(broken, [[0]], verify="never")
    assert batch["xyz"].shape[1] == 3


def test_a_file_that_changes_meanwhile_is_told(broken):
    shards = Shards(broken)
    file = broken / shards.manifest.shards[shards.entries[0].shard]["scenes"].file
    iterator = iter(Loader(shards, ([0] for _ in range(1000)), depth=1))
    next(iterator)
    other = file.with_suffix(".other")
    other.write_bytes(file.read_bytes())
    other.replace(file)
    with pytest.raises(errors.FileChanged, match=file.name):
        for _ in iterator:
            pass


def test_a_manifest_that_claims_too_much_allocates_nothing(broken):
    path = broken / "manifest.json"
    manifest = json.loads(path.read_text())
    scene = manifest["scenes"][0]
    scene["num_points"] = 10**12
    for name, blob in scene["blobs"].items():
        blob[1] = 10**12 * {"xyz": 12, "normal": 12, "rgb": 3, "nyu40": 1}.get(name, 4)
    for shard in manifest["shards"]:
        shard["files"][0]["bytes"] = 10**15
    path.write_text(json.dumps(manifest))
    with pytest.raises(errors.CorruptShard, match="cut short"):
        list(Loader(broken, [[0]]))


def test_what_is_not_there_is_told_at_once_or_by_number(plain):
    with pytest.raises(errors.UnknownColumn, match="colour"):
        Loader(plain, [[0]], columns=("xyz", "colour"))
    with pytest.raises(errors.UnknownSample, match="sample 6"):
        list(Loader(plain, [[0], [6]]))
    with pytest.raises(errors.UnknownSample):
        list(Loader(plain, [[-1]]))
    for wrong in ({"depth": 0}, {"threads": 0}, {"verify": "maybe"}, {"on_corrupt": "ignore"}):
        with pytest.raises(ValueError):
            Loader(plain, [[0]], **wrong)


def test_an_exception_in_the_batches_comes_after_the_batches_before_it(plain):
    def batches():
        yield [1]
        raise RuntimeError("no more ideas")

    seen = []
    with pytest.raises(RuntimeError, match="no more ideas"):
        for batch in Loader(plain, batches()):
            seen += batch["sample"].tolist()
    assert seen == [1] and not threads()


def test_every_end_ends_the_thread(plain):
    endless = lambda: ([i % 6] for i in iter(int, 1))  # noqa: E731
    for _ in Loader(plain, endless()):
        break
    gc.collect()
    assert not threads()
    with pytest.raises(ZeroDivisionError):
        for _ in Loader(plain, endless()):
            1 / 0
    gc.collect()
    assert not threads()
    iterator = iter(Loader(plain, endless()))
    next(iterator)
    assert len(threads()) == 1
    del iterator
    gc.collect()
    assert not threads()
    iterator = iter(Loader(plain, endless()))
    next(iterator)
    iterator.close()
    assert not threads()


def test_a_process_that_forgets_its_loader_ends(plain):
    import subprocess
    import sys

    code = (
        "import sys, dataprep\n"
        "it = iter(dataprep.Loader(sys.argv[1], ([0] for _ in iter(int, 1))))\n"
        "next(it); print('end')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, plain], capture_output=True, text=True, timeout=60,
        cwd=os.path.dirname(os.path.dirname(dataprep.__file__)),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "end\n"), done.stderr


def test_after_a_fork_a_loader_begins_anew_and_an_old_iteration_says_so(plain):
    shards = Shards(plain)
    loader = Loader(shards, [[i % 6] for i in range(50)])
    iterator = iter(loader)
    next(iterator)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            try:
                next(iterator)
            except RuntimeError as error:
                code = 0 if "fork" in str(error) else 2
            if code == 0:
                code = 0 if sum(1 for _ in loader) == 50 else 3
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert sum(1 for _ in iterator) == 49


def test_a_loader_can_be_pickled(plain):
    loader = pickle.loads(pickle.dumps(Loader(plain, [[0], [1]])))
    for batch in loader:
        same(batch, loader.shards, ("xyz",))


def test_native_fill_refuses_rooms_that_overlap(plain):
    from dataprep import _native

    file = str(next(plain.glob("scenes/*.parquet")))
    buffer = np.zeros(100, np.uint8)
    for parts in (
        [(0, 0, None, 0, 0, 60), (0, 0, None, 0, 50, 10)],
        [(0, 0, None, 0, 90, 11)],
        [(0, 0, None, 1, 0, 1)],
        [(1, 0, None, 0, 0, 1)],
    ):
        with pytest.raises(ValueError):
            _native.fill([file], [buffer], parts, 1)
    buffer.flags.writeable = False
    with pytest.raises(Exception, match="(?i)writ|borrow"):
        _native.fill([file], [buffer], [(0, 0, None, 0, 0, 4)], 1)
