"""The colours of pictures as a page's custom properties."""

from __future__ import annotations

from ..compiler.pictures.style import FILLS, RELATIONS


def colours() -> str:
    """CSS: ``--kind-NAME`` and ``--relation-NAME``, and the property ``--tint`` of what has such a class."""
    named = {f"kind-{kind.value}": fill for kind, fill in FILLS.items()}
    named |= {f"relation-{r.name.lower()}": look["fillcolor"] for r, look in RELATIONS.items()}
    properties = " ".join(f"--{name}: {colour};" for name, colour in named.items())
    tints = "\n".join(
        f".canvas .{name}, .swatch.{name} {{ --tint: var(--{name}); }}" for name in named
    )
    return f":root {{ {properties} }}\n{tints}"
