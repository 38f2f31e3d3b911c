"""Pointcept: `SceneDataset(shards, pointcept.Item())`; its own transforms and collate follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ..shards import Scene
from ._family import class20


class Item:
    """Makes the dict that `ScanNetDataset.get_data` gives, before transforms.

    `coord`, `color` (0..255) and `normal` float32 [N,3]; `segment` int32 [N], index among the 20
    or 200 `classes`, -1 none; `instance` int32 [N], objectId, -1 none; `name`, `split`.
    `transform` is a pipeline of the trainer's own, applied to the dict.
    """

    def __init__(self, classes: int = 20, transform: Callable[[dict[str, Any]], Any] | None = None) -> None:
        if classes not in (20, 200):
            raise ValueError(f"classes is 20 or 200, not {classes}")
        self.classes, self.transform = classes, transform

    def __call__(self, scene: Scene) -> Any:
        objects = scene["object"]
        if self.classes == 20:
            segment = class20(scene["nyu40"], -1)
        else:
            table = scene.objects
            # One more place at the end, which -1 means.
            known = np.full(int(objects.max()) + 2, -1, np.int64)
            known[np.asarray(table["object_id"])] = np.asarray(table["scannet200"])
            segment = known[objects]
        made = {
            "coord": np.array(scene["xyz"], np.float32),
            "color": scene["rgb"].astype(np.float32),
            "normal": np.array(scene["normal"], np.float32),
            "segment": segment.astype(np.int32),
            "instance": objects.astype(np.int32),
            "name": scene.scene_id,
            "split": scene.split,
        }
        return made if self.transform is None else self.transform(made)


def collate(batch: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Joins items end to end, with `offset` int64 [B], where each one's points end."""
    made: dict[str, Any] = {}
    for name, first in batch[0].items():
        values = [item[name] for item in batch]
        if isinstance(first, np.ndarray):
            values = torch.from_numpy(np.concatenate(values))
        elif isinstance(first, torch.Tensor):
            values = torch.cat(values)
        made[name] = values
    made.setdefault("offset", torch.tensor(np.cumsum([len(item["coord"]) for item in batch])))
    return made
