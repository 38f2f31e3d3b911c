"""What SPFormer and the trainers that grew from it share.

Their frame is metres around the mean of the points; colours are c / 127.5 - 1; voxels are
2 cm, counted from the smallest corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

#: nyu40 ids of the 20 ScanNet classes, in their order.
NYU40_OF_20 = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39)
#: Voxels a metre.
SCALE = 50
#: The smallest spatial shape that their sparse convolutions are given.
MIN_SHAPE = 128


def class20(nyu40: np.ndarray, none: int) -> np.ndarray:
    """nyu40 ids [N] to indices among the 20 classes, `none` elsewhere: int64 [N]."""
    table = np.full(256, none, np.int64)
    table[list(NYU40_OF_20)] = np.arange(20)
    return table[nyu40]


def points(
    xyz: np.ndarray, rgb: np.ndarray, superpoint: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """`coord` int64 [N,3] voxels, `coord_float` float32 [N,3] metres around the mean,
    `feat` float32 [N,3] colour in -1..1, `superpoint` int64 [N] in 0..S-1."""
    middle = xyz.astype(np.float64)
    middle -= middle.mean(0)
    voxels = middle * SCALE
    voxels -= voxels.min(0)
    colour = rgb / 127.5 - 1
    return (
        torch.from_numpy(voxels.astype(np.int64)),
        torch.from_numpy(middle.astype(np.float32)),
        torch.from_numpy(colour.astype(np.float32)),
        torch.from_numpy(superpoint.astype(np.int64)),
    )


def superpoint_mean(values: torch.Tensor, superpoint: torch.Tensor) -> torch.Tensor:
    """The mean of float32 [N] over each superpoint: float32 [S]."""
    count = int(superpoint.max()) + 1
    sums = torch.zeros(count).index_add_(0, superpoint, values)
    return sums / torch.bincount(superpoint, minlength=count)


def voxelise(coords: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Groups points into voxels, as the trainers' compiled `voxelization_idx` does with mode 4.

    `coords` int64 [N,4]: batch item, voxel. Gives the voxels int64 [M,4] in the order in which
    they first appear; int32 [N], the voxel of each point; int32 [M, 1 + most], how many points a
    voxel holds and which, then zeros.
    """
    cells = coords.numpy()
    spans = cells.max(0) + 1
    key = np.ravel_multi_index(tuple(cells.T), tuple(int(span) for span in spans))
    _, first, code, counts = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    voxel = rank[code.reshape(-1)]
    counts = counts[order]
    by_voxel = np.argsort(voxel, kind="stable")
    starts = np.r_[0, np.cumsum(counts)[:-1]]
    column = np.arange(len(voxel)) - np.repeat(starts, counts) + 1
    members = np.zeros((len(order), 1 + int(counts.max())), np.int32)
    members[:, 0] = counts
    members[voxel[by_voxel], column] = by_voxel
    return (
        torch.from_numpy(cells[first[order]]),
        torch.from_numpy(voxel.astype(np.int32)),
        torch.from_numpy(members),
    )


def merge(
    coord: Sequence[torch.Tensor],
    coord_float: Sequence[torch.Tensor],
    feat: Sequence[torch.Tensor],
    superpoint: Sequence[torch.Tensor],
) -> dict[str, Any]:
    """The entries that all batches of this family have.

    `voxel_coords` int64 [M,4], `p2v_map` int32 [N], `v2p_map` int32 [M, 1 + most],
    `spatial_shape` int64 [3], `feats` float32 [N,6] (colour, metres), `superpoints` int64 [N]
    counted on from item to item, `batch_offsets` int32 [B+1].
    """
    offsets, moved = [0], []
    for ids in superpoint:
        moved.append(ids + offsets[-1])
        offsets.append(offsets[-1] + int(ids.max()) + 1)
    items = [torch.cat([torch.full((len(c), 1), i, dtype=torch.int64), c], 1) for i, c in enumerate(coord)]
    coords = torch.cat(items)
    voxel_coords, p2v_map, v2p_map = voxelise(coords)
    return {
        "voxel_coords": voxel_coords,
        "p2v_map": p2v_map,
        "v2p_map": v2p_map,
        "spatial_shape": np.clip((coords.max(0)[0][1:] + 1).numpy(), MIN_SHAPE, None),
        "feats": torch.cat([torch.cat(list(feat)), torch.cat(list(coord_float))], 1),
        "superpoints": torch.cat(moved),
        "batch_offsets": torch.tensor(offsets, dtype=torch.int32),
    }
