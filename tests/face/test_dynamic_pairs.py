"""Pairs whose computation depends on the data: lengths, loops until something holds, trees."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.static as tf
from bifront.comparison import Comparison, compare_scripts, find_pair
from bifront.compiler.dispatch import using
from bifront.runtime.capture import Capture, Log

PAIRS = Path(__file__).resolve().parents[2] / "examples" / "pairs"


def compared(name: str) -> Comparison:
    return compare_scripts(*find_pair(PAIRS / name, None))


def number(pattern: str, printed: str) -> float:
    (found,) = re.findall(pattern + r"\s+(\S+)", printed)
    return float(found)


def check_names(printed: str) -> None:
    assert number("test accuracy", printed) > 0.6  # four languages


def check_irises(printed: str) -> None:
    assert number("test accuracy", printed) > 0.85
    assert len(set(re.findall(r"steps (\d+)", printed))) > 2


def check_text(printed: str) -> None:
    losses = [float(x) for x in re.findall(r"loss (\S+)", printed)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 2.0  # guessing by the frequency of letters alone: 2.8
    assert len(printed.splitlines()[-1]) == 100


@pytest.mark.parametrize(
    ("name", "check"),
    [("varlen_rnn", check_names), ("adaptive_steps", check_irises), ("char_lm", check_text)],
)
def test_one_graph_for_all_sizes(name: str, check: Callable[[str], None]) -> None:
    """The same graph and the same numbers, however many lengths, sizes and iterations there were."""
    found = compared(name)
    assert (found.a.style, found.b.style) == ("static", "imperative")
    assert found.same_graph, str(found.difference)
    assert found.max_abs_difference == 0.0
    assert len(found.runs_a) == len(found.runs_b) == found.identical_steps > 1
    assert any(run.trains and run.outputs for run in found.runs_a)
    assert found.a.printed == found.b.printed
    check(found.a.printed)
    assert found.same_open
    assert found.graph is not None
    assert any(node.regions for node in found.graph.nodes)
    assert len({run.concrete for run in found.runs_a}) > 2
    # One for training and one for what comes after it.
    assert found.a.graphs_built == found.b.graphs_built == 2


def test_trees() -> None:
    """Not the same graph: the recursion of the one is a loop over arrays in the other. The same numbers."""
    found = compared("tree_net")
    assert not found.same_graph
    assert len(found.runs_a) == len(found.runs_b)
    assert found.max_abs_difference is not None
    assert found.max_abs_difference < 1e-4
    lines = [side.printed.splitlines() for side in (found.a, found.b)]
    assert len(lines[0]) == len(lines[1])
    for one, other in zip(*lines, strict=True):
        assert float(one.split()[-1]) == pytest.approx(float(other.split()[-1]), abs=2e-3)
    for side in (found.a, found.b):
        assert number("test accuracy", side.printed) > 0.75
    assert found.a.graphs_built == 2
    assert found.b.graphs_built > 10  # one for each shape of tree


KERNEL = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
LENGTHS = np.random.default_rng(1).permutation(np.arange(1, 201))


def sequence(length: int) -> np.ndarray:
    return np.random.default_rng(length).normal(size=(length, 1, 2)).astype(np.float32)


def static_steps() -> tuple[list[np.ndarray], set[str], bf.Graph]:
    """Training steps on sequences of all lengths: what they gave, and the fingerprints of the graphs that ran."""
    log = Log()
    with tf.Graph().as_default(), using(Capture(log)), tf.Session() as session:
        xs = tf.placeholder(tf.float32, [None, 1, 2], name="xs")
        cell = tf.nn.rnn_cell.BasicRNNCell(3)
        with tf.variable_scope("rnn", initializer=tf.constant_initializer(KERNEL)):
            _, h = tf.nn.dynamic_rnn(cell, xs, dtype=tf.float32, time_major=True)
        loss = tf.reduce_sum(tf.square(h))
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        session.run(tf.global_variables_initializer())
        losses = [session.run([loss, train], {xs: sequence(n)})[0] for n in LENGTHS]
        (kernel, bias) = session.run(tf.trainable_variables())
    runs = [run.graph for run in log.finish() if run.graph.inputs]
    return [*losses, kernel, bias], {graph.fingerprint() for graph in runs}, runs[0]


def test_lengths_from_1_to_200_are_one_graph_on_each_side() -> None:
    kernel = torch.tensor(KERNEL, requires_grad=True)
    bias = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.SGD([kernel, bias], lr=0.1)

    @torch.compile
    def step(xs: torch.Tensor) -> torch.Tensor:
        h = torch.zeros(1, 3)
        for x in xs:
            h = torch.tanh(torch.cat([x, h], 1) @ kernel + bias)
        loss = torch.square(h).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    losses = [step(torch.from_numpy(sequence(n))).detach().numpy() for n in LENGTHS]
    wanted, fingerprints, graph = static_steps()
    assert len(fingerprints) == 1
    assert len(step.graphs) == 1
    assert bf.same(step.graphs[0], graph)
    assert step.stats.hits > 190
    for mine, other in zip([*losses, kernel.detach(), bias.detach()], wanted, strict=True):
        np.testing.assert_array_equal(np.asarray(mine), other)
