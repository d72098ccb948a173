"""Layers, functions, losses, optimizers and schedules: values, gradients and printing as PyTorch's."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import bifront.frontends.imperative as torch

# PyTorch computes this gradient with 1/6 rounded to float32, whatever the type of its operand.
LOOSE = {"function.hardsigmoid": 1e-7}


def load(folder: str) -> ModuleType:
    path = Path(__file__).parent.parent / folder / "cases.py"
    spec = spec_from_file_location(f"{folder}_cases", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SUITES = {folder: load(folder) for folder in ("nn", "optim")}
REFERENCE = {folder: json.loads(suite.RECORD.read_text()) for folder, suite in SUITES.items()}


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
@pytest.mark.parametrize(
    ("folder", "name"), [(folder, name) for folder, suite in SUITES.items() for name in suite.CASES]
)
def test_agrees_with_pytorch(folder: str, name: str) -> None:
    found = SUITES[folder].CASES[name](torch)
    agree(found, REFERENCE[folder][name], LOOSE.get(name, 1e-9))


def test_every_recorded_case_is_run() -> None:
    for folder, suite in SUITES.items():
        assert set(REFERENCE[folder]) == set(suite.CASES)
