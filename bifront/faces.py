"""The public names of the frontends: ``bifront.static`` *is* ``bifront.frontends.static``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import Loader
else:
    Loader = object  # the class brings nothing that is needed, and half of the standard library

_REAL: dict[str, str] = {}


def alias(public: str, real: str) -> None:
    """Make a package and everything below it importable under another name, as the same objects."""
    if not _REAL:
        sys.meta_path.insert(0, _Finder())
    _REAL[f"{public}."] = f"{real}."
    import_module(real)
    for name, module in list(sys.modules.items()):
        if name == real or name.startswith(f"{real}."):
            sys.modules[public + name.removeprefix(real)] = module


class _Finder:
    """Finds ``bifront.static.nn`` where ``bifront.frontends.static.nn`` is."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        for public, real in _REAL.items():
            if name.startswith(public):
                return ModuleSpec(name, _Loader(real + name.removeprefix(public)))
        return None


class _Loader(Loader):
    """Gives a module that is loaded under another name."""

    def __init__(self, real: str) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self._real)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has written the public name's over it.
        module.__spec__ = self._spec
