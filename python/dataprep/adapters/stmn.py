"""3D-STMN: `ReferDataset(shards, columns=stmn.COLUMNS, transform=stmn.item)`, `collate_fn=stmn.Collate(...)`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ._family import merge, points, superpoint_mean

#: The per-point columns that an item is made of.
COLUMNS = ("xyz", "rgb", "superpoint", "object", "nyu40")
#: Words that name a class, and its nyu40 id. Others are no context.
_CONTEXT = {
    "cabinet": 3, "bed": 4, "chair": 5, "sofa": 6, "table": 7, "door": 8, "window": 9, "bookshelf": 10,
    "picture": 11, "counter": 12, "desk": 14, "curtain": 16, "refrigerator": 24, "shower curtain": 28,
    "toilet": 33, "sink": 34, "bathtub": 36,
}  # fmt: skip

Item = tuple[Any, ...]


def item(sample: dict[str, Any]) -> Item:
    """`(ann_id, scan_id, coord, coord_float, feat, superpoint, object_id, gt_pmask, gt_spmask,
    sp_ref_mask, graph, tokens)`.

    `coord` int64 [N,3], `coord_float` and `feat` float32 [N,3], `superpoint` int64 [N],
    `gt_pmask` float32 [N], `gt_spmask` float32 [S] (above one half of the superpoint),
    `sp_ref_mask` float32 [S]: mean of 1 on the target, 0.5 on objects of classes the sentence
    names, 0 elsewhere. `graph` is `None`: the dependency graph comes from the trainer's parser,
    by `Collate`. The trainer's own label file spells `refridgerator`, so that there refrigerators
    are never context; here they are.
    """
    coord, coord_float, feat, superpoint = points(sample["xyz"], sample["rgb"], sample["superpoint"])
    mask = sample["mask"]
    named = [_CONTEXT[word] for word in sample["tokens"] if word in _CONTEXT]
    ref = np.where(np.isin(sample["nyu40"], named), np.float32(0.5), np.float32(0))
    ref[mask] = 1
    return (
        int(sample["ann_id"]),
        sample["scene_id"],
        coord,
        coord_float,
        feat,
        superpoint,
        sample["object_id"],
        torch.from_numpy(mask.astype(np.float32)),
        torch.from_numpy(sample["superpoint_mask"].astype(np.float32)),
        superpoint_mean(torch.from_numpy(ref), superpoint),
        None,
        sample["tokens"],
    )


class Collate:
    """Joins items into the trainer's batch.

    `tokenizer` is the trainer's (a Hugging Face one): without it `lang_tokenss` and `lang_masks`
    are `None`. `graph(scan_id, object_id, ann_id)` gives the dependency graph and its words, and
    `batch_graphs` (`dgl.batch`) joins them: without them `batched_graph` is `None` and the words
    are the sentence's.
    """

    def __init__(
        self,
        tokenizer: Any = None,
        *,
        graph: Callable[[str, int, int], tuple[Any, list[str]]] | None = None,
        batch_graphs: Callable[[list[Any]], Any] | None = None,
        max_words: int = 78,
    ) -> None:
        if (graph is None) != (batch_graphs is None):
            raise ValueError("graph and batch_graphs go together")
        self.tokenizer, self.graph, self.batch_graphs = tokenizer, graph, batch_graphs
        self.max_words = max_words

    def __call__(self, batch: Sequence[Item]) -> dict[str, Any]:
        ann, scan, coord, coord_float, feat, superpoint, target, pmask, spmask, ref, _, words = zip(*batch)
        made = {"ann_ids": list(ann), "scan_ids": list(scan), **merge(coord, coord_float, feat, superpoint)}
        made["object_ids"] = list(target)
        made["gt_pmasks"], made["gt_spmasks"] = list(pmask), list(spmask)
        made["sp_ref_masks"] = list(ref)
        made["batched_graph"] = made["lang_tokenss"] = made["lang_masks"] = None
        if self.graph is not None and self.batch_graphs is not None:
            graphs, words = zip(*(self.graph(*key) for key in zip(scan, target, ann)))
            made["batched_graph"] = self.batch_graphs(list(graphs))
        if self.tokenizer is not None:
            coded = [self._tokens(list(sentence)) for sentence in words]
            made["lang_tokenss"] = torch.cat([c["input_ids"] for c in coded])
            made["lang_masks"] = torch.cat([c["attention_mask"] for c in coded]).int()
        return made

    def _tokens(self, words: list[str]) -> Any:
        return self.tokenizer.encode_plus(
            words,
            add_special_tokens=True,
            truncation=True,
            max_length=self.max_words + 2,
            padding="max_length",
            return_attention_mask=True,
            return_tensors="pt",
        )
