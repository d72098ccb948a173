"""What fails while native code runs is a Python error with the user's line; no state has changed, nothing crashes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
from bifront.compiler import ops
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import TensorType, dtype_of

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")

PROGRAM = Path(__file__).with_name("faults_program.py")
NAMES = re.findall(r"^@program\ndef (\w+)", PROGRAM.read_text(), re.MULTILINE)
ANSWERS = {
    "DivisionByZero": "integer division by zero",
    "IndexOutOfRange": "is out of range for axis",
    "InvalidIndexError": "is out of range for axis",
    "AttributeValueError": "no negative integer powers",
}


@pytest.fixture(scope="module")
def told() -> dict[str, tuple[str, str, int]]:
    """For each program the error's class, its text and the line at fault."""
    environment = {**os.environ, "BIFRONT_CACHE_DIR": "", "BIFRONT_BACKEND": "native"}
    done = subprocess.run(
        [sys.executable, str(PROGRAM)], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, f"ended with {done.returncode}:\n{done.stderr[-3000:]}"
    found: dict[str, tuple[str, str, int]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_names_the_line(name: str, told: dict[str, tuple[str, str, int]]) -> None:
    kind, text, line = told[name]
    assert kind in ANSWERS, f"{kind}: {text}"
    assert ANSWERS[kind] in text.splitlines()[0], text
    assert f"{PROGRAM.name}:{line}:" in text, text


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "int64"])
def test_the_smallest_integer_by_minus_one_wraps(name: str) -> None:
    """The one quotient that does not fit, at which processors raise a signal."""
    low = np.iinfo(name).min
    builder = Building("wraps")
    x, y = (builder.input(TensorType(dtype_of(name), (37,))) for _ in range(2))
    with using(builder):
        made = [ops.floordiv(x, y), ops.mod(x, y), ops.neg(x), ops.absolute(x)]
    graph = builder.close([x, y], made)
    arrays = np.full(37, low, name), np.full(37, -1, name)
    with np.errstate(all="ignore"):
        wanted = bf.compile(graph, "numpy")(*arrays)
    for found, reference in zip(bf.compile(graph, "native")(*arrays), wanted, strict=True):
        np.testing.assert_array_equal(found, reference)


def test_what_is_not_run_does_not_fail() -> None:
    from bifront.compiler.control import cond

    builder = Building("untaken")
    n = builder.input(TensorType(dtype_of("int64"), (19,)))
    with using(builder):
        seven = ops.full((19,), 7, dtype_of("int64"))
        safe = ops.reduce_all(ops.ne(n, 0), (0,))
        (made,) = cond(safe, lambda: [ops.floordiv(seven, n)], lambda: [seven])
    executable = bf.compile(builder.close([n], [made]), "native")
    zeros = np.zeros(19, np.int64)
    np.testing.assert_array_equal(executable(zeros)[0], 7)
    np.testing.assert_array_equal(executable(zeros + 2)[0], 3)
