"""Convolutions in native code against the reference: sizes, strides, borders, holes, groups; and how they fuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import bifront as bf
from bifront.compiler import ops
from bifront.compiler.control import scan
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Dim, Graph, TensorType, Value, symbol
from bifront.compiler.ir.dtypes import BY_NUMPY
from bifront.runtime.native.windows import channels_last

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Case:
    """Sizes of a convolution; ``filters`` are of all groups."""

    images: tuple[int, ...]
    filters: int
    window: tuple[int, ...]
    strides: tuple[int, ...] = (1, 1)
    padding: Pairs = ((0, 0), (0, 0))
    dilation: tuple[int, ...] = (1, 1)
    groups: int = 1

    @property
    def attrs(self) -> dict[str, object]:
        rank = len(self.window)
        return {
            "strides": self.strides[:rank],
            "padding": self.padding[:rank],
            "dilation": self.dilation[:rank],
            "groups": self.groups,
        }

    @property
    def kernel(self) -> tuple[int, ...]:
        return (self.filters, self.images[1] // self.groups, *self.window)


SAME = ((1, 1), (1, 1))
CASES = {
    "one element": Case((1, 1, 1, 1), 1, (1, 1)),
    "no images": Case((0, 3, 5, 5), 2, (3, 3)),
    "no images, border": Case((0, 3, 5, 5), 2, (3, 3), padding=SAME),
    "window as large as the image": Case((3, 2, 4, 5), 7, (4, 5)),
    "plain": Case((3, 16, 6, 6), 32, (3, 3)),
    "one channel": Case((5, 1, 8, 8), 16, (3, 3)),
    "three channels, odd": Case((2, 3, 11, 13), 5, (3, 5)),
    "more vectors than a tile": Case((2, 5, 7, 9), 83, (2, 2)),
    "long rows": Case((1, 2, 3, 70), 17, (1, 3)),
    "1 x 1": Case((2, 20, 5, 7), 33, (1, 1)),
    "border": Case((2, 6, 9, 7), 18, (3, 3), padding=SAME),
    "border on one side": Case((2, 3, 5, 6), 4, (2, 3), padding=((1, 0), (0, 2))),
    "strides": Case((2, 4, 11, 10), 9, (3, 2), strides=(2, 3)),
    "strides and border": Case((3, 3, 16, 15), 24, (5, 5), strides=(2, 2), padding=((2, 2), (1, 3))),
    "strides beyond the window": Case((2, 3, 9, 9), 4, (2, 1), strides=(4, 3)),
    "dilation": Case((2, 3, 12, 11), 6, (3, 2), dilation=(2, 4), padding=((2, 1), (0, 3))),
    "groups": Case((2, 12, 6, 5), 18, (3, 3), groups=3, padding=SAME),
    "wide groups": Case((2, 40, 5, 5), 36, (2, 2), groups=2),
    "depthwise": Case((2, 35, 7, 6), 35, (3, 3), groups=35, padding=SAME),
    "depthwise, strided": Case((2, 5, 9, 9), 5, (3, 3), (2, 2), dilation=(2, 1), groups=5),
    "depthwise, two filters each": Case((2, 5, 6, 6), 10, (3, 3), groups=5),
    "many images": Case((300, 2, 5, 5), 3, (3, 3)),
    "large images": Case((2, 9, 60, 50), 8, (3, 3), padding=SAME),
    "larger than a chunk": Case((1, 17, 90, 100), 6, (3, 3)),
    "panels": Case((3, 70, 7, 6), 75, (3, 3), padding=SAME),
    "panels, no border": Case((9, 96, 5, 5), 80, (3, 2)),
    "panels, rows at a time": Case((1, 64, 60, 61), 68, (3, 3), padding=SAME),
    "sequences": Case((3, 4, 20), 6, (3,), padding=((1, 1),)),
    "sequences, strided, holes": Case((2, 6, 31), 8, (4,), (3,), ((2, 0),), (2,), groups=2),
    "short sequences": Case((40, 1, 3), 2, (3,)),
}  # fmt: skip
BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64])
ALL = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def whole_numbers(shape: tuple[int, ...], dtype: type, seed: int) -> np.ndarray:
    """Small whole numbers: their sums are exact in any order."""
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(dtype)


def graph_of(
    arrays: list[np.ndarray], build: Callable[..., list[Value]], batch: Dim | None = None
) -> Graph:
    """A graph over arrays; those whose first axis is the batch's get a symbol for it."""
    builder = Building("windows")
    with using(builder):
        inputs = []
        for i, array in enumerate(arrays):
            shape: tuple[Dim, ...] = array.shape
            if batch is not None and i != 1:
                shape = (batch, *shape[1:])
            inputs.append(builder.input(TensorType(BY_NUMPY[array.dtype], shape), f"x{i}"))
        return builder.close(inputs, build(*inputs))


def all_three(case: Case) -> Callable[[Value, Value, Value], list[Value]]:
    """The convolution and its gradients, of images, filters and the result's cotangent."""
    how = case.attrs

    def build(x: Value, w: Value, g: Value) -> list[Value]:
        return [
            ops.conv(x, w, **how),
            ops.conv_input_grad(g, w, case.images[2:], **how),
            ops.conv_filter_grad(x, g, case.window, **how),
        ]

    return build


def arrays_of(case: Case, dtype: type) -> list[np.ndarray]:
    x, w = whole_numbers(case.images, dtype, 0), whole_numbers(case.kernel, dtype, 1)
    y = ops.CONV.evaluate(x, w, **case.attrs)
    return [x, w, whole_numbers(y.shape, dtype, 2)]


def check(graph: Graph, arrays: list[np.ndarray], native: bool = True) -> None:
    executable = bf.compile(graph, "native")
    assert ("left to the reference" in executable.explain()) is not native, executable.explain()
    wanted = bf.compile(graph, "numpy")(*arrays)
    for i, (x, y) in enumerate(zip(executable(*arrays), wanted, strict=True)):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y, f"result {i}")


@BOTH
@ALL
def test_sizes(case: Case, dtype: type) -> None:
    arrays = arrays_of(case, dtype)
    check(graph_of(arrays, all_three(case)), arrays)


@ALL
def test_any_number_of_images(case: Case) -> None:
    arrays = arrays_of(case, np.float32)
    graph = graph_of(arrays, all_three(case), symbol("batch"))
    executable, reference = bf.compile(graph, "native"), bf.compile(graph, "numpy")
    assert "left to the reference" not in executable.explain()
    x, w, g = arrays
    for count in (1, 3, 0, len(x)):
        part = [np.resize(x, (count, *x.shape[1:])), w, np.resize(g, (count, *g.shape[1:]))]
        if not x.size:
            part = [np.ones(part[0].shape, x.dtype), w, np.ones(part[2].shape, x.dtype)]
        for found, wanted in zip(executable(*part), reference(*part), strict=True):
            np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize(
    "case",
    [
        Case((13, 8, 12, 12), 40, (3, 3), padding=SAME),
        Case((1, 16, 33, 30), 64, (3, 3)),
        Case((9, 24, 16, 16), 24, (3, 3), groups=24, padding=SAME),
        Case((8, 12, 16, 16), 32, (3, 3), (2, 2), groups=4),
    ],
)
def test_threads(case: Case, threads: int) -> None:
    arrays = arrays_of(case, np.float32)
    before = bf.get_num_threads()
    bf.set_num_threads(threads)
    try:
        check(graph_of(arrays, all_three(case)), arrays)
    finally:
        bf.set_num_threads(before)


def last(x: Value) -> Value:
    return ops.transpose(x, (0, 2, 3, 1))


def first(x: Value) -> Value:
    return ops.transpose(x, (0, 3, 1, 2))


ONE = Case((4, 16, 6, 6), 21, (3, 3), padding=SAME)


def in_order(x: Value, w: Value, g: Value) -> list[Value]:
    """Channels first throughout, with a bias for each filter and sums over images."""
    bias = ops.reshape(ops.reduce_sum(w, (1, 2, 3)), (21, 1, 1))
    y = ops.relu(ops.add(ops.conv(x, w, **ONE.attrs), bias))
    z = ops.where(ops.gt(y, 1.0), g, ops.mul(y, 0.0))
    back = ops.conv_input_grad(z, w, (6, 6), **ONE.attrs)
    filters = ops.conv_filter_grad(x, z, (3, 3), **ONE.attrs)
    return [
        y, ops.relu(back), ops.reduce_sum(z, (0, 2, 3)), ops.reduce_max(y, (1,)),
        ops.reduce_sum(y, (2,), keepdims=True), ops.sub(w, ops.mul(filters, 2.0)),
    ]  # fmt: skip


def turned(x: Value, w: Value, g: Value) -> list[Value]:
    """Channels last, as TensorFlow has it, between transposes."""
    y = ops.add(last(ops.conv(x, w, **ONE.attrs)), ops.reduce_sum(w, (1, 2, 3)))
    z = first(ops.relu(y))
    second = ops.conv(z, ops.transpose(w, (1, 0, 2, 3)), **ONE.attrs)
    kernel = ops.conv_filter_grad(z, ops.clip(second, -4.0, 4.0), (3, 3), **ONE.attrs)
    return [
        last(second), ops.gt(y, 0.0), ops.reshape(ops.relu(y), (x.shape[0], 6 * 6 * 21)),
        ops.add(ops.transpose(kernel, (2, 3, 1, 0)), 1.0),
    ]  # fmt: skip


def put_together(x: Value, w: Value, g: Value) -> list[Value]:
    """Results side by side, and with something around them."""
    y = ops.relu(ops.conv(x, w, **ONE.attrs))
    both = ops.concatenate([y, g, ops.mul(y, 2.0)], 1)
    wide = ops.pad(y, ((0, 0), (1, 0), (2, 1), (0, 0)), value=3.0)
    return [both, wide, ops.max_pool(both, (2, 2), (2, 2), ((0, 0), (0, 0)))]


@pytest.mark.parametrize("program", [in_order, turned])
@pytest.mark.parametrize("batch", [None, symbol("batch")], ids=["known", "run time"])
def test_what_follows_is_done_on_the_way(program, batch: Dim | None) -> None:
    arrays = arrays_of(ONE, np.float32)
    check(graph_of(arrays, program, batch), arrays)


def sideways(x: Value, w: Value, g: Value) -> list[Value]:
    """Operands that are views: flipped, every other one, broadcast, transposed."""
    flipped = ops.flip(x, (0, 2))
    halves = ops.slice_(x, (0, 0, 0, 0), (4, 16, 6, 6), (1, 1, 2, 1))
    one = ops.broadcast_to(ops.reduce_sum(g), g.shape)
    turned_w = ops.transpose(ops.flip(w, (3,)), (0, 1, 3, 2))
    return [
        ops.conv(flipped, turned_w, **ONE.attrs),
        ops.conv(halves, w, **ONE.attrs),
        ops.conv_filter_grad(flipped, one, (3, 3), **ONE.attrs),
        ops.conv_input_grad(one, turned_w, (6, 6), **ONE.attrs),
        ops.conv_filter_grad(
            ops.transpose(x, (0, 1, 3, 2)), ops.flip(g, (1,)), (3, 3), **ONE.attrs
        ),
    ]


def test_operands_that_are_views() -> None:
    arrays = arrays_of(ONE, np.float32)
    check(graph_of(arrays, sideways), arrays)


def test_convolution_bias_and_activation_are_one_kernel_in_either_layout() -> None:
    def channels_first(x: Value, w: Value) -> list[Value]:
        bias = ops.reshape(ops.reduce_sum(w, (1, 2, 3)), (21, 1, 1))
        y = ops.relu(ops.add(ops.conv(x, w, **ONE.attrs), bias))
        return [ops.reduce_sum(y, (0, 2, 3))]

    def channels_last(x: Value, w: Value) -> list[Value]:
        y = last(ops.conv(first(x), w, **ONE.attrs))
        return [ops.reduce_sum(ops.relu(ops.add(y, ops.reduce_sum(w, (1, 2, 3)))), (0, 1, 2))]

    x, w, _ = arrays_of(ONE, np.float32)
    texts = []
    for images, program in ((x, channels_first), (x.transpose(0, 2, 3, 1).copy(), channels_last)):
        executable = bf.compile(graph_of([images, w], program), "native")
        # The sums of filters, filters in the kernel's order, perhaps images; then the convolution, and its sums.
        texts.append(executable.explain())
    assert "in 5 kernels" in texts[0], texts[0]
    assert "in 4 kernels" in texts[1], texts[1]


def test_a_convolution_in_a_loop() -> None:
    case = Case((2, 4, 5, 5), 4, (3, 3), padding=SAME)

    def build(x: Value, w: Value) -> list[Value]:
        def step(carries: list[Value], _: list[Value]) -> tuple[list[Value], list[Value]]:
            (y,) = carries
            z = ops.clip(ops.conv(y, w, **case.attrs), -3.0, 3.0)
            return [z], [ops.reduce_sum(z, (1, 2, 3))]

        ends, stacked = scan(step, [x], [], 4)
        return [*ends, *stacked]

    arrays = arrays_of(case, np.float32)[:2]
    check(graph_of(arrays, build), arrays)


@pytest.mark.parametrize("name", ["plain", "groups", "sequences"])
def test_half_precision_is_computed_in_single(name: str) -> None:
    """Fractions, whose sums are rounded once, in the end."""
    x, w, g = (a / np.float16(8) for a in arrays_of(CASES[name], np.float16))
    check(graph_of([x, w, g], all_three(CASES[name])), [x, w, g])


def test_other_types_are_left_to_the_reference() -> None:
    case = CASES["plain"]
    arrays = arrays_of(case, np.int32)
    check(graph_of(arrays, all_three(case)), arrays, native=False)


def test_sizes_of_images_may_be_open() -> None:
    """No native code, but the right result."""
    builder = Building("open")
    side = symbol("side")
    x = builder.input(TensorType(BY_NUMPY[np.dtype(np.float32)], (2, 3, side, 6)), "x")
    w = builder.input(TensorType(BY_NUMPY[np.dtype(np.float32)], (4, 3, 3, 3)), "w")
    with using(builder):
        y = ops.relu(ops.conv(x, w, (1, 1), SAME, (1, 1)))
    graph = builder.close([x, w], [y])
    for size in (5, 9):
        arrays = [
            whole_numbers((2, 3, size, 6), np.float32, size),
            whole_numbers((4, 3, 3, 3), np.float32, 1),
        ]
        check(graph, arrays, native=False)


def test_what_is_put_together_stays_channels_last() -> None:
    arrays = arrays_of(ONE, np.float32)
    graph = graph_of(arrays, put_together)
    wanted = bf.compile(graph, "numpy")(*arrays)
    for x, y in zip(bf.compile(graph, "native")(*arrays), wanted, strict=True):
        np.testing.assert_array_equal(x, y)
    for node in channels_last(graph).nodes:
        if node.op.name in ("concatenate", "pad"):
            assert node.output.shape[-1] % 21 < 2, node


@pytest.mark.parametrize("program", [in_order, turned, put_together])
def test_the_pass_alone_changes_nothing(program) -> None:
    """The operations with channels last, evaluated by NumPy."""
    arrays = arrays_of(ONE, np.float32)
    graph = graph_of(arrays, program)
    wanted = bf.compile(graph, "numpy")(*arrays)
    for x, y in zip(bf.compile(channels_last(graph), "numpy")(*arrays), wanted, strict=True):
        np.testing.assert_array_equal(x, y)


def test_a_graph_without_windows_stays_as_it_is() -> None:
    x = np.ones((2, 3), np.float32)
    graph = graph_of([x, x], lambda a, b: [ops.transpose(ops.add(a, b), (1, 0))])
    assert channels_last(graph) is graph
