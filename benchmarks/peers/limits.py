"""What the machine can do at most: products, memory, and the arithmetic of the elementwise chain.

    python -m peers.limits [SECONDS]        # prints JSON

All on as many threads as there are cores, in processes of their own, so that no other library's threads are about.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from .workloads import WORKLOADS, Elementwise, Product

SIDES = (128, 256, 512, 1024, 2048)
"""Of the square products."""
BILLION = 1e9
FLAGS = ["-Ofast", "-march=native", "-mprefer-vector-width=512", "-fopenmp"]


def main(seconds: float) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    squares = {n: _product(rng, Product(n, n, n), seconds) for n in SIDES}
    return {
        "gemm_gflops": {str(n): 2 * n**3 / took / BILLION for n, took in squares.items()},
        "products_s": products(seconds / 4),
        "bandwidth_gbs": {
            f"{what}, 2^{power} floats": rate
            for power in (24, 26)
            for what, rate in bandwidth(1 << power, seconds).items()
        },
        "elementwise_c_s": elementwise_in_c(),
    }


def products(seconds: float) -> dict[str, float]:
    """For each workload the time of its matrix products alone: back to back, operands warm, results in place."""
    rng = np.random.default_rng(0)
    known: dict[tuple[Any, ...], float] = {}
    found = {}
    for name, workload in WORKLOADS.items():
        total = 0.0
        for p in workload.products():
            key = p.m, p.k, p.n, p.transposed
            if key not in known:
                known[key] = _product(rng, p, seconds)
            total += known[key] * p.count
        if total:
            found[name] = total
    return found


def bandwidth(size: int, seconds: float) -> dict[str, float]:
    """GB/s of copying one vector, and of adding two into a third (as the stream benchmarks count it)."""
    a, b, c = (np.full(size, v, np.float32) for v in (0.0, 1.0, 2.0))
    cores = os.cpu_count() or 1
    parts = [slice(size * i // cores, size * (i + 1) // cores) for i in range(cores)]
    with ThreadPoolExecutor(cores) as pool:

        def on_all(work: Callable[[slice], object]) -> Callable[[], object]:
            return lambda: list(pool.map(work, parts))

        copy = least(on_all(lambda p: np.copyto(a[p], b[p])), seconds)
        add = least(on_all(lambda p: np.add(b[p], c[p], out=a[p])), seconds)
    return {"copy": 8 * size / copy / BILLION, "add": 12 * size / add / BILLION}


def elementwise_in_c() -> dict[str, float] | None:
    """The chain as one loop in C with the C library's vector functions: seconds with all threads, for each workload.

    ``cached`` is the time that the arithmetic alone takes: the same number of elements, all in the first cache. None
    where there is no compiler, or it lacks these functions.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        program = str(Path(folder) / "elementwise")
        source = Path(__file__).with_name("elementwise.c")
        built = subprocess.run(
            [compiler, *FLAGS, str(source), "-o", program, "-lm"], capture_output=True
        )
        if built.returncode:
            return None
        size = next(w.size for w in WORKLOADS.values() if isinstance(w, Elementwise))
        done = subprocess.run([program, str(size)], capture_output=True, text=True)
    if done.returncode:
        return None
    found: dict[str, float] = json.loads(done.stdout)
    return found


def least(call: Callable[[], object], seconds: float) -> float:
    """The least time of a call."""
    call()
    end, best, count = time.perf_counter() + seconds, float("inf"), 0
    while time.perf_counter() < end or count < 3:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
        count += 1
    return best


def _product(rng: np.random.Generator, p: Product, seconds: float) -> float:
    left, right = p.transposed
    a = rng.standard_normal((p.k, p.m) if left else (p.m, p.k), dtype=np.float32)
    b = rng.standard_normal((p.n, p.k) if right else (p.k, p.n), dtype=np.float32)
    a, b = a.T if left else a, b.T if right else b
    c = np.empty((p.m, p.n), np.float32)
    calls = max(1, int(2e-4 / (2 * p.m * p.k * p.n / 1e11 + 1e-6)))

    def many() -> None:
        for _ in range(calls):
            np.matmul(a, b, out=c)

    return least(many, seconds) / calls


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0), indent=1))
