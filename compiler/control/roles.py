"""What the inputs and outputs of regions are to the node that has them."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir import Node
from .loops import Loop
from .scan import SCAN
from .while_loop import WHILE


@dataclass(frozen=True, slots=True)
class Roles:
    """One word for each input and output of a region; empty where there is nothing to say."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def roles(node: Node) -> list[Roles]:
    """The roles in each region of a node."""
    if node.op not in (SCAN, WHILE):
        return [
            Roles(("",) * len(region.inputs), ("",) * len(region.outputs))
            for region in node.regions
        ]
    loop = Loop.of(node)
    captures = len(loop.body.inputs) - loop.first_capture
    inputs = (
        *("carry",) * loop.carries,
        *("slice",) * loop.sequences,
        *("capture",) * captures,
    )
    stacked = len(loop.body.outputs) - loop.carries
    body = Roles(inputs, (*("next carry",) * loop.carries, *("stacked",) * stacked))
    return [*(Roles(inputs, ("go on",)) for _ in node.regions[:-1]), body]
