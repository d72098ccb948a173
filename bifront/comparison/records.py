"""Runs on their way from one process to another: records, graphs as text, arrays."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..compiler.autodiff import specialize
from ..compiler.ir import Graph
from ..runtime.capture import Run
from .detail import save_arguments


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of a script, as its process reported it."""

    graph: str
    concrete: str
    nodes: int
    initializes: bool
    trains: bool
    outputs: int


def save_runs(runs: list[Run], folder: Path) -> list[dict[str, object]]:
    """One record for each run; graphs that are the same are written once."""
    concrete: dict[tuple[str, tuple[tuple[str, int], ...]], Graph] = {}
    written: set[str] = set()
    outputs: dict[str, np.ndarray] = {}
    records: list[dict[str, object]] = []
    for number, run in enumerate(runs):
        general = run.graph.fingerprint()
        key = (general, tuple(sorted(run.binding.items())))
        if key not in concrete:
            concrete[key] = specialize(run.graph, run.binding) if run.binding else run.graph
        graph = concrete[key]
        for one in (run.graph, graph):
            if one.fingerprint() not in written:
                written.add(one.fingerprint())
                (folder / f"{one.fingerprint()}.bf").write_text(one.to_text())
                # Of this very graph: in another with the same fingerprint, parameters may be in another order.
                save_arguments(folder, one.fingerprint(), run.arguments)
        outputs.update({f"{number}/{i}": value for i, value in enumerate(run.outputs)})
        record = RunRecord(
            general,
            graph.fingerprint(),
            len(graph.nodes),
            run.initializes,
            any(s.changes for s in run.graph.states),
            len(run.outputs),
        )
        records.append(asdict(record))
    np.savez(folder / "outputs.npz", **outputs)  # type: ignore[arg-type]
    return records
