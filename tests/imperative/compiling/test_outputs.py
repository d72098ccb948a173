"""Gradients through several results at once: the order of every sum is that of eager backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import bifront.imperative as torch
from bifront.imperative import nn

norm = nn.BatchNorm1d(3)


def model(y: Any) -> Any:
    x = norm(y)
    y = x.sum(0, keepdim=True) * 0.1 + x
    x = torch.relu(x) - 0.1
    x = torch.cat([y[1:], x[:1]])
    return x, y, x * y


LOSSES: dict[str, Callable[..., Any]] = {
    "first": lambda x, y, z: x.pow(2).mean(),
    "second": lambda x, y, z: y.pow(2).mean(),
    "first, second": lambda x, y, z: x.pow(2).mean() + y.pow(2).mean(),
    "second, first": lambda x, y, z: y.pow(2).mean() + x.pow(2).mean(),
    "all": lambda x, y, z: (x * z).sum() + y.pow(3).mean() + z.exp().mean(),
    "all, turned round": lambda x, y, z: z.exp().mean() + y.pow(3).mean() + (x * z).sum(),
    "twice": lambda x, y, z: (y * y * x + y).sum(),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_sums_are_taken_in_one_order(loss: str) -> None:
    compiled = torch.compile(model)
    torch.manual_seed(1)
    for _ in range(6):
        y = torch.randn(4, 3)
        found = []
        for f in (model, compiled):
            norm.zero_grad()
            LOSSES[loss](*f(y)).backward()
            found.append([p.grad.numpy().tobytes() for p in norm.parameters()])
        assert found[0] == found[1]
    assert compiled.stats.hits == 5


def test_calls_before_one_backward() -> None:
    """A generator and a discriminator, both called several times before a backward."""
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))
    compiled = torch.compile(net)

    def gradients(f: Any, x: Any) -> list[bytes]:
        net.zero_grad()
        (f(f(x)).sum() + f(x * 2).pow(2).mean() + f(x).mean()).backward()
        return [p.grad.numpy().tobytes() for p in net.parameters()]

    torch.manual_seed(2)
    for _ in range(4):
        x = torch.randn(5, 3)
        assert gradients(net, x) == gradients(compiled, x)
    assert compiled.stats.misses == 2  # what no gradient flows through, and what one does


def test_hooks_on_results() -> None:
    w = nn.Parameter(torch.ones(2))
    compiled = torch.compile(lambda x: (w * x, w + x))
    for _ in range(3):
        a, b = compiled(torch.ones(2))
        seen: list[Any] = []
        a.register_hook(lambda g, seen=seen: seen.append(g.tolist()))
        b.retain_grad()
        w.grad = None
        (a.sum() * 3 + b.sum()).backward()
        assert seen == [[3.0, 3.0]]
        assert b.grad.tolist() == [1.0, 1.0]
        assert w.grad.tolist() == [4.0, 4.0]
