"""Random graphs with shared memory, dead values and awkward layouts, and the plain way of running them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bifront.compiler import ops
from bifront.compiler.autodiff.inline import bind_attrs
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Dim, Graph, State, TensorType, Value, symbol
from bifront.compiler.ir.dtypes import DType, float32, float64, int64

ROWS, COLUMNS = symbol("rows"), symbol("columns")
SHAPES: list[tuple[Dim, ...]] = [
    (ROWS, COLUMNS), (ROWS, COLUMNS), (COLUMNS, ROWS), (COLUMNS,), (ROWS, 1), (), (2, ROWS, COLUMNS),
]  # fmt: skip

UNARY: list[Callable] = [
    ops.neg, ops.exp, ops.tanh, ops.sin, ops.absolute, ops.sqrt, ops.relu, ops.sigmoid, ops.floor,
    ops.stop_gradient, ops.erf, ops.log1p,
]  # fmt: skip
BINARY: list[Callable] = [ops.add, ops.sub, ops.mul, ops.div, ops.maximum, ops.minimum]


def random_program(seed: int, count: int = 25) -> Graph:
    """A graph of about ``count`` operations, with states and with values that nothing uses."""
    choose = random.Random(seed)
    builder = Building(f"program {seed}")
    dtype = choose.choice([float32, float64])
    inputs = [builder.input(TensorType(dtype, s), f"x{i}") for i, s in enumerate(SHAPES)]
    pool: list[Value] = [*inputs]
    with using(builder):
        for _ in range(count):
            pool.append(grow(choose, pool, dtype))
        results = [*choose.sample(pool, 6), inputs[0], pool[-1], pool[-1]]
        states = []
        for i, value in enumerate(inputs[2:5]):
            same = [v for v in pool if v.type == value.type]
            states.append(State(f"s{i}", value, choose.choice([value, *same[-3:]])))
    return builder.close([inputs[0], inputs[1], *inputs[5:]], results, states)


def grow(
    choose: random.Random,
    pool: Sequence[Value],
    dtype: DType,
    reductions: Sequence[Callable] = (ops.reduce_sum, ops.reduce_max),
) -> Value:
    a = choose.choice(pool[-6:] if choose.random() < 0.7 else pool)
    kind = choose.randrange(12)
    if kind < 3:
        made = choose.choice(UNARY)(a)
    elif kind < 7:
        like = [b for b in pool if b.shape == a.shape or b.ndim == 0 or b.shape == a.shape[-1:]]
        pair = [a, choose.choice([*like, 0.75])]
        choose.shuffle(pair)
        made = choose.choice(BINARY)(*pair)
    elif kind == 7 and a.ndim:
        axis = choose.randrange(a.ndim)
        made = choose.choice(reductions)(a, axis, choose.random() < 0.5)
    elif kind == 8 and a.ndim:
        perm = list(range(a.ndim))
        choose.shuffle(perm)
        made = ops.transpose(a, tuple(perm))
    elif kind == 9 and a.ndim:
        made = choose.choice(
            [
                lambda: ops.reshape(a, (-1,)),
                lambda: ops.flip(a, (a.ndim - 1,)),
                lambda: ops.broadcast_to(a, (2, *a.shape)) if a.ndim < 3 else a,
                lambda: ops.expand_dims(a, (0,)) if a.ndim < 3 else a,
                lambda: ops.concatenate([a, ops.neg(a), a], a.ndim - 1),
                lambda: ops.concatenate([ops.exp(a), a], 0),
            ]
        )()
    elif kind == 10 and a.ndim == 2:
        made = ops.matmul(a, a, False, True)
    elif kind == 11 and a.ndim:
        made = ops.cast(ops.cast(ops.floor(a), int64), dtype)
    else:
        made = ops.add(a, a)
    assert isinstance(made, Value)
    return made


def arrays_for(graph: Graph, sizes: Mapping[str, int], seed: int) -> list[np.ndarray]:
    """Arguments in row-major, column-major and strided memory."""
    rng = np.random.default_rng(seed)
    arrays = []
    for value in graph.parameters:
        type = value.type.substitute(sizes)
        shape = [d for d in type.shape if isinstance(d, int)]
        data = rng.standard_normal(shape).astype(type.dtype.numpy)
        layout = rng.integers(4)
        if layout == 1 and data.ndim:
            data = np.asfortranarray(data)
        elif layout == 2 and data.ndim:
            data = np.repeat(data, 2, axis=-1)[..., ::2]
        arrays.append(data)
    return arrays


def run_plainly(
    graph: Graph, arrays: Sequence[np.ndarray], sizes: Mapping[str, int]
) -> list[np.ndarray]:
    """Every node evaluated on its own into new memory, as eager evaluation does."""
    values = dict(zip(graph.parameters, arrays, strict=True))
    for node in graph.nodes:
        operands = [values[v] for v in node.inputs]
        values[node.output] = node.op.evaluate(*operands, **bind_attrs(node.attrs, sizes))
    return [values[v] for v in graph.results]
