"""In which order descriptions are read: a function of (data set, seed, epoch, global batch).

Ranks and workers only choose which part of a global batch they read; they never change what the
batch holds. So every description comes once and none twice for any number of them, and training
goes on exactly where it stopped from one integer, with another number of machines too.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Union

import numpy as np

from .errors import DatasetMismatch
from .shards import Shards

Tail = Literal["keep", "drop", "pad"]
Weights = Union[Literal["stored", "class"], Sequence[float], np.ndarray, None]


@dataclass(frozen=True)
class Batch:
    """The part of a global batch that one rank reads.

    `position` counts descriptions consumed by all ranks since training began, this global batch
    included: store it in a checkpoint to go on after it. `first` is the number of this part's
    first draw among all draws of the training. `indices` int64 are rows of
    `Shards.descriptions`. The last `padding` of them are repeats that fill up the last batch of
    an epoch with `tail="pad"`.
    """

    epoch: int
    step: int
    position: int
    first: int
    indices: np.ndarray
    padding: int = 0


class Order:
    """The order of the descriptions of `shards`.

    `group` descriptions of one scene are read after each other, so that a scene is read once for
    them. `weights` says how often each is read: `None` once an epoch; `"stored"` as the weights
    in the descriptions table; `"class"` so that every class of target comes equally often; or
    your own, float [n]. With weights, an epoch has `samples` draws (as many as descriptions when
    `None`), and a description with expected count e comes floor(e) or ceil(e) times.
    """

    def __init__(
        self,
        shards: Shards,
        *,
        seed: int = 0,
        group: int = 1,
        weights: Weights = None,
        samples: int | None = None,
    ) -> None:
        if group < 1:
            raise ValueError(f"group is at least 1, not {group}")
        if samples is not None and (weights is None or samples < 0):
            raise ValueError("samples goes with weights, and is not negative")
        self.dataset_id = shards.dataset_id
        self.seed = seed
        self.group = group
        self._scene = np.repeat(np.arange(len(shards)), np.diff(shards.description_starts))
        self._expected = _expected(shards, weights, samples)
        self._cached: tuple[int, np.ndarray] | None = None
        self._length = len(self._scene) if weights is None or samples is None else samples
        parts = [self._scene.tobytes()]
        parts += [entry.sample_id.encode() + b"\0" for entry in shards.entries]
        if self._expected is not None:
            parts.append(self._expected.tobytes())
        #: A digest of all that the order follows from: ranks and runs with the same one agree.
        self.digest = hashlib.sha256(
            f"{self.dataset_id} {seed} {group} {self._length} ".encode() + b"".join(parts)
        ).hexdigest()

    def __len__(self) -> int:
        """Descriptions an epoch."""
        return self._length

    def epoch(self, epoch: int) -> np.ndarray:
        """The rows of `Shards.descriptions` in the order of the epoch: int64 [len], read-only."""
        if self._cached is None or self._cached[0] != epoch:
            order = self._make(epoch)
            order.setflags(write=False)
            self._cached = (epoch, order)
        return self._cached[1]

    def _make(self, epoch: int) -> np.ndarray:
        n = len(self._scene)
        indices = np.arange(n, dtype=np.int64)
        if self._expected is not None:
            indices = np.repeat(indices, self._counts(epoch))
        if self.group == 1:
            return indices[self._shuffle("order", epoch, len(indices))]
        # Shuffle the descriptions of each scene, cut them into groups, shuffle the groups.
        keys = self._draws("within", epoch, len(indices))
        scenes = self._scene[indices]
        indices = indices[np.lexsort((keys, scenes))]
        scenes = self._scene[indices]
        first = np.flatnonzero(np.r_[True, scenes[1:] != scenes[:-1]]) if n else indices
        within = np.arange(len(indices)) - np.repeat(first, np.diff(np.r_[first, len(indices)]))
        starts = np.flatnonzero(within % self.group == 0)
        sizes = np.diff(np.r_[starts, len(indices)])
        groups = self._shuffle("groups", epoch, len(starts))
        starts, sizes = starts[groups], sizes[groups]
        offsets = np.r_[0, np.cumsum(sizes)[:-1]] if len(sizes) else sizes
        return indices[np.repeat(starts - offsets, sizes) + np.arange(len(indices))]

    def _counts(self, epoch: int) -> np.ndarray:
        """How often each description comes: systematic sampling of the expected counts, over the
        descriptions in a shuffled order so that neighbours are drawn independently."""
        expected = self._expected
        assert expected is not None
        counts = np.floor(expected)
        shuffled = self._shuffle("counts", epoch, len(expected))
        rest = np.cumsum((expected - counts)[shuffled])
        left = self._length - int(counts.sum())
        if left:
            rest *= left / rest[-1]
            start = int(self._draws("start", epoch, 1)[0]) / 2.0**64
            steps = np.floor(rest + start)
            steps[-1] = left
            counts[shuffled] += np.diff(np.r_[0.0, np.clip(steps, 0, left)])
        return counts.astype(np.int64)

    def _draws(self, purpose: str, epoch: int, count: int) -> np.ndarray:
        """uint64 [count] from the Philox counter generator, whose raw output NumPy never changes."""
        text = f"dataprep order 1 {self.dataset_id} {self.seed} {epoch} {purpose}".encode()
        key = int.from_bytes(hashlib.sha256(text).digest()[:16], "little")
        return np.random.Philox(key=key).random_raw(count)

    def _shuffle(self, purpose: str, epoch: int, count: int) -> np.ndarray:
        return np.argsort(self._draws(purpose, epoch, count), kind="stable")

    # -- batches ------------------------------------------------------------------------------

    def per_epoch(self, batch: int, tail: Tail) -> int:
        """Descriptions consumed by an epoch of global batches of `batch`."""
        return len(self) - len(self) % batch if tail == "drop" else len(self)

    def batches(
        self,
        batch: int,
        *,
        position: int = 0,
        epochs: int | None = 1,
        rank: int = 0,
        world: int = 1,
        tail: Tail = "keep",
    ) -> Iterator[Batch]:
        """What `rank` of `world` ranks reads, from `position` on.

        `batch` is the global batch, over all ranks; a rank reads a contiguous part of it, the
        parts of uneven ones differ by one. `position` is that of the last `Batch` consumed, 0 at
        the start of training. `epochs` are begun, the one that `position` lies in included;
        `None` never ends. The last batch of an epoch is shorter with `tail="keep"` (ranks without
        a part of it skip it: use another tail where ranks must take equally many steps), left out
        with `"drop"`, and filled up with repeats, marked as such, with `"pad"`.
        """
        if batch < 1 or not 0 <= rank < world or position < 0:
            raise ValueError(f"batch {batch}, rank {rank} of {world}, position {position}")
        if tail not in ("keep", "drop", "pad"):
            raise ValueError(f'tail is "keep", "drop" or "pad", not {tail!r}')
        length = self.per_epoch(batch, tail)
        if length == 0:
            return
        epoch, at = divmod(position, length)
        last = None if epochs is None else epoch + epochs
        while last is None or epoch < last:
            order = self.epoch(epoch)
            # Batches stand where they stood before the stop, also after it.
            for start in range(at, length, batch):
                stop = min(start + batch, length)
                ids = order[start:stop]
                short = batch - len(ids) if tail == "pad" else 0
                if short:
                    ids = np.concatenate([ids, np.resize(order, short)])
                a, b = (len(ids) * r // world for r in (rank, rank + 1))
                padding = int(np.clip(b - (len(ids) - short), 0, b - a))
                if b > a:
                    done = epoch * length + stop
                    yield Batch(
                        epoch, -(-start // batch), done, epoch * length + start + a, ids[a:b], padding
                    )
            epoch, at = epoch + 1, 0

    def check_position(self, digest: str) -> None:
        """Raises `DatasetMismatch` when a checkpoint was made with another order."""
        if digest != self.digest:
            raise DatasetMismatch(
                "the checkpoint was made with another data set, choice of scenes, seed, group or weights",
                expected=f"order {self.digest[:16]}",
                found=f"order {digest[:16]}",
                help="open the data set as it was opened then, or start from position 0",
            )


class Batches:
    """A `batch_sampler` for torch's `DataLoader` over a `ReferDataset`: yields lists of indices.

    `set_epoch` before each epoch, or `resume(position)` to go on in the middle of one. The trainer
    counts what it consumed: a sampler is read ahead of time, so what it handed out says nothing.
    `position_after(step)` is the integer for the checkpoint.
    """

    def __init__(
        self, order: Order, batch: int, *, rank: int = 0, world: int = 1, tail: Tail = "keep"
    ) -> None:
        self.order, self.batch, self.rank, self.world = order, batch, rank, world
        self.tail: Tail = tail
        self.position = 0

    def set_epoch(self, epoch: int) -> None:
        """The next iteration reads this epoch from its start."""
        self.position = epoch * self.order.per_epoch(self.batch, self.tail)

    def resume(self, position: int) -> None:
        """The next iteration reads what is left of the epoch after `position`."""
        self.position = position

    def position_after(self, steps: int) -> int:
        """Descriptions consumed by all ranks once this iteration took `steps` global batches."""
        length = self.order.per_epoch(self.batch, self.tail)
        epoch = self.position // max(length, 1)
        return min(self.position + steps * self.batch, (epoch + 1) * length)

    def _parts(self) -> Iterator[Batch]:
        return self.order.batches(
            self.batch, position=self.position, rank=self.rank, world=self.world, tail=self.tail
        )

    def __iter__(self) -> Iterator[list[int]]:
        return (part.indices.tolist() for part in self._parts())

    def __len__(self) -> int:
        return sum(1 for _ in self._parts())


def _expected(shards: Shards, weights: Weights, samples: int | None) -> np.ndarray | None:
    """How often each description comes in an epoch, on average: float64 [n]; `None` means once."""
    n = int(shards.description_starts[-1])
    if weights is None:
        return None
    if isinstance(weights, str):
        if weights == "stored":
            values = np.asarray(shards.descriptions["weight"], np.float64) if n else np.empty(0)
        elif weights == "class":
            names = np.array(list(shards.descriptions["object_name"])) if n else np.empty(0, str)
            _, code, counts = np.unique(names, return_inverse=True, return_counts=True)
            values = 1.0 / counts[code]
        else:
            raise ValueError(f'weights are "stored", "class" or numbers, not {weights!r}')
    else:
        values = np.asarray(weights, np.float64)
    if values.shape != (n,) or not np.all(np.isfinite(values)) or np.any(values < 0):
        raise ValueError(f"weights are {n} finite numbers, none negative: one a description")
    # fsum rounds once, so equal weights give exactly 1.0 each.
    total = math.fsum(values)
    if n and total <= 0:
        raise ValueError("at least one weight is above zero")
    return values * (n if samples is None else samples) / total if n else values
