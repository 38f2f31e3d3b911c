"""Masks and measures by hand-worked values."""

import numpy as np

from dataprep import masks


def test_a_superpoint_counts_when_more_than_half_of_it_is_in_the_mask():
    superpoint = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 3])
    mask = np.array([1, 1, 0, 0, 1, 1, 0, 0, 0, 1], bool)
    assert masks.superpoint_mask(superpoint, mask).tolist() == [False, True, False, True]
    assert masks.superpoint_mask(superpoint, mask, 6).tolist() == [False, True, False, True, False, False]


def test_iou_and_scores():
    a, b = np.array([1, 1, 1, 0], bool), np.array([0, 1, 1, 1], bool)
    assert masks.iou(a, b) == 0.5 and masks.iou(a, a) == 1.0 and masks.iou(a & ~a, a & ~a) == 0.0
    # The thresholds are passed, not reached.
    assert masks.scores([0.5, 0.25, 0.75, 0.0]) == {"mIoU": 0.375, "Acc@0.25": 0.5, "Acc@0.5": 0.25}
    assert masks.scores([]) == {"mIoU": 0.0, "Acc@0.25": 0.0, "Acc@0.5": 0.0}
