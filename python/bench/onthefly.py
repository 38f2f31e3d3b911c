"""How fast fresh variants reach a trainer: `Loader(augment=...)` beside the same steps in NumPy and SciPy.

    python bench/onthefly.py DATASET WORK [--pipeline pipelines/pointcept-ptv3.toml] [--page docs/loading.md]

The peer does what Pointcept's list for Point Transformer V3 does, step by step, in the way that list is
written: arrays in a dictionary, one pass and more a step, one process. Its strengths and probabilities are those
of the pipeline here, elastic distortion included. It reads `.npy` files, as Pointcept does, and has no sentences
to look after; `Loader` reads shards of originals and decides on each sentence. Both deliver one scene a batch.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import scipy
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import convolve1d

from dataprep import Loader, Shards

Scene = dict[str, np.ndarray]
POINTWISE = ("coord", "color", "normal", "segment", "instance")


def pick(scene: Scene, index: np.ndarray) -> None:
    for name in POINTWISE:
        scene[name] = scene[name][index]


def centre(scene: Scene, floor: bool) -> None:
    low, high = scene["coord"].min(0), scene["coord"].max(0)
    middle = (low + high) / 2
    scene["coord"] -= [middle[0], middle[1], low[2] if floor else 0]


def drop(scene: Scene, rng: np.random.Generator, ratio: float) -> None:
    n = len(scene["coord"])
    pick(scene, rng.choice(n, int(n * (1 - ratio)), replace=False))


def rotate(scene: Scene, axis: int, angle: float, about: np.ndarray) -> None:
    c, s = np.cos(angle), np.sin(angle)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    matrix = np.eye(3)
    matrix[[i, j], [i, j]] = c
    matrix[i, j], matrix[j, i] = -s, s
    scene["coord"] = (scene["coord"] - about) @ matrix.T + about
    scene["normal"] = scene["normal"] @ matrix.T


def middle_of(scene: Scene) -> np.ndarray:
    return (scene["coord"].min(0) + scene["coord"].max(0)) / 2


def elastic(scene: Scene, rng: np.random.Generator, spacing: float, magnitude: float) -> None:
    coord = scene["coord"]
    low = coord.min(0)
    nodes = ((coord - low).max(0) // spacing).astype(int) + 3
    noise = rng.standard_normal((*nodes, 3)).astype(np.float32)
    for _ in range(2):
        for axis in range(3):
            noise = convolve1d(noise, np.full(3, 1 / 3), axis=axis, mode="constant")
    places = [low[k] - spacing + spacing * np.arange(nodes[k]) for k in range(3)]
    field = RegularGridInterpolator(places, noise, bounds_error=False, fill_value=0)
    scene["coord"] = coord + field(coord) * magnitude


def autocontrast(scene: Scene, blend: float) -> None:
    color = scene["color"]
    low, high = color.min(0), color.max(0)
    scene["color"] = (1 - blend) * color + blend * (color - low) * (255 / np.maximum(high - low, 1))


def grid_sample(scene: Scene, rng: np.random.Generator, cell: float) -> None:
    cells = np.floor(scene["coord"] / cell).astype(np.int64)
    cells -= cells.min(0)
    key = np.zeros(len(cells), np.uint64) + np.uint64(14695981039346656037)
    for k in range(3):
        key *= np.uint64(1099511628211)
        key ^= cells[:, k].astype(np.uint64)
    order = np.argsort(key)
    _, count = np.unique(key[order], return_counts=True)
    starts = np.cumsum(np.insert(count, 0, 0)[:-1])
    pick(scene, order[starts + rng.integers(0, count.max(), count.size) % count])


def crop(scene: Scene, rng: np.random.Generator, count: int) -> None:
    coord = scene["coord"]
    if len(coord) > count:
        away = np.square(coord - coord[rng.integers(len(coord))]).sum(1)
        pick(scene, np.argsort(away)[:count])


def steps(scene: Scene, rng: np.random.Generator) -> Scene:
    chance = rng.random
    centre(scene, floor=True)
    if chance() < 0.2:
        drop(scene, rng, 0.2)
    if chance() < 0.5:
        rotate(scene, 2, rng.uniform(-np.pi, np.pi), np.zeros(3))
    for axis in (0, 1):
        if chance() < 0.5:
            rotate(scene, axis, rng.uniform(-np.pi, np.pi) / 64, middle_of(scene))
    scene["coord"] *= rng.uniform(0.9, 1.1)
    for axis in (0, 1):
        if chance() < 0.5:
            for name in ("coord", "normal"):
                scene[name][:, axis] *= -1
    scene["coord"] += np.clip(0.005 * rng.standard_normal(scene["coord"].shape), -0.02, 0.02)
    if chance() < 0.95:
        for spacing, magnitude in ((0.2, 0.05), (0.8, 0.1)):
            elastic(scene, rng, spacing, magnitude)
    if chance() < 0.2:
        autocontrast(scene, chance())
    if chance() < 0.95:
        scene["color"] = np.clip(scene["color"] + (chance((1, 3)) - 0.5) * 2 * 12.75, 0, 255)
    if chance() < 0.95:
        noise = rng.standard_normal(scene["color"].shape) * 12.75
        scene["color"] = np.clip(scene["color"] + noise, 0, 255)
    grid_sample(scene, rng, 0.02)
    crop(scene, rng, 102_400)
    centre(scene, floor=False)
    return scene


def peer(folder: Path, count: int) -> Iterator[Scene]:
    rng = np.random.default_rng(0)
    for i in range(count):
        scene = {name: np.load(folder / f"{i:05}" / f"{name}.npy") for name in POINTWISE}
        scene["color"] = scene["color"].astype(np.float32)
        yield steps(scene, rng)


def write(folder: Path, shards: Shards, count: int) -> None:
    columns = dict(zip(POINTWISE, ("xyz", "rgb", "normal", "nyu40", "object")))
    for i in range(count):
        (folder / f"{i:05}").mkdir(parents=True, exist_ok=True)
        for name, column in columns.items():
            np.save(folder / f"{i:05}" / f"{name}.npy", shards[i][column])


def timed(batches: Iterator[dict[str, np.ndarray]], name: str) -> tuple[float, float]:
    """Scenes a second, and points of the last one."""
    begun, count, points = time.perf_counter(), 0, 0
    for batch in batches:
        count, points = count + 1, len(batch[name])
    return count / (time.perf_counter() - begun), points


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("work", type=Path, help="a folder for the peer's files")
    parser.add_argument(
        "--pipeline", type=Path, default=Path(__file__).parents[2] / "pipelines/pointcept-ptv3.toml"
    )
    parser.add_argument("--scenes", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--page", type=Path, help="write the table into this page")
    args = parser.parse_args()
    shards = Shards(args.dataset, variants=[0])
    count = min(args.scenes, len(shards))
    write(args.work, shards, count)
    points = statistics.mean(shards[i].num_points for i in range(count))
    columns = ("xyz", "rgb", "normal", "superpoint", "object", "nyu40")

    def loader(threads: int, epoch: int) -> Loader:
        batches = [[i] for i in range(count)]
        return Loader(
            shards, batches, columns=columns, threads=threads, augment=args.pipeline, epoch=epoch
        )  # fmt: skip

    speeds: dict[str, list[float]] = {}
    for number in range(args.rounds + 1):
        # The same scenes in turn, so that what else the machine does falls on all alike.
        rates = {
            "the steps in NumPy and SciPy, one process": timed(peer(args.work, count), "coord")[0],
            "**`Loader(augment=…)`, 1 thread**": timed(iter(loader(1, number)), "xyz")[0],
        }
        if number:  # the first brings files into the cache
            for name, rate in rates.items():
                speeds.setdefault(name, []).append(rate)
    base = statistics.median(next(iter(speeds.values())))
    lines = [
        f"{count} made scenes of {points:,.0f} points on average, `{args.pipeline.name}`, one scene a batch, medians of "
        f"{args.rounds} rounds; {platform.machine()}, {os.cpu_count()} cores, NumPy {np.__version__}, SciPy {scipy.__version__}.",
        "",
        "| | scenes/s | × |",
        "|---|---|---|",
    ]
    for name, rates in speeds.items():
        middle = statistics.median(rates)
        lines.append(f"| {name} | {middle:,.1f} | {middle / base:.1f} |")
    table = "\n".join(lines)
    print(table)
    if args.page:
        page = args.page.read_text()
        begin, end = "<!-- python/bench/onthefly.py begin -->", "<!-- python/bench/onthefly.py end -->"
        before, rest = page.split(begin)
        args.page.write_text(before + begin + "\n\n" + table + "\n\n" + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
