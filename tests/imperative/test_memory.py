"""No reference cycles, no recursion, and nothing kept that nobody needs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import bifront.imperative as torch


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _resident_kilobytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4


def _work(times: int) -> None:
    x = torch.ones(10, requires_grad=True)
    y = torch.ones(10)
    for _ in range(times):
        z = (x * y + 1.0).view(2, 5)[0].sum()
        z.backward()
        y.add_(0.0)
        y[0] = 1.0
        x.grad.zero_()
        x.detach()
        x.data.add_(0.0)
        x.retain_grad()
        z.grad_fn  # noqa: B018


@pytest.mark.usefixtures("_no_collector")
def test_reference_counting_frees_everything() -> None:
    _work(200)
    objects = len(gc.get_objects())
    before = _resident_kilobytes() if Path("/proc/self/statm").exists() else 0
    _work(8000)  # some 10^5 operations
    assert len(gc.get_objects()) - objects < 50
    if before:
        assert _resident_kilobytes() - before < 4000


@pytest.mark.usefixtures("_no_collector")
def test_custom_functions_make_no_cycles() -> None:
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):  # type: ignore[no-untyped-def]
            y = x.exp()
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, g):  # type: ignore[no-untyped-def]
            return g * ctx.saved_tensors[1]

    x = torch.ones(3, requires_grad=True)

    def work(times: int) -> None:
        for _ in range(times):
            Exp.apply(x).sum().backward()
            Exp.apply(x)

    work(20)
    objects = len(gc.get_objects())
    work(500)
    assert len(gc.get_objects()) - objects < 50


def test_deep_chains() -> None:
    """10^5 operations: forward, backward, and freed with and without a backward."""
    x = torch.ones(2, requires_grad=True)
    z = x
    for _ in range(100_000):
        z = z * 1.0
    z.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    z = x
    for _ in range(100_000):
        z = z + 1.0
    del z
    v = torch.zeros(3)
    for _ in range(20_000):
        v = v.view(3)
    v[0] = 1
    del v


def test_backward_frees_the_values_it_used() -> None:
    import weakref

    x = torch.ones(3, requires_grad=True)
    y = x * 2
    held = weakref.ref(y.array)
    loss = (y * y).sum()
    del y
    assert held() is not None
    loss.backward()
    assert held() is None


def test_a_view_that_a_library_function_made_keeps_its_numbers() -> None:
    """What has the memory in its hands unknown to the tensor must not see a write."""
    from bifront.compiler.ops import reshape

    x = torch.arange(4.0)
    hidden = reshape(x.array, (2, 2))
    x[0] = 9
    assert np.asarray(hidden.data).tolist() == [[0, 1], [2, 3]]
    assert x.tolist() == [9, 1, 2, 3]


def test_a_write_through_the_exported_memory_is_seen() -> None:
    x = torch.arange(3.0)
    y = x.view(3, 1)
    x.numpy()[1] = 7
    x.mul_(2)
    assert y.tolist() == [[0], [14], [4]]
    assert x.numpy().base is not None or x.numpy() is x.numpy()
