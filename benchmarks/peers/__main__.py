"""The command: measure what was asked for, merge it into the results, and write tables and plots.

See ``python -m peers --help``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from . import plots, tables
from .machine import facts
from .plan import FRAMEWORKS, MEMORY, STARTUP, contenders
from .processes import BENCHMARKS, Pythons
from .results import Results
from .startup import peaks, startups
from .timing import Manner, time_workload
from .workloads import TINY, WORKLOADS, chosen, digits

EXTRAS = ("W7", "memory", "limits")
"""What can be asked for besides workloads: time to the first result, peak memory, what the machine can do."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    results = Results(Path(options.out) / "RESULTS.json")
    if not options.render:
        measure(options, results)
    drawn = plots.write(results.content, Path(options.out))
    page = tables.write(results.content, Path(options.out), drawn)
    Console().print(f"written: {results.path}, {page}")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m peers",
        description="bifront beside other frameworks: measure, merge into RESULTS.json, write RESULTS.md and plots.",
    )
    parser.add_argument(
        "--only",
        metavar="W1,W3",
        help=f"workloads, by the beginning of their names ({', '.join(WORKLOADS)}), and {', '.join(EXTRAS)}",
    )
    parser.add_argument(
        "--frameworks",
        metavar="A,B",
        help="frameworks, modes (bifront:static) or modes on a backend of bifront's (bifront:static@numpy)",
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="samples of each contender (%(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=0.25, help="of a sample (%(default)s)")
    parser.add_argument(
        "--limit", type=float, default=240, help="seconds to get ready in (%(default)s)"
    )
    parser.add_argument("--startups", type=int, default=2, help="cold starts for W7 (%(default)s)")
    parser.add_argument(
        "--parallel", type=int, default=2, help="that get ready at once (%(default)s)"
    )
    parser.add_argument("--all", action="store_true", help="also those known to be far behind")
    parser.add_argument("--tiny", action="store_true", help="at sizes that only test the harness")
    parser.add_argument("--render", action="store_true", help="measure nothing, write anew")
    parser.add_argument(
        "--out", default=str(BENCHMARKS), help="folder of the results (%(default)s)"
    )
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="the Python that has a framework, or `peers`: all frameworks but bifront; this one if not said",
    )
    options = parser.parse_args(arguments)
    for pair in options.python:
        if "=" not in pair:
            parser.error(
                f"--python {pair}: say NAME=PATH, NAME one of peers, {', '.join(FRAMEWORKS)}"
            )
    return options


def measure(options: argparse.Namespace, results: Results) -> None:
    """Everything that was asked for, one after the other; what is done is on the disk."""
    pythons = Pythons(dict(pair.split("=", 1) for pair in options.python))
    wanted = options.frameworks.split(",") if options.frameworks else None
    manner = Manner(options.rounds, options.seconds, options.limit, options.parallel, options.tiny)
    asked = options.only.split(",") if options.only else [*WORKLOADS, *EXTRAS]
    extras = [name for name in EXTRAS if name in asked]
    named = [name for name in asked if name not in EXTRAS]
    workloads = chosen(",".join(named)) if named else []
    memory = MEMORY if "memory" in extras else ()
    sizes = {"sizes": "tiny, to test the harness"} if options.tiny else {}
    results.machine({**facts(), **sizes})
    columns = [TextColumn("{task.description:44.44}"), BarColumn(20), MofNCompleteColumn()]
    with (
        tempfile.TemporaryDirectory(prefix="peers-data-") as folder,
        Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress,
    ):
        os.environ[digits.FOLDER] = folder
        steps = len(workloads) + len(memory) + ("W7" in extras) + ("limits" in extras)
        task = progress.add_task("", total=steps)

        def say(what: str) -> None:
            progress.update(task, description=what)
            if not progress.console.is_terminal:
                print(what, file=sys.stderr, flush=True)

        digits.store()
        if "limits" in extras:
            say("what the machine can do")
            command = [sys.executable, "-m", "peers.limits", "0.01" if options.tiny else "1.0"]
            done = subprocess.run(
                command, cwd=BENCHMARKS, capture_output=True, text=True, check=True
            )
            results.limits(json.loads(done.stdout))
            progress.advance(task)

        for name in workloads:
            say(f"{name}: its answer in float64")
            store_reference(name, Path(folder), options.tiny)
            taking_part = contenders(name, wanted, options.all)
            results.merge("workloads", name, time_workload(name, taking_part, pythons, manner, say))
            progress.advance(task)
        if "W7" in extras:
            fresh = Manner(options.startups, 0.0, options.limit, 1, options.tiny)
            starting = contenders(STARTUP, wanted, options.all)
            results.merge("startup", STARTUP, startups(STARTUP, starting, pythons, fresh, say))
            progress.advance(task)
        for name in memory:
            taking_part = contenders(name, wanted, options.all)
            results.merge("memory", name, peaks(name, taking_part, pythons, manner, say))
            progress.advance(task)


def store_reference(name: str, folder: Path, tiny: bool) -> None:
    workload = (TINY if tiny else WORKLOADS)[name]
    arrays = {f"a{i:03d}": a for i, a in enumerate(workload.reference())}
    np.savez(folder / f"{name}.npz", **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"in {time.perf_counter() - start:.0f} s", file=sys.stderr)
