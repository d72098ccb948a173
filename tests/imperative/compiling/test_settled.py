"""Loops that begin with a look at a constant: the first iteration is one of the loop's."""

from __future__ import annotations

import bifront.imperative as torch
from bifront.compiler.control import WHILE


def newton(a: torch.Tensor) -> torch.Tensor:
    change, root = torch.tensor(1.0), a
    while change > 1e-3:
        new = (root + a / root) / 2
        change, root = (new - root).abs(), new
    return root


def test_one_loop_from_the_first_iteration_on() -> None:
    compiled = torch.compile(newton)
    numbers = [2.0, 9.0, 100.0, 1e4, 0.5, 3.0]
    for number in numbers:
        assert compiled(torch.tensor(number)).item() == newton(torch.tensor(number)).item()
    assert compiled.stats.misses == 1
    (graph,) = compiled.graphs
    assert [node.op for node in graph.nodes if node.regions] == [WHILE]
    # Nothing of an iteration is left outside.
    assert all(node.op is WHILE or not node.inputs for node in graph.nodes)


def test_a_look_at_a_constant_decides_nothing() -> None:
    flag = torch.tensor(True)

    def chosen(x: torch.Tensor) -> torch.Tensor:
        sign = torch.tensor(-1.0)
        if sign < 0:
            x = x * sign
        return x + 1 if flag else x

    compiled = torch.compile(chosen)
    for number in (1.0, 2.0, 3.0):
        x = torch.tensor([number])
        assert compiled(x).tolist() == chosen(x).tolist()
    assert compiled.stats.misses == 1
    assert (
        len(compiled.graphs) == 2
    )  # up to the look at `flag`, which may be written to, and from there on
