"""Run two scripts, each in its own process, and hold what they ran against each other."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path

import numpy as np

from ..compiler.errors import BifrontError
from ..compiler.ir import Graph
from ..compiler.ir.diff import Difference, diff
from ..compiler.text import parse
from .detail import Detail, Timings, load_arguments
from .ergonomics import measure
from .records import RunRecord
from .source import Source

FURTHER = 4
"""So many graphs are kept besides the one that a comparison shows."""


class ScriptFailed(BifrontError):
    """A script to be compared ended with an error; the text is what it wrote."""


@dataclass(frozen=True, slots=True)
class StyleFigures:
    """What one style cost. Times in seconds, memory in megabytes; None where it did not occur."""

    script: str
    style: str
    lines: int
    names: int
    ceremony: int
    graphs_built: int
    first_number_s: float | None
    step_s: float | None
    total_s: float
    peak_mb: float
    printed: str


@dataclass(frozen=True)
class Comparison:
    """What the two programs have in common and where they part.

    Attributes:
        a, b: figures of the first and the second program.
        runs_a, runs_b: their runs, in order, initialization left out.
        same_graph: whether run by run the graphs have equal fingerprints, with the sizes of the feeds put in.
        same_open: whether `graph` and `other` are the same before sizes are put in: both programs have one graph that
            serves all sizes.
        max_abs_difference: over all values that both programs looked at; None where nothing can be compared.
        identical_steps: how many runs, from the first on, gave the same values bit for bit.
        difference: where the graphs first part, None when they are the same.
        graph: the graph of the training step of the first program (of its first run if nothing is trained); with
            sizes open where both programs have the same then, else with the sizes of one run.
        other: the corresponding graph of the second program.
        sources: what the authors wrote.
        details: what a page shows of each program besides; None where nobody asked for it.
        further: what else both ran, an evaluation for example: both programs' graphs, which are the same, and how
            often. The most frequent come first; there are few.
    """

    a: StyleFigures
    b: StyleFigures
    runs_a: tuple[RunRecord, ...]
    runs_b: tuple[RunRecord, ...]
    same_graph: bool
    same_open: bool
    max_abs_difference: float | None
    identical_steps: int
    difference: Difference | None
    graph: Graph | None
    other: Graph | None
    sources: tuple[Source, Source] | None = None
    details: tuple[Detail, Detail] | None = None
    further: tuple[tuple[Graph, Graph, int], ...] = ()

    @property
    def same_numbers(self) -> bool:
        """Whether all values that both programs looked at are equal, bit for bit."""
        return self.max_abs_difference == 0.0 and self.identical_steps == min(
            len(self.runs_a), len(self.runs_b)
        )

    def to_json(self) -> dict[str, object]:
        """The comparison as plain data. A difference without bound, of which JSON has no number, is null."""
        gap = self.max_abs_difference
        keys = (self.a.style, self.b.style)
        if keys[0] == keys[1]:
            keys = ("a", "b")
        return {
            "same_graph": self.same_graph,
            "same_graph_sizes_open": self.same_open,
            "graphs": {
                keys[0]: _graph_list(self.runs_a),
                keys[1]: _graph_list(self.runs_b),
            },
            "same_numbers": self.same_numbers,
            "max_abs_difference": gap if gap is not None and isfinite(gap) else None,
            "identical_runs": self.identical_steps,
            "styles": {keys[0]: asdict(self.a), keys[1]: asdict(self.b)},
            "difference": str(self.difference) if self.difference is not None else None,
        }

    def __str__(self) -> str:
        from .report import text

        return text(self)

    def __repr__(self) -> str:
        verdict = "the same graph" if self.same_graph else "not the same graph"
        return f"<comparison of {self.a.script} and {self.b.script}: {verdict}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from .notebook import mimebundle

        return mimebundle(self)


def find_pair(first: Path, second: Path | None) -> tuple[Path, Path]:
    """The two scripts: both given, or ``static.py`` and ``imperative.py`` of a folder."""
    pair = (first, second) if second is not None else (first / "static.py", first / "imperative.py")
    for path in pair:
        if not path.is_file():
            raise BifrontError(
                f"there is no script {path}",
                hint="give two scripts, or a folder with static.py and imperative.py",
            )
    return pair


def compare_scripts(
    first: Path,
    second: Path,
    progress: Callable[[str], None] = lambda _: None,
    detail: bool = False,
) -> Comparison:
    """Compare two programs.

    Args:
        first, second: the scripts.
        progress: told what is being done.
        detail: whether to find out what only a page shows; each script runs once more for that.

    Raises:
        ScriptFailed: one of them ended with an error.
    """
    with tempfile.TemporaryDirectory() as scratch:
        sides = []
        for name, script in (("a", first), ("b", second)):
            folder = Path(scratch) / name
            folder.mkdir()
            progress(f"timing {script.name}")
            times = _work("time", script, folder)
            progress(f"recording {script.name}")
            record = _work("detail" if detail else "capture", script, folder)
            runs = [RunRecord(**r) for r in record["runs"]]
            timings = None
            if detail:
                progress(f"profiling {script.name}")
                timings = Timings.from_json(_work("profile", script, folder))
            source = Source.of_script(script)
            shown = measure(source.text)
            figures = StyleFigures(
                script=str(script),
                style=shown.style,
                lines=shown.lines,
                names=shown.names,
                ceremony=shown.ceremony,
                graphs_built=open_graphs(runs),
                printed=record["printed"],
                **times,
            )
            sides.append(Side(figures, source, runs, folder, Detail(timings)))
        progress("comparing")
        return hold_against(sides[0], sides[1])


def _work(mode: str, script: Path, folder: Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "bifront.comparison.worker", mode, str(script), str(folder)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ScriptFailed(f"{script} failed:\n{done.stderr.strip()}")
    return json.loads((folder / "result.json").read_text())  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Side:
    """One program with all that it left: records of its runs, and the folder where their graphs and arrays are."""

    figures: StyleFigures
    source: Source
    runs: list[RunRecord]
    folder: Path
    detail: Detail


def hold_against(a: Side, b: Side) -> Comparison:
    """What two programs have in common."""
    folder_a, folder_b = a.folder, b.folder
    runs_a = [(i, r) for i, r in enumerate(a.runs) if not r.initializes]
    runs_b = [(i, r) for i, r in enumerate(b.runs) if not r.initializes]
    same = [r.concrete for _, r in runs_a] == [r.concrete for _, r in runs_b]
    with (
        np.load(folder_a / "outputs.npz", allow_pickle=False) as values_a,
        np.load(folder_b / "outputs.npz", allow_pickle=False) as values_b,
    ):
        gaps = [
            max(
                (_gap(values_a[f"{i}/{k}"], values_b[f"{j}/{k}"]) for k in range(r.outputs)),
                default=0.0,
            )
            if r.outputs == s.outputs
            else None
            for (i, r), (j, s) in zip(runs_a, runs_b, strict=False)
        ]
    known = [g for g in gaps if g is not None]
    identical = next((n for n, gap in enumerate(gaps) if gap != 0.0), len(gaps))
    graph, other, is_open = _representatives(runs_a, folder_a, runs_b, folder_b)
    difference = None
    if not same and graph is not None and other is not None:
        difference = diff(graph, other)
    details = tuple(
        replace(side.detail, arguments=load_arguments(side.folder, one.fingerprint()))
        for side, one in ((a, graph), (b, other))
        if one is not None
    )
    return Comparison(
        a.figures,
        b.figures,
        tuple(r for _, r in runs_a),
        tuple(r for _, r in runs_b),
        same,
        is_open,
        max(known) if known else None,
        identical,
        difference,
        graph,
        other,
        (a.source, b.source),
        (details[0], details[1]) if len(details) == 2 else (a.detail, b.detail),
        _further(runs_a, folder_a, runs_b, folder_b, graph),
    )


def _further(
    runs_a: list[tuple[int, RunRecord]],
    folder_a: Path,
    runs_b: list[tuple[int, RunRecord]],
    folder_b: Path,
    shown: Graph | None,
) -> tuple[tuple[Graph, Graph, int], ...]:
    """Graphs that both programs ran, besides the one that is shown; with sizes open where they are the same then."""
    families: dict[str, Counter[str]] = {}
    for (_, r), (_, s) in zip(runs_a, runs_b, strict=False):
        if r.concrete == s.concrete:
            family = families.setdefault(r.graph, Counter())
            family[r.graph if r.graph == s.graph else r.concrete] += 1
    known = shown.fingerprint() if shown is not None else ""
    others = [runs for general, runs in families.items() if known not in (general, *runs)]
    others.sort(key=Counter.total, reverse=True)
    return tuple(
        (_load(folder_a, often), _load(folder_b, often), runs.total())
        for runs in others[:FURTHER]
        for often, _ in runs.most_common(1)
    )


def open_graphs(runs: list[RunRecord]) -> int:
    """How many graphs ran; one for the sizes of a single run is no other than that for all sizes, once there is one."""
    general = {r.concrete: r.graph for r in runs if r.graph != r.concrete}
    return len({general.get(r.concrete, r.graph) for r in runs if not r.initializes})


def _gap(x: np.ndarray, y: np.ndarray) -> float:
    if x.shape != y.shape:
        return float("inf")
    if np.array_equal(x, y, equal_nan=x.dtype.kind == "f" and y.dtype.kind == "f"):
        return 0.0
    wide, other = x.astype(np.float64), y.astype(np.float64)
    with np.errstate(invalid="ignore"):
        gaps = np.abs(wide - other)
    equal = (wide == other) | (np.isnan(wide) & np.isnan(other))
    # What is NaN on one side only differs as much as anything can.
    return float(np.max(np.nan_to_num(np.where(equal, 0.0, gaps), nan=np.inf, posinf=np.inf)))


def _representatives(
    runs_a: list[tuple[int, RunRecord]],
    folder_a: Path,
    runs_b: list[tuple[int, RunRecord]],
    folder_b: Path,
) -> tuple[Graph | None, Graph | None, bool]:
    """The first runs whose graphs differ; where none does, the training step that ran most often.

    The flag says that these are the graphs with sizes open, which are the same.
    """
    for (_, r), (_, s) in zip(runs_a, runs_b, strict=False):
        if r.concrete != s.concrete:
            return _load(folder_a, r.concrete), _load(folder_b, s.concrete), False
    pairs = [(r, s) for (_, r), (_, s) in zip(runs_a, runs_b, strict=False)]
    training = [pair for pair in pairs if pair[0].trains] or pairs
    if not training:
        return None, None, False
    shared = Counter(r.graph for r, s in training if r.graph == s.graph and r.graph != r.concrete)
    if shared:
        often = shared.most_common(1)[0][0]
    else:
        often = Counter(r.concrete for r, _ in training).most_common(1)[0][0]
    return _load(folder_a, often), _load(folder_b, often), bool(shared)


def _load(folder: Path, fingerprint: str) -> Graph:
    return parse((folder / f"{fingerprint}.bf").read_text())


def _graph_list(runs: tuple[RunRecord, ...]) -> list[dict[str, object]]:
    count = Counter(r.concrete for r in runs)
    nodes = {r.concrete: r.nodes for r in runs}
    return [{"fingerprint": f, "nodes": nodes[f], "runs": n} for f, n in count.items()]
