"""A trace lets go of numbers that nobody can ask for, and of no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bifront.imperative as torch
from bifront.compiler.dispatch import Array
from bifront.imperative import nn
from bifront.imperative.compiling import function, sparing
from bifront.imperative.compiling.tracer import Log, Tracing


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """After every operation, however small its result."""
    monkeypatch.setattr(sparing, "LARGE", 0)
    monkeypatch.setattr(sparing, "OFTEN", 0)


def _spared(log: Log) -> int:
    return sum(isinstance(e, Array) and isinstance(e.data, sparing.Spared) for e in log.events)


def _traced(function: Any) -> tuple[Log, Any]:
    log = Log()
    with Tracing(log).listening():
        return log, function()


def test_what_was_only_passed_through_is_let_go() -> None:
    x = torch.ones(3)
    log, y = _traced(lambda: ((x + 1) * 2 - 3) / 4)
    # Operands are still in use while an operation is done, and those of the last one stay.
    assert _spared(log) == 2
    sparing.spare(log.events, log.spent, [], {})
    assert _spared(log) == 3
    assert y.tolist() == [0.25] * 3


def test_what_a_gradient_may_ask_for_is_kept() -> None:
    x = torch.ones(3, requires_grad=True)
    log, y = _traced(lambda: (x.exp() * 2).sin())
    assert _spared(log) == 0
    assert y.shape == (3,)


def test_what_the_program_holds_is_kept() -> None:
    x = torch.ones(3)
    held: list[Any] = []

    def program() -> Any:
        held.append(x + 1)
        held.append({"deep": (held[0] * 2).reshape(3, 1)})
        return held[1]["deep"] - 3

    program_log, _ = _traced(program)
    assert held[0].tolist() == [2.0] * 3
    assert held[1]["deep"].tolist() == [[4.0]] * 3
    assert program_log.events


def test_steps_of_training_are_those_of_python() -> None:
    def train(compiled: bool) -> list[bytes]:
        torch.manual_seed(3)
        net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=0.1)
        x = torch.tensor(np.linspace(-1, 1, 15, dtype=np.float32).reshape(5, 3))

        def step() -> Any:
            optimizer.zero_grad()
            loss = net(x).pow(2).mean()
            loss.backward()
            optimizer.step()
            return loss

        run = torch.compile(step) if compiled else step
        seen = [run() for _ in range(5)]
        seen += [*net.parameters(), *net.buffers(), *(p.grad for p in net.parameters())]
        return [t.detach().clone().numpy().tobytes() for t in seen]

    assert train(True) == train(False)


def _gradients_found(keep: bool) -> list[Any]:
    """What a step found in the place of gradients, after it has computed others.

    Args:
        keep: whether the program has the gradients somewhere else, too.
    """
    net = nn.Linear(3, 2)
    x = torch.ones(4, 3)
    net(x).sum().backward()
    kept = [p.grad for p in net.parameters()] if keep else []

    def step() -> None:
        net.zero_grad()
        net(x).pow(2).sum().backward()

    log, _ = _traced(step)
    sparing.spare(log.events, log.spent, log._old, log.gradients)
    found = [start.array.data for start in log.gradients.values() if start.array is not None]
    assert len(found) == 2
    for gradient in kept:
        assert gradient.numpy().size
    return found


def test_gradients_that_the_program_gave_up_are_let_go() -> None:
    assert all(isinstance(data, sparing.Spared) for data in _gradients_found(False))


def test_gradients_that_the_program_has_are_kept() -> None:
    assert all(isinstance(data, np.ndarray) for data in _gradients_found(True))


def test_a_weight_that_gave_way_to_another_is_let_go_behind_a_backward() -> None:
    net = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x = torch.ones(4, 3)

    def step() -> None:
        optimizer.zero_grad()
        net(x).sum().backward()
        optimizer.step()

    log, _ = _traced(step)
    sparing.spare(log.events, log.spent, log._old, log.gradients)
    old, new = log.writes[net.weight.array.origin]
    assert isinstance(old.data, sparing.Spared)
    assert new.data is net.weight.array.data


def test_long_logs_are_spared_as_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparing, "FEW", 4)
    x, start = torch.ones(3), torch.zeros(3)

    def program() -> Any:
        y, kept = start, []
        for i in range(50):
            y = y + x
            if i % 10 == 0:
                kept.append(y)
        return y, kept

    log, (y, kept) = _traced(program)
    assert _spared(log) >= 40
    assert y.tolist() == [50.0] * 3
    assert [k[0].item() for k in kept] == [1.0, 11.0, 21.0, 31.0, 41.0]


def test_numbers_that_were_let_go_fail_loudly() -> None:
    x = torch.ones(3)
    log, _ = _traced(lambda: (x + 1) * 2 - 3)
    first = next(e for e in log.events if isinstance(e, Array) and e.op is not None)
    assert first.data.shape == (3,)
    with pytest.raises(AssertionError, match="still needed"):
        np.asarray(first.data)


def test_memory_goes_back_after_a_run_that_computed_much(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bool] = []
    monkeypatch.setattr(function, "MUCH", 4000)
    monkeypatch.setattr(function, "give_back", lambda: given.append(True))
    run = torch.compile(lambda x: (x + 1) * 2)
    for size, times in ((10, 0), (1000, 1), (1000, 1)):
        run(torch.ones(size))
        assert len(given) == times
