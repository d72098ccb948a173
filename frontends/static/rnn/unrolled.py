"""`static_rnn`: a network unrolled over a list of inputs."""

from __future__ import annotations

from collections.abc import Sequence

from ....compiler.errors import AttributeValueError
from ..array_ops import concat, shape
from ..convert import convert
from ..creation import zeros_like
from ..errors import UnsupportedError
from ..logic import less, where
from ..tensor import Tensor
from ..variable_scope import variable_scope
from .cells import LSTMStateTuple, RNNCell, State

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
                new = _kept(goes_on, new, state)
            outputs.append(output)
            state = new
    return outputs, state


def _kept(goes_on: Tensor, new: State, old: State) -> State:
    if isinstance(new, LSTMStateTuple):
        assert isinstance(old, tuple)
        return LSTMStateTuple(where(goes_on, new.c, old[0]), where(goes_on, new.h, old[1]))
    if isinstance(new, tuple):
        assert isinstance(old, tuple)
        return tuple(_kept(goes_on, a, b) for a, b in zip(new, old, strict=True))
    return where(goes_on, new, old)


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
    if sequence_length is not None:
        raise UnsupportedError("bifront does not have sequence_length of static_bidirectional_rnn")
    with variable_scope(scope or "bidirectional_rnn"):
        ahead, last_ahead = static_rnn(cell_fw, inputs, initial_state_fw, dtype, scope="fw")
        back, last_back = static_rnn(cell_bw, inputs[::-1], initial_state_bw, dtype, scope="bw")
    joined = [concat([a, b], 1) for a, b in zip(ahead, back[::-1], strict=True)]
    return joined, last_ahead, last_back
