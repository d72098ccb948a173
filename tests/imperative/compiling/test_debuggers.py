"""Python's debugger in functions, compiled or not: it sees real numbers, and the call gives what it always gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import bifront.imperative as torch

SCRIPT = """\
import pdb
import sys

import bifront.imperative as torch


def stop():
    if HERE == "breakpoint":
        breakpoint()
    elif HERE == "set_trace":
        pdb.set_trace()


def scaled(y):
    factor = y.max().item()
    stop()
    return y * factor


def step(x):
    rows = x.shape[0]
    total = x.sum().item()
    twice = total * 2.0
    y = x * twice + rows
    z = scaled(y)
    mean = z.mean().item()
    return z.sum() + mean + rows


HERE = sys.argv[1]
if sys.argv[2] == "compiled":
    step = torch.compile(step, fullgraph=sys.argv[3:] == ["fullgraph"])
for i in range(3):
    print("result", step(torch.ones(4, 3)).item())
if sys.argv[2] == "compiled":
    print(step.stats)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def driven(commands: list[str], *command: object) -> list[str]:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        input="\n".join(commands) + "\n",
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.split("(Pdb) ")


LOOK = [
    "p factor, type(factor)", "p y", "u", "p type(rows), type(total), type(twice), twice",
    "p x.shape[0].__class__, type(x.shape[0])",    "p type(x.sum().item())",
]  # fmt: skip


@pytest.mark.parametrize("how", ["breakpoint", "set_trace"])
@pytest.mark.parametrize("style", [["eager"], ["compiled"], ["compiled", "fullgraph"]])
def test_a_stop_in_a_function_sees_plain_numbers(script: Path, how: str, style: list[str]) -> None:
    out = driven(["u", *LOOK, "c", "c", "c"], script, how, *style)
    assert "stop()" in out[1]
    assert out[2].strip() == "(28.0, <class 'float'>)"
    assert out[3].startswith("tensor([[28., 28., 28.],")
    assert out[5].strip() == "(<class 'int'>, <class 'float'>, <class 'float'>, 24.0)"
    assert out[6].strip() == "(<class 'int'>, <class 'int'>)"
    assert out[7].strip() == "<class 'float'>"
    results = [line for part in out for line in part.splitlines() if line.startswith("result")]
    assert results == ["result 10196.0"] * 3
    if style[0] == "compiled":
        assert "Stats(calls=3, hits=0, misses=3, eager_runs=0)" in out[-1]


@pytest.mark.parametrize("style", ["eager", "compiled"])
def test_a_breakpoint_on_a_line_sees_its_value(script: Path, style: str) -> None:
    commands = ["b 25", "c", "p y.shape", "n", "p z", "p type(twice)", "clear 1", "c", "q"]
    out = driven(commands, "-m", "pdb", script, "never", style)
    assert "z = scaled(y)" in out[2]
    assert out[3].strip() == "torch.Size([4, 3])"
    assert out[5].startswith("tensor([[784., 784., 784.],")
    assert out[6].strip() == "<class 'float'>"
    assert out[8].count("result 10196.0") == 3
    if style == "compiled":
        # Once nobody waits for its lines, it is compiled as ever.
        assert "Stats(calls=3, hits=1, misses=1, eager_runs=1)" in out[8]


def test_a_stop_on_a_rare_way_leaves_the_others_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(
        sys, "breakpointhook", lambda: seen.append(type(sys._getframe(1).f_locals["s"]))
    )

    @torch.compile
    def f(x: torch.Tensor) -> torch.Tensor:
        s = x.sum().item()
        if torch.isnan(x).any():
            breakpoint()
            s = s + 1.0
        return x * 2 + s

    good, bad = torch.ones(3), torch.tensor([1.0, float("nan"), 1.0])
    for x in (good, good, bad, bad, bad, bad, bad, good):
        expected = x * 2 + x.sum()
        assert torch.equal(torch.nan_to_num(f(x)), torch.nan_to_num(expected))
    assert seen == [float] * 5
    assert f.stats.hits == 2
    assert "a debugger stops in it" in f.explain()


def test_trace_functions_see_every_line() -> None:
    lines: list[int] = []

    def f(x: torch.Tensor) -> torch.Tensor:
        y = x + 1
        return y * 2

    compiled = torch.compile(f)
    compiled(torch.ones(2)), compiled(torch.ones(2))
    hits = compiled.stats.hits

    def trace(frame, event, argument):  # type: ignore[no-untyped-def]
        if frame.f_code is f.__code__ and event == "line":
            lines.append(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        result = compiled(torch.ones(2))
    finally:
        sys.settrace(before)
    assert result.tolist() == [4, 4]
    assert lines == [f.__code__.co_firstlineno + 1, f.__code__.co_firstlineno + 2]
    assert compiled.stats.hits == hits


def test_coverage_measures_compiled_functions_as_they_are() -> None:
    compiled = torch.compile(lambda x: x + 1)

    class Tracer:
        def trace(self, *_: object) -> None:
            return None

    Tracer.__module__ = "coverage.pytracer"
    before = sys.gettrace()
    sys.settrace(Tracer().trace)
    try:
        compiled(torch.ones(2)), compiled(torch.ones(2))
    finally:
        sys.settrace(before)
    assert compiled.stats.hits == 1
