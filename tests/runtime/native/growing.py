"""Graphs that grow by random steps: chains that broadcast, reductions, products, indices, memory seen in other ways,
several element types, loops and branches.

What a graph computes with stays of moderate size, so that its results say something: exponentials are taken of bounded
numbers only, and indices are made to lie within their axis.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from bifront.compiler import ops
from bifront.compiler.control import cond, scan, while_loop
from bifront.compiler.ir import Dim, Value
from bifront.compiler.ir.dtypes import (
    bool_,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)

FLOATS = (float32, float32, float32, float64, float64, float16)
INTEGERS = (int32, int64, int8, int16, uint8)

UNARY: list[Callable] = [
    ops.neg, ops.tanh, ops.sin, ops.cos, ops.absolute, ops.relu, ops.sigmoid, ops.floor, ops.ceil, ops.round_,
    ops.sign, ops.arctan, ops.stop_gradient,
    lambda x: ops.exp(ops.clip(x, -4.0, 4.0)), lambda x: ops.expm1(ops.clip(x, -4.0, 4.0)),
    lambda x: ops.log(ops.add(ops.absolute(x), 0.25)), lambda x: ops.log1p(ops.absolute(x)),
    lambda x: ops.sqrt(ops.absolute(x)), lambda x: ops.rsqrt(ops.add(ops.absolute(x), 0.5)),
    lambda x: ops.tan(ops.tanh(x)), lambda x: ops.clip(x, -0.75, 1.25), ops.erf,
]  # fmt: skip
BINARY: list[Callable] = [
    ops.add, ops.sub, ops.mul, ops.maximum, ops.minimum, ops.arctan2,
    lambda a, b: ops.div(a, ops.add(ops.absolute(b), 0.5)),
    lambda a, b: ops.pow(ops.add(ops.absolute(a), 0.5), ops.clip(b, -2.0, 2.0)),
    lambda a, b: ops.mod(a, ops.add(ops.absolute(b), 1.0)),
]  # fmt: skip
WHOLE_UNARY: list[Callable] = [ops.neg, ops.absolute, ops.sign, lambda x: ops.clip(x, 0, 9)]
WHOLE_BINARY: list[Callable] = [
    ops.add, ops.sub, ops.mul, ops.maximum, ops.minimum,
    lambda a, b: ops.floordiv(a, ops.where(ops.eq(b, 0), ops.ones_like(b), b)),
    lambda a, b: ops.mod(a, ops.where(ops.eq(b, 0), ops.ones_like(b), b)),
    lambda a, b: ops.pow(a, ops.mod(b, ops.full((), 5, b.dtype))),
]  # fmt: skip
COMPARED: list[Callable] = [ops.lt, ops.le, ops.gt, ops.ge, ops.eq, ops.ne]
LOGICAL: list[Callable] = [ops.logical_and, ops.logical_or, ops.logical_xor]
SUMS: list[Callable] = [ops.reduce_sum, ops.reduce_max, ops.reduce_min]


class Growing:
    """A graph while it grows: ``pool`` holds the values to go on from."""

    def __init__(self, choose: random.Random, pool: Sequence[Value], depth: int = 0) -> None:
        self.choose = choose
        self.pool = list(pool)
        self.depth = depth

    # Picking.

    def pick(self, fits: Callable[[Value], bool]) -> Value | None:
        """A value, more likely one of the latest."""
        fitting = [v for v in self.pool if fits(v)]
        if not fitting:
            return None
        return self.choose.choice(fitting[-5:] if self.choose.random() < 0.6 else fitting)

    def a_float(self, rank: int = 0) -> Value | None:
        return self.pick(lambda v: v.dtype.is_float and v.ndim >= rank)

    def an_integer(self, rank: int = 0) -> Value | None:
        return self.pick(lambda v: v.dtype.is_integer and v.ndim >= rank)

    def partner(self, a: Value) -> Value:
        """What combines with a value: of its shape, or broadcast to it."""

        def fits(b: Value) -> bool:
            if b.dtype is not a.dtype or b.ndim > a.ndim:
                return False
            tail = a.shape[a.ndim - b.ndim :]
            return all(d in (e, 1) for d, e in zip(b.shape, tail, strict=True))

        found = self.pick(fits)
        assert found is not None
        return found

    # Steps.

    def step(self) -> None:
        kinds = [
            self.unary, self.unary, self.binary, self.binary, self.binary, self.reduce, self.reduce, self.whole,
            self.compare, self.convert, self.move, self.move, self.join, self.product, self.look_up, self.scatter,
            self.run_along, self.normalize,
        ]  # fmt: skip
        if self.depth == 0:
            kinds += [self.loop, self.branch, self.repeat]
        for made in self.choose.choice(kinds)():
            if made.ndim <= 4:
                self.pool.append(made)

    def unary(self) -> list[Value]:
        x = self.a_float()
        return [self.choose.choice(UNARY)(x)] if x is not None else []

    def binary(self) -> list[Value]:
        x = self.a_float()
        if x is None:
            return []
        pair = [x, self.partner(x)]
        self.choose.shuffle(pair)
        return [self.choose.choice(BINARY)(*pair)]

    def whole(self) -> list[Value]:
        x = self.an_integer()
        if x is None:
            return []
        if self.choose.random() < 0.3:
            unary = [f for f in WHOLE_UNARY if x.dtype is not uint8 or f is not ops.neg]
            return [self.choose.choice(unary)(x)]
        return [self.choose.choice(WHOLE_BINARY)(x, self.partner(x))]

    def compare(self) -> list[Value]:
        a = self.pick(lambda v: not v.dtype.is_bool)
        if a is None:
            return []
        b = self.partner(a)
        truth = self.choose.choice(COMPARED)(a, b)
        if self.choose.random() < 0.3:
            truth = self.choose.choice(LOGICAL)(truth, ops.logical_not(ops.gt(b, a)))
        if self.choose.random() < 0.3 and truth.ndim:
            axis = self.choose.randrange(truth.ndim)
            return [self.choose.choice([ops.reduce_all, ops.reduce_any])(truth, axis)]
        return [truth, ops.where(truth, a, b)]

    def convert(self) -> list[Value]:
        x = self.pick(lambda v: True)
        assert x is not None
        want = self.choose.choice([*FLOATS, *INTEGERS, bool_])
        if x.dtype.is_float and want.is_integer:
            x = ops.floor(ops.clip(x, 0.0, 100.0))  # what does not fit is no number in particular
        if x.dtype.is_integer and want is float16:
            x = ops.mod(x, ops.full((), 100, x.dtype))
        return [ops.cast(x, want)]

    def reduce(self) -> list[Value]:
        x = self.pick(lambda v: not v.dtype.is_bool and v.ndim > 0)
        if x is None:
            return []
        if self.choose.random() < 0.2 and x.shape[axis := self.choose.randrange(x.ndim)] != 0:
            return [self.choose.choice([ops.argmax, ops.argmin])(_with_ties(x), axis)]
        axes = tuple(sorted(self.choose.sample(range(x.ndim), self.choose.randint(1, x.ndim))))
        keep = self.choose.random() < 0.4
        if self.choose.random() < 0.1:
            return [ops.reduce_prod(ops.tanh(x) if x.dtype.is_float else x, axes, keep)]
        return [self.choose.choice(SUMS)(x, axes, keep)]

    def normalize(self) -> list[Value]:
        """Softmax, or what normalizes layers: several passes over rows."""
        x = self.a_float(1)
        if x is None or x.dtype is float16:
            return []
        last = x.ndim - 1
        if self.choose.random() < 0.5:
            moved = ops.exp(ops.sub(x, ops.reduce_max(x, last, True)))
            return [ops.div(moved, ops.reduce_sum(moved, last, True))]
        mean = ops.div(ops.reduce_sum(x, last, True), 16.0)
        apart = ops.sub(x, mean)
        spread = ops.reduce_sum(ops.mul(apart, apart), last, True)
        return [mean, ops.mul(apart, ops.rsqrt(ops.add(spread, 0.5)))]

    def move(self) -> list[Value]:
        x = self.pick(lambda v: v.ndim > 0)
        if x is None:
            return []
        last = x.ndim - 1
        order = list(range(x.ndim))
        self.choose.shuffle(order)
        ways: list[Callable[[], Value]] = [
            lambda: ops.transpose(x, tuple(order)),
            lambda: ops.transpose(x, tuple(order)),
            lambda: ops.reshape(x, (-1,)),
            lambda: ops.reshape(ops.transpose(x, tuple(order)), (-1,)),
            lambda: ops.flip(x, (self.choose.randrange(x.ndim),)),
            lambda: ops.broadcast_to(x, (3, *x.shape)),
            lambda: ops.expand_dims(x, (self.choose.randrange(x.ndim + 1),)),
            lambda: ops.pad(x, [(0, 0)] * last + [(1, 2)], value=1),
        ]
        if isinstance(x.shape[last], int) and x.shape[last] > 2:
            ways += [
                lambda: ops.slice_(x, [None] * last + [1], [None] * x.ndim),
                lambda: ops.slice_(x, [None] * x.ndim, [None] * x.ndim, [1] * last + [-2]),
            ]
        if isinstance(x.shape[0], int) and x.shape[0] > 2:
            ways.append(lambda: ops.slice_(x, [2] + [None] * last, [None] * x.ndim))
        return [self.choose.choice(ways)()]

    def join(self) -> list[Value]:
        x = self.pick(lambda v: v.ndim > 0)
        if x is None:
            return []
        alike = [v for v in self.pool if v.type == x.type]
        parts = [x, self.choose.choice(alike), x]
        return [ops.concatenate(parts, self.choose.randrange(x.ndim))]

    def product(self) -> list[Value]:
        a = self.a_float(2)
        if a is None or a.dtype is float16:
            return []
        left, right = self.choose.random() < 0.5, self.choose.random() < 0.5
        inner = a.shape[-2] if left else a.shape[-1]

        def fits(b: Value) -> bool:
            return (
                b.dtype is a.dtype
                and b.ndim == 2
                and (b.shape[-1] if right else b.shape[-2]) == inner
            )

        b = self.pick(fits)
        if b is None:
            return [ops.tanh(ops.matmul(a, a, False, True))] if self.choose.random() < 0.5 else []
        y = ops.matmul(a, b, left, right)
        if self.choose.random() < 0.5:
            y = ops.relu(ops.add(ops.mul(y, 0.25), 0.5))
        return [y]

    def index(self, shape: Sequence[Dim], extent: Dim) -> Value:
        """Indices from the front and from the end, within an axis."""
        where = ops.iota(shape[-1], int64) if shape else ops.full((), 2, int64)
        size = ops.extent(extent, int64)
        found = ops.mod(ops.add(ops.mul(where, 5), 3), size)
        if self.choose.random() < 0.5:
            found = ops.where(ops.gt(found, 1), ops.sub(found, size), found)
        return ops.broadcast_to(found, tuple(shape))

    def look_up(self) -> list[Value]:
        x = self.pick(lambda v: v.ndim > 0)
        if x is None:
            return []
        axis = self.choose.randrange(x.ndim)
        if self.choose.random() < 0.5:
            shape = list(x.shape)
            shape[axis] = self.choose.choice([1, 3])
            return [ops.take_along(x, self.index(shape, x.shape[axis]), axis)]
        if self.choose.random() < 0.3 and x.dtype.is_float:
            return [ops.one_hot(self.index((7,), 9), 5, x.dtype)]
        return [ops.gather(x, self.index((self.choose.choice([3, 19]),), x.shape[axis]), axis)]

    def scatter(self) -> list[Value]:
        x = self.a_float(1)
        if x is None or x.dtype is float16:
            return []
        axis = self.choose.randrange(x.ndim)
        shape = list(x.shape)
        shape[axis] = self.choose.choice([1, 3])
        index = self.index(shape, x.shape[axis])
        return [ops.scatter_add_along(x, index, ops.full(tuple(shape), 0.75, x.dtype), axis)]

    def run_along(self) -> list[Value]:
        x = self.pick(lambda v: not v.dtype.is_bool and v.dtype is not float16 and v.ndim > 0)
        if x is None:
            return []
        axis = self.choose.randrange(x.ndim)
        if self.choose.random() < 0.2 and x.dtype.is_integer:
            return [ops.cumprod(x, axis)]
        if self.choose.random() < 0.5:
            return [ops.cumsum(x, axis, self.choose.random() < 0.3)]
        return [ops.sort(x, axis, self.choose.random() < 0.5)]

    # Regions.

    def grown(self, given: Sequence[Value], steps: int) -> Growing:
        """A graph inside: the values given, and some of those around it, which become captures."""
        around = [v for v in self.pool if v.ndim <= 2]
        seen = self.choose.sample(around, min(2, len(around)))
        inner = Growing(self.choose, [*seen, *given], self.depth + 1)
        for _ in range(steps):
            inner.step()
        return inner

    def back(self, inner: Growing, like: Value) -> Value:
        """Something of the type of a carry: bounded, so that loops do not run away."""
        alike = [v for v in inner.pool if v.type == like.type and v is not like]
        other = self.choose.choice(alike) if alike else like
        return ops.tanh(ops.add(like, other)) if like.dtype.is_float else ops.maximum(like, other)

    def loop(self) -> list[Value]:
        xs, h = self.a_float(1), self.pick(lambda v: v.dtype.is_float and v.ndim <= 2)
        if xs is None or h is None:
            return []
        held: list[Value] = []

        def body(carries: Sequence[Value], slices: Sequence[Value]) -> tuple[list, list]:
            inner = self.grown([carries[0], slices[0]], 3)
            shown = [v for v in inner.pool if v.ndim <= 2][-1]
            return [*carries[1:], self.back(inner, carries[0])], [shown]

        # Carries that trade places are each read before the other is written.
        starts = [h, *[v for v in self.pool if v.type == h.type and v is not h][-2:]]
        self.choose.shuffle(starts)
        count = self.choose.randint(1, len(starts))
        carries, stacked = scan(body, starts[:count], [xs], reverse=self.choose.random() < 0.4)
        held += [*carries, *stacked]
        return held

    def repeat(self) -> list[Value]:
        h = self.pick(lambda v: v.dtype.is_float and v.ndim <= 2)
        if h is None:
            return []
        count = self.choose.choice([0, 1, 3])

        def body(i: Value, x: Value, y: Value) -> list[Value]:
            inner = self.grown([x, y], 2)
            return [ops.add(i, 1), y, self.back(inner, x)]

        start = ops.full((), 0, int64)
        other = self.pick(lambda v: v.type == h.type)
        end = while_loop(lambda i, x, y: ops.lt(i, count), body, [start, h, other])
        return [*end[1:]]

    def branch(self) -> list[Value]:
        x = self.a_float()
        if x is None:
            return []
        yes = self.choose.random() < 0.5
        truth = ops.eq(ops.extent(7, int64), ops.full((), 7 if yes else 8, int64))

        def side(change: Callable) -> Callable[[], list[Value]]:
            return lambda: [change(self.back(self.grown([x], 2), x))]

        return cond(truth, side(ops.neg), side(lambda v: v))


def _with_ties(x: Value) -> Value:
    """Numbers of which many are equal."""
    return ops.round_(ops.mul(x, 2.0)) if x.dtype.is_float else x
