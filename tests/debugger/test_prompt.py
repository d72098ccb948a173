"""The prompt: what each command says, and what a session's run is after it."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf
from bifront.debugger import Debugger, DebuggerQuit, prompting, showing

from . import program


def said(commands: list[str], make: object = program.nan) -> list[str]:
    """What each command prints, after what is shown first."""
    graph, arrays = make()  # type: ignore[operator]
    paper = io.StringIO()
    debugger = Debugger(commands, paper)
    run = bf.debug(graph, *arrays, prompt=False)
    debugger.step_through(run)
    parts = re.split(r"^\(bifront\) .*\n", paper.getvalue(), flags=re.MULTILINE)
    return [part.strip("\n") for part in parts]


def test_a_stop_shows_line_source_and_node() -> None:
    first, second = said(["n"])
    lines = first.splitlines()
    assert re.fullmatch(r"> .*program\.py\(12\) node 1 of \d+", lines[0])
    assert "constant() {value = f32[] 2.0}" in lines[1] or lines[1].startswith("-> h = tf.nn.relu(")
    assert "(h) = f32[2, 3], min 0, max 6, mean 2" in second
    assert "-> p = h / tf.reduce_sum(h, 1, keepdims=True)" in second


def test_pdbs_names_and_their_beginnings() -> None:
    for short, full in [("s", "step"), ("n", "next"), ("w", "where"), ("l", "list"), ("a", "args")]:
        assert said([short]) == said([full])
    assert said(["whe"]) == said(["where"])
    assert said(["wh"])[1] == "*** wh: whatis or where?"
    assert "there is no command xyz" in said(["xyz"])[1]


def test_an_empty_line_does_the_last_command_again() -> None:
    assert said(["s", ""]) == said(["s", "s"])


def test_breakpoints_are_numbered_listed_and_removed() -> None:
    out = said(
        [
            "b",
            "b program.py:15",
            "tb nan",
            "b",
            "c",
            "b",
            "cl 1",
            "b",
            "cl 7",
            "b nosuch",
            "b program.py:99",
        ]
    )
    assert out[1] == "no breakpoints"
    assert out[2] == "breakpoint 1: program.py:15"
    assert out[4] == "1: program.py:15\n2: NaN (once)"
    assert out[5].startswith("breakpoint 2: NaN")
    assert "2: NaN" not in out[6]
    assert out[7].startswith("removed breakpoint 1")
    assert "there is no breakpoint 7" in out[9]
    assert "no value or operation called nosuch" in out[10]
    assert "near it are those at 13, 14, 15" in out[11]


def test_a_lone_number_is_a_line_of_the_file_at_hand() -> None:
    out = said(["b 14", "c"])
    assert "program.py(14)" in out[2]


def test_printing() -> None:
    out = said(
        ["b 15", "c", "p", "p h", "p max(h)", "whatis p", "p zz", "p h +", "p", "args", "names"]
    )
    assert "(logs)" in out[3]
    assert out[4].splitlines()[0] == "f32[2, 3], min 0, max 6, mean 2"
    assert "[[2. 4. 6.]" in out[4]
    assert out[5] == "6"
    assert "1 NaN" not in out[6]
    assert "3 NaN" in out[6]
    assert re.search(r"made at .*program\.py:13", out[6])
    assert "there is no value called zz" in out[7]
    assert "is no expression" in out[8]
    assert "%x = f32[2, 3], min 0, max 3, mean 1" in out[10]
    assert "(p) = " in out[11]


def test_chain_and_gradient() -> None:
    out = said(
        [
            "end",
            "chain loss 9",
            "gradient logs",
            "gradient logs of loss",
            "gradient x of h",
            "chain loss x",
        ]
    )
    assert out[2].count("program.py:") > 4
    assert out[3].splitlines()[1].strip("[] ").startswith("-0.166667")
    assert out[3] == out[4]
    assert "a single float" in out[5]
    assert "is no depth" in out[6]


def test_changing() -> None:
    out = said(
        [
            "b 14",
            "c",
            "!p = 0.5",
            "p sum(p)",
            "bk",
            "p nan(p)",
            "set p=0.5",
            "end",
            "rv",
            "set p",
            "set 3 = 4",
        ]
    )
    assert "(p) = f32[2, 3], min 0.5, max 0.5, mean 0.5" in out[3]
    assert out[4] == "3"
    assert out[6] == "True"
    assert "(loss) = f32[] -0" in out[9] or "(loss) = f32[] 0" in out[9]
    assert "what is to be changed" in out[10]


def test_backwards() -> None:
    out = said(["bk", "n", "n", "rn", "rc", "b 13", "end", "rc", "rc"])
    assert "beginning" in out[1]
    assert "program.py(13)" in out[4]
    assert "program.py(12)" in out[5]
    assert "breakpoint 1: " in out[8]
    assert "program.py(13)" in out[8]
    assert "program.py(12)" in out[9]


def test_loops() -> None:
    out = said(["b 26", "c", "w", "u", "p a", "d", "d", "r", "n", "c"], program.looped)
    assert "body of scan, iteration 0" in out[2]
    assert len(out[3].splitlines()) == 2
    assert "graph session" in out[4]
    assert out[5] == "1"
    assert "innermost" in out[7]
    assert "body of scan, iteration 1" in out[8]  # the breakpoint comes first


def test_the_source_beside_the_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    wide = said(["n", "l"])[2].splitlines()
    assert any("p = h /" in line and "reduce_sum" in line for line in wide)
    assert all(len(line) <= 140 for line in wide)
    monkeypatch.setenv("COLUMNS", "70")
    narrow = said(["n", "l"])[2].splitlines()
    assert "" in narrow
    assert not any("p = h /" in line and "%" in line for line in narrow)
    assert len(said(["ll"])[1].splitlines()) > len(narrow) - 5


def test_breakpoints_are_marked_in_the_source() -> None:
    assert re.search(r"^B +14  ", said(["b 14", "l"])[2], re.MULTILINE)


def test_every_command_says_what_it_does() -> None:
    out = said(["help", "help b", "h rc", "help nothing"])
    for command in ("s(tep)", "back", "rc", "rn", "c(ontinue)", "set NAME", "gradient", "chain"):
        assert command in out[1]
    assert "PLACE is FILE:LINE" in out[2]
    assert out[3].startswith("rc: go back to the breakpoint")
    assert "there is no command nothing" in out[4]


def test_an_error_is_shown_and_the_values_can_be_looked_at() -> None:
    def failing() -> tuple[bf.Graph, list[np.ndarray]]:
        nodes = "  %e: f32[n] = exp(%x)\n  %1: f32[] = gather(%e, %i) {axis = 0}\n"
        text = f"graph @g(%x: f32[n], %i: i64[]) {{\n{nodes}  return %1\n}}"
        return bf.parse(text), [np.ones(3, np.float32), np.asarray(9)]

    out = said(["c", "p i", "bk", "p x", "set i = 1", "end"], failing)
    assert "out of range" in out[1] or "index" in out[1]
    assert out[2] == "9"
    assert "2.71828" in out[6]


# Sessions.


@pytest.fixture
def model() -> tuple[tf.Session, tf.Tensor, tf.Operation, tf.Variable]:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2], name="x")
        w = tf.Variable([1.0, 2.0], name="w")
        loss = tf.reduce_sum(w * x)
        train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        return session, loss, train, w


FEED = {"x:0": [1.0, 3.0]}


def test_a_run_that_is_gone_through_changes_what_any_run_does(model, capsys) -> None:  # type: ignore[no-untyped-def]
    session, loss, train, w = model
    assert session.run([loss, train], FEED, debug=["n", "p w", "c"])[0] == 7
    assert "(bifront) n\n" in capsys.readouterr().out
    assert session.run(w).tolist() == [0.5, 0.5]
    # What was prepared for later runs of the kind is stepped through, too.
    assert session.run([loss, train], FEED, debug=[])[0] == 2
    assert session.run([loss, train], FEED, debug=["n", "c"])[0] == -3
    assert "node" in capsys.readouterr().out
    assert session.run(w).tolist() == [-0.5, -2.5]


def test_a_change_reaches_the_variables(model) -> None:  # type: ignore[no-untyped-def]
    session, loss, train, w = model
    assert session.run([loss, train], FEED, debug=["set w = w * 0", "c"])[0] == 0
    assert session.run(w).tolist() == [-0.5, -1.5]
    assert session.run(loss, FEED, debug="set w = w * 0\nc") == 0


def test_a_run_that_is_left_changes_nothing(model) -> None:  # type: ignore[no-untyped-def]
    session, loss, train, w = model
    with pytest.raises(DebuggerQuit):
        session.run([loss, train], FEED, debug=["set w = w * 0", "end", "q"])
    assert session.run(w).tolist() == [1, 2]
    assert session.run(loss, FEED) == 7


def test_a_run_that_fails_raises_what_any_run_raises(capsys) -> None:  # type: ignore[no-untyped-def]
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None], name="x")
        y = tf.gather(x * 2.0, tf.constant(5))
        for debug in (False, ["c", "p x", "c"]):
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(y, {x: [1.0]}, debug=debug)
    assert "***" in capsys.readouterr().out


def test_breakpoints_hold_from_run_to_run() -> None:
    paper = io.StringIO()
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [], name="x")
        y = tf.log(x)
        with prompting(debugger=Debugger(["b nan", "c", "p x", "detach"], paper)) as debugger:
            found = [session.run(y, {x: v}) for v in (1.0, 2.0, -1.0, 3.0)]
    assert debugger.runs == 4
    assert len(re.findall("^> ", paper.getvalue(), re.MULTILINE)) == 2  # the beginning, and the NaN
    assert "(bifront) p x\n-1\n" in paper.getvalue()
    assert np.isnan(found[2])


def test_quitting_ends_a_program_without_a_traceback(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import bifront.static as tf\nx = tf.placeholder(tf.float32, [])\ny = tf.exp(x)\n"
        "with tf.Session() as session:\n    print('e', session.run(y, {x: 1.0}, debug=True))\n"
    )

    def driven(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, script.name], cwd=tmp_path, input=text, capture_output=True, text=True
        )

    done = driven("n\np v\nc\n")
    assert done.returncode == 0
    assert "(bifront) 2.71828\n" in done.stdout
    assert "e 2.7182" in done.stdout
    for text in ("q\n", ""):  # the end of what there is to read is no reason to go on
        done = driven(text)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "e 2.7" not in done.stdout


def test_a_run_is_debugged_inside_a_profile() -> None:
    graph = bf.parse("graph @double(%x: f32[3]) {\n  %0: f32[3] = add(%x, %x)\n  return %0\n}")
    executable = bf.compile(graph)
    ones = np.ones(3, np.float32)
    paper = io.StringIO()
    with bf.profile(roofline=False) as found:
        with prompting(debugger=Debugger(["n", "p %0", "c"], paper)):
            executable.run(ones)
        (doubled,) = executable.run(ones)
    assert "f32[3], all 2" in paper.getvalue() or "min 2" in paper.getvalue()
    assert doubled.tolist() == [2, 2, 2]
    assert found.measured


def test_compiled_functions_are_stepped_through() -> None:
    import bifront.imperative as torch

    @torch.compile
    def f(x: torch.Tensor) -> torch.Tensor:
        y = torch.exp(x)
        return y.sum()

    x = torch.ones(3)
    f(x), f(x)
    paper = io.StringIO()
    with prompting(debugger=Debugger(["n", "p y", "set y = 1", "c"], paper)):
        changed = f(x)
    assert changed.item() == 3
    assert "f32[3], min 2.71828" in paper.getvalue()
    assert abs(f(x).item() - 3 * np.e) < 1e-5


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array(1.5, np.float32), "f32[] 1.5"),
        (np.zeros((0, 2), np.float64), "f64[0, 2], empty"),
        (np.array([1, 2]), "i64[2], min 1, max 2, mean 1.5"),
        (np.array([True, False]), "bool[2], 1 of 2 true"),
        (np.array([np.nan, np.nan]), "f64[2], 2 NaN"),
        (np.array([1, np.inf, np.nan]), "f64[3], min 1, max 1, mean 1, 1 NaN, 1 Inf"),
    ],
)
def test_descriptions(array: np.ndarray, text: str) -> None:
    assert showing.described(array) == text
