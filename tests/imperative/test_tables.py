"""PyTorch's answers to expressions and programs, recorded in ``tables/`` by `record`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import bifront.imperative as torch

_spec = importlib.util.spec_from_file_location("record", Path(__file__).parent / "record.py")
assert _spec is not None
assert _spec.loader is not None
record = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(record)

ENTRIES = [(t, e, a) for t in record.EXPRESSIONS for e, a in record.read(t)]
PROGRAMS = list(record.read_programs())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("expression", "answer"), [pytest.param(e, a, id=f"{t}: {e}") for t, e, a in ENTRIES]
)
def test_expression(expression: str, answer: str) -> None:
    if not answer.startswith("! "):
        assert repr(eval(expression, record.names(torch))) == answer
        return
    with pytest.raises(Exception) as raised:  # noqa: PT011
        eval(expression, record.names(torch))
    assert answer[2:] in [c.__name__ for c in type(raised.value).__mro__]


@pytest.mark.parametrize(
    ("program", "answer"), [pytest.param(p, a, id=title) for title, p, a in PROGRAMS]
)
def test_program(program: str, answer: str) -> None:
    assert record.output(torch, program) == answer
