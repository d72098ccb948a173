"""New tensors of counted numbers: `arange`, `linspace`, `logspace`, `eye`."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from ...compiler.errors import AttributeValueError, Place
from ...compiler.ir.dtypes import int64
from ...compiler.location import Location
from ...compiler.ops import iota
from .api import export
from .creation import kind_of, literal, made
from .dtypes import Like, default, to_ir
from .grad_mode import capturing
from .tensor import Tensor


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
    layout: object = None,
    out: Tensor | None = None,
) -> Tensor:
    """Numbers from ``start`` (0) up to, not including, ``end``.

    Raises:
        AttributeValueError: the step is 0 or leads away from the end.
    """
    if end is None:
        start, end = 0, start
    first, last, stride = (
        x.item() if isinstance(x, (Tensor, np.generic)) else x for x in (start, end, step)
    )
    if stride == 0 or (last - first) / stride < 0:
        raise AttributeValueError(
            "step must be nonzero"
            if stride == 0
            else "upper bound and lower bound inconsistent with step sign",
            places=(Place("here", Location.here(1)),),
        )
    whole = all(isinstance(x, int) for x in (first, last, stride))
    kind = to_ir(dtype) if dtype is not None else int64 if whole else default.type
    count = ceil((last - first) / stride)
    wide = np.int64 if whole else np.float64
    data = (first + np.arange(count, dtype=wide) * stride).astype(kind.numpy)
    if capturing() and first == 0 and stride == 1:
        return made(iota(count, kind), requires_grad)  # type: ignore[arg-type]
    result = literal(data, requires_grad)
    if out is not None:
        out.resize_(data.shape)
        return out.copy_(result)  # type: ignore[no-any-return]
    return result


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
) -> Tensor:
    """``steps`` numbers at equal distances from ``start`` to ``end``, both included."""
    kind = kind_of(dtype).numpy
    a, b = (x.item() if isinstance(x, Tensor) else x for x in (start, end))
    n = int(steps)
    if kind.kind != "f":
        return literal(np.linspace(a, b, n).astype(kind), requires_grad)
    # Counted from the nearer end in the type itself, as PyTorch does, so that the numbers are symmetric.
    number: Any = kind.type
    stride = (number(b) - number(a)) / number(max(n - 1, 1))
    i = np.arange(n)
    low = number(a) + stride * i.astype(kind)
    high = number(b) - stride * (n - 1 - i).astype(kind)
    return literal(np.where(i < n // 2, low, high).astype(kind) if n > 1 else low, requires_grad)


def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
) -> Tensor:
    """``base`` to the powers `linspace` gives."""
    data = np.power(base, np.linspace(start, end, steps)).astype(kind_of(dtype).numpy)
    return literal(data, requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
) -> Tensor:
    """Ones on the diagonal, zeros elsewhere."""
    return literal(np.eye(n, m, dtype=kind_of(dtype).numpy), requires_grad)


for _function in (arange, linspace, logspace, eye):
    export(_function.__name__, method=False)(_function)
