"""The public names of the two frontends: ``bifront.static`` *is* ``bifront.frontends.static``."""

from __future__ import annotations

import importlib
import sys


def alias(public: str, real: str) -> None:
    """Make a package and all its loaded modules importable under another name, as the same objects."""
    importlib.import_module(real)
    for name, module in list(sys.modules.items()):
        if name == real or name.startswith(real + "."):
            sys.modules[public + name.removeprefix(real)] = module
