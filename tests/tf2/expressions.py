"""Expressions whose values were recorded from TensorFlow 2: one a line, in the names of the table below.

They are texts, so that the recorder can evaluate them with TensorFlow and the tests with bifront.
"""

from __future__ import annotations

import builtins

import numpy as np

_random = np.random.RandomState(0)
A = _random.randn(2, 3).astype("f")
B = _random.randn(3, 4).astype("f")
I = _random.randint(0, 5, (2, 3)).astype("i4")  # noqa: E741
IM = _random.randn(2, 6, 5, 3).astype("f")
K = _random.randn(3, 2, 3, 4).astype("f")
V = _random.randn(5).astype("f")
P = np.abs(A) + 0.1

EXPRESSIONS = """
tf.constant(1)
tf.constant(2.5)
tf.constant([1, 2], tf.float64)
tf.constant(np.float64(3))
tf.constant(True)
tf.constant(A) + 1
2 - tf.constant(A)
tf.constant(A) * A
tf.constant(A) / 3
tf.constant(7) / 2
tf.constant(-7) // 2
tf.constant(-7) % 4
tf.constant(A) ** 2
2.0 ** tf.constant(A)
-tf.constant(A)
abs(tf.constant(A))
tf.constant(A) @ B
tf.constant(A) > 0
tf.constant(I) == 2
tf.constant(I) != 2
tf.constant([1, 2]) == tf.constant([1, 2, 3])
(tf.constant(A) > 0) & (tf.constant(A) < 1)
~(tf.constant(A) > 0)
tf.constant(A)[0]
tf.constant(A)[:, 1]
tf.constant(A)[..., -1]
tf.constant(A)[:, None]
tf.constant(A)[::-1]
tf.constant(V)[1:-1:2]
tf.constant(V)[tf.constant(2)]
tf.constant(V)[tf.constant(1):tf.constant(3)]
tf.constant(A)[tf.constant(A) > 0]
tf.constant(A).numpy()
float(tf.constant(A)[0, 0])
int(tf.constant(3))
bool(tf.constant(A)[0, 0] > 0)
len(tf.constant(A))
[float(x) for x in tf.constant(V)]
tf.constant(A).shape.as_list()
tf.constant(A).shape[1]
tf.constant(A).shape.rank
tuple(tf.constant(A).shape)
tf.constant(A).dtype.name
tf.constant(A).ndim
np.sum(tf.constant(A))
tf.Variable(A) * 2
tf.Variable(1.0).assign_add(2.0)
tf.Variable(A).assign_sub(A)
tf.Variable([1, 2]).assign([3, 4]).numpy()
tf.Variable(A)[0]
tf.Variable(A).shape.as_list()
tf.add(A, 1.0)
tf.subtract(A, 2.0)
tf.multiply(A, A)
tf.divide(I, 2)
tf.math.divide_no_nan(A, [[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]])
tf.math.floordiv(I, 2)
tf.math.floormod(A, 0.7)
tf.pow(P, 1.5)
tf.maximum(A, 0.0)
tf.minimum(A, 0.2)
tf.math.squared_difference(A, 1.0)
tf.atan2(A, A + 1)
tf.add_n([A, A, A])
tf.negative(A)
tf.abs(A)
tf.sign(A)
tf.exp(A)
tf.math.expm1(A)
tf.math.log(P)
tf.math.log1p(P)
tf.math.log_sigmoid(A)
tf.sqrt(P)
tf.math.rsqrt(P)
tf.square(A)
tf.math.reciprocal(P)
tf.sin(A)
tf.cos(A)
tf.tan(A)
tf.asin(A / 4)
tf.acos(A / 4)
tf.atan(A)
tf.sinh(A)
tf.cosh(A)
tf.tanh(A)
tf.sigmoid(A)
tf.math.erf(A)
tf.floor(A)
tf.math.ceil(A)
tf.round(A * 4)
tf.math.is_nan(A)
tf.clip_by_value(A, -0.5, 0.5)
tf.cast(A, tf.int32)
tf.cast([0, 2], tf.bool)
tf.cast(I, "float64")
tf.equal(I, 1)
tf.not_equal(I, 1)
tf.less(A, 0.0)
tf.greater_equal(A, 0.0)
tf.logical_and(A > 0, A < 1)
tf.logical_or(A > 0, A < 1)
tf.logical_not(A > 0)
tf.where(A > 0, A, 0.0)
tf.where([True, False, True], A, -A)
tf.where(A > 0)
tf.where([[True], [False]], 1, [2, 3])
tf.reduce_sum(A)
tf.reduce_sum(A, 1)
tf.reduce_sum(A, axis=[0, 1], keepdims=True)
tf.reduce_sum(I)
tf.reduce_mean(A, axis=0)
tf.reduce_mean(I)
tf.reduce_max(A, axis=-1)
tf.reduce_min(I, 0)
tf.reduce_prod(A, 1)
tf.reduce_all(A > 0, 1)
tf.reduce_any(A > 0, 0)
tf.reduce_logsumexp(A, 1)
tf.math.reduce_variance(A, 1)
tf.math.reduce_std(A)
tf.math.count_nonzero(I)
tf.argmax(A, 1)
tf.argmax(A, axis=1, output_type=tf.int32)
tf.argmin(A)
tf.cumsum(A, 1)
tf.cumsum(A, axis=1, exclusive=True)
tf.math.cumprod(A, 1)
tf.sort(V)
tf.sort(V, direction="DESCENDING")
tf.argsort(V)
tf.math.top_k(V, 2)
tf.math.in_top_k([0, 1], A, 2)
tf.matmul(A, B)
tf.matmul(A, A, transpose_b=True)
tf.matmul(A, A, transpose_a=True)
tf.linalg.matvec(A, [1.0, 2.0, 3.0])
tf.tensordot(A, B, 1)
tf.einsum("ij,jk->ik", A, B)
tf.norm(A)
tf.norm(A, axis=1)
tf.linalg.trace(A[:, :2])
tf.linalg.matrix_transpose(A)
tf.linalg.diag([1.0, 2.0])
tf.linalg.global_norm([A, B])
tf.clip_by_norm(A, 1.0)
tf.clip_by_global_norm([A, B], 1.0)
tf.zeros([2, 3])
tf.ones([2], tf.int32)
tf.fill([2, 2], 7.0)
tf.zeros_like(I)
tf.ones_like(A, dtype=tf.int32)
tf.range(5)
tf.range(1, 10, 3)
tf.range(0.0, 1.0, 0.25)
tf.range(tf.constant(4))
tf.linspace(0.0, 1.0, 5)
tf.eye(3)
tf.one_hot([0, 2], 3)
tf.one_hot([0, 2], 3, on_value=5.0, off_value=-1.0)
tf.one_hot([0, 2], 3, axis=0)
tf.sequence_mask([1, 3], 4)
tf.sequence_mask([1, 3])
tf.meshgrid([1, 2, 3], [4, 5])
tf.shape(A)
tf.size(A)
tf.rank(A)
tf.reshape(A, [3, 2])
tf.reshape(A, [-1])
tf.reshape(A, [tf.shape(A)[1], -1])
tf.transpose(A)
tf.transpose(IM, [0, 3, 1, 2])
tf.expand_dims(A, -1)
tf.squeeze(A[None])
tf.squeeze(A[None, :, :, None], axis=3)
tf.broadcast_to(V, [2, 5])
tf.tile(A, [2, 1])
tf.pad(A, [[1, 0], [0, 2]])
tf.pad(A, [[1, 0], [0, 2]], constant_values=3.0)
tf.pad(A, [[1, 1], [2, 2]], "REFLECT")
tf.reverse(A, [1])
tf.slice(A, [0, 1], [2, 2])
tf.strided_slice(V, [1], [4], [2])
tf.concat([A, A], 0)
tf.concat([A, A], axis=-1)
tf.stack([A, A])
tf.stack([A, A], axis=1)
tf.unstack(A)
tf.unstack(A, axis=1)
tf.split(A, 3, 1)
tf.split(A, [1, 2], axis=1)
tf.gather(V, [0, 3])
tf.gather(A, [2, 0], axis=1)
tf.gather_nd(A, [[0, 1], [1, 2]])
tf.boolean_mask(A, A > 0)
tf.repeat(A, 2, axis=1)
tf.repeat(V, 3)
tf.roll(V, 2, 0)
tf.roll(A, [1, -1], [0, 1])
tf.tensor_scatter_nd_update(V, [[0], [3]], [9.0, 8.0])
tf.tensor_scatter_nd_add(A, [[0, 1], [0, 1]], [1.0, 2.0])
tf.scatter_nd([[1], [3], [1]], [1.0, 2.0, 3.0], [5])
tf.scatter_nd([[1]], [[1.0, 2.0]], [3, 2])
tf.identity(A)
tf.stop_gradient(A)
tf.convert_to_tensor([1, 2.5])
tf.convert_to_tensor([tf.constant(1), 2])
tf.is_tensor(A), tf.is_tensor(tf.constant(A)), tf.is_tensor(tf.Variable(A))
tf.nn.relu(A)
tf.nn.relu6(A * 9)
tf.nn.elu(A)
tf.nn.selu(A)
tf.nn.leaky_relu(A)
tf.nn.gelu(A)
tf.nn.gelu(A, approximate=True)
tf.nn.silu(A)
tf.nn.softplus(A)
tf.nn.softsign(A)
tf.nn.sigmoid(A)
tf.nn.softmax(A)
tf.nn.softmax(A, axis=0)
tf.nn.log_softmax(A)
tf.nn.softmax_cross_entropy_with_logits([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]], A)
tf.nn.sparse_softmax_cross_entropy_with_logits([2, 0], A)
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[2, 0], logits=A)
tf.nn.sigmoid_cross_entropy_with_logits([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]], A)
tf.nn.weighted_cross_entropy_with_logits([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]], A, 2.0)
tf.nn.l2_loss(A)
tf.nn.l2_normalize(A, 1)
tf.nn.moments(IM, [0, 1, 2])
tf.nn.moments(A, [1], keepdims=True)
tf.nn.batch_normalization(A, V[:3], V[:3] ** 2, [0.0, 1.0, 0.0], [2.0, 2.0, 2.0], 1e-3)
tf.nn.bias_add(A, [1.0, 2.0, 3.0])
tf.nn.conv2d(IM, K, 1, "SAME")
tf.nn.conv2d(IM, K, [1, 2, 2, 1], "VALID")
tf.nn.conv2d(IM, K, strides=1, padding="SAME", dilations=[1, 2, 1, 1])
tf.nn.conv1d(IM[:, :, 0], K[:, 0], 1, "SAME")
tf.nn.conv2d_transpose(IM, K[:, :, :, :3], [2, 12, 10, 3], [1, 2, 2, 1], "SAME")
tf.nn.depthwise_conv2d(IM, K, [1, 1, 1, 1], "SAME")
tf.nn.max_pool2d(IM, 2, 2, "SAME")
tf.nn.avg_pool2d(IM, 2, 2, "SAME")
tf.nn.max_pool(IM, [1, 3, 2, 1], [1, 2, 1, 1], "VALID")
tf.nn.embedding_lookup(A, [1, 0, 1])
tf.nn.zero_fraction(I)
tf.nn.dropout(A, 0.0)
tf.cond(tf.constant(True), lambda: 1.0, lambda: 2.0)
tf.case([(tf.constant(False), lambda: 1)], default=lambda: 3)
tf.switch_case(tf.constant(1), [lambda: 10, lambda: 20, lambda: 30])
tf.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + i), [tf.constant(0), tf.constant(0)])
tf.while_loop(lambda i: True, lambda i: [i + 2], [tf.constant(0)], maximum_iterations=4)
tf.map_fn(lambda x: x * x, tf.constant(V))
tf.map_fn(lambda xs: xs[0] + xs[1], (tf.constant(V), tf.constant(V)), fn_output_signature=tf.float32)
tf.scan(lambda a, x: a + x, tf.constant(V))
tf.scan(lambda a, x: a * x, tf.constant(V), initializer=tf.constant(2.0), reverse=True)
tf.foldl(lambda a, x: a + x, tf.constant(V))
tf.foldr(lambda a, x: a - x, tf.constant(V))
tf.nest.flatten({"b": [1, 2], "a": (3,)})
tf.TensorArray(tf.float32, 3).write(0, 1.0).write(2, 2.0).write(1, 5.0).stack()
tf.py_function(lambda x: x * 2, [tf.constant(A)], tf.float32)
tf.numpy_function(lambda x: np.sort(x), [V], tf.float32)
tf.TensorSpec([None, 3]).is_compatible_with(tf.constant(A))
str(tf.TensorShape([None, 3]).as_list())
tf.TensorShape([2, None]).is_compatible_with([2, 7])
tf.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)(15)
tf.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5, staircase=True)(15)
tf.optimizers.schedules.InverseTimeDecay(0.1, 10, 0.5)(15)
tf.optimizers.schedules.PolynomialDecay(0.1, 10)(5)
tf.optimizers.schedules.CosineDecay(0.1, 10)(5)
tf.optimizers.schedules.PiecewiseConstantDecay([5, 10], [1.0, 0.5, 0.1])(7)
repr(tf.constant(3.0))
repr(tf.constant([1, 2]))
repr(tf.constant(A))
str(tf.constant([1.0, 2.5]))
str(tf.constant(7))
repr(tf.Variable([1.0, 2.0], name="w"))
tf.Variable(1.0, name="w").name
repr(tf.TensorSpec([None, 3], tf.int32))
repr(tf.constant(A).shape)
str(tf.constant(V).shape)
f"{tf.constant(1.5):.3f}"
""".strip().splitlines()

ERRORS = """
tf.constant([1.0]) + tf.constant([1])
tf.constant(1) + 1.5
tf.constant([1.0, 2.0]) + tf.constant([1.0, 2.0, 3.0])
tf.matmul(A, A)
tf.matmul(V, V)
tf.reshape(A, [4, 2])
tf.concat([A, B], 0)
tf.stack([A, B])
tf.constant([[1.0], [1.0, 2.0]])
tf.constant(1.5, tf.int32)
bool(tf.constant([True, False]))
int(tf.constant([1, 2]))
len(tf.constant(1.0))
iter(tf.constant(1.0)).__next__()
hash(tf.constant(1.0))
{tf.constant(1.0): 2}
tf.constant(A)[2]
tf.constant(A)[0, 0, 0]
tf.Variable(A).assign(V)
tf.Variable(1.0).assign(tf.constant(1))
tf.Variable()
tf.sparse_thing
tf.nn.no_such_function
tf.constant(A).no_such_method
tf.constant(A).graph
tf.cond(tf.constant(True), 1, 2)
tf.Assert(tf.constant(False), [1])
tf.debugging.assert_equal(1, 2)
tf.debugging.assert_rank(tf.constant(A), 3)
tf.debugging.check_numerics(tf.constant([float("inf")]), "bad")
tf.nn.sparse_softmax_cross_entropy_with_logits([[1], [2]], A)
tf.nn.softmax_cross_entropy_with_logits([0.0, 1.0], A)
tf.gather(V, [7])
tf.one_hot([0], -1)
tf.squeeze(tf.constant(A), axis=0)
tf.transpose(A, [0, 0])
tf.split(A, 2, axis=1)
tf.ensure_shape(A, [3, 3])
tf.while_loop(lambda i: i < 3, lambda i: (i, i), [tf.constant(0)])
tf.optimizers.SGD(0.1).apply_gradients([(None, tf.Variable(1.0))])
tf.optimizers.SGD(0.1).minimize(tf.constant(1.0), [tf.Variable(1.0)])
tf.TensorArray(tf.float32, 1).write(3, 1.0)
tf.constant(1) // 0
""".strip().splitlines()


def evaluate(tf: object, text: str) -> list[object]:
    """The values of one expression, flattened: arrays, or texts."""
    return _flat(eval(text, {**globals(), "tf": tf}))


def _flat(value: object) -> list[object]:
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in _flat(item)]
    return [value if isinstance(value, str) else np.asarray(value)]


KINDS = (
    "TypeError",
    "ValueError",
    "IndexError",
    "AttributeError",
    "RuntimeError",
    "ZeroDivisionError",
)


def kinds(tf: object, text: str) -> list[str]:
    """What an expression's error is: the names of its built-in bases, and whether it is one of ``tf.errors``."""
    try:
        eval(text, {**globals(), "tf": tf})
    except Exception as error:
        found = [name for name in KINDS if isinstance(error, getattr(builtins, name))]
        named = ("InvalidArgumentError", "OutOfRangeError")
        return found + [name for name in named if isinstance(error, getattr(tf.errors, name))]  # type: ignore[attr-defined]
    return []
