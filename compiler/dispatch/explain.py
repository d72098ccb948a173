"""From an exception inside an evaluation to an error that answers the user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import BifrontError, Place
from ..ir.types import TensorType
from ..location import Location
from .array import Array, Damaged

if TYPE_CHECKING:
    from ..ir import Attrs, Value
    from ..ops.op import Op


def explain(
    error: Exception,
    op: Op,
    inputs: Sequence[Array | Value | float],
    attrs: Attrs,
    location: Location | None = None,
) -> Exception:
    """What to raise when ``op`` failed on these operands at the location (None: at the caller's line).

    Damaged operands come first; then the operation's own type rules, which word shape and dtype errors better than
    NumPy does; otherwise the error stands as it is, with the place in a note.
    """
    for operand in inputs:
        if isinstance(operand, Array) and isinstance(operand.data, Damaged):
            try:
                operand.data.fail()
            except BifrontError as damage:
                return damage
    if not isinstance(error, BifrontError):
        try:
            op.infer(*_types(inputs), **attrs)
        except BifrontError as found:
            error = found
        except Exception:
            return error
        else:
            error.add_note((location or Location.here(2)).render(f"in {op.name}"))
            return error
    if not error.places:
        error.args = (f"{op.name}: {error.answer}",)
        error.answer = f"{op.name}: {error.answer}"
        error.places = (Place("", location or Location.here(2)), *operand_places(inputs))
    return error


def operand_places(inputs: Sequence[Array | Value | float]) -> list[Place]:
    """One place for each operand: its type and the line that made it."""
    return [
        Place(f"operand {i + 1} is {x.type}, made here", x.location)
        if isinstance(x.location, Location)
        else Place(f"operand {i + 1} is {x.type}", None)
        for i, x in enumerate(inputs)
        if not isinstance(x, (int, float))
    ]


def _types(inputs: Sequence[Array | Value | float]) -> list[TensorType]:
    typed = [x.type for x in inputs if not isinstance(x, (int, float))]
    return [
        TensorType(typed[0].dtype, ()) if isinstance(x, (int, float)) else x.type for x in inputs
    ]
