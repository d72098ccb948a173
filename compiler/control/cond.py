"""`cond`: one of two regions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import NoReturn

import numpy as np

from ..dispatch import Array, Building
from ..errors import DTypeError, GraphError, Place, ShapeError
from ..ir import Attrs, Expr, Graph, Node, TensorType, Value, symbol
from ..ops import Kind, Op, Sample, TensorLike, Whole, define
from ..ops.op import Cotangents
from .canonical import Canonical
from .regions import Traced, builder_now, trace
from .types import Operand, check_inputs, check_predicate, check_regions, split

Branch = Callable[[], Sequence[TensorLike]]


def runs_regions(*_: np.ndarray, **__: object) -> NoReturn:
    """The evaluation of an operation with regions: there is none without a backend that runs them."""
    raise TypeError("an operation with regions is run by a backend: compile the graph")


def _infer(*operands: Operand, sizes: tuple[Expr, ...]) -> tuple[TensorType, ...]:
    types, regions = split(operands)
    check_regions("cond", regions, 2)
    if not types:
        raise GraphError("cond takes a condition")
    check_predicate("cond", "the condition", types[0])
    for region in regions:
        check_inputs("cond", region, types[1:])
    then, otherwise = regions
    if len(then.outputs) != len(otherwise.outputs):
        raise GraphError(
            f"the branches of cond give {len(then.outputs)} and {len(otherwise.outputs)} values"
        )
    fresh = iter(sizes)
    found = []
    for i, (a, b) in enumerate(zip(then.outputs, otherwise.outputs, strict=True)):
        _check_branches(i, a, b)
        shape = tuple(
            x if x == y else next(fresh, -1) for x, y in zip(a.shape, b.shape, strict=True)
        )
        if -1 in shape:
            raise ShapeError(
                f"output {i} of cond is {a.type} or {b.type}, and its size has no name"
            )
        found.append(TensorType(a.dtype, shape))
    return tuple(found)


def _check_branches(i: int, a: Value, b: Value) -> None:
    if a.dtype is b.dtype and a.ndim == b.ndim:
        return
    kind = DTypeError if a.dtype is not b.dtype else ShapeError
    raise kind(
        f"output {i} of cond is {a.type} if the condition is true and {b.type} if it is false",
        places=(
            Place("if it is true, it is made here", a.location),
            Place("if it is false, here", b.location),
        ),
        hint="make both branches give the same type, for instance with a cast",
    )


def no_samples(_: np.random.Generator) -> Iterator[Sample]:
    """None: an operation with regions is tested through backends."""
    return iter(())


def _pull_back(
    node: Node, cotangents: Cotangents, wanted: Sequence[bool], known: Cotangents
) -> Cotangents:
    from .branches import pull_back

    return pull_back(node, cotangents, wanted, known)


def _push_forward(node: Node, tangents: Cotangents) -> Cotangents:
    from .branches import push_tangents

    return push_tangents(node, tangents)


COND = define(
    Op(
        name="cond",
        kind=Kind.CONTROL,
        infer=_infer,
        evaluate=runs_regions,
        vjp=Whole(_pull_back),
        jvp=Whole(_push_forward),
        samples=no_samples,
        doc="the results of the first region if the first operand is true, else of the second; both take the "
        "other operands; `sizes` name dimensions in which the regions differ",
    )
)

_sizes = count()


def cond(pred: TensorLike, then: Branch, otherwise: Branch) -> list[TensorLike]:
    """What one of two functions gives; the other one is not run.

    Args:
        pred: ``bool[]``.
        then, otherwise: take nothing and return as many values each, of the same element types and ranks. What they use
            of the graph around them becomes operands. Sizes in which they differ are known when the graph runs.

    Raises:
        DTypeError, ShapeError, GraphError: ``pred`` is no truth value, or the branches give different types.
    """
    builder = builder_now()
    if builder is None:
        assert isinstance(pred, Array)
        return list(then() if pred.data else otherwise())
    assert isinstance(pred, Value)
    traced = trace(builder, "then", (), then), trace(builder, "otherwise", (), otherwise)
    return list(make_cond(builder, pred, *traced))


def make_cond(builder: Building, pred: Value, then: Traced, otherwise: Traced) -> tuple[Value, ...]:
    """Append the node; gives its outputs.

    Args:
        then, otherwise: regions whose inputs are all captures.

    Raises:
        DTypeError, ShapeError, GraphError: the branches give different types.
    """
    canonical = Canonical(builder, hoist=False)
    for region in (then, otherwise):
        canonical.add(
            region.graph, (), dict(zip(region.graph.inputs, region.captures, strict=True))
        )
    regions = canonical.regions()
    return append_cond(builder, pred, tuple(canonical.captures), regions)


def append_cond(
    builder: Building, pred: Value, captures: Sequence[Value], regions: Sequence[Graph]
) -> tuple[Value, ...]:
    """Append the node for regions that take all the captures."""
    sizes = tuple(
        symbol(f"cond_{next(_sizes)}")
        for a, b in zip(regions[0].outputs, regions[1].outputs, strict=False)
        for x, y in zip(a.shape, b.shape, strict=False)
        if x != y
    )
    attrs: Attrs = {"sizes": sizes}
    return builder.node(COND, [pred, *captures], attrs, regions).outputs
