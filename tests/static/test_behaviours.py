"""Small programs give what TensorFlow gives for them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import bifront.static as tf

from .behaviours import BEHAVIOURS, plain

RECORDED = json.loads(Path(__file__).with_name("behaviours.json").read_text())


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_behaviour(name: str) -> None:
    compare(plain(BEHAVIOURS[name](tf)), RECORDED[name], name)


def compare(found: object, expected: object, path: str) -> None:
    if isinstance(expected, dict) and expected.keys() == {"dtype", "value"}:
        assert isinstance(found, dict), path
        assert found["dtype"] == expected["dtype"], path
        np.testing.assert_allclose(
            found["value"], expected["value"], rtol=3e-5, atol=3e-6, err_msg=path
        )
    elif isinstance(expected, dict):
        assert isinstance(found, dict), path
        assert found.keys() == expected.keys(), path
        for key in expected:
            compare(found[key], expected[key], f"{path}/{key}")
    elif isinstance(expected, list):
        assert isinstance(found, list), path
        assert len(found) == len(expected), path
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            compare(a, b, f"{path}/{i}")
    else:
        assert found == expected, path
