"""What an eager program does with views, writes and random numbers is a pure graph under a trace."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bifront.imperative as torch
from bifront.compiler.ops import REGISTRY
from bifront.runtime.executable import compile as compile_graph

X = torch.tensor([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])


def views(x: torch.Tensor) -> torch.Tensor:
    y = x * 2
    y.view(3, 2)[0, 1] = 7
    y.t()[2] += x[:, 0]
    return y


def masks(x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[y > 2] = 0
    y[x < 0] *= -1
    return y


def rows(x: torch.Tensor) -> torch.Tensor:
    out = torch.zeros(4, 3)
    for i, row in enumerate(x):
        out[i] = row
        out[i + 2].copy_(row).mul_(out[i])
    out[torch.tensor([0, 3]), torch.tensor([1, 2])] = 9
    return out


def in_place(x: torch.Tensor) -> torch.Tensor:
    y = x + 1
    alias = y.detach()
    y += x
    y.clamp_(min=0).sqrt_()
    y.scatter_(1, torch.tensor([[0], [2]]), 5.0)
    return y + alias


def own_gradient(x: torch.Tensor) -> torch.Tensor:
    class Step(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):  # type: ignore[no-untyped-def]
            ctx.save_for_backward(a)
            return (a > 0).float()

        @staticmethod
        def backward(ctx, g):  # type: ignore[no-untyped-def]
            (a,) = ctx.saved_tensors
            return g * a.sigmoid()

    w = x.detach().requires_grad_()
    (Step.apply(w) * x).sum().backward()
    return w.grad


@pytest.mark.parametrize("function", [views, masks, rows, in_place, own_gradient])
def test_the_graph_computes_the_same(function: Callable[[torch.Tensor], torch.Tensor]) -> None:
    expected = function(X.clone())
    traced = torch.trace(function)(X.clone())
    assert torch.equal(traced.outputs, expected)
    assert all(node.op.name in REGISTRY for node in traced.graph.nodes)
    (found,) = compile_graph(traced.graph)(X.numpy())
    assert np.array_equal(found, expected.detach().numpy())


def test_a_step_of_training_is_a_function_of_states() -> None:
    w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)

    def step(x: torch.Tensor) -> torch.Tensor:
        loss = ((x @ w) ** 2).mean()
        w.grad = None
        loss.backward()
        with torch.no_grad():
            w.sub_(w.grad, alpha=0.1)
        return loss

    start = w.detach().numpy().copy()
    first = torch.trace(step)(X)
    loss, after = compile_graph(first.graph)(X.numpy(), start)
    assert loss == first.outputs.item()
    assert np.array_equal(after, w.detach().numpy())
    assert w.is_leaf
    assert torch.trace(step)(X).graph.fingerprint() == first.graph.fingerprint()


def test_random_numbers_come_from_a_state() -> None:
    def draw(x: torch.Tensor) -> torch.Tensor:
        return x + torch.randn(2, 3) * torch.rand(3)

    torch.manual_seed(5)
    key = torch.get_rng_state().numpy().copy()
    traced = torch.trace(draw)(X)
    found, following = compile_graph(traced.graph)(X.numpy(), key)
    assert np.array_equal(found, traced.outputs.numpy())
    assert np.array_equal(following, torch.get_rng_state().numpy())
    torch.manual_seed(5)
    assert torch.equal(draw(X), traced.outputs)


def test_literals_are_constants_and_data_are_not() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        return x + torch.tensor([1.0, 2.0, 3.0]) + torch.ones(3)

    graph = torch.trace(f)(X).graph
    assert [n.op.name for n in graph.nodes].count("full") == 1
    assert len(graph.inputs) == 1
