"""Reason3D, referring: `ReferDataset(shards, transform=reason3d.Item(...))`, `collate_fn=reason3d.collate`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ..errors import UnknownSample
from ._family import merge, points

_DROPPED = str.maketrans("", "", '.!"()*#:;~')


def question_text(text: str, max_words: int = 50) -> str:
    """The sentence as the trainer's question processor makes it: lower case, without `.!"()*#:;~`,
    cut after `max_words` words."""
    words = text.lower().translate(_DROPPED).rstrip(" ").split(" ")
    return " ".join(words[:max_words])


class Item:
    """Makes the trainer's dict of a sample.

    `templates` hold `{description}` and `answers` hold `[SEG]`: pass the trainer's own lists. It
    picks them at random; here the draw's number picks, so that a run can be repeated.
    `text` cleans the sentence.
    """

    def __init__(
        self,
        templates: Sequence[str] = ("Segment what is described: {description}.",),
        answers: Sequence[str] = ("[SEG].",),
        *,
        text: Callable[[str], str] = question_text,
    ) -> None:
        self.templates, self.answers, self.text = tuple(templates), tuple(answers), text

    def __call__(self, sample: dict[str, Any]) -> dict[str, Any]:
        """`coord` int64 [N,3], `coord_float` and `feat` float32 [N,3], `superpoint` int64 [N],
        `gt_pmask` float32 [N], `gt_spmask` float32 [S], and the words.

        Raises `UnknownSample` for a target without points, where the trainer would exit.
        """
        mask = sample["mask"]
        if not mask.any():
            raise UnknownSample(
                f"{sample['ann_key']}: the target has no point in {sample['sample_id']}",
                help="`dataprep audit` lists such descriptions; leave them out",
            )
        coord, coord_float, feat, superpoint = points(sample["xyz"], sample["rgb"], sample["superpoint"])
        answer, template = divmod(sample["draw"], len(self.templates))
        return {
            "ann_ids": int(sample["ann_id"]),
            "scan_ids": sample["scene_id"],
            "coord": coord,
            "coord_float": coord_float,
            "feat": feat,
            "superpoint": superpoint,
            "object_id": sample["object_id"],
            "gt_pmask": torch.from_numpy(mask.astype(np.float32)),
            "gt_spmask": torch.from_numpy(sample["superpoint_mask"].astype(np.float32)),
            "sp_ref_mask": None,
            "lang_tokens": None,
            "answers": [self.answers[answer % len(self.answers)]],
            "text_input": self.templates[template].format(description=self.text(sample["text"])),
        }


def collate(batch: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Joins items into the trainer's batch."""

    def column(name: str) -> list[Any]:
        return [item[name] for item in batch]

    merged = merge(column("coord"), column("coord_float"), column("feat"), column("superpoint"))
    return {
        "ann_ids": column("ann_ids"),
        "scan_ids": column("scan_ids"),
        **merged,
        "object_ids": column("object_id"),
        "gt_pmasks": column("gt_pmask"),
        "gt_spmasks": column("gt_spmask"),
        "sp_ref_masks": column("sp_ref_mask"),
        "answer": [answer for answers in column("answers") for answer in answers],
        "text_input": column("text_input"),
        "lang_tokenss": None,
        "lang_masks": None,
        "n_answers": torch.tensor([len(answers) for answers in column("answers")], dtype=torch.int64),
    }
