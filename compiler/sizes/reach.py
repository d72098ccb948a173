"""What stands near a node: its operands, what these were made from, and what else is made with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..ir import Node, Value

__all__ = ["Reach"]

LIMIT = 200
"""How many values are looked at around one node."""


class Reach:
    """Ways between nodes, both along operands and along uses."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._users: dict[Value, list[Node]] = {}
        for node in nodes:
            for operand in node.inputs:
                self._users.setdefault(operand, []).append(node)

    def around(self, node: Node) -> Iterator[tuple[Value, int]]:
        """Values with their distances, the nearest first: operands have distance 0."""
        seen: set[Value] = set()
        met = {node}
        level, distance = [node], 0
        while level:
            found: list[Value] = []
            for each in level:
                for value in (*each.inputs, *(each.outputs if each is not node else ())):
                    if value not in seen:
                        seen.add(value)
                        found.append(value)
                        yield value, distance
            if len(seen) > LIMIT:
                return
            nodes = [v.producer for v in found if v.producer is not None]
            for value in (*found, *(node.outputs if distance == 0 else ())):
                nodes += self._users.get(value, ())
            level = [n for n in dict.fromkeys(nodes) if n not in met]
            met.update(level)
            distance += 1
