"""What the type rules of operations with regions have in common."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..dispatch.building import Building
from ..errors import BifrontError, DTypeError, GraphError, Place, ShapeError
from ..ir import Dim, Expr, Graph, TensorType, Value, symbols_of
from ..ir.dtypes import bool_
from ..ir.types import unify
from ..ops import reshape

Operand = TensorType | Graph


def split(operands: Sequence[Operand]) -> tuple[list[TensorType], list[Graph]]:
    """Types of the operands, and the regions after them."""
    types = [x for x in operands if isinstance(x, TensorType)]
    regions = [x for x in operands if isinstance(x, Graph)]
    return types, regions


def check_regions(name: str, regions: Sequence[Graph], count: int) -> None:
    """Raises: GraphError unless there are ``count`` regions without states."""
    if len(regions) != count:
        raise GraphError(f"{name} has {count} regions, not {len(regions)}")
    for region in regions:
        if region.states:
            raise GraphError(f"a region of {name} has states: a region is a pure function")


def check_inputs(
    name: str, region: Graph, types: Sequence[TensorType], free: Collection[str] = ()
) -> None:
    """Raises: GraphError, ShapeError or DTypeError unless a region takes operands of these types.

    Symbols in ``free`` stand for any size.
    """
    if len(region.inputs) != len(types):
        raise GraphError(
            f"the region {region.name!r} of {name} takes {len(region.inputs)} values and gets {len(types)}"
        )
    for i, (value, given) in enumerate(zip(region.inputs, types, strict=True)):
        if not fits(given, value.type, free):
            raise ShapeError(
                f"input {i} of the region {region.name!r} is {value.type} and gets {given}"
            )


def fits(given: TensorType, wanted: TensorType, free: Collection[str] = ()) -> bool:
    """Whether a value of one type may stand where the other is wanted; symbols may turn out to be equal."""
    if given.dtype is not wanted.dtype or given.rank != wanted.rank:
        return False
    return all(
        unify(a, b) is not None or _is_free(b, free)
        for a, b in zip(given.shape, wanted.shape, strict=True)
    )


def _is_free(dim: Dim, free: Collection[str]) -> bool:
    return isinstance(dim, Expr) and any(s in free for s in symbols_of((dim,)))


def check_predicate(name: str, what: str, type: TensorType) -> None:
    """Raises: DTypeError or ShapeError unless the type is that of one truth value."""
    if type.dtype is not bool_:
        raise DTypeError(
            f"{what} of {name} is {type}; it must be one truth value",
            hint="compare it with something: x > 0",
        )
    if type.shape:
        raise ShapeError(
            f"{what} of {name} is {type}; it must be one truth value",
            hint="reduce it to one with reduce_all or reduce_any",
        )


def matched(
    builder: Building, value: Value, wanted: TensorType, what: str, name: str, free: Collection[str]
) -> Value:
    """A value that leaves a region, as the type that it must have.

    Where sizes are not known to be equal, a reshape makes sure of it when the graph runs.

    Raises:
        DTypeError, ShapeError: it cannot be of that type.
    """
    if value.type == wanted:
        return value
    if not fits(value.type, wanted, free):
        raise mismatch(value, wanted, what, name)
    sure = tuple(
        a if _is_free(b, free) else b for a, b in zip(value.shape, wanted.shape, strict=True)
    )
    if sure == value.shape:
        return value
    return reshape(value, sure)  # type: ignore[return-value]


def mismatch(value: Value, wanted: TensorType, what: str, name: str) -> BifrontError:
    """The error for a carry that comes out of an iteration as another type than it went in."""
    kind = DTypeError if value.dtype is not wanted.dtype else ShapeError
    hint = "make both the same type, for instance with a cast"
    if kind is ShapeError:
        hint = (
            "keep its shape the same in every iteration, or say which sizes change "
            "(shape_invariants)"
        )
    return kind(
        f"{what} of {name} goes into an iteration as {wanted} and comes out as {value.type}",
        places=(Place("it comes out of here", value.location),),
        hint=hint,
    )
