"""Pooling in native code against the reference: ties, NaN, borders, and gradients that meet in an element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import bifront as bf
from bifront.compiler import ops
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Dim, Graph, TensorType, Value, symbol
from bifront.compiler.ir.dtypes import BY_NUMPY
from bifront.runtime.native.windows import channels_last
from bifront.runtime.native.windows.operations import TO_MAXIMA

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")


@dataclass(frozen=True)
class Case:
    images: tuple[int, ...]
    window: tuple[int, ...]
    strides: tuple[int, ...]
    padding: tuple[tuple[int, int], ...] = ((0, 0), (0, 0))
    dilation: tuple[int, ...] = (1, 1)

    @property
    def attrs(self) -> dict[str, object]:
        rank = len(self.window)
        return {
            "window": self.window,
            "strides": self.strides,
            "padding": self.padding[:rank],
            "dilation": self.dilation[:rank],
        }


CASES = {
    "halves": Case((3, 16, 8, 8), (2, 2), (2, 2)),
    "halves, odd": Case((2, 5, 7, 9), (2, 2), (2, 2)),
    "one element": Case((1, 1, 1, 1), (1, 1), (1, 1)),
    "one channel": Case((2, 1, 6, 6), (2, 3), (1, 1)),
    "no images": Case((0, 3, 4, 4), (2, 2), (2, 2)),
    "overlapping": Case((2, 20, 7, 6), (3, 3), (1, 1)),
    "border": Case((2, 17, 7, 6), (3, 3), (2, 2), ((1, 1), (1, 1))),
    "border on one side": Case((2, 3, 6, 5), (2, 3), (1, 2), ((1, 0), (0, 2))),
    "dilation": Case((2, 6, 11, 9), (2, 3), (2, 1), ((1, 1), (2, 2)), (2, 2)),
    "large window": Case((2, 33, 9, 8), (9, 8), (9, 8)),
    "large window, border": Case((2, 3, 12, 12), (7, 6), (3, 5), ((3, 2), (2, 3))),
    "gaps": Case((2, 4, 10, 10), (2, 2), (4, 3)),
    "sequences": Case((3, 4, 21), (3,), (2,), ((1, 1),)),
    "many images": Case((150, 8, 16, 16), (3, 3), (2, 2), ((0, 1), (0, 1))),
}
ALL = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def graph_of(case: Case, dtype: type, batch: Dim | None = None) -> Graph:
    """Maxima, where they are, sums, and the gradients of maxima and sums."""
    shape: tuple[Dim, ...] = (case.images[0] if batch is None else batch, *case.images[1:])
    how = case.attrs
    builder = Building("pooling")
    x = builder.input(TensorType(BY_NUMPY[np.dtype(dtype)], shape), "x")
    with using(builder):
        maxima, sums = ops.max_pool(x, **how), ops.sum_pool(x, **how)
        g = builder.input(maxima.type, "g")
        gradient = ops.MAX_POOL.vjp[0](g, maxima, x, **how)
        outputs = [
            maxima, ops.pool_argmax(x, **how), sums, gradient, ops.sum_unpool(g, case.images[2:], **how),
            ops.relu(ops.mul(maxima, 2.0)), ops.reduce_sum(gradient, (0, 2)), ops.add(sums, g),
        ]  # fmt: skip
    return builder.close([x, g], outputs)


def arrays_of(case: Case, dtype: type, count: int | None = None) -> list[np.ndarray]:
    """Few different numbers, so that maxima are often equal; whole ones, so that sums are exact in any order."""
    rng = np.random.default_rng(5)
    shape = (case.images[0] if count is None else count, *case.images[1:])
    x = rng.integers(-2, 3, shape).astype(dtype)
    y = ops.MAX_POOL.evaluate(x, **case.attrs)
    return [x, rng.integers(-4, 5, y.shape).astype(dtype)]


def check(graph: Graph, arrays: list[np.ndarray]) -> None:
    executable = bf.compile(graph, "native")
    assert "left to the reference" not in executable.explain(), executable.explain()
    wanted = bf.compile(graph, "numpy")(*arrays)
    for i, (x, y) in enumerate(zip(executable(*arrays), wanted, strict=True)):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y, f"result {i}")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@ALL
def test_sizes(case: Case, dtype: type) -> None:
    check(graph_of(case, dtype), arrays_of(case, dtype))


@ALL
def test_any_number_of_images(case: Case) -> None:
    graph = graph_of(case, np.float32, symbol("batch"))
    for count in (2, 0, 5):
        check(graph, arrays_of(case, np.float32, count))


@ALL
def test_special_values(case: Case) -> None:
    """NaN wins, the first of them; where all is minus infinity the first place that is no border is the maximum."""
    x, g = arrays_of(case, np.float32)
    flat = x.reshape(-1)
    flat[::3] = -np.inf
    flat[1::7] = np.nan
    flat[2::11] = -0.0
    if len(x) > 1:
        x[-1] = -np.inf
    check(graph_of(case, np.float32), [x, g])


def test_gradients_that_meet_are_added() -> None:
    case = CASES["overlapping"]
    x, g = arrays_of(case, np.float32)
    g = np.random.default_rng(0).standard_normal(g.shape).astype(np.float32)
    executable, reference = (bf.compile(graph_of(case, np.float32), b) for b in ("native", "numpy"))
    for i in (3, 4):
        np.testing.assert_allclose(executable(x, g)[i], reference(x, g)[i], rtol=1e-5, atol=1e-5)


def test_sums_are_those_of_the_reference_to_the_bit() -> None:
    case = CASES["border"]
    x, g = arrays_of(case, np.float32)
    x = np.random.default_rng(0).standard_normal(x.shape).astype(np.float32)
    executable, reference = (bf.compile(graph_of(case, np.float32), b) for b in ("native", "numpy"))
    np.testing.assert_array_equal(executable(x, g)[2], reference(x, g)[2])


def test_channels_last_is_read_where_it_lies() -> None:
    builder = Building("last")
    x = builder.input(TensorType(BY_NUMPY[np.dtype(np.float32)], (2, 6, 6, 19)), "x")
    with using(builder):
        first = ops.transpose(x, (0, 3, 1, 2))
        pooled: Value = ops.max_pool(ops.relu(first), (2, 2), (2, 2), ((0, 0), (0, 0)))
        graph = builder.close([x], [ops.transpose(ops.add(pooled, 1.0), (0, 2, 3, 1))])
    executable = bf.compile(graph, "native")
    # No copies: the activation, and the maxima with what follows them.
    assert "in 2 kernels" in executable.explain(), executable.explain()
    data = np.random.default_rng(0).standard_normal((2, 6, 6, 19)).astype(np.float32)
    np.testing.assert_array_equal(executable(data)[0], bf.compile(graph, "numpy")(data)[0])


def test_windows_that_see_nothing_are_left_to_the_reference() -> None:
    case = Case((2, 3, 5, 2), (2, 2), (1, 1), ((0, 0), (1, 1)), (1, 3))
    x, _ = arrays_of(case, np.float32)
    builder = Building("nothing")
    value = builder.input(TensorType(BY_NUMPY[x.dtype], x.shape), "x")
    with using(builder):
        results = [ops.max_pool(value, **case.attrs), ops.pool_argmax(value, **case.attrs)]
        graph = builder.close([value], results)
    executable, reference = bf.compile(graph, "native"), bf.compile(graph, "numpy")
    assert "left to the reference: max_pool, pool_argmax" in executable.explain()
    for found, wanted in zip(executable(x), reference(x), strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("dtype", [np.float16, np.int32])
def test_other_types_are_left_to_the_reference(dtype: type) -> None:
    case = CASES["border"]
    x, _ = arrays_of(case, dtype)
    builder = Building("others")
    value = builder.input(TensorType(BY_NUMPY[x.dtype], x.shape), "x")
    with using(builder):
        graph = builder.close([value], [ops.max_pool(value, **case.attrs)])
    executable = bf.compile(graph, "native")
    assert "left to the reference: max_pool" in executable.explain()
    np.testing.assert_array_equal(executable(x)[0], bf.compile(graph, "numpy")(x)[0])


@pytest.mark.parametrize("name", ["border", "sequences"])
def test_the_pass_alone_changes_nothing(name: str) -> None:
    """The operations with channels last, evaluated by NumPy."""
    graph, arrays = graph_of(CASES[name], np.float32), arrays_of(CASES[name], np.float32)
    turned = channels_last(graph)
    assert any(node.op is TO_MAXIMA for node in turned.nodes)
    wanted = bf.compile(graph, "numpy")(*arrays)
    for x, y in zip(bf.compile(turned, "numpy")(*arrays), wanted, strict=True):
        np.testing.assert_array_equal(x, y)
