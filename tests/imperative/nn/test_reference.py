"""Layers, functions and losses give PyTorch's values and gradients; modules print as PyTorch's do."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

import bifront.frontends.imperative as torch

_spec = spec_from_file_location("nn_cases", Path(__file__).with_name("cases.py"))
assert _spec is not None
assert _spec.loader is not None
cases = module_from_spec(_spec)
_spec.loader.exec_module(cases)
REFERENCE = json.loads(cases.RECORD.read_text())
# PyTorch computes this gradient with 1/6 rounded to float32, whatever the type of its operand.
LOOSE = {"function.hardsigmoid": 1e-7}


def agree(found: object, expected: object, rtol: float, where: str = "") -> None:
    if isinstance(expected, list) and any(isinstance(e, (list, str, type(None))) for e in expected):
        assert isinstance(found, list)
        assert len(found) == len(expected), where
        for i, (f, e) in enumerate(zip(found, expected, strict=True)):
            agree(f, e, rtol, f"{where}[{i}]")
    elif isinstance(expected, (str, type(None))):
        assert found == expected, where
    else:
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-11, err_msg=where)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", cases.CASES)
def test_agrees_with_pytorch(name: str) -> None:
    agree(cases.CASES[name](torch), REFERENCE[name], LOOSE.get(name, 1e-9))


def test_every_recorded_case_is_run() -> None:
    assert set(REFERENCE) == set(cases.CASES)
