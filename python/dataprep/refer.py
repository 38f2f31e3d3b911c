"""Data sets of descriptions: one sample is a sentence, its scene and its target's mask."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.context import get_spawning_popen
from typing import Any

import numpy as np

from . import masks
from .errors import CorruptShard, DatasetMismatch, FileChanged, MissingShard
from .order import Batch, Order, Tail, Weights
from .shards import Scene, Shards

Sample = dict[str, Any]

#: What `on_corrupt="skip"` leaves out; anything else is a fault of the caller and is raised.
_BROKEN = (CorruptShard, MissingShard, FileChanged)


class ReferDataset(Sequence[Any]):
    """Every description of `shards` as a sample; map-style, so torch's `DataLoader` takes it.

    A sample is a dict:

    ================  =======================================================================
    `index`           int, row of `shards.descriptions`
    `draw`            int, which draw of the training run this is; adapters choose templates by it
    `sample_id`       `scene0011_00/v002`; with `scene_id`, `ann_key`, `ann_id`, `object_name` str
    `object_id`       int, the target's ScanNet objectId
    `text`            str, true of this variant; `tokens` list of str
    `xyz`             float32 [N,3], metres, the frame of the shard
    `rgb`             uint8 [N,3], 0..255
    `superpoint`      int32 [N] in 0..S-1, each used
    `object`          int32 [N], objectId, -1 none
    `mask`            bool [N], the target
    `superpoint_mask` bool [S], the superpoints more than half the target's
    ================  =======================================================================

    and any other per-point column that `columns` names. Arrays are copies, free to be changed in
    place, unless `writable=False`, which gives read-only views. `transform` maps the sample to
    what `__getitem__` returns. With the shards' `on_corrupt="skip"`, a sample that cannot be read
    is `None`; `collate` drops it and says so.
    """

    def __init__(
        self,
        shards: Shards,
        *,
        columns: Iterable[str] = ("xyz", "rgb", "superpoint", "object"),
        writable: bool = True,
        transform: Callable[[Sample], Any] | None = None,
    ) -> None:
        self.shards = shards
        self.columns = tuple(columns)
        self.writable = writable
        self.transform = transform
        # Read here, once: workers that are forked share the pages.
        self._table = shards.descriptions
        # The masks of a scene are asked for many times in a row when samples are grouped.
        self._sizes: tuple[int, np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        return self.get(int(index))

    def get(self, index: int, draw: int | None = None) -> Any:
        """The sample at `index`; `draw` (the index when `None`) becomes its `draw`."""
        index = range(len(self))[index]
        try:
            sample = self._sample(index, index if draw is None else draw)
        except _BROKEN as error:
            if self.shards.on_corrupt != "skip":
                raise
            self.shards.skip(self.name_of(index), error)
            return None
        return sample if self.transform is None else self.transform(sample)

    def name_of(self, index: int) -> str:
        """What a description is called in `Shards.left_out`."""
        return f"description {self._table['ann_key'][index]} of {self._table['sample_id'][index]}"

    def scene_of(self, index: int) -> int:
        """The position in `shards` of the scene that a description speaks of."""
        return int(np.searchsorted(self.shards.description_starts, index, side="right")) - 1

    def _sample(self, index: int, draw: int) -> Sample:
        at = self.scene_of(index)
        entry = self.shards.entries[at]
        table = self._table
        object_id = int(table["object_id"][index])
        sample: Sample = {
            "index": index,
            "draw": draw,
            "sample_id": entry.sample_id,
            "scene_id": entry.scene_id,
            "ann_key": table["ann_key"][index],
            "ann_id": table["ann_id"][index],
            "object_id": object_id,
            "object_name": table["object_name"][index],
            "text": table["text"][index],
            "tokens": table["tokens"][index],
        }
        sample.update(self.shards.arrays(at, self.columns, writable=self.writable))
        own = self.shards.arrays(at, ("object", "superpoint"))
        mask, superpoint = masks.point_mask(own["object"], object_id), own["superpoint"]
        if self._sizes is None or self._sizes[0] != at:
            self._sizes = (at, np.bincount(superpoint))
        sizes = self._sizes[1]
        sample["mask"] = mask
        sample["superpoint_mask"] = 2 * np.bincount(superpoint[mask], minlength=len(sizes)) > sizes
        return sample


class SceneDataset(Sequence[Any]):
    """Every scene of `shards` once, as `transform` makes it; map-style, for models without text."""

    def __init__(self, shards: Shards, transform: Callable[[Scene], Any]) -> None:
        self.shards = shards
        self.transform = transform

    def __len__(self) -> int:
        return len(self.shards)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        return self.transform(self.shards[int(index)])


class ReferIterable:
    """The descriptions of a `ReferDataset` in the order of `Order`, a rank's batch at a time.

    Hand it to torch's `DataLoader` with `batch_size=None` and any number of workers, or iterate
    it without torch. Each item is `collate(samples)`; the part of the global batch that this rank
    reads. `batch` is the global batch, over all ranks. `set_epoch` before each epoch;
    `resume(position)` goes on in the middle of one, exactly, with any number of ranks and workers.

    With the shards' `on_corrupt="skip"`, samples that cannot be read are left out of their batch
    (whose `position` still counts them), a warning says so, and the default collate lists them as
    `left_out`. A batch of which nothing is left is empty, or left out where `collate` is yours.
    """

    def __new__(cls, *_args: Any, **_kwargs: Any) -> ReferIterable:
        """Where torch is installed, an object that is torch's `IterableDataset` too."""
        if cls is ReferIterable and find_spec("torch") is not None:
            cls = sys.modules[__name__]._TorchIterable
        return super().__new__(cls)

    def __init__(
        self,
        dataset: ReferDataset,
        batch: int,
        *,
        seed: int = 0,
        group: int = 1,
        weights: Weights = None,
        samples: int | None = None,
        rank: int = 0,
        world: int = 1,
        tail: Tail = "keep",
        collate: Callable[[list[Any]], Any] | None = None,
    ) -> None:
        self.dataset = dataset
        self.batch, self.rank, self.world = batch, rank, world
        self.tail: Tail = tail
        self.order = Order(dataset.shards, seed=seed, group=group, weights=weights, samples=samples)
        self.collate = collate
        # Workers that persist see a new epoch through shared memory; they were copied before it.
        self._position = get_context("spawn").RawValue("q", 0)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        if get_spawning_popen() is None:
            # Shared memory can only be handed to a child process; elsewhere its value goes along.
            state["_position"] = self._position.value
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if isinstance(self._position, int):
            self._position = get_context("spawn").RawValue("q", self._position)

    def set_epoch(self, epoch: int) -> None:
        """The next iteration reads this epoch from its start."""
        self._position.value = epoch * self.order.per_epoch(self.batch, self.tail)

    def resume(self, position: int) -> None:
        """The next iteration reads what is left of the epoch after `position`."""
        self._position.value = position

    def state_dict(self, position: int) -> dict[str, Any]:
        """For a checkpoint: `position` is that of the last batch the trainer consumed."""
        return {"position": int(position), "dataset_id": self.order.dataset_id, "order": self.order.digest}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on after a checkpoint; raises `DatasetMismatch` when it is of other data."""
        self.order.check_position(state["order"])
        self.resume(state["position"])

    def check_ranks(self) -> None:
        """Raises `DatasetMismatch` on every rank unless all see the same data in the same order.

        Takes part in one exchange of torch.distributed's default group: call it on every rank.
        """
        import torch.distributed as dist

        said: list[Any] = [None] * dist.get_world_size()
        dist.all_gather_object(said, (self.order.digest, self.batch, self.tail, self.world, self.rank))
        mine = (self.order.digest, self.batch, self.tail, self.world)
        for rank, other in enumerate(said):
            if other[:4] != mine:
                raise DatasetMismatch(
                    f"rank {rank} does not read the same data in the same order as rank {self.rank}",
                    file=self.dataset.shards.path,
                    expected=f"order {mine[0][:16]}, global batch {mine[1]}, tail {mine[2]}, {mine[3]} ranks",
                    found=f"order {other[0][:16]}, global batch {other[1]}, tail {other[2]}, {other[3]} ranks",
                    help="give every rank the same data set, choice of scenes, seed, group and weights",
                )
        if sorted(other[4] for other in said) != list(range(self.world)):
            raise DatasetMismatch(
                "the ranks do not share out the batches between them",
                expected=f"ranks 0..{self.world - 1}, each once",
                found=", ".join(str(other[4]) for other in said),
                help="pass rank=dist.get_rank(), world=dist.get_world_size()",
            )

    def _parts(self) -> Iterator[Batch]:
        return self.order.batches(
            self.batch, position=self._position.value, rank=self.rank, world=self.world, tail=self.tail
        )

    def __len__(self) -> int:
        return sum(1 for _ in self._parts())

    def __iter__(self) -> Iterator[Any]:
        worker, workers = _worker()
        for number, part in enumerate(self._parts()):
            # torch asks its workers in turn, so batches arrive in order.
            if number % workers == worker and (batch := self._load(part)) is not None:
                yield batch

    def _load(self, part: Batch) -> Any:
        """The batch; `None` when nothing of it could be read and the collate is the caller's."""
        samples = [self.dataset.get(int(i), part.first + n) for n, i in enumerate(part.indices)]
        if self.collate is not None:
            kept = [sample for sample in samples if sample is not None]
            return self.collate(kept) if kept else None
        made = collate(samples)
        made["position"], made["epoch"] = part.position, part.epoch
        made["padding"] = part.padding
        lost = {self.dataset.name_of(int(i)) for i, sample in zip(part.indices, samples) if sample is None}
        known = self.dataset.shards.left_out if lost else []
        made["left_out"] = [(left.what, left.why) for left in known if left.what in lost]
        return made


def collate(samples: Sequence[Sample | None]) -> dict[str, Any]:
    """Joins samples without padding: per-point arrays end to end, the rest as lists.

    `offset` int64 [B] says where each sample's points end, `superpoint_offset` int64 [B] the
    same for superpoints, whose ids go on from sample to sample. Samples that are `None` are left
    out. Arrays become tensors when torch is loaded.
    """
    kept = [sample for sample in samples if sample is not None]
    if not kept:
        return {"index": _tensor(np.empty(0, np.int64))}
    made: dict[str, Any] = {}
    spans = np.cumsum([len(sample["superpoint_mask"]) for sample in kept])
    for name, first in kept[0].items():
        values = [sample[name] for sample in kept]
        if name == "superpoint":
            starts = np.r_[0, spans[:-1]]
            values = [value + np.int32(start) for value, start in zip(values, starts)]
        if isinstance(first, np.ndarray):
            made[name] = _tensor(np.concatenate(values))
        elif isinstance(first, int):
            made[name] = _tensor(np.array(values, np.int64))
        else:
            made[name] = values
    made["offset"] = _tensor(np.cumsum([len(sample["mask"]) for sample in kept]))
    made["superpoint_offset"] = _tensor(spans)
    return made


def _tensor(array: np.ndarray) -> Any:
    torch = sys.modules.get("torch")
    return array if torch is None else torch.from_numpy(array)


def __getattr__(name: str) -> Any:
    # Made at first use, as it takes torch; pickles find it here by its name.
    if name != "_TorchIterable":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from torch.utils.data import IterableDataset

    made = type(
        name, (ReferIterable, IterableDataset), {"__module__": __name__, "__doc__": ReferIterable.__doc__}
    )
    globals()[name] = made
    return made


def _worker() -> tuple[int, int]:
    """Number of this `DataLoader` worker and how many there are; (0, 1) outside of one."""
    data = sys.modules.get("torch.utils.data")
    info = data.get_worker_info() if data is not None else None
    return (0, 1) if info is None else (info.id, info.num_workers)
