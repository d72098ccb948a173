"""Why a call did not run as graphs, in words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np

from ....compiler.ir.types import show_shape
from ..tensor import Tensor
from .signature import Call, Identity

__all__ = ["difference", "shown_value"]


def difference(call: Call, others: Iterable[Call]) -> str:
    """In what a call differs from the one of the others that is nearest to it."""
    found: list[list[str]] = [_differences(call, other) for other in others]
    if not found:
        return "the first call"
    fewest = min(map(len, found))
    nearest = next(said for said in found if len(said) == fewest)
    return " and ".join(nearest) or "another state of the world around it"


def _differences(call: Call, other: Call) -> list[str]:
    mine, yours = _parts(call), _parts(other)
    if mine.keys() != yours.keys():
        return ["other arguments are given", "their number or names differ"]
    found = []
    for name, part in mine.items():
        if part != yours[name]:
            found.append(f"{name} is {_told(part)}, was {_told(yours[name])}")
    if not found and len(call.sizes) == len(other.sizes):
        for spot, a, b in zip(call.spots, call.sizes, other.sizes, strict=True):
            if a != b:
                found.append(f"{_name(spot[0])} has the shape {show_shape(a)}, had {show_shape(b)}")
    if not found and call.grad != other.grad:
        found.append("gradients are " + ("enabled" if call.grad else "disabled"))
    return found


def _parts(call: Call) -> dict[str, Hashable]:
    return {_name(name): part for name, part in call.parts}


def _name(spot: object) -> str:
    return f"argument {spot}" if isinstance(spot, int) else str(spot)


def _told(part: Hashable) -> str:
    if isinstance(part, Identity):
        return repr(part)
    if isinstance(part, tuple) and part:
        kind = part[0]
        if isinstance(kind, type) and issubclass(kind, Tensor) and len(part) == 5:
            _, dtype, rank, tracked, _ = part
            needs = " that requires grad" if tracked else ""
            return f"a {kind.__name__} of {np.dtype(dtype).name} with {rank} dimensions{needs}"
        if isinstance(kind, type) and len(part) == 2:
            if kind is float and isinstance(part[1], str):
                return repr(float.fromhex(part[1]))
            return repr(part[1])
        if isinstance(kind, type):
            return _structure(part)
    return "something"


def _structure(part: Hashable) -> str:
    """A tuple, list or dictionary in short."""
    text = _nested(part)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _nested(part: Hashable) -> str:
    if not isinstance(part, tuple) or not part or not isinstance(part[0], type):
        return "..."
    kind, *rest = part
    if issubclass(kind, Tensor):
        return "tensor" if len(part) == 5 else f"tensor {rest[0]} again"
    if issubclass(kind, (tuple, list)):
        inner = ", ".join(_nested(x) for x in rest)
        return f"[{inner}]" if issubclass(kind, list) else f"({inner})"
    if issubclass(kind, dict):
        return "{" + ", ".join(f"{_told(x[0])}: {_nested(x[1])}" for x in rest) + "}"
    return _told(part)


def shown_value(value: np.ndarray) -> str:
    """A value that a program looked at."""
    if value.size == 1:
        return repr(value.item())
    text = np.array2string(value, threshold=8, precision=4, separator=", ")
    return " ".join(text.split())
