"""What a program does not use is not loaded when it starts; all of it is there when it is asked for."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import bifront
import bifront.compiler.pipeline
import bifront.imperative
import bifront.runtime.native.products
import bifront.runtime.native.windows
import bifront.static
from bifront.compiler.later import Later

ROOT = Path(bifront.__file__).parent
ALWAYS = (
    # LLVM, and what only pictures, texts, the command line and special functions need.
    "llvmlite", "scipy", "lark", "graphviz", "rich", "typer", "hypothesis", "matplotlib",
    # Parts of Python that take milliseconds each.
    "argparse", "concurrent.futures", "difflib", "json", "logging", "multiprocessing", "socket", "zipfile",
    # Parts of the house.
    "bifront.cli", "bifront.comparison", "bifront.compiler.pictures", "bifront.compiler.rewriting",
    "bifront.compiler.text", "bifront.compiler.fusion", "bifront.runtime.native", "bifront.frontends.tf2",
)  # fmt: skip
STATIC = (
    *(
        f"bifront.frontends.static.{name}"
        for name in (
            "contrib", "control_flow.branches", "control_flow.loops", "layers", "losses", "metrics", "nn",
            "platform.flags", "python", "rnn.cells", "summary.writer", "train",
        )
    ),
    "bifront.frontends.imperative",
)  # fmt: skip
IMPERATIVE = (
    *(
        f"bifront.frontends.imperative.{name}"
        for name in ("compiling", "distributions", "nn", "optim", "serialization", "utils")
    ),
    "bifront.compiler.rerolling",
    "bifront.compiler.sizes",
    "bifront.frontends.static",
)


@pytest.mark.parametrize(
    ("program", "without"),
    [
        ("import bifront", (*ALWAYS, "bifront.frontends")),
        ("import bifront.static as tf", (*ALWAYS, *STATIC)),
        ("import bifront.imperative as torch", (*ALWAYS, *IMPERATIVE)),
        (
            "import bifront.static as tf\nx = tf.placeholder(tf.float32, [None, 2])\n"
            "w = tf.Variable([[1.0], [2.0]])\nloss = tf.reduce_mean(tf.nn.relu(x @ w))\n"
            "step = tf.train.AdamOptimizer().minimize(loss)\n",
            (*ALWAYS, "bifront.frontends.static.train.saver", "bifront.frontends.static.rnn.cells"),
        ),
        (
            "import bifront.runtime.native.backend",
            (
                "llvmlite",
                "bifront.compiler.pipeline.explaining",
                "bifront.runtime.numpy_backend",
                "bifront.runtime.numpy_writer",
            ),
        ),
    ],
    ids=["nothing", "static", "imperative", "a static program", "native code"],
)
def test_a_start_loads_little(program: str, without: tuple[str, ...]) -> None:
    code = f"import sys, numpy\nbefore = set(sys.modules)\n{program}\nprint(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = ast.literal_eval(done.stdout)
    assert "bifront" in loaded
    found = [
        name
        for name in loaded
        if name.startswith(tuple(f"{w}." for w in without)) or name in without
    ]
    assert not found


def test_help_loads_no_graphs() -> None:
    code = (
        "import sys, json\nsys.argv = ['bifront', '--help']\nfrom bifront.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert "compare" in done.stdout
    assert not {"numpy", "bifront.compiler.ops", "lark", "graphviz", "scipy"} & set(loaded)


LAZY = {later.package: later for later in Later.made}


def promised(package: str) -> tuple[set[str], dict[str, tuple[str, str]]]:
    """What a module imports for type checkers: the modules whose names are all meant, and single names."""
    path = ROOT.joinpath(*package.split(".")[1:], "__init__.py")
    stars, single = set[str](), dict[str, tuple[str, str]]()
    for node in ast.parse(path.read_text()).body:
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            continue
        for line in node.body:
            assert isinstance(line, ast.ImportFrom)
            module = "." * line.level + (line.module or "")
            for alias in line.names:
                if alias.name == "*":
                    stars.add(module)
                else:
                    single[alias.asname or alias.name] = (module, alias.name)
    return stars, single


def test_lazy_modules_are_found() -> None:
    assert {"bifront", "bifront.frontends.static", "bifront.frontends.imperative"} <= set(LAZY)


@pytest.mark.parametrize("package", LAZY)
def test_type_checkers_see_what_is_loaded_later(package: str) -> None:
    later = LAZY[package]
    stars, single = promised(package)
    assert stars == set(later.stars)
    joined = {
        name: (module, inside)
        if inside
        else (module.rpartition(".")[0] or ".", module.rpartition(".")[2])
        for name, (module, inside) in later.single.items()
    }
    # `..rnn.rnn_cell` is `from ..rnn import rnn_cell`, `.nn` is `from . import nn`.
    assert single == joined


@pytest.mark.parametrize("package", LAZY)
def test_no_name_that_comes_later_is_a_file(package: str) -> None:
    """Importing ``nn/dropout.py`` would make ``tf.nn.dropout`` that module."""
    later = LAZY[package]
    folder = ROOT.joinpath(*package.split(".")[1:])
    files = {path.stem for path in folder.glob("*.py")} | {
        p.name for p in folder.iterdir() if p.is_dir()
    }
    names = {n for star in later.stars for n in import_module(star, package).__all__}
    names |= {name for name, (_, inside) in later.single.items() if inside}
    assert not names & files


@pytest.mark.parametrize("package", LAZY)
def test_names_are_listed_and_there(package: str) -> None:
    module = import_module(package)
    later = LAZY[package]
    names = {n for star in later.stars for n in import_module(star, package).__all__} | set(
        later.single
    )
    assert names <= set(dir(module))
    assert all(getattr(module, name) is not None for name in names)


@pytest.mark.parametrize("style", ["static", "imperative", "tf2"])
def test_star_imports_have_what_comes_later(style: str) -> None:
    code = f"from bifront.{style} import *\n__builtins__.print(sorted(globals()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = set(ast.literal_eval(done.stdout))
    expected = {
        "static": {
            "nn",
            "train",
            "cond",
            "while_loop",
            "flags",
            "contrib",
            "placeholder",
            "Session",
        },
        "imperative": {"nn", "optim", "compile", "save", "tensor", "Tensor", "utils"},
        "tf2": {"nn", "Variable", "function"},
    }
    assert expected[style] <= names
