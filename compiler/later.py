"""Names of a module that are loaded when they are first asked for: programs start without what they do not use.

    if TYPE_CHECKING:
        from . import contrib as contrib
        from .saver import *

    _later = Later(globals(), modules=("contrib",), stars=(".saver",))
    __getattr__, __dir__ = _later.get, _later.names

The imports for type checkers say what may be loaded, to readers, checkers and the tests of the house; the lists
say how. A test holds them against each other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import FrameType
from typing import Any, ClassVar, cast

from .location import in_house

__all__ = ["Later", "asked_by_import"]


class Later:
    """What a module has besides the names that are in it already.

    Attributes:
        modules: submodules that are names themselves.
        stars: modules whose ``__all__`` are names; searched in this order, and loaded on the way.
        single: other names, each with its module and its name there; the name is empty where the module is meant.

    Modules are named relative to the package, with a dot.
    """

    made: ClassVar[list[Later]] = []
    """Every one of this process."""

    def __init__(
        self,
        namespace: dict[str, Any],
        missing: Callable[[str, Mapping[str, object]], Exception] | None = None,
        *,
        modules: tuple[str, ...] = (),
        stars: tuple[str, ...] = (),
        single: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        """
        Args:
            namespace: the module's ``globals()``.
            missing: makes the error for a name that is nowhere, of it and of all that there is; or Python's own.
        """
        self.modules, self.stars = modules, stars
        self.single = {**{m: (f".{m}", "") for m in modules}, **(single or {})}
        self.package: str = namespace["__name__"]
        self._namespace = namespace
        self._missing = missing or self._no_attribute
        self._unread = list(stars)
        Later.made.append(self)

    def get(self, name: str) -> Any:
        """The module's ``__getattr__``.

        Raises:
            AttributeError: there is no such name; of the kind that ``missing`` makes where a program asked for it.
        """
        if name in self.single:
            return self._single(name)
        if name == "__all__":
            return [n for n in self.everything() if not n.startswith("_")]
        if name.startswith("__") or asked_by_import():
            # An import that finds no name goes on to look for a submodule, which is mostly what it is for.
            raise self._no_attribute(name, {})
        while self._unread:
            self._read_next()
            if name in self._namespace:
                return self._namespace[name]
        raise self._missing(name, self.everything())

    def names(self) -> list[str]:
        """The module's ``__dir__``."""
        return sorted(self.everything())

    def everything(self) -> Mapping[str, object]:
        """All names of the module, loaded."""
        for name in self.single:
            self._single(name)
        while self._unread:
            self._read_next()
        return self._namespace

    def _no_attribute(self, name: str, namespace: Mapping[str, object]) -> AttributeError:
        return AttributeError(f"module {self.package!r} has no attribute {name!r}")

    def _single(self, name: str) -> object:
        module, inside = self.single[name]
        loaded = import_module(module, self.package)
        found: object = getattr(loaded, inside) if inside else loaded
        # What the module holds under the name may be another thing by now: a program may assign to it.
        return self._namespace.setdefault(name, found)

    def _read_next(self) -> None:
        star = self._unread[0]
        module = import_module(star, self.package)
        for name in cast(list[str], module.__all__):
            self._namespace.setdefault(name, getattr(module, name))
        # Another thread may have read it meanwhile.
        if self._unread[:1] == [star]:
            del self._unread[0]


def asked_by_import() -> bool:
    """Whether an import statement asks for a name, to see whether there is a submodule to import."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and in_house[frame.f_code.co_filename]:
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name == "_handle_fromlist"
