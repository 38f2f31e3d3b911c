"""BLAKE3 against digests that the command wrote, which come from another implementation."""

from dataprep.digest import blake3
from dataprep.manifest import Manifest


def test_the_digest_of_nothing():
    assert blake3(b"") == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"


def test_every_file_and_input_has_the_digest_the_manifest_gives(plain, made):
    manifest = Manifest.read(plain)
    sizes = set()
    for shard in manifest.shards.values():
        for file in shard.values():
            data = (plain / file.file).read_bytes()
            assert blake3(data) == file.blake3, file.file
            sizes.add(len(data))
    for entry in manifest.raw["inputs"]:
        path = made / entry["name"]
        path = path if path.exists() else made / "scans" / entry["name"]
        assert blake3(path.read_bytes()) == entry["blake3"], entry["name"]
        sizes.add(entry["bytes"])
    # Less than a chunk, and trees of many shapes.
    assert min(sizes) < 1024 and max(sizes) > 500_000 and len(sizes) > 20


def test_the_data_set_has_the_id_that_the_command_prints(plain, made, tmp_path):
    from conftest import ROOT, run

    said = run("augment", "-p", ROOT / "pipelines/none.toml", made / "scans", "-o", tmp_path / "again")
    assert f"data set {Manifest.read(plain).dataset_id[:16]}" in said
