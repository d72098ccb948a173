"""The parts of the experiments, on programs small enough to know the answer."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bifront.claims import debuggers, deploy, dynamic, errors, iteration, learning, speed
from bifront.claims.cells import statements_again
from bifront.claims.examples import STYLES, example, pairs
from bifront.claims.running import in_a_process
from bifront.claims.values import kind, names_of
from bifront.comparison.ergonomics import measure
from bifront.compiler.errors import BifrontError
from bifront.mistakes import Examined, Said


def silent(_: str) -> None:
    """Nobody asked."""


def test_pairs_are_found() -> None:
    assert {"digits_mlp", "tree_net"} <= {pair.name for pair in pairs()}
    with pytest.raises(BifrontError, match="no nowhere/at_all among them"):
        example("nowhere", "at_all")


# Milestones.


@pytest.mark.parametrize("milestone", learning.milestones())
def test_milestones_are_reached(milestone: str) -> None:
    numbers = []
    for style in STYLES:
        script = example("milestones", milestone, f"{style}.py")
        assert measure(script.read_text()).style == style
        done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        numbers.append([float(n) for n in done.stdout.replace(",", " ").strip("[] \n").split()])
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-4)


def test_names_add_up() -> None:
    found = learning.CLAIM.measure(silent)
    for style in STYLES:
        known = [f[style] for f in found.all if f.name.startswith("names known by")]
        assert known == sorted(known)
        assert len(known) == 5


# Errors.


def said(style: str, mistake: str, by: str | None, named: bool, words: int | None) -> Examined:
    stage = "build" if by == "error" else "never"
    return Examined(mistake, style, "x.py", 1, stage, Said(by, named, words, words, words))


def test_distances_are_of_mistakes_that_raise_in_both() -> None:
    found = errors.figures(
        [
            said("static", "a", "error", True, 10),
            said("imperative", "a", "error", False, 2),
            said("static", "b", "error", True, 90),
            said("imperative", "b", "checker", True, 1),
            said("static", "c", None, False, None),
            said("imperative", "c", None, False, None),
        ]
    )
    assert dict(found[errors.RAISE].values) == {"static": 2, "imperative": 1}
    assert dict(found[errors.NAMED].values) == {"static": 2, "imperative": 0}
    assert dict(found[errors.CHECKED].values) == {"static": 0, "imperative": 1}
    assert dict(found[errors.WORDS].values) == {"static": 10, "imperative": 2}


def test_nothing_raises_in_both() -> None:
    raised = said("static", "a", "error", True, 1)
    found = errors.figures([raised, said("imperative", "a", None, False, None)])
    assert dict(found[errors.WORDS].values) == {"static": None, "imperative": None}


# Debuggers.


@pytest.mark.parametrize(
    ("line", "given", "read"),
    [
        ("loss = mean(square(a - b))", ["loss"], ["mean", "square", "a", "b"]),
        ("loss.backward()", [], ["loss"]),
        ("a, b = c", ["a", "b"], ["c"]),
        ("for i in data:\n    x = i", ["i"], ["data"]),
        ("def f(x):\n    return x", [], []),
    ],
)
def test_names_of_a_statement(line: str, given: list[str], read: list[str]) -> None:
    assert names_of(ast.parse(line).body[0]) == (given, read)


def test_what_a_debugger_shows() -> None:
    import bifront.imperative as torch
    import bifront.static as tf

    leaf = torch.ones(2, requires_grad=True)
    frame = {"t": leaf * 2, "s": tf.constant(1.0), "n": 1.5, "m": torch.nn.Linear(1, 1), "tf": tf}
    assert kind([["t"]], frame) == kind([["n"]], frame) == "numbers"
    assert kind([["s"]], frame) == kind([["t", "s"]], frame) == "symbols"
    assert kind([["m", "tf", "absent"]], frame) == ""
    # A line that raised gave nothing a value: what it read is looked at.
    assert kind([["absent"], ["t"]], frame) == "numbers"


@pytest.mark.parametrize(("style", "sees"), [("static", 0), ("imperative", 1), ("compiled", 1)])
def test_a_breakpoint_in_the_second_call(style: str, sees: int, tmp_path: Path) -> None:
    assert debuggers.sees_nan(debuggers.SECOND_CALL[style], tmp_path) == sees


@pytest.mark.parametrize(("style", "shown"), [("static", "symbols"), ("imperative", "numbers")])
def test_a_breakpoint_at_a_mistake(style: str, shown: str) -> None:
    assert debuggers.shown(example("mistakes", "nan_log", f"{style}.py")) == shown


# Dynamic programs.


def test_names_for_loops_are_those_of_their_rooms() -> None:
    source = example("pairs", "tree_net", "static.py").read_text()
    assert dynamic.control_names(source, "static") == {"TensorArray", "while_loop"}
    source = example("pairs", "varlen_rnn", "static.py").read_text()
    assert dynamic.control_names(source, "static") == {"nn.dynamic_rnn", "nn.rnn_cell.GRUCell"}
    source = example("pairs", "varlen_rnn", "imperative.py").read_text()
    assert dynamic.control_names(source, "imperative") == set()


def test_compilations_are_counted(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import bifront.imperative as torch\n"
        "f = torch.compile(lambda x: x * 2)\n"
        "g = torch.compile(lambda x: x + 2)\n"
        "for _ in range(3):\n    f(torch.ones(2)), g(torch.ones(2))\n"
    )
    assert in_a_process("compilations", script) == 2
    script.write_text("raise ValueError('so')\n")
    with pytest.raises(BifrontError, match="ValueError: so"):
        in_a_process("compilations", script)


# Speed.


@pytest.mark.parametrize(
    ("own", "other", "steps"),
    [
        ((2.0, 0.1), (1.0, 0.2), 10),
        ((2.0, 0.1), (1.9, 0.4), 1),
        ((1.0, 0.3), (1.5, 0.2), 0),
        ((2.0, 0.2), (1.0, 0.2), None),
        ((2.0, 0.3), (1.0, 0.2), None),
    ],
)
def test_break_even(
    own: tuple[float, float], other: tuple[float, float], steps: float | None
) -> None:
    assert speed.break_even(*own, *other) == steps


def test_the_first_run_is_the_cold_one() -> None:
    def times(first: float, step: float) -> speed.Times:
        return {"first": first, "step": step}

    found = {
        f.name: dict(f.values)
        for f in speed.figures(
            "small",
            {
                "static": [times(3.0, 0.2), times(1.0, 0.1)],
                "imperative": [times(1.0, 0.3), times(1.0, 0.3)],
                "compiled": [times(1.0, 0.2), times(0.5, 0.2)],
            },
        )
    }
    assert found[speed.step_of("small")]["static"] == 0.1
    assert found[speed.first_of("small")]["static"] == 3.0
    assert found[speed.warm_of("small")]["static"] == 1.0
    assert found[speed.even_of("small")] == {"static": 10, "imperative": None, "compiled": 0}


def test_the_ways_compute_the_same() -> None:
    sizes = {"WIDTH": "16", "BATCH": "8", "STEPS": "5"}
    printed = set()
    for style, settings in speed.WAYS.values():
        script = example("speed", f"{style}.py")
        found = in_a_process("steps", script, environment={**sizes, **settings})
        assert 0 < found["step"] < found["first"]
        done = subprocess.run(
            [sys.executable, str(script)],
            capture_output=True, text=True, check=True, env={**os.environ, **sizes, **settings},
        )  # fmt: skip
        printed.add(done.stdout)
    assert len(printed) == 1


# Optimising and deploying.


def test_both_styles_leave_a_model_that_runs_alone() -> None:
    found = deploy.CLAIM.measure(silent)
    assert dict(found[deploy.ALONE].values) == {"static": 1, "imperative": 0, "traced": 1}
    for name in (deploy.NODES, deploy.MOVED, deploy.FLOPS):
        for way in ("static", "traced"):
            before, after = found[name][way], found[name + deploy.OPTIMISED][way]
            assert before is not None
            assert after is not None
            assert 0 < after < before


# Changing a program.

BEFORE = """
rate = 0.1
width = 3
def layer(x):
    return x * width
y = layer(2)
print(rate)
"""


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("0.1", "0.2", ["rate = 0.2", "print(rate)"]),
        ("width = 3", "width = 4", ["width = 4", "def layer", "y = layer(2)"]),
        ("x *", "x +", ["def layer", "y = layer(2)"]),
        ("rate = 0.1", "rate  =  0.1  # the same", []),
    ],
)
def test_what_runs_again(old: str, new: str, again: list[str]) -> None:
    found = statements_again(ast.parse(BEFORE), ast.parse(BEFORE.replace(old, new)))
    assert [ast.unparse(s)[: len(a)] for s, a in zip(found, again, strict=True)] == again


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("edit", iteration.EDITS)
def test_edits_are_of_one_line(style: str, edit: str, tmp_path: Path) -> None:
    before, after = iteration.edited(style, *iteration.EDITS[edit][style])
    lines = zip(before.splitlines(), after.splitlines(), strict=True)
    assert sum(a != b for a, b in lines) == 1
    (tmp_path / "before.py").write_text(before)
    (tmp_path / "after.py").write_text(after)
    cells = in_a_process("cells", tmp_path / "before.py", tmp_path / "after.py")
    assert cells["statements"] > 1
    assert cells["seconds"] > 0
    assert in_a_process("first", tmp_path / "after.py") > 0


def test_an_edit_that_fits_nothing() -> None:
    with pytest.raises(BifrontError, match="stands in the static program 0 times"):
        iteration.edited("static", "nothing", "of this kind")
