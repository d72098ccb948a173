"""Loops over tensors: the graph is the one that a scan, written by hand, gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.compiler import ops
from bifront.compiler.control import scan
from bifront.compiler.ir.dtypes import float32, int32
from bifront.compiler.library import sigmoid

from .programs import floats, graph_of, kinds, rerolled, written

XS, H, W = floats(5, 2, 3), floats(2, 3, seed=1), floats(3, 3, seed=2)


def step(x, h, w):
    return ops.tanh(x + ops.matmul(h, w)) if False else ops.tanh(ops.add(x, ops.matmul(h, w)))


def rnn(xs, h, w):
    for x in xs:
        h = torch.tanh(x + h @ w)
    return h


def rnn_scan(xs, h, w):
    (h,), _ = scan(lambda c, s: ([step(s[0], c[0], w)], []), [h], [xs])
    return h


def collected(xs, h, w):
    out = []
    for t in range(len(xs)):
        h = torch.tanh(xs[t] + h @ w)
        out.append(h)
    return torch.stack(out), h


def collected_scan(xs, h, w):
    def body(c, s):
        new = step(s[0], c[0], w)
        return [new], [new]

    (h,), (ys,) = scan(body, [h], [xs])
    return ys, h


def batch_first(xs, h, w):
    out = []
    for t in range(xs.shape[1]):
        h = torch.tanh(xs[:, t] + h @ w)
        out.append(h)
    return torch.stack(out, 1), h


def batch_first_scan(xs, h, w):
    ys, h = collected_scan(ops.transpose(xs, (1, 0, 2)), h, w)
    return ops.transpose(ys, (1, 0, 2)), h


def from_zeros(xs, w):
    h = torch.zeros(2, 3)
    for x in xs:
        h = torch.tanh(x + h @ w)
    return h


def from_zeros_scan(xs, w):
    return rnn_scan(xs, ops.full((2, 3), 0, float32), w)


def backwards(xs, h, w):
    out = []
    for t in reversed(range(len(xs))):
        h = torch.tanh(xs[t] + h @ w)
        out.append(h)
    return h, torch.stack(out[::-1])


def backwards_scan(xs, h, w):
    def body(c, s):
        new = step(s[0], c[0], w)
        return [new], [new]

    (h,), (ys,) = scan(body, [h], [xs], reverse=True)
    return h, ys


def cumulative(xs):
    total, out = 0, []
    for x in xs:
        total = total + x
        out.append(total)
    return torch.stack(out)


def cumulative_scan(xs):
    def body(c, s):
        new = ops.add(c[0], s[0])
        return [new], [new]

    return scan(body, [ops.full((2, 3), 0, float32)], [xs])[1][0]


def counter(xs, h):
    for t in range(len(xs)):
        h = h * t + xs[t]
    return h


def counter_scan(xs, h):
    def body(c, s):
        h, t = c
        new = ops.add(ops.mul(h, ops.cast(t, float32)), s[0])
        return [new, ops.add(t, ops.constant(1, int32))], []

    return scan(body, [h, ops.constant(0, int32)], [xs])[0][0]


def before(xs, h):
    for t in range(1, len(xs)):
        h = torch.tanh(h + xs[t] * xs[t - 1])
    return h


def before_scan(xs, h):
    rows = xs.shape[1:]
    now = ops.slice_(xs, (1, 0, 0), (5, *rows))
    last = ops.slice_(xs, (0, 0, 0), (4, *rows))
    return scan(
        lambda c, s: ([ops.tanh(ops.add(c[0], ops.mul(s[0], s[1])))], []), [h], [now, last]
    )[0][0]


def remembered(xs, h):
    last = torch.zeros(2, 3)
    for x in xs:
        h = torch.tanh(h + x * last)
        last = x
    return h


def remembered_scan(xs, h):
    def body(c, s):
        h, last = c
        return [ops.tanh(ops.add(h, ops.mul(s[0], last))), s[0]], []

    return scan(body, [h, ops.full((2, 3), 0, float32)], [xs])[0][0]


def zipped(xs, ys, h):
    for x, y in zip(xs, ys, strict=True):
        h = torch.tanh(h * x + y)
    return h


def zipped_scan(xs, ys, h):
    return scan(lambda c, s: ([ops.tanh(ops.add(ops.mul(c[0], s[0]), s[1]))], []), [h], [xs, ys])[
        0
    ][0]


def nested(xs, h):
    for row in xs:
        for x in row:
            h = torch.tanh(h + x)
        h = h * 2
    return h


def nested_scan(xs, h):
    def inner(c, s):
        return [ops.tanh(ops.add(c[0], s[0]))], []

    def outer(c, s):
        ((h,), _) = scan(inner, c, [s[0]])
        return [ops.mul(h, 2.0)], []

    return scan(outer, [h], [xs])[0][0]


def gru(xs, h, w_ih, w_hh, b_ih, b_hh):
    for x in xs:
        r1, z1, n1 = F.linear(x, w_ih, b_ih).chunk(3, -1)
        r2, z2, n2 = F.linear(h, w_hh, b_hh).chunk(3, -1)
        z = torch.sigmoid(z1 + z2)
        n = torch.tanh(n1 + torch.sigmoid(r1 + r2) * n2)
        h = n + z * (h - n)
    return h


def chunks(x, count):
    size = x.shape[-1] // count
    return [ops.slice_(x, (0, i * size), (x.shape[0], (i + 1) * size)) for i in range(count)]


def gru_scan(xs, h, w_ih, w_hh, b_ih, b_hh):
    def linear(x, w, b):
        return ops.add(ops.matmul(x, w, transpose_b=True), b)

    def body(c, s):
        (h,) = c
        r1, z1, n1 = chunks(linear(s[0], w_ih, b_ih), 3)
        r2, z2, n2 = chunks(linear(h, w_hh, b_hh), 3)
        z = sigmoid(ops.add(z1, z2))
        n = ops.tanh(ops.add(n1, ops.mul(sigmoid(ops.add(r1, r2)), n2)))
        return [ops.add(n, ops.mul(z, ops.sub(h, n)))], []

    return scan(body, [h], [xs])[0][0]


def lstm(xs, h, c, w, u):
    out = []
    for x in xs:
        i, f, g, o = (x @ w + h @ u).chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        out.append(h)
    return torch.stack(out), h, c


def lstm_scan(xs, h, c, w, u):
    def body(carries, s):
        h, c = carries
        i, f, g, o = chunks(ops.add(ops.matmul(s[0], w), ops.matmul(h, u)), 4)
        c = ops.add(ops.mul(sigmoid(f), c), ops.mul(sigmoid(i), ops.tanh(g)))
        h = ops.mul(sigmoid(o), ops.tanh(c))
        return [h, c], [h]

    (h, c), (ys,) = scan(body, [h, c], [xs])
    return ys, h, c


def fibonacci(a, b):
    for _ in range(10):
        a, b = b, torch.tanh(a + b)
    return a, b


def fibonacci_scan(a, b):
    return scan(lambda c, s: ([c[1], ops.tanh(ops.add(c[0], c[1]))], []), [a, b], [], 10)[0]


def stacked_weights(x, ws):
    for w in ws:
        x = torch.tanh(x @ w)
    return x


def stacked_weights_scan(x, ws):
    return scan(lambda c, s: ([ops.tanh(ops.matmul(c[0], s[0]))], []), [x], [ws])[0][0]


def mapped(xs, w):
    return torch.stack([torch.tanh(x @ w) for x in xs])


def mapped_scan(xs, w):
    return scan(lambda c, s: ([], [ops.tanh(ops.matmul(s[0], w))]), [], [xs])[1][0]


GRU = (XS, H, floats(9, 3), floats(9, 3, seed=1), floats(9), floats(9, seed=1))
PAIRS: list[tuple[Callable, Callable, Sequence[np.ndarray]]] = [
    (rnn, rnn_scan, (XS, H, W)),
    (collected, collected_scan, (XS, H, W)),
    (batch_first, batch_first_scan, (floats(2, 5, 3), H, W)),
    (from_zeros, from_zeros_scan, (XS, W)),
    (backwards, backwards_scan, (XS, H, W)),
    (cumulative, cumulative_scan, (XS,)),
    (counter, counter_scan, (XS, H)),
    (before, before_scan, (XS, H)),
    (remembered, remembered_scan, (XS, H)),
    (zipped, zipped_scan, (XS, floats(5, 2, 3, seed=4), H)),
    (nested, nested_scan, (floats(4, 3, 2), floats(2))),
    (gru, gru_scan, GRU),
    (lstm, lstm_scan, (XS, floats(2, 4), floats(2, 4, seed=1), floats(3, 16), floats(4, 16))),
    (fibonacci, fibonacci_scan, (floats(3), floats(3, seed=1))),
    (stacked_weights, stacked_weights_scan, (floats(2, 3), floats(6, 3, 3))),
    (mapped, mapped_scan, (XS, W)),
]


@pytest.mark.parametrize(
    ("program", "by_hand", "arrays"), PAIRS, ids=lambda v: getattr(v, "__name__", "")
)
def test_the_graph_is_that_of_a_scan_written_by_hand(program, by_hand, arrays):
    found = rerolled(program, *arrays)
    assert {kind for kind, _ in kinds(found)} == {"scan"}
    graph, wanted = graph_of(found.path), written(by_hand, *arrays)
    assert graph.fingerprint() == wanted.fingerprint(), f"{graph}\n{wanted}"


def gradient(program):
    """The program that gives the gradient of its first result for its last argument."""

    def differentiated(*args):
        *rest, w = args
        w.requires_grad_()
        result = program(*rest, w)
        first = result[0] if isinstance(result, tuple) else result
        return torch.autograd.grad((first * first).sum(), [w])[0]

    return differentiated


@pytest.mark.parametrize("program", [rnn, collected, from_zeros, backwards])
def test_gradients_are_taken_of_the_loop(program):
    arrays = (XS, W) if program is from_zeros else (XS, H, W)
    found = rerolled(gradient(program), *arrays)
    assert kinds(found) == [("scan", 5)]
    assert [n.op.name for n in graph_of(found.path).nodes].count("scan") == 2
