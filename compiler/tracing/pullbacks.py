"""``backward()`` as one node of a path, and what it becomes.

A loop is found again in the forward part only, so its gradient must not be written out before: the marker says that
cotangents are wanted here, and `expand_pullbacks` puts the nodes that compute them in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..autodiff import backpropagate
from ..dispatch import Building, using
from ..ir import Node, State, TensorType, Value
from ..ops import Kind, Op, Sample, zeros_like
from .path import Check, Path

__all__ = ["PULLBACK", "expand_pullbacks", "pullback"]


def _infer(output: TensorType, seed: TensorType, *wrt: TensorType) -> tuple[TensorType, ...]:
    return wrt


def _evaluate(*_: np.ndarray) -> np.ndarray:
    raise TypeError("a marker is not computed: expand_pullbacks puts a gradient in its place")


def _no_samples(_: np.random.Generator) -> Iterator[Sample]:
    return iter(())


PULLBACK = Op(
    name="pullback",
    kind=Kind.CONTROL,
    infer=_infer,
    evaluate=_evaluate,
    vjp=None,
    jvp=None,
    samples=_no_samples,
    doc="cotangents of the operands after the second, given that (`seed`) of the first (`output`)",
)
"""No operation of the IR: it stands in paths only, and finished graphs have none."""


def pullback(output: Value, seed: Value, wrt: Sequence[Value], like: Node | None = None) -> Node:
    """The marker for the cotangents of ``wrt``, given the cotangent ``seed`` of ``output``.

    Args:
        like: the marker that this one stands for, whose location it gets.
    """
    location = like.location if like is not None else output.location
    return Node(PULLBACK, (output, seed, *wrt), {}, [v.type for v in wrt], location)


def expand_pullbacks(path: Path) -> Path:
    """The path with every marker replaced by the nodes of the gradient. The path itself where it has none.

    A value that no way leads to gets zeros.
    """
    if not any(node.op is PULLBACK for node in path.nodes):
        return path
    for value in (v for node in path.nodes for v in node.outputs):
        # The path belongs to nobody, whoever built it.
        value.owner = None
    new: dict[Value, Value] = {}
    nodes: list[Node] = []
    places = [0]
    """How many nodes stand now where so many stood before."""
    for node in path.nodes:
        inputs = [new.get(v, v) for v in node.inputs]
        if node.op is PULLBACK:
            output, seed, *wrt = inputs
            builder = Building(path.name)
            found = backpropagate([output], [seed], wrt, builder)
            builder.at = node.location
            with using(builder):
                cotangents = [
                    g if g is not None else zeros_like(v) for g, v in zip(found, wrt, strict=True)
                ]
            for made_here in builder.nodes:
                for value in made_here.outputs:
                    value.owner = None
            nodes += builder.nodes
            for old, made in zip(node.outputs, cotangents, strict=True):
                assert isinstance(made, Value)
                new[old] = made
        elif any(a is not b for a, b in zip(inputs, node.inputs, strict=True)):
            types = [v.type for v in node.outputs]
            made_node = Node(node.op, inputs, node.attrs, types, node.location, node.regions)
            for old, value in zip(node.outputs, made_node.outputs, strict=True):
                value.hint = old.hint
                new[old] = value
            nodes.append(made_node)
        else:
            nodes.append(node)
        places.append(len(nodes))
    return Path(
        path.name,
        path.inputs,
        tuple([State(s.slot, s.input, new.get(s.output, s.output)) for s in path.states]),
        tuple(nodes),
        tuple(
            [
                Check(places[c.at], new.get(c.value, c.value), c.expected, c.location)
                for c in path.checks
            ]
        ),
        tuple([new.get(v, v) for v in path.outputs]),
    )
