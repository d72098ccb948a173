"""Cells around cells: dropout, residual connections."""

from __future__ import annotations

from ....compiler.errors import AttributeValueError
from .. import nn
from ..arithmetic import add, divide, floor, multiply
from ..casting import cast
from ..control_flow.nest import flatten
from ..convert import convert
from ..random_ops import random_uniform
from ..shape import TensorShape
from ..tensor import Tensor
from .cells import LSTMStateTuple, RNNCell, Size, State

__all__ = ["DeviceWrapper", "DropoutWrapper", "ResidualWrapper"]


class _Wrapper(RNNCell):
    def __init__(self, cell: RNNCell) -> None:
        super().__init__()
        self._cell = cell

    @property
    def state_size(self) -> Size:
        return self._cell.state_size

    @property
    def output_size(self) -> int:
        return self._cell.output_size

    def zero_state(self, batch_size: object, dtype: object) -> State:
        return self._cell.zero_state(batch_size, dtype)

    def __call__(  # type: ignore[override]
        self, inputs: object, state: State, scope: object = None, **kwargs: object
    ) -> tuple[Tensor, State]:
        # A wrapper has no variables, and so no scope of its own.
        return self.call(convert(inputs), state)


class DropoutWrapper(_Wrapper):
    """Dropout on what goes into a cell, comes out of it, or is kept (``h`` of an LSTM, not ``c``).

    Args:
        input_keep_prob, output_keep_prob, state_keep_prob: numbers or tensors.
        variational_recurrent: whether all steps of a run drop the same elements (arXiv:1512.05287).
        input_size, dtype: of the inputs; needed for that.

    Raises:
        ValueError: one of those is missing, or a probability is not from 0 to 1.
    """

    def __init__(
        self, cell: RNNCell, input_keep_prob: object = 1.0, output_keep_prob: object = 1.0,
        state_keep_prob: object = 1.0, variational_recurrent: bool = False,
        input_size: object = None, dtype: object = None, seed: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(cell)
        self._keep = (input_keep_prob, state_keep_prob, output_keep_prob)
        for keep in self._keep:
            if isinstance(keep, (int, float)) and not 0 <= keep <= 1:
                raise AttributeValueError(f"keep_prob must be from 0 to 1, not {keep}")
        self._seed = seed
        self._noise: list[list[Tensor]] | None = None
        if variational_recurrent:
            if dtype is None:
                raise AttributeValueError("When variational_recurrent=True, dtype must be provided")
            if input_size is None and self._drops(0):
                raise AttributeValueError(
                    "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, input_size must be "
                    "provided"
                )
            sizes = (input_size, cell.state_size, cell.output_size)
            self._noise = [
                [
                    random_uniform([1, *TensorShape(n)], dtype=dtype, seed=seed)
                    for n in flatten(size)
                ]
                if self._drops(which)
                else []
                for which, size in enumerate(sizes)
            ]

    def call(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:  # type: ignore[override]
        output, new = self._cell(self._drop(inputs, 0), state)
        return self._drop(output, 2), self._drop_state(new)

    def _drops(self, which: int) -> bool:
        keep = self._keep[which]
        return not isinstance(keep, (int, float)) or keep < 1

    def _drop(self, x: Tensor, which: int, part: int = 0) -> Tensor:
        if not self._drops(which):
            return x
        keep = self._keep[which]
        if self._noise is None:
            return nn.dropout(x, keep_prob=keep, seed=self._seed)
        kept = floor(add(self._noise[which][part], keep))
        return multiply(divide(x, keep), kept)

    def _drop_state(self, state: State) -> State:
        count = iter(range(len(flatten(state))))

        def drop(part: State) -> State:
            if isinstance(part, LSTMStateTuple):
                next(count)
                return LSTMStateTuple(part.c, self._drop(part.h, 1, next(count)))
            if isinstance(part, tuple):
                return tuple(drop(p) for p in part)
            return self._drop(part, 1, next(count))

        return drop(state)


class ResidualWrapper(_Wrapper):
    """The cell's input added to its output."""

    def call(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:  # type: ignore[override]
        output, new = self._cell(inputs, state)
        return add(cast(inputs, output.dtype), output), new


class DeviceWrapper(_Wrapper):
    """The cell; the device is accepted and without meaning."""

    def __init__(self, cell: RNNCell, device: object) -> None:
        super().__init__(cell)

    def call(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:  # type: ignore[override]
        return self._cell(inputs, state)
