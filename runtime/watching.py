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
"""Given an executable, ``run`` or ``update``, and what that does otherwise: what it is to do meanwhile."""

_known: WeakSet[Executable] = WeakSet()
_wrap: Wrap | None = None


def note(executable: Executable) -> None:
    """An executable that programs run."""
    _known.add(executable)
    if _wrap is not None:
        _put(executable, _wrap)


def watching() -> bool:
    return _wrap is not None


def watch(wrap: Wrap) -> Callable[[], None]:
    """Have all runs go through wrappers; gives the function that ends it. One at a time."""
    global _wrap
    assert _wrap is None, "somebody is watching already"
    _wrap = wrap
    for executable in list(_known):
        _put(executable, wrap)
    return _stop


def _stop() -> None:
    global _wrap
    _wrap = None
    for executable in list(_known):
        kept = executable.__dict__
        if "plain" in kept:
            plain, update = kept.pop("plain")
            kept["run"] = plain
            kept.pop("update", None)
            if update is not None:
                kept["update"] = update


def _put(executable: Executable, wrap: Wrap) -> None:
    kept = executable.__dict__
    plain, update = kept["run"], kept.get("update")
    kept["plain"] = (plain, update)
    kept["run"] = wrap(executable, "run", plain)
    # A run may always stand in for an update, which is compiled only when it is first asked for.
    kept["update"] = wrap(executable, "update", update or plain)
