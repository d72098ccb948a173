"""Loops and branches as steps, with the steps of their regions inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...compiler.control import COND, SCAN, WHILE
from ...compiler.fusion import View, views_of
from ...compiler.fusion.clusters import is_leaf
from ...compiler.ir import Dim, Graph, Node, Value, product
from ...compiler.ops import CONSTANT
from ..order import execution_order
from ..regions import Loop
from .blocks import Blocks
from .places import Place, counter
from .steps import Choice, Repeat, Step
from .storage import Places


class Control(Blocks):
    """Schedules nodes, those that have regions included."""

    def other(
        self, node: Node, views: Mapping[Value, View], places: Places, steps: list[Step]
    ) -> None:
        if node.op is SCAN:
            self._scan(node, views, places, steps)
        elif node.op is COND:
            self._cond(node, views, places, steps)
        elif node.op is WHILE and len(node.outputs) == node.attrs["carries"]:
            self._while(node, views, places, steps)
        else:
            super().other(node, views, places, steps)

    def _scan(
        self, node: Node, views: Mapping[Value, View], places: Places, steps: list[Step]
    ) -> None:
        loop = Loop(node)
        self._enter(node, loop, views, places, steps)
        number = self._counter()
        position: Dim = counter(number)
        if loop.reverse:
            position = loop.length - 1 - position
        known = self._given(node, loop, loop.body, views)
        for i in loop.sequences:
            outer = views.get(node.inputs[i]) or View.whole(node.inputs[i])
            known[loop.body.inputs[i]] = View(
                outer.base,
                outer.offset + position * outer.strides[0],
                outer.strides[1:],
                outer.shape[1:],
            )
        body: list[Step] = []
        begin = self.now
        self._iteration(node, loop, known, position, places, body)
        steps.append(Repeat(number, loop.length, loop.reverse, None, [], None, body))
        self._span(node, begin, places, [*known.values()])

    def _while(
        self, node: Node, views: Mapping[Value, View], places: Places, steps: list[Step]
    ) -> None:
        loop = Loop(node)
        assert loop.condition is not None
        self._enter(node, loop, views, places, steps)
        number = self._counter()
        begin = self.now
        test: list[Step] = []
        known = self._given(node, loop, loop.condition, views)
        inner = dict(places)
        found = self._region(loop.condition, known, inner, test)
        (truth,) = loop.condition.outputs
        view = found.get(truth) or View.whole(truth)
        condition = inner[self.copied(view, inner, test)]
        body: list[Step] = []
        known = self._given(node, loop, loop.body, views)
        self._iteration(node, loop, known, counter(number), places, body)
        self.touch(condition.buffer)
        steps.append(Repeat(number, None, False, loop.maximum, test, condition, body))
        self._span(node, begin, places, [*known.values()])

    def _enter(
        self,
        node: Node,
        loop: Loop,
        views: Mapping[Value, View],
        places: Places,
        steps: list[Step],
    ) -> None:
        """Memory for what comes out of a loop; the carries begin as the operands are."""
        for value in node.outputs:
            self.own(value, places)
        for value, start in zip(node.outputs[: loop.carries], node.inputs, strict=False):
            self.copy(views.get(start) or View.whole(start), places[value], steps, places)

    def _given(
        self, node: Node, loop: Loop, region: Graph, views: Mapping[Value, View]
    ) -> dict[Value, View]:
        """The views that a region's carries and captures are."""
        known = {
            v: View.whole(node.outputs[i]) for i, v in enumerate(region.inputs[: loop.carries])
        }
        for i in loop.captures:
            known[region.inputs[i]] = views.get(node.inputs[i]) or View.whole(node.inputs[i])
        return known

    def _iteration(
        self,
        node: Node,
        loop: Loop,
        known: dict[Value, View],
        position: Dim,
        places: Places,
        steps: list[Step],
    ) -> None:
        body = loop.body
        inner = dict(places)
        wanted: Places = {}
        rest: list[tuple[Value, Place]] = []
        nodes = execution_order(body)
        views = views_of(nodes, known)
        for value, out in zip(loop.stacked, body.outputs[loop.carries :], strict=True):
            whole = places[value]
            stride = product(value.shape[1:])
            place = Place(whole.buffer, whole.dtype, whole.offset + position * stride)
            if out in wanted or out in views or is_leaf(out) or _is_constant(out):
                rest.append((out, place))
            else:
                wanted[out] = place
        inner.update(wanted)
        self.block(self.fused(nodes, views, body.results), views, inner, steps)
        self.serving = node
        for out, place in rest:
            self.copy(views.get(out) or View.whole(out), place, steps, inner)
        ends = body.outputs[: loop.carries]
        moving = [
            (views.get(end) or View.whole(end), node.outputs[i])
            for i, end in enumerate(ends)
            if end is not body.inputs[i]
        ]
        # A carry that another one becomes must be read before it is written.
        carried = set(node.outputs[: loop.carries])
        held = [
            (View.whole(self.copied(v, inner, steps)) if v.base in carried else v, value)
            for v, value in moving
        ]
        for view, value in held:
            self.copy(view, places[value], steps, inner)

    def _cond(
        self, node: Node, views: Mapping[Value, View], places: Places, steps: list[Step]
    ) -> None:
        for value in node.outputs:
            self.own(value, places)
        view = views.get(node.inputs[0]) or View.whole(node.inputs[0])
        condition = places[self.copied(view, places, steps)]
        begin = self.now
        parts: list[list[Step]] = []
        used: list[View] = []
        for region in node.regions:
            known = {
                v: views.get(o) or View.whole(o)
                for v, o in zip(region.inputs, node.inputs[1:], strict=True)
            }
            used += known.values()
            inner, part = dict(places), list[Step]()
            found = self._region(region, known, inner, part)
            for value, out in zip(node.outputs, region.outputs, strict=True):
                self.copy(found.get(out) or View.whole(out), places[value], part, inner)
            parts.append(part)
        self.touch(condition.buffer)
        steps.append(Choice(condition, parts[0], parts[1]))
        self._span(node, begin, places, used)

    def _region(
        self,
        region: Graph,
        known: Mapping[Value, View],
        places: Places,
        steps: list[Step],
    ) -> dict[Value, View]:
        nodes = execution_order(region)
        views = views_of(nodes, known)
        clusters = self.fused(nodes, views, region.results)
        self.block(clusters, views, places, steps)
        return views

    def _span(
        self, node: Node, begin: int, places: Mapping[Value, Place], used: Iterable[View]
    ) -> None:
        """What a loop or branch reads of the graph around, and what comes out, is needed until its end."""
        self.now += 1
        for piece in self.made.pieces:
            if piece.first <= begin < piece.last:
                piece.last = self.now
        for value in node.outputs:
            self.touch(places[value].buffer)
        for view in used:
            if view.base in places:
                self.touch(places[view.base].buffer)

    def _counter(self) -> int:
        number = self.made.counters
        self.made.counters += 1
        return number


def _is_constant(value: Value) -> bool:
    return value.producer is not None and value.producer.op is CONSTANT
