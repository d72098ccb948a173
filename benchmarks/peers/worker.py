"""One contender on one workload, in a process of its own.

    python -m peers.worker FRAMEWORK MODE WORKLOAD [--tiny] [--once SECONDS]

It builds the program, holds its answer against the reference, says so in one line of JSON, and then times it for as
many seconds as each line of its input says. With ``--once`` it goes straight to the first result, says that it has it,
goes on for that long, and ends with its peak memory: nothing is checked or imported besides.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

SHORTEST = 1e-3
"""Seconds that one reading of the clock must span."""
KEPT = 200
"""Of a sample's readings, so many of the fastest are told."""


def main(arguments: list[str]) -> None:
    framework, mode, name, *rest = arguments
    from . import frameworks, workloads

    workload = (workloads.TINY if "--tiny" in rest else workloads.WORKLOADS)[name]
    if "--once" in rest:
        job = frameworks.load(framework).build(workload, mode)
        job.run(1)
        say(first=True)
        _go_on(job, float(rest[rest.index("--once") + 1]))
        say(peak=peak_memory())
        return
    module = frameworks.load(framework)
    job = module.build(workload, mode)
    error = workload.error(job.answer(), _reference(name))
    say(error=error, versions=dict(module.versions()))
    if not error < workloads.TOLERANCE:
        return
    job.run(workload.cycle())
    say(ready=True)
    _time(job, workload.cycle(), workload.units())


def say(**what: Any) -> None:
    """One line of JSON for the driver; lines that begin otherwise are the framework's own."""
    print("@" + json.dumps(what), flush=True)


def peak_memory() -> int:
    """The most bytes that this process has held since it was started.

    On Linux from the memory map itself: what `getrusage` tells includes the parent's, which was copied at the fork.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(s for s in status.read_text().splitlines() if s.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _reference(name: str) -> list[Any]:
    import numpy as np

    from .workloads import digits

    with np.load(digits.folder() / f"{name}.npz") as file:
        return [file[key] for key in file.files]


def _go_on(job: Any, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        job.run(1)


def _time(job: Any, cycle: int, units: float) -> None:
    """Answer each line, a number of seconds, with a sample of the time of one unit."""
    calls = cycle
    for line in sys.stdin:
        budget = float(line)
        start, cpu = time.perf_counter(), sum(os.times()[:2])
        readings: list[float] = []
        while not readings or time.perf_counter() - start < budget:
            before = time.perf_counter()
            job.run(calls)
            took = time.perf_counter() - before
            if took < SHORTEST and not readings:
                calls *= 2
                start = time.perf_counter()
            elif before - start >= budget / 10 or took > budget / 4:
                readings.append(took / calls / units)
        readings.sort()
        say(
            readings=readings[:KEPT],
            count=len(readings),
            median=readings[len(readings) // 2],
            cpu=sum(os.times()[:2]) - cpu,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
