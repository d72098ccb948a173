"""Random graphs, and programs with control flow: the native backend agrees with the reference."""

from __future__ import annotations

import numpy as np
import pytest

import bifront as bf
from bifront.compiler import ops
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Graph, TensorType
from bifront.compiler.ir.dtypes import int64

from ...compiler.control.programs import PROGRAMS, Program
from ..programs import arrays_for, random_program
from ..test_control_programs import DERIVED, arguments

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")

SIZES = [(3, 4), (1, 7), (16, 17), (0, 5), (5, 0), (1, 1), (33, 64)]


def outcome(graph: Graph, arrays: list[np.ndarray], backend: str) -> tuple[np.ndarray, ...] | str:
    """The results, or what the error says."""
    try:
        return bf.compile(graph, backend)(*arrays)
    except bf.ShapeError as error:
        return str(error)


def agree(graph: Graph, arrays: list[np.ndarray], tolerance: float) -> None:
    before = [a.tobytes() for a in arrays]
    with np.errstate(all="ignore"):
        found, wanted = outcome(graph, arrays, "native"), outcome(graph, arrays, "numpy")
        if isinstance(found, str) or isinstance(wanted, str):
            assert found == wanted
            return
        for value, x, y in zip(graph.results, found, wanted, strict=True):
            assert (x.dtype, x.shape) == (y.dtype, y.shape), f"{value}"
            if x.dtype.kind == "f":
                scale = np.nanmax(np.abs(y[np.isfinite(y)]), initial=1)
                apart = ~np.isclose(x, y, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
                assert not apart.any(), f"{value}\n{graph}\n{x[apart][:5]} for {y[apart][:5]}"
            else:
                assert np.array_equal(x, y), f"{value}\n{graph}\n{x}\n{y}"
    assert [a.tobytes() for a in arrays] == before


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs(seed: int) -> None:
    graph = random_program(seed)
    tolerance = 1e-4 if graph.parameters[0].dtype.name == "float32" else 1e-10
    for rows, columns in SIZES[seed % 7 :: 3] or SIZES[:2]:
        agree(graph, arrays_for(graph, {"rows": rows, "columns": columns}, seed), tolerance)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
@pytest.mark.parametrize("way", DERIVED)
def test_control_flow(program: Program, way: str) -> None:
    graph = DERIVED[way](program.graph())
    for steps in (0, 1, 5):
        agree(graph, arguments(program, graph, steps), 1e-8)


@pytest.mark.parametrize("look_up", ["gather", "take_along"])
@pytest.mark.parametrize("table", ["filled", "counted", "number"])
def test_looking_up_in_numbers_that_have_no_memory(table: str, look_up: str) -> None:
    builder = Building("table")
    at = builder.input(TensorType(int64, (11,)), "at")
    with using(builder):
        x = {
            "filled": lambda: ops.full((7,), 3, int64),
            "counted": lambda: ops.iota(7, int64),
            "number": lambda: ops.broadcast_to(ops.constant(5, int64), (7,)),
        }[table]()
        made = ops.gather(x, at, 0) if look_up == "gather" else ops.take_along(x, at, 0)
        made = ops.add(made, at)
    graph = builder.close([at], [made])
    agree(graph, [np.arange(11) % 7], 0)


def test_what_is_divided_by_the_sum_of_rows_of_one_is_read_without_them() -> None:
    text = """\
graph @rows(%x: f64[2, 1], %y: f64[2]) {
  %0: f64[2, 1] = reduce_sum(%x) {axes = (1,), keepdims = true}
  %1: f64[2, 1] = div(%x, %0)
  %2: f64[2] = reshape(%1) {shape = (2,)}
  %3: f64[2] = add(%2, %y)
  return %3
}"""
    agree(bf.parse(text), [np.array([[2.0], [3.0]]), np.array([4.0, 5.0])], 0)
