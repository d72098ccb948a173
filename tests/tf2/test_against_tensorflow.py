"""Values, gradients and errors are those that TensorFlow 2 gave."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import bifront.tf2 as tf

from .expressions import ERRORS, EXPRESSIONS, evaluate, kinds
from .programs import PROGRAMS, plain

_FILE = np.load(Path(__file__).with_name("expressions.npz"))
VALUES = {str(key): _FILE[f"v{i}"] for i, key in enumerate(_FILE["keys"])}
RECORDED = json.loads(Path(__file__).with_name("programs.json").read_text())


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_value(text: str) -> None:
    found = evaluate(tf, text)
    for i, value in enumerate(found):
        expected = VALUES[f"{text}|{i}"]
        if isinstance(value, str):
            assert value == str(expected)
            continue
        assert isinstance(value, np.ndarray)
        assert value.dtype == expected.dtype
        np.testing.assert_allclose(value, expected, rtol=2e-5, atol=2e-6)
    assert f"{text}|{len(found)}" not in VALUES


@pytest.mark.parametrize("text", ERRORS)
def test_error(text: str) -> None:
    """An error is everything that TensorFlow's is, so that a program's ``except`` catches it."""
    expected = set(RECORDED["errors"][text])
    assert expected
    assert expected <= set(kinds(tf, text))


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(plain(PROGRAMS[name](tf)), RECORDED["programs"][name], name)


def compare(found: object, expected: object, path: str) -> None:
    if isinstance(expected, dict) and expected.keys() == {"dtype", "value"}:
        assert isinstance(found, dict), path
        assert found["dtype"] == expected["dtype"], path
        np.testing.assert_allclose(
            found["value"], expected["value"], rtol=3e-5, atol=3e-6, err_msg=path
        )
    elif isinstance(expected, list):
        assert isinstance(found, list), path
        assert len(found) == len(expected), path
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            compare(a, b, f"{path}/{i}")
    else:
        assert found == expected, path
