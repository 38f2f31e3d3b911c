"""SPFormer: `SceneDataset(shards, spformer.item)`, `collate_fn=spformer.collate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ..shards import Scene
from ._family import class20, merge, points

Item = tuple[str, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, "Instances"]


@dataclass(frozen=True)
class Instances:
    """What the trainer's loss and metric ask of a scene's instances.

    `gt_labels` int64 [K] in 0..17 (the 20 classes without wall and floor), `gt_spmasks`
    float32 [K,S], `gt_instances` int64 [N] = (label + 1) * 1000 + instance + 1, 0 elsewhere.
    """

    num_points: int
    gt_instances: np.ndarray
    gt_labels: torch.Tensor
    gt_spmasks: torch.Tensor

    def __len__(self) -> int:
        return len(self.gt_labels)

    def to(self, *args: Any, **kwargs: Any) -> Instances:
        """The same with its tensors elsewhere."""
        return replace(
            self, gt_labels=self.gt_labels.to(*args, **kwargs), gt_spmasks=self.gt_spmasks.to(*args, **kwargs)
        )

    def cuda(self, *args: Any, **kwargs: Any) -> Instances:
        """The same on a GPU."""
        return replace(
            self,
            gt_labels=self.gt_labels.cuda(*args, **kwargs),
            gt_spmasks=self.gt_spmasks.cuda(*args, **kwargs),
        )


def item(scene: Scene) -> Item:
    """`(scan_id, coord, coord_float, feat, superpoint, instances)`.

    Instances are the objects that are neither wall nor floor, numbered in the order of their ids;
    those of none of the 18 classes have a number and no mask.
    """
    coord, coord_float, feat, superpoint = points(scene["xyz"], scene["rgb"], scene["superpoint"])
    objects, nyu40 = scene["object"], scene["nyu40"]
    labels = class20(nyu40, -100)
    labels = np.where(labels < 2, -100, labels - 2)
    count = int(superpoint.max()) + 1
    sizes = np.bincount(scene["superpoint"], minlength=count)
    instances = np.zeros(len(objects), np.int64)
    gt_labels, gt_spmasks = [], []
    ids, first = np.unique(objects, return_index=True)
    kept = [int(at) for object_id, at in zip(ids, first) if object_id >= 0 and nyu40[at] not in (1, 2)]
    for number, at in enumerate(kept):
        if labels[at] < 0:
            continue
        mask = objects == objects[at]
        instances[mask] = (labels[at] + 1) * 1000 + number + 1
        gt_labels.append(int(labels[at]))
        gt_spmasks.append(2 * np.bincount(scene["superpoint"][mask], minlength=count) > sizes)
    spmasks = np.array(gt_spmasks, np.float32) if gt_spmasks else np.empty(0, np.float32)
    made = Instances(
        len(objects),
        instances,
        torch.tensor(gt_labels, dtype=torch.int64),
        torch.from_numpy(spmasks),
    )
    return scene.scene_id, coord, coord_float, feat, superpoint, made


def collate(batch: Sequence[Item]) -> dict[str, Any]:
    """Joins items into the trainer's batch."""
    scan, coord, coord_float, feat, superpoint, instances = zip(*batch)
    return {"scan_ids": list(scan), **merge(coord, coord_float, feat, superpoint), "insts": list(instances)}
