"""What a program kept of a trace's numbers becomes plain when the trace is over."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Mapping, Sequence
from types import CellType, FrameType
from typing import Any

from .snapshot import slots_of

__all__ = ["release"]

_LAYERS = 8
"""How deep tuples lie in tuples."""


def release(numbers: Sequence[Any]) -> None:
    """Put plain numbers in the places of these traced ones, wherever the program keeps them."""
    plain = {id(n): n._plain for n in numbers}
    kept = [*numbers]
    for _ in range(_LAYERS):
        tuples: list[tuple[Any, ...]] = []
        for holder in gc.get_referrers(*kept):
            if holder is kept or holder is numbers or isinstance(holder, FrameType):
                continue
            if isinstance(holder, tuple):
                if id(holder) not in plain:
                    tuples.append(holder)
            else:
                _replace(holder, plain)
        if not tuples:
            return
        # A tuple is made anew, and then is what has to be replaced.
        for old in tuples:
            parts = [plain.get(id(x), x) for x in old]
            plain[id(old)] = old._make(parts) if hasattr(old, "_make") else tuple(parts)
        kept = [*tuples]


def _replace(holder: Any, plain: Mapping[int, Any]) -> None:
    if isinstance(holder, (list, deque)):
        for i, x in enumerate(holder):
            if id(x) in plain:
                holder[i] = plain[id(x)]
    elif isinstance(holder, dict):
        if any(id(k) in plain for k in holder):
            items = [(plain.get(id(k), k), v) for k, v in holder.items()]
            holder.clear()
            holder.update(items)
        for key, x in holder.items():
            if id(x) in plain:
                holder[key] = plain[id(x)]
    elif isinstance(holder, set):
        for x in [x for x in holder if id(x) in plain]:
            holder.discard(x)
            holder.add(plain[id(x)])
    elif isinstance(holder, CellType):
        holder.cell_contents = plain[id(holder.cell_contents)]
    else:
        _replace(getattr(holder, "__dict__", {}), plain)
        for name in slots_of(holder):
            x = getattr(holder, name, None)
            if id(x) in plain:
                object.__setattr__(holder, name, plain[id(x)])
