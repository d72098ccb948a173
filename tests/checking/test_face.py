"""``bf.check`` and ``bifront check``: what they take, give and raise, and that nothing stays behind."""

from __future__ import annotations

import json
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.static as tf
from bifront.compiler.dispatch import RECORDING, current
from bifront.compiler.lints import LINTS, CheckFailed
from bifront.insight.checking import check_script, describe
from bifront.runtime.checking import border
from bifront.runtime.checking.table import NAMES, WATCHERS
from bifront.runtime.watching import watch

from .programs import run

LOG = "x = torch.log(torch.zeros(2))\nprint(x)\n"
TABLE = """graph @loss(%y: f32[n], %x: f32[n, 1]) state(%w: f32[1, 1] = "w") {
  %0: f32[n, 1] = matmul(%x, %w) {transpose_a = false, transpose_b = false}
  %1: f32[n, n] = sub(%0, %y)
  %2: f32[] = reduce_sum(%1) {axes = (0, 1), keepdims = false}
  return %2, %w <- %w
}
"""


def test_a_finding_reads_like_an_error(tmp_path: Path) -> None:
    script = tmp_path / "work.py"
    script.write_text(
        "import bifront.imperative as torch\n\nx = torch.zeros(2)\ny = torch.log(x)\nprint(y)\n"
    )
    (finding,) = check_script(script)
    assert finding.check == "nonfinite"
    assert str(finding).splitlines() == [
        "log makes -inf of finite numbers: 2 of 2 values are not finite [nonfinite]",
        f"  {script}:4:5",
        "      y = torch.log(x)",
        "          ^^^^^^^^^^^^",
        "  To mend it: keep what it is taken of above 0 (clamp it, add a small number), or use log_softmax",
    ]
    plain = finding.to_json()
    assert (plain["file"], plain["line"], plain["column"]) == (str(script), 4, 5)
    assert plain["text"] == str(finding)


def test_a_line_is_found_once() -> None:
    body = "def f():\n    return torch.log(torch.zeros(2))\nfor _ in range(5):\n    print(f())\n"
    found = run(body)
    assert len(found) == 1
    assert list(found) == found.findings


def test_nothing_found_says_so() -> None:
    assert str(run("print(torch.ones(2))\n")) == "Nothing was found."


def test_checks_are_chosen_by_name() -> None:
    body = LOG + "y = torch.empty(2) + 1\n"
    assert {f.check for f in run(body).findings} == {"nonfinite", "uninitialized"}
    assert {f.check for f in run(body, only=["uninitialized"]).findings} == {"uninitialized"}
    assert run(body, only=["dropout"]).findings == []
    with pytest.raises(ValueError, match="there is no check 'nan'"):
        bf.check(only=["nan"])
    with pytest.raises(bf.BifrontError, match="'nonfinit'") as refused:
        bf.check(only=["nonfinit"])
    assert "use 'nonfinite'" in str(refused.value)


def test_nan_is_raised_where_it_is_made() -> None:
    body = "x = torch.sqrt(-torch.ones(1))\nraise AssertionError('came further')\n"
    with pytest.raises(CheckFailed, match=r"sqrt makes nan .*\[nonfinite\]") as raised:
        run(body, raise_=True)
    assert raised.value.finding.location is not None
    assert raised.value.finding.location.line == 4


def test_what_only_the_end_tells_is_raised_there() -> None:
    body = """
w = tf.Variable(1.0)
idle = tf.Variable(2.0)
train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(w))
"""
    with pytest.raises(CheckFailed, match="no loss depends on 'Variable_1'"):
        run(body, "tf", raise_=True)


def test_an_error_of_the_program_comes_through() -> None:
    with pytest.raises(KeyError, match="mine"):
        run("raise KeyError('mine')\n", raise_=True)


def test_a_graph_is_checked_alone() -> None:
    (finding,) = bf.check(bf.parse(TABLE)).findings
    assert finding.check == "silent-broadcast"
    assert bf.check(bf.parse(TABLE), only=["softmax-axis"]).findings == []
    with pytest.raises(CheckFailed, match="is a table"):
        bf.check(bf.parse(TABLE), raise_=True)


def test_an_executable_is_checked_with_arrays() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        return torch.log(x).sum()

    executable = bf.compile(torch.trace(f)(torch.ones(3)).graph)
    assert bf.check(executable).findings == []
    assert bf.check(executable, np.ones(3, np.float32)).findings == []
    (finding,) = bf.check(executable, np.zeros(3, np.float32)).findings
    assert finding.check == "nonfinite"
    assert finding.location is not None
    assert finding.location.source.strip() == "return torch.log(x).sum()"
    with pytest.raises(bf.FeedError):
        bf.check(executable, np.zeros(4, np.float32))


def test_what_cannot_be_checked_is_refused() -> None:
    with pytest.raises(bf.BifrontError, match="nothing to run on them"):
        bf.check(None, np.ones(3))
    with pytest.raises(bf.BifrontError, match="not a function"):
        bf.check(run)  # type: ignore[arg-type]
    with bf.check() as found, pytest.raises(bf.BifrontError, match="checked already"), bf.check():
        pass
    with pytest.raises(bf.BifrontError, match="made already"), found:
        pass


def test_nothing_stays_behind() -> None:
    executable = bf.compile(torch.trace(lambda x: x + 1)(torch.ones(3)).graph)
    run_before, update_before = executable.run, executable.__dict__.get("update")
    with bf.check():
        assert current() is not RECORDING
        assert executable.run is not run_before
        executable.update(np.ones(3, np.float32))
    assert current() is RECORDING
    assert executable.run is run_before
    assert executable.__dict__.get("update") is update_before
    assert border.LISTENERS == []
    with pytest.raises(ZeroDivisionError), bf.check():
        raise ZeroDivisionError
    assert current() is RECORDING
    assert border.LISTENERS == []


def test_values_are_let_go_of() -> None:
    with bf.check() as found:
        w = torch.ones(2, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.1)
        loss = torch.log(0 * w).sum()
        loss.backward()
        optimizer.step()
    kept = weakref.ref(loss.array), weakref.ref(w.array)
    del loss, w, optimizer
    assert len(found) == 1
    assert [one() for one in kept] == [None, None]


def test_a_program_computes_the_same_while_it_is_checked() -> None:
    def train() -> np.ndarray:
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.5))
        optimizer = torch.optim.Adam(model.parameters())
        for _ in range(6):
            optimizer.zero_grad()
            model(torch.ones(5, 3)).square().mean().backward()
            optimizer.step()
        return np.array(model[0].weight.detach().numpy())

    plain = train()
    with bf.check() as found:
        checked = train()
    assert found.findings == []
    assert np.array_equal(plain, checked)


def test_sessions_keep_their_states_while_they_are_checked() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.Variable(tf.ones([2]))
        add = tf.assign_add(w, tf.ones([2]))
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(add)
        with bf.check() as found:
            for _ in range(3):
                session.run(add)
        assert session.run(add).tolist() == [8.0, 8.0]
        assert found.findings == []


def test_a_profile_may_be_taken_inside() -> None:
    executable = bf.compile(torch.trace(lambda x: x * 2)(torch.ones(3)).graph)
    with bf.check() as found, bf.profile(roofline=False) as profile:
        executable.run(np.ones(3, np.float32))
    assert profile.measured
    assert found.findings == []


def test_watchers_end_in_turn() -> None:
    executable = bf.compile(torch.trace(lambda x: x * 3)(torch.ones(3)).graph)
    seen: list[str] = []

    def noting(name: str) -> object:
        def wrap(_: object, kind: str, plain: object) -> object:
            return lambda *arrays: (seen.append(f"{name} {kind}"), plain(*arrays))[1]  # type: ignore[operator]

        return wrap

    end_outer = watch(noting("a"))  # type: ignore[arg-type]
    end_inner = watch(noting("b"))  # type: ignore[arg-type]
    executable.run(np.ones(3, np.float32))
    assert seen == ["b run", "a run"]
    end_inner()
    seen.clear()
    executable.run(np.ones(3, np.float32))
    end_outer()
    executable.run(np.ones(3, np.float32))
    assert seen == ["a run"]


def test_every_check_says_what_it_finds_and_what_it_does_not() -> None:
    assert set(describe()) == set(NAMES)
    for subject in (*LINTS.values(), *WATCHERS.values()):
        text = subject.__doc__ or ""
        assert "Found: " in text, subject
        assert "Not found: " in text, subject


def bifront(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bifront", "check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def test_the_command_finds(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import bifront.imperative as torch\n" + LOG)
    (tmp_path / "good.py").write_text("import bifront.imperative as torch\nprint(torch.ones(1))\n")
    done = bifront("bad.py", folder=tmp_path)
    assert done.returncode == 1
    assert "log makes -inf" in done.stdout
    assert "bad.py:2:" in done.stdout
    done = bifront("good.py", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "tensor([1.])\nNothing was found.\n"


def test_the_command_gives_json_apart_from_what_the_script_prints(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import bifront.imperative as torch\n" + LOG)
    done = bifront("bad.py", "--json", folder=tmp_path)
    assert done.returncode == 1
    (finding,) = json.loads(done.stdout)
    assert finding["check"] == "nonfinite"
    assert done.stderr == "tensor([-inf, -inf])\n"
    done = bifront("bad.py", "--only", "dropout", "--json", folder=tmp_path)
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_the_command_checks_a_graph_and_lists_checks(tmp_path: Path) -> None:
    (tmp_path / "loss.bf").write_text(TABLE)
    done = bifront("loss.bf", folder=tmp_path)
    assert done.returncode == 1
    assert "[silent-broadcast]" in done.stdout
    done = bifront("--list", folder=tmp_path)
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(NAMES)


def test_the_command_says_what_was_found_before_an_error(tmp_path: Path) -> None:
    (tmp_path / "fails.py").write_text(
        "import bifront.imperative as torch\n" + LOG + "raise RuntimeError('late')\n"
    )
    done = bifront("fails.py", folder=tmp_path)
    assert done.returncode == 1
    assert "log makes -inf" in done.stderr
    assert "late" in done.stderr
    done = bifront("nowhere.py", folder=tmp_path)
    assert done.returncode == 1
    assert "there is no script nowhere.py" in done.stderr


def test_every_check_has_its_section_in_the_docs() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "checks.md"
    sections = [line[4:] for line in page.read_text().splitlines() if line.startswith("### ")]
    assert sorted(sections) == sorted(NAMES)
