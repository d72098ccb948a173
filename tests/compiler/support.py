"""Short ways to call operations on arrays, to build graphs of them, and to differentiate them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bifront.compiler.autodiff import backward
from bifront.compiler.dispatch import Array, Building, leaf, using
from bifront.compiler.ir import Dim, Graph, TensorType, dtype_of
from bifront.compiler.ops import TensorLike


def value(data: object) -> Array:
    """An eager value through which gradients flow if it is a float."""
    array = np.asarray(data)
    return leaf(array, tracked=array.dtype.kind == "f")


def build(function: Callable[..., TensorLike], *types: tuple[Dim, ...] | TensorType) -> Graph:
    """The graph of a function; plain shapes stand for float64 tensors."""
    builder = Building("test")
    inputs = [
        builder.input(t if isinstance(t, TensorType) else TensorType(dtype_of("float64"), t))
        for t in types
    ]
    with using(builder):
        output = function(*inputs)
    return builder.close(inputs, [output])


def shape_of(function: Callable[..., TensorLike], *types: tuple[Dim, ...] | TensorType) -> object:
    """The shape that is inferred for a function's result."""
    return build(function, *types).outputs[0].shape


def names(graph: Graph) -> list[str]:
    """The names of a graph's operations, in order."""
    return [node.op.name for node in graph.nodes]


def gradients(
    function: Callable[..., TensorLike], *arrays: np.ndarray, seed: np.ndarray | None = None
) -> list[np.ndarray]:
    """The gradients of a function's (weighted) sum for each array."""
    inputs = [value(a) for a in arrays]
    y = function(*inputs)
    weights = np.ones(y.shape, y.data.dtype) if seed is None else seed
    found = backward([y], [leaf(weights)], inputs)
    return [found[x].data if x in found else np.zeros(x.shape) for x in inputs]


def numeric_gradients(
    function: Callable[..., TensorLike], *arrays: np.ndarray, step: float = 1e-6
) -> list[np.ndarray]:
    """The same by central differences."""
    found = []
    for position, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            sides = []
            for sign in (1, -1):
                nudged = [np.array(a) for a in arrays]
                nudged[position][index] += sign * step
                sides.append(float(np.sum(function(*map(value, nudged)).data)))
            gradient[index] = (sides[0] - sides[1]) / (2 * step)
        found.append(gradient)
    return found
