"""Statements that only show values are repeated with the values of each run, and bind a run to nothing."""

from __future__ import annotations

import contextlib
import io
import logging
import math
import pprint
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import bifront.imperative as torch
from bifront.imperative import nn

from .tracing import Trace, again

log = logging.getLogger(__name__)
OPTIONS = SimpleNamespace(name="run", digits=3)


def run(function: Callable[[torch.Tensor], object], x: torch.Tensor) -> Trace:
    """The function, traced; ``item()`` gives numbers of the trace."""
    trace = Trace()
    with trace.running():
        function(x)
    return trace


def replayed(trace: Trace, x: torch.Tensor, y: torch.Tensor) -> None:
    """All effects of a trace that was made with ``x``, as a run with ``y`` has them."""
    trace.numbers.close()
    for effect in trace.effects.effects:
        effect.replay([np.asarray(again(a, {x.array: y.array.data})) for a in effect.arrays])


def value(x: torch.Tensor) -> str:
    print(x)
    return "value"


def several(x: torch.Tensor) -> None:
    loss = (x * 2).sum()
    print("loss", loss.item(), "of", x, sep=" | ", end="!\n")
    print(f"{loss.item():.3f} {loss:.2e} {loss} {OPTIONS.name} {x.shape[0]:3d}")
    print("%.2f and %s" % (loss.item(), loss))  # noqa: UP031
    print(f"{loss.item():.1f} {x.mean()}")
    print(
        round(loss.item(), OPTIONS.digits),
        max(loss.item(), 3),
        loss.item() > 3,
        math.exp(loss.item()),
    )
    print("high" if loss.item() > 3 else "low", float(loss), int(loss), bool(loss))


def containers(x: torch.Tensor) -> None:
    losses = [x.sum(), x.mean().item()]
    table = {"a": x[0], "b": (1, "c")}
    print(losses, losses[0], losses[-1], table, table["a"].item())
    print([round(v, 2) for v in x.tolist()], {k: str(v) for k, v in table.items()}, *losses)
    print(", ".join(f"{v:.2f}" for v in x), x.tolist(), x.numpy(), x[0].item(), sorted(x.tolist()))


def gradients(x: torch.Tensor) -> None:
    w = torch.ones(2, requires_grad=True)
    loss = (w * x).sum()
    print(loss, w, loss.detach(), w.requires_grad)


def nested(x: torch.Tensor) -> None:
    def show(label: str, v: torch.Tensor) -> None:
        print(label, v)

    for i in range(3):
        show(f"step {i}", x * i)
        if i == 1:
            print("in the middle")
    print()


def streams(x: torch.Tensor) -> None:
    sys.stdout.write(f"{x.sum().item()}\n")
    sys.stderr.write("to stderr " + str(x) + "\n")
    print(x, file=sys.stderr, flush=True)
    sys.stdout.flush()


def pretty(x: torch.Tensor) -> None:
    pprint.pprint({"loss": x.sum().item(), "x": x})
    pprint.pp([x.mean()])


SHOWING = [value, several, containers, gradients, nested, streams, pretty]


@pytest.mark.parametrize("function", SHOWING, ids=lambda f: f.__name__)
def test_later_runs_print_what_python_prints(
    function: Callable[[torch.Tensor], object], capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = torch.tensor([1.5, 2.25]), torch.tensor([4.0, -8.125])
    function(x)
    expected = capsys.readouterr()
    trace = run(function, x)
    assert capsys.readouterr() == expected
    assert not trace.effects.refusals
    assert not trace.checks
    function(y)
    expected = capsys.readouterr()
    replayed(trace, x, y)
    assert capsys.readouterr() == expected


def logs(x: torch.Tensor) -> None:
    loss = x.sum()
    log.info("loss %s of %.2f", loss, loss.item())
    log.log(logging.WARNING, f"loss {loss.item():.3f}")
    logging.getLogger(__name__).error("again %s", x.tolist())
    log.debug("not shown %s", loss)


def test_later_runs_log_what_python_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    x, y = torch.tensor([1.5, 2.25]), torch.tensor([4.0, -8.125])

    def told() -> list[tuple[object, ...]]:
        told = [
            (r.name, r.levelname, r.getMessage(), r.funcName, r.lineno, r.pathname)
            for r in caplog.records
        ]
        caplog.clear()
        return told

    logs(x)
    expected = told()
    assert len(expected) == 3
    trace = run(logs, x)
    trace.numbers.close()
    assert not trace.checks
    assert told() == expected
    assert not trace.effects.refusals
    logs(y)
    expected = told()
    replayed(trace, x, y)
    assert told() == expected
    # Whether anybody listens is asked at each run.
    caplog.set_level(logging.DEBUG)
    replayed(trace, x, y)
    assert len(told()) == 4


def warn(x: torch.Tensor) -> None:
    warnings.warn(f"loss {x.sum().item()}")  # noqa: B028


def test_later_runs_warn_as_python_does() -> None:
    x, y = torch.tensor([1.5]), torch.tensor([4.0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        trace = run(warn, x)
        replayed(trace, x, y)
        warn(y)
    assert [str(w.message) for w in caught] == ["loss 1.5", "loss 4.0", "loss 4.0"]
    assert len({(w.filename, w.lineno, w.category) for w in caught}) == 1
    assert not trace.checks


class Talker:
    def __str__(self) -> str:
        return "talker"

    @property
    def name(self) -> str:
        return "x"

    def speak(self) -> str:
        return "hello"


talker = Talker()
said: list[str] = []


def assigned(x: torch.Tensor) -> None:
    nothing = print(x.sum().item())
    assert nothing is None


def called(x: torch.Tensor) -> None:
    print(talker.speak(), x.sum().item())


def objects(x: torch.Tensor) -> None:
    print(talker, x.sum().item())


def properties(x: torch.Tensor) -> None:
    print(talker.name, x.sum().item())


def files(x: torch.Tensor) -> None:
    file = io.StringIO()
    print(x.sum().item(), file=file)


def walrus(x: torch.Tensor) -> None:
    print(v := x.sum().item())
    print(v)


def appended(x: torch.Tensor) -> None:
    print(x.sum().item(), said.append("x"))


def drawn(x: torch.Tensor) -> None:
    print(x.sum().item(), torch.rand(1))


def written(x: torch.Tensor) -> None:
    print(x.clone().add_(1))


def inline(x: torch.Tensor) -> None:
    _ = [print(v.item()) for v in x]


def anonymous(x: torch.Tensor) -> None:
    print(sorted(x.tolist(), key=lambda v: -v))


def networks(x: torch.Tensor) -> None:
    print(nn.Linear(1, 1), x.sum().item())


@pytest.mark.parametrize(
    "function",
    [assigned, called, objects, properties, files, walrus, appended, drawn, written, inline, anonymous, networks],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_what_does_more_than_to_show_is_not_repeated(
    function: Callable[[torch.Tensor], object],
) -> None:
    trace = run(function, torch.tensor([1.5, 2.25]))
    assert trace.effects.refusals
    text = str(trace.effects.refusals[0])
    assert Path(__file__).name in text
    said.clear()


def test_a_value_that_is_also_used_is_looked_at() -> None:
    def both(x: torch.Tensor) -> None:
        loss = x.sum().item()
        print(loss)
        if loss > 1:
            print("large")
        math.sqrt(loss)

    trace = run(both, torch.tensor([1.5, 2.25]))
    assert [c.data.item() for c in trace.checks] == [True, 3.75]
    assert len(trace.effects.effects) == 2


def test_an_error_inside_a_statement_is_not_repeated() -> None:
    def fails(x: torch.Tensor) -> None:
        with contextlib.suppress(IndexError):
            print(f"{x.sum().item():.3f}", [1][int(x.sum())])

    trace = run(fails, torch.tensor([1.5, 2.25]))
    assert trace.effects.effects == []
    assert "did not come to its end" in str(trace.effects.refusals[0])


def test_without_source_nothing_is_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    scope: dict[str, Any] = {}
    exec("def shows(x):\n    print(x.sum().item())\n", scope)
    trace = run(scope["shows"], torch.tensor([1.5]))
    assert capsys.readouterr().out == "1.5\n"
    assert trace.effects.refusals


def test_values_are_those_of_the_moment(capsys: pytest.CaptureFixture[str]) -> None:
    def changes(x: torch.Tensor) -> None:
        table = {"n": 0}
        for i in range(3):
            table["n"] += i
            x = x + i
            print(table, x, i)

    x = torch.tensor([1.0])
    trace = run(changes, x)
    expected = capsys.readouterr().out
    replayed(trace, x, x)
    assert capsys.readouterr().out == expected


def test_an_effect_keeps_no_history() -> None:
    x = torch.tensor([1.0])
    trace = run(value, x)
    (effect,) = trace.effects.effects
    assert effect.arrays == (x.array,)
    assert effect.location.line == value.__code__.co_firstlineno + 1


# --- through torch.compile ---


@pytest.mark.parametrize("function", SHOWING, ids=lambda f: f.__name__)
def test_compiled_functions_print_at_every_call(
    function: Callable[[torch.Tensor], object], capsys: pytest.CaptureFixture[str]
) -> None:
    compiled = torch.compile(function)
    for i in range(5):
        x = torch.tensor([1.5 + i, 2.25 - i])
        function(x)
        expected = capsys.readouterr()
        compiled(x)
        assert capsys.readouterr() == expected
    assert compiled.stats.misses == 1
    assert compiled.stats.hits == 4


def test_a_training_step_that_prints(capsys: pytest.CaptureFixture[str]) -> None:
    def train(compiled: bool) -> tuple[str, Any]:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 1))
        opt = torch.optim.Adam(model.parameters(), lr=0.1)

        def step(x: torch.Tensor, epoch: int) -> None:
            opt.zero_grad()
            loss = model(x).pow(2).mean()
            loss.backward()
            opt.step()
            print(f"loss {loss.item():.6f}, weight {model[0].weight.norm():.4f}", loss.detach())

        run: Any = torch.compile(step) if compiled else step
        for _ in range(6):
            run(torch.randn(8, 2), 1)
        return capsys.readouterr().out, run

    expected, _ = train(False)
    printed, compiled = train(True)
    assert printed == expected
    assert compiled.stats.hits == 4
