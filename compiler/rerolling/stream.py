"""A path as a sequence of tokens: equal tokens are the same operation, done at the same place of the program."""

from __future__ import annotations

import struct
from collections.abc import Hashable

import numpy as np

from ..ir import Attr, Attrs, Node, Value
from ..location import Location
from ..ops import RESHAPE, SLICE, TRANSPOSE, Kind
from ..source import position_at
from ..tracing.path import Check, Path
from ..tracing.pullbacks import PULLBACK

__all__ = ["Stream", "attrs_key", "is_constant", "is_view"]

_VIEWS = (SLICE, RESHAPE, TRANSPOSE)


def is_constant(node: Node) -> bool:
    """Whether no operand decides the node's value."""
    return not node.inputs and not node.regions


def is_view(node: Node) -> bool:
    """Whether the node only shows the elements of its operand, or some of them, in another arrangement."""
    return node.op in _VIEWS


class Stream:
    """The nodes and checks of a path that can repeat, in order, with a token for each.

    Views and constants are no items. They are made wherever they are needed: a loop over ``xs`` may slice it in each
    iteration, or all at once before the first. Two of them that show the same are one value (`number`).

    Attributes:
        items: what repeats.
        tokens: a number for each item.
        place: the position among the items at which a value is made.
        pinned: values with respect to which the program takes gradients: they must stay what they are.
        reach: the position of the last item that uses a value, or a view of it; the number of items if a result does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.items: list[Node | Check] = []
        self._order: list[int] = []
        self.tokens: list[int] = []
        self.place: dict[Value, int] = {}
        self.reach: dict[Value, int] = {}
        self.pinned = {v for n in path.nodes if n.op is PULLBACK for v in n.inputs[2:]}
        self._numbers: dict[Value, int] = {}
        self._shown: dict[Hashable, int] = {}
        self._values: list[Value] = []
        self._base: dict[Value, Value] = {}
        self._known: dict[Hashable, int] = {}
        checks = iter(path.checks)
        check = next(checks, None)
        for at, node in enumerate(path.nodes):
            while check is not None and check.at <= at:
                self._look(check)
                check = next(checks, None)
            self._meet(node, at)
        while check is not None:
            self._look(check)
            check = next(checks, None)
        for value in (*path.outputs, *(s.output for s in path.states)):
            self.reach[self.base(value)] = len(self.items)

    def number(self, value: Value) -> int:
        """Equal for values that are the same: one value, or constants and views that show the same."""
        known = self._numbers.get(value)
        if known is None:
            known = self._numbers[value] = len(self._values)
            self._values.append(value)
        return known

    def one_of(self, number: int) -> Value:
        """The first value with a number."""
        return self._values[number]

    def base(self, value: Value) -> Value:
        """What a view shows; the value itself if it is none."""
        return self._base.get(value, value)

    def is_item(self, value: Value) -> bool:
        return value in self.place

    def shown(self, value: Value) -> Node | None:
        """The view that a value is; None if it is none that may be made anew."""
        return value.producer if value in self._base else None

    def constant(self, value: Value) -> Node | None:
        """The constant that a value is; None if it is none that may be made anew."""
        node = value.producer
        free = node is not None and is_constant(node) and value not in self.place
        return node if free else None

    def between(self, start: int, end: int) -> tuple[Node, ...]:
        """The nodes of the path from one item up to another, views and constants among them."""
        last = self._order[end] if end < len(self._order) else len(self.path.nodes)
        return self.path.nodes[self._order[start] : last]

    def same_token(self, a: Node, b: Node) -> bool:
        return self.tokens[self.place[a.outputs[0]]] == self.tokens[self.place[b.outputs[0]]]

    def _meet(self, node: Node, order: int) -> None:
        free = is_constant(node) or is_view(node)
        if free and self.pinned.isdisjoint(node.outputs):
            value = node.outputs[0]
            operand = node.inputs[0] if node.inputs else None
            key = (
                node.op.name,
                attrs_key(node.attrs),
                None if operand is None else self.number(operand),
            )
            known = self._shown.get(key)
            if known is None:
                self._shown[key] = self.number(value)
            else:
                self._numbers[value] = known
            if operand is not None:
                self._base[value] = self.base(operand)
            return
        at = len(self.items)
        for operand in node.inputs:
            self.reach[self.base(operand)] = at
        for value in node.outputs:
            self.place[value] = at
        self.items.append(node)
        self._order.append(order)
        whose: Hashable = None
        if node.op is PULLBACK or node.op.kind is Kind.CREATION or free:
            whose = node  # never a part of a loop
        types = (
            node.outputs[0].type if len(node.outputs) == 1 else tuple(v.type for v in node.outputs)
        )
        attrs = attrs_key(node.attrs) if node.attrs else ()
        regions = tuple([r.fingerprint() for r in node.regions])
        self._token((node.op.name, _site(node.location), types, attrs, regions, whose))

    def _look(self, check: Check) -> None:
        self.reach[self.base(check.value)] = len(self.items)
        self.items.append(check)
        self._order.append(check.at)
        data = check.expected
        # A number that was taken out differs from step to step; that it was taken is what keeps them from being a loop.
        seen = data.tobytes() if data.dtype == np.bool_ else None
        self._token((_site(check.location), data.dtype.str, data.shape, seen))

    def _token(self, key: Hashable) -> None:
        self.tokens.append(self._known.setdefault(key, len(self._known)))


def _site(location: Location | None) -> Hashable:
    if location is None:
        return None
    instruction = location.instruction
    if instruction is None:
        return location.file, location.span
    # The path keeps the code; its hash is expensive. Without columns, what stands on one line is one place.
    code, lasti = instruction
    return id(code), position_at(code, lasti) or lasti


def attrs_key(attrs: Attrs) -> Hashable:
    """Equal for equal attributes; numbers that compare equal but differ (0 and False, 0.0 and -0.0) stay apart.

    The name of the number of a ``while`` loop's iterations plays no part.
    """
    if not attrs:
        return ()
    return tuple([(name, _key(attr)) for name, attr in sorted(attrs.items()) if name != "trips"])


def _key(attr: Attr) -> Hashable:
    if type(attr) is int:
        return attr
    if isinstance(attr, tuple):
        return tuple([_key(a) for a in attr])
    if isinstance(attr, np.ndarray):
        return attr.dtype.str, attr.shape, attr.tobytes()
    if isinstance(attr, float):
        return "float", struct.pack("d", attr)
    return type(attr).__name__, attr
