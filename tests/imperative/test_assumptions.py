"""Ranges of integers: one look tells both bounds, whatever the type and however the elements lie in memory."""

from __future__ import annotations

import numpy as np
import pytest

import bifront.imperative as torch
from bifront.frontends.imperative.assumptions import Within
from bifront.imperative.nn import functional as F

TYPES = ("i1", "i2", "i4", "i8", ">i4", "u1", "u8", "f4")


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("high", [10, 1000, float("inf")])
def test_a_range_is_that_of_every_element(kind: str, high: float) -> None:
    rng = np.random.default_rng(0)
    dtype = np.dtype(kind)
    for low, top in ((0, 10), (-3, 10), (0, 12), (-120, 1)):
        drawn = rng.integers(max(low, 0) if dtype.kind == "u" else low, top, (4, 6))
        for data in (
            drawn.astype(dtype),
            drawn.astype(dtype).T[::2, ::-1],
            drawn.astype(dtype)[:0],
        ):
            want = all(0 <= x < high for x in data.ravel().tolist())
            assert Within(0, high)(data) is want


@pytest.mark.parametrize("kind", [torch.int64, torch.int32, torch.int8])
def test_a_negative_class_is_an_error_whatever_the_number_of_classes(kind: torch.dtype) -> None:
    labels = torch.tensor([-1, 2], dtype=kind)
    for classes in (-1, 4, 1000):
        with pytest.raises(RuntimeError, match="Class values must be non-negative"):
            F.one_hot(labels, classes)
