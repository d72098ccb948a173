"""Making operations: names, scopes, control inputs, and the types of what they compute."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ...compiler.dispatch import using
from ...compiler.errors import BifrontError, DTypeError, Place
from ...compiler.ir import TensorType, Value, symbol
from ...compiler.location import Location
from .dtypes import DType, as_dtype
from .errors import UnsupportedError
from .graph import Graph, get_default_graph
from .mode import evaluator
from .operation import Operation, Recipe
from .region import require_visible, streams_of
from .tensor import Tensor

if TYPE_CHECKING:
    from .variable import Variable

P = ParamSpec("P")
R = TypeVar("R")

Output = tuple[DType, TensorType | None]

PROBED_RANKS = (0, 1, 2, 3, 4)
"""Ranks tried for a placeholder without a shape, to learn what can be known without one."""


def scoped(default: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Run an operation function inside the name scope that its ``name`` argument, or ``default``, gives.

    The function gets the scope (ending with a slash) as ``name``: an operation of that name is called like the scope,
    and what else the function makes is named inside it.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        position = list(inspect.signature(function).parameters).index("name")

        @wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            if evaluator() is not None:
                return function(*args, **kwargs)
            given = kwargs.pop("name", None)
            if len(args) > position:
                given = args[position]
                args = (*args[:position], None, *args[position + 1 :])  # type: ignore[assignment]
            with get_default_graph().name_scope(str(given or default)) as scope:
                if len(args) > position:
                    args = (*args[:position], scope, *args[position + 1 :])  # type: ignore[assignment]
                else:
                    kwargs["name"] = scope
                return function(*args, **kwargs)

        return wrapper

    return decorate


def apply(
    type: str,
    recipe: Recipe,
    *inputs: Tensor,
    name: str | None = None,
    attrs: Mapping[str, object] | None = None,
) -> Tensor:
    """Add an operation with one output that only computes."""
    return add_operation(type, recipe, inputs, name=name, attrs=attrs).outputs[0]


def add_operation(
    type: str,
    recipe: Recipe | None,
    inputs: Sequence[Tensor] = (),
    *,
    name: str | None = None,
    writes: Sequence[Variable] = (),
    draws: bool = False,
    seed: int | None = None,
    streams: Mapping[str, int | None] | None = None,
    outputs: Sequence[Output] | None = None,
    host: Callable[..., object] | None = None,
    attrs: Mapping[str, object] | None = None,
) -> Operation:
    """Add an operation to the default graph.

    Args:
        type: TensorFlow's name of its kind; also its name where none is given.
        recipe: see `Recipe`; None for an operation that builds nothing.
        outputs: types of the outputs where inference cannot tell them (host operations, and tensors of unknown rank).

    Raises:
        BifrontError: what the recipe raises for these inputs, with the lines that made them.
    """
    evaluating = evaluator()
    if evaluating is not None:
        return evaluating.operation(_evaluable(type, recipe), inputs, draws, seed)
    graph = get_default_graph()
    for tensor in inputs:
        graph.as_graph_element(tensor)
    full = name[:-1] if name and name.endswith("/") else graph.unique_name(name or type)
    scope = full.rpartition("/")[0]
    location = Location.here(scope=scope)
    op = Operation(
        graph, full, type, inputs, graph.control_inputs, recipe, location,
        writes=writes, draws=draws, seed=seed, streams=streams, host=host, attrs=attrs,
    )  # fmt: skip
    require_visible([*(t.op for t in inputs), *op.control_inputs], op.region, location)
    if recipe is not None and outputs is None:
        made = _infer(graph, op)
    else:
        op.opaque = recipe is not None
        made = [(dtype, known, _stand_in(graph, op, known)) for dtype, known in outputs or ()]
    graph.add(op)
    op.outputs = tuple(Tensor(op, i, *out) for i, out in enumerate(made))
    return op


def _evaluable(type: str, recipe: Recipe | None) -> Recipe:
    if recipe is None:
        raise UnsupportedError(
            f"{type} belongs to graphs: it has no meaning where values are computed at once"
        )
    return recipe


Inferred = list[tuple[DType, TensorType | None, Value | None]]


def _infer(graph: Graph, op: Operation) -> Inferred:
    for tensor in op.inputs:
        if not tensor.dtype.is_numeric:
            raise DTypeError(
                f"{op.type} cannot compute with {tensor.name!r}, a tensor of {tensor.dtype.name}",
                places=(
                    Place("used here", op.location),
                    Place(f"{tensor.name!r} was made here", tensor.op.location),
                ),
            )
    operands = [v._as_tensor().value for v in op.writes] + [t.value for t in op.inputs]
    known = [v for v in operands if v is not None]
    if len(known) == len(operands):
        return [(as_dtype(v.dtype), v.type, v) for v in build(graph, op, known)]
    return _probe(graph, op, operands)


def build(graph: Graph, op: Operation, operands: Sequence[Value]) -> list[Value]:
    """Run the recipe in the graph's own builder: its outputs there."""
    assert op.recipe is not None
    builder = graph.builder
    builder.at = op.location
    try:
        with using(builder):
            keys = [graph.key] * len(streams_of(op))
            made = op.recipe(*keys, *operands)
    except BifrontError as error:
        raise located(error, op) from None
    finally:
        builder.at = None
    return outputs_of(made)[len(op.streams) + len(op.writes) :]


def outputs_of(made: object) -> list[Value]:
    """What a recipe returned, as a list."""
    if made is None:
        return []
    return [made] if isinstance(made, Value) else list(made)  # type: ignore[call-overload]


def located(error: BifrontError, op: Operation) -> BifrontError:
    """The error with the user's lines that it lacks: the operation's and its inputs'."""
    if not error.places:
        error.places = (
            Place(f"{op.type} {op.name!r} is made here", op.location),
            *(
                Place(f"{t.name!r}: {t.type or t.dtype.name} was made here", t.op.location)
                for t in op.inputs
            ),
        )
    return error


def _probe(graph: Graph, op: Operation, operands: Sequence[Value | None]) -> Inferred:
    """Types of outputs that depend on a tensor of unknown rank.

    The recipe is tried for several ranks. What comes out the same every time is known; an error that comes every time
    is the user's.
    """
    unknown = [t for t in op.inputs if t.value is None]
    nodes = len(graph.builder.nodes)
    found: list[list[TensorType]] = []
    failure: BifrontError | None = None
    for rank in PROBED_RANKS:
        stand_ins = iter([graph.builder.input(unranked_type(t, rank), t.op.name) for t in unknown])
        try:
            made = build(graph, op, [v if v is not None else next(stand_ins) for v in operands])
        except BifrontError as error:
            failure = failure or error
        else:
            found.append([v.type for v in made])
        finally:
            del graph.builder.nodes[nodes:]
    if not found:
        assert failure is not None
        failure.hint = failure.hint or "give the placeholder a shape"
        raise failure
    op.opaque = True
    outputs: Inferred = []
    for i, type in enumerate(found[0]):
        known = type if all(types[i] == type for types in found) else None
        outputs.append((as_dtype(type.dtype), known, _stand_in(graph, op, known)))
    return outputs


def _stand_in(graph: Graph, op: Operation, type: TensorType | None) -> Value | None:
    """A value of the type, for the types of what is built on it."""
    return None if type is None else graph.builder.input(type, op.name, op.location)


def unranked_type(tensor: Tensor, rank: int) -> TensorType:
    """The type that a tensor without a shape has when it is fed with an array of this rank."""
    return TensorType(tensor.dtype.ir, tuple(symbol(f"{tensor.op.name}_{i}") for i in range(rank)))
