"""Masks and the measures that this field reports for them."""

from __future__ import annotations

from typing import Any

import numpy as np


def point_mask(objects: np.ndarray, object_id: int) -> np.ndarray:
    """The points of an object: `objects` int [N] holds objectIds (-1 none); bool [N]."""
    return np.equal(objects, object_id)


def superpoint_mask(superpoint: np.ndarray, mask: np.ndarray, count: int | None = None) -> np.ndarray:
    """The superpoints more than half of whose points are in `mask`.

    `superpoint` int [N] in 0..S-1, `mask` bool [N], `count` = S; bool [S]. This is the target of
    the SPFormer family: the mean of the mask over each superpoint, above one half.
    """
    count = int(superpoint.max()) + 1 if count is None else count
    sizes = np.bincount(superpoint, minlength=count)
    return 2 * np.bincount(superpoint[mask], minlength=count) > sizes


def iou(pred: np.ndarray, target: np.ndarray) -> float:
    """Intersection over union of two bool [N]; 0 when both are empty, as trainers count it."""
    union = np.count_nonzero(pred | target)
    return np.count_nonzero(pred & target) / union if union else 0.0


def scores(ious: Any) -> dict[str, float]:
    """Mean IoU and the shares above 0.25 and 0.5, of IoUs [M]: `mIoU`, `Acc@0.25`, `Acc@0.5`."""
    values = np.asarray(ious, np.float64)
    if not values.size:
        return {"mIoU": 0.0, "Acc@0.25": 0.0, "Acc@0.5": 0.0}
    return {
        "mIoU": float(values.mean()),
        "Acc@0.25": float((values > 0.25).mean()),
        "Acc@0.5": float((values > 0.5).mean()),
    }
