"""Values of functions, as TensorFlow computed them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bifront.static as tf

from .expressions import EXPRESSIONS, evaluate

RECORDED = np.load(Path(__file__).with_name("expressions.npz"))


@pytest.mark.parametrize("number", range(len(EXPRESSIONS)), ids=lambda i: EXPRESSIONS[i])
def test_value(number: int) -> None:
    found = evaluate(tf, EXPRESSIONS[number])
    for i, value in enumerate(found):
        if value.dtype.kind not in "biuf":
            continue
        expected = RECORDED[f"{number}.{i}"]
        assert value.dtype == expected.dtype
        np.testing.assert_allclose(value, expected, rtol=2e-5, atol=2e-6)
    assert f"{number}.{len(found)}" not in RECORDED
