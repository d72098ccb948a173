"""Recurrent networks over whole sequences: a Python loop over the steps of each layer and direction."""

# mypy: disable-error-code="no-any-return"
# (Methods of tensors are attached at import.)

from __future__ import annotations

import math
import warnings
from typing import Any

from ....compiler.errors import ShapeError
from .. import creation
from ..combining import cat, stack
from ..dtypes import dtype as DTypeName
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import owned
from .recurrent_cells import gru_step, lstm_step, rnn_step
from .utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

__all__ = ["GRU", "LSTM", "RNN"]


class _Recurrent(Module):
    """Layers of recurrent steps, in one or both directions.

    Takes ``[length, n, input]`` (``[n, length, input]`` if ``batch_first``), ``[length, input]``, or a packed batch.
    Returns the last layer's outputs ``[length, n, directions * hidden]`` and the last states
    ``[layers * directions, n, hidden]``.
    """

    gates = 1
    states = 1
    """How many tensors a state is made of."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: object = None,
        dtype: DTypeName | None = None,
    ) -> None:
        super().__init__()
        if not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                "element being zeroed"
            )
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={num_layers}",
                stacklevel=3,
            )
        if hidden_size <= 0 or num_layers <= 0:
            raise ValueError("hidden_size and num_layers must be greater than zero")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        rows = self.gates * hidden_size
        self._names: list[list[str]] = []
        for layer in range(num_layers):
            columns = input_size if layer == 0 else hidden_size * self._directions
            for end in ("", "_reverse")[: self._directions]:
                shapes: dict[str, tuple[int, ...]] = {
                    "weight_ih": (rows, columns),
                    "weight_hh": (rows, hidden_size),
                }
                if bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                names = [f"{name}_l{layer}{end}" for name in shapes]
                for name, shape in zip(names, shapes.values(), strict=True):
                    setattr(self, name, owned(creation.empty(shape, dtype=dtype)))
                self._names.append(names)
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def reset_parameters(self) -> None:
        bound = 1 / math.sqrt(self.hidden_size)
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def flatten_parameters(self) -> None:
        """A matter of memory layout on GPUs; nothing to do here."""

    @property
    def all_weights(self) -> list[list[Tensor]]:
        return [[getattr(self, name) for name in names] for names in self._names]

    def _advance(self, gates: Tensor, state: Any, w: Tensor, b: Tensor | None) -> Any:
        """The state after one step; its first tensor is the output."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------- forward

    def forward(self, input: Any, hx: Any = None) -> Any:
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        if input.ndim not in (2, 3):
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.ndim}D instead"
            )
        if input.shape[-1] != self.input_size:
            raise ShapeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got "
                f"{input.shape[-1]}"
            )
        batched = input.ndim == 3
        x = input if batched else input.unsqueeze(1)
        if batched and self.batch_first:
            x = x.transpose(0, 1)
        given = None if hx is None else hx if self.states > 1 else (hx,)
        if given is not None and not batched:
            given = tuple(s.unsqueeze(1) for s in given)
        y, last = self._layers(x, self._initial(x, given), None)
        if not batched:
            y, last = y.squeeze(1), tuple(s.squeeze(1) for s in last)
        elif self.batch_first:
            y = y.transpose(0, 1)
        return y, last if self.states > 1 else last[0]

    def _initial(self, x: Tensor, given: tuple[Tensor, ...] | None) -> tuple[Tensor, ...]:
        shape = (self.num_layers * self._directions, x.shape[1], self.hidden_size)
        if given is None:
            return tuple(x.new_zeros(*shape) for _ in range(self.states))
        for s in given:
            if tuple(s.shape) != shape:
                raise ShapeError(f"Expected hidden size {shape}, got {list(s.shape)}")
        return given

    def _layers(
        self, x: Tensor, initial: tuple[Tensor, ...], counts: list[int] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        lasts: list[Any] = []
        weights = self.all_weights
        for layer in range(self.num_layers):
            outputs = []
            for direction in range(self._directions):
                k = layer * self._directions + direction
                state = tuple(s[k] for s in initial)
                y, last = self._run(x, state, weights[k], direction == 1, counts)
                outputs.append(y)
                lasts.append(last)
            x = outputs[0] if len(outputs) == 1 else cat(outputs, -1)
            if layer < self.num_layers - 1:
                x = F.dropout(x, self.dropout, self.training)
        return x, tuple(stack([last[i] for last in lasts]) for i in range(self.states))

    def _run(
        self,
        x: Tensor,
        state: tuple[Tensor, ...],
        weights: list[Tensor],
        backwards: bool,
        counts: list[int] | None,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """One layer in one direction. With ``counts``, only so many sequences take part in each step."""
        w_ih, w_hh = weights[:2]
        b_ih, b_hh = (weights[2], weights[3]) if self.bias else (None, None)
        gates = F.linear(x, w_ih, b_ih)
        steps = range(len(x))
        outputs: list[Tensor] = []
        for t in reversed(steps) if backwards else steps:
            g = gates[t]
            if counts is None or counts[t] == len(g):
                state = self._advance(g, state, w_hh, b_hh)
                outputs.append(state[0])
                continue
            # Sequences that ended, or have not begun, keep their state and give zeros.
            n = counts[t]
            moved = self._advance(g[:n], tuple(s[:n] for s in state), w_hh, b_hh)
            rest = tuple(s[n:] for s in state)
            state = tuple(cat([m, r]) for m, r in zip(moved, rest, strict=True))
            outputs.append(cat([moved[0], rest[0].new_zeros(*rest[0].shape)]))
        return stack(outputs[::-1] if backwards else outputs), state

    def _packed(self, packed: PackedSequence, hx: Any) -> Any:
        order, back = packed.sorted_indices, packed.unsorted_indices
        x, lengths = pad_packed_sequence(
            packed._replace(sorted_indices=None, unsorted_indices=None)
        )
        counts = [int(n) for n in packed.batch_sizes]
        given = None if hx is None else hx if self.states > 1 else (hx,)
        if given is not None and order is not None:
            given = tuple(s[:, order] for s in given)
        y, last = self._layers(x, self._initial(x, given), counts)
        if back is not None:
            last = tuple(s[:, back] for s in last)
        result = pack_padded_sequence(y, lengths)
        result = result._replace(sorted_indices=order, unsorted_indices=back)
        return result, last if self.states > 1 else last[0]

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if self.batch_first is not False:
            text += f", batch_first={self.batch_first}"
        if self.dropout != 0:
            text += f", dropout={self.dropout}"
        return text + (f", bidirectional={self.bidirectional}" if self.bidirectional else "")


class RNN(_Recurrent):
    """Elman's network: ``tanh`` (or ``relu``) of input and state."""

    def __init__(self, *args: Any, nonlinearity: str = "tanh", **kwargs: Any) -> None:
        if len(args) > 3:
            nonlinearity = args[3]
            args = args[:3] + args[4:]
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(*args, **kwargs)
        self.nonlinearity = nonlinearity

    def _advance(self, gates: Tensor, state: Any, w: Tensor, b: Tensor | None) -> Any:
        return (rnn_step(gates, state[0], w, b, self.nonlinearity),)


class LSTM(_Recurrent):
    """Long short-term memory (10.1162/neco.1997.9.8.1735); a state is a pair (hidden, cell)."""

    gates = 4
    states = 2

    def _advance(self, gates: Tensor, state: Any, w: Tensor, b: Tensor | None) -> Any:
        return lstm_step(gates, state, w, b)


class GRU(_Recurrent):
    """Gated recurrent units (arXiv:1406.1078)."""

    gates = 3

    def _advance(self, gates: Tensor, state: Any, w: Tensor, b: Tensor | None) -> Any:
        return (gru_step(gates, state[0], w, b),)
