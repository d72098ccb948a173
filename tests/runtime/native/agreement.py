"""Whether a result is what an operation promises, judged in units in the last place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import pytest

import bifront as bf
from bifront.compiler.ops import EXACT, Op, allowed
from bifront.runtime.native import engine, function
from bifront.runtime.native.backend import NativeExecutable
from bifront.runtime.native.cache import Cache


def _no_fault(executable: NativeExecutable, status: int, *arrays: np.ndarray) -> None:
    raise AssertionError("a fault was noted where there is none: the reference would hide it")


@contextmanager
def small_parts(faults: bool = True) -> Iterator[None]:
    """Kernels that are compiled here are shared among threads however little they do; none goes to the cache.

    Args:
        faults: whether there may be any.
    """
    with pytest.MonkeyPatch.context() as patch:
        if not faults:
            patch.setattr(NativeExecutable, "_failed", _no_fault)
        patch.setattr(function, "GRAIN", 1)
        patch.setattr(engine, "disk", lambda: Cache(None))
        yield


@contextmanager
def threads(count: int) -> Iterator[None]:
    before = bf.get_num_threads()
    bf.set_num_threads(count)
    try:
        yield
    finally:
        bf.set_num_threads(before)


def exact(
    op: Op, inputs: Sequence[np.ndarray], attrs: Mapping[str, object]
) -> tuple[np.ndarray, np.ndarray]:
    """The result as exact as it is to be had, and what the reference gives.

    What is rounded is computed in wider numbers: float16 and float32 in float64, float64 in those of the processor's
    that are wider, if it has any.
    """
    with np.errstate(all="ignore"):
        wanted = np.asarray(op.evaluate(*inputs, **attrs))
        if op.accuracy == EXACT or wanted.dtype.kind != "f":
            return wanted, wanted
        wide = np.longdouble if wanted.dtype == np.float64 else np.float64
        widened = [x.astype(wide) if x.dtype.kind == "f" else x for x in inputs]
        try:
            found = np.asarray(op.evaluate(*widened, **attrs))
        except TypeError:  # SciPy has no such function of the widest numbers
            return wanted, wanted
        return found, wanted


def disagreement(
    op: Op,
    found: np.ndarray,
    inputs: Sequence[np.ndarray],
    attrs: Mapping[str, object],
    slack: np.ndarray | float = 0.0,
) -> str | None:
    """What is wrong with a result, or None.

    Args:
        slack: what else it may be off by.
    """
    best, wanted = exact(op, inputs, attrs)
    if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
        return f"{found.dtype}{found.shape} instead of {wanted.dtype}{wanted.shape}"
    with np.errstate(all="ignore"):
        bound = allowed(op, wanted, inputs, attrs) + slack
        # The reference may round the last bit of the widest floats itself.
        if wanted.dtype == np.float64 and best.dtype == np.float64 and op.accuracy.ulps:
            bound = bound + np.spacing(np.abs(wanted))
    return apart(found, best, bound)


def apart(found: np.ndarray, wanted: np.ndarray, bound: np.ndarray | float) -> str | None:
    """Where floats are farther apart than a bound, or None; without a bound to the bit, but for which NaN it is."""
    with np.errstate(all="ignore"):
        if found.dtype.kind != "f":
            wrong = found != wanted
        else:
            narrow = wanted.astype(found.dtype)
            same = (found == narrow) & (np.signbit(found) == np.signbit(narrow))
            same |= np.isnan(found) & np.isnan(narrow)
            error = np.abs(found.astype(wanted.dtype) - wanted)
            # Half a unit for the exact value that lies between two floats.
            near = np.isfinite(found) & np.isfinite(narrow) & (error <= bound) & (bound > 0)
            # The largest float and infinity are neighbours.
            edge = np.isfinite(found) != np.isfinite(narrow)
            edge &= (bound > 0) & ~np.isnan(found) & ~np.isnan(narrow)
            edge &= np.minimum(np.abs(found), np.abs(narrow)) >= np.finfo(found.dtype).max * 0.999
            wrong = ~(same | near | edge | (np.broadcast_to(bound, found.shape) == np.inf))
            wrong |= (found == 0) & (narrow == 0) & (np.signbit(found) != np.signbit(narrow)) & (
                np.broadcast_to(bound, found.shape) == 0
            )  # fmt: skip
    if not np.any(wrong):
        return None
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    limit = np.broadcast_to(bound, found.shape)[at]
    return (
        f"{int(np.sum(wrong))} of {found.size} elements differ; at {list(at)} {found[at]!r} "
        f"instead of {wanted[at]!r} (allowed: {limit})"
    )
