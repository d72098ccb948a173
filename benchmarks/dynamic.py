"""What dynamic programs cost: recurrent networks over sequences of all lengths, beside PyTorch and JAX.

    python benchmarks/dynamic.py [--torch-python PATH] [--jax-python PATH] [--rounds 15] [--json FILE]

* A training step (forward, gradient, SGD) on one sequence of 5 to 60 steps, batch 1, width 64, for a plain cell and a
  gated one (`recurrent.py`). A sample is one pass over all lengths, in microseconds for each time step. A program whose
  losses or weights differ from the float64 reference by more than 1e-4 is not timed.
* What the first pass over all lengths costs more than a later one: tracing, building, compiling.
* The cost of a hit: a call of a compiled function, less the time of the bare NumPy calls that it comes down to.

Samples of all contenders are interleaved in random order, so that what else the machine does falls on all of them.
Figures are medians, and ratios are medians of the ratios within each round. All have the same number of threads.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measuring import Peer, Sample, answer, hold_threads, interleaved

if TYPE_CHECKING:
    from recurrent import Program

TOLERANCE = 1e-4
CALLS = 1000
"""Calls of one function in a sample."""
PEERS = ("torch", "jax")


def main() -> None:
    options = _options()
    if options.worker:
        _work(*options.worker.split(":"), options.threads)
        return
    hold_threads(options.threads)
    result = {
        "threads": options.threads,
        "cells": {cell: _cell(cell, options) for cell in options.cells},
        "hits": _hits(options.rounds * 4),
    }
    _show(result)
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What dynamic programs cost.")
    for name in PEERS:
        help = f"a Python that has {name} (default: this one, if it has it)"
        parser.add_argument(f"--{name}-python", help=help)
    parser.add_argument("--cells", nargs="+", default=["rnn", "gru"], choices=["rnn", "gru"])
    parser.add_argument("--threads", type=int, default=1, help="of BLAS, of PyTorch and of JAX")
    parser.add_argument("--rounds", type=int, default=15, help="samples of each contender")
    parser.add_argument("--json", help="write the figures to this file too")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser.parse_args()


# Training steps.


class _Contender:
    """A program, its answers checked, and the time of its passes over all lengths."""

    def __init__(self, make: Callable[[], Program], cell: str) -> None:
        import recurrent

        self._data = recurrent.samples()
        self.error = recurrent.error(make(), cell, self._data)
        self._program = make()
        self.first = self.sample()
        """The sample of the first pass."""

    def sample(self) -> float:
        """Microseconds for each time step."""
        start = time.perf_counter()
        for i in range(len(self._data)):
            self._program.step(i)
        return (time.perf_counter() - start) * 1e6 / sum(len(x) for x, _ in self._data)


def _programs(cell: str) -> dict[str, Callable[[], Program]]:
    import recurrent

    import bifront.imperative as torch
    import bifront.static as tf

    data, weights = recurrent.samples(), recurrent.first_weights(cell)
    return {
        "bifront.static, dynamic_rnn": lambda: recurrent.static(tf, cell, data, weights),
        "bifront.imperative, compiled": lambda: recurrent.imperative(
            torch, cell, data, weights, compiled=True
        ),
        "bifront.imperative, eager": lambda: recurrent.imperative(torch, cell, data, weights),
    }


def _cell(cell: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    contenders = {name: _Contender(make, cell) for name, make in _programs(cell).items()}
    samples = {name: c.sample for name, c in contenders.items()}
    errors = {name: c.error for name, c in contenders.items()}
    first = {name: c.first for name, c in contenders.items()}
    beside = ""
    for kind in PEERS:
        python = getattr(options, f"{kind}_python")
        if python is None and importlib.util.find_spec(kind) is not None:
            python = sys.executable
        if python is None:
            continue
        peer = _peer(python, kind, cell, options.threads)
        beside = beside or peer.version
        errors[peer.version] = peer.ask("error")
        first[peer.version] = peer.ask("first")
        samples[peer.version] = lambda peer=peer: peer.ask("pass")  # type: ignore[misc]
    for name, error in errors.items():
        if not error < TOLERANCE:
            raise SystemExit(f"{name} is wrong: {error:.1e} from the float64 reference")
    times = interleaved(samples, options.rounds)
    rows = []
    for name, own in times.items():
        row = {
            "name": name,
            "us": statistics.median(own),
            "least_us": min(own),
            "first_us": first[name],
            "error": errors[name],
        }
        if beside:
            pairs = zip(times[beside], own, strict=True)
            row["speedup"] = statistics.median(t / o for t, o in pairs)
        rows.append(row)
    return rows


def _peer(python: str, kind: str, cell: str, threads: int) -> Peer:
    environment = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}
    command = [python, __file__, "--worker", f"{kind}:{cell}", "--threads", str(threads)]
    return Peer(command, environment if kind == "jax" and threads == 1 else None)


def _work(kind: str, cell: str, threads: int) -> None:
    """Answer the process that measures."""
    import recurrent

    data, weights = recurrent.samples(), recurrent.first_weights(cell)
    if kind == "torch":
        import torch  # type: ignore[import-not-found]

        torch.set_num_threads(threads)
        version = f"PyTorch {torch.__version__}, eager"
        contender = _Contender(lambda: recurrent.imperative(torch, cell, data, weights), cell)
    else:
        import jax  # type: ignore[import-not-found]

        version = f"JAX {jax.__version__}, jit of scan"
        contender = _Contender(lambda: recurrent.jax(jax, cell, data, weights), cell)
    questions = {
        "error": lambda: contender.error,
        "first": lambda: contender.first,
        "pass": contender.sample,
    }
    answer(version, questions)


# Hits.


def _hits(rounds: int) -> list[dict[str, Any]]:
    import numpy as np

    import bifront.imperative as torch

    data = np.ones((8, 8), np.float32)
    x = torch.tensor(data)

    def once(x: Any) -> Any:
        return x + 1.0

    def branching(x: Any) -> Any:
        if x.sum() > 0:
            return x + 1.0
        return x - 1.0

    names = {"np": np, "data": data, "x": x}
    rows = []
    for name, function, bare in (
        ("return x + 1.0", once, "np.add(data, one)"),
        (
            "if x.sum() > 0: return x + 1.0",
            branching,
            "bool(np.add.reduce(data, (0, 1)) > zero); np.add(data, one)",
        ),
    ):
        compiled = torch.compile(function)
        for _ in range(3):
            compiled(x)
        names.update(f=compiled, one=np.array(1, np.float32), zero=np.float32(0))
        samples = {s: _calls(s, dict(names)) for s in ("f(x)", bare)}
        times = interleaved(samples, rounds)
        pairs = list(zip(times["f(x)"], times[bare], strict=True))
        rows.append(
            {
                "name": name,
                "bare_us": statistics.median(times[bare]),
                "overhead_us": statistics.median(o - n for o, n in pairs),
                "overhead_least_us": min(times["f(x)"]) - min(times[bare]),
                "hits": compiled.stats.hits / compiled.stats.calls,
            }
        )
    return rows


def _calls(statement: str, names: dict[str, Any]) -> Sample:
    timer = timeit.Timer(statement, globals=names)
    return lambda: timer.timeit(CALLS) / CALLS * 1e6


def _show(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Lengths 5 to 60, width 64, batch 1, {result['threads']} thread(s)")
    for column in ("", "a time step", "least", "in the first pass", "beside"):
        table.add_column(column, justify="right" if column else "left")
    for cell, rows in result["cells"].items():
        table.add_section()
        for row in rows:
            beside = f"{row['speedup']:.2f}x PyTorch" if "speedup" in row else ""
            table.add_row(
                f"{cell}: {row['name']}",
                f"{row['us']:.1f} us",
                f"{row['least_us']:.1f} us",
                f"{row['first_us']:.1f} us",
                beside,
            )
    table.add_section()
    for row in result["hits"]:
        table.add_row(
            row["name"],
            f"+{row['overhead_us']:.2f} us",
            f"+{row['overhead_least_us']:.2f} us",
            "",
            f"NumPy {row['bare_us']:.2f} us",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
