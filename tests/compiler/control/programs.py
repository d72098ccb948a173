"""Functions with control flow, of float64 inputs: one for each thing that can go wrong in a derivative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bifront.compiler import ops
from bifront.compiler.control import cond, scan, while_loop
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Dim, Graph, TensorType, Value, symbol
from bifront.compiler.ir.dtypes import float64, int64

t = symbol("t")


@dataclass(frozen=True)
class Program:
    """``build`` takes values of the shapes and returns results; ``t`` is the number of steps."""

    name: str
    shapes: tuple[tuple[Dim, ...], ...]
    build: Callable[..., Sequence[Value]]

    def graph(self) -> Graph:
        builder = Building(self.name)
        inputs = [
            builder.input(TensorType(float64, shape), f"x{i}")
            for i, shape in enumerate(self.shapes)
        ]
        with using(builder):
            outputs = self.build(*inputs)
        return builder.close(inputs, outputs)

    def arrays(self, steps: int, seed: int = 0) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        return [
            rng.uniform(0.2, 0.9, [steps if d is t else d for d in shape]) for shape in self.shapes
        ]


def rnn(xs, h, w, u):
    def step(carries, slices):
        new = ops.tanh(ops.add(ops.matmul(slices[0], w), ops.matmul(carries[0], u)))
        return [new], [new]

    (last,), (states,) = scan(step, [h], [xs])
    return [last, states]


def gated(xs, h, w):
    """A carry that is used twice in an iteration, and one that is only passed on at first."""

    def step(carries, slices):
        h, c = carries
        gate = ops.sigmoid(ops.matmul(slices[0], w))
        c = ops.add(ops.mul(c, gate), ops.mul(h, ops.sub(1.0, gate)))
        h = ops.mul(ops.tanh(c), gate)
        return [h, c], [c]

    (h, _), (cs,) = scan(step, [h, ops.mul(h, 0.5)], [xs])
    return [h, ops.reduce_sum(cs, (0,))]


def backwards(xs, h):
    def step(carries, slices):
        new = ops.mul(ops.add(carries[0], slices[0]), carries[0])
        return [new], [ops.sin(new), slices[1]]

    (h,), (a, b) = scan(step, [h], [xs, ops.exp(xs)], reverse=True)
    return [h, ops.mul(a, b)]


def no_sequence(x):
    (y,), _ = scan(lambda c, _: ([ops.sin(ops.mul(c[0], x))], []), [x], [], length=4)
    return [y]


def counted(x):
    """An integer carry beside a float one, and a hoisted product."""

    def body(i, y):
        return ops.add(i, 1), ops.add(y, ops.mul(ops.mul(x, x), ops.cast(i, float64)))

    i, y = while_loop(lambda i, _: ops.lt(i, 4), body, [ops.constant(0, int64), x])
    return [y, ops.cast(i, float64)]


def until(x):
    """As often as the values say, with what an iteration needs of each."""

    def go_on(y, _):
        return ops.lt(ops.reduce_sum(y), 60.0)

    y, z = while_loop(
        go_on, lambda y, z: (ops.mul(ops.add(y, x), 1.5), ops.add(z, ops.sin(y))), [x, x]
    )
    return [y, z]


def only_counts(x):
    """A backward loop that needs nothing of the forward one but how often it ran."""
    _, z = while_loop(
        lambda y, _: ops.lt(ops.reduce_sum(y), 9.0),
        lambda y, z: (ops.add(y, 1.0), ops.add(z, x)),
        [ops.stop_gradient(x), x],
    )
    return [z]


def bounded(x):
    (y,) = while_loop(lambda y: ops.lt(ops.reduce_sum(y), 1e9), lambda y: [ops.mul(y, y)], [x], 3)
    return [y]


def never(x):
    (y,) = while_loop(lambda y: ops.lt(ops.reduce_sum(y), -1.0), lambda y: [ops.exp(y)], [x])
    return [y]


def branch(x, y):
    def then():
        return [ops.mul(x, ops.exp(y)), x]

    def otherwise():
        return [ops.sin(x), ops.mul(y, y)]

    first = cond(ops.gt(ops.reduce_sum(x), ops.reduce_sum(y)), then, otherwise)
    second = cond(ops.gt(ops.reduce_sum(x), -1.0), lambda: [ops.mul(first[0], x)], lambda: [y])
    return [first[1], second[0]]


def nested(xs, x):
    """A branch in a loop in a loop."""

    def inner(c, s):
        bigger = ops.gt(ops.reduce_sum(c[0]), 2.0)
        (y,) = cond(bigger, lambda: [ops.sin(ops.mul(c[0], s[0]))], lambda: [ops.add(c[0], x)])
        return [y], [ops.mul(y, y)]

    def outer(c, s):
        (y,), (squares,) = scan(inner, [ops.mul(c[0], s[0])], [xs])
        return [y], [ops.reduce_sum(squares, (0,))]

    (y,), (all_squares,) = scan(outer, [x], [xs])
    return [y, all_squares]


def captured_twice(xs, w):
    """A capture that is used before, in and after the loop, and is the first carry as well."""
    z = ops.mul(w, w)
    (y,), _ = scan(lambda c, s: ([ops.mul(ops.add(c[0], w), ops.mul(w, s[0]))], []), [w], [xs])
    return [ops.mul(y, w), z]


def swapped(xs, a, b):
    """Carries that change places, one of which no result shows."""

    def step(c, s):
        return [c[1], ops.mul(c[0], s[0]), ops.add(c[2], c[1])], []

    (a, _, total), _ = scan(step, [a, b, ops.zeros_like(a)], [xs])
    return [a, total]


PROGRAMS = [
    Program("rnn", ((t, 2, 3), (2, 4), (3, 4), (4, 4)), rnn),
    Program("gated", ((t, 2, 3), (2, 4), (3, 4)), gated),
    Program("backwards", ((t, 3), (3,)), backwards),
    Program("no_sequence", ((3,),), no_sequence),
    Program("counted", ((3,),), counted),
    Program("until", ((3,),), until),
    Program("only_counts", ((3,),), only_counts),
    Program("bounded", ((3,),), bounded),
    Program("never", ((3,),), never),
    Program("branch", ((3,), (3,)), branch),
    Program("nested", ((t, 2), (2,)), nested),
    Program("captured_twice", ((t, 2), (2,)), captured_twice),
    Program("swapped", ((t, 2), (2,), (2,)), swapped),
]
