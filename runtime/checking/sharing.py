"""One layer in several places of a container."""

from __future__ import annotations

from .border import Event, Repeated
from .check import Check


class Sharing(Check):
    """Weights that are shared by accident.

    Found: a container (``nn.Sequential``, ``nn.ModuleList``) that is given one layer with parameters several times, as
    ``[layer] * 3`` does.
    Not found: a layer that a ``forward`` calls several times, which is how weights are shared on purpose. In the
    declarative style a name that is used twice is an error unless ``reuse`` is set.
    """

    name = "shared-layer"

    def told(self, event: Event) -> None:
        if isinstance(event, Repeated):
            self.report(
                f"{event.container} holds one {event.layer} {event.times} times, with one set of weights",
                event.made,
                "make a layer for each place: [nn.Linear(...) for _ in range(n)]",
            )
