"""Programs that defeat compilers which rewrite source or bytecode: compiled, they give what they give eagerly."""

from __future__ import annotations

import heapq
import json
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from scipy.linalg import toeplitz

import bifront.imperative as torch
from bifront.imperative import nn

RUNS = 20


def bits(result: Any) -> Any:
    """A result with tensors as types and bytes."""
    if isinstance(result, torch.Tensor):
        data = np.asarray(result.detach().numpy())
        return str(data.dtype), data.shape, data.tobytes(), result.requires_grad
    if isinstance(result, dict):
        return type(result), [(k, bits(v)) for k, v in result.items()]
    if isinstance(result, (list, tuple)):
        return type(result), [bits(x) for x in result]
    return type(result), repr(result)


def vectors(seed: int = 0, *shape: int) -> Iterator[torch.Tensor]:
    rng = np.random.default_rng(seed)
    for _ in range(RUNS):
        yield torch.tensor(rng.standard_normal(shape or (4,)).astype(np.float32))


def same(
    make: Callable[[], Callable[..., Any]],
    inputs: Callable[[], Iterator[Any]] = vectors,
    hits: int = 1,
) -> Any:
    """Run what ``make`` gives, compiled and not, each in a world of its own; gives the compiled one."""
    torch.manual_seed(0)
    eager = make()
    expected = [bits(eager(x)) for x in inputs()]
    torch.manual_seed(0)
    compiled = torch.compile(make())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = [bits(compiled(x)) for x in inputs()]
    assert found == expected, compiled.explain()
    stats = compiled.stats
    assert stats.calls == RUNS == stats.hits + stats.misses + stats.eager_runs
    assert stats.hits >= hits, compiled.explain()
    return compiled


def test_third_party_calls_in_the_middle() -> None:
    def make() -> Callable[[Any], Any]:
        matrix = torch.tensor(toeplitz([1.0, 0.5, 0.25, 0.125]).astype(np.float32))

        def f(x: Any) -> Any:
            y = matrix @ x
            band = toeplitz([float(y.sum() > 0), 2.0])
            settings = json.loads('{"scale": 0.5}')
            return y * settings["scale"] + torch.tensor(band.astype(np.float32)).sum()

        return f

    same(make)


def test_containers_changed_by_data() -> None:
    def make() -> Callable[[Any], Any]:
        def f(x: Any) -> Any:
            heap: list[tuple[int, int]] = []
            groups: dict[bool, list[Any]] = defaultdict(list)
            for i, part in enumerate(x):
                groups[bool(part > 0)].append(part * (i + 1))
                heapq.heappush(heap, (-i if part > 0.5 else i, i))
            order = [i for _, i in (heapq.heappop(heap) for _ in range(len(heap)))]
            picked = [x[i] for i in order[:2]]
            return OrderedDict(
                (("positive" if k else "negative"), torch.stack(v).sum()) for k, v in groups.items()
            ), picked

        return f

    same(make)


def test_generators() -> None:
    def make() -> Callable[[Any], Any]:
        def halves(x: Any) -> Iterator[Any]:
            while x.abs().max() > 0.2:
                x = x / 2
                yield x

        def f(x: Any) -> Any:
            total = torch.zeros(4)
            for n, part in enumerate(halves(x)):
                total = total + part * n
                if total.sum() > 1:
                    break
            return total, list(halves(x))[-1] if x.abs().max() > 0.2 else None

        return f

    same(make)


def test_exceptions_as_control_flow() -> None:
    class Negative(Exception):
        def __init__(self, rest: Any) -> None:
            self.rest = rest

    def make() -> Callable[[Any], Any]:
        def check(x: Any) -> Any:
            if x.sum() < 0:
                raise Negative(-x)
            return x

        def f(x: Any) -> Any:
            try:
                y = check(x) * 2
            except Negative as found:
                y = found.rest - 1
            try:
                return y / {True: 2.0}[bool(y[0] > 0)]
            except KeyError:
                return y

        return f

    compiled = same(make, hits=10)
    assert 2 <= compiled.stats.misses <= 4


def test_try_finally() -> None:
    def make() -> Callable[[Any], Any]:
        weight = nn.Parameter(torch.ones(4))

        def f(x: Any) -> Any:
            before = weight.detach().clone()
            try:
                with torch.no_grad():
                    weight.add_(x)
                if weight.sum() > 4:
                    return weight.detach().sum()
                return before
            finally:
                with torch.no_grad():
                    weight.copy_(before * 0.9)

        return f

    same(make, hits=10)


def test_closures() -> None:
    def make() -> Callable[[Any], Any]:
        def power(n: int) -> Callable[[Any], Any]:
            def g(x: Any) -> Any:
                return x if n == 0 else power(n - 1)(x) * x

            return g

        def f(x: Any) -> Any:
            chosen = power(3) if x.mean() > 0 else power(2)
            return (lambda y: chosen(y) + y)(x)

        return f

    same(make, hits=10)


def test_early_return_inside_nested_loops() -> None:
    def make() -> Callable[[Any], Any]:
        def f(x: Any) -> Any:
            for i in range(4):
                for j in range(i):
                    if x[i] > x[j]:
                        return x[i] - x[j], i, j
            return None

        return f

    same(make, hits=5)


def test_dispatch_on_a_value() -> None:
    def make() -> Callable[[Any], Any]:
        table: dict[int, Callable[[Any], Any]] = {
            0: torch.sin,
            1: torch.cos,
            2: lambda x: x * x,
            3: lambda x: torch.exp(-x),
        }

        def f(x: Any) -> Any:
            return table[int(x.argmax())](x)

        return f

    compiled = same(make, hits=10)
    assert compiled.stats.misses <= 4, compiled.explain()


def test_recursion() -> None:
    def make() -> Callable[[Any], Any]:
        def depth(x: Any, limit: int) -> Any:
            if limit == 0 or x.abs().sum() < 1:
                return x
            return depth(x / 2, limit - 1) + depth(x / 4, limit - 1)

        def f(x: Any) -> Any:
            return depth(x, 3)

        return f

    same(make)


def test_while_on_a_tensor() -> None:
    def make() -> Callable[[Any], Any]:
        def f(x: Any) -> Any:
            target = x.abs().sum() + 1
            guess = torch.ones(())
            steps = 0
            while (guess * guess - target).abs() > 1e-3:
                guess = (guess + target / guess) / 2
                steps += 1
            return guess, steps

        return f

    same(make, hits=5)


def test_training_with_branches() -> None:
    def make() -> Callable[[Any], Any]:
        net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 1))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.05)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (net(x) - x.sum(1, keepdim=True)).pow(2).mean()
            if loss > 1:
                loss = loss * 0.5
            loss.backward()
            norm = nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            if norm > 0.5:
                optimizer.step()
            return (
                loss.item(),
                norm,
                [p.detach().clone() for p in net.parameters()],
                net[1].running_mean.clone(),
            )

        return step

    same(make, lambda: vectors(1, 6, 4), hits=10)


@pytest.mark.parametrize("count", [1, 3])
def test_gradients_flow_out(count: int) -> None:
    """A compiled model is trained by what is written around it."""

    def train(compiles: bool) -> list[Any]:
        torch.manual_seed(3)
        net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2))
        model = torch.compile(net) if compiles else net
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        found = []
        for x in vectors(5, 5, 4):
            optimizer.zero_grad()
            x.requires_grad_()
            loss = sum(model(x * k).pow(2).mean() for k in range(1, count + 1))
            loss.backward()
            optimizer.step()
            found.append(bits([loss, x.grad, *net.parameters()]))
        if compiles:
            assert model.stats.hits >= (RUNS - 2) * count
        return found

    assert train(True) == train(False)
