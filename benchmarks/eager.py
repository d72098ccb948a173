"""What eager evaluation costs: the bookkeeping of one operation, and a whole training step beside PyTorch.

    python benchmarks/eager.py [--torch-python PATH] [--threads 1] [--rounds 60] [--json FILE]

* The overhead of an operation is the time of ``x + y`` with gradients recorded and the user's line remembered, less the
  time of the bare NumPy call on the same arrays.
* The step trains a 64-128-128-10 network on digits: batch 64, cross-entropy, SGD, the loss read in every step. The
  imperative program's source is the same for PyTorch and for bifront (`programs.py`). A program whose losses or
  weights differ from the float64 reference by more than 1e-4 is not timed.

Samples of all contenders are interleaved in random order, so that what else the machine does falls on all of them.
Figures are medians, and ratios are medians of the ratios within each round. All have the same number of threads.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import tempfile
import time
import timeit
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measuring import Peer, Sample, answer, hold_threads, interleaved

if TYPE_CHECKING:
    from programs import Batch, Program

TOLERANCE = 1e-4
CALLS = 2000
"""Calls of one operation in a sample."""
OPERATIONS = {
    "x + y": "add(data, data)",
    "x * 2.0": "multiply(data, 2.0)",
    "x.tanh()": "tanh(data)",
    "record(ADD, a, b)": "add(data, data)",
}
"""Statements, and the bare NumPy calls that they come down to."""


def main() -> None:
    options = _options()
    if options.worker:
        _work(Path(options.worker), options.threads)
        return
    hold_threads(options.threads)
    result = {
        "threads": options.threads,
        "operations": _operations(options.rounds),
        "steps": _steps(options.torch_python, options.threads, options.rounds),
    }
    _show(result)
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What eager evaluation costs.")
    parser.add_argument("--torch-python", help="a Python that has PyTorch (default: this one)")
    parser.add_argument("--threads", type=int, default=1, help="of BLAS and of PyTorch")
    parser.add_argument("--rounds", type=int, default=60, help="samples of each contender")
    parser.add_argument("--json", help="write the figures to this file too")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser.parse_args()


# One operation.


def _operations(rounds: int) -> list[dict[str, Any]]:
    import numpy as np

    from bifront import imperative as torch
    from bifront.compiler.dispatch import RECORDING, leaf
    from bifront.compiler.ops import ADD

    data = np.ones((8, 8), np.float32)
    names = {
        **{"add": np.add, "multiply": np.multiply, "tanh": np.tanh, "data": data},
        **{"record": RECORDING.apply2, "ADD": ADD},
        **{"x": torch.tensor(data, requires_grad=True), "y": torch.tensor(data)},
        **{"a": leaf(data, tracked=True), "b": leaf(data)},
    }
    rows = []
    for ours, bare in OPERATIONS.items():
        samples = {s: _calls(s, names) for s in (ours, bare)}
        times = interleaved(samples, rounds)
        pairs = zip(times[ours], times[bare], strict=True)
        rows.append(
            {
                "name": ours,
                "bare_us": statistics.median(times[bare]),
                "overhead_us": statistics.median(o - n for o, n in pairs),
                "overhead_least_us": min(times[ours]) - min(times[bare]),
            }
        )
    return rows


def _calls(statement: str, names: dict[str, Any]) -> Sample:
    timer = timeit.Timer(statement, globals=names)
    return lambda: timer.timeit(CALLS) / CALLS * 1e6


# One step.


def _steps(torch_python: str | None, threads: int, rounds: int) -> list[dict[str, Any]]:
    import programs

    import bifront.imperative as torch
    import bifront.static as tf

    data, weights = programs.batches(), programs.first_weights()
    contenders: dict[str, Sample] = {}
    errors: dict[str, float] = {}
    for name, program in {
        "bifront.imperative, eager": programs.imperative(torch, data, weights),
        "bifront.static, session": programs.static(tf, data, weights),
    }.items():
        errors[name] = programs.error(program, data, weights)
        contenders[name] = _epoch(program, len(data))
    here = importlib.util.find_spec("torch") is not None
    python = torch_python or (sys.executable if here else None)
    peer = _torch(python, data, threads) if python else None
    beside = f"PyTorch {peer.version}, eager" if peer is not None else ""
    if peer is not None:
        errors[beside] = peer.ask("error")
        contenders[beside] = lambda: peer.ask("epoch")
    for name, error in errors.items():
        if not error < TOLERANCE:
            raise SystemExit(f"{name} is wrong: {error:.1e} from the float64 reference")
    times = interleaved(contenders, rounds)
    rows = []
    for name, own in times.items():
        row = {
            "name": name,
            "step_us": statistics.median(own),
            "step_least_us": min(own),
            "error": errors[name],
        }
        if peer is not None:
            theirs = times[beside]
            row["speedup"] = statistics.median(t / o for t, o in zip(theirs, own, strict=True))
        rows.append(row)
    return rows


def _epoch(program: Program, count: int) -> Sample:
    def sample() -> float:
        start = time.perf_counter()
        for i in range(count):
            program.step(i)
        return (time.perf_counter() - start) / count * 1e6

    return sample


def _torch(python: str, data: list[Batch], threads: int) -> Peer:
    """PyTorch in a process of its own, perhaps of another Python."""
    import numpy as np

    folder = Path(tempfile.mkdtemp(prefix="bifront-benchmark-"))
    np.savez(folder / "batches.npz", *[array for batch in data for array in batch])
    return Peer([python, __file__, "--worker", str(folder), "--threads", str(threads)])


def _work(folder: Path, threads: int) -> None:
    """Answer the process that measures."""
    import numpy as np
    import programs
    import torch  # type: ignore[import-not-found]

    torch.set_num_threads(threads)
    with np.load(folder / "batches.npz") as file:
        arrays = [file[name] for name in file.files]
    data = list(zip(arrays[::2], arrays[1::2], strict=True))
    weights = programs.first_weights()
    program = programs.imperative(torch, data, weights)
    questions = {
        "error": lambda: programs.error(program, data, weights),
        "epoch": _epoch(program, len(data)),
    }
    answer(torch.__version__, questions)


def _show(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Eager evaluation, {result['threads']} thread(s)")
    for column in ("", "median", "least", "beside"):
        table.add_column(column, justify="right" if column else "left")
    for row in result["operations"]:
        table.add_row(
            row["name"],
            f"+{row['overhead_us']:.2f} us",
            f"+{row['overhead_least_us']:.2f} us",
            f"NumPy {row['bare_us']:.2f} us",
        )
    table.add_section()
    for row in result["steps"]:
        beside = f"{row['speedup']:.2f}x PyTorch" if "speedup" in row else ""
        table.add_row(
            row["name"], f"{row['step_us']:.0f} us", f"{row['step_least_us']:.0f} us", beside
        )
    Console().print(table)


if __name__ == "__main__":
    main()
