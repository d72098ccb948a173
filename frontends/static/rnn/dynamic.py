"""`dynamic_rnn` and its kind: a network that goes through as many steps as its inputs have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ....compiler.errors import AttributeValueError, Place, ShapeError
from ....compiler.location import Location
from ..arithmetic import add
from ..array_ops import reverse, shape, transpose
from ..casting import cast
from ..control_flow.loops import while_loop
from ..control_flow.nest import flatten, map_structure, pack
from ..control_flow.scanning import scan_operation
from ..control_flow.tensor_array import TensorArray
from ..convert import convert
from ..creation import zeros, zeros_like
from ..dtypes import int32
from ..graph import get_default_graph
from ..logic import less, logical_not, logical_or
from ..logic import where as select
from ..reduction import reduce_all
from ..sequences import reverse_sequence
from ..shape import TensorShape
from ..tensor import Tensor
from ..variable_scope import variable_scope
from .cells import RNNCell, State, filled_with_zeros
from .lengths import held

__all__ = ["bidirectional_dynamic_rnn", "dynamic_rnn", "raw_rnn"]


def dynamic_rnn(
    cell: RNNCell,
    inputs: object,
    sequence_length: object = None,
    initial_state: State | None = None,
    dtype: object = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: object = None,
) -> tuple[object, State]:
    """The cell applied to one step of the inputs after another, in a loop.

    Args:
        inputs: ``[batch, time, ...]``, or ``[time, batch, ...]`` if ``time_major``; or a structure of such.
        sequence_length: ``[batch]``: past its length a row's output is 0 and its state stays.
        initial_state: by default zeros, of type ``dtype``.
        parallel_iterations, swap_memory: accepted and without meaning.

    Returns:
        The outputs of all steps (batch first or time first like the inputs) and the last state.

    Raises:
        ValueError: neither an initial state nor a type is given.
        ShapeError: the inputs have no axes of batch and time, or there is not one length for each row.
    """
    with variable_scope(scope or "rnn"):
        steps = [convert(x) for x in flatten(inputs)]
        for x in steps:
            _require_steps(x)
        if not time_major:
            steps = [_swapped(x) for x in steps]
        lengths = None if sequence_length is None else _lengths(sequence_length)
        if initial_state is None:
            if dtype is None:
                raise AttributeValueError(
                    "If there is no initial_state, you must give a dtype.",
                    places=(Place("the network is declared here", Location.here()),),
                    hint="give dtype=tf.float32, or initial_state=cell.zero_state(batch, tf.float32)",
                )
            initial_state = cell.zero_state(_batch(steps[0]), dtype)
        outputs, last = _loop(cell, inputs, steps, initial_state, lengths)
        if not time_major:
            outputs = map_structure(lambda x: _swapped(convert(x)), outputs)
    return outputs, last


def _require_steps(x: Tensor) -> None:
    if x.shape.ndims is not None and x.shape.ndims < 2:
        raise ShapeError(
            f"inputs of a recurrent network have axes of batch and time: {x.name!r} is {x.type}",
            places=(
                Place("used here", Location.here()),
                Place(f"{x.name!r} was made here", x.op.location),
            ),
            hint="give [batch, time, ...], or [time, batch, ...] with time_major=True",
        )


def _swapped(x: Tensor) -> Tensor:
    """The axes of batch and time exchanged."""
    rank = x.shape.ndims
    if rank is None:
        raise ShapeError(
            f"the rank of {x.name!r} must be known here", hint="give its placeholder a shape"
        )
    return transpose(x, [1, 0, *range(2, rank)])


def _lengths(given: object) -> Tensor:
    lengths = cast(given, int32, name="sequence_length")
    if lengths.shape.ndims not in (None, 1):
        raise ShapeError(
            f"sequence_length must be a vector of length batch_size, but saw shape: {lengths.shape}",
            places=(Place("used here", Location.here()),),
        )
    return lengths


def _batch(step: Tensor) -> object:
    known = step.shape[1].value
    return shape(step)[1] if known is None else known


def _loop(
    cell: RNNCell,
    structure: object,
    steps: list[Tensor],
    initial_state: State,
    lengths: Tensor | None,
) -> tuple[object, State]:
    """The outputs ``[time, batch, ...]`` and the last state."""
    state = [convert(s) for s in flatten(initial_state)]
    made: list[object] = []

    def step(carries: list[Tensor], slices: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        old = pack(initial_state, carries[len(carries) - len(state) :])
        output, new = cell(pack(structure, slices), old)  # type: ignore[arg-type]
        made.append(output)
        if lengths is None:
            return _leaves(new), _leaves(output)
        goes_on = less(carries[0], lengths)
        shown = [select(goes_on, x, zeros_like(x)) for x in _leaves(output)]
        kept = held(goes_on, new, old)  # type: ignore[arg-type]
        return [add(carries[0], 1), *_leaves(kept)], shown

    with get_default_graph().name_scope("while") as scope:
        time = [] if lengths is None else [convert(0, name="time")]
        last, outputs = scan_operation(
            f"the loop of the network {scope[:-1]!r}", step, [*time, *state], steps
        )
    return pack(made[0], outputs), pack(initial_state, last[len(time) :])  # type: ignore[return-value]


def _leaves(structure: object) -> list[Tensor]:
    return [convert(leaf) for leaf in flatten(structure)]


def bidirectional_dynamic_rnn(
    cell_fw: RNNCell,
    cell_bw: RNNCell,
    inputs: object,
    sequence_length: object = None,
    initial_state_fw: State | None = None,
    initial_state_bw: State | None = None,
    dtype: object = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: object = None,
) -> tuple[tuple[object, object], tuple[State, State]]:
    """Two networks (see `dynamic_rnn`), one from the first step to the last and one back.

    Returns:
        The outputs of both, and the last states of both.
    """
    time, batch = (0, 1) if time_major else (1, 0)

    def backwards(x: object) -> Tensor:
        if sequence_length is None:
            return reverse(x, [time])
        return reverse_sequence(x, sequence_length, seq_axis=time, batch_axis=batch)

    with variable_scope(scope or "bidirectional_rnn"):
        ahead, last_ahead = dynamic_rnn(
            cell_fw,
            inputs,
            sequence_length,
            initial_state_fw,
            dtype,
            time_major=time_major,
            scope="fw",
        )
        back, last_back = dynamic_rnn(
            cell_bw, map_structure(backwards, inputs), sequence_length, initial_state_bw, dtype,
            time_major=time_major, scope="bw",
        )  # fmt: skip
        return (ahead, map_structure(backwards, back)), (last_ahead, last_back)


Step: TypeAlias = "tuple[object, object, State, object, object]"


def raw_rnn(
    cell: RNNCell,
    loop_fn: Callable[[Tensor, Tensor | None, State | None, object], Step],
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    scope: object = None,
) -> tuple[object, State, object]:
    """A network whose inputs, states and end a function decides, step by step.

    Args:
        loop_fn: ``loop_fn(time, cell_output, cell_state, loop_state)`` gives whether each row has finished
            (``[batch]``), the next input, the next state of the cell, what to put out (None: the cell's output) and
            the next loop state. It is called for time 0 with None in the place of what does not exist yet; there it
            gives zeros like one row of what will be put out, or None.

    Returns:
        An array of what was put out, the last state and the last loop state.
    """
    with variable_scope(scope or "rnn"):
        start = convert(0, name="time")
        finished, first, state, shown, loop_state = loop_fn(start, None, None, None)
        has_loop_state = loop_state is not None
        kept = loop_state if has_loop_state else convert(0)
        size = shape(convert(flatten(first)[0]))[0]
        if shown is None:
            like = filled_with_zeros(cell.output_size, 1, convert(flatten(state)[0]).dtype)
            shown = map_structure(lambda x: convert(x)[0], like)
        arrays = map_structure(
            lambda x: TensorArray(convert(x).dtype, size=0, dynamic_size=True), shown
        )
        blank = [_rows(convert(x), size) for x in flatten(shown)]

        def body(
            time: Tensor, done: Tensor, inputs: object, emitted: object, old: State, loop: object
        ) -> tuple[object, ...]:
            output, made = cell(inputs, old)
            after = add(time, 1)
            ends, following, new, shown_now, loop_now = loop_fn(
                after, output, made, loop if has_loop_state else None
            )
            goes_on = logical_not(done)
            put = output if shown_now is None else shown_now
            rows = [select(goes_on, x, b) for x, b in zip(flatten(put), blank, strict=True)]
            written = [a.write(time, r) for a, r in zip(flatten(emitted), rows, strict=True)]  # type: ignore[attr-defined]
            return (
                after,
                logical_or(done, convert(ends)),
                following,
                pack(emitted, written),
                held(goes_on, new, old),
                loop_now if has_loop_state else loop,
            )

        ended: Any = while_loop(
            lambda time, done, *_: logical_not(reduce_all(done)),
            body,
            [start, convert(finished), first, arrays, state, kept],
        )
        _, _, _, written, last, loop_last = ended
        return written, last, loop_last if has_loop_state else None


def _rows(row: Tensor, size: Tensor) -> Tensor:
    known = TensorShape(row.shape).as_list()
    if None in known:
        return zeros_like(row)
    return zeros([size, *known], row.dtype)
