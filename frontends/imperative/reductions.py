"""Reductions: sums, means, extremes, norms, with ``dim`` and ``keepdim``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from ...compiler import library, ops
from ...compiler.dispatch import Array
from ...compiler.errors import AttributeValueError, DTypeError, Place
from ...compiler.ir.dtypes import int64
from ...compiler.location import Location
from .api import export
from .arguments import axes_of, axis_of
from .dtypes import BY_IR, Like, to_ir
from .promotion import to_float
from .tensor import Tensor, wrap

Dim = int | Sequence[int] | None


def _one(dim: Dim, axis: Dim) -> Dim:
    return axis if dim is None else dim


def _axes(input: Tensor, dim: Dim) -> tuple[int, ...] | None:
    return axes_of(input, dim) if input.array.data.ndim else None


def _whole(input: Tensor, dtype: Like) -> Array:
    """The operand of a sum: integers and bools add up as int64."""
    array = input.array
    if dtype is not None:
        return ops.cast(array, to_ir(dtype))  # type: ignore[return-value]
    return array if array.data.dtype.kind == "f" else ops.cast(array, int64)  # type: ignore[return-value]


@export("sum", out=True)
def sum(
    input: Tensor,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: Like = None,
    axis: Dim = None,
    keepdims: bool = False,
) -> Tensor:
    """The sum over the dimensions (None: all). Integers and bools give int64."""
    axes = _axes(input, _one(dim, axis))
    return wrap(ops.reduce_sum(_whole(input, dtype), axes, keepdim or keepdims))  # type: ignore[arg-type]


@export("nansum")
def nansum(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Like = None) -> Tensor:
    return sum(input.nan_to_num(0.0, inf, -inf), dim, keepdim, dtype=dtype)


@export("prod")
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Like = None) -> Tensor:  # fmt: skip
    """The product over a dimension (None: all)."""
    return wrap(ops.reduce_prod(_whole(input, dtype), _axes(input, dim), keepdim))  # type: ignore[arg-type]


def _floats(input: Tensor, name: str, dtype: Like = None) -> Array:
    array = input.array if dtype is None else ops.cast(input.array, to_ir(dtype))
    assert isinstance(array, Array)
    if array.data.dtype.kind != "f":
        got = BY_IR[array.dtype]
        raise DTypeError(
            f"{name}(): could not infer output dtype. Input dtype must be either a floating point or complex "
            f"dtype. Got: {got}",
            places=(
                Place("here", Location.here()),
                Place(f"it is {array.type}, made here", array.location),
            ),
            hint="cast it with .float() first",
        )
    return array


@export("mean", out=True)
def mean(
    input: Tensor,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: Like = None,
    axis: Dim = None,
    keepdims: bool = False,
) -> Tensor:
    """The arithmetic mean over the dimensions (None: all).

    Raises:
        DTypeError: the tensor is not of a float type.
    """
    axes = _axes(input, _one(dim, axis))
    array = _floats(input, "mean", dtype)
    return wrap(library.mean(array, axes, keepdim or keepdims))  # type: ignore[arg-type]


def _spread(name: str, function: Callable[..., Any]) -> Callable[..., Tensor]:
    def apply(
        input: Tensor,
        dim: Dim | bool = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: int | None = None,
        axis: Dim = None,
        keepdims: bool = False,
    ) -> Tensor:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if correction is None:
            correction = 1 if unbiased is None else int(unbiased)
        axes = _axes(input, _one(dim, axis))
        array = _floats(input, name)
        return wrap(function(array, axes, correction, keepdim or keepdims))

    apply.__name__ = name
    return export(name)(apply)


std = _spread("std", library.standard_deviation)
var = _spread("var", library.variance)


def _pair_with_mean(name: str, spread: Callable[..., Tensor]) -> None:
    def apply(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        dim = kwargs.get("dim", args[0] if args and not isinstance(args[0], bool) else None)
        keepdim = kwargs.get("keepdim", args[2] if len(args) > 2 else False)
        return spread(input, *args, **kwargs), mean(input, dim, keepdim)

    apply.__name__ = name
    export(name, method=False)(apply)


_pair_with_mean("std_mean", std)
_pair_with_mean("var_mean", var)


def _quantifier(name: str, function: Callable[..., Any]) -> None:
    def apply(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
        from .arithmetic import truth

        return wrap(function(truth(input), _axes(input, dim), keepdim))

    apply.__name__ = name
    export(name)(apply)


_quantifier("all", ops.reduce_all)
_quantifier("any", ops.reduce_any)


def _extremes(name: str, function: Callable[..., Any]) -> Callable[..., Tensor]:
    def apply(input: Tensor, dim: Dim = (), keepdim: bool = False) -> Tensor:
        return wrap(function(input.array, _axes(input, dim or None if dim != 0 else 0), keepdim))

    apply.__name__ = name
    return export(name)(apply)


amax = _extremes("amax", ops.reduce_max)
amin = _extremes("amin", ops.reduce_min)


@export("aminmax")
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    from .ordering import named

    found = () if dim is None else dim
    return named("aminmax", "min", "max")(amin(input, found, keepdim), amax(input, found, keepdim))


def _position(name: str, function: Callable[..., Any]) -> None:
    def apply(
        input: Tensor, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None
    ) -> Tensor:
        dim = axis if dim is None else dim
        array = input.array
        if array.data.dtype.kind == "b":
            raise DTypeError(
                f'"{name}" not implemented for bool', hint="cast it to an integer type"
            )
        rank = array.data.ndim
        if dim is None or not rank:
            found: Any = function(ops.reshape(array, (-1,)), 0)
            shape = (1,) * rank if keepdim else ()
        else:
            at = axis_of(input, dim)
            found = function(array, at)
            shape = (*found.shape[:at], *([1] if keepdim else []), *found.shape[at:])
        return wrap(ops.reshape(found, shape))  # type: ignore[arg-type]

    apply.__name__ = name
    export(name)(apply)


_position("argmax", ops.argmax)
_position("argmin", ops.argmin)


@export("logsumexp")
def logsumexp(input: Tensor, dim: Dim, keepdim: bool = False) -> Tensor:
    """``log(sum(exp(x)))`` without overflow."""
    return wrap(library.logsumexp(to_float(input), axes_of(input, dim), keepdim))  # type: ignore[arg-type]


@export("norm")
def norm(
    input: Tensor,
    p: float | str = "fro",
    dim: Dim = None,
    keepdim: bool = False,
    dtype: Like = None,
) -> Tensor:
    """The vector norm of order ``p`` over the dimensions (None: all, as one vector).

    Raises:
        AttributeValueError: an order other than a number, ``"fro"`` or infinity.
    """
    if isinstance(p, str):
        if p != "fro":
            raise AttributeValueError(
                f"norm of order {p!r} is not supported", hint="use a number or 'fro'"
            )
        p = 2.0
    array = _floats(input, "norm", dtype)
    return wrap(library.norm(array, float(p), _axes(input, dim), keepdim))  # type: ignore[arg-type]


@export("dist")
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The norm of the difference."""
    return norm(input - other, p)


@export("count_nonzero")
def count_nonzero(input: Tensor, dim: Dim = None) -> Tensor:
    """How many elements are not 0."""
    return sum(wrap(ops.ne(input.array, 0)), dim)  # type: ignore[arg-type]


def _running(name: str, function: Callable[..., Any]) -> None:
    def apply(input: Tensor, dim: int, *, dtype: Like = None) -> Tensor:
        array = _whole(input, dtype)
        return wrap(function(array, axis_of(input, dim)) if array.data.ndim else array)

    apply.__name__ = name
    export(name, inplace=True)(apply)


_running("cumsum", ops.cumsum)
_running("cumprod", ops.cumprod)


@export("logcumsumexp")
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """``log(cumsum(exp(x)))``, shifted by the maximum against overflow."""
    top = amax(input, dim, True).detach()
    return (input - top).exp().cumsum(dim).log() + top  # type: ignore[no-any-return]


@export("diff")
def diff(input: Tensor, n: int = 1, dim: int = -1) -> Tensor:
    """Differences of neighbours along a dimension, taken ``n`` times."""
    for _ in range(n):
        extent = input.array.data.shape[axis_of(input, dim)]
        input = input.narrow(dim, 1, extent - 1) - input.narrow(dim, 0, extent - 1)
    return input
