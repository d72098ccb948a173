"""An entry in Python, for where the native one cannot be: the same checks, calls and results, in tens of µs."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np

from .description import RUNTIME_WORDS, Arrays, Description, Parameter

_ALIGNMENT = 64


def make_portable_entry(description: Description) -> Callable[..., Arrays]:
    """As `entry.make_entry`."""
    parameters, results = description.parameters, description.results
    prototype = ctypes.CFUNCTYPE if description.release else ctypes.PYFUNCTYPE
    kernel = prototype(ctypes.c_int64, ctypes.c_void_p)(description.kernel)
    runtime = np.zeros(RUNTIME_WORDS, np.uint64)
    runtime[: len(description.runtime)] = description.runtime
    constants = np.array([a.ctypes.data for a in description.constants], np.uint64)
    sizes = np.array(description.sizes, np.int64)
    written = tuple(i for i, p in enumerate(parameters) if p.written)
    # Appending and popping are atomic: a thread has an arena to itself.
    arenas: list[np.ndarray] = []

    def run(*arrays: np.ndarray) -> Arrays:
        if len(arrays) != len(parameters) or not all(map(_fits, arrays, parameters)):
            return description.miss(*arrays)  # type: ignore[return-value]
        if written and _aliased(arrays, written):
            return description.miss(*arrays)  # type: ignore[return-value]
        made = tuple(
            np.empty(r.shape, r.dtype) if r.parameter is None else arrays[r.parameter]
            for r in results
        )
        try:
            arena = arenas.pop()
        except IndexError:
            arena = np.empty(description.arena_bytes + _ALIGNMENT, np.uint8)
        frame = np.array(
            [
                runtime.ctypes.data,
                arena.ctypes.data + -arena.ctypes.data % _ALIGNMENT
                if description.arena_bytes
                else 0,
                constants.ctypes.data,
                sizes.ctypes.data,
                *(a.ctypes.data for a in (*arrays, *made)),
            ],
            np.uint64,
        )
        status = kernel(frame.ctypes.data)
        arenas.append(arena)
        if status:
            return description.fail(status, *arrays)  # type: ignore[return-value]
        return made

    return run


def _fits(array: object, parameter: Parameter) -> bool:
    return (
        type(array) is np.ndarray
        and array.dtype == parameter.dtype
        and array.shape == parameter.shape
        and array.flags.c_contiguous
        and array.flags.aligned
        and (array.flags.writeable or not parameter.written)
    )


def _aliased(arrays: tuple[np.ndarray, ...], written: tuple[int, ...]) -> bool:
    """Whether an array that is written to shares memory with another one."""
    bounds = [(a.ctypes.data, a.ctypes.data + a.nbytes) for a in arrays]
    return any(
        bounds[i][0] < end and begin < bounds[i][1]
        for i in written
        for j, (begin, end) in enumerate(bounds)
        if i != j
    )
