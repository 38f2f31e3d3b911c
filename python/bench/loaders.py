"""How fast scenes reach a trainer's memory, beside the forms that people store them in.

    python bench/loaders.py DATASET WORK [--profiles DATASET ...] [--page docs/loading.md]

Takes a data set of `dataprep augment`, writes its first 64 scenes in every peer's form under WORK,
and reads all of them in a shuffled order: every column of a scene is copied into one buffer that
is already in memory, as collating does anyway. The bound is the same copy out of memory, taken
beside each form. One round reads each form once, so that what else the machine does falls on all
alike; the table has medians over rounds. `warm`: files in the page cache. `evicted`: each form's
files are dropped from it before its turn, and it is opened anew.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pickle
import platform
import shutil
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dataprep import Shards

COLUMNS = ("xyz", "rgb", "superpoint", "object", "nyu40", "normal", "orig_index")
Arrays = dict[str, np.ndarray]
#: Opens a form, and gives what reads its scenes in an order, again and again.
Reader = Callable[[Path], Callable[[list[int]], Iterator[Arrays]]]


class Peer:
    """A form: its name in the table, what it needs, how it is written and read."""

    def __init__(
        self, name: str, needs: str, write: Callable[[Path, list[Arrays]], None], read: Reader
    ) -> None:
        self.name, self.needs, self.write, self.read = name, needs, write, read


def each(
    suffix: str, save: Callable[[Path, Arrays], None], load: Callable[[Path], Arrays]
) -> tuple[Any, Reader]:
    """Forms of one file a scene."""

    def write(folder: Path, scenes: list[Arrays]) -> None:
        for i, scene in enumerate(scenes):
            save(folder / f"{i:05}{suffix}", scene)

    def read(folder: Path) -> Callable[[list[int]], Iterator[Arrays]]:
        return lambda order: (load(folder / f"{i:05}{suffix}") for i in order)

    return write, read


def save_npy(path: Path, scene: Arrays) -> None:
    path.mkdir()
    for name, array in scene.items():
        np.save(path / f"{name}.npy", array)


def tensors(scene: Arrays) -> dict[str, Any]:
    import torch

    signed = {np.dtype(np.uint32): np.int32}
    return {k: torch.from_numpy(a.view(signed.get(a.dtype, a.dtype))) for k, a in scene.items()}


def save_pth(convert: Callable[[Arrays], Any]) -> Callable[[Path, Arrays], None]:
    def save(path: Path, scene: Arrays) -> None:
        import torch

        torch.save(convert(scene), path)

    return save


def load_pth(convert: Callable[[Any], Arrays]) -> Callable[[Path], Arrays]:
    def load(path: Path) -> Arrays:
        import torch

        return convert(torch.load(path, weights_only=False))

    return load


def blob_table(scenes: list[Arrays], start: int = 0) -> Any:
    import pyarrow as pa

    columns = {
        name: pa.array([scene[name].tobytes() for scene in scenes], pa.large_binary()) for name in COLUMNS
    }
    return pa.table({"key": [f"{start + i:05}" for i in range(len(scenes))], **columns})


def shape(name: str, flat: np.ndarray) -> np.ndarray:
    return flat.reshape(-1, 3) if name in ("xyz", "rgb", "normal") else flat


DTYPES = {
    "xyz": "<f4",
    "rgb": "u1",
    "superpoint": "<i4",
    "object": "<i4",
    "nyu40": "u1",
    "normal": "<f4",
    "orig_index": "<u4",
}


def from_bytes(row: dict[str, Any]) -> Arrays:
    return {name: shape(name, np.frombuffer(row[name], DTYPES[name])) for name in COLUMNS}


def write_ipc(folder: Path, scenes: list[Arrays]) -> None:
    import pyarrow as pa

    with pa.OSFile(str(folder / "scenes.arrow"), "wb") as sink:
        table = blob_table(scenes)
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=1)


def read_ipc(folder: Path) -> Callable[[list[int]], Iterator[Arrays]]:
    import pyarrow as pa

    file = pa.ipc.open_file(pa.memory_map(str(folder / "scenes.arrow")))

    def epoch(order: list[int]) -> Iterator[Arrays]:
        for i in order:
            batch = file.get_batch(i)
            yield from_bytes({name: batch[name][0].as_buffer() for name in COLUMNS})

    return epoch


def write_lists(folder: Path, scenes: list[Arrays]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: pa.array([scene[name].reshape(-1) for scene in scenes]) for name in COLUMNS}
    pq.write_table(pa.table(columns), folder / "scenes.parquet", row_group_size=1)


def read_lists(folder: Path) -> Callable[[list[int]], Iterator[Arrays]]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(folder / "scenes.parquet", memory_map=True)

    def epoch(order: list[int]) -> Iterator[Arrays]:
        for i in order:
            table = file.read_row_group(i, use_threads=False)
            yield {name: shape(name, table[name].chunk(0).values.to_numpy()) for name in COLUMNS}

    return epoch


def write_tar(folder: Path, scenes: list[Arrays]) -> None:
    import webdataset

    with webdataset.TarWriter(str(folder / "scenes.tar")) as sink:
        for i, scene in enumerate(scenes):
            sink.write({"__key__": f"{i:05}", **{f"{name}.npy": array for name, array in scene.items()}})


def read_tar(folder: Path) -> Callable[[list[int]], Iterator[Arrays]]:
    """In the order of the file: a tar has no other."""
    import webdataset

    def epoch(order: list[int]) -> Iterator[Arrays]:
        for row in webdataset.WebDataset(str(folder / "scenes.tar"), shardshuffle=False).decode():
            yield {name: row[f"{name}.npy"] for name in COLUMNS}

    return epoch


def write_hf(folder: Path, scenes: list[Arrays]) -> None:
    import datasets

    datasets.Dataset(blob_table(scenes)).save_to_disk(str(folder))


def read_hf(folder: Path) -> Callable[[list[int]], Iterator[Arrays]]:
    import datasets

    data = datasets.load_from_disk(str(folder)).with_format("arrow")

    def epoch(order: list[int]) -> Iterator[Arrays]:
        for i in order:
            table = data[i : i + 1]
            yield from_bytes({name: table[name].chunk(0)[0].as_buffer() for name in COLUMNS})

    return epoch


def write_lance(folder: Path, scenes: list[Arrays]) -> None:
    import lance

    lance.write_dataset(blob_table(scenes), str(folder / "scenes.lance"))


def read_lance(folder: Path) -> Callable[[list[int]], Iterator[Arrays]]:
    import lance

    data = lance.dataset(str(folder / "scenes.lance"))

    def epoch(order: list[int]) -> Iterator[Arrays]:
        for i in order:
            table = data.take([i], columns=list(COLUMNS))
            yield from_bytes({name: table[name].chunk(0)[0].as_buffer() for name in COLUMNS})

    return epoch


def write_litdata(folder: Path, scenes: list[Arrays]) -> None:
    import litdata

    # It runs in processes of its own, which read what they write from files.
    source = folder.parent / "litdata-source"
    source.mkdir(exist_ok=True)
    paths = []
    for i, scene in enumerate(scenes):
        paths.append(str(source / f"{i:05}.pkl"))
        Path(paths[-1]).write_bytes(pickle.dumps(scene, 5))
    litdata.optimize(fn=unpickled, inputs=paths, output_dir=str(folder), chunk_bytes="128MB", num_workers=1)
    shutil.rmtree(source)


def unpickled(path: str) -> Arrays:
    return pickle.loads(Path(path).read_bytes())


def read_litdata(folder: Path) -> Callable[[list[int]], Iterator[Arrays]]:
    import litdata

    data = litdata.StreamingDataset(str(folder))
    return lambda order: ({name: np.asarray(data[i][name]) for name in COLUMNS} for i in order)


def write_mds(folder: Path, scenes: list[Arrays]) -> None:
    import streaming

    with streaming.MDSWriter(out=str(folder), columns=dict.fromkeys(COLUMNS, "bytes")) as sink:
        for scene in scenes:
            sink.write({name: scene[name].tobytes() for name in COLUMNS})


def read_mds(folder: Path) -> Callable[[list[int]], Iterator[Arrays]]:
    import streaming

    data = streaming.StreamingDataset(local=str(folder), shuffle=False, batch_size=1)
    return lambda order: (from_bytes(data[i]) for i in order)


def read_shards(folder: Path, verify: Any = "never") -> Callable[[list[int]], Iterator[Arrays]]:
    shards = Shards(folder, verify=verify)
    held = [name for name in COLUMNS if name in shards.columns]
    return lambda order: (shards[i].read(held) for i in order)


def read_checked(folder: Path) -> Callable[[list[int]], Iterator[Arrays]]:
    """Opened anew for each epoch, so that each checks every byte."""
    return lambda order: read_shards(folder, "first-touch")(order)


def read_stock(folder: Path) -> Callable[[list[int]], Iterator[Arrays]]:
    import pyarrow.parquet as pq

    shards = Shards(folder)
    files = {
        name: pq.ParquetFile(folder / f["scenes"].file, memory_map=True)
        for name, f in shards.manifest.shards.items()
    }

    def epoch(order: list[int]) -> Iterator[Arrays]:
        for i in order:
            entry = shards.entries[i]
            table = files[entry.shard].read_row_group(
                entry.row_group, columns=list(COLUMNS), use_threads=False
            )
            yield from_bytes({name: table[name].chunk(0)[0].as_buffer() for name in COLUMNS})

    return epoch


def profile_of(folder: Path) -> str:
    said = Shards(folder).manifest.layout
    name = {("blobs", "exact"): "archive", ("blobs", "compact"): "compact"}.get((said.points, said.precision), "points")
    return f"dataprep `Shards`, profile {name}"


def nothing(folder: Path, scenes: list[Arrays]) -> None:
    """Our own shards are there."""


def as_tuple(scene: Arrays) -> tuple[np.ndarray, ...]:
    return tuple(scene.values())


def numpy_of(loaded: dict[str, Any]) -> Arrays:
    return {name: tensor.numpy() for name, tensor in loaded.items()}


#: What most trainers of this field read; the table counts in its speeds.
IN_USE = "`.pth` of NumPy arrays (SPFormer, Reason3D)"

BOUND = "memory to memory (the bound)"

OURS = [
    Peer("**dataprep `Shards`**", "numpy", nothing, read_shards),
    Peer("dataprep `Shards`, every CRC checked", "numpy", nothing, read_checked),
    Peer("our shards by stock pyarrow", "pyarrow", nothing, read_stock),
]
PEERS = [
    Peer("Arrow IPC, memory-mapped binary", "pyarrow", write_ipc, read_ipc),
    Peer("Hugging Face `datasets`, binary", "datasets", write_hf, read_hf),
    Peer("pickle, protocol 5", "numpy", *each(".pkl", lambda p, s: p.write_bytes(pickle.dumps(s, 5)), lambda p: pickle.loads(p.read_bytes()))),
    Peer("`.npy` folder (Pointcept)", "numpy", *each("", save_npy, lambda p: {n: np.load(p / f"{n}.npy") for n in COLUMNS})),
    Peer("`.npz`, stored", "numpy", *each(".npz", lambda p, s: np.savez(p, **s), lambda p: dict(np.load(p)))),
    Peer("`.pth` of tensors", "torch", *each(".pth", save_pth(tensors), load_pth(numpy_of))),
    Peer(IN_USE, "torch", *each(".pth", save_pth(as_tuple), load_pth(lambda t: dict(zip(COLUMNS, t))))),
    Peer("Lance, `take`", "lance", write_lance, read_lance),
    Peer("LitData", "litdata", write_litdata, read_litdata),
    Peer("MosaicML StreamingDataset", "streaming", write_mds, read_mds),
    Peer("WebDataset tar, in file order", "webdataset", write_tar, read_tar),
    Peer("Parquet, `list<float>`, defaults", "pyarrow", write_lists, read_lists),
]  # fmt: skip


def files_of(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def evict(folder: Path) -> None:
    """Drops a folder's files from the page cache."""
    for path in files_of(folder):
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def epoch(read: Callable[[list[int]], Iterator[Arrays]], order: list[int], target: Arrays) -> float:
    """Scenes a second."""
    begun = time.perf_counter()
    count = 0
    for scene in read(order):
        for name, array in scene.items():
            flat = array.reshape(-1)
            np.copyto(target[name][: flat.size], flat, casting="unsafe")
        count += 1
    assert count == len(order)
    return count / (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("work", type=Path, help="an empty folder, for the peers' files")
    parser.add_argument("--scenes", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--profiles", type=Path, nargs="*", default=[], help="the same data in other profiles of [output]"
    )
    parser.add_argument("--without", nargs="*", default=[], help="packages whose forms are left out")
    parser.add_argument("--page", type=Path, help="write the table into this page")
    args = parser.parse_args()

    shards = Shards(args.dataset)
    scenes = [shards[i].read(COLUMNS) for i in range(min(args.scenes, len(shards)))]
    size = max(len(scene["xyz"]) for scene in scenes)
    target = {name: np.ones(size * (3 if a.ndim == 2 else 1), a.dtype) for name, a in scenes[0].items()}
    rng = np.random.default_rng(0)
    order = rng.permutation(len(scenes)).tolist()

    missing, forms = [], []
    others = {profile_of(folder): folder for folder in args.profiles}
    for peer in OURS + [Peer(name, "numpy", nothing, read_shards) for name in others] + PEERS:
        if peer.needs in args.without:
            missing.append(f"{peer.name} (left out)")
            continue
        try:
            version = getattr(importlib.import_module(peer.needs), "__version__", "")
        except ImportError as error:
            missing.append(f"{peer.name} ({error})")
            continue
        folder = others.get(peer.name, args.dataset)
        if peer in PEERS:
            folder = args.work / str(len(forms))
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            peer.write(folder, scenes)
        for got, i in zip(peer.read(folder)(order), order):
            # A tar comes in file order, and "compact" is rounded; every other form is checked scene by scene.
            if peer.read is not read_tar and "compact" not in peer.name:
                assert all(got[n].tobytes() == scenes[i][n].tobytes() for n in COLUMNS), (peer.name, i)
        stored = sum(s.nbytes for scene in scenes for s in scene.values())
        if peer.name in others:
            stored = int(sum(p.stat().st_size for p in files_of(folder)) * len(scenes) / len(shards))
        if peer in PEERS:
            stored = sum(path.stat().st_size for path in files_of(folder))
        forms.append((peer, folder, stored, version))
    copies = [{name: array.copy() for name, array in scene.items()} for scene in scenes]

    # Whatever maps the shards would keep their pages in the cache.
    del scenes, shards
    warm: dict[str, list[float]] = {}
    share: dict[str, list[float]] = {}
    cold: dict[str, list[float]] = {}
    readers = {peer.name: peer.read(folder) for peer, folder, *_ in forms}
    for number in range(args.rounds + 1):
        for name, read in readers.items():
            # The bound is taken beside each form: a shared machine is not as fast at all times.
            bound = epoch(lambda order: (copies[i] for i in order), order, target)
            speed = epoch(read, order, target)
            if number:  # the first brings files into the cache
                warm.setdefault(BOUND, []).append(bound)
                warm.setdefault(name, []).append(speed)
                share.setdefault(name, []).append(speed / bound)
    # Everything is closed, and opened again after its pages are dropped.
    readers.clear()
    for _ in range(3):
        for peer, folder, *_ in forms:
            evict(folder)
            cold.setdefault(peer.name, []).append(epoch(peer.read(folder), order, target))

    base = statistics.median(warm[IN_USE]) if IN_USE in warm else None
    points = statistics.mean(len(copy["xyz"]) for copy in copies)
    count, megabytes = len(order), sum(a.nbytes for c in copies for a in c.values()) / len(order) / 1e6
    lines = [
        f"{count} made scenes of {points:,.0f} points on average, {megabytes:.1f} MB each in seven columns; medians of "
        f"{args.rounds} rounds, in one process; {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, NumPy {np.__version__}, "
        + ", ".join(sorted({f"{p.needs} {v}" for p, _, _, v in forms if p.needs != "numpy"}))
        + ".",
        "",
        "| form | MB a scene | warm, scenes/s | of the bound | × `.pth` of arrays | evicted, scenes/s |",
        "|---|---|---|---|---|---|",
        f"| {BOUND} | | {statistics.median(warm[BOUND]):,.0f} | 100 % | | |",
    ]
    for peer, _, stored, _ in sorted(forms, key=lambda form: -statistics.median(warm[form[0].name])):
        speed = statistics.median(warm[peer.name])
        times = f"{speed / base:.1f}" if base else ""
        lines.append(
            f"| {peer.name} | {stored / count / 1e6:.2f} | {speed:,.0f} | {statistics.median(share[peer.name]):.0%} | {times} "
            f"| {statistics.median(cold[peer.name]):,.0f} |".replace("%", " %")
        )
    if missing:
        lines += ["", "Not measured: " + ", ".join(missing) + "."]
    table = "\n".join(lines)
    print(table)
    print(json.dumps({"warm": warm, "evicted": cold}))
    if args.page:
        begin, end = "<!-- python/bench/loaders.py begin -->", "<!-- python/bench/loaders.py end -->"
        page = args.page.read_text()
        head, tail = page[: page.index(begin) + len(begin)], page[page.index(end) :]
        args.page.write_text(f"{head}\n\n{table}\n\n{tail}")


if __name__ == "__main__":
    main()
