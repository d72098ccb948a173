"""The table of all checks: by name, what each is."""

from __future__ import annotations

from collections.abc import Sequence

from ...compiler.errors import AttributeValueError
from ...compiler.lints import LINTS
from .accumulation import Accumulation
from .check import Check
from .dropout import Dropout
from .exploding import Exploding
from .gradients import Gradients
from .growth import Growth
from .histories import Histories
from .labels import Labels
from .loading import Loading
from .memory import Memory
from .nonfinite import NonFinite
from .promotion import Promotion
from .reduction import Reduction
from .retracing import Retracing
from .sharing import Sharing
from .stale import Stale
from .uninitialized import Uninitialized

WATCHERS: dict[str, type[Check]] = {
    kind.name: kind
    for kind in (
        NonFinite,
        Exploding,
        Gradients,
        Accumulation,
        Dropout,
        Reduction,
        Labels,
        Promotion,
        Growth,
        Histories,
        Retracing,
        Stale,
        Sharing,
        Memory,
        Uninitialized,
        Loading,
    )
}
"""The checks that look at a running program."""

NAMES = (*LINTS, *WATCHERS)
"""Every check: first those that need a graph alone."""


def chosen(names: Sequence[str] | None) -> tuple[str, ...]:
    """The checks that are meant; None: all.

    Raises:
        AttributeValueError: there is no check of a name.
    """
    if names is None:
        return NAMES
    for name in names:
        if name not in NAMES:
            from difflib import get_close_matches

            near = get_close_matches(name, NAMES, 1)
            raise AttributeValueError(
                f"there is no check {name!r}",
                hint=f"use {near[0]!r}" if near else f"the checks are {', '.join(NAMES)}",
            )
    return tuple(names)
