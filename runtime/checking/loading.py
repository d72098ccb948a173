"""Saved values that found no place."""

from __future__ import annotations

from ...compiler.location import Location
from .border import Event, Loaded
from .check import Check


class Loading(Check):
    """Names that do not fit where ``load_state_dict(strict=False)`` lets that pass.

    Found: names that are missing in the file and names that the module does not have, together: a layer was renamed.
    Not found: a file that has less than the module, or more, which is what ``strict=False`` is for.
    """

    name = "loading"

    def told(self, event: Event) -> None:
        if isinstance(event, Loaded) and event.missing and event.unexpected:
            self.report(
                f"nothing was loaded for {_listed(event.missing)}, while the file has {_listed(event.unexpected)}",
                Location.here(),
                "rename the layers, or the keys of the file, so that they agree",
            )


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(repr(n) for n in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")
