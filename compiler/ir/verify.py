"""Checks that a graph is what the rest of bifront takes it to be: closed, ordered, typed and pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from inspect import signature
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import BifrontError, GraphError, Place
from ..location import Location
from .dims import Dim, Expr, substitute, symbols_of
from .dtypes import BY_NUMPY, DType
from .graph import Attr, Graph, Node, Value
from .types import TensorType

if TYPE_CHECKING:
    from ..ops.op import Op

WINDOW = 5
"""How many nodes are shown before and after the guilty one."""


_DECLARED: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (float, int, bool),
    "str": (str,),
    "None": (type(None),),
    "DType": (DType,),
    "Dim": (int, Expr),
    "Shape": (tuple,),
    "tuple[int, ...]": (tuple,),
}
"""What the annotations of type rules stand for."""


class _Fault(NamedTuple):
    message: str
    at: int | None = None
    """Position of the guilty node; None where it is the graph's inputs, states or outputs."""
    location: Location | None = None


def verify(graph: Graph) -> None:
    """Check a graph and the regions of its nodes.

    Inputs and states are distinct values that no node makes, slots are distinct, every operand stands before its
    user, every value is made once, attributes are of legal types, every output has the type that its operation
    infers (fresh symbols may have any name), and a state keeps its type.

    Raises:
        GraphError: what is wrong, below the guilty node in the graph's text, and the user's line.
    """
    fault = next(_faults(graph), None)
    if fault is not None:
        location = fault.location
        if fault.at is not None:
            location = graph.nodes[fault.at].location
        raise GraphError(
            f"graph {graph.name!r} is not well formed: {fault.message}",
            places=(Place(_shown(graph, fault), None), *_user_line(location)),
        )
    for node in graph.nodes:
        for region in node.regions:
            verify(region)


def inferred(node: Node) -> tuple[TensorType, ...]:
    """The types that a node's operation infers for its outputs; raises what the operation's rules raise.

    Raises:
        GraphError: an attribute is not of the kind that the rules declare, or what they give is not a type.
    """
    for name, legal in _kinds(node.op).items():
        if name in node.attrs and type(node.attrs[name]) not in legal:
            from ..text.literals import show_attr

            raise GraphError(f"the attribute {name} cannot be {show_attr(node.attrs[name])[:40]}")
    found = node.op.infer(*[v.type for v in node.inputs], *node.regions, **node.attrs)
    types = (found,) if isinstance(found, TensorType) else tuple(found)
    for given in types:
        wrong = next(_wrong_type(given), None)
        if wrong is not None:
            raise GraphError(f"the attributes give no type: {wrong}")
    return types


@cache
def _kinds(op: Op) -> dict[str, tuple[type, ...]]:
    """The types that an operation's rules declare for its attributes, where they are simple ones."""
    parameters = signature(op.infer).parameters.values()
    declared = {p.name: str(p.annotation).split(" | ") for p in parameters}
    return {
        name: tuple(chain.from_iterable(_DECLARED[part] for part in parts))
        for name, parts in declared.items()
        if all(part in _DECLARED for part in parts)
    }


def agree(node: Node, types: Sequence[TensorType]) -> bool:
    """Whether a node's outputs have these (inferred) types; symbols that no operand has may have any name."""
    if len(types) != len(node.outputs):
        return False
    written = [v.type for v in node.outputs]
    if written == [*types]:
        return True
    known = set(_symbols(node))
    renaming: dict[str, Dim] = {}
    for type, other in zip(types, written, strict=True):
        if type.dtype is not other.dtype or type.rank != other.rank:
            return False
        for dim, found in zip(type.shape, other.shape, strict=True):
            # A fresh symbol is met bare before anything is computed with it.
            (fresh, *more) = symbols_of((dim,)) or ("",)
            bare = not more and str(dim) == fresh and fresh not in known
            if bare and fresh not in renaming and isinstance(found, Expr):
                renaming[fresh] = found
            if substitute(dim, renaming) != found:
                return False
    return True


def _symbols(node: Node) -> Iterator[str]:
    """Symbols of a node's operands, attributes and regions."""
    for value in (*node.inputs, *(v for r in node.regions for v in (*r.parameters, *r.results))):
        yield from symbols_of(value.shape)
    attrs: list[Attr] = [*node.attrs.values()]
    while attrs:
        attr = attrs.pop()
        if isinstance(attr, tuple):
            attrs += attr
        elif isinstance(attr, Expr):
            yield from symbols_of((attr,))


def _faults(graph: Graph) -> Iterator[_Fault]:
    made: set[Value] = set()
    slots: set[str] = set()
    for state in graph.states:
        if state.slot in slots:
            yield _Fault(f"two states have the slot {state.slot!r}", None, state.input.location)
        slots.add(state.slot)
        if state.output.type != state.input.type:
            yield _Fault(
                f"the state {state.slot!r} is {state.input.type} and becomes {state.output.type}",
                *_maker(graph, state.output),
            )
    for value in graph.parameters:
        if value.producer is not None:
            yield _Fault("an input is made by a node", *_maker(graph, value))
        if value in made:
            yield _Fault("a value is an input twice", None, value.location)
        yield from (_Fault(message, None, value.location) for message in _wrong_type(value.type))
        made.add(value)
    for at, node in enumerate(graph.nodes):
        yield from (_Fault(message, at) for message in _node_faults(node, made))
        made.update(node.outputs)
    for value in graph.results:
        if value not in made:
            yield _Fault("a result is neither an input nor made by a node", None, value.location)


def _node_faults(node: Node, made: set[Value]) -> Iterator[str]:
    for i, operand in enumerate(node.inputs):
        if operand not in made:
            whose = "made by a later node or none" if operand.producer else "another graph's input"
            yield f"operand {i + 1} of {node.op.name} is not known here: it is {whose}"
    if not node.outputs:
        yield f"{node.op.name} makes no value"
    for i, value in enumerate(node.outputs):
        if value in made:
            yield f"{node.op.name} makes a value that exists already"
        if value.producer is not node or value.index != i:
            yield f"output {i} of {node.op.name} does not know that this node makes it"
        yield from _wrong_type(value.type)
    for name, attr in node.attrs.items():
        illegal = _illegal(attr)
        if illegal:
            yield f"attribute {name} of {node.op.name} is {illegal}"
    try:
        types = inferred(node)
    except BifrontError as error:
        yield f"{node.op.name}: {error.answer}"
    except Exception as error:  # an attribute that the operation does not have, or of a wrong kind
        yield f"{node.op.name} cannot infer its type: {error}"
    else:
        if not agree(node, types):
            found = ", ".join(str(v.type) for v in node.outputs)
            yield f"{node.op.name} gives {', '.join(map(str, types))}, the node says {found}"


def _wrong_type(type: TensorType) -> Iterator[str]:
    if not isinstance(type.dtype, DType):
        yield f"{type.dtype!r} is not an element type"
    if not isinstance(type.shape, tuple):
        yield f"{type.shape!r} is not a shape"
        return
    for dim in type.shape:
        if not isinstance(dim, Expr) and (isinstance(dim, bool) or not isinstance(dim, int)):
            yield f"the dimension {dim!r} is neither an int nor an expression"
        elif isinstance(dim, int) and dim < 0:
            yield f"a dimension is {dim}"


def _illegal(attr: Attr) -> str | None:
    """What is wrong with an attribute, if anything is."""
    if isinstance(attr, tuple):
        return next(filter(None, map(_illegal, attr)), None)
    if isinstance(attr, np.ndarray):
        return None if attr.dtype in BY_NUMPY else f"an array of {attr.dtype}"
    if isinstance(attr, int) and abs(attr) > 2**63:
        return "a number beyond 64 bits"
    legal = attr is None or type(attr) in (int, float, bool, str, DType, Expr)
    return None if legal else f"a {type(attr).__name__}, which attributes cannot be"


def _maker(graph: Graph, value: Value) -> tuple[int | None, Location | None]:
    at = graph.nodes.index(value.producer) if value.producer in graph.nodes else None
    return at, value.location


def _user_line(location: Location | None) -> tuple[Place, ...]:
    return (Place("made here", location),) if location is not None else ()


def _shown(graph: Graph, fault: _Fault) -> str:
    """The guilty node among its neighbours, with the message under it; without one, the header and the end."""
    from ..text.printer import header, name_values, results, show_node

    names = name_values(graph)
    if fault.at is None:
        ends = [*header(graph, names), "  ...", f"  {results(graph, names)}"]
        return "\n  ".join([*ends, f"  {fault.message}"])
    first = max(fault.at - WINDOW, 0)
    lines = ["..."] if first else []
    for at, node in enumerate(graph.nodes[first : fault.at + WINDOW + 1], first):
        line = show_node(node, names)
        lines.append(f"  {line}")
        if at == fault.at:
            lines += [f"  {'^' * len(line)}", f"  {fault.message}"]
    if fault.at + WINDOW + 1 < len(graph.nodes):
        lines.append("...")
    return "\n  ".join(lines)
