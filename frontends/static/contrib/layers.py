"""``tf.contrib.layers``: initializers, regularizers and simple layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from .. import layers, nn
from ..arithmetic import abs as absolute
from ..arithmetic import add_n, multiply
from ..convert import convert
from ..dtypes import float32
from ..errors import UnsupportedError
from ..graph import GraphKeys, get_default_graph
from ..initializers import (
    Initializer,
    glorot_normal_initializer,
    glorot_uniform_initializer,
    zeros_initializer,
)
from ..initializers import variance_scaling_initializer as _scaling
from ..public import missing
from ..reduction import reduce_sum
from ..tensor import Tensor
from ..variable import Variable
from ..variable_scope import Regularizer, Reuse, get_variable_scope, variable_scope

__all__ = [
    "apply_regularization", "avg_pool2d", "batch_norm", "conv2d", "convolution2d", "dropout",
    "flatten", "fully_connected", "l1_regularizer", "l2_regularizer", "linear", "max_pool2d",
    "relu", "sum_regularizer", "variance_scaling_initializer", "xavier_initializer",
    "xavier_initializer_conv2d",
]  # fmt: skip

Activation = Callable[[Tensor], Tensor]


def xavier_initializer(
    uniform: bool = True, seed: int | None = None, dtype: object = float32
) -> Initializer:
    """Variance 2 / (inputs + outputs)."""
    kind = glorot_uniform_initializer if uniform else glorot_normal_initializer
    return kind(seed=seed, dtype=dtype)


xavier_initializer_conv2d = xavier_initializer


def variance_scaling_initializer(
    factor: float = 2.0, mode: str = "FAN_IN", uniform: bool = False, seed: int | None = None,
    dtype: object = float32,
) -> Initializer:  # fmt: skip
    """Variance ``factor`` over the number of inputs, outputs, or their mean."""
    shape = "uniform" if uniform else "truncated_normal"
    return _scaling(factor, mode.lower(), shape, seed, dtype)


def l2_regularizer(scale: float, scope: str | None = None) -> Regularizer:
    """``scale * sum(w ** 2) / 2``."""
    return lambda weights: multiply(nn.l2_loss(weights), float(scale), name="l2_regularizer")


def l1_regularizer(scale: float, scope: str | None = None) -> Regularizer:
    """``scale * sum(|w|)``."""
    return lambda weights: multiply(
        reduce_sum(absolute(weights)), float(scale), name="l1_regularizer"
    )


def sum_regularizer(
    regularizer_list: Sequence[Regularizer | None], scope: str | None = None
) -> Regularizer:
    """The sum of several regularizers."""
    used = [r for r in regularizer_list if r is not None]
    return lambda weights: add_n([r(weights) for r in used])


def apply_regularization(
    regularizer: Regularizer, weights_list: Sequence[object] | None = None
) -> Tensor:
    """The sum of a regularizer's values for weights (default: the collection ``WEIGHTS``)."""
    graph = get_default_graph()
    chosen = graph.get_collection(GraphKeys.WEIGHTS) if weights_list is None else weights_list
    total = add_n([regularizer(w) for w in chosen])  # type: ignore[arg-type]
    graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
    return total


def flatten(inputs: object, outputs_collections: object = None, scope: str | None = None) -> Tensor:
    """All axes after the first (the batch) made one."""
    return layers.flatten(inputs, name=scope)


def dropout(
    inputs: object, keep_prob: float = 0.5, noise_shape: object = None, is_training: object = True,
    outputs_collections: object = None, scope: str | None = None, seed: int | None = None,
) -> Tensor:  # fmt: skip
    """Dropout while ``is_training``."""
    return layers.dropout(inputs, 1 - keep_prob, noise_shape, seed, is_training, scope)


def fully_connected(
    inputs: object, num_outputs: int, activation_fn: Activation | None = nn.relu,
    normalizer_fn: Callable[..., Tensor] | None = None, normalizer_params: dict[str, object] | None = None,
    weights_initializer: object = None, weights_regularizer: Regularizer | None = None,
    biases_initializer: object = zeros_initializer, biases_regularizer: Regularizer | None = None,
    reuse: Reuse = None, variables_collections: object = None, outputs_collections: object = None,
    trainable: bool = True, scope: str | None = None,
) -> Tensor:  # fmt: skip
    """``activation_fn(inputs @ weights + biases)``; the activation is relu unless None is given."""
    with variable_scope(scope, "fully_connected", reuse=reuse):
        layer = _Named(
            num_outputs, use_bias=biases_initializer is not None and normalizer_fn is None,
            kernel_initializer=weights_initializer or xavier_initializer(),
            bias_initializer=biases_initializer, kernel_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer, trainable=trainable,
        )  # fmt: skip
        outputs = layer.here(inputs)
        if normalizer_fn is not None:
            outputs = normalizer_fn(outputs, **(normalizer_params or {}))
        return activation_fn(outputs) if activation_fn is not None else outputs


class _Renamed(layers.Layer):
    """A layer whose variables stand directly in the current scope, as ``weights`` and ``biases``."""

    def here(self, inputs: object, **kwargs: object) -> Tensor:
        """The layer applied in the current scope."""
        self._scope = get_variable_scope().copy()
        self._scope.original_name_scope = get_default_graph().scope
        return self(convert(inputs), **kwargs)

    def add_weight(self, name: str, *args: object, **kwargs: object) -> Variable:
        renamed = {"kernel": "weights", "bias": "biases"}.get(name, name)
        return super().add_weight(renamed, *args, **kwargs)  # type: ignore[arg-type]


class _Named(_Renamed, layers.Dense):
    pass


class _NamedConv2D(_Renamed, layers.Conv2D):
    pass


class _NamedBatchNorm(_Renamed, layers.BatchNormalization):
    pass


def linear(inputs: object, num_outputs: int, **kwargs: object) -> Tensor:
    """`fully_connected` without activation."""
    return fully_connected(inputs, num_outputs, None, **kwargs)  # type: ignore[arg-type]


def relu(inputs: object, num_outputs: int, **kwargs: object) -> Tensor:
    """`fully_connected` with relu."""
    return fully_connected(inputs, num_outputs, nn.relu, **kwargs)  # type: ignore[arg-type]


def conv2d(
    inputs: object, num_outputs: int, kernel_size: int | Sequence[int],
    stride: int | Sequence[int] = 1, padding: str = "SAME", data_format: str | None = None,
    rate: int | Sequence[int] = 1, activation_fn: Activation | None = nn.relu,
    normalizer_fn: Callable[..., Tensor] | None = None,
    normalizer_params: dict[str, object] | None = None, weights_initializer: object = None,
    weights_regularizer: Regularizer | None = None,
    biases_initializer: object = zeros_initializer, biases_regularizer: Regularizer | None = None,
    reuse: Reuse = None, variables_collections: object = None, outputs_collections: object = None,
    trainable: bool = True, scope: str | None = None,
) -> Tensor:  # fmt: skip
    """Convolution of images with bias and activation (relu unless None is given)."""
    first = data_format in ("NCHW", "channels_first")
    with variable_scope(scope, "Conv", reuse=reuse):
        layer = _NamedConv2D(
            num_outputs, kernel_size, stride, padding,
            "channels_first" if first else "channels_last", rate,
            use_bias=biases_initializer is not None and normalizer_fn is None,
            kernel_initializer=weights_initializer or xavier_initializer(),
            bias_initializer=biases_initializer, kernel_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer, trainable=trainable,
        )  # fmt: skip
        outputs = layer.here(inputs)
        if normalizer_fn is not None:
            outputs = normalizer_fn(outputs, **(normalizer_params or {}))
        return activation_fn(outputs) if activation_fn is not None else outputs


convolution2d = conv2d


def max_pool2d(
    inputs: object, kernel_size: int | Sequence[int], stride: int | Sequence[int] = 2,
    padding: str = "VALID", data_format: str | None = None, outputs_collections: object = None,
    scope: str | None = None,
) -> Tensor:  # fmt: skip
    """The largest element in each window of images."""
    first = "channels_first" if data_format == "NCHW" else "channels_last"
    return layers.max_pooling2d(inputs, kernel_size, stride, padding, first, scope)


def avg_pool2d(
    inputs: object, kernel_size: int | Sequence[int], stride: int | Sequence[int] = 2,
    padding: str = "VALID", data_format: str | None = None, outputs_collections: object = None,
    scope: str | None = None,
) -> Tensor:  # fmt: skip
    """The mean over each window of images."""
    first = "channels_first" if data_format == "NCHW" else "channels_last"
    return layers.average_pooling2d(inputs, kernel_size, stride, padding, first, scope)


def batch_norm(
    inputs: object, decay: float = 0.999, center: bool = True, scale: bool = False,
    epsilon: float = 0.001, activation_fn: Activation | None = None,
    updates_collections: str | None = GraphKeys.UPDATE_OPS, is_training: object = True,
    reuse: Reuse = None, trainable: bool = True, scope: str | None = None,
    fused: bool | None = None,
) -> Tensor:  # fmt: skip
    """Batch normalization; the moving averages are moved by the operations in ``UPDATE_OPS``."""
    if updates_collections != GraphKeys.UPDATE_OPS:
        raise UnsupportedError("bifront has contrib batch_norm with updates in UPDATE_OPS only")
    with variable_scope(scope, "BatchNorm", reuse=reuse):
        layer = _NamedBatchNorm(
            momentum=decay, epsilon=epsilon, center=center, scale=scale, trainable=trainable
        )
        outputs = layer.here(inputs, training=is_training)
    return activation_fn(outputs) if activation_fn is not None else outputs


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.contrib.layers", name, globals())
