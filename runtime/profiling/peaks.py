"""What the machine can do at most: arithmetic and memory traffic, measured once and remembered.

A roofline (Williams, Waterman, Patterson: "Roofline: an insightful visual performance model", CACM 52(4), 2009) holds
a kernel against these two: it can do no more operations a second than the machine, and no more than memory brings
operands for.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from time import perf_counter

import numpy as np

from ..native.cache import default_directory
from ..native.machine import machine
from ..native.threads import get_num_threads

FILE = "peaks.json"
SECONDS = 0.4
"""For how long each figure is measured; the best of the repetitions counts, as others may be using the machine."""
STREAM = 64 << 20
"""Bytes that each thread copies; more than caches hold."""
ROUNDS = 1 << 19
"""Iterations of the loop that does arithmetic: milliseconds, beside which starting it takes no time."""
CHAINS = 12
"""Sums that do not wait for each other: more than the latency of a fused multiply-add times the units for it."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """What the machine does at most, with so many threads.

    Attributes:
        single, double: arithmetic in 32 and 64 bits, in operations a second; a fused multiply-add counts as two.
        bandwidth: bytes a second between memory and the cores, read and written.
    """

    threads: int
    single: float
    double: float
    bandwidth: float

    def roof(self, flops: int, moved: int, wide: bool) -> float:
        """The least seconds in which so much arithmetic and so many bytes can be done."""
        return max(flops / (self.double if wide else self.single), moved / self.bandwidth)


def peaks(say: Callable[[str], None] = lambda text: None) -> Peaks:
    """The peaks of this machine: remembered from an earlier time, or measured now, in about a second.

    Args:
        say: told what is being measured.
    """
    threads = get_num_threads()
    return _remembered(threads) or _measured(threads, say)


@cache
def _known() -> dict[int, Peaks]:
    return {}


def _remembered(threads: int) -> Peaks | None:
    found = _known().get(threads)
    if found is not None:
        return found
    path = _path()
    if path is None:
        return None
    try:
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)[_key(threads)]
        figures = [float(kept[k]) for k in ("single", "double", "bandwidth")]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not all(0 < f < float("inf") for f in figures):
        return None
    return _known().setdefault(threads, Peaks(threads, *figures))


def _measured(threads: int, say: Callable[[str], None]) -> Peaks:
    with_ = "1 thread" if threads == 1 else f"{threads} threads"
    say(f"measuring what this machine can do with {with_}: memory")
    bandwidth = _bandwidth(threads)
    say(f"measuring what this machine can do with {with_}: arithmetic")
    single, double = _arithmetic(threads)
    found = _known()[threads] = Peaks(threads, single, double, bandwidth)
    _remember(found)
    return found


def _remember(found: Peaks) -> None:
    path = _path()
    if path is None:
        return
    kept: dict[str, object] = {}
    with contextlib.suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
        before = json.load(file)
        kept = before if isinstance(before, dict) else {}
    kept[_key(found.threads)] = asdict(found)
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        temporary = f"{path}.{os.getpid()}"
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        os.replace(temporary, path)


def _path() -> str | None:
    folder = default_directory()
    return None if folder is None else os.path.join(folder, FILE)


def _key(threads: int) -> str:
    return f"{machine().key[:16]} {threads}"


# Measuring.


def _best(work: Callable[[int], object], threads: int, amount: float) -> float:
    """How much of something ``threads`` threads do a second, at best; each call of ``work`` does an ``amount``."""
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        end = perf_counter() + SECONDS
        while perf_counter() < end or not best:
            start = perf_counter()
            for done in [pool.submit(work, i) for i in range(threads)]:
                done.result()
            best = max(best, threads * amount / (perf_counter() - start))
    return best


def _bandwidth(threads: int) -> float:
    arrays = [np.ones((2, STREAM // 8)) for _ in range(threads)]
    return _best(lambda i: np.copyto(arrays[i][0], arrays[i][1]), threads, 2 * STREAM)


def _arithmetic(threads: int) -> tuple[float, float]:
    """Operations a second in 32 and 64 bits; NumPy's products where there is no LLVM."""
    try:
        from ..native.peak_code import loops

        single, double = loops(CHAINS)
    except ImportError:
        return _products(np.float32), _products(np.float64)
    lanes = machine().vector_bytes // 4
    each = 2.0 * CHAINS * ROUNDS
    return (
        _best(lambda i: single(ROUNDS), threads, each * lanes),
        _best(lambda i: double(ROUNDS), threads, each * lanes / 2),
    )


def _products(dtype: type) -> float:
    size = 768
    a: np.ndarray = np.ones((size, size), dtype)
    return _best(lambda i: a @ a, 1, 2.0 * size**3)
