"""Every operation of the registry in every element type: the native backend keeps what the operation promises.

One graph holds an operation in all sizes around a vector's, on operands that are read through views; it is run on one
thread and on two that share even the smallest kernels, on arrays in memory of every kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

import bifront as bf
from bifront.compiler import ops
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Expr, Graph, TensorType, Value
from bifront.compiler.ir.dtypes import ALL, BY_NUMPY, DType
from bifront.compiler.ops import REGISTRY, Kind, Op, Sample

from .agreement import disagreement, small_parts, threads
from .values import SIZED, SIZES, layouts, sized, specials, spread, values

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")


@dataclass(frozen=True)
class Case:
    """One use of an operation: what it computes with, and the arrays from which the graph gets that."""

    sample: Sample
    stored: tuple[np.ndarray, ...]
    seen: Callable[[Value], Value]


def straight(sample: Sample) -> Case:
    return Case(sample, sample.inputs, lambda v: v)


def seen_through(sample: Sample) -> Iterator[Case]:
    """The same use, on operands that are views of other arrays."""

    def case(store: Callable[[np.ndarray], np.ndarray], seen: Callable[[Value], Value]) -> Case:
        return Case(sample, tuple([store(x) for x in sample.inputs]), seen)

    last = sample.inputs[0].ndim - 1
    if any(x.ndim != last + 1 for x in sample.inputs) or last < 0:
        return
    yield case(lambda x: x[..., ::-1].copy(), lambda v: ops.flip(v, (last,)))
    yield case(
        lambda x: np.repeat(x, 2, -1),
        lambda v: ops.slice_(v, (0,) * v.ndim, v.shape, (*(1 for _ in range(last)), 2)),
    )
    pad = [(0, 0)] * last + [(3, 0)]
    yield case(
        lambda x: np.pad(x, pad), lambda v: ops.slice_(v, (*(0 for _ in range(last)), 3), v.shape)
    )
    if last:
        yield case(lambda x: x.T.copy(), lambda v: ops.transpose(v, tuple(range(last, -1, -1))))


def elementwise(op: Op, dtype: np.dtype, rng: np.random.Generator) -> Iterator[Case]:
    """All special values with each other, and every size and kind of view."""
    known = list(op.samples(rng))
    count = len(known[0].inputs)
    kinds = [
        np.dtype(bool) if all(np.asarray(s.inputs[i]).dtype == bool for s in known) else dtype
        for i in range(count)
    ]
    options = [dict(a) for a in {str(s.attrs): s.attrs for s in known}.values()]
    if op.name == "cast":
        options = [{"dtype": d} for d in ALL]
    if op.name == "clip" and dtype.kind != "f":
        options = [{"low": 1, "high": 5}, {"low": None, "high": 3}, {"low": 2, "high": None}]

    def drawn(*shapes: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        made = [
            values(rng, k, int(np.prod(s))).reshape(s) for k, s in zip(kinds, shapes, strict=True)
        ]
        return defined(op, made)

    def pairs() -> tuple[np.ndarray, ...]:
        """Each special value with each in the last two operands."""
        last = specials(kinds[-1])
        size = last.size**2
        rest = [values(rng, k, size) for k in kinds[:-2]]
        two = [np.repeat(last, last.size).astype(kinds[-2]), np.tile(last, last.size)]
        return defined(op, [*rest, *two])

    for attrs in options:
        for n in SIZES:
            yield straight(Sample(drawn(*[(n,)] * count), attrs))
        for shape in ((40,), (17, 3)):
            yield from seen_through(Sample(drawn(*[shape] * count), attrs))
        yield straight(Sample(drawn(*[()] * count), attrs))
        if count > 1:
            yield straight(Sample(pairs(), attrs))
            rest = count - 2
            yield straight(Sample(drawn((5, 17), (17,), *[(5, 1)] * rest), attrs))
            yield straight(Sample(drawn((5, 1, 1), (3, 17), *[(5, 1, 17)] * rest), attrs))
            yield straight(Sample(drawn((), (33,), *[()] * rest), attrs))


def defined(op: Op, operands: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """The operands without those for which the reference raises an error."""
    if operands[0].dtype.kind in "iu" and len(operands) == 2:
        b = operands[1]
        if op.name in ("floordiv", "mod"):
            operands[1] = np.where(b == 0, 1, b).astype(b.dtype)
        elif op.name == "pow":
            operands[1] = np.where(b < 0, b & 31, b).astype(b.dtype)
    return tuple(operands)


def as_dtype(sample: Sample, dtype: np.dtype) -> Sample:
    inputs = [np.asarray(x) for x in sample.inputs]
    made = [x.astype(dtype) if x.dtype == np.float64 else x for x in inputs]
    return Sample(tuple(made), sample.attrs)


def cases(op: Op, dtype: np.dtype) -> Iterator[Case]:
    """All uses that the operation's type rules let pass."""
    for case in proposed(op, dtype):
        types = [
            TensorType(BY_NUMPY[x.dtype], x.shape) for x in map(np.asarray, case.sample.inputs)
        ]
        try:
            op.infer(*types, **case.sample.attrs)
        except bf.DTypeError:
            continue  # not an element type that the operation takes
        yield case


def proposed(op: Op, dtype: np.dtype) -> Iterator[Case]:
    rng = np.random.default_rng(0)
    if op.kind is Kind.ELEMENTWISE:
        yield from elementwise(op, dtype, rng)
    elif op.name in SIZED:
        for sample in sized(op, rng, dtype):
            yield straight(sample)
            if sample.inputs[0].size and len(sample.inputs) == 1:
                yield from seen_through(sample)
    if dtype.kind == "f":
        for sample in op.samples(rng):
            yield straight(as_dtype(sample, dtype))


def graph_of(op: Op, dtype: np.dtype) -> tuple[Graph, list[Case], list[np.ndarray]]:
    """All cases in one graph, and the arrays that it takes."""
    builder = Building(f"{op.name} of {dtype}")
    inputs: list[Value] = []
    outputs: list[Value] = []
    found: list[Case] = []
    arrays: list[np.ndarray] = []
    for case in cases(op, dtype):
        stored = [np.asarray(x) for x in case.stored]
        made = [builder.input(TensorType(BY_NUMPY[x.dtype], x.shape)) for x in stored]
        with using(builder):
            outputs.append(builder.apply(op, [case.seen(v) for v in made], dict(case.sample.attrs)))
        inputs += made
        arrays += stored
        found.append(case)
    return builder.close(inputs, outputs), found, arrays


def bits(arrays: Sequence[np.ndarray]) -> list[bytes]:
    return [a.tobytes() for a in arrays]


def operations() -> Iterator[Op]:
    """All but control flow, and but those whose result's size is found out at run time."""
    for _, op in sorted(REGISTRY.items()):
        known = [a for s in op.samples(np.random.default_rng(0)) for a in s.attrs.values()]
        if op.kind is not Kind.CONTROL and not any(isinstance(a, Expr) for a in known):
            yield op


def uses() -> Iterator[object]:
    """Each operation with each of the element types that it takes."""
    for op in operations():
        for dtype in ALL:
            if next(cases(op, dtype.numpy), None) is not None:
                yield pytest.param(op, dtype, id=f"{op.name}-{dtype.name}")


def test_every_operation_takes_some_element_type() -> None:
    assert {param.values[0] for param in uses()} == set(operations())


@pytest.mark.parametrize(("op", "dtype"), list(uses()))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_operation_keeps_what_it_promises(op: Op, dtype: DType) -> None:
    graph, found, arrays = graph_of(op, dtype.numpy)
    with small_parts(faults=False):
        executable = bf.compile(graph, "native")
        with threads(1):
            results = executable(*arrays)
    for case, result in zip(found, results, strict=True):
        inputs, attrs = [np.asarray(x) for x in case.sample.inputs], case.sample.attrs
        wrong = disagreement(op, result, inputs, attrs)
        assert wrong is None, f"{op.name}{attrs} of {[x.shape for x in inputs]}: {wrong}"
    with threads(2):
        assert bits(executable(*arrays)) == bits(results), "two threads give other bits"
    kinds = [dict(layouts(a)) for a in arrays]
    for kind in sorted({k for each in kinds for k in each}):
        moved = [each.get(kind, a) for each, a in zip(kinds, arrays, strict=True)]
        assert bits(executable(*moved)) == bits(results), f"{kind} arrays give other bits"


def test_arguments_of_one_element_spread_out() -> None:
    builder = Building("spread")
    x, y = (builder.input(TensorType(BY_NUMPY[np.dtype(np.float32)], (5, 7))) for _ in range(2))
    with using(builder):
        made = ops.add(ops.mul(x, y), x)
    executable = bf.compile(builder.close([x, y], [made]), "native")
    a, b = np.random.default_rng(0).standard_normal((2, 5, 7)).astype(np.float32)
    assert bits(executable(spread(a), b)) == bits(executable(spread(a).copy(), b))
