"""Products of matrices and tensors."""

from __future__ import annotations

from collections.abc import Callable

from ...compiler import library, ops
from ...compiler.errors import AttributeValueError, ShapeError
from ...compiler.ops import TensorLike
from .build import add_operation, apply, scoped
from .convert import convert, convert_pair
from .errors import UnsupportedError
from .reduction import as_axes, older
from .tensor import Tensor

__all__ = [
    "batch_matmul", "clip_by_average_norm", "clip_by_global_norm", "clip_by_norm", "einsum", "global_norm", "matmul",
    "matrix_transpose", "norm", "tensordot", "trace",
]  # fmt: skip


@scoped("MatMul")
def matmul(
    a: object, b: object, transpose_a: bool = False, transpose_b: bool = False,
    adjoint_a: bool = False, adjoint_b: bool = False, a_is_sparse: bool = False,
    b_is_sparse: bool = False, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The matrix product of ``[..., n, k]`` and ``[..., k, m]``, which are at least matrices.

    Raises:
        ShapeError: the inner dimensions differ, or an operand is no matrix.
    """
    x, y = convert_pair(a, b, ("a", "b"))
    flip_a, flip_b = transpose_a or adjoint_a, transpose_b or adjoint_b

    def recipe(p: TensorLike, q: TensorLike) -> TensorLike:
        for operand in (p, q):
            if operand.ndim < 2:
                raise ShapeError(
                    f"matmul needs matrices, and got a tensor of rank {operand.ndim}: {operand.type}",
                    hint="give a vector a second axis with tf.expand_dims, or use tf.tensordot",
                )
        return ops.matmul(p, q, flip_a, flip_b)

    return apply("MatMul", recipe, x, y, name=name)


def batch_matmul(
    x: object, y: object, adj_x: bool = False, adj_y: bool = False, name: str | None = None
) -> Tensor:
    """`matmul` under its older name."""
    return matmul(x, y, adjoint_a=adj_x, adjoint_b=adj_y, name=name)


@scoped("Tensordot")
def tensordot(a: object, b: object, axes: object, name: str | None = None) -> Tensor:
    """The sum of products over axes of ``a`` and ``b``: a number of last and first axes, or two lists."""
    x, y = convert_pair(a, b)
    if isinstance(axes, int):
        given: object = axes
    else:
        first, second = list(axes)  # type: ignore[call-overload]
        given = (as_axes(first), as_axes(second))
    return apply("Tensordot", lambda p, q: library.tensordot(p, q, given), x, y, name=name)  # type: ignore[arg-type]


def einsum(equation: str, *inputs: object, name: str | None = None) -> Tensor:
    """Sums of products by Einstein's convention: ``einsum("ij,jk->ik", a, b)``."""
    tensors = [convert(x) for x in inputs]
    return apply("einsum", lambda *xs: library.einsum(equation, *xs), *tensors, name=name)


@scoped("norm")
def norm(
    tensor: object, ord: object = "euclidean", axis: object = None, keepdims: bool | None = None,
    name: str | None = None, keep_dims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The norm of vectors along the axis (None: of all elements): ``euclidean``, 1, 2, any number, or infinity."""
    keep = bool(older(keepdims, keep_dims, "keepdims", "keep_dims"))
    order = 2.0 if ord in ("euclidean", "fro") else float(ord)  # type: ignore[arg-type]
    axes = as_axes(axis)
    if axes is not None and len(axes) == 2 and ord not in ("euclidean", "fro"):
        raise UnsupportedError("bifront has matrix norms for ord='euclidean' and 'fro' only")
    return apply("norm", lambda x: library.norm(x, order, axes, keep), convert(tensor), name=name)


@scoped("trace")
def trace(x: object, name: str | None = None) -> Tensor:
    """The sum of the diagonals of the last two axes."""

    def recipe(v: TensorLike) -> TensorLike:
        rows, columns = v.shape[-2:]
        from .dtypes import int64

        unit = ops.one_hot(ops.iota(rows, int64.ir), columns, v.dtype)
        return ops.reduce_sum(ops.mul(v, unit), (v.ndim - 2, v.ndim - 1))

    return apply("trace", recipe, convert(x), name=name)


@scoped("matrix_transpose")
def matrix_transpose(a: object, name: str | None = None) -> Tensor:
    """The last two axes exchanged."""
    return apply(
        "MatrixTranspose",
        lambda v: ops.transpose(v, [*range(v.ndim - 2), v.ndim - 1, v.ndim - 2]),
        convert(a),
        name=name,
    )


@scoped("global_norm")
def global_norm(t_list: object, name: str | None = None) -> Tensor:
    """The Euclidean norm of all tensors' elements together; None among them counts as nothing."""
    tensors = [convert(t) for t in t_list if t is not None]  # type: ignore[attr-defined]
    return apply("GlobalNorm", lambda *xs: library.global_norm(xs), *tensors, name=name)


@scoped("clip_by_norm")
def clip_by_norm(
    t: object, clip_norm: float, axes: object = None, name: str | None = None
) -> Tensor:
    """``t`` scaled down so that its norm over the axes is at most ``clip_norm``."""
    over = as_axes(axes)
    return apply(
        "clip_by_norm", lambda x: library.clip_by_norm(x, clip_norm, over), convert(t), name=name
    )


@scoped("clip_by_average_norm")
def clip_by_average_norm(t: object, clip_norm: float, name: str | None = None) -> Tensor:
    """``t`` scaled down so that its norm divided by its number of elements is at most ``clip_norm``."""
    x = convert(t)
    size = x.shape.num_elements()
    if size is None:
        raise AttributeValueError("clip_by_average_norm needs a shape that is known")
    limit = clip_norm * size
    return apply("clip_by_average_norm", lambda v: library.clip_by_norm(v, limit), x, name=name)


def clip_by_global_norm(
    t_list: object, clip_norm: object, use_norm: object = None, name: str | None = None
) -> tuple[list[Tensor | None], Tensor]:
    """Tensors scaled down together so that their global norm is at most ``clip_norm``, and that norm before.

    None among them stays None.

    Args:
        use_norm: the norm, where it has been computed already.
    """
    given = [None if t is None else convert(t) for t in t_list]  # type: ignore[attr-defined]
    tensors = [t for t in given if t is not None]
    size = global_norm(tensors) if use_norm is None else convert(use_norm)
    limit = convert(clip_norm, size.dtype)

    def recipe(length: TensorLike, most: TensorLike, *xs: TensorLike) -> list[TensorLike]:
        scale = ops.div(most, ops.maximum(length, most))
        return [
            ops.mul(x, scale if scale.dtype is x.dtype else ops.cast(scale, x.dtype)) for x in xs
        ]

    op = add_operation("ClipByGlobalNorm", recipe, [size, limit, *tensors], name=name)
    clipped = iter(op.outputs)
    return [None if t is None else next(clipped) for t in given], size


OPERATORS: dict[str, Callable[..., Tensor]] = {
    "matmul": lambda a, b: matmul(a, b, name="matmul"),
}
