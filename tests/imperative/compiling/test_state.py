"""Parameters, buffers, slots, gradients, random keys and arguments: changed once, and only by a run that ended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bifront.imperative as torch
from bifront.imperative import nn


def same(a: torch.Tensor, b: torch.Tensor) -> bool:
    x, y = a.detach().numpy(), b.detach().numpy()
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


class Net:
    """A step of training that looks at a value in the middle, after it changed nearly everything."""

    def __init__(self) -> None:
        torch.manual_seed(11)
        self.net = nn.Sequential(
            nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1)
        )
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1, momentum=0.9)

    def step(self, x: Any) -> Any:
        self.optimizer.zero_grad()
        loss = self.net(x).pow(2).mean()
        loss.backward()
        self.optimizer.step()
        noise = torch.rand(2)
        if x.max() > 2:
            with torch.no_grad():
                self.net[0].weight.mul_(0.5)
            return loss.detach() + noise[0]
        return loss.detach() + noise[1]

    def state(self) -> list[bytes]:
        tensors = [*self.net.parameters(), *self.net.buffers(), torch.get_rng_state()]
        tensors += [p.grad for p in self.net.parameters()]
        tensors += [s["momentum_buffer"] for s in self.optimizer.state.values()]
        return [t.detach().clone().numpy().tobytes() for t in tensors]


def test_a_miss_in_the_middle_changes_nothing_twice() -> None:
    small = [torch.full((4, 3), 0.1 * i) for i in range(1, 5)]
    large = [torch.full((4, 3), 3.0 + i) for i in range(3)]
    inputs = [*small, large[0], small[0], *large]

    def run(compiles: bool) -> list[Any]:
        world = Net()
        step = torch.compile(world.step) if compiles else world.step
        found = []
        for x in inputs:
            loss = step(x)
            found.append((loss.numpy().tobytes(), world.state()))
        if compiles:
            # The first run makes slots, the second is kept; the first large input parts from it after everything.
            assert (step.stats.hits, step.stats.misses) == (6, 3), step.explain()
            assert "x.max() > 2" in step.explain()
        return found

    assert run(True) == run(False)


def test_gradients_accumulate() -> None:
    w = nn.Parameter(torch.ones(3))

    @torch.compile
    def add(x: Any) -> None:
        (w * x).sum().backward()

    for i in range(5):
        add(torch.full((3,), float(i)))
        assert same(w.grad, torch.full((3,), float(sum(range(i + 1)))))
    assert add.stats.hits == 3, add.explain()
    w.grad = None
    add(torch.ones(3))
    assert same(w.grad, torch.ones(3))
    assert add.stats.hits == 4


def test_a_gradient_written_in_place_stays_the_same_tensor() -> None:
    w = nn.Parameter(torch.ones(3))

    @torch.compile
    def clip(limit: float) -> None:
        torch.nn.utils.clip_grad_value_([w], limit)

    for i in range(4):
        w.grad = kept = torch.full((3,), 5.0 + i)
        clip(1.0)
        assert w.grad is kept
        assert same(kept, torch.ones(3))
    assert clip.stats.hits == 3, clip.explain()


def test_arguments_are_written() -> None:
    @torch.compile
    def double(x: Any, y: Any) -> Any:
        x.mul_(2).add_(y)
        return x

    for i in range(4):
        x = torch.full((3,), float(i))
        assert double(x, torch.ones(3)) is x
        assert same(x, torch.full((3,), 2.0 * i + 1))
    assert double.stats.hits == 3, double.explain()


def test_memory_that_numpy_sees_is_written() -> None:
    count = torch.zeros(2)
    seen = count.numpy()

    @torch.compile
    def bump(x: Any) -> None:
        count.add_(x)

    for i in range(4):
        bump(torch.ones(2))
        assert seen.tolist() == [i + 1.0] * 2
    assert bump.stats.hits == 3, bump.explain()


def test_views_that_others_hold_are_written_by_python() -> None:
    whole = torch.zeros(4)
    part = whole[:2]

    @torch.compile
    def bump(x: Any) -> None:
        whole.add_(x)

    for i in range(4):
        bump(torch.ones(4))
        assert same(part, torch.full((2,), i + 1.0))
    assert bump.stats.hits == 0


def test_what_is_an_argument_stays_one() -> None:
    w = nn.Parameter(torch.ones(2))

    @torch.compile
    def pick(x: Any, y: Any) -> Any:
        return x, w, [y, x + y]

    for _ in range(3):
        x, y = torch.ones(2), torch.zeros(2)
        a, b, (c, d) = pick(x, y)
        assert a is x
        assert b is w
        assert c is y
        assert same(d, x)
    assert pick.stats.hits == 2


def test_views_of_arguments_are_views() -> None:
    @torch.compile
    def rows(x: Any) -> Any:
        return x[0], x.t(), x.detach()

    for _ in range(3):
        x = torch.zeros(2, 3)
        row, turned, plain = rows(x)
        x[0, 1] = 7.0
        assert row.tolist() == [0.0, 7.0, 0.0]
        assert turned[1].tolist() == [7.0, 0.0]
        assert plain[0, 1].item() == 7.0
    assert rows.stats.hits == 2, rows.explain()


def test_results_that_share_memory_share_it() -> None:
    @torch.compile
    def both(x: Any) -> Any:
        y = x * 2
        return y, y[0], *(y + 1).chunk(2)

    for _ in range(3):
        y, first, a, b = both(torch.ones(4, 2))
        y[0, 0] = 5.0
        assert first.tolist() == [5.0, 2.0]
        assert a.shape == b.shape == (2, 2)
    assert both.stats.hits == 2, both.explain()


def test_the_same_tensor_given_twice() -> None:
    @torch.compile
    def add(x: Any, y: Any) -> Any:
        x.add_(1)
        return x + y

    for _ in range(3):
        x, y = torch.ones(2), torch.ones(2)
        assert add(x, y).tolist() == [3.0, 3.0]
        assert add(x, x).tolist() == [6.0, 6.0]
    assert add.stats.hits == 4


def test_a_parameter_given_and_held() -> None:
    held, other = nn.Parameter(torch.ones(2)), nn.Parameter(torch.zeros(2))

    @torch.compile
    def both(w: Any) -> Any:
        with torch.no_grad():
            return w * 10 + held

    for _ in range(3):
        assert both(held).tolist() == [11.0, 11.0]
        assert both(other).tolist() == [1.0, 1.0]


def test_random_numbers_follow_the_seed() -> None:
    def draw(x: Any) -> Any:
        return nn.functional.dropout(x, 0.5) + torch.randn(3) if x.sum() > 0 else torch.rand(3)

    compiled = torch.compile(draw)
    inputs = [torch.full((3,), v) for v in (1.0, -1.0, 2.0, -2.0, 3.0, -3.0)]
    torch.manual_seed(5)
    expected = [draw(x) for x in inputs]
    for _ in range(2):
        torch.manual_seed(5)
        assert all(same(compiled(x), y) for x, y in zip(inputs, expected, strict=True))
    assert compiled.stats.misses == 2


def test_random_numbers_of_python_and_numpy_are_drawn_by_python() -> None:
    import random

    @torch.compile
    def shake(x: Any) -> Any:
        return x + random.random() + np.random.rand()

    found = {shake(torch.zeros(())).item() for _ in range(6)}
    assert len(found) == 6
    assert shake.stats.hits == 0


def test_weights_frozen_later() -> None:
    net = nn.Linear(2, 1)
    model = torch.compile(net)
    for _ in range(3):
        assert model(torch.ones(1, 2)).requires_grad
    for p in net.parameters():
        p.requires_grad_(False)
    for _ in range(3):
        assert not model(torch.ones(1, 2)).requires_grad


def test_training_and_evaluation() -> None:
    net = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.9))
    model = torch.compile(net)
    x = torch.ones(4, 2)
    for mode in (True, False, True, False):
        model.train(mode)
        for _ in range(2):
            torch.manual_seed(1)
            expected = net(x)
            torch.manual_seed(1)
            assert same(model(x), expected)
    assert model.stats.misses == 2, model.explain()


def test_backward_after_the_weights_moved() -> None:
    w = nn.Parameter(torch.ones(2))

    @torch.compile
    def square(x: Any) -> Any:
        return (w * w * x).sum()

    for _ in range(3):
        loss = square(torch.ones(2))
        with torch.no_grad():
            w.mul_(2)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()


def test_backward_a_second_time() -> None:
    w = nn.Parameter(torch.ones(2))

    @torch.compile
    def step(x: Any) -> Any:
        loss = (w * w * x).sum()
        loss.backward()
        return loss

    for _ in range(4):
        loss = step(torch.ones(2))
        assert loss.requires_grad
        with pytest.raises(RuntimeError, match="a second time"):
            loss.backward()


def test_gradients_of_gradients() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    model = torch.compile(net)

    def penalty(f: Any) -> list[torch.Tensor]:
        x = torch.linspace(-1, 1, 6).reshape(2, 3).requires_grad_()
        (g,) = torch.autograd.grad(f(x).sum(), x, create_graph=True)
        net.zero_grad()
        (g.pow(2).sum() + f(x).mean()).backward()
        return [x.grad, *(p.grad for p in net.parameters() if p.grad is not None)]

    expected = penalty(net)
    for _ in range(3):
        assert all(same(a, b) for a, b in zip(penalty(model), expected, strict=True))
    assert model.stats.hits == 5
