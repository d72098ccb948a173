"""Loops that a tensor's value ends."""

from __future__ import annotations

import numpy as np
import pytest

import bifront.imperative as torch
import bifront.imperative.nn as nn
from bifront.compiler import ops
from bifront.compiler.control import scan, while_loop
from bifront.compiler.rerolling import reroll
from bifront.runtime.executable import compile

from .programs import floats, graph_of, kinds, number, record, rerolled, written

ROOT = (number(30), number(2), number(1e-4))


def newton(x, a, tol):
    while (x * x - a).abs() > tol:
        x = x - (x * x - a) / (2 * x)
    return x


def newton_while(x, a, tol):
    return while_loop(
        lambda x: ops.gt(ops.absolute(ops.sub(ops.mul(x, x), a)), tol),
        lambda x: [ops.sub(x, ops.div(ops.sub(ops.mul(x, x), a), ops.mul(2.0, x)))],
        [x],
    )


def heron(x, a, tol):
    while True:
        new = (x + a / x) / 2
        if (new - x).abs() < tol:
            break
        x = new
    return new


def heron_while(x, a, tol):
    def better(x):
        return ops.div(ops.add(x, ops.div(a, x)), 2.0)

    return while_loop(
        lambda x, new: ops.logical_not(ops.lt(ops.absolute(ops.sub(new, x)), tol)),
        lambda x, new: [new, better(new)],
        [x, better(x)],
    )[1]


def shared(x, a, tol):
    while (error := x * x - a).abs() > tol:
        x = x - error / (2 * x)
    return x, error


def shared_while(x, a, tol):
    def error(x):
        return ops.sub(ops.mul(x, x), a)

    def body(x, e):
        x = ops.sub(x, ops.div(e, ops.mul(2.0, x)))
        return [x, error(x)]

    return while_loop(lambda x, e: ops.gt(ops.absolute(e), tol), body, [x, error(x)])


def collatz(n):
    count = torch.tensor(0)
    while n != 1:
        n = torch.where(n % 2 == 0, n // 2, 3 * n + 1)
        count = count + 1
    return count


def collatz_while(n):
    def body(n, count):
        even = ops.eq(ops.mod(n, 2), 0)
        n = ops.where(even, ops.floordiv(n, 2), ops.add(ops.mul(3, n), 1))
        return [n, ops.add(count, 1)]

    return while_loop(
        lambda n, count: ops.ne(n, 1), body, [n, ops.constant(np.asarray(0, np.int64))]
    )[1]


def roots(xs, a):
    total = a * 0
    for x in xs:
        while (x * x - a).abs() > 1e-4:
            x = x - (x * x - a) / (2 * x)
        total = total + x
    return total


def roots_scan(xs, a):
    def body(c, s):
        (x,) = newton_while(s[0], a, 1e-4)
        return [ops.add(c[0], x)], []

    return scan(body, [ops.mul(a, 0.0)], [xs])[0][0]


PAIRS = [
    (newton, newton_while, ROOT),
    (heron, heron_while, ROOT),
    (shared, shared_while, ROOT),
    (collatz, collatz_while, (np.asarray(27),)),
    (roots, roots_scan, (np.array([30, 1000, 12, 90], np.float32), number(2))),
]


@pytest.mark.parametrize(
    ("program", "by_hand", "arrays"), PAIRS, ids=lambda v: getattr(v, "__name__", "")
)
def test_the_graph_is_that_of_a_while_written_by_hand(program, by_hand, arrays):
    found = rerolled(program, *arrays)
    assert found.path.checks == ()
    graph, wanted = graph_of(found.path), written(by_hand, *arrays)
    assert graph.fingerprint() == wanted.fingerprint(), f"{graph}\n{wanted}"


def same_for_others(program, arrays, others):
    """The loop found in one run, run for other arguments, gives what the program gives."""
    found = rerolled(program, *arrays)
    assert [kind for kind, _ in kinds(found)] == ["while"]
    run = compile(graph_of(found.path))
    for given in others:
        result = program(*[torch.tensor(a) for a in given])
        wanted = list(result) if isinstance(result, tuple) else [result]
        for a, b in zip(run(*given), wanted, strict=True):
            np.testing.assert_array_equal(a, b.numpy(), strict=True)
    return found


@pytest.mark.parametrize("program", [newton, heron, shared])
def test_the_loop_runs_as_often_as_the_values_say(program):
    others = [(number(x), number(a), number(1e-4)) for x, a in [(3, 2), (1e4, 9), (1.41421354, 2)]]
    assert same_for_others(program, ROOT, others).path.checks == ()


def halve(x):
    return x * 0.5


def test_a_first_look_at_a_constant_is_no_look():
    # Nothing is looked at before the first iteration: whoever traces knows that 0 is less than 1.
    def program(x):
        time = torch.tensor(0.0)
        while time < 1:
            time = time + x
            x = x * 1.5
        return time, x

    found = same_for_others(program, [number(0.1)], [[number(0.03)], [number(2)]])
    assert kinds(found) == [("while", 5)]
    assert [n.op.name for n in found.path.nodes] == ["constant", "while"]


def test_functions_of_the_users_may_be_called():
    def big(x):
        return x.abs() > 1

    def program(x):
        while big(x):
            x = halve(x)
        return x

    same_for_others(program, [number(30)], [[number(7)], [number(0.5)]])


def test_a_test_may_be_negated():
    def program(x):
        while not x < 1:
            x = halve(x)
        return x

    same_for_others(program, [number(30)], [[number(7)], [number(0.5)]])


def test_a_loop_may_return():
    def program(x):
        while True:
            y = halve(x)
            if not y > 1:
                return y
            x = y

    same_for_others(program, [number(30)], [[number(7)], [number(1.5)]])


def test_tensors_may_be_written_in_place():
    def program(x):
        x = x.clone()
        while x > 1:
            x.mul_(0.5)
        return x

    same_for_others(program, [number(30)], [[number(7)], [number(0.5)]])


def test_modules_may_be_called():
    class Shrink(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 3)

        def forward(self, x):
            return torch.tanh(self.inner(x)) * 0.01 + x * 0.5

    net = Shrink()

    def program(x):
        while x.norm() > 0.3:
            x = net(x)
        return x

    assert [kind for kind, _ in kinds(rerolled(program, floats(3) + 2))] == ["while"]


def test_a_name_that_only_the_loop_assigns_keeps_the_first_look():
    # With no iteration at all the program would fail, the loop would not.
    def program(x):
        while x > 1:
            y = halve(x)
            x = y
        return y

    found = same_for_others(program, [number(30)], [[number(7)]])
    (check,) = found.path.checks
    assert check.at == 2
    assert bool(check.expected)


# --- what Python's own state decides ---


def counted(x):
    n = 0
    while x > 1:
        x = halve(x)
        n += 1
    return x * n


def bounded(x):
    n = 0
    while x > 1 and n < 100:
        x = halve(x)
        n = n + 1
    return x


def listed(x):
    seen = []
    while x > 1:
        x = halve(x)
        seen.append(x)
    return x


def ranged(x):
    for _ in range(100):
        x = halve(x)
        if x < 1:
            break
    return x


def either(x):
    n = 0
    while n < 6:
        x = halve(x) if x > 1 else x + 1
        n += 1
    return x


def attribute(x):
    class Place:
        pass

    place = Place()
    place.x = x
    while place.x > 1:
        place.x = halve(place.x)
    return place.x


def flagged(x):
    going = True
    while going:
        x = halve(x)
        if x < 1:
            going = False
    return x


def lost(x):
    while x > 1:
        y = x * x
        x = halve(x)
    return y


def helper(x, n):
    return x * 0.5, n + 1


def unpacked(x):
    n = 0
    while x > 1:
        x, n = helper(x, n)
    return x * n


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (counted, "`n` changes from step to step and is no tensor"),
        (bounded, "`n` changes from step to step and is no tensor"),
        (listed, "it calls `append`"),
        (ranged, "it is a `for` with an `if` on a tensor's value in it"),
        (either, "an `if` on a tensor's value in it"),
        (attribute, "it writes to `place.x`"),
        (flagged, "an `if` on a tensor's value in it"),
        (lost, "is used after the last step"),
        (unpacked, "`n` changes from step to step and is no tensor"),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_a_loop_that_python_takes_part_in_stays_unrolled(program, reason):
    path = record(program, number(30))
    found = reroll(path)
    assert found.path is path
    assert any(reason in r.reason for r in found.refusals), [str(r) for r in found.refusals]


def test_a_loop_whose_source_is_unknown_stays_unrolled():
    scope = {}
    exec("def program(x):\n    while x > 1:\n        x = x * 0.5\n    return x\n", scope)
    path = record(scope["program"], number(30))
    assert reroll(path).path is path
