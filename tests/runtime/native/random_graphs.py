"""Random graphs as rich as the registry, with states; and arguments for them."""

from __future__ import annotations

import random

import numpy as np

from bifront.compiler import ops
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Dim, Graph, State, TensorType, Value, symbol
from bifront.compiler.ir.dtypes import DType, uint8
from bifront.compiler.passes import finish

from .growing import FLOATS, INTEGERS, Growing

ROWS, COLUMNS = symbol("rows"), symbol("columns")
EXTENTS = (1, 7, 16, 17)


def _hard_to_replace(choose: random.Random, old: Value, x: Value, made: list[Value]) -> Value:
    """A new state whose kernel reads the old one elsewhere, or again after it has made the new one."""
    if x.shape[1:] != old.shape or x.dtype is not old.dtype or choose.random() < 0.3:
        return ops.sub(old, ops.flip(old, (0,)))
    seen = ops.mul(x, old)
    total = ops.reduce_sum(seen, 0)
    made.append(ops.sub(seen, total))
    return ops.add(old, total)


def random_graph(seed: int) -> Graph:
    """A graph of 5 to 20 steps: a few of its values are results, or all of them are; some have states."""
    choose = random.Random(seed)
    builder = Building(f"random graph {seed}")
    symbolic = choose.random() < 0.3
    rows: Dim = ROWS if symbolic else choose.choice(EXTENTS)
    columns: Dim = COLUMNS if symbolic else choose.choice(EXTENTS)
    dtype: DType = choose.choice(FLOATS)
    shapes: list[tuple[Dim, ...]] = [(rows, columns), (columns, rows), (columns,), (rows, 1), ()]
    shapes.append((2, rows, columns))
    floats = [builder.input(TensorType(dtype, s), f"x{i}") for i, s in enumerate(shapes)]
    whole = choose.choice(INTEGERS)
    wholes = [builder.input(TensorType(whole, s), f"n{i}") for i, s in enumerate(shapes[:3])]
    growing = Growing(choose, [*wholes, *floats])
    with using(builder):
        for _ in range(choose.randint(5, 20)):
            growing.step()
    made = growing.pool[len(floats) + len(wholes) :] or floats
    states: list[State] = []
    if choose.random() < 0.4:
        for i, old in enumerate([floats[0], floats[2], wholes[0]]):
            with using(builder):
                changed = [ops.sub(old, ops.mul(v, v)) for v in made if v.type == old.type][-2:]
                alike = [old, *[v for v in made if v.type == old.type][-2:], *changed]
                if choose.random() < 0.3:
                    alike = [_hard_to_replace(choose, old, floats[0], made)]
            states.append(State(f"s{i}", old, choose.choice(alike)))
    held = {s.input for s in states}
    count = len(made) if choose.random() < 0.3 else min(len(made), choose.randint(1, 5))
    results = choose.sample(made, count)
    if choose.random() < 0.2:
        results.append(choose.choice([*floats, results[0]]))
    inputs = [v for v in (*floats, *wholes) if v not in held]
    # As every frontend does: an error of what nobody uses would be the reference's alone.
    return finish(builder.close(inputs, results, states))


def arrays_for(graph: Graph, sizes: dict[str, int], seed: int) -> list[np.ndarray]:
    """Arguments in memory of several kinds; some elements are zero, and some equal."""
    from .values import layouts

    rng = np.random.default_rng(seed)
    arrays = []
    for value in graph.parameters:
        type = value.type.substitute(sizes)
        shape = [d for d in type.shape if isinstance(d, int)]
        if type.dtype.is_float:
            data = np.where(rng.random(shape) < 0.1, 0, rng.standard_normal(shape))
            data = np.where(rng.random(shape) < 0.1, np.rint(data), data)
        else:
            data = rng.integers(0 if type.dtype is uint8 else -9, 10, shape)
        made = np.asarray(data, type.dtype.numpy)
        kinds = [made, made, *[x for _, x in layouts(made)]]
        arrays.append(kinds[int(rng.integers(len(kinds)))])
    return arrays
