"""NumPy's scalars, which it computes of arrays without dimensions, are run natively as arrays are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
from bifront.compiler import ops
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Dim, Graph, State, TensorType
from bifront.compiler.ir.dims import symbol
from bifront.compiler.ir.dtypes import float32

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")
from bifront.runtime.native.backend import NativeExecutable


@pytest.fixture(autouse=True)
def _no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("left to the reference")

    monkeypatch.setattr(NativeExecutable, "_reference", fail)


def _counting(size: Dim) -> Graph:
    """A counter that is a state, and a value that is added to."""
    builder = Building("counting")
    x = builder.input(TensorType(float32, (size,)), "x")
    count = builder.input(TensorType(float32, ()), "count")
    total = builder.input(TensorType(float32, (8,)), "total")
    with using(builder):
        more = ops.add(count, 1.0)
        grown = ops.add(total, more)
        y = ops.mul(x, more)
    states = [State("count", count, more), State("total", total, grown)]
    return builder.close([x], [y], states)


@pytest.mark.parametrize("size", [8, symbol("n")])
def test_states_are_replaced_beside_a_scalar(size: Dim) -> None:
    executable = bf.compile(_counting(size), "native")
    x, total = np.ones(8, np.float32), np.zeros(8, np.float32)
    y, count, grown = executable.run(x, np.float32(2), total)
    assert (y[0], count, grown[0]) == (3, 3, 3)
    assert grown is not total
    for _ in range(2):
        y, count, grown = executable.update(x, np.float32(2), total)
        assert (y[0], count) == (3, 3)
        assert grown is total
    assert total.tolist() == [6.0] * 8


def test_the_first_compiled_step_of_adam_is_native() -> None:
    # NumPy gave the numbers of the steps before.
    w = torch.nn.Parameter(torch.ones(5, 4))
    optimizer = torch.optim.Adam([w])

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = (x @ w).pow(2).mean()
        loss.backward()
        optimizer.step()
        return loss

    with bf.using_backend("native"):
        run = torch.compile(step)
        losses = [run(torch.ones(3, 5)).item() for _ in range(5)]
    assert run.stats.hits == 3
    assert losses == sorted(losses, reverse=True)
