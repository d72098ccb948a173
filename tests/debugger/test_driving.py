"""Debuggers driven by scripts: what pdb sees of each style, and what bifront's debugger sees of the static one."""

from __future__ import annotations

from pathlib import Path

import pytest

import bifront as bf
from bifront.debugger.driving import debugger_sees, fault_line, pdb_sees

STATIC = """\
import bifront.static as tf

x = tf.placeholder(tf.float32, [2])
y = tf.log(x)  # FAULT
total = tf.reduce_sum(y)
with tf.Session() as session:
    print(session.run(total, {x: [1.0, 0.0]}))
"""
IMPERATIVE = """\
import bifront.imperative as torch


def model(x):
    y = torch.log(x)  # FAULT
    return y.sum()


print(model(torch.tensor([1.0, 0.0])))
"""


@pytest.fixture
def static(tmp_path: Path) -> Path:
    path = tmp_path / "static.py"
    path.write_text(STATIC)
    return path


@pytest.fixture
def imperative(tmp_path: Path) -> Path:
    path = tmp_path / "imperative.py"
    path.write_text(IMPERATIVE)
    return path


def test_pdb_sees_values_in_one_style_and_symbols_in_the_other(
    static: Path, imperative: Path
) -> None:
    assert pdb_sees(imperative, fault_line(imperative), "y") == "tensor([0., -inf])"
    assert (
        pdb_sees(static, fault_line(static), "y") == "<tf.Tensor 'Log:0' shape=(2,) dtype=float32>"
    )


def test_the_debugger_sees_values_in_the_static_style(static: Path) -> None:
    said = debugger_sees(static, fault_line(static), "y")
    assert said.startswith("%0 (y) = f32[2], min 0, max 0, mean 0, 1 Inf")
    assert debugger_sees(static, fault_line(static), "max(y)") == "0"
    assert debugger_sees(static, 99, "y") == ""


def test_what_is_not_to_be_had(imperative: Path, tmp_path: Path) -> None:
    assert "NameError" in pdb_sees(imperative, fault_line(imperative), "nothing")
    assert pdb_sees(imperative, 3, "y") == ""  # an empty line
    (tmp_path / "other.py").write_text("print(1)\n")
    with pytest.raises(bf.BifrontError, match="FAULT"):
        fault_line(tmp_path / "other.py")


def test_a_line_that_raises(tmp_path: Path) -> None:
    path = tmp_path / "raises.py"
    path.write_text("a = [1, 2]\nb = a[7]  # FAULT\n")
    assert pdb_sees(path, 2, "a") == "[1, 2]"
