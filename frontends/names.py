"""What to say when a program asks for a name that the face does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from ..compiler.errors import MissingNameError, Place
from ..compiler.later import asked_by_import
from ..compiler.location import Location


def missing_name(module: str, name: str, known: Iterable[str]) -> MissingNameError:
    """The error for ``module.name``: names the missing thing and the nearest that exist.

    Args:
        module: what the user calls the module (``tf.nn``).
        name: what was asked for.
        known: the public names that exist there.
    """
    from difflib import get_close_matches

    # An import statement that finds no name goes on to look for a submodule, and nobody reads the error.
    public = [] if asked_by_import() else [k for k in known if not k.startswith("_")]
    near = get_close_matches(name, public, 3, 0.6)
    hint = "the nearest that exist: " + ", ".join(f"{module}.{n}" for n in near) if near else None
    return MissingNameError(
        f"bifront does not have {module}.{name}",
        places=(Place("asked for here", Location.here()),),
        hint=hint,
    )


def missing_from(module: str) -> Callable[[str, Iterable[str]], MissingNameError]:
    """`missing_name` for one module."""
    return partial(missing_name, module)
