"""Random programs with branches and loops in each other: the bits of Python's own, and no shared memory."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest

from bifront.compiler.autodiff import vjp
from bifront.compiler.ir import Expr
from bifront.compiler.ir.dtypes import DType, bool_, float32, float64, int64
from bifront.compiler.passes import finish
from bifront.runtime import numpy_control
from bifront.runtime.executable import compile
from bifront.runtime.numpy_direct import SCALAR_OPERATORS
from bifront.runtime.plan import make_plan

from ..compiler.control.interpreter import run as run_plainly
from .bits import run_twice
from .nested import random_nested_program
from .programs import arrays_for

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
SIZES = [
    {"rows": 3, "columns": 5, "steps": 4},
    {"rows": 1, "columns": 4, "steps": 0},
    {"rows": 20, "columns": 17, "steps": 2},
]


@pytest.mark.parametrize("seed", range(150))
def test_the_same_bits_as_one_by_one(seed: int) -> None:
    graph = random_nested_program(seed)
    executable = compile(graph)
    for i, sizes in enumerate(SIZES):
        arrays, found = run_twice(executable, sizes, seed + i, run_plainly)
        unchanged = {len(graph.outputs) + k for k, s in enumerate(graph.states) if not s.changes}
        fresh = [r for k, r in enumerate(found) if k not in unchanged]
        for a, b in combinations(fresh, 2):
            assert not np.shares_memory(a, b), executable.source
        for a in fresh:
            assert not any(np.shares_memory(a, b) for b in arrays)
            assert a.flags.writeable


@pytest.mark.parametrize("seed", range(0, 150, 2))
def test_regions_in_functions_of_their_own(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_control, "NESTED", 0)
    graph = random_nested_program(seed)
    arrays = arrays_for(graph, SIZES[0], seed)
    executable = compile(graph)
    for a, b in zip(executable(*arrays), run_plainly(graph, arrays, SIZES[0]), strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape), executable.source
        assert a.tobytes() == b.tobytes(), executable.source


@pytest.mark.parametrize("seed", range(40))
def test_the_same_bits_on_gradients(seed: int) -> None:
    gradient = vjp(random_nested_program(seed, count=6, depth=2))
    if any(
        isinstance(d, Expr) for v in gradient.parameters for d in v.type.substitute(SIZES[0]).shape
    ):
        return  # a cotangent of a size that only the program finds out
    for graph in (gradient, finish(gradient)):
        executable = compile(graph)
        for sizes in SIZES[:2]:
            arrays = arrays_for(graph, sizes, seed)
            expected = run_plainly(graph, arrays, sizes)
            for a, b in zip(executable(*arrays), expected, strict=True):
                assert (a.dtype, a.shape) == (b.dtype, b.shape), executable.source
                assert a.tobytes() == b.tobytes(), executable.source


@pytest.mark.parametrize("seed", range(0, 150, 5))
def test_an_observer_changes_no_bit(seed: int) -> None:
    graph = random_nested_program(seed)
    arrays = arrays_for(graph, SIZES[0], seed)
    observed = compile(graph, observer=lambda node, values: None)
    for a, b in zip(observed(*arrays), compile(graph)(*arrays), strict=True):
        assert a.tobytes() == b.tobytes()


def test_programs_do_reuse_memory_in_regions() -> None:
    plans = [make_plan(random_nested_program(seed)) for seed in range(160)]
    inside = [s for p in plans for step in p.steps for b in step.blocks for s in b.walk()]
    assert sum(step.into is not None for step in inside) > 50
    assert sum(step.slot is not None for step in inside) > 50


@pytest.mark.parametrize("dtype", [float32, float64, int64, bool_], ids=str)
@pytest.mark.parametrize("name", [*map(str, SCALAR_OPERATORS)])
def test_operators_on_scalars_are_the_ufuncs(name: str, dtype: DType) -> None:
    ufunc = {str(f): f for f in SCALAR_OPERATORS}[name]
    assert isinstance(ufunc, np.ufunc)
    if dtype.is_bool != (re.search("logical", name) is not None):
        return
    expression = SCALAR_OPERATORS[ufunc].format("x", "y")
    special = [0, 1, -3, 7, 2**62, -(2**63)]
    if dtype.is_float:
        special += [-0.0, 0.1, np.inf, -np.inf, np.nan, 1e-320, 3e38]  # type: ignore[list-item]
    numbers = np.array([True, False]) if dtype.is_bool else np.array(special).astype(dtype.numpy)
    for x in numbers:
        for y in numbers:
            expected = ufunc(*(x, y)[: ufunc.nin])
            for left in (x, np.asarray(x)):
                found = np.asarray(eval(expression, {"x": left, "y": y}))
                assert found.dtype == expected.dtype
                assert found.tobytes() == expected.tobytes()
