"""One step of recurrent networks."""

# mypy: disable-error-code="no-any-return"
# (Methods of tensors are attached at import.)

from __future__ import annotations

import math

from .. import creation
from ..dtypes import dtype as DTypeName
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter, owned

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]

State = tuple[Tensor, Tensor]


def rnn_step(gates: Tensor, h: Tensor, w: Tensor, b: Tensor | None, activation: str) -> Tensor:
    """``activation(gates + h @ w.T + b)``."""
    y = gates + F.linear(h, w, b)
    return F.tanh(y) if activation == "tanh" else F.relu(y)


def lstm_step(gates: Tensor, state: State, w: Tensor, b: Tensor | None) -> State:
    """New hidden and cell state; the gates are input, forget, cell and output."""
    h, c = state
    i, f, g, o = (gates + F.linear(h, w, b)).chunk(4, -1)
    c = F.sigmoid(f) * c + F.sigmoid(i) * F.tanh(g)
    return F.sigmoid(o) * F.tanh(c), c


def gru_step(gates: Tensor, h: Tensor, w: Tensor, b: Tensor | None) -> Tensor:
    """New hidden state; the gates are reset, update and new."""
    r1, z1, n1 = gates.chunk(3, -1)
    r2, z2, n2 = F.linear(h, w, b).chunk(3, -1)
    z = F.sigmoid(z1 + z2)
    n = F.tanh(n1 + F.sigmoid(r1 + r2) * n2)
    return n + z * (h - n)


class _Cell(Module):
    """Weights ``[gates * hidden, input]`` of the input and ``[gates * hidden, hidden]`` of the state, and biases."""

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None
    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: object = None,
        dtype: DTypeName | None = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        rows = self.gates * hidden_size
        self.weight_ih = owned(creation.empty((rows, input_size), dtype=dtype))
        self.weight_hh = owned(creation.empty((rows, hidden_size), dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            made = owned(creation.empty(rows, dtype=dtype)) if bias else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def _check(self, input: Tensor) -> None:
        if input.ndim not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 1D or 2D, got {input.ndim}D instead"
            )

    def _zeros(self, input: Tensor) -> Tensor:
        return input.new_zeros(*input.shape[:-1], self.hidden_size)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        return text + (", bias=False" if self.bias_ih is None else "")


class RNNCell(_Cell):
    """``tanh(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)``, or with ``relu``."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: object = None,
        dtype: DTypeName | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        if nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {nonlinearity}")
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        self._check(input)
        gates = F.linear(input, self.weight_ih, self.bias_ih)
        h = self._zeros(input) if hx is None else hx
        return rnn_step(gates, h, self.weight_hh, self.bias_hh, self.nonlinearity)

    def extra_repr(self) -> str:
        end = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + end


class LSTMCell(_Cell):
    """One step of a long short-term memory (10.1162/neco.1997.9.8.1735)."""

    gates = 4

    def forward(self, input: Tensor, hx: State | None = None) -> State:
        self._check(input)
        gates = F.linear(input, self.weight_ih, self.bias_ih)
        state = (self._zeros(input), self._zeros(input)) if hx is None else hx
        return lstm_step(gates, state, self.weight_hh, self.bias_hh)


class GRUCell(_Cell):
    """One step of a gated recurrent unit (arXiv:1406.1078)."""

    gates = 3

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        self._check(input)
        gates = F.linear(input, self.weight_ih, self.bias_ih)
        h = self._zeros(input) if hx is None else hx
        return gru_step(gates, h, self.weight_hh, self.bias_hh)
