"""Whether the source of a loop rules out that it counts its iterations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bifront.imperative as torch
from bifront.compiler.sizes import General, Licence
from bifront.imperative import nn
from tests.compiler.sizes.runs import Run, general, numbers

cell = nn.Linear(7, 4)
TABLE = [0.5] * 5 + [0.7] * 20


class Counter:
    def __init__(self) -> None:
        self.count = 0
        self.training = True

    def step(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        self.count += 1
        if self.count > 100:
            return h
        return torch.tanh(cell(torch.cat([x, h], 1)))


class Module(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.Linear(7, 4)
        self.gate = None

    def forward(self, x: torch.Tensor, h: torch.Tensor | None) -> torch.Tensor:
        if h is None:
            h = x.new_zeros(x.shape[0], 4)
        new = torch.tanh(self.cell(torch.cat([x, h], 1)))
        if self.training:
            new = new * 1.5
        return new if self.gate is None else new * self.gate


module = Module()


def start(xs: torch.Tensor) -> torch.Tensor:
    return torch.zeros(xs.shape[1], 4)


def step(x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    return torch.tanh(cell(torch.cat([x, h], 1)))


def counting_step(x: torch.Tensor, h: torch.Tensor, t: int) -> torch.Tensor:
    return step(x, h) if t < 100 else h


# Loops that do the same for every length.


def over_rows(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    for x in xs:
        h = torch.tanh(cell(torch.cat([x, h], 1)))
    return h


def by_position(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    outs = []
    for t in range(xs.shape[0]):
        h = torch.tanh(cell(torch.cat([xs[t], h], 1)))
        outs.append(h)
    return torch.stack(outs)


def calls_a_function(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    for x in xs:
        h = step(x, h)
    return h


def calls_a_module(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    for x in xs:
        h = module(x, h)
    return h


def looks_at_what_stays(xs: torch.Tensor, mask: None = None) -> torch.Tensor:
    h = start(xs)
    for _, x in enumerate(xs):
        new = torch.tanh(cell(torch.cat([x, h], 1)))
        h = new if mask is None else new * mask
    return h


def in_a_comprehension(xs: torch.Tensor) -> torch.Tensor:
    return torch.stack([torch.tanh(x) * 2 for x in xs])


# Loops that may do something else from some iteration on.


def asks_for_the_count(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    for t in range(xs.shape[0]):
        h = torch.tanh(cell(torch.cat([xs[t], h], 1)))
        if t > 100:
            h = h * 2
    return h


def counts_by_itself(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    k = 0
    for x in xs:
        h = torch.tanh(cell(torch.cat([x, h], 1)))
        k += 1
    return h * 2 if k > 100 else h


def counts_a_list(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    outs = []
    for x in xs:
        h = torch.tanh(cell(torch.cat([x, h], 1)))
        outs.append(h)
    return outs[-1] if len(outs) < 100 else outs[0]


def looks_up(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    for t in range(xs.shape[0]):
        h = torch.tanh(cell(torch.cat([xs[t], h], 1))) * TABLE[t // 5]
    return h


def takes_a_remainder(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    for t in range(xs.shape[0]):
        h = torch.tanh(cell(torch.cat([xs[t], h], 1))) * (t // 50 + 1)
    return h


def asks_another_library(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    for t in range(xs.shape[0]):
        h = torch.tanh(cell(torch.cat([xs[t], h], 1))) * math.floor(t / 50 + 1)
    return h


def calls_a_function_that_counts(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    for t in range(xs.shape[0]):
        h = counting_step(xs[t], h, t)
    return h


def calls_a_method_that_counts(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    counter = Counter()
    for x in xs:
        h = counter.step(x, h)
    return h


def has_a_while(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    for x in xs:
        h = torch.tanh(cell(torch.cat([x, h], 1)))
        while False:
            pass
    return h


def hides_it_in_a_try(xs: torch.Tensor) -> torch.Tensor:
    h = start(xs)
    for t, x in enumerate(xs):
        try:
            [0] * 100 + [][t:t]
        finally:
            h = torch.tanh(cell(torch.cat([x, h], 1)))
    return h


def filters(xs: torch.Tensor) -> torch.Tensor:
    return torch.stack([torch.tanh(x) * 2 for t, x in enumerate(xs) if t < 100])


GOOD: list[tuple[Callable[..., Any], list[Callable[..., Any]]]] = [
    (over_rows, []),
    (by_position, []),
    (calls_a_function, [step, start]),
    (calls_a_module, [Module.forward, start]),
    (looks_at_what_stays, []),
    (in_a_comprehension, []),
]

BAD: list[tuple[Callable[..., Any], list[Callable[..., Any]], str]] = [
    (asks_for_the_count, [], "a test in it"),
    (counts_by_itself, [], "a test in it"),
    (counts_a_list, [], "a test in it"),
    (looks_up, [], "something is looked up"),
    (takes_a_remainder, [], "a number that counts"),
    (asks_another_library, [], "it calls math.floor"),
    (calls_a_function_that_counts, [counting_step, step], "a test in it"),
    (calls_a_function, [], "it calls step"),
    (calls_a_method_that_counts, [Counter.step], "a test in it"),
    (has_a_while, [], "there is a while in it"),
    (hides_it_in_a_try, [], "there is a try in it"),
    (filters, [], "a test in it"),
]


def _reason(function: Callable[..., Any], ran: list[Callable[..., Any]]) -> str | None:
    run = Run(function, numbers(5, 2, 3))
    (pin,) = [p for p in run.observed.pinned if p.loop]
    return Licence([function.__code__, *(f.__code__ for f in ran)], run.sites)(pin)


@pytest.mark.parametrize(("function", "ran"), GOOD)
def test_loops_with_a_licence(function: Any, ran: Any) -> None:
    assert _reason(function, ran) is None


@pytest.mark.parametrize(("function", "ran", "why"), BAD)
def test_loops_without(function: Any, ran: Any, why: str) -> None:
    reason = _reason(function, ran)
    assert reason is not None
    assert why in reason
    assert __file__ in reason


def test_no_source_no_licence() -> None:
    scope: dict[str, Any] = {"torch": torch}
    exec(
        "def f(xs):\n    h = xs[0]\n    for x in xs:\n        h = torch.tanh(h + x)\n    return h",
        scope,
    )
    run = Run(scope["f"], numbers(5, 3))
    reasons = [Licence([scope["f"].__code__], run.sites)(pin) for pin in run.observed.pinned]
    assert reasons == ["the source of the loop is not to be had"]


def test_callers_of_the_loop_may_do_what_they_like() -> None:
    def outer(xs: torch.Tensor) -> torch.Tensor:
        for _ in range(3):
            if np.random.default_rng(0).random() > 2:
                break
        return over_rows(xs)

    run = Run(outer, numbers(5, 2, 3))
    (pin,) = [p for p in run.observed.pinned if p.loop]
    codes = [outer.__code__, over_rows.__code__, start.__code__]
    assert Licence(codes, run.sites)(pin) is None


def test_a_loop_with_a_licence_holds_for_every_length() -> None:
    made = general(over_rows, [(5, 2, 3)], [(7, 3, 3)], ran=[start])
    assert isinstance(made, General), made
    assert made.symbols == ["x0_0", "x0_1"]
    assert made.holds({"x0_0": 1000, "x0_1": 9})


def test_a_loop_without_holds_up_to_the_longest_seen() -> None:
    made = general(asks_for_the_count, [(5, 2, 3)], [(7, 3, 3)], ran=[start])
    assert isinstance(made, General), made
    assert made.holds({"x0_0": 6, "x0_1": 9})
    (why,) = made.objections({"x0_0": 8, "x0_1": 9})
    assert why.startswith("x0_0 = 8 is beyond 7, the longest seen: a test in it depends")
    assert any("up to x0_0 = 7" in line for line in made.describe())
