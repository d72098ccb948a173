"""Random programs with branches and loops in each other, and the plain way of running them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np

from bifront.compiler import control, ops
from bifront.compiler.autodiff.inline import bind_attrs
from bifront.compiler.control import COND, SCAN, WHILE, trace
from bifront.compiler.dispatch import Building, current, using
from bifront.compiler.ir import (
    Dim,
    Graph,
    Node,
    State,
    TensorType,
    Value,
    substitute,
    symbol,
    symbols_of,
)
from bifront.compiler.ir.dtypes import DType, float32, float64, int64

from .programs import ROWS, SHAPES, grow

STEPS = symbol("steps")


def random_nested_program(seed: int, count: int = 8, depth: int = 3) -> Graph:
    """A graph with branches and loops in each other, states, and results that share memory."""
    choose = random.Random(seed)
    builder = Building(f"nested {seed}")
    dtype = choose.choice([float32, float64])
    shapes: list[tuple[Dim, ...]] = [*SHAPES, (STEPS, ROWS, 1), (STEPS,), (STEPS, *SHAPES[0])]
    inputs = [builder.input(TensorType(dtype, s), f"x{i}") for i, s in enumerate(shapes)]
    maker = _Maker(choose, dtype)
    with using(builder):
        pool = maker.pool(builder, list(inputs), count, depth)
        results = [*choose.sample(pool, 6), inputs[0], pool[-1], *pool[-2:]]
        states = []
        for i, value in enumerate(inputs[2:5]):
            same = [v for v in pool if v.type == value.type]
            states.append(State(f"s{i}", value, choose.choice([value, *same[-3:]])))
    return builder.close([*inputs[:2], *inputs[5:]], results, states)


class _Maker:
    def __init__(self, choose: random.Random, dtype: DType) -> None:
        self.choose = choose
        self.dtype = dtype

    def pool(self, builder: Building, pool: list[Value], count: int, depth: int) -> list[Value]:
        """The values, and about ``count`` more."""
        for _ in range(count):
            kind = self.choose.randrange(9) if depth else 8
            if kind == 0:
                pool += self.cond(builder, pool, depth - 1)
            elif kind < 3:
                pool += self.scan(builder, pool, depth - 1)
            elif kind == 3:
                pool += self.while_(builder, pool, depth - 1)
            else:
                pool.append(grow(self.choose, pool, self.dtype, [ops.reduce_sum]))
        return pool

    def inner(self, pool: Sequence[Value], more: Sequence[Value], depth: int) -> list[Value]:
        """What a region computes from some of the values around it."""
        builder = current()
        assert isinstance(builder, Building)
        seen = [builder._own(v) for v in self.choose.sample(pool, min(4, len(pool)))]
        return self.pool(builder, [*seen, *more, *more], self.choose.randrange(2, 9), depth)

    def like(self, pool: Sequence[Value], type: TensorType, otherwise: Value) -> Value:
        """A value of the type, rather a late one."""
        same = [v for v in pool if v.type == type][-4:]
        return self.choose.choice([*same, otherwise]) if same else otherwise

    def stackable(self, pool: Sequence[Value], count: int) -> list[Value]:
        """Values of one size in all iterations."""
        known = {"rows", "columns", "steps"}
        fitting = [v for v in pool if known.issuperset(symbols_of(v.shape))]
        return self.choose.choices(fitting, k=count) if fitting else []

    def cond(self, builder: Building, pool: list[Value], depth: int) -> Sequence[Value]:
        chosen = self.choose.choice(pool)
        pred = ops.gt(ops.reduce_sum(chosen, None), 0.0)
        assert isinstance(pred, Value)
        results = [self.choose.choice(pool) for _ in range(self.choose.randrange(1, 4))]

        def branch() -> list[Value]:
            inside = self.inner(pool, (), depth)
            return [self.like(inside, v.type, v) for v in results]

        return control.cond(pred, branch, branch)  # type: ignore[return-value]

    def scan(self, builder: Building, pool: list[Value], depth: int) -> Sequence[Value]:
        sequences = [v for v in pool if v.ndim and isinstance(v.shape[0], int) is False]
        length: Dim = self.choose.choice([0, 1, 3, STEPS])
        given: list[Value] = []
        if sequences and self.choose.random() < 0.9:
            length = self.choose.choice(sequences).shape[0]
            fitting = [v for v in sequences if v.shape[0] == length]
            given = [self.choose.choice(fitting) for _ in range(self.choose.randrange(1, 4))]
        carries = [self.choose.choice(pool) for _ in range(self.choose.randrange(4))]
        stacks = self.choose.randrange(3)

        def body(*inputs: Value) -> list[Value]:
            inside = self.inner(pool, inputs, depth)
            new = [self.like(inside, v.type, inputs[i]) for i, v in enumerate(carries)]
            return [*new, *self.stackable(inside, stacks or not carries)]

        types = [(v.type, v.hint) for v in carries]
        types += [(TensorType(v.dtype, v.shape[1:]), v.hint) for v in given]
        region = trace(builder, "body", types, body)
        reverse = self.choose.random() < 0.3
        if self.choose.random() < 0.5:
            return control.make_scan(builder, region, carries, given, length, reverse)
        attrs = {
            "carries": len(carries), "sequences": len(given), "length": length, "reverse": reverse,
        }  # fmt: skip
        operands = [*carries, *given, *region.captures]
        return builder.node(SCAN, operands, attrs, [region.graph]).outputs

    def while_(self, builder: Building, pool: list[Value], depth: int) -> Sequence[Value]:
        carries = [self.choose.choice(pool) for _ in range(self.choose.randrange(1, 4))]
        zero = ops.constant(0, int64)
        assert isinstance(zero, Value)
        carries = [zero, *carries]
        bound = self.choose.randrange(5)
        maximum = self.choose.choice([None, None, 2, 0])
        stacks = self.choose.randrange(3)

        def condition(*inputs: Value) -> list[Value]:
            few = ops.lt(inputs[0], bound)
            small = ops.lt(ops.reduce_sum(inputs[-1], None), 1e3)
            return [ops.logical_and(few, small)]  # type: ignore[list-item]

        def body(*inputs: Value) -> list[Value]:
            inside = self.inner(pool, inputs[1:], depth)
            new = [self.like(inside, v.type, v) for v in inputs[1:]]
            more = self.stackable(inside, stacks)
            return [ops.add(inputs[0], 1), *new, *more]  # type: ignore[list-item]

        types = [(v.type, v.hint) for v in carries]
        regions = trace(builder, "condition", types, condition), trace(builder, "body", types, body)
        counter, *made = control.make_while(builder, *regions, carries, maximum)
        return [ops.cast(counter, self.dtype), *made]  # type: ignore[list-item]


def run_plainly(
    graph: Graph, arrays: Sequence[np.ndarray], sizes: Mapping[str, Dim]
) -> list[np.ndarray]:
    """Every node evaluated on its own into new memory, as eager evaluation does; loops as Python runs them."""
    values = dict(zip(graph.parameters, arrays, strict=True))
    known = dict(sizes)
    for node in graph.nodes:
        operands = [values[v] for v in node.inputs]
        if node.op is COND:
            found = run_plainly(node.regions[0 if operands[0] else 1], operands[1:], known)
        elif node.op in (SCAN, WHILE):
            found = _loop(node, operands, known)
        else:
            found = [node.op.evaluate(*operands, **bind_attrs(node.attrs, known))]
        for value, array in zip(node.outputs, found, strict=True):
            values[value] = array
            for dim, size in zip(value.shape, np.shape(array), strict=True):
                known.setdefault(str(dim), size)
    return [values[v] for v in graph.results]


def _loop(node: Node, operands: list[np.ndarray], known: dict[str, Dim]) -> list[np.ndarray]:
    attrs, body = node.attrs, node.regions[-1]
    count = attrs["carries"]
    assert isinstance(count, int)
    carries, rest = operands[:count], operands[count:]
    collected: list[list[np.ndarray]] = []

    def iterate(slices: Sequence[np.ndarray], captures: Sequence[np.ndarray]) -> None:
        inside = {**known}
        for value, array in zip(body.inputs, carries, strict=False):
            inside.update((str(d), n) for d, n in zip(value.shape, array.shape, strict=True))
        made = run_plainly(body, [*carries, *slices, *captures], inside)
        carries[:] = made[:count]
        collected.append(made[count:])

    if node.op is SCAN:
        length = substitute(attrs["length"], known)  # type: ignore[arg-type]
        sequences: int = attrs["sequences"]  # type: ignore[assignment]
        order = range(length)[:: -1 if attrs["reverse"] else 1]  # type: ignore[arg-type]
        for t in order:
            iterate([x[t] for x in rest[:sequences]], rest[sequences:])
        if attrs["reverse"]:
            collected.reverse()
    else:
        maximum = attrs["maximum"]
        while maximum is None or len(collected) < maximum:  # type: ignore[operator]
            inside = {**known}
            for value, array in zip(body.inputs, carries, strict=False):
                inside.update((str(d), n) for d, n in zip(value.shape, array.shape, strict=True))
            if not run_plainly(node.regions[0], [*carries, *rest], inside)[0]:
                break
            iterate((), rest)
        known[str(attrs["trips"])] = len(collected)
    stacks = []
    for i, value in enumerate(node.outputs[count:]):
        shape = [substitute(d, known) for d in value.shape[1:]]
        parts = [np.asarray(c[i], order="C")[None] for c in collected]
        empty = np.empty((0, *shape), value.dtype.numpy)  # type: ignore[arg-type]
        stacks.append(np.concatenate(parts) if parts else empty)
    return [*carries, *stacks]
