"""Random programs with branches and loops in each other."""

from __future__ import annotations

import random
from collections.abc import Sequence

from bifront.compiler import control, ops
from bifront.compiler.control import SCAN, trace
from bifront.compiler.dispatch import Building, current, using
from bifront.compiler.ir import (
    Dim,
    Graph,
    State,
    TensorType,
    Value,
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
