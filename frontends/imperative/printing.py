"""Tensors printed as PyTorch prints them.

Matched: torch/_tensor_str.py of PyTorch 2 (number formats, scientific mode, summaries, suffixes, indentation).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np

from .dtypes import default
from .grad_fn import Node
from .tensor import Tensor


@dataclass(frozen=True)
class Options:
    """How numbers are printed."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=float("inf")),
}


class _Chosen:
    options = Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed; what is not given stays, except ``sci_mode``, which becomes automatic."""
    chosen = _PROFILES[profile] if profile is not None else _Chosen.options
    given = {
        "precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth,
    }  # fmt: skip
    changes: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
    _Chosen.options = replace(chosen, sci_mode=sci_mode, **changes)


class _Format:
    """One format for all numbers of a tensor, wide enough for each."""

    def __init__(self, data: np.ndarray, options: Options) -> None:
        self.floating = data.dtype.kind == "f"
        self.options = options
        self.whole = True
        self.scientific = False
        self.width = 1
        flat = data.reshape(-1)
        if not self.floating:
            self.width = max([1, *[len(str(v)) for v in flat.tolist()]])
            return
        wide = flat.astype(np.float64)
        # Zeros, infinities and not-a-number adapt to the format that the other numbers choose.
        finite = wide[np.isfinite(wide) & (wide != 0)]
        if finite.size:
            self._choose(finite)
        if options.sci_mode is not None:
            self.scientific = options.sci_mode
        for v in finite.tolist():
            self.width = max(self.width, len(self._digits(v)))

    def _choose(self, finite: np.ndarray) -> None:
        magnitudes = np.abs(finite)
        low, high = magnitudes.min(), magnitudes.max()
        self.whole = bool(np.all(finite == np.ceil(finite)))
        self.scientific = bool(
            high / low > 1000.0 or high > 1.0e8 or (not self.whole and low < 1.0e-4)
        )

    def _digits(self, v: float) -> str:
        p = self.options.precision
        if self.scientific:
            return f"{v:.{p}e}"
        if not self.whole:
            return f"{v:.{p}f}"
        return f"{v:.0f}." if isfinite(v) else f"{v:.0f}"

    def __call__(self, v: Any) -> str:
        return (self._digits(v) if self.floating else str(v)).rjust(self.width)


def show(tensor: Tensor) -> str:
    """``tensor(...)``, with the suffixes that the type and autograd give it."""
    return _show(tensor, np.asarray(tensor.array.data), "tensor(")


def _show(tensor: Tensor, data: np.ndarray, prefix: str) -> str:
    options = _Chosen.options
    suffixes: list[str] = []
    kind = data.dtype
    if kind != default.type.numpy and kind not in (np.dtype("int64"), np.dtype("bool")):
        suffixes.append(f"dtype={tensor.dtype}")
    if not data.size:
        if data.shape != (0,):
            suffixes.insert(0, f"size={tuple(data.shape)!s}")
        if kind == np.dtype("int64"):
            suffixes.append("dtype=torch.int64")
        body = "[]"
    else:
        body = _body(data, len(prefix), options)
    if tensor.requires_grad:
        if tensor.is_leaf:
            suffixes.append("requires_grad=True")
        else:
            suffixes.append(f"grad_fn=<{Node(tensor.array).name()}>")
    return _with_suffixes(prefix + body, suffixes, len(prefix), options)


def _with_suffixes(text: str, suffixes: list[str], indent: int, options: Options) -> str:
    pieces = [text]
    last = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        length = len(suffix)
        if last + length + 2 > options.linewidth:
            pieces.append(",\n" + " " * indent + suffix)
            last = indent + length
        else:
            pieces.append(", " + suffix)
            last += length + 2
    return "".join(pieces) + ")"


def _body(data: np.ndarray, indent: int, options: Options) -> str:
    summarize = data.size > options.threshold
    shown = _summary(data, options) if summarize else data
    if data.dtype == np.float16:
        shown = shown.astype(np.float32)
    return _nested(
        shown if not summarize else data, indent, _Format(shown, options), summarize, options
    )


def _summary(data: np.ndarray, options: Options) -> np.ndarray:
    """The elements that are shown of a tensor too large to be shown whole."""
    edge = options.edgeitems
    for axis, extent in enumerate(data.shape):
        if extent > 2 * edge:
            ends = [*range(edge), *range(extent - edge, extent)]
            data = data.take(ends, axis)
    return data


def _nested(data: np.ndarray, indent: int, form: _Format, summarize: bool, options: Options) -> str:
    if data.ndim == 0:
        return form(data.item())
    if data.ndim == 1:
        return _vector(data, indent, form, summarize, options)
    edge = options.edgeitems

    def rows(part: np.ndarray) -> list[str]:
        return [_nested(row, indent + 1, form, summarize, options) for row in part]

    if summarize and len(data) > 2 * edge:
        shown = [*rows(data[:edge]), "...", *rows(data[-edge:])]
    else:
        shown = rows(data)
    between = "," + "\n" * (data.ndim - 1) + " " * (indent + 1)
    return "[" + between.join(shown) + "]"


def _vector(data: np.ndarray, indent: int, form: _Format, summarize: bool, options: Options) -> str:
    per_line = max(1, (options.linewidth - indent) // (form.width + 2))
    edge = options.edgeitems
    if summarize and len(data) > 2 * edge:
        first, last = data[:edge].tolist(), data[-edge:].tolist()
        shown = [*map(form, first), " ...", *map(form, last)]
    else:
        shown = [form(v) for v in data.tolist()]
    lines = [shown[i : i + per_line] for i in range(0, len(shown), per_line)]
    rows = [", ".join(line) for line in lines]
    return "[" + ("," + "\n" + " " * (indent + 1)).join(rows) + "]"
