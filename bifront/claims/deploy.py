"""Claim 6: static graphs optimise and deploy better."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from ..compiler.errors import BifrontError
from ..compiler.ir import Graph, symbols_of
from ..compiler.pipeline import explain
from ..compiler.text import parse
from .claim import Claim, Criterion, Figure, Figures, Report
from .examples import example

NODES = "nodes of a training step"
MOVED = "bytes moved by a training step"
FLOPS = "arithmetic of a training step"
OPTIMISED = ", optimised"
ALONE = "runs without its source, with equal numbers"
SIZE = "size of the model, text and arrays"
BATCH = 64
_LOAD = (
    "import sys, numpy as np, bifront.imperative as torch;"
    "model = torch.load(sys.argv[1]); model(torch.from_numpy(np.load('x.npy')))"
)
"""What a process can do with what an eager program has saved, without the program."""


def _measure(report: Report) -> Figures:
    costs: dict[tuple[str, str], float] = {}
    alone: dict[str, float | None] = {}
    sizes: dict[str, float] = {}
    for way, style in (("static", "static"), ("traced", "imperative")):
        with tempfile.TemporaryDirectory(prefix="bifront-") as name:
            folder = Path(name)
            report(f"writing the graphs, {way}")
            _python(folder, str(example("export", f"{style}.py")), str(folder))
            training = parse((folder / "training.bf").read_text())
            stages = explain(training, sizes=dict.fromkeys(_symbols(training), BATCH)).stages
            for end, cost in (("", stages[0].before), (OPTIMISED, stages[-1].after)):
                costs[NODES + end, way] = cost.nodes
                costs[MOVED + end, way] = cost.moved
                costs[FLOPS + end, way] = cost.flops
            report(f"running the model without its source, {way}")
            alone[way] = float(_runs_alone(folder))
            files = ("model.bf", "w1.npy", "b1.npy", "w2.npy")
            sizes[way] = sum((folder / file).stat().st_size for file in files)
            if style == "imperative":
                alone["imperative"] = float(_python(folder, "-c", _LOAD, "model.pt", check=False))
                sizes["imperative"] = (folder / "model.pt").stat().st_size
    ways = ("static", "imperative", "traced")
    units = {NODES: "", MOVED: "bytes", FLOPS: "flops"}
    return Figures(
        (
            *(
                Figure(name + end, unit, tuple((w, costs.get((name + end, w))) for w in ways))
                for name, unit in units.items()
                for end in ("", OPTIMISED)
            ),
            Figure(ALONE, "", tuple((w, alone[w]) for w in ways)),
            Figure(SIZE, "bytes", tuple((w, sizes[w]) for w in ways), detail=True),
        )
    )


def _symbols(graph: Graph) -> set[str]:
    return {s for v in graph.inputs for s in symbols_of(v.shape)}


def _runs_alone(folder: Path) -> bool:
    """Whether ``bifront run`` gives the program's numbers from the files that it left."""
    feeds = [f"--feed={name}={name}.npy" for name in ("x", "w1", "b1", "w2")]
    _python(folder, "-m", "bifront", "run", "model.bf", *feeds, "--output", "found")
    (found,) = (p for p in (folder / "found").iterdir() if p.name.startswith("output"))
    # A process of its own may compile what the program evaluated: the last digits are the backend's.
    return np.allclose(np.load(found), np.load(folder / "expected.npy"), rtol=1e-5, atol=1e-6)


def _python(folder: Path, *arguments: str, check: bool = True) -> bool:
    """Whether Python ends well, in a folder that holds no program."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if check and done.returncode:
        raise BifrontError(f"{' '.join(arguments)} failed:\n{done.stderr.strip()}")
    return done.returncode == 0


CLAIM = Claim(
    6,
    "Static graphs optimise and deploy better.",
    "A training step as a graph, counted before and after the passes; the trained model left as text and arrays, and "
    "run by another process that has no source. The imperative style can do it by tracing; eager "
    "it leaves its parameters.",
    (
        Criterion(
            "the passes make the static step smaller: nodes, bytes and arithmetic",
            lambda f: all(
                f[name + OPTIMISED]["static"] < f[name]["static"]  # type: ignore[operator]
                for name in (NODES, MOVED, FLOPS)
            ),
        ),
        Criterion(
            "the static model runs without its source and gives the same numbers",
            lambda f: f[ALONE]["static"] == 1,
        ),
        Criterion(
            "what the eager program leaves does not run without its source",
            lambda f: f[ALONE]["imperative"] == 0,
        ),
        Criterion(
            "a traced program falls behind: it keeps more nodes, optimised, or does not run without its source",
            lambda f: f.less(NODES + OPTIMISED, "static", than="traced") or not f[ALONE]["traced"],
        ),
    ),
    _measure,
)
