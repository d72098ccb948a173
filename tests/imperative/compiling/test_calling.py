"""What each call of a compiled function looks at: its arguments, the tensors that it holds, gradients and ranges."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
from bifront.frontends.imperative.compiling.quick import quick
from bifront.frontends.imperative.compiling.signature import read_call
from bifront.imperative import nn
from bifront.imperative.nn import functional as F


@pytest.fixture(autouse=True, params=["numpy", "native"])
def backend(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.param == "native":
        pytest.importorskip("llvmlite")
    with bf.using_backend(request.param):
        yield


def calls() -> list[tuple[object, ...]]:
    x = torch.ones(2, 3)
    leaf = torch.ones(2, 3, requires_grad=True)
    tensors = [x, torch.ones(3, 2), torch.ones(2, 3, dtype=torch.float64), leaf, leaf * 2]
    plain = [0, 1, True, "1", None, b"1"]
    found: list[tuple[object, ...]] = [(), *((t,) for t in tensors), *((p,) for p in plain)]
    found += itertools.product(tensors[:3], plain[:3])
    found += itertools.product(tensors[:2], tensors[1:])
    found += [(*(torch.ones(2, 3) for _ in range(n)), 3) for n in (2, 5, 9)]
    return [c for c in found if len({id(a) for a in c}) == len(c)]


def test_quick_keys_are_equal_where_keys_and_sizes_are() -> None:
    read = []
    for grad, args in itertools.product((True, False), calls()):
        with torch.set_grad_enabled(grad):
            found, whole = quick(args, grad), read_call(args, {})
        assert found is not None
        call, key = found
        assert all(a is b for a, b in zip(call.tensors, whole.tensors, strict=True))
        read.append((key, (whole.key, whole.sizes)))
    for (key, whole), (other, whole2) in itertools.product(read, read):
        assert (key == other) is (whole == whole2)


@pytest.mark.parametrize("count", [2, 4, 5, 9])
def test_a_tensor_given_twice_takes_a_closer_look(count: int) -> None:
    tensors = [torch.ones(2) for _ in range(count)]
    assert quick(tuple(tensors), True) is not None
    for i, j in itertools.combinations(range(count), 2):
        args = list(tensors)
        args[j] = args[i]
        assert quick(tuple(args), True) is None


def test_other_arguments_take_a_closer_look() -> None:
    x = torch.ones(2)
    for other in ([x], (x,), {"x": x}, 1.5, nn.Parameter(x), np.ones(2), object()):
        assert quick((torch.ones(2), other), True) is None


class World:
    def __init__(self, compiled: bool) -> None:
        torch.manual_seed(3)
        self.net = nn.Linear(4, 3)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1)
        self.run: Any = torch.compile(self.step) if compiled else self.step

    def step(self, x: Any, y: Any) -> Any:
        loss = F.cross_entropy(self.net(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss


def batch(rows: int, last: int = 2) -> tuple[Any, Any]:
    x = np.linspace(-1, 1, rows * 4, dtype=np.float32).reshape(rows, 4)
    labels = np.arange(rows) % 3
    labels[-1] = last
    return torch.tensor(x), torch.tensor(labels)


def same(a: World, b: World) -> None:
    for p, q in zip(a.net.parameters(), b.net.parameters(), strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-5, atol=1e-6)
        assert (p.grad is None) is (q.grad is None)
        if p.grad is not None:
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-5, atol=1e-6)


def freeze(world: World) -> None:
    world.net.bias.requires_grad_(False)


def replace_a_parameter(world: World) -> None:
    world.net.bias = nn.Parameter(torch.full((3,), 0.5))
    world.optimizer = torch.optim.SGD(world.net.parameters(), lr=0.1)


def write_in_place(world: World) -> None:
    with torch.no_grad():
        world.net.weight.mul_(0.5)


def replace_the_numbers(world: World) -> None:
    world.net.weight.data = torch.full((3, 4), 0.25)


def drop_gradients(world: World) -> None:
    for p in world.net.parameters():
        p.grad = None


def change_gradients(world: World) -> None:
    for p in world.net.parameters():
        if p.grad is not None:
            p.grad.fill_(7.0)


CHANGES = [
    freeze, replace_a_parameter, write_in_place, replace_the_numbers, drop_gradients, change_gradients,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_between_calls_is_noticed(change: Callable[[World], None]) -> None:
    compiled, plain = World(True), World(False)
    for world in (compiled, plain):
        for rows in (3, 5, 3, 6, 5):
            world.run(*batch(rows))
        change(world)
        for rows in (3, 5, 6):
            world.run(*batch(rows))
    same(compiled, plain)
    assert compiled.run.stats.hits >= 2


@pytest.mark.parametrize("label", [-1, -3, 3, 2**40])
def test_a_label_out_of_range_is_the_error_of_python_and_changes_nothing(label: int) -> None:
    compiled, plain = World(True), World(False)
    for world in (compiled, plain):
        for rows in (3, 5, 3, 6, 5):
            world.run(*batch(rows))
    errors = []
    for world in (compiled, plain):
        with pytest.raises(IndexError) as error:
            world.run(*batch(5, label))
        errors.append(str(error.value))
    assert errors[0] == errors[1]
    same(compiled, plain)
    for world in (compiled, plain):
        world.run(*batch(5))
    same(compiled, plain)


def accumulating(p: Any) -> Any:
    (p * p).sum().backward()
    return p.grad.sum()


def test_gradients_accumulate_from_what_a_step_left() -> None:
    totals = []
    for compiled in (True, False):
        world = World(compiled)
        for rows in (3, 5, 3, 6):
            world.run(*batch(rows))
        totals.append([accumulating(world.net.weight).item() for _ in range(3)])
    np.testing.assert_allclose(totals[0], totals[1], rtol=1e-5)


def test_a_gradient_that_a_step_left_is_one_tensor_and_the_next_step_leaves_another() -> None:
    world = World(True)
    for rows in (3, 5, 3, 6):
        world.run(*batch(rows))
    weight = world.net.weight
    first = weight.grad
    assert weight.grad is first
    before = first.numpy().copy()
    gone = weakref.ref(world.net.bias.grad)
    world.run(*batch(6))
    assert weight.grad is not first
    assert gone() is None
    np.testing.assert_array_equal(first.numpy(), before)


def test_threads_that_ask_for_a_gradient_at_once_are_given_one_tensor() -> None:
    world = World(True)
    for rows in (3, 5, 3, 6):
        world.run(*batch(rows))
    found: list[Any] = []
    threads = [Thread(target=lambda: found.append(world.net.weight.grad)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(t) for t in found}) == 1
