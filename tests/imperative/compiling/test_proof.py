"""Loops that were found again say whether their gradients are Python's to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

import bifront.imperative as torch

NOTE = "add up in another order than Python's"


def network(input_first: bool, xs: torch.Tensor, w: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
    h = torch.zeros(1, 4)
    for x in xs:
        new, old = x @ w, h @ u
        h = torch.tanh(new + old if input_first else old + new)
    return h.sum()


@pytest.mark.parametrize("input_first", [False, True])
def test_sums_in_another_order_are_told(input_first: bool) -> None:
    """Backward through the run comes to what the inputs gave from the first on, if it stands first in the sum."""

    def gradients(xs: torch.Tensor, w: torch.Tensor, u: torch.Tensor) -> tuple[torch.Tensor, ...]:
        loss = network(input_first, xs, w, u)
        return (loss.detach(), *torch.autograd.grad(loss, [w, u]))

    compiled = torch.compile(gradients)
    rng = np.random.default_rng(3)

    def tensor(*shape: int) -> torch.Tensor:
        return torch.tensor(rng.standard_normal(shape), dtype=torch.float32)

    w, u = tensor(3, 4).requires_grad_(), tensor(4, 4).requires_grad_()
    same = True
    for length in (5, 6, 7, 9, 12, 12):
        xs = tensor(length, 1, 3)
        for a, b in zip(gradients(xs, w, u), compiled(xs, w, u), strict=True):
            same &= a.numpy().tobytes() == b.numpy().tobytes()
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-6)
    assert compiled.stats.hits >= 3
    assert (NOTE in compiled.explain()) == input_first
    assert same == (not input_first)
