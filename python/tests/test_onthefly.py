"""Variants made at load time: those that `dataprep augment` writes, each epoch others, the same for any threads."""

import os

import numpy as np
import pytest
from conftest import ROOT, run

from dataprep import Loader, Shards, errors, failures
from dataprep.order import Order

ALL = ("xyz", "rgb", "superpoint", "object", "nyu40", "normal", "orig_index")
PIPELINE = ROOT / "pipelines/default.toml"


def batches(n, size=3):
    return [list(range(at, min(at + size, n))) for at in range(0, n, size)]


def whole(loader):
    """All that a loader gives, by sample."""
    out = {}
    for batch in loader:
        for at, sample in enumerate(batch["sample"].tolist()):
            rows = slice(*batch["offsets"][at : at + 2].tolist())
            points = {name: batch[name][rows].tobytes() for name in loader.columns}
            out[sample] = points, batch["sentences"][at], batch["provenance"][at]
    return out


@pytest.mark.parametrize("epoch", [0, 2])
@pytest.mark.parametrize("name", ["default", "pointcept-ptv3"])
def test_an_epoch_is_the_variant_that_augment_writes(made, plain, tmp_path, name, epoch):
    pipeline = ROOT / f"pipelines/{name}.toml"
    out = tmp_path / "out"
    run("augment", "-p", pipeline, made / "scans", "-o", out, "--variants", 3, "-q")
    stored, originals = Shards(out), Shards(plain)
    loader = Loader(originals, batches(len(originals)), columns=ALL, augment=pipeline, epoch=epoch)
    fresh = whole(loader)
    assert len(fresh) == len(originals) == 6
    said = 0
    for sample, (points, sentences, provenance) in fresh.items():
        scene = stored[f"{originals[sample].scene_id}/v{epoch + 1:03d}"]
        for column in ALL:
            assert points[column] == scene[column].tobytes(), (scene.sample_id, column)
        assert provenance == scene.info["provenance"]
        kept = [(s.object_id, s.ann_id, s.action, s.text) for s in sentences if s.action != "drop"]
        rows = scene.descriptions
        names = ("object_id", "ann_id", "text_action", "text")
        assert kept == list(zip(*(list(rows[name]) for name in names)))
        dropped = [s for s in sentences if s.action == "drop"]
        assert all(s.reason for s in dropped)
        for s in sentences:
            assert originals.descriptions.row(s.row)["ann_id"] == s.ann_id
        said += len(sentences)
    assert said == len(originals.descriptions)


def test_it_is_the_same_for_any_threads_and_batches_and_another_each_epoch_and_seed(plain):
    n = len(Shards(plain))

    def of(size=3, **how):
        return whole(Loader(plain, batches(n, size), augment=PIPELINE, **how))

    first = of()
    assert first == of(threads=1) == of(threads=4, depth=1) == of(size=1) == of(size=6)
    others = [of(epoch=1), of(seed=99)]
    for other in others:
        assert all(other[sample][0] != first[sample][0] for sample in first)


def test_a_forked_process_makes_the_same(plain):
    loader = Loader(plain, [[0, 1]], augment=PIPELINE)
    here = whole(loader)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if whole(loader) == here else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0


def test_an_orders_descriptions_come_with_their_sentences(plain):
    shards = Shards(plain)
    order = list(Order(shards, seed=1, group=3).batches(6))
    for batch in Loader(shards, order, augment=PIPELINE):
        assert [s.row for s in batch["sentences"]] == batch["description"].tolist()


def test_variants_are_no_originals(varied):
    at = next(i for i, entry in enumerate(Shards(varied).entries) if entry.variant)
    with pytest.raises(failures.InvalidConfiguration, match="not an original"):
        list(Loader(varied, [[at]], augment=PIPELINE))


def test_a_pipeline_that_cannot_be_is_told_at_once(plain, tmp_path):
    bad = tmp_path / "p.toml"
    bad.write_text("[[step]]\nop = 'rotat'\n")
    with pytest.raises(failures.InvalidConfiguration) as told:
        Loader(plain, [[0]], augment=bad)
    assert told.value.file == str(bad) and "line 2" in told.value.place
    with pytest.raises(failures.NotFound):
        Loader(plain, [[0]], augment=tmp_path / "gone.toml")


def test_damage_is_told_or_left_out(broken):
    shards = Shards(broken)
    entry = shards.entries[0]
    file = broken / shards.manifest.shards[entry.shard]["scenes"].file
    data = bytearray(file.read_bytes())
    data[entry.blobs["normal"][0]] ^= 1
    file.write_bytes(data)
    with pytest.raises(errors.CorruptShard) as told:
        list(Loader(broken, [[1, 0]], augment=PIPELINE))
    assert told.value.file == str(file)
    loader = Loader(broken, [[1, 0]], augment=PIPELINE, on_corrupt="skip")
    (batch,) = loader
    assert batch["sample"].tolist() == [1] and loader.skipped[0].what == entry.sample_id
    assert len(batch["xyz"]) == batch["offsets"][-1] and np.isfinite(batch["xyz"]).all()
