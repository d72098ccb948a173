"""Fresh processes: how long until the first result, everything counted, and how much memory at most."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .machine import wait_until_quiet
from .plan import OWN, Contender
from .processes import Failure, Process, Pythons
from .timing import Manner, Say

SLOW = 5.0
"""Seconds from which a cold start is not repeated."""
WORK = 1.0
"""Seconds of work in which a peak of memory shows."""


def startups(
    name: str, contenders: Sequence[Contender], pythons: Pythons, manner: Manner, say: Say
) -> dict[str, dict[str, Any]]:
    """For each contender the least time from the start of its process to the first result of the workload, in seconds.

    ``cold`` with empty caches of compiled programs, ``warm`` with what the cold start left there.
    """
    records: dict[str, dict[str, Any]] = {}
    for contender in contenders:
        if not pythons.has(contender.framework):
            records[contender.name] = {"error": "not installed"}
            continue
        cold, warm = [], []
        try:
            if contender.framework == OWN:
                # A checkout has no bytecode before its first start; the others were compiled when they were installed.
                with tempfile.TemporaryDirectory(prefix="peers-") as cache:
                    _first_result(name, contender, pythons, manner, Path(cache))
            for _ in range(manner.rounds):
                with tempfile.TemporaryDirectory(prefix="peers-") as cache:
                    cold.append(_first_result(name, contender, pythons, manner, Path(cache)))
                    warm.append(_first_result(name, contender, pythons, manner, Path(cache)))
                if cold[-1] > SLOW:
                    break
            records[contender.name] = {"cold": min(cold), "warm": min(warm)}
            say(f"{contender.name}: {min(cold):.2f} s, {min(warm):.2f} s warm")
        except Failure as failure:
            records[contender.name] = {"error": str(failure)}
            say(f"{contender.name}: {failure}")
    return records


def _first_result(
    name: str, contender: Contender, pythons: Pythons, manner: Manner, cache: Path
) -> float:
    wait_until_quiet()
    process = _once(name, contender, pythons, manner, 0.0, caches(cache))
    try:
        process.answer(manner.limit)
        return time.perf_counter() - process.started
    finally:
        process.stop()


def caches(folder: Path) -> dict[str, str]:
    """Environment variables that put all that a framework may keep from one process to the next below a folder."""
    compiled = folder / "pytensor"
    return {
        "XDG_CACHE_HOME": str(folder),
        "TMPDIR": str(folder),
        "BIFRONT_CACHE_DIR": str(folder / "bifront"),
        "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"),
        "NUMBA_CACHE_DIR": str(folder / "numba"),
        "CACHEDB": str(folder / "tinygrad.db"),
        "PYTENSOR_FLAGS": f"base_compiledir={compiled},compiledir={compiled}",
    }


def peaks(
    name: str, contenders: Sequence[Contender], pythons: Pythons, manner: Manner, say: Say
) -> dict[str, dict[str, Any]]:
    """For each contender the peak of its process' resident memory in bytes: import, build, and work for a while."""

    def measure(contender: Contender) -> dict[str, Any]:
        if not pythons.has(contender.framework):
            return {"error": "not installed"}
        seconds = 0.0 if manner.tiny else WORK
        process = _once(name, contender, pythons, manner, seconds, {})
        try:
            process.answer(manner.limit)
            peak = process.answer(manner.limit)["peak"]
            say(f"{name} {contender.name}: {peak / 2**20:.0f} MiB")
            return {"peak": peak}
        except Failure as failure:
            return {"error": str(failure)}
        finally:
            process.stop()

    with ThreadPoolExecutor(manner.parallel) as pool:
        found = pool.map(measure, contenders)
        return {c.name: record for c, record in zip(contenders, found, strict=True)}


def _once(
    name: str,
    contender: Contender,
    pythons: Pythons,
    manner: Manner,
    seconds: float,
    environment: dict[str, str],
) -> Process:
    arguments = [name, "--once", str(seconds), *(["--tiny"] if manner.tiny else [])]
    python = pythons[contender.framework]
    return Process(contender, python, *arguments, environment=environment)
