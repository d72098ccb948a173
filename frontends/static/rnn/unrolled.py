"""`static_rnn`: a network unrolled over a list of inputs."""

from __future__ import annotations

from collections.abc import Sequence

from ....compiler.errors import AttributeValueError
from ..array_ops import concat, shape, stack, unstack
from ..convert import convert
from ..creation import zeros_like
from ..logic import less, where
from ..sequences import reverse_sequence
from ..tensor import Tensor
from ..variable_scope import variable_scope
from .cells import RNNCell, State
from .lengths import held

__all__ = ["static_bidirectional_rnn", "static_rnn"]


def static_rnn(
    cell: RNNCell,
    inputs: Sequence[object],
    initial_state: State | None = None,
    dtype: object = None,
    sequence_length: object = None,
    scope: object = None,
) -> tuple[list[Tensor], State]:
    """The cell applied to one input after another.

    Args:
        inputs: a tensor ``[batch, width]`` for each step.
        initial_state: by default zeros, of type ``dtype``.
        sequence_length: ``[batch]``: past its length a row's output is 0 and its state stays.

    Returns:
        The outputs of all steps and the last state.

    Raises:
        ValueError: no inputs, or neither an initial state nor a type.
    """
    if not inputs:
        raise AttributeValueError("inputs must not be empty")
    steps = [convert(x) for x in inputs]
    with variable_scope(scope or "rnn"):
        if initial_state is None:
            if dtype is None:
                raise AttributeValueError(
                    "If no initial_state is provided, dtype must be specified"
                )
            known = steps[0].shape[0].value
            initial_state = cell.zero_state(shape(steps[0])[0] if known is None else known, dtype)
        lengths = None if sequence_length is None else convert(sequence_length)
        state: State = initial_state
        outputs: list[Tensor] = []
        for time, x in enumerate(steps):
            output, new = cell(x, state)
            if lengths is not None:
                goes_on = less(time, lengths)
                output = where(goes_on, output, zeros_like(output))
                new = held(goes_on, new, state)
            outputs.append(output)
            state = new
    return outputs, state


def static_bidirectional_rnn(
    cell_fw: RNNCell,
    cell_bw: RNNCell,
    inputs: Sequence[object],
    initial_state_fw: State | None = None,
    initial_state_bw: State | None = None,
    dtype: object = None,
    sequence_length: object = None,
    scope: object = None,
) -> tuple[list[Tensor], State, State]:
    """Two networks, one from the first input to the last and one back; their outputs joined.

    Returns:
        The outputs of all steps and the last states of both.
    """

    def backwards(steps: Sequence[object]) -> list[Tensor]:
        if sequence_length is None:
            return [convert(x) for x in steps[::-1]]
        turned = reverse_sequence(stack(steps), sequence_length, seq_axis=0, batch_axis=1)
        return unstack(turned, num=len(steps))

    with variable_scope(scope or "bidirectional_rnn"):
        ahead, last_ahead = static_rnn(
            cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope="fw"
        )
        back, last_back = static_rnn(
            cell_bw, backwards(inputs), initial_state_bw, dtype, sequence_length, scope="bw"
        )
    joined = [concat([a, b], 1) for a, b in zip(ahead, backwards(back), strict=True)]
    return joined, last_ahead, last_back
