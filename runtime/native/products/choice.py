"""Own kernels or BLAS for a product: measured once, then remembered.

The answer without a measurement is `OWN`: loading BLAS costs more than it could save in a short program. Kernels do not
ask yet: they are all our own.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ..emit import F32, Module
from .blas import BLAS_PARAMETERS, address, emit_blas_product
from .blocks import scratch_bytes
from .driver import emit_product
from .product import Product, Tiling

__all__ = ["BLAS", "OWN", "choose_routine"]

OWN, BLAS = "own", "blas"

_LEAST_OPERATIONS = 2_000_000
"""Multiplications and additions below which own kernels always win: BLAS takes a microsecond to begin."""
_RUN_TIME_SIZE = 256
"""Stands for a size that is known at run time only."""
_ROUNDS = 7
_MARGIN = 0.95
"""BLAS is taken where it needs at most this part of the own kernels' time."""
_FILE = "products.json"

Compile = Callable[[Module], Callable[[str], int]]
"""Compiles a module; gives the addresses of its functions, which must outlive the call of them."""


def choose_routine(
    product: Product,
    tiling: Tiling,
    folder: Path | None = None,
    compile: Compile | None = None,
    machine: str = "",
) -> str:
    """`OWN` or `BLAS`.

    Args:
        folder: where choices are remembered; None: they are not.
        compile: measures with it what is not remembered; None: `OWN` without measuring.
        machine: names the CPU and all else that measurements depend on.
    """
    sizes = [_RUN_TIME_SIZE if s is None else s for s in (product.m, product.n, product.k)]
    if 2 * sizes[0] * sizes[1] * sizes[2] < _LEAST_OPERATIONS:
        return OWN
    key = f"{machine} {tiling} {product}"
    known = _read(folder)
    if known.get(key) in (OWN, BLAS):
        return known[key]
    if compile is None:
        return OWN
    try:
        chosen = _measured(product, tiling, sizes, compile)
    except ImportError:
        chosen = OWN
    if folder is not None:
        _write(folder, {**_read(folder), key: chosen})
    return chosen


def _measured(product: Product, tiling: Tiling, sizes: list[int], compile: Compile) -> str:
    """The quicker one, on ones, each measured in turn."""
    gemm = address(product.type)
    module = Module()
    emit_product(module, "own", product, tiling)
    emit_blas_product(module, "blas", product, tiling)
    find = compile(module)
    m, n, k = sizes
    element = ctypes.c_float if product.type is F32 else ctypes.c_double
    a, b, c = ((element * (size + 16))(*[1.0] * size) for size in (m * k, k * n, m * n))
    scratch = ctypes.create_string_buffer(scratch_bytes(product, tiling, m, n) + 64)
    aligned = -(-ctypes.addressof(scratch) // 64) * 64
    matrices: list[int] = []
    for matrix, ld in (
        (a, m if product.transpose_a else k),
        (b, k if product.transpose_b else n),
        (c, n),
    ):
        matrices += [ctypes.addressof(matrix), ld]
    arguments = [*matrices, m, n, k, 0, m, 0, n, aligned, 0, gemm]
    kinds = [ctypes.c_void_p if t.text == "ptr" else ctypes.c_int64 for _, t in BLAS_PARAMETERS]
    calls = {
        OWN: (ctypes.CFUNCTYPE(None, *kinds[:-1])(find("own")), arguments[:-1]),
        BLAS: (ctypes.CFUNCTYPE(None, *kinds)(find("blas")), arguments),
    }
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(_ROUNDS):
        for which, (function, values) in calls.items():
            begin = time.perf_counter()
            function(*values)
            best[which] = min(best[which], time.perf_counter() - begin)
    return BLAS if best[BLAS] < _MARGIN * best[OWN] else OWN


def _read(folder: Path | None) -> dict[str, str]:
    """What is remembered; nothing where the file is missing or damaged."""
    if folder is None:
        return {}
    try:
        found = json.loads((folder / _FILE).read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str)}


def _write(folder: Path, choices: dict[str, str]) -> None:
    """Replace the file in one step; a folder that cannot be written costs another measurement, no more."""
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=_FILE)
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(choices, file, indent=1, sort_keys=True)
            os.replace(name, folder / _FILE)
        except OSError:
            os.unlink(name)
