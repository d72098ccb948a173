"""``tf.nn``: the parts of networks."""

from __future__ import annotations

from typing import Any, NoReturn

from ...compiler import library
from ..names import missing_name
from ..static import nn as declared
from ..static.build import apply
from ..static.convert import convert
from .evaluation import eager
from .mathematics import in_top_k as in_top_k
from .mathematics import sigmoid as sigmoid
from .mathematics import tanh as tanh
from .mathematics import top_k as top_k

relu = eager(declared.relu)
relu6 = eager(declared.relu6)
crelu = eager(declared.crelu)
elu = eager(declared.elu)
selu = eager(declared.selu)
leaky_relu = eager(declared.leaky_relu)
softplus = eager(declared.softplus)
softsign = eager(declared.softsign)
silu = swish = eager(declared.swish)
softmax = eager(declared.softmax)
log_softmax = eager(declared.log_softmax)


@eager
def gelu(features: object, approximate: bool = False, name: str | None = None) -> Any:
    """``x`` times the normal distribution function of ``x``, or its approximation by tanh."""
    return apply("Gelu", lambda x: library.gelu(x, approximate), convert(features), name=name)


# Losses

softmax_cross_entropy_with_logits = eager(declared.softmax_cross_entropy_with_logits_v2)
weighted_cross_entropy_with_logits = eager(declared.weighted_cross_entropy_with_logits)
l2_loss = eager(declared.l2_loss)


@eager
def sparse_softmax_cross_entropy_with_logits(
    labels: object, logits: object, name: str | None = None
) -> Any:
    """``-log(softmax(logits))`` at each label: logits ``[..., classes]``, labels ``[...]`` integers."""
    return declared.sparse_softmax_cross_entropy_with_logits(
        labels=labels, logits=logits, name=name
    )


@eager
def sigmoid_cross_entropy_with_logits(
    labels: object = None, logits: object = None, name: str | None = None
) -> Any:
    """``-labels log(p) - (1 - labels) log(1 - p)`` for ``p = sigmoid(logits)``, elementwise."""
    return declared.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name=name)


# Layers

bias_add = eager(declared.bias_add)
max_pool = eager(declared.max_pool)
max_pool1d = eager(declared.max_pool1d)
avg_pool = eager(declared.avg_pool)
avg_pool1d = eager(declared.avg_pool1d)
l2_normalize = eager(declared.l2_normalize)
batch_normalization = eager(declared.batch_normalization)
local_response_normalization = lrn = eager(declared.local_response_normalization)
zero_fraction = eager(declared.zero_fraction)
depthwise_conv2d = eager(declared.depthwise_conv2d)


@eager
def conv2d(
    input: object, filters: object, strides: object, padding: object, data_format: str = "NHWC",
    dilations: object = None, name: str | None = None,
) -> Any:  # fmt: skip
    """Images ``[batch, height, width, in]`` with kernels ``[height, width, in, out]``."""
    rates = (1, 1, 1, 1) if dilations is None else dilations
    return declared.conv2d(
        input, filters, strides, padding, data_format=data_format, dilations=rates, name=name
    )


@eager
def conv1d(
    input: object, filters: object, stride: object, padding: object, data_format: str = "NWC",
    dilations: object = None, name: str | None = None,
) -> Any:  # fmt: skip
    """Sequences ``[batch, width, in]`` with kernels ``[width, in, out]``."""
    return declared.conv1d(
        input, filters, stride, padding, data_format=data_format, name=name, dilations=dilations
    )


@eager
def conv2d_transpose(
    input: object, filters: object, output_shape: object, strides: object, padding: object = "SAME",
    data_format: str = "NHWC", dilations: object = None, name: str | None = None,
) -> Any:  # fmt: skip
    """What `conv2d` has for its gradient: kernels ``[height, width, out, in]``."""
    return declared.conv2d_transpose(
        input, filters, output_shape, strides, padding, data_format, name, dilations=dilations
    )


@eager
def max_pool2d(
    input: object, ksize: object, strides: object, padding: object, data_format: str = "NHWC",
    name: str | None = None,
) -> Any:  # fmt: skip
    """The largest element of each window."""
    return declared.max_pool(input, ksize, strides, padding, data_format, name)


@eager
def avg_pool2d(
    input: object, ksize: object, strides: object, padding: object, data_format: str = "NHWC",
    name: str | None = None,
) -> Any:  # fmt: skip
    """The mean of each window."""
    return declared.avg_pool(input, ksize, strides, padding, data_format, name)


@eager
def moments(
    x: object, axes: object, shift: object = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Mean and (biased) variance over the axes."""
    return declared.moments(x, axes, shift, name, keepdims=keepdims)


@eager
def dropout(
    x: object, rate: object, noise_shape: object = None, seed: int | None = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Elements set to 0 with probability ``rate``, the others scaled so that the expected sum stays."""
    return declared.dropout(x, noise_shape=noise_shape, seed=seed, name=name, rate=rate)


@eager
def embedding_lookup(
    params: object, ids: object, max_norm: float | None = None, name: str | None = None
) -> Any:
    """The rows of ``params`` numbered by ``ids``: ``[rows, ...]`` and ``[...]`` to ``[..., ...]``."""
    return declared.embedding_lookup(params, ids, name=name, max_norm=max_norm)


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.nn", name, globals())
