"""``bifront debug``, as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

STATIC = """\
import bifront.static as tf

x = tf.placeholder(tf.float32, [], name="x")
w = tf.Variable(2.0, name="w")
y = tf.log(x * w)
train = tf.train.GradientDescentOptimizer(1.0).minimize(y)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for value in (1.0, 2.0, -1.0):
        print("y", session.run([y, train], {x: value})[0])
    print("w", session.run(w))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(STATIC)
    return path


def debug(
    script: Path, *arguments: str, commands: str | None = None, text: str = ""
) -> subprocess.CompletedProcess[str]:
    more = list(arguments)
    if commands is not None:
        (script.parent / "commands.txt").write_text(commands)
        more += ["--commands", "commands.txt"]
    return subprocess.run(
        [sys.executable, "-m", "bifront", "debug", script.name, *more],
        cwd=script.parent, input=text, capture_output=True, text=True,
    )  # fmt: skip


def test_every_run_stops_at_its_start(script: Path) -> None:
    done = debug(script, commands="# to the end of the first run\nend\n\nn\np x\nc")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("script.py(5) node 1") == 2
    assert "(bifront) p x\n2\n" in done.stdout
    assert done.stdout.count("y ") >= 3


def test_it_goes_on_to_the_first_nan(script: Path) -> None:
    done = debug(script, "--nan", commands="p x\nwhatis v\nc")
    lines = done.stdout.splitlines()
    at = lines.index("breakpoint 1: NaN")
    assert lines[:at] == [line for line in lines[:at] if line.startswith("y ")]
    assert len(lines[:at]) == 2
    assert "(y) = f32[] nan" in lines[at + 1]
    assert lines[-2:] == ["y nan", "w -0.36666673"]


def test_breakpoints_of_the_command_line(script: Path) -> None:
    for place in ("5", "script.py:5", "log", "if v > 2.5"):
        done = debug(script, "-b", place, commands="p x\ndetach")
        assert done.returncode == 0, done.stderr
        assert "breakpoint 1: " in done.stdout
    assert "\n3\n" in debug(script, "-b", "if v > 2.5", commands="p v").stdout


def test_commands_from_the_terminal(script: Path) -> None:
    done = debug(script, text="n\nq\n")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not [line for line in done.stdout.splitlines() if line.startswith("y ")]


def test_debugging_changes_nothing(script: Path) -> None:
    plain = subprocess.run(
        [sys.executable, script.name], cwd=script.parent, capture_output=True, text=True
    )
    done = debug(script, commands="n\np w\nc\n")
    told = [line for line in done.stdout.splitlines() if line[:2] in ("y ", "w ")]
    assert told == plain.stdout.splitlines()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--break", "a b"], "is no breakpoint"),
        (["--break", "if open(3)"], "calls none of"),
        (["--commands", "missing.txt"], "cannot be read"),
    ],
)
def test_wrong_usage(script: Path, arguments: list[str], said: str) -> None:
    done = debug(script, *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_program_without_graphs(script: Path) -> None:
    script.write_text("import bifront.imperative as torch\nprint(torch.ones(2).sum())\n")
    done = debug(script)
    assert done.returncode == 1
    assert "ran no graph" in done.stderr
    assert "pdb" in done.stderr
    (script.parent / "none").mkdir()
    assert "there is no script" in debug(script.parent / "none" / "x.py").stderr
