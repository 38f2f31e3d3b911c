"""`manifest.json`: what a data set holds and where, checked before anything is believed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from .digest import blake3
from .errors import CorruptManifest, MissingDataset, VersionMismatch
from .failures import NotFound
from .places import Place

#: The layout that this version reads.
FORMAT = 3
_COPY_AGAIN = "copy the data set again from where it was written, or write it again"


@dataclass(frozen=True)
class ColumnType:
    """A per-point column: NumPy dtype and values a point. `shape(n)` is [n] or [n, width]."""

    dtype: np.dtype[Any]
    width: int

    def shape(self, points: int) -> tuple[int, ...]:
        return (points,) if self.width == 1 else (points, self.width)

    def nbytes(self, points: int) -> int:
        return points * self.width * self.dtype.itemsize


@dataclass(frozen=True)
class Layout:
    """How points are stored: `points` "blobs" or "rows", `compression` "none" or "zstd", `precision`
    "exact" or "compact"."""

    points: str
    compression: str
    precision: str

    @property
    def plain(self) -> bool:
        """Whether the bytes in the file are those of the arrays."""
        return self == Layout("blobs", "none", "exact")

    @property
    def table(self) -> str:
        """The table that holds the points."""
        return "points" if self.points == "rows" else "scenes"

    def __str__(self) -> str:
        return f"points = {self.points}, compression = {self.compression}, precision = {self.precision}"


#: Bytes of a blob before its values, and of a point, where precision "compact" has others.
_COMPACT = {"xyz": (24, 6), "superpoint": (0, 2), "object": (0, 2), "normal": (0, 4)}


@dataclass(frozen=True)
class ShardFile:
    """A file of a shard: path relative to the folder, size, BLAKE3 in hexadecimal, rows."""

    file: str
    bytes: int
    blake3: str
    rows: int


@dataclass(frozen=True)
class SceneEntry:
    """Where a scene variant lies; `blobs` has (offset, nbytes, crc32) by column."""

    sample_id: str
    scene_id: str
    split: str
    variant: int
    num_points: int
    num_descriptions: int
    weight: float
    shard: str
    row_group: int
    blobs: dict[str, tuple[int, int, int]]


@dataclass(frozen=True)
class Manifest:
    """The parts of the manifest that reading needs, and all of it as `raw`."""

    path: Place
    columns: dict[str, ColumnType]
    layout: Layout
    shards: dict[str, dict[str, ShardFile]]
    scenes: list[SceneEntry]
    raw: dict[str, Any]
    data: bytes = field(repr=False)

    @cached_property
    def dataset_id(self) -> str:
        """BLAKE3 of the manifest's bytes."""
        return blake3(self.data)

    @staticmethod
    def read(folder: Place) -> Manifest:
        """Reads and checks `folder/manifest.json`."""
        path = folder / "manifest.json"
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, NotFound) as error:
            raise MissingDataset(
                "there is no data set: manifest.json, which is written last, is not there",
                file=path,
                # A store says whether the object is not there or the bucket.
                found=error.message if isinstance(error, NotFound) else None,
                help="name a folder that `dataprep augment` finished; a run that was stopped goes on "
                "when the same command is run again",
            ) from None
        try:
            raw = json.loads(data)
        except ValueError as error:
            raise CorruptManifest(f"the manifest is no JSON: {error}", file=path, help=_COPY_AGAIN) from None
        if not isinstance(raw, dict) or raw.get("format") != FORMAT:
            found = raw.get("format") if isinstance(raw, dict) else type(raw).__name__
            raise VersionMismatch(
                "the data set has another layout version",
                file=path,
                place="format",
                expected=f"format {FORMAT}",
                found=f"format {found}",
                help="use the dataprep version that wrote it, or write it again with this one",
            )
        try:
            return _parse(path, raw, data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CorruptManifest(
                f"the manifest lacks something or says it in another form: {type(error).__name__}: {error}",
                file=path,
                help=_COPY_AGAIN,
            ) from None


def _parse(path: Place, raw: dict[str, Any], data: bytes) -> Manifest:
    columns = {name: _column_type(spelled) for name, spelled in raw["columns"].items()}
    said = raw["layout"]
    layout = Layout(said["points"], said["compression"], said["precision"])
    known = {"points": ("blobs", "rows"), "compression": ("none", "zstd"), "precision": ("exact", "compact")}
    for key, values in known.items():
        if said[key] not in values:
            raise ValueError(f"layout {key} is {said[key]!r}")
    shards: dict[str, dict[str, ShardFile]] = {}
    for entry in raw["shards"]:
        files = {}
        for said in entry["files"]:
            file = ShardFile(str(said["file"]), int(said["bytes"]), str(said["blake3"]), int(said["rows"]))
            inside = PurePosixPath(file.file)
            if inside.is_absolute() or ".." in inside.parts or len(inside.parts) != 2:
                raise ValueError(f"a shard lies outside the folder: {file.file}")
            files[inside.parts[0]] = file
        shards[str(entry["name"])] = files
    scenes = [_scene(said, columns, layout, shards) for said in raw["scenes"]]
    return Manifest(path, columns, layout, shards, scenes, raw, data)


def _column_type(spelled: str) -> ColumnType:
    """`<f4 [N,3]`."""
    dtype, shape = spelled.split(" ")
    dims = shape.strip("[]").split(",")
    if dims[0] != "N" or len(dims) > 2:
        raise ValueError(f"column type {spelled!r}")
    made = np.dtype(dtype)
    if made.hasobject or made.itemsize == 0:
        raise ValueError(f"column type {spelled!r}")
    return ColumnType(made, int(dims[1]) if len(dims) == 2 else 1)


def _scene(
    said: dict[str, Any],
    columns: dict[str, ColumnType],
    layout: Layout,
    shards: dict[str, dict[str, ShardFile]],
) -> SceneEntry:
    blobs = {}
    size = shards[said["shard"]]["scenes"].bytes
    points = int(said["num_points"])
    for name, (offset, nbytes, crc) in said["blobs"].items():
        offset, nbytes = int(offset), int(nbytes)
        expected = columns[name].nbytes(points)
        if layout.precision == "compact" and name in _COMPACT:
            header, width = _COMPACT[name]
            expected = header + width * points
        mapped = layout.points == "blobs" and layout.compression == "none"
        outside = offset < 4 or offset + nbytes > size if mapped else offset != 0
        if nbytes != expected or outside:
            raise ValueError(f"{said['sample_id']}: column {name} cannot lie where the manifest says")
        blobs[name] = (offset, nbytes, int(crc))
    return SceneEntry(
        str(said["sample_id"]),
        str(said["scene_id"]),
        str(said["split"]),
        int(said["variant"]),
        points,
        int(said["num_descriptions"]),
        float(said["weight"]),
        str(said["shard"]),
        int(said["row_group"]),
        blobs,
    )
