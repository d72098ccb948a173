"""Dense layers, flattening and dropout."""

from __future__ import annotations

from ....compiler import ops
from ....compiler.ir import Value, product
from ....compiler.ops import TensorLike
from .. import nn
from ..build import apply
from ..convert import convert
from ..dims import require_scalar
from ..errors import UnsupportedError
from ..initializers import zeros_initializer
from ..linear import tensordot
from ..shape import TensorShape
from ..tensor import Tensor
from ..variable_scope import Regularizer, Reuse
from .layer import Activation, Layer, known_channels

__all__ = ["Dense", "Dropout", "Flatten", "dense", "dropout", "flatten"]


class Dense(Layer):
    """``activation(inputs @ kernel + bias)``, over the last axis of inputs of any rank."""

    def __init__(
        self,
        units: int,
        activation: Activation | None = None,
        use_bias: bool = True,
        kernel_initializer: object = None,
        bias_initializer: object = zeros_initializer,
        kernel_regularizer: Regularizer | None = None,
        bias_regularizer: Regularizer | None = None,
        activity_regularizer: object = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: object = None,
        _reuse: Reuse = None,
        _scope: str | None = None,
    ) -> None:
        super().__init__(trainable, name, dtype, _reuse, _scope, activity_regularizer)
        self.units = int(units)
        self.activation = activation
        self.use_bias = use_bias
        self._initializers = (kernel_initializer, bias_initializer)
        self._regularizers = (kernel_regularizer, bias_regularizer)

    def build(self, input_shape: TensorShape) -> None:
        inputs = known_channels(input_shape, -1, "Dense")
        self.kernel = self.add_weight(
            "kernel", [inputs, self.units], self._initializers[0], self._regularizers[0]
        )
        self.bias = (
            self.add_weight("bias", [self.units], self._initializers[1], self._regularizers[1])
            if self.use_bias
            else None
        )

    def call(self, inputs: Tensor, **kwargs: object) -> Tensor:
        if inputs.shape.ndims == 2:
            outputs = apply("MatMul", ops.matmul, inputs, self.kernel._as_tensor())
        else:
            outputs = tensordot(inputs, self.kernel, [[-1], [0]])
        if self.bias is not None:
            outputs = nn.bias_add(outputs, self.bias)
        return self.activation(outputs) if self.activation is not None else outputs


class Flatten(Layer):
    """All axes after the first (the batch) made one."""

    def call(self, inputs: Tensor, **kwargs: object) -> Tensor:
        def recipe(x: Value) -> TensorLike:
            return ops.reshape(x, (x.shape[0], product(x.shape[1:]))) if x.ndim else x

        return apply("Reshape", recipe, inputs)


class Dropout(Layer):
    """Elements set to 0 with probability ``rate`` while ``training`` (a Python bool or a bool tensor)."""

    def __init__(
        self,
        rate: object = 0.5,
        noise_shape: object = None,
        seed: int | None = None,
        name: str | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(name=name)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs: Tensor, **kwargs: object) -> Tensor:
        training = kwargs.get("training", False)
        if isinstance(training, (bool, int)):
            if not training:
                return apply("Identity", lambda x: x, inputs)
            return nn.dropout(inputs, rate=self.rate, noise_shape=self.noise_shape, seed=self.seed)
        dropped = nn.dropout(inputs, rate=self.rate, noise_shape=self.noise_shape, seed=self.seed)

        def choose(switch: Value, thinned: Value, whole: Value) -> TensorLike:
            require_scalar(switch, "training")
            return ops.where(switch, thinned, whole)

        return apply("Merge", choose, convert(training), dropped, inputs)


def dense(
    inputs: object,
    units: int,
    activation: Activation | None = None,
    use_bias: bool = True,
    kernel_initializer: object = None,
    bias_initializer: object = zeros_initializer,
    kernel_regularizer: Regularizer | None = None,
    bias_regularizer: Regularizer | None = None,
    activity_regularizer: object = None,
    kernel_constraint: object = None,
    bias_constraint: object = None,
    trainable: bool = True,
    name: str | None = None,
    reuse: Reuse = None,
) -> Tensor:
    """`Dense`, applied once."""
    refuse_constraints(kernel_constraint, bias_constraint)
    return Dense(
        units, activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
        bias_regularizer, activity_regularizer, trainable, name, _reuse=reuse,
    )(inputs)  # fmt: skip


def flatten(inputs: object, name: str | None = None, data_format: str = "channels_last") -> Tensor:
    """All axes after the first (the batch) made one."""
    return Flatten(name=name)(inputs)


def dropout(
    inputs: object,
    rate: object = 0.5,
    noise_shape: object = None,
    seed: int | None = None,
    training: object = False,
    name: str | None = None,
) -> Tensor:
    """Elements set to 0 with probability ``rate`` while ``training`` (a Python bool or a bool tensor)."""
    return Dropout(rate, noise_shape, seed, name)(inputs, training=training)


def refuse_constraints(*constraints: object) -> None:
    """Raises: NotImplementedError: a constraint was given."""
    if any(c is not None for c in constraints):
        raise UnsupportedError("bifront does not have constraints on variables")
