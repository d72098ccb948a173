"""Graphs run node by node with NumPy, and derivatives by finite differences: what the property tests compare with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bifront.compiler.dispatch import Building
from bifront.compiler.ir import Attrs, Graph, TensorType, dtype_of
from bifront.compiler.ops import REGISTRY, Kind, Op, Sample

STEP = 1e-6
TOLERANCE = 2e-5

OPS = [name for name, op in sorted(REGISTRY.items()) if op.kind is not Kind.CONTROL]
DIFFERENTIABLE = [name for name in OPS if REGISTRY[name].differentiable]


def samples(op: Op) -> list[Sample]:
    """The same samples in every run."""
    return list(op.samples(np.random.default_rng(0)))


def smooth_samples(op: Op) -> list[Sample]:
    """Samples at which finite differences can be taken: no kinks, and all floats are float64."""
    return [
        s
        for s in samples(op)
        if s.differentiable
        and any(x.dtype == np.float64 for x in s.inputs)
        and all(x.dtype.kind != "f" or x.dtype == np.float64 for x in s.inputs)
        and np.asarray(op.evaluate(*s.inputs, **s.attrs)).dtype == np.float64
    ]


def describe(op: Op, inputs: Sequence[np.ndarray], attrs: Attrs) -> str:
    operands = ", ".join(str(type_of(x)) for x in inputs)
    return f"{op.name}({operands}) {dict(attrs) if attrs else ''}"


def type_of(x: np.ndarray) -> TensorType:
    return TensorType(dtype_of(x.dtype), tuple(x.shape))


def assert_fits(y: np.ndarray, inferred: TensorType, what: str) -> None:
    found = type_of(y)
    message = f"{what}: {found} where {inferred} was inferred"
    assert found.dtype is inferred.dtype, message
    assert found.rank == inferred.rank, message
    for d, e in zip(found.shape, inferred.shape, strict=True):
        # Where numbers decide a size (nonzero), it is inferred as a symbol.
        assert d == e or not isinstance(e, int), message


def graph_of(op: Op, types: Sequence[TensorType], attrs: Attrs) -> Graph:
    """The graph of one operation."""
    builder = Building(op.name)
    inputs = [builder.input(t, f"x{i}") for i, t in enumerate(types)]
    return builder.close(inputs, [builder.apply(op, inputs, attrs)])


def run(graph: Graph, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The outputs of a graph without states, each node evaluated by its operation."""
    values = dict(zip(graph.parameters, inputs, strict=True))
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            y = node.op.evaluate(*[values[v] for v in node.inputs], **node.attrs)
            assert_fits(y, node.output.type, node.op.name)
            values[node.output] = y
    return [values[v] for v in graph.outputs]


def moving(graph: Graph) -> list[int]:
    """Positions of the float inputs."""
    return [i for i, v in enumerate(graph.inputs) if v.dtype.is_float]


def cotangents(graph: Graph, rng: np.random.Generator) -> list[np.ndarray]:
    """Random cotangents of the float outputs."""
    return [rng.standard_normal(v.shape) for v in graph.outputs if v.dtype.is_float]


def numeric_vjp(
    graph: Graph, inputs: Sequence[np.ndarray], seeds: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """The cotangents of the float inputs by central differences."""
    found = []
    for position in moving(graph):
        gradient = np.zeros(inputs[position].shape)
        for index in np.ndindex(gradient.shape):
            sides = []
            for step in (STEP, -STEP):
                nudged = [np.array(x) for x in inputs]
                nudged[position][index] += step
                sides.append(_inner(floats_of(graph, nudged), seeds))
            gradient[index] = (sides[0] - sides[1]) / (2 * STEP)
        found.append(gradient)
    return found


def numeric_jvp(
    graph: Graph, inputs: Sequence[np.ndarray], tangents: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """The tangents of the float outputs by central differences."""
    sides = []
    for step in (STEP, -STEP):
        nudged = list(inputs)
        for position, tangent in zip(moving(graph), tangents, strict=True):
            nudged[position] = inputs[position] + step * tangent
        sides.append(floats_of(graph, nudged))
    return [(a - b) / (2 * STEP) for a, b in zip(*sides, strict=True)]


def floats_of(graph: Graph, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [y for y in run(graph, inputs) if y.dtype.kind == "f"]


def _inner(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> float:
    return float(sum(np.sum(x * y) for x, y in zip(a, b, strict=True)))
