"""`Building`: infer a type and append a node; nothing is computed (define-and-run)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import GraphError, Place
from ..ir import Attrs, Graph, Node, State, TensorType, Value, close
from ..location import Location
from .array import EMPTY, Array
from .eager import EAGER, Eager
from .explain import explain

if TYPE_CHECKING:
    from ..ops.op import Op


class Building:
    """A graph that grows. Values know the builder that owns them, so mixing two graphs is an error.

    Attributes:
        nodes: what was built so far, in order.
        scope: the name scope stamped on new nodes.
        at: location to stamp instead of the caller's line.
        open: whether values may still be used; those of a region may not once it is closed.
    """

    def __init__(self, name: str = "graph") -> None:
        self.name = name
        self.nodes: list[Node] = []
        self.scope = ""
        self.at: Location | None = None
        self.open = True

    def input(self, type: TensorType, hint: str = "", location: Location | None = None) -> Value:
        """A new value that no node makes: an input or a state's input of the graph to come."""
        where = location or self.at or Location.here(1, self.scope)
        return Value(type, hint=hint, location=where, owner=self)

    def apply1(self, op: Op, a: Value) -> Value:
        return self.apply(op, (a,), EMPTY)

    def apply2(self, op: Op, a: Value | float, b: Value | float) -> Value:
        if isinstance(a, (int, float)):
            a = self.scalar(a, b)
        elif isinstance(b, (int, float)):
            b = self.scalar(b, a)
        return self.apply(op, (a, b), EMPTY)  # type: ignore[arg-type]

    def apply(
        self,
        op: Op,
        inputs: Sequence[Value | Array],
        attrs: Attrs,
        regions: Sequence[Graph] = (),
    ) -> Value:
        return self.node(op, inputs, attrs, regions).outputs[0]

    def node(
        self,
        op: Op,
        inputs: Sequence[Value | Array],
        attrs: Attrs,
        regions: Sequence[Graph] = (),
    ) -> Node:
        """Append one node; its outputs have the types that the operation infers."""
        node = self.made(op, inputs, attrs, regions, self.at or Location.here(1, self.scope))
        self.nodes.append(node)
        return node

    def made(
        self,
        op: Op,
        inputs: Sequence[Value | Array],
        attrs: Attrs,
        regions: Sequence[Graph],
        location: Location | None,
    ) -> Node:
        """A node of this graph that stands nowhere in it yet."""
        operands = [self._own(x) for x in inputs]
        try:
            inferred = op.infer(*[x.type for x in operands], *regions, **attrs)
        except Exception as error:
            raise explain(error, op, operands, attrs) from None
        types = (inferred,) if isinstance(inferred, TensorType) else inferred
        return Node(op, operands, attrs, types, location, regions, owner=self)

    def constant(self, data: np.ndarray) -> Value:
        from ..ops.constant import CONSTANT

        return self.apply(CONSTANT, (), {"value": data})

    def scalar(self, number: float, like: Value | float) -> Value:
        """A Python number as a constant of the other operand's type."""
        assert isinstance(like, (Value, Array))
        return self.constant(np.asarray(number, like.dtype.numpy))

    def forgetful(self) -> Eager:
        """The interpreter for the backward pass of values that were evaluated."""
        return EAGER

    def close(
        self, inputs: Sequence[Value], outputs: Sequence[Value], states: Sequence[State] = ()
    ) -> Graph:
        """The closed graph of what the outputs and states need."""
        return close(self.name, inputs, outputs, states)

    def _own(self, x: Value | Array) -> Value:
        if isinstance(x, Array):
            # A value that exists already is a constant of the program being built.
            return self.constant(np.array(x.data))
        if x.owner is not None and x.owner is not self:
            if isinstance(x.owner, Building) and not x.owner.open:
                raise GraphError(
                    f"%{x.hint or 'a value'}: {x.type} was made inside a {x.owner.name} and is used "
                    "outside it",
                    places=(Place("used here", Location.here(2)), Place("made here", x.location)),
                    hint="return it from there, so that it is a result",
                )
            raise GraphError(
                f"%{x.hint or 'a value'}: {x.type} belongs to another graph",
                places=(
                    Place("used here", Location.here(2)),
                    Place("made here, in the other graph", x.location),
                ),
                hint="build both in the same graph, or feed the value in",
            )
        return x
