"""One path with symbols from two runs: the graph that a program with sizes left open gives, and the bits of eager."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.imperative.nn.functional as F
import bifront.static as tf
from bifront.compiler.ir import symbol
from bifront.compiler.rerolling import reroll
from bifront.compiler.sizes import General, Refusal, covers, extend, generalize
from bifront.imperative import nn
from tests.compiler.sizes.runs import Run, finished, general, numbers, same_bits

N = None
SIZES = [(5, 6, 8, 10), (7, 9, 12, 11), (11, 4, 10, 14)]
"""What stands for the open dimensions of an argument in the first, the second and a third run."""


class Case(NamedTuple):
    imperative: Callable[..., Any]
    static: Callable[..., Any] | None
    shapes: list[list[int | None]]


kernel = torch.ones(2, 3, 3, 3)

CASES = {
    "mean": Case(lambda x: x.mean(), lambda x: tf.reduce_mean(x), [[N, 4]]),
    "normalize": Case(
        lambda x: (x - x.mean(0)) / torch.sqrt(torch.square(x - x.mean(0)).mean(0) + 1e-5),
        lambda x: (
            (x - tf.reduce_mean(x, 0))
            / tf.sqrt(tf.reduce_mean(tf.square(x - tf.reduce_mean(x, 0)), 0) + 1e-5)
        ),
        [[N, 4]],
    ),
    "reshape to one dimension": Case(
        lambda x: x.reshape(-1), lambda x: tf.reshape(x, [-1]), [[N, 4]]
    ),
    "reshape, rest open": Case(
        lambda x: x.reshape(x.shape[0], -1),
        lambda x: tf.reshape(x, [tf.shape(x)[0], -1]),
        [[N, 4, 2]],
    ),
    "reshape by a computed size": Case(
        lambda x: x.reshape(-1, x.shape[2] * 2),
        lambda x: tf.reshape(x, [-1, tf.shape(x)[2] * 2]),
        [[N, 4, N]],
    ),
    "heads": Case(
        lambda x: (
            x.view(x.shape[0], x.shape[1], 2, -1)
            .transpose(1, 2)
            .reshape(x.shape[0] * 2, x.shape[1], -1)
        ),
        lambda x: tf.reshape(
            tf.transpose(tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[1], 2, -1]), [0, 2, 1, 3]),
            [tf.shape(x)[0] * 2, tf.shape(x)[1], -1],
        ),
        [[N, N, 4]],
    ),
    "the last row": Case(lambda x: x[-1], lambda x: x[-1], [[N, 4]]),
    "differences": Case(lambda x: x[1:] - x[:-1], lambda x: x[1:] - x[:-1], [[N, 4]]),
    "every other row": Case(lambda x: x[::2], lambda x: x[::2], [[N, 4]]),
    "the first half": Case(
        lambda x: x[: x.shape[0] // 2], lambda x: x[: tf.shape(x)[0] // 2], [[N, 4]]
    ),
    "cat": Case(
        lambda x, y: torch.cat([x, y]), lambda x, y: tf.concat([x, y], 0), [[N, 4], [N, 4]]
    ),
    "one_hot": Case(
        lambda x: F.one_hot(torch.argmax(x, 1), x.shape[1]),
        lambda x: tf.one_hot(tf.argmax(x, 1), tf.shape(x)[1], dtype=tf.int64),
        [[N, N]],
    ),
    "arange": Case(
        lambda x: x + torch.arange(x.shape[0], dtype=torch.int32)[:, None].float(),
        lambda x: x + tf.cast(tf.range(tf.shape(x)[0])[:, None], tf.float32),
        [[N, 4]],
    ),
    "arange from the end": Case(
        lambda x: x + torch.arange(x.shape[0] - 1, -1, -1)[:, None], None, [[N, 4]]
    ),
    "softmax": Case(lambda x: F.softmax(x, -1), lambda x: tf.nn.softmax(x), [[N, N]]),
    "matmul chain": Case(
        lambda x, y: torch.relu(x @ y) @ y.t(),
        lambda x, y: tf.matmul(tf.nn.relu(tf.matmul(x, y)), tf.transpose(y)),
        [[N, 4], [4, 3]],
    ),
    "attention": Case(
        lambda q, k: F.softmax(torch.matmul(q, k.transpose(1, 2)), -1) @ k,
        lambda q, k: tf.matmul(tf.nn.softmax(tf.matmul(q, tf.transpose(k, [0, 2, 1]))), k),
        [[N, N, 4], [N, N, 4]],
    ),
    "causal mask": Case(
        lambda x: (
            (x @ x.t())
            .masked_fill(torch.triu(torch.ones(x.shape[0], x.shape[0]), diagonal=1).bool(), -9.0)
            .softmax(-1)
        ),
        None,
        [[N, 4]],
    ),
    "convolution": Case(
        lambda x: F.conv2d(x, kernel, stride=2, padding=1).mean((2, 3)), None, [[N, 3, N, N]]
    ),
    "pooling": Case(lambda x: F.max_pool2d(x, 2), None, [[N, 2, N, N]]),
    "ones": Case(
        lambda x: x + torch.ones(x.shape[0], 4),
        lambda x: x + tf.ones([tf.shape(x)[0], 4]),
        [[N, 4]],
    ),
    "full": Case(
        lambda x: x * torch.full((x.shape[0], 1), 2.5),
        lambda x: x * tf.fill([tf.shape(x)[0], 1], 2.5),
        [[N, 4]],
    ),
    "two arguments of one size": Case(
        lambda x, y: (x + y).mean(), lambda x, y: tf.reduce_mean(x + y), [[N, 4], [N, 4]]
    ),
    "outer product": Case(
        lambda x, y: x[:, None] * y[None, :], lambda x, y: x[:, None] * y[None, :], [[N], [N]]
    ),
    "gradient": Case(
        lambda x: _gradient(x),
        lambda x: tf.gradients(tf.reduce_mean(tf.square(tf.tanh(x))), x)[0],
        [[N, 4]],
    ),
    "a sum divided by a size": Case(
        lambda x: x.sum() / (x.shape[0] * 2),
        lambda x: tf.reduce_sum(x) / tf.cast(tf.shape(x)[0] * 2, tf.float32),
        [[N, 4]],
    ),
    "padding": Case(lambda x: F.pad(x, (0, 1)), lambda x: tf.pad(x, [[0, 0], [0, 1]]), [[N, N]]),
    "layer norm": Case(lambda x: F.layer_norm(x, (4,)), None, [[N, N, 4]]),
    "unbiased deviation": Case(lambda x: x.std(), None, [[N, 4]]),
    "einsum": Case(lambda x: torch.einsum("bij,bkj->bik", x, x), None, [[N, N, 4]]),
    "median": Case(lambda x: x.median(), None, [[N, 4]]),
}


def _gradient(x: torch.Tensor) -> torch.Tensor:
    x.requires_grad_()
    return torch.autograd.grad(torch.square(torch.tanh(x)).mean(), x)[0]


def _shapes(case: Case, run: int) -> list[tuple[int, ...]]:
    found = []
    for i, shape in enumerate(case.shapes):
        # Arguments that need not agree get sizes that do not.
        more = run + 1 if case is CASES["cat"] or case is CASES["outer product"] else 0
        rest = iter(SIZES[run])
        found.append(tuple(next(rest) + more * i if d is None else d for d in shape))
    return found


@pytest.mark.parametrize("name", CASES)
def test_runs_of_two_sizes_are_one_graph_for_every_size(name: str) -> None:
    case = CASES[name]
    made = general(case.imperative, _shapes(case, 0), _shapes(case, 1))
    assert isinstance(made, General), made
    graph = finished(made.path)
    bf.verify(graph)
    assert len(made.symbols) == sum(shape.count(None) for shape in case.shapes)
    if case.static is not None:
        assert bf.same(graph, _static(case)), bf.diff(graph, _static(case))
    args = [numbers(*shape, seed=9) for shape in _shapes(case, 2)]
    run = Run(case.imperative, *args)
    (found,) = bf.compile(graph)(*[a.detach().numpy() for a in args])
    assert same_bits(run.result.detach().numpy(), found)
    assert covers(made, reroll(run.path).path)


def _static(case: Case) -> bf.Graph:
    assert case.static is not None
    with tf.Graph().as_default():
        inputs = [tf.placeholder(tf.float32, shape) for shape in case.shapes]
        return bf.graph_of(case.static(*inputs))


def test_sizes_that_were_always_equal_are_a_condition_until_a_run_lifts_it() -> None:
    def total(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x.sum() + y.sum()

    made = general(total, [(3,), (3,)], [(5,), (5,)])
    assert [str(c) for c in made.conditions] == ["x1_0 == x0_0"]
    assert made.holds({"x0_0": 9, "x1_0": 9})
    assert not made.holds({"x0_0": 9, "x1_0": 8})
    wider = extend(made, Run(total, numbers(4), numbers(6)).path)
    assert wider is not None
    assert wider.holds({"x0_0": 9, "x1_0": 8})


def test_a_size_that_needs_to_be_one_gets_one_symbol() -> None:
    class Memory(nn.Module):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.kept = nn.Parameter(torch.zeros(size, 2))

    paths = []
    for size in (3, 5):
        kept = Memory(size).kept
        run = Run(lambda x, kept=kept: (x * 2, kept * 1), numbers(size, 2))
        # The first result takes the state's place.
        (state,) = run.path.states
        paths.append(replace(run.path, states=(replace(state, output=run.path.outputs[0]),)))
    made = generalize(paths)
    assert isinstance(made, General), made
    assert made.symbols == ["x0_0"]
    assert made.path.states[0].input.shape == (symbol("x0_0"), 2)


def test_special_sizes_have_to_be_seen() -> None:
    made = general(lambda x: x * 2.0, [(3, 4)], [(5, 4)])
    assert made.holds({"x0_0": 2})
    assert not made.holds({"x0_0": 1})
    assert not made.holds({"x0_0": 0})
    wider = extend(made, Run(lambda x: x * 2.0, numbers(1, 4)).path)
    assert wider is not None
    assert wider.holds({"x0_0": 1})
    assert not wider.holds({"x0_0": 0})


def test_a_broadcast_size_is_not_covered() -> None:
    def scaled(x: torch.Tensor) -> torch.Tensor:
        return x.squeeze() * 2

    made = general(scaled, [(3, 4)], [(5, 4)])
    assert isinstance(made, General)
    assert not covers(made, Run(scaled, numbers(1, 4)).path)


def test_slices_hold_where_they_lie_within_the_axis() -> None:
    made = general(lambda x: x[:5] + x[2:7], [(8, 4)], [(9, 4)])
    assert isinstance(made, General)
    assert made.holds({"x0_0": 7})
    assert any(o.startswith("7 <= x0_0 does not hold") for o in made.objections({"x0_0": 6}))


def test_a_made_up_number_wants_a_third_size() -> None:
    def padded(x: torch.Tensor) -> torch.Tensor:
        return torch.median(x)

    made = general(padded, [(5, 4)], [(7, 4)])
    assert isinstance(made, General)
    assert not made.holds({"x0_0": 9})
    surer = extend(made, Run(padded, numbers(6, 4)).path)
    assert surer is not None
    assert surer.holds({"x0_0": 9})


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda x: x * np.sqrt(np.float32(x.array.data.shape[0])).item(), "the constant made here"),
        (lambda x: F.interpolate(x[None, None], scale_factor=2), "the constant made here"),
        (lambda x: x * 2 if len(x) > 4 else x * 3, "plain number"),
        (lambda x: x * [0, 1, 2, 3, 3, 3, 3, 3][x.shape[0]], "plain number"),
        (lambda x: x * float(x.shape[0]), "plain number: float()"),
        (lambda x: x * (1 / x.shape[0]), "plain number: it is divided"),
        (lambda x: x * hash(x.shape), "plain number"),
        (lambda x: x * (2 if x.shape[0] > 4 else 3), "differs between the runs"),
        (lambda x: x * 2 if x.shape[0] > 4 else x + 3, "whether x0_0 > 4 differs"),
        (lambda x: x.chunk(x.shape[0] - 1)[0] if x.shape[0] % 2 else x, "differs"),
    ],
)
def test_refusals_name_the_line(function: Callable[..., Any], why: str) -> None:
    found = general(function, [(3, 2)], [(6, 2)])
    assert isinstance(found, Refusal)
    assert why in found.reason
    assert found.location is not None
    assert found.location.file == __file__


def test_comparisons_become_conditions() -> None:
    def even(x: torch.Tensor) -> torch.Tensor:
        assert x.ndim == 2
        if x.shape[0] % 2 == 0 and x.shape[0] < 100:
            return x * 2
        return x * 3

    made = general(even, [(4, 2)], [(6, 2)])
    assert isinstance(made, General)
    assert made.holds({"x0_0": 98})
    assert not made.holds({"x0_0": 7})
    assert not made.holds({"x0_0": 100})
