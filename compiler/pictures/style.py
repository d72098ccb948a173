"""Colours, shapes and escaping: how things look in a picture, in one place."""

from __future__ import annotations

import graphviz

from ..ir.align import Relation
from ..ops import Kind

FILLS = {
    Kind.ELEMENTWISE: "#56B4E9",
    Kind.REDUCTION: "#E69F00",
    Kind.CONTRACTION: "#D55E00",
    Kind.MOVEMENT: "#DDDDDD",
    Kind.INDEXING: "#F0E442",
    Kind.SORTING: "#CC79A7",
    Kind.RANDOM: "#009E73",
    Kind.CREATION: "#FFFFFF",
    Kind.CONTROL: "#0072B2",
}
"""Okabe and Ito's palette, which people with any colour vision can tell apart (https://jfly.uni-koeln.de/color/)."""

RELATIONS = {
    Relation.SAME: {"fillcolor": "#EEEEEE", "fontcolor": "#000000"},
    Relation.MOVED: {"fillcolor": "#F0E442", "fontcolor": "#000000", "style": "filled,dashed"},
    Relation.CHANGED: {"fillcolor": "#E69F00", "fontcolor": "#000000", "penwidth": "2"},
    Relation.ALONE: {"fillcolor": "#D55E00", "fontcolor": "#000000", "peripheries": "2"},
}
"""Differences show in the outline too, for those who print in grey."""

GRAPH = {"rankdir": "TB", "compound": "true", "labelloc": "t", "fontname": "Helvetica"}
NODE = {
    "shape": "box", "style": "filled", "fillcolor": "#FFFFFF", "fontname": "Helvetica",
    "fontsize": "11", "margin": "0.12,0.05", "height": "0.3",
}  # fmt: skip
EDGE = {"fontname": "Helvetica", "fontsize": "9", "color": "#444444", "arrowsize": "0.7"}

INPUT = {"shape": "invhouse"}
OUTPUT = {"shape": "house"}
STATE = {"shape": "cylinder"}
WRITTEN = {"shape": "cylinder", "style": "filled,dashed"}
CONSTANT = {"shape": "note"}
SCOPE = {"style": "rounded", "color": "#999999", "fontsize": "10", "labeljust": "l"}
REGION = {"style": "rounded,dashed", "color": "#0072B2", "fontsize": "10", "labeljust": "l"}
KERNEL = {
    "style": "rounded,filled", "fillcolor": "#F1F7FB", "color": "#0072B2", "fontcolor": "#0072B2",
    "fontsize": "10", "labeljust": "l",
}  # fmt: skip
FELL_BACK = {
    "style": "dashed,filled", "fillcolor": "#FDF1EA", "color": "#D55E00", "fontcolor": "#A34700",
    "fontsize": "10", "labeljust": "l", "penwidth": "2",
}  # fmt: skip
"""What runs together, and what no kernel computes; the outline tells them apart in grey."""
LEGEND = {"style": "rounded", "color": "#CCCCCC", "fontsize": "10"}


def of_kind(kind: Kind) -> dict[str, str]:
    """The look of an operation of a kind."""
    fill = FILLS[kind]
    red, green, blue = (int(fill[i : i + 2], 16) for i in (1, 3, 5))
    dark = 0.299 * red + 0.587 * green + 0.114 * blue < 120
    return {"fillcolor": fill, "fontcolor": "#FFFFFF" if dark else "#000000", "class": kind.value}


def escaped(*lines: str) -> str:
    """Lines as they are: whatever they hold, none of it is markup, an escape or an entity to Graphviz."""
    plain: str = graphviz.nohtml("\\n".join(map(_line, lines)))
    return plain


def _line(text: str) -> str:
    visible = "".join([c if c.isprintable() else ascii(c)[1:-1] for c in text])
    return visible.replace("\\", "\\\\").replace("&", "&amp;")
