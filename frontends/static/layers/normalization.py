"""Batch normalization with moving averages."""

from __future__ import annotations

from ....compiler import library, ops
from ....compiler.ir import Value
from ....compiler.ops import TensorLike
from ..build import add_operation
from ..convert import convert
from ..dims import require_scalar
from ..dtypes import bool as bool_
from ..errors import UnsupportedError
from ..graph import GraphKeys, get_default_graph
from ..initializers import ones_initializer, zeros_initializer
from ..shape import TensorShape
from ..tensor import Tensor
from ..variable import Variable, assign
from ..variable_scope import Regularizer, Reuse
from .layer import Layer, known_channels

__all__ = ["BatchNormalization", "batch_normalization"]


class BatchNormalization(Layer):
    """Each channel normalized: by its batch while ``training``, by moving averages otherwise (arXiv:1502.03167).

    The operations that move the averages are in the collection ``UPDATE_OPS`` (and, while ``training`` is given as a
    tensor and false, leave them as they are). They run only if something depends on them::

        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            train_op = optimizer.minimize(loss)
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: object = zeros_initializer,
        gamma_initializer: object = ones_initializer,
        moving_mean_initializer: object = zeros_initializer,
        moving_variance_initializer: object = ones_initializer,
        beta_regularizer: Regularizer | None = None,
        gamma_regularizer: Regularizer | None = None,
        trainable: bool = True,
        name: str | None = None,
        _reuse: Reuse = None,
    ) -> None:
        super().__init__(trainable, name, None, _reuse)
        self.axis = axis[0] if isinstance(axis, list) else axis
        self.momentum, self.epsilon = momentum, epsilon
        self.center, self.scale = center, scale
        self._initializers = (
            beta_initializer, gamma_initializer, moving_mean_initializer,
            moving_variance_initializer,
        )  # fmt: skip
        self._regularizers = (beta_regularizer, gamma_regularizer)

    def build(self, input_shape: TensorShape) -> None:
        dims = [known_channels(input_shape, self.axis, "BatchNormalization")]
        beta, gamma, mean, variance = self._initializers
        self.gamma = (
            self.add_weight("gamma", dims, gamma, self._regularizers[1]) if self.scale else None
        )
        self.beta = (
            self.add_weight("beta", dims, beta, self._regularizers[0]) if self.center else None
        )
        self.moving_mean = self.add_weight("moving_mean", dims, mean, trainable=False)
        self.moving_variance = self.add_weight("moving_variance", dims, variance, trainable=False)

    def call(self, inputs: Tensor, **kwargs: object) -> Tensor:
        training = kwargs.get("training", False)
        optional = [None if v is None else v._as_tensor() for v in (self.gamma, self.beta)]
        moving = [self.moving_mean._as_tensor(), self.moving_variance._as_tensor()]
        fixed = bool(training) if isinstance(training, (bool, int)) else None
        switch = [] if fixed is not None else [convert(training, bool_)]

        def recipe(x: Value, mean: Value, variance: Value, *rest: Value) -> list[TensorLike]:
            given = iter(rest)
            factor, shift = [None if t is None else next(given) for t in optional]

            def normalized(center: TensorLike, spread: TensorLike) -> TensorLike:
                return library.batch_norm(
                    x, center, spread, factor, shift, self.epsilon, self.axis
                )[0]

            if fixed is False:
                return [normalized(mean, variance)]
            own = library.moments(x, [a for a in range(x.ndim) if a != self.axis % x.ndim])
            seen = (own[0], _unbiased(own[1], x, self.axis) if x.ndim == 4 else own[1])
            if fixed:
                return [normalized(*own), *seen]
            test = next(given)
            require_scalar(test, "training")
            used = [ops.where(test, a, b) for a, b in zip(own, (mean, variance), strict=True)]
            kept = [ops.where(test, a, b) for a, b in zip(seen, (mean, variance), strict=True)]
            return [normalized(*used), *kept]

        made = add_operation(
            "FusedBatchNorm",
            recipe,
            [inputs, *moving, *(t for t in optional if t is not None), *switch],
        )
        if fixed is not False:
            graph = get_default_graph()
            for variable, value in zip(
                (self.moving_mean, self.moving_variance), made.outputs[1:], strict=True
            ):
                graph.add_to_collection(GraphKeys.UPDATE_OPS, self._moved(variable, value))
        return made.outputs[0]

    def _moved(self, variable: Variable, value: Tensor) -> Tensor:
        rate = 1.0 - self.momentum
        new = add_operation(
            "MovingAverage",
            lambda old, fresh: library.moving_average(old, fresh, rate),
            [variable._as_tensor(), value],
        ).outputs[0]
        return assign(variable, new)


def _unbiased(variance: TensorLike, x: Value, axis: int) -> TensorLike:
    """The variance with the divisor n - 1: what TensorFlow's fused kernel, used for images, averages."""
    count = x.type.size // x.shape[axis]
    factor = ops.div(ops.extent(count, x.dtype), ops.extent(count - 1, x.dtype))
    return ops.mul(variance, factor)


def batch_normalization(
    inputs: object, axis: int = -1, momentum: float = 0.99, epsilon: float = 1e-3,
    center: bool = True, scale: bool = True, beta_initializer: object = zeros_initializer,
    gamma_initializer: object = ones_initializer,
    moving_mean_initializer: object = zeros_initializer,
    moving_variance_initializer: object = ones_initializer,
    beta_regularizer: Regularizer | None = None, gamma_regularizer: Regularizer | None = None,
    beta_constraint: object = None, gamma_constraint: object = None, training: object = False,
    trainable: bool = True, name: str | None = None, reuse: Reuse = None, renorm: bool = False,
    fused: bool | None = None,
) -> Tensor:  # fmt: skip
    """`BatchNormalization`, applied once; ``training`` is a Python bool or a bool tensor."""
    if renorm or beta_constraint is not None or gamma_constraint is not None:
        raise UnsupportedError(
            "bifront does not have renorm and constraints of batch_normalization"
        )
    return BatchNormalization(
        axis, momentum, epsilon, center, scale, beta_initializer, gamma_initializer,
        moving_mean_initializer, moving_variance_initializer, beta_regularizer,
        gamma_regularizer, trainable, name, reuse,
    )(inputs, training=training)  # fmt: skip
