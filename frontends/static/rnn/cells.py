"""Recurrent cells: one step from an input and a state to an output and a new state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from ....compiler.errors import AttributeValueError
from .. import nn
from ..arithmetic import add, clip_by_value, multiply, sigmoid, subtract, tanh
from ..array_ops import concat, shape, split
from ..convert import convert
from ..creation import zeros
from ..errors import UnsupportedError
from ..initializers import constant_initializer, zeros_initializer
from ..layers.layer import Layer, known_channels
from ..linear import matmul
from ..shape import TensorShape
from ..tensor import Tensor
from ..variable_scope import Reuse, variable_scope

__all__ = [
    "BasicLSTMCell", "BasicRNNCell", "GRUCell", "LSTMCell", "LSTMStateTuple", "MultiRNNCell",
    "RNNCell",
]  # fmt: skip

State: TypeAlias = "Tensor | tuple[State, ...]"
Size: TypeAlias = "int | LSTMStateTuple | tuple[Size, ...]"
Activation: TypeAlias = "Callable[[Tensor], Tensor]"


class LSTMStateTuple(NamedTuple):
    """The state of an LSTM: the cell ``c`` and the output ``h``."""

    c: Tensor
    h: Tensor


class RNNCell(Layer):
    """Base of the cells: ``cell(inputs, state)`` gives the output and the new state."""

    @property
    def state_size(self) -> Size:
        """Width of the state, or a structure of widths."""
        raise NotImplementedError

    @property
    def output_size(self) -> int:
        raise NotImplementedError

    def call(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:  # type: ignore[override]
        """One step, inside the cell's scopes."""
        raise NotImplementedError

    def __call__(  # type: ignore[override]
        self, inputs: object, state: State, scope: object = None, **_: object
    ) -> tuple[Tensor, State]:
        tensor = convert(inputs)
        if scope is not None and self._scope is None:
            with variable_scope(scope) as given:
                self._scope = given
        with self.opened(tensor):
            return self.call(tensor, state)

    def get_initial_state(
        self, inputs: object = None, batch_size: object = None, dtype: object = None
    ) -> State:
        """Zeros for the batch of ``inputs``, or for ``batch_size`` and ``dtype``.

        Raises:
            ValueError: neither says how large the batch is or of which type it is.
        """
        if inputs is not None:
            tensor = convert(inputs)
            batch_size, dtype = shape(tensor)[0], tensor.dtype
        if batch_size is None or dtype is None:
            raise AttributeValueError(
                "batch_size and dtype cannot be None while constructing initial state"
            )
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size: object, dtype: object) -> State:
        """Zeros for a batch."""
        return filled_with_zeros(self.state_size, batch_size, dtype)


def filled_with_zeros(size: object, batch_size: object, dtype: object) -> State:
    """Zeros ``[batch_size, width]`` in the structure of ``size``."""
    if isinstance(size, tuple):
        parts = [filled_with_zeros(s, batch_size, dtype) for s in size]
        make: Callable[..., State] = getattr(type(size), "_make", tuple)
        return make(parts)
    return zeros([batch_size, size], dtype)


class BasicRNNCell(RNNCell):
    """``h = tanh([x, h] @ kernel + bias)``."""

    def __init__(
        self, num_units: int, activation: Activation | None = None, reuse: Reuse = None,
        name: str | None = None, dtype: object = None,
    ) -> None:  # fmt: skip
        super().__init__(name=name, dtype=dtype, _reuse=reuse)
        self._units = int(num_units)
        self._activation = activation or tanh

    @property
    def state_size(self) -> Size:
        return self._units

    @property
    def output_size(self) -> int:
        return self._units

    def build(self, input_shape: TensorShape) -> None:
        inputs = known_channels(input_shape, -1, type(self).__name__)
        self.kernel = self.add_weight("kernel", [inputs + self._units, self._units])
        self.bias = self.add_weight("bias", [self._units], zeros_initializer)

    def call(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:  # type: ignore[override]
        sums = nn.bias_add(matmul(concat([inputs, state], 1), self.kernel), self.bias)
        output = self._activation(sums)
        return output, output


class GRUCell(RNNCell):
    """The gated recurrent unit (arXiv:1406.1078)."""

    def __init__(
        self, num_units: int, activation: Activation | None = None, reuse: Reuse = None,
        kernel_initializer: object = None, bias_initializer: object = None,
        name: str | None = None, dtype: object = None,
    ) -> None:  # fmt: skip
        super().__init__(name=name, dtype=dtype, _reuse=reuse)
        self._units = int(num_units)
        self._activation = activation or tanh
        self._kernel, self._bias = kernel_initializer, bias_initializer

    @property
    def state_size(self) -> Size:
        return self._units

    @property
    def output_size(self) -> int:
        return self._units

    def build(self, input_shape: TensorShape) -> None:
        n = self._units
        rows = known_channels(input_shape, -1, type(self).__name__) + n
        # The gates begin open: 1.
        opened = self._bias or constant_initializer(1.0)
        self.gate_kernel = self.add_weight("gates/kernel", [rows, 2 * n], self._kernel)
        self.gate_bias = self.add_weight("gates/bias", [2 * n], opened)
        self.candidate_kernel = self.add_weight("candidate/kernel", [rows, n], self._kernel)
        self.candidate_bias = self.add_weight(
            "candidate/bias", [n], self._bias or zeros_initializer
        )

    def call(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:  # type: ignore[override]
        sums = nn.bias_add(matmul(concat([inputs, state], 1), self.gate_kernel), self.gate_bias)
        reset, keep = split(sigmoid(sums), 2, 1)
        mixed = concat([inputs, multiply(reset, state)], 1)
        new = self._activation(
            nn.bias_add(matmul(mixed, self.candidate_kernel), self.candidate_bias)
        )
        output = add(multiply(keep, state), multiply(subtract(1.0, keep), new))
        return output, output


class BasicLSTMCell(RNNCell):
    """The LSTM (arXiv:1409.2329); the gates i, j, f, o stand side by side in one kernel.

    Args:
        forget_bias: added to the forget gate, so that little is forgotten at first.
        state_is_tuple: False: the state is ``c`` and ``h`` joined in one tensor.
    """

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, state_is_tuple: bool = True,
        activation: Activation | None = None, reuse: Reuse = None, name: str | None = None,
        dtype: object = None,
    ) -> None:  # fmt: skip
        super().__init__(name=name, dtype=dtype, _reuse=reuse)
        self._units = int(num_units)
        self._forget = forget_bias
        self._tuple = state_is_tuple
        self._activation = activation or tanh
        self._initializer: object = None

    @property
    def state_size(self) -> Size:
        if self._tuple:
            return LSTMStateTuple(self._units, self._units)  # type: ignore[arg-type]
        return 2 * self._units

    @property
    def output_size(self) -> int:
        return self._units

    def build(self, input_shape: TensorShape) -> None:
        rows = known_channels(input_shape, -1, type(self).__name__) + self._units
        self.kernel = self.add_weight("kernel", [rows, 4 * self._units], self._initializer)
        self.bias = self.add_weight("bias", [4 * self._units], zeros_initializer)

    def call(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:  # type: ignore[override]
        c, h = state if self._tuple else split(state, 2, 1)
        i, j, f, o = self.gates(inputs, h)  # type: ignore[arg-type]
        kept = multiply(c, sigmoid(add(f, self._forget)))
        new_c = add(kept, multiply(sigmoid(i), self._activation(j)))
        new_h = multiply(self._activation(new_c), sigmoid(o))
        return new_h, LSTMStateTuple(new_c, new_h) if self._tuple else concat([new_c, new_h], 1)

    def gates(self, inputs: Tensor, h: Tensor) -> list[Tensor]:
        """The sums of the gates i, j, f, o."""
        sums = nn.bias_add(matmul(concat([inputs, h], 1), self.kernel), self.bias)
        return split(sums, 4, 1)


class LSTMCell(BasicLSTMCell):
    """`BasicLSTMCell` with what was added to it (arXiv:1402.1128).

    Args:
        use_peepholes: whether the gates see the cell state.
        cell_clip: the largest absolute value in the cell state.
        initializer: for all kernels.
        num_proj: the width of a projection of the output; ``proj_clip`` bounds what comes out of it.
    """

    def __init__(
        self, num_units: int, use_peepholes: bool = False, cell_clip: float | None = None,
        initializer: object = None, num_proj: int | None = None, proj_clip: float | None = None,
        num_unit_shards: int | None = None, num_proj_shards: int | None = None,
        forget_bias: float = 1.0, state_is_tuple: bool = True,
        activation: Activation | None = None, reuse: Reuse = None, name: str | None = None,
        dtype: object = None,
    ) -> None:  # fmt: skip
        super().__init__(num_units, forget_bias, state_is_tuple, activation, reuse, name, dtype)
        self._initializer = initializer
        self._peepholes = use_peepholes
        self._cell_clip, self._proj_clip = cell_clip, proj_clip
        self._projection = num_proj

    @property
    def state_size(self) -> Size:
        if self._tuple:
            return LSTMStateTuple(self._units, self.output_size)  # type: ignore[arg-type]
        return self._units + self.output_size

    @property
    def output_size(self) -> int:
        return self._units if self._projection is None else self._projection

    def build(self, input_shape: TensorShape) -> None:
        n, start = self._units, self._initializer
        rows = known_channels(input_shape, -1, type(self).__name__) + self.output_size
        self.kernel = self.add_weight("kernel", [rows, 4 * n], start)
        self.bias = self.add_weight("bias", [4 * n], zeros_initializer)
        if self._peepholes:
            self._w_f = self.add_weight("w_f_diag", [n], start)
            self._w_i = self.add_weight("w_i_diag", [n], start)
            self._w_o = self.add_weight("w_o_diag", [n], start)
        if self._projection is not None:
            self._proj = self.add_weight("projection/kernel", [n, self._projection], start)

    def call(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:  # type: ignore[override]
        c, h = state if self._tuple else split(state, [self._units, self.output_size], 1)
        i, j, f, o = self.gates(inputs, h)  # type: ignore[arg-type]
        forget = add(f, self._forget)
        if self._peepholes:
            forget, i = add(forget, multiply(self._w_f, c)), add(i, multiply(self._w_i, c))
        kept = multiply(c, sigmoid(forget))
        new_c = _clipped(add(kept, multiply(sigmoid(i), self._activation(j))), self._cell_clip)
        if self._peepholes:
            o = add(o, multiply(self._w_o, new_c))
        new_h = multiply(self._activation(new_c), sigmoid(o))
        if self._projection is not None:
            new_h = _clipped(matmul(new_h, self._proj), self._proj_clip)
        return new_h, LSTMStateTuple(new_c, new_h) if self._tuple else concat([new_c, new_h], 1)


def _clipped(x: Tensor, limit: float | None) -> Tensor:
    return x if limit is None else clip_by_value(x, -limit, limit)


class MultiRNNCell(RNNCell):
    """Cells on top of each other: each reads what the one below puts out."""

    def __init__(self, cells: Sequence[RNNCell], state_is_tuple: bool = True) -> None:
        if not cells:
            raise AttributeValueError("Must specify at least one cell for MultiRNNCell.")
        if not state_is_tuple:
            raise UnsupportedError("bifront has MultiRNNCell with state_is_tuple=True only")
        super().__init__()
        self._cells = list(cells)

    @property
    def state_size(self) -> Size:
        return tuple(cell.state_size for cell in self._cells)

    @property
    def output_size(self) -> int:
        return self._cells[-1].output_size

    def call(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:  # type: ignore[override]
        states = []
        for i, (cell, part) in enumerate(zip(self._cells, state, strict=True)):
            with variable_scope(f"cell_{i}"):
                inputs, new = cell(inputs, part)
            states.append(new)
        return inputs, tuple(states)
