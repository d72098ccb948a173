"""Who looks at runs: for a while, every executable that `compile` gave runs through a wrapper."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakSet

if TYPE_CHECKING:
    import numpy as np

    from .executable import Executable

Run: TypeAlias = "Callable[..., tuple[np.ndarray, ...]]"
Wrap: TypeAlias = "Callable[[Executable, str, Run], Run]"
"""Given an executable, ``run`` or ``update`` (in this order), and what that does otherwise: what it is to do meanwhile.
"""

_known: WeakSet[Executable] = WeakSet()
_wraps: list[Wrap] = []


def note(executable: Executable) -> None:
    """An executable that programs run."""
    _known.add(executable)
    for wrap in _wraps:
        _put(executable, wrap)


def watch(wrap: Wrap) -> Callable[[], None]:
    """Have all runs go through wrappers; gives the function that ends it.

    Who comes later stands around who came before, and ends before.
    """
    _wraps.append(wrap)
    for executable in list(_known):
        _put(executable, wrap)

    def stop() -> None:
        assert _wraps[-1] is wrap, "somebody who came later is watching still"
        _wraps.pop()
        for executable in list(_known):
            _take(executable)

    return stop


def _put(executable: Executable, wrap: Wrap) -> None:
    kept = executable.__dict__
    below, update = kept["run"], kept.get("update")
    kept.setdefault("plain", []).append((below, update))
    kept["run"] = wrap(executable, "run", below)
    # A run may always stand in for an update, which is compiled only when it is first asked for.
    kept["update"] = wrap(executable, "update", update or below)


def _take(executable: Executable) -> None:
    kept = executable.__dict__
    below, update = kept["plain"].pop()
    kept["run"] = below
    kept.pop("update", None)
    if update is not None:
        kept["update"] = update
