"""The public names: one object under every name that it can be imported by."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import bifront as bf
import bifront.imperative
import bifront.imperative.nn.functional as F
import bifront.static
import bifront.tf2
from bifront.compiler.dispatch import Building
from bifront.compiler.ir import TensorType
from bifront.compiler.ir.dtypes import float32
from bifront.compiler.ops import exp
from bifront.imperative.optim.lr_scheduler import StepLR
from bifront.imperative.utils.data import DataLoader


@pytest.mark.parametrize("style", ["static", "imperative", "tf2"])
def test_face_is_the_frontend(style: str) -> None:
    face = importlib.import_module(f"bifront.{style}")
    assert face is importlib.import_module(f"bifront.frontends.{style}")
    assert getattr(bf, style) is face


@pytest.mark.parametrize(
    "name",
    [
        "static.nn", "static.train", "static.layers", "static.losses", "static.summary",
        "static.contrib.layers", "static.nn.losses",
        "imperative.nn", "imperative.nn.functional", "imperative.nn.init", "imperative.optim",
        "imperative.optim.lr_scheduler", "imperative.utils.data", "imperative.autograd",
        "imperative.distributions", "imperative.tensor",
        "tf2.nn", "tf2.math", "tf2.linalg", "tf2.random", "tf2.optimizers", "tf2.optimizers.schedules",
    ],
)  # fmt: skip
def test_submodules_are_the_same_objects(name: str) -> None:
    public = importlib.import_module(f"bifront.{name}")
    assert public is importlib.import_module(f"bifront.frontends.{name}")


def test_imports_as_programs_write_them() -> None:
    torch = bifront.imperative
    assert F is torch.nn.functional
    assert DataLoader is torch.utils.data.DataLoader
    assert StepLR is torch.optim.lr_scheduler.StepLR


@pytest.mark.parametrize(
    "line",
    [
        "import bifront.static as tf; tf.placeholder, tf.nn.relu, tf.train.AdamOptimizer",
        "import bifront.imperative as torch; torch.nn.Linear, torch.optim.SGD, torch.utils.data",
        "import bifront.imperative.nn as nn; nn.Linear",
        "import bifront.imperative.nn.functional as F; F.relu",
        "from bifront.imperative.utils.data import DataLoader, TensorDataset",
        "from bifront.imperative import nn, optim",
        "from bifront.static import layers",
        "import bifront.tf2 as tf; tf.constant, tf.nn.relu, tf.optimizers.Adam, tf.GradientTape",
        "import bifront.tf2 as tf; import bifront as bf; assert bf.function is tf.function",
        "from bifront.tf2.optimizers import schedules",
        "import bifront.frontends.static as a; import bifront.static as b; assert a is b",
        "import bifront.imperative.nn.functional as F; import bifront.imperative as torch;"
        " assert isinstance(F.relu(torch.ones(1)), torch.Tensor)",
    ],
)
def test_first_import_of_a_process(line: str) -> None:
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_public_names_exist() -> None:
    assert all(hasattr(bf, name) for name in bf.__all__)
    assert len(bf.__all__) == len(set(bf.__all__))


def test_exceptions_are_importable_from_the_package() -> None:
    errors = importlib.import_module("bifront.compiler.errors")
    for name in ("ShapeError", "DTypeError", "FeedError", "GradientError", "TextError"):
        assert getattr(bf, name) is getattr(errors, name)
        assert issubclass(getattr(bf, name), bf.BifrontError)


def test_graphs_show_themselves_in_notebooks() -> None:
    builder = Building("shown")
    x = builder.input(TensorType(float32, (2, 3)), "x")
    with bifront.compiler.dispatch.using(builder):
        y = exp(x)
    graph = builder.close([x], [y], [])
    bundle = graph._repr_mimebundle_()
    assert bundle["text/plain"] == graph.to_text()
    pictures = {kind for kind in bundle if kind != "text/plain"}
    assert pictures <= {"image/svg+xml", "text/html"}
    for kind in pictures:
        assert "exp" in bundle[kind]
