"""`Shards`: a data set folder as a sequence of scenes, read by byte offsets into memory maps."""

from __future__ import annotations

import functools
import mmap
import os
import warnings
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from . import masks
from .digest import blake3
from .errors import CorruptShard, Error, FileChanged, MissingDependency, MissingShard
from .errors import UnknownColumn, UnknownSample
from .manifest import ColumnType, Manifest, SceneEntry, ShardFile
from .places import Address, Place, place
from .tables import Table, read_table

Verify = Literal["first-touch", "never"]
OnCorrupt = Literal["raise", "skip"]

#: Maps kept open: each holds a file descriptor, of which a process has about a thousand.
_OPEN_MAPS = 256
_COPY_AGAIN = "copy this file again from where it was written; `dataprep verify` finds every such file"


@functools.cache
def _native_crc32() -> Any:
    """The native module's CRC-32, which is several times as fast as zlib's; None without it."""
    try:
        from ._native import crc32
    except ImportError:
        return None
    return crc32


def _native_size(address: str) -> int | None:
    """The size of an object; None when it is not there."""
    from ._native import size

    return size(address)


def _crc32(mapped: mmap.mmap, offset: int, nbytes: int) -> int:
    native = _native_crc32()
    if native is None:
        return zlib.crc32(memoryview(mapped)[offset : offset + nbytes])
    return native(np.frombuffer(mapped, np.uint8, nbytes, offset))


@dataclass(frozen=True)
class LeftOut:
    """Something that was left out because it could not be read, and why."""

    what: str
    why: str


class Scene:
    """One scene variant. `scene["xyz"]` is a read-only view into the shard (an array of its own where
    the data set is not of profile "train").

    Attributes: `sample_id` (`scene0011_00/v002`), `scene_id`, `split`, `variant` (0 = original),
    `num_points`, `num_descriptions`, `weight` (sum of its sentences' sampling weights).
    """

    def __init__(self, shards: Shards, index: int) -> None:
        self._shards = shards
        self.index = index
        entry = shards.entries[index]
        self.sample_id, self.scene_id, self.split = entry.sample_id, entry.scene_id, entry.split
        self.variant, self.num_points = entry.variant, entry.num_points
        self.num_descriptions, self.weight = entry.num_descriptions, entry.weight

    def __getitem__(self, column: str) -> np.ndarray:
        return self._shards.array(self.index, column)

    def read(self, columns: Iterable[str] | None = None, *, writable: bool = False) -> dict[str, np.ndarray]:
        """Per-point columns by name, all when `columns` is `None`; copies when `writable`."""
        names = self._shards.columns if columns is None else columns
        return self._shards.arrays(self.index, names, writable=writable)

    def mask(self, object_id: int) -> np.ndarray:
        """The points of an object, bool [N]."""
        return masks.point_mask(self["object"], object_id)

    def superpoint_mask(self, object_id: int) -> np.ndarray:
        """The superpoints more than half its own, bool [S]."""
        return masks.superpoint_mask(self["superpoint"], self.mask(object_id))

    @property
    def objects(self) -> Table:
        """Its rows of the objects table."""
        return self._shards.objects_of(self.index)

    @property
    def descriptions(self) -> Table:
        """Its rows of the descriptions table."""
        start, stop = self._shards.description_starts[self.index : self.index + 2]
        return self._shards.descriptions.slice(int(start), int(stop))

    @property
    def info(self) -> dict[str, Any]:
        """Its row of the scenes table without the points: `aabb` f4 [6], `transform` f8 [4,4]
        (NaN when no single affine map says it), `provenance` (JSON), `fingerprint` u1 [32] and
        the counts."""
        return self._shards.info_of(self.index)

    def __repr__(self) -> str:
        return f"Scene({self.sample_id}: {self.num_points} points, {self.num_descriptions} descriptions)"


class Shards(Sequence[Scene]):
    """A data set that `dataprep augment` wrote.

    `split` and `variants` choose scenes. `verify="first-touch"` holds every column against its
    CRC-32 the first time this process reads it, and every table against its BLAKE3; `"never"`
    trusts the disk. With `on_corrupt="skip"`, scenes of shards that are missing or of another
    size are left out, and `left_out` says which; data sets built on it leave out what turns out
    broken later, too.

    Opening reads `manifest.json` only. Arrays are read-only views into memory maps and stay valid
    as long as they are referenced. It can be pickled (maps are opened again) and forked.

    So it is with profile "train". Of the others ("archive", "compact", "points") the native module
    decodes columns into arrays of their own, with the same values, but for what "compact" rounded:
    `manifest.raw["errors"]` says by how much. The columns of the scene that was read last are kept.

    `path` may be an address in an object store (`s3://…`, `gs://…`, `az://…`; credentials and endpoint
    from the environment). Columns are then fetched by ranges, as arrays of their own; with `cache`, a
    folder of this machine, they are kept there, `cache_bytes` of them at most, those used last.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        split: str | None = None,
        variants: Iterable[int] | None = None,
        verify: Verify = "first-touch",
        on_corrupt: OnCorrupt = "raise",
        cache: str | os.PathLike[str] | None = None,
        cache_bytes: int = 20 << 30,
    ) -> None:
        if verify not in ("first-touch", "never"):
            raise ValueError(f'verify is "first-touch" or "never", not {verify!r}')
        if on_corrupt not in ("raise", "skip"):
            raise ValueError(f'on_corrupt is "raise" or "skip", not {on_corrupt!r}')
        self.path: Place = place(path)
        self.verify: Verify = verify
        self.on_corrupt: OnCorrupt = on_corrupt
        if cache_bytes < 0:
            raise ValueError(f"cache_bytes is 0 or more, not {cache_bytes}")
        if cache is not None and isinstance(place(cache), Address):
            raise ValueError(f"cache is a folder of this machine, not {os.fspath(cache)}")
        if cache is not None:
            os.makedirs(cache, exist_ok=True)
        self._cache = None if cache is None else os.fspath(cache)
        self._cache_bytes = cache_bytes
        self.left_out: list[LeftOut] = []
        self.manifest = Manifest.read(self.path)
        splits = {entry.split for entry in self.manifest.scenes}
        if split is not None and split not in splits:
            raise UnknownSample(
                f"the data set has no split {split!r}",
                file=self.manifest.path,
                found=", ".join(sorted(splits)) or "no scene",
            )
        wanted = None if variants is None else frozenset(variants)
        self.entries = [
            entry
            for entry in self.manifest.scenes
            if (split is None or entry.split == split) and (wanted is None or entry.variant in wanted)
        ]
        if on_corrupt == "skip":
            self.entries = self._present(self.entries)
        counts = [entry.num_descriptions for entry in self.entries]
        #: Where each scene's descriptions start in `descriptions`: int64 [len + 1].
        self.description_starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
        self._by_id = {entry.sample_id: i for i, entry in enumerate(self.entries)}
        self._descriptions: Table | None = None
        self._objects: dict[str, tuple[Table, dict[str, tuple[int, int]]]] = {}
        self._fresh()

    def _fresh(self) -> None:
        self._maps: OrderedDict[str, mmap.mmap] = OrderedDict()
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._touched: set[tuple[int, str]] = set()
        self._sizes: dict[str, int | None] = {}
        self._stored: Any = None
        self._last: tuple[int, dict[str, np.ndarray]] = (-1, {})

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        for name in ("_maps", "_seen", "_sizes", "_touched", "_stored", "_last"):
            del state[name]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._fresh()

    # -- what there is ------------------------------------------------------------------------

    @property
    def dataset_id(self) -> str:
        """BLAKE3 of the manifest; a training checkpoint can hold it."""
        return self.manifest.dataset_id

    @property
    def columns(self) -> dict[str, ColumnType]:
        """The per-point columns with dtype and width."""
        return self.manifest.columns

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: Any) -> Any:
        """The scene at a position or with a sample id."""
        if isinstance(index, slice):
            return [Scene(self, i) for i in range(len(self))[index]]
        if isinstance(index, str):
            if index not in self._by_id:
                raise UnknownSample(f"the data set has no sample {index!r}", file=self.manifest.path)
            return Scene(self, self._by_id[index])
        return Scene(self, range(len(self))[index])

    def __iter__(self) -> Iterator[Scene]:
        return (Scene(self, i) for i in range(len(self)))

    def __repr__(self) -> str:
        return f"Shards({str(self.path)!r}: {len(self)} scenes, {self.description_starts[-1]} descriptions)"

    def skip(self, what: str, error: Error) -> None:
        """Writes down that something was left out; a warning says it once."""
        left = LeftOut(what, str(error))
        if left not in self.left_out:
            self.left_out.append(left)
            warnings.warn(f"left out {what}: {error}", stacklevel=3)

    def _present(self, entries: list[SceneEntry]) -> list[SceneEntry]:
        """The scenes whose files are there and as long as they should be, with sound tables."""
        broken: dict[str, bool] = {}
        for shard in {entry.shard: None for entry in entries}:
            try:
                files = self.manifest.shards[shard]
                self._stat(files["scenes"])
                self._stat(files[self.manifest.layout.table])
                self._intact(files["objects"])
                self._intact(files["descriptions"])
            except Error as error:
                broken[shard] = True
                self.skip(f"shard {shard}", error)
        return [entry for entry in entries if entry.shard not in broken]

    # -- points -------------------------------------------------------------------------------

    def array(self, index: int, column: str, *, writable: bool = False) -> np.ndarray:
        """A per-point column of the scene at `index`: a read-only view, or a copy if `writable`."""
        return self.arrays(index, (column,), writable=writable)[column]

    def arrays(self, index: int, columns: Iterable[str], *, writable: bool = False) -> dict[str, np.ndarray]:
        """Per-point columns of the scene at `index` by name: read-only views, or copies if `writable`."""
        entry = self.entries[index]
        columns = tuple(columns)
        for column in columns:
            if column not in self.columns or column not in entry.blobs:
                raise UnknownColumn(
                    f"the data set has no column {column!r}",
                    file=self.manifest.path,
                    found=", ".join(self.columns),
                )
        if not self.mapped:
            return self._decoded(index, columns, writable)
        mapped = self._map(entry.shard)
        made = {}
        for column in columns:
            kind = self.columns[column]
            if self.verify == "first-touch" and (index, column) not in self._touched:
                self._check(entry, column, mapped)
                self._touched.add((index, column))
            shape = kind.shape(entry.num_points)
            view = np.ndarray(shape, kind.dtype, mapped, entry.blobs[column][0])
            made[column] = view.copy() if writable else view
        return made

    def _decoded(self, index: int, columns: Sequence[str], writable: bool) -> dict[str, np.ndarray]:
        """Columns of a layout that is not stored as it is read."""
        entry = self.entries[index]
        self.check_file(entry.shard)
        if self._last[0] != index:
            self._last = (index, {})
        known = self._last[1]
        missing = [column for column in dict.fromkeys(columns) if column not in known]
        kinds = [self.columns[column] for column in missing]
        buffers = [np.empty(kind.nbytes(entry.num_points), np.uint8) for kind in kinds]
        stored = self.stored()
        first = self.verify == "first-touch"
        parts = [
            (self.places[index], column, first and (index, column) not in self._touched, at, 0, buffers[at].size)
            for at, column in enumerate(missing)
        ]
        for part, error in stored.fill(buffers, parts, 1):
            error.message = f"{entry.sample_id}: column {missing[part]}: {error.message}"
            raise error
        for column, kind, buffer in zip(missing, kinds, buffers):
            array = buffer.view(kind.dtype).reshape(kind.shape(entry.num_points))
            array.flags.writeable = False
            known[column] = array
            self._touched.add((index, column))
        return {column: known[column].copy() if writable else known[column] for column in columns}

    @property
    def mapped(self) -> bool:
        """Whether arrays are views into files of this machine."""
        return self.manifest.layout.plain and not isinstance(self.path, Address)

    def stored(self) -> Any:
        """The native reader of any layout."""
        if self._stored is None:
            try:
                from ._native import Stored
            except ImportError as error:
                raise MissingDependency(
                    f"the points are stored with {self.manifest.layout}: reading them takes the native module",
                    file=self.manifest.path,
                    help='pip install ./python, or write the data set with profile = "train" in [output]',
                ) from error
            self._stored = Stored(self.path, self._cache, self._cache_bytes)
        return self._stored

    @functools.cached_property
    def places(self) -> list[int]:
        """The place of each scene in the manifest."""
        place = {entry.sample_id: at for at, entry in enumerate(self.manifest.scenes)}
        return [place[entry.sample_id] for entry in self.entries]

    def _check(self, entry: SceneEntry, column: str, mapped: mmap.mmap) -> None:
        """Holds the bytes of a column against their CRC-32."""
        offset, nbytes, crc = entry.blobs[column]
        found = _crc32(mapped, offset, nbytes)
        if found != crc:
            raise CorruptShard(
                f"{entry.sample_id}: the bytes of column {column} are not those that were written",
                file=self.path / self.manifest.shards[entry.shard]["scenes"].file,
                place=f"bytes {offset}..{offset + nbytes}",
                expected=f"CRC-32 {crc:08x}",
                found=f"CRC-32 {found:08x}",
                help=_COPY_AGAIN,
            )

    def _stat(self, file: ShardFile) -> tuple[int, int, int]:
        """Inode, size and time of a file that is there and as long as it should be."""
        # A plain string: asked for every scene, and pathlib is slow.
        path = f"{self.path}/{file.file}"
        if isinstance(self.path, Address):
            # Asked once: names carry a digest, so what is there stays what it was.
            if path not in self._sizes:
                self._sizes[path] = _native_size(path)
            return self._length(path, file, self._sizes[path]), 0, 0
        try:
            said = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            said = None
        size = self._length(path, file, None if said is None else said.st_size)
        return (0, size, 0) if said is None else (said.st_ino, size, said.st_mtime_ns)

    @staticmethod
    def _length(path: str, file: ShardFile, found: int | None) -> int:
        """The size of a file, which must be the one that was written."""
        if found is None:
            raise MissingShard(
                "a file that the manifest names is not there",
                file=path,
                expected=f"{file.bytes} bytes",
                help=_COPY_AGAIN,
            )
        if found != file.bytes:
            what = "is cut short" if found < file.bytes else "is longer than it was written"
            raise CorruptShard(
                f"a file of the data set {what}",
                file=path,
                expected=f"{file.bytes} bytes",
                found=f"{found} bytes",
                help=_COPY_AGAIN,
            )
        return found

    def check_file(self, shard: str) -> str:
        """The path of the file with a shard's points: there, as long as it should be, and the one that
        it was when it was first looked at."""
        file = self.manifest.shards[shard][self.manifest.layout.table]
        now = self._stat(file)
        if self._seen.setdefault(shard, now) != now:
            raise FileChanged(
                "a file of the data set was changed or replaced after it was opened",
                file=self.path / file.file,
                help="open the data set again; write to another folder while one is read",
            )
        return f"{self.path}/{file.file}"

    def _map(self, shard: str) -> mmap.mmap:
        # Asked each time: a map of a file that was cut short would end this process by a signal.
        path = self.check_file(shard)
        mapped = self._maps.get(shard)
        if mapped is None:
            with open(path, "rb") as opened:
                mapped = self._maps[shard] = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
            if len(self._maps) > _OPEN_MAPS:
                self._maps.popitem(last=False)
        self._maps.move_to_end(shard)
        return mapped

    # -- tables -------------------------------------------------------------------------------

    @property
    def descriptions(self) -> Table:
        """The descriptions of the chosen scenes, in scene order; row = description index."""
        if self._descriptions is None:
            self._descriptions = self._read_descriptions()
        return self._descriptions

    @property
    def objects(self) -> Table:
        """The objects of the chosen scenes, in scene order."""
        return Table.concat([self.objects_of(i) for i in range(len(self))])

    def objects_of(self, index: int) -> Table:
        """The objects of the scene at `index`."""
        entry = self.entries[index]
        if entry.shard not in self._objects:
            table = self._table(entry.shard, "objects")
            ids = list(table["sample_id"])
            starts = [i for i in range(len(ids)) if i == 0 or ids[i] != ids[i - 1]]
            ranges = {ids[a]: (a, b) for a, b in zip(starts, [*starts[1:], len(ids)])}
            self._objects[entry.shard] = (table, ranges)
        table, ranges = self._objects[entry.shard]
        return table.slice(*ranges.get(entry.sample_id, (0, 0)))

    def info_of(self, index: int) -> dict[str, Any]:
        """The row of the scene at `index` in the scenes table, without the points."""
        entry = self.entries[index]
        file = self.manifest.shards[entry.shard]["scenes"]
        self._stat(file)
        small = [
            "sample_id", "scene_id", "split", "variant", "num_points", "num_superpoints",
            "num_objects", "num_descriptions", "aabb", "transform", "provenance", "fingerprint",
        ]  # fmt: skip
        return read_table(self.path / file.file, small).row(entry.row_group)

    def _intact(self, file: ShardFile) -> Place:
        """The path of a table's file that holds the bytes that were written."""
        path = self.path / file.file
        self._stat(file)
        if self.verify == "first-touch":
            found = blake3(path.read_bytes())
            if found != file.blake3:
                raise CorruptShard(
                    "the bytes of a table are not those that were written",
                    file=path,
                    expected=f"BLAKE3 {file.blake3[:16]}…",
                    found=f"BLAKE3 {found[:16]}…",
                    help=_COPY_AGAIN,
                )
        return path

    def _table(self, shard: str, name: str) -> Table:
        file = self.manifest.shards[shard][name]
        path = self._intact(file)
        table = read_table(path)
        if len(table) != file.rows:
            raise CorruptShard(
                "a table has another number of rows than the manifest says",
                file=path,
                expected=f"{file.rows} rows",
                found=f"{len(table)} rows",
                help=_COPY_AGAIN,
            )
        return table

    def _read_descriptions(self) -> Table:
        """Joins the tables of the shards. In a shard, rows follow the scenes, as the writer wrote
        them; where the chosen scenes stand together they are taken as one piece."""
        starts: dict[str, int] = {}
        rows: dict[str, int] = {}
        by_shard = sorted(self.manifest.scenes, key=lambda entry: (entry.shard, entry.row_group))
        for entry in by_shard:
            starts[entry.sample_id] = rows.get(entry.shard, 0)
            rows[entry.shard] = starts[entry.sample_id] + entry.num_descriptions
        tables: dict[str, Table] = {}
        pieces: list[tuple[str, int, int]] = []
        for entry in self.entries:
            start = starts[entry.sample_id]
            stop = start + entry.num_descriptions
            if pieces and pieces[-1][0] == entry.shard and pieces[-1][2] == start:
                pieces[-1] = (entry.shard, pieces[-1][1], stop)
            else:
                pieces.append((entry.shard, start, stop))
        parts = []
        for shard, start, stop in pieces:
            if shard not in tables:
                tables[shard] = self._table(shard, "descriptions")
            parts.append(tables[shard].slice(start, stop))
        if not parts:
            return Table({}, 0)
        table = Table.concat(parts)
        ids = table["sample_id"]
        for i, entry in enumerate(self.entries):
            first, last = int(self.description_starts[i]), int(self.description_starts[i + 1]) - 1
            if last >= first and not ids[first] == ids[last] == entry.sample_id:
                raise CorruptShard(
                    "descriptions do not stand in the order of their scenes",
                    file=self.path / self.manifest.shards[entry.shard]["descriptions"].file,
                    place=f"the rows of {entry.sample_id}",
                    found=ids[first],
                    help="run `dataprep verify`; write the data set again",
                )
        return table
