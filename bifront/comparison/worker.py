"""One script in a process of its own: ``python -m bifront.comparison.worker capture|time SCRIPT FOLDER``.

What was found is left in FOLDER: ``result.json``, and for a capture the graphs as text and the outputs as ``.npz``.
"""

from __future__ import annotations

import time

_STARTED = time.perf_counter()

import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

from ..compiler.autodiff import specialize  # noqa: E402
from ..compiler.ir import Graph  # noqa: E402
from ..runtime.capture import Run  # noqa: E402
from .observing import capture_script, time_script  # noqa: E402


def main(mode: str, script: Path, folder: Path) -> None:
    if mode == "time":
        result: object = time_script(script, _STARTED)
    else:
        runs, printed = capture_script(script)
        result = {"printed": printed, "runs": _save(runs, folder)}
    (folder / "result.json").write_text(json.dumps(result))


def _save(runs: list[Run], folder: Path) -> list[dict[str, object]]:
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
        outputs.update({f"{number}/{i}": value for i, value in enumerate(run.outputs)})
        records.append(
            {
                "graph": general,
                "concrete": graph.fingerprint(),
                "nodes": len(graph.nodes),
                "initializes": run.initializes,
                "trains": any(s.changes for s in run.graph.states),
                "outputs": len(run.outputs),
            }
        )
    np.savez(folder / "outputs.npz", **outputs)  # type: ignore[arg-type]
    return records


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
