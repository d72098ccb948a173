"""Which names of a module are the user's: what to offer where a name is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType

from ...compiler.errors import MissingNameError
from ..names import missing_name

MODULES = frozenset(
    (
        "app", "compat", "contrib", "errors", "flags", "framework", "gfile", "initializers",
        "layers", "logging", "losses", "metrics", "nest", "nn", "python", "rnn", "rnn_cell", "summary",
        "train",
    )
)  # fmt: skip
"""The modules that TensorFlow has under these names; all others are how this package is divided into files."""


def missing(module: str, name: str, namespace: Mapping[str, object]) -> MissingNameError:
    """The error for a name that a module does not have, with the nearest that it has."""
    known = [n for n, value in namespace.items() if _is_public(n, value)]
    return missing_name(module, name, known)


def missing_from(module: str) -> Callable[[str, Mapping[str, object]], MissingNameError]:
    """`missing` for one module."""
    return partial(missing, module)


def _is_public(name: str, value: object) -> bool:
    if isinstance(value, ModuleType):
        return name in MODULES
    return str(getattr(value, "__module__", __name__)).startswith(__name__.rpartition(".")[0])
