"""`while_loop`: a body that is run as long as a condition holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ....compiler.errors import AttributeValueError, DTypeError, Place, ShapeError
from ....compiler.ir import TensorType
from ....compiler.location import Location
from ..arithmetic import add
from ..casting import cast
from ..control import identity
from ..convert import convert
from ..dtypes import bool as bool_
from ..dtypes import int32
from ..graph import get_default_graph
from ..logic import less, logical_and
from ..refine import named
from ..region import Region
from ..shape import TensorShape
from ..tensor import Tensor
from .arguments import leaf_like, parameter, tensor_of
from .iteration import Loop, loop_operation
from .nest import flatten, is_nested, pack, require_same_structure
from .tensor_array import TensorArray, is_fresh

__all__ = ["while_loop"]


def while_loop(
    cond: Callable[..., object],
    body: Callable[..., object],
    loop_vars: Sequence[object],
    shape_invariants: object = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: object = None,
    return_same_structure: bool = False,
) -> object:
    """The loop variables after the last iteration of ``body``, which is run as long as ``cond`` holds.

    Both functions are called once, now, with tensors that stand for the loop variables. What they declare runs in every
    iteration; a variable that the body assigns is read as the iteration before left it.

    Args:
        cond: takes the loop variables and returns a scalar bool tensor.
        body: takes the loop variables and returns them in the same structure.
        loop_vars: a list or tuple, whose elements may be structures of tensors, arrays of tensors included.
        shape_invariants: a structure like ``loop_vars`` of shapes that hold in every iteration; None for what changes.
        parallel_iterations, swap_memory: accepted and without meaning.
        back_prop: False: no gradient flows through the loop.
        maximum_iterations: the loop stops after so many iterations, whatever the condition says.
        return_same_structure: False: a single loop variable comes back bare.

    Raises:
        TypeError: ``cond`` or ``body`` is not callable.
        DTypeError, ShapeError: a loop variable comes out of an iteration as another type than it went in, or the
            condition is no truth value.
        ValueError: there are no loop variables, or ``body`` returns another structure.
    """
    if not callable(cond):
        raise TypeError("cond must be callable.")
    if not callable(body):
        raise TypeError("body must be callable.")
    if not loop_vars:
        raise AttributeValueError("No loop variables provided")
    graph = get_default_graph()
    with graph.name_scope(name or "while") as scope:
        limit, counted = _limit(maximum_iterations)
        if counted is not None:
            cond, body = _counting(cond, body, counted)
            loop_vars = (0, tuple(loop_vars))
            shape_invariants = shape_invariants and ([], shape_invariants)
        loop, made = _declared(scope[:-1], cond, body, loop_vars, shape_invariants)
        outputs = loop_operation(loop, limit, back_prop)
        exits = [identity(t, name="Exit") for t in outputs]
    structure = made if is_nested(made) else [made]
    leaves = [leaf_like(a, t) for a, t in zip(flatten(structure), exits, strict=True)]
    returned = pack(structure, leaves)
    if counted is not None:
        returned = returned[1]  # type: ignore[index]
        leaves = leaves[1:]
    bare = not is_nested(made) if counted is None else len(leaves) == 1
    unpacked = len(leaves) == 1 and not return_same_structure
    return leaves[0] if unpacked and (bare or maximum_iterations is None) else returned


def _declared(
    name: str,
    cond: Callable[..., object],
    body: Callable[..., object],
    loop_vars: Sequence[object],
    invariants: object,
) -> tuple[Loop, object]:
    """The loop that the two functions describe, and what the body returned."""
    graph = get_default_graph()
    leaves = flatten(loop_vars)
    initial = [tensor_of(leaf) for leaf in leaves]
    shapes = _shapes(invariants, loop_vars)
    types = _types(initial, shapes)
    region = Region(f"the loop {name!r}", graph.region, Location.here())
    with graph.inside(region), graph.control_dependencies(None):
        parameters = [parameter(t.dtype, type) for t, type in zip(initial, types, strict=True)]
        inside = [leaf_like(a, p) for a, p in zip(leaves, parameters, strict=True)]
        packed = pack(loop_vars, inside)
        go_on = _truth(cond(*packed))  # type: ignore[misc]
        made = body(*packed)  # type: ignore[misc]
        results = _results(loop_vars, made, initial)
    _require_invariant(initial, parameters, results)
    return Loop(
        region, tuple(initial), tuple(parameters), tuple(results), go_on, tuple(shapes)
    ), made


def _limit(maximum: object) -> tuple[int | None, Tensor | None]:
    """The largest number of iterations: a number, or a tensor that the loop has to count against."""
    if maximum is None:
        return None, None
    if isinstance(maximum, (int, np.integer)):
        return max(int(maximum), 0), None
    given = convert(maximum, name="maximum_iterations")
    if given.shape.ndims not in (None, 0):
        raise AttributeValueError(
            "maximum_iterations must be a scalar, saw shape: " + str(given.shape)
        )
    return None, given


def _counting(
    cond: Callable[..., object], body: Callable[..., object], maximum: Tensor
) -> tuple[Callable[..., object], Callable[..., object]]:
    """The loop with a counter in front."""

    def go_on(done: Tensor, loop_vars: Sequence[object]) -> Tensor:
        return logical_and(less(done, cast(maximum, int32)), convert(cond(*loop_vars)))

    def step(done: Tensor, loop_vars: Sequence[object]) -> tuple[Tensor, object]:
        made = body(*loop_vars)
        return add(done, 1), made if is_nested(made) else (made,)

    return go_on, step


def _shapes(invariants: object, loop_vars: object) -> list[TensorShape | None]:
    """The shape that holds in all iterations, for each loop variable; None: that with which it begins."""
    leaves = flatten(loop_vars)
    if invariants is None:
        return [None] * len(leaves)
    shapes: list[TensorShape | None] = []

    def read(given: object, like: object) -> None:
        if not is_nested(like):
            shapes.append(None if isinstance(like, TensorArray) else TensorShape(given))
        elif isinstance(like, Mapping):
            for key in sorted(like):
                read(given[key], like[key])  # type: ignore[index]
        else:
            parts = list(given)  # type: ignore[call-overload]
            if len(parts) != len(like):  # type: ignore[arg-type]
                raise AttributeValueError(
                    "shape_invariants must have the same structure as loop_vars: "
                    f"{len(parts)} shapes for {len(like)} values"  # type: ignore[arg-type]
                )
            for a, b in zip(parts, like, strict=True):  # type: ignore[call-overload]
                read(a, b)

    read(list(invariants), list(loop_vars))  # type: ignore[call-overload]
    return shapes


def _types(
    initial: Sequence[Tensor], shapes: Sequence[TensorShape | None]
) -> list[TensorType | None]:
    """The types of the loop variables inside."""
    types = []
    for tensor, shape in zip(initial, shapes, strict=True):
        if shape is None or shape.ndims is None:
            types.append(tensor.type)
            continue
        own = tensor.shape
        fits = own.ndims is None or (
            own.ndims == shape.ndims
            and all(
                b is None or a in (None, b)
                for a, b in zip(own.as_list(), shape.as_list(), strict=True)
            )
        )
        if not fits:
            raise ShapeError(
                f"The shape invariant specified for {tensor.name} is not compatible with the initial shape of the "
                f"loop variable. It enters the loop with shape {own}, but the specified shape invariant is {shape}.",
                places=(
                    Place("declared here", Location.here()),
                    Place(f"{tensor.name!r} was made here", tensor.op.location),
                ),
                hint="write None for the dimensions that change",
            )
        name = get_default_graph().unique_name("invariant").replace("/", "_")
        types.append(TensorType(tensor.dtype.ir, named(shape.as_list(), name)))
    return types


def _truth(made: object) -> Tensor:
    go_on = convert(made, name="cond")
    if go_on.dtype == bool_ and go_on.shape.ndims in (None, 0):
        return go_on
    kind = ShapeError if go_on.dtype == bool_ else DTypeError
    raise kind(
        f"cond of while_loop must return a scalar bool: {go_on.name!r} is {go_on.type or go_on.dtype.name}",
        places=(
            Place("declared here", Location.here()),
            Place(f"{go_on.name!r} was made here", go_on.op.location),
        ),
        hint="compare it (x > 0), and reduce it to one truth value with tf.reduce_all or tf.reduce_any",
    )


def _results(loop_vars: Sequence[object], made: object, initial: Sequence[Tensor]) -> list[Tensor]:
    structure = made if is_nested(made) else [made]
    leaves = flatten(structure)
    if len(leaves) != len(initial):
        raise AttributeValueError(
            "Number of inputs and outputs of body must match loop_vars: "
            f"{len(initial)}, {len(leaves)}",
            places=(Place("declared here", Location.here()),),
            hint="body returns all loop variables, in their order",
        )
    require_same_structure(list(loop_vars), list(structure), "loop_vars and what body returns")  # type: ignore[call-overload]
    return [tensor_of(leaf, t.dtype) for leaf, t in zip(leaves, initial, strict=True)]


def _require_invariant(
    initial: Sequence[Tensor], parameters: Sequence[Tensor], results: Sequence[Tensor]
) -> None:
    for i, (first, inside, last) in enumerate(zip(initial, parameters, results, strict=True)):
        places = (
            Place("declared here", Location.here()),
            Place(f"it enters as {first.name!r}, made here", first.op.location),
            Place(f"it leaves an iteration as {last.name!r}, made here", last.op.location),
        )
        if inside.dtype != last.dtype:
            raise DTypeError(
                f"Loop variable {i} ({first.name}) enters the loop with type {inside.dtype.name}, but has type "
                f"{last.dtype.name} after one iteration.",
                places=places,
                hint="convert it with tf.cast, in the body or before the loop",
            )
        if inside.type is None or last.type is None or is_fresh(inside.type):
            continue
        if not inside.shape.is_compatible_with(last.shape):
            raise ShapeError(
                f"The shape for loop variable {i} ({first.name}) is not an invariant for the loop. It enters the loop "
                f"with shape {inside.shape}, but has shape {last.shape} after one iteration. Provide shape invariants "
                "using either the `shape_invariants` argument of tf.while_loop or set_shape() on the loop variables.",
                places=places,
                hint="shape_invariants=[...] with None for the dimensions that change",
            )
