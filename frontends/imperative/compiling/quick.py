"""The key of a call whose arguments are tensors and plain values, read by a function written for their types.

`signature.read_call` takes any call apart; this one is for those that come again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import combinations
from typing import Any, TypeAlias

from ....runtime.generated import function_from
from ..tensor import Tensor
from .signature import PLAIN, Call
from .standing import STANDING

__all__ = ["quick"]

Reader: TypeAlias = "Callable[[bool, tuple[object, ...]], tuple[Call, Hashable] | None]"

_readers: dict[tuple[type, ...], Reader] = {}
_KEPT = 1024
"""For so many combinations of types readers are kept."""

_FEW = 4
"""Of up to so many tensors each pair is compared; of more, their ids are counted."""


def quick(args: tuple[object, ...], grad: bool) -> tuple[Call, Hashable] | None:
    """The tensors of a call, and a key of everything about it, sizes included; None where that takes a closer look.

    Two calls with equal keys have equal keys and sizes as `read_call` gives them.
    """
    kinds = tuple(map(type, args))
    read = _readers.get(kinds)
    if read is None:
        read = _reader(kinds)
        if read is None:
            return None
    return read(grad, args)


def _reader(kinds: tuple[type, ...]) -> Reader | None:
    """What reads arguments of these types; None where nothing does."""
    tensors = [i for i, kind in enumerate(kinds) if kind is Tensor or kind in STANDING]
    if not all(kind in PLAIN for i, kind in enumerate(kinds) if i not in tensors):
        return None
    names = [f"x{i}" for i in range(len(kinds))]
    lines = [f"[{', '.join(names)}] = args"]
    same = " or ".join(f"x{i} is x{j}" for i, j in combinations(tensors, 2))
    if len(tensors) > _FEW:
        same = f"len({{{', '.join(f'id(x{i})' for i in tensors)}}}) < {len(tensors)}"
    if same:
        lines.append(f"if {same}: return None")
    parts = ["grad", "kinds"]
    for i in range(len(kinds)):
        if i not in tensors:
            parts.append(f"x{i}")
            continue
        lines += [f"a{i} = x{i}.array", f"d{i} = a{i}.data"]
        flows = f"a{i}.tracked and 1 + (a{i}.op is None or a{i}.origin is not None)"
        parts += [f"d{i}.dtype", f"d{i}.shape", flows]
    lines += [
        "call = new(Call)",
        f"call.tensors = [{', '.join(names[i] for i in tensors)}]",
        "call.made = {}",
        f"return call, ({', '.join(parts)})",
    ]
    text = "def read(grad, args):\n" + "".join(f"  {line}\n" for line in lines)
    read: Any = function_from("read", text, {"kinds": kinds, "Call": Call, "new": Call.__new__})
    if len(_readers) >= _KEPT:
        _readers.clear()
    _readers[kinds] = read
    return read  # type: ignore[no-any-return]
