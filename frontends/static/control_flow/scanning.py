"""The operation of a loop over the leading axis of tensors, of which `scan`, `map_fn` and `dynamic_rnn` are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....compiler import control, ops
from ....compiler.errors import DTypeError, Place, ShapeError
from ....compiler.ir import TensorType, Value
from ....compiler.location import Location
from ....compiler.ops import TensorLike
from ..build import add_operation
from ..control import control_dependencies
from ..graph import get_default_graph
from ..rebuilding import Effects, run_body
from ..region import Region, body_of, surroundings
from ..tensor import Tensor
from .arguments import parameter
from .telling import after_telling, told_by

Step = Callable[[list[Tensor], list[Tensor]], tuple[Sequence[Tensor], Sequence[Tensor]]]


def scan_operation(
    what: str,
    step: Step,
    carries: Sequence[Tensor],
    sequences: Sequence[Tensor],
    *,
    reverse: bool = False,
    back_prop: bool = True,
) -> tuple[list[Tensor], list[Tensor]]:
    """A loop over the leading axis of ``sequences``.

    Args:
        what: what it is, for errors: "scan 'name'".
        step: called once, now, with tensors that stand for the carries and for one slice of each sequence; gives the
            new carries and tensors to be stacked.
        back_prop: whether gradients flow through it.

    Returns:
        The carries after the last iteration, and what was stacked, each element at the place of its slice.

    Raises:
        DTypeError, ShapeError: a carry comes out of an iteration as another type than it went in, or a sequence is a
            scalar.
    """
    graph = get_default_graph()
    for tensor in sequences:
        if tensor.type is not None and not tensor.type.shape:
            raise ShapeError(
                f"{what} goes through the first axis of {tensor.name!r}, which is a scalar",
                places=(
                    Place("declared here", Location.here()),
                    Place(f"{tensor.name!r} was made here", tensor.op.location),
                ),
            )
    region = Region(what, graph.region, Location.here())
    with graph.inside(region), graph.control_dependencies(None):
        inside = [parameter(t.dtype, t.type) for t in carries]
        slices = [parameter(t.dtype, _row(t.type), "TensorArrayReadV3") for t in sequences]
        new, stacked = step(inside, slices)
    _require_same_types(what, carries, new)
    body = body_of(region, [*inside, *slices], [*new, *stacked])
    told = told_by(region, body, stacked=True)
    if told is not None:
        body = body_of(region, [*inside, *slices], [*new, *stacked, *told.tensors])
    around = surroundings(body)

    def recipe(*given: Value) -> list[TensorLike]:
        rest = iter(given)
        keys = {slot: next(rest) for slot in around.streams}
        effects = Effects(keys, {v: next(rest) for v in around.writes})
        first = [next(rest) for _ in carries]
        rows = [next(rest) for _ in sequences]
        # A variable that the loop assigns is read as the loop carries it.
        outside = {
            t: v
            for t, v in zip(around.captures, rest, strict=True)
            if t.op.variable not in around.writes
        }

        def run(moving: list[Value], now: list[Value]) -> tuple[list[Value], list[Value]]:
            values = dict(zip(body.parameters, [*moving[: len(first)], *now], strict=True))
            results, after = run_body(
                body, {**outside, **values}, effects.replaced(moving[len(first) :])
            )
            return [*results[: len(first)], *after.values], results[len(first) :]

        last, made = control.scan(run, [*first, *effects.values], rows, reverse=reverse)  # type: ignore[arg-type]
        outputs = [*last[: len(first)], *made]
        if not back_prop:
            outputs = [ops.stop_gradient(v) if v.dtype.is_float else v for v in outputs]
        return [*last[len(first) :], *outputs]

    with control_dependencies(around.waits):
        op = add_operation(
            "Scan", recipe, [*carries, *sequences, *around.captures], name="Scan",
            writes=around.writes, streams=around.streams,
        )  # fmt: skip
    count = len(new) + len(stacked)
    outputs = after_telling(op.outputs[:count], told, op.outputs[count:], backwards=reverse)
    return outputs[: len(carries)], outputs[len(carries) :]


def _row(type: TensorType | None) -> TensorType | None:
    return None if type is None else type.with_shape(type.shape[1:])


def _require_same_types(what: str, carries: Sequence[Tensor], new: Sequence[Tensor]) -> None:
    for i, (first, last) in enumerate(zip(carries, new, strict=True)):
        if first.dtype == last.dtype and first.shape.is_compatible_with(last.shape):
            continue
        kind = ShapeError if first.dtype == last.dtype else DTypeError
        raise kind(
            f"value {i} that {what} carries along ({first.name}) enters with type {first.type or first.dtype.name}, "
            f"but has type {last.type or last.dtype.name} after one iteration",
            places=(
                Place("declared here", Location.here()),
                Place(f"it enters as {first.name!r}, made here", first.op.location),
                Place(f"it leaves an iteration as {last.name!r}, made here", last.op.location),
            ),
            hint="make both the same type: tf.cast, or an initial value of the right type and shape",
        )
