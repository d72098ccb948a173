"""Transposes of transposes merge, and nothing else changes."""

import numpy as np
import pytest

from bifront.compiler import ops
from bifront.compiler.autodiff import backpropagate
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Graph, State, TensorType, dtypes
from bifront.compiler.ir.verify import verify
from bifront.compiler.passes import merge_transposes
from bifront.runtime.executable import compile


def chain(*perms: tuple[int, ...]) -> Graph:
    builder = Building("chain")
    x = builder.input(TensorType(dtypes.float64, (2, 3, 4)), "x")
    w = builder.input(TensorType(dtypes.float64, (2, 3, 4)), "w")
    with using(builder):
        y = x
        for perm in perms:
            y = ops.transpose(y, perm)
        z = ops.transpose(ops.sin(y), tuple(np.argsort(range(3))[::-1]))
    return builder.close([x], [y, z], [State("w", w, y if y.type == w.type else w)])


@pytest.mark.parametrize(
    ("perms", "left"),
    [
        (((1, 2, 0), (2, 0, 1)), 1),
        (((1, 2, 0), (1, 2, 0), (1, 2, 0)), 1),
        (((1, 2, 0), (1, 0, 2)), 2),
        (((1, 0, 2),), 2),
        ((), 1),
    ],
)
def test_merges(perms: tuple[tuple[int, ...], ...], left: int) -> None:
    graph = chain(*perms)
    merged = merge_transposes(graph)
    verify(merged)
    assert sum(node.op is ops.TRANSPOSE for node in merged.nodes) == left
    arrays = [np.random.default_rng(i).normal(size=(2, 3, 4)) for i in range(2)]
    for a, b in zip(compile(graph)(*arrays), compile(merged)(*arrays), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_graph_without_them_is_returned_as_it_is() -> None:
    graph = chain((1, 0, 2))
    assert merge_transposes(graph) is graph


def test_intermediate_values_keep_their_gradients() -> None:
    """Merging waits until a graph is finished: a transposed value may still be differentiated for."""
    builder = Building("between")
    x = builder.input(TensorType(dtypes.float64, (2, 3)), "x")
    with using(builder):
        y = ops.transpose(x)
        z = ops.reduce_sum(ops.sin(ops.transpose(y)))
        one = builder.constant(np.ones(()))
    (gradient,) = backpropagate([z], [one], [y], builder)
    assert gradient is not None
    (g,) = compile(merge_transposes(builder.close([x], [gradient])))(np.ones((2, 3)))
    np.testing.assert_allclose(g, np.cos(np.ones((3, 2))))
