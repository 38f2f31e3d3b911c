"""`Loader`: batches filled by Rust's threads, in order, into a ring of buffers."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from . import _native
from .errors import Error, MissingDependency, UnknownColumn, UnknownSample
from .manifest import ColumnType
from .order import Batch, Batches
from .shards import LeftOut, Shards


@dataclass(frozen=True)
class Sentence:
    """What became of a stored sentence in a variant that was made at load time.

    `row` is its row in `Shards.descriptions`. `action` is "keep", "adapt" (`text` was rewritten) or
    "drop" (it is not true of this variant, because of `reason`, and `text` is as stored).
    """

    row: int
    object_id: int
    ann_id: str
    action: Literal["keep", "adapt", "drop"]
    text: str
    reason: str | None


class Loader:
    """Batches of scenes, concatenated, straight from the shards' files.

    `shards` is a data set's folder or a `Shards`; `batches` yields lists of positions in it, or the
    batches of an `Order`. Each batch becomes a dictionary:

    - every one of `columns`: [sum N] or [sum N, width], dtype and unit as `Shards.columns` and
      the shard's metadata say (`xyz` float32 metres, `rgb` uint8, `object` int32, -1 none, ...)
    - `offsets` int64 [B + 1]: scene b is rows `offsets[b]` to `offsets[b + 1]`
    - `sample` int64 [B]: positions in the `Shards`
    - of an `Order`'s batch: `description` int64 [D], rows of `Shards.descriptions`, and `scene`
      int64 [D], the place in this batch of the scene that each speaks of
    - with `augment`: `provenance`, a JSON text for each scene, and `sentences`: a `Sentence` for
      each of `description`, or else a list of them for each scene

    `threads` threads of Rust fill up to `depth` batches ahead. The arrays lie in a ring of
    2 × `depth` buffers whose pages were touched once, and a batch stays as it is until the
    `depth`-th batch after it is asked for; `copy=True` gives arrays of your own. With
    `pin_memory=True` the ring is torch's page-locked memory, for `.to("cuda", non_blocking=True)`.

    `augment` is a pipeline file: what is stored must be originals, and in epoch e each becomes the
    variant e + 1 that `dataprep augment` would write with that pipeline and `seed` (the pipeline's
    own when None), with the same gate for its sentences. It depends on nothing else. `[balance]`
    is not looked at, and steps that mix scenes take from the stored originals.

    What cannot be read raises a `dataprep.Error` that names the file, after the batches before it.
    With `on_corrupt="skip"` the scene is left out, a batch without scenes is too, and `skipped`
    says what and why. CRC-32 is checked when a column is first read (`verify="first-touch"`,
    "never"), always when augmenting. Data sets of any profile can be read; "train" is the fast one, and
    `augment` takes originals of "train", "archive" or "points" with all columns.

    Threads begin with the first batch and end with the iteration, whatever ends it. A loader may
    be used after a fork; an iteration that began before belongs to the parent.
    """

    def __init__(
        self,
        shards: Shards | str | os.PathLike[str],
        batches: Iterable[Sequence[int] | np.ndarray | Batch],
        *,
        columns: Sequence[str] = ("xyz", "rgb", "superpoint", "object"),
        depth: int = 3,
        threads: int = 2,
        augment: str | os.PathLike[str] | None = None,
        seed: int | None = None,
        epoch: int = 0,
        copy: bool = False,
        pin_memory: bool = False,
        verify: Literal["first-touch", "never"] = "first-touch",
        on_corrupt: Literal["raise", "skip"] = "raise",
    ) -> None:
        if depth < 1 or threads < 1:
            raise ValueError(f"depth and threads are at least 1, not {depth} and {threads}")
        if isinstance(batches, Batches):
            raise TypeError("Batches yields descriptions, for a DataLoader: pass order.batches(...) here")
        if verify not in ("first-touch", "never"):
            raise ValueError(f'verify is "first-touch" or "never", not {verify!r}')
        if on_corrupt not in ("raise", "skip"):
            raise ValueError(f'on_corrupt is "raise" or "skip", not {on_corrupt!r}')
        self.shards = shards if isinstance(shards, Shards) else Shards(shards)
        self.batches = batches
        self.columns = tuple(columns)
        self.depth, self.threads = depth, threads
        self.augment, self.seed, self.epoch = augment, seed, epoch
        self.copy, self.pin_memory = copy, pin_memory
        self.verify, self.on_corrupt = verify, on_corrupt
        #: What was left out, and why.
        self.skipped: list[LeftOut] = []
        for name in self.columns:
            if name not in self.shards.columns:
                raise UnknownColumn(
                    f"the data set has no column {name!r}",
                    file=self.shards.manifest.path,
                    found=", ".join(self.shards.columns),
                )
        self._forget()
        if augment is not None:
            self._pipeline()  # a pipeline that cannot be is told now

    def __len__(self) -> int:
        return len(self.batches)  # type: ignore[arg-type]

    def _forget(self) -> None:
        self._fresh: tuple[_native.Fresh, list[int]] | None = None
        self._touched: set[tuple[int, str]] = set()

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        del state["_fresh"], state["_touched"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        run = _Run(self)
        thread = threading.Thread(target=run.work, name="dataprep-loader", daemon=True)
        thread.start()
        _RUNS[run] = thread
        given: deque[_Slot] = deque()
        try:
            while (filled := run.next()) is not None:
                batch, slot = filled
                if self.copy:
                    batch = {name: a.copy() if name in self.columns else a for name, a in batch.items()}
                    run.release(slot)
                else:
                    given.append(slot)
                yield batch
                if len(given) == self.depth:
                    run.release(given.popleft())
        finally:
            _end(run)

    # -- in the worker's thread ---------------------------------------------------------------

    def _load(self, wanted: Sequence[int] | np.ndarray | Batch, slot: _Slot) -> dict[str, Any] | None:
        """Fills `slot`, and gives the batch; None when nothing is left of it."""
        rows = None
        if isinstance(wanted, Batch):
            rows = np.asarray(wanted.indices, np.int64)
            scene_of = np.searchsorted(self.shards.description_starts, rows, side="right") - 1
            wanted = list(dict.fromkeys(scene_of.tolist()))
        samples = [int(sample) for sample in wanted]
        for sample in samples:
            if not 0 <= sample < len(self.shards.entries):
                raise UnknownSample(
                    f"there is no sample {sample}",
                    file=self.shards.manifest.path,
                    expected=f"0 to {len(self.shards.entries) - 1}",
                )
        told = None
        if self.augment is None:
            samples, points = self._read(samples, slot)
        else:
            samples, points, told = self._make(samples, slot)
        if len(wanted) and not samples:
            return None
        offsets = np.zeros(len(samples) + 1, np.int64)
        np.cumsum(points, out=offsets[1:])
        batch: dict[str, Any] = slot.arrays(int(offsets[-1]))
        batch["offsets"] = offsets
        batch["sample"] = np.array(samples, np.int64)
        if rows is not None:
            place = {sample: at for at, sample in enumerate(samples)}
            left = np.array([scene in place for scene in scene_of.tolist()], bool)
            rows, scene_of = rows[left], scene_of[left]
            batch["description"] = rows
            batch["scene"] = np.array([place[scene] for scene in scene_of.tolist()], np.int64)
        if told is not None:
            starts = self.shards.description_starts
            sentences = [
                [Sentence(int(starts[sample]) + at, *said[1:]) for at, said in enumerate(about)]
                for sample, (about, _) in zip(samples, told)
            ]
            if rows is not None:
                within = rows - starts[scene_of]
                flat = [sentences[s][d] for s, d in zip(batch["scene"].tolist(), within.tolist())]
                batch["sentences"] = flat
            else:
                batch["sentences"] = sentences
            batch["provenance"] = [provenance for _, provenance in told]
        return batch

    def _read(self, samples: list[int], slot: _Slot) -> tuple[list[int], list[int]]:
        """Reads stored columns until all that is left of `samples` could be read."""
        while True:
            failed = {at: error for at, sample in enumerate(samples) if (error := self._stat(sample))}
            points = [self.shards.entries[sample].num_points for sample in samples]
            if not failed:
                slot.reserve(sum(points))
                failed = self._fill(samples, slot)
            if not failed:
                return samples, points
            samples = self._without(samples, failed)

    def _fill(self, samples: list[int], slot: _Slot) -> dict[int, Error]:
        plain = self.shards.mapped
        files: dict[str, int] = {}
        parts, whose = [], []
        before = 0
        for at, sample in enumerate(samples):
            entry = self.shards.entries[sample]
            if plain:
                file = files.setdefault(self._path(entry.shard), len(files))
            for buffer, (name, kind) in enumerate(slot.kinds.items()):
                check = self.verify == "first-touch" and (sample, name) not in self._touched
                start = kind.nbytes(before)
                if plain:
                    offset, nbytes, crc = entry.blobs[name]
                    parts.append((file, offset, crc if check else None, buffer, start, nbytes))
                else:
                    place = self.shards.places[sample]
                    parts.append((place, name, check, buffer, start, kind.nbytes(entry.num_points)))
                whose.append((at, sample, name))
            before += entry.num_points
        if plain:
            done = _native.fill(list(files), slot.buffers, parts, self.threads)
        else:
            done = self.shards.stored().fill(slot.buffers, parts, self.threads)
        failed: dict[int, Error] = {}
        for part, error in done:
            at, sample, name = whose[part]
            error.message = f"{self.shards.entries[sample].sample_id}: column {name}: {error.message}"
            failed.setdefault(at, error)
        self._touched.update((sample, name) for at, sample, name in whose if at not in failed)
        return failed

    def _make(self, samples: list[int], slot: _Slot) -> tuple[list[int], list[int], list[Any]]:
        """Makes variants of stored originals."""
        fresh, place = self._pipeline()
        made = fresh.make([place[sample] for sample in samples], self.epoch, self.threads)
        points = made.points()
        failed = {at: error for at, error in enumerate(points) if isinstance(error, Error)}
        samples = self._without(samples, failed)
        counts = [n for n in points if isinstance(n, int)]
        slot.reserve(sum(counts))
        made.fill(list(slot.kinds), slot.rooms(sum(counts)), self.threads)
        return samples, counts, made.told()

    def _pipeline(self) -> tuple[_native.Fresh, list[int]]:
        if self._fresh is None:
            assert self.augment is not None
            fresh = _native.Fresh(self.shards.path, self.augment, self.seed)
            self._fresh = fresh, self.shards.places
        return self._fresh

    def _path(self, shard: str) -> str:
        return os.fspath(self.shards.path / self.shards.manifest.shards[shard]["scenes"].file)

    def _stat(self, sample: int) -> Error | None:
        """Why the file of a sample cannot be read, before room is made for it."""
        entry = self.shards.entries[sample]
        try:
            self.shards.check_file(entry.shard)
        except Error as error:
            error.message = f"{entry.sample_id}: {error.message}"
            return error
        return None

    def _without(self, samples: list[int], failed: dict[int, Error]) -> list[int]:
        """Leaves out what failed, or raises the first of it."""
        for at, error in failed.items():
            if self.on_corrupt == "raise":
                raise error
            left = LeftOut(self.shards.entries[samples[at]].sample_id, str(error))
            if left not in self.skipped:
                self.skipped.append(left)
        return [sample for at, sample in enumerate(samples) if at not in failed]


class _Slot:
    """A buffer of the ring: for each column bytes that grow with the largest batch."""

    def __init__(self, kinds: dict[str, ColumnType], pinned: bool) -> None:
        self.kinds = kinds
        self.pinned = pinned
        self.buffers = [np.empty(0, np.uint8) for _ in kinds]

    def reserve(self, points: int) -> None:
        """Makes room; arrays that were given out keep the memory they have."""
        for at, kind in enumerate(self.kinds.values()):
            if self.buffers[at].size < kind.nbytes(points):
                # Some more, so that a ring whose batches differ a little settles soon.
                self.buffers[at] = _faulted_in(kind.nbytes(points + points // 8), self.pinned)

    def rooms(self, points: int) -> list[np.ndarray]:
        """The bytes of `points` points, for each column."""
        return [buffer[: kind.nbytes(points)] for buffer, kind in zip(self.buffers, self.kinds.values())]

    def arrays(self, points: int) -> dict[str, np.ndarray]:
        """The columns of `points` points."""
        named = zip(self.kinds.items(), self.rooms(points))
        return {name: room.view(kind.dtype).reshape(kind.shape(points)) for (name, kind), room in named}


def _faulted_in(nbytes: int, pinned: bool) -> np.ndarray:
    """Bytes whose pages are there: to touch a fresh one costs more than to copy into it."""
    if not pinned:
        return np.full(nbytes, 0, np.uint8)
    try:
        import torch
    except ImportError as error:
        raise MissingDependency("pin_memory needs torch, which is not installed") from error
    return torch.zeros(nbytes, dtype=torch.uint8, pin_memory=True).numpy()


class _Run:
    """One iteration: the worker fills slots, the consumer takes and releases them."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        self.pid = os.getpid()
        kinds = {name: loader.shards.columns[name] for name in loader.columns}
        self.free = [_Slot(kinds, loader.pin_memory) for _ in range(2 * loader.depth)]
        self.ready: deque[tuple[dict[str, Any], _Slot]] = deque()
        self.error: BaseException | None = None
        self.over = False
        self.change = threading.Condition()

    def work(self) -> None:
        """Fills batches until there are no more, or nobody wants them."""
        error = None
        try:
            for wanted in self.loader.batches:
                slot = self._take()
                if slot is None:
                    return
                batch = self.loader._load(wanted, slot)
                with self.change:
                    if batch is None:
                        self.free.append(slot)
                    else:
                        self.ready.append((batch, slot))
                    self.change.notify_all()
        except BaseException as failed:  # raised where the batch is asked for
            error = failed
        finally:
            with self.change:
                self.over, self.error = True, error
                self.change.notify_all()

    def _take(self) -> _Slot | None:
        with self.change:
            # No further ahead than half of the ring: the other half is the consumer's.
            depth = self.loader.depth
            self.change.wait_for(lambda: self.over or (self.free and len(self.ready) < depth))
            return None if self.over else self.free.pop()

    def next(self) -> tuple[dict[str, Any], _Slot] | None:
        """The next batch; None after the last."""
        if os.getpid() != self.pid:
            raise RuntimeError("this iteration began before a fork, in the parent: begin a new one")
        with self.change:
            self.change.wait_for(lambda: self.over or self.ready)
            if self.ready:
                filled = self.ready.popleft()
                self.change.notify_all()
                return filled
            if self.error is not None:
                raise self.error
            return None

    def release(self, slot: _Slot) -> None:
        """Gives a slot back to be filled again."""
        with self.change:
            self.free.append(slot)
            self.change.notify_all()

    def stop(self) -> None:
        """Nobody wants batches any more."""
        with self.change:
            self.over = True
            self.change.notify_all()


#: Iterations that are under way, with their threads.
_RUNS: weakref.WeakKeyDictionary[_Run, threading.Thread] = weakref.WeakKeyDictionary()


def _end(run: _Run) -> None:
    thread = _RUNS.pop(run, None)
    if thread is None or os.getpid() != run.pid:
        return
    run.stop()
    if thread is not threading.current_thread():
        thread.join()


@atexit.register
def _end_all() -> None:
    # A thread that outlives the interpreter could not be waited for.
    for run in list(_RUNS):
        _end(run)
