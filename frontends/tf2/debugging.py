"""``tf.debugging``: checks of values."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from ...compiler.errors import Place
from ...compiler.location import Location
from ..names import missing_name
from ..static.errors import InvalidArgumentError
from . import mathematics as m
from .arrays import convert_to_tensor
from .nest import map_structure
from .shape import TensorShape
from .tensor import EagerTensor

__all__ = [
    "Assert", "assert_all_finite", "assert_equal", "assert_greater", "assert_greater_equal", "assert_less",
    "assert_less_equal", "assert_near", "assert_non_negative", "assert_none_equal", "assert_positive", "assert_rank",
    "assert_shapes", "check_numerics",
]  # fmt: skip


def Assert(
    condition: Any, data: Any, summarize: int | None = None, name: str | None = None,
) -> None:  # fmt: skip
    """Nothing if the condition holds.

    Raises:
        InvalidArgumentError: it does not hold; the error shows ``data``.
    """
    if not convert_to_tensor(condition):
        shown = ", ".join(str(_plain(d)) for d in data)
        _fail(f"Expected condition to be true. Summarized data: {shown}")


def _fail(answer: str, depth: int = 1) -> NoReturn:
    raise InvalidArgumentError(answer, places=(Place("checked here", Location.here(depth)),))


def _plain(x: Any) -> Any:
    return x.numpy() if hasattr(x, "numpy") else x


def _comparing(name: str, sign: str, function: Callable[[Any, Any], Any]) -> Callable[..., None]:
    def check(
        x: Any, y: Any, message: str | None = None, summarize: int | None = None,
        name: str | None = None,
    ) -> None:  # fmt: skip
        if not m.reduce_all(function(x, y)):
            text = f"{message}\n" if message else ""
            _fail(f"{text}Condition x {sign} y did not hold: x is {_plain(x)}, y is {_plain(y)}")

    check.__name__ = name
    check.__doc__ = (
        f"Nothing if ``x {sign} y`` everywhere. Raises: InvalidArgumentError: elsewhere."
    )
    return check


assert_equal = _comparing("assert_equal", "==", m.equal)
assert_none_equal = _comparing("assert_none_equal", "!=", m.not_equal)
assert_less = _comparing("assert_less", "<", m.less)
assert_less_equal = _comparing("assert_less_equal", "<=", m.less_equal)
assert_greater = _comparing("assert_greater", ">", m.greater)
assert_greater_equal = _comparing("assert_greater_equal", ">=", m.greater_equal)


def assert_positive(
    x: Any, message: str | None = None, summarize: int | None = None, name: str | None = None,
) -> None:  # fmt: skip
    """Nothing if all elements are above 0. Raises: InvalidArgumentError: one is not."""
    assert_greater(x, 0, message)


def assert_non_negative(
    x: Any, message: str | None = None, summarize: int | None = None, name: str | None = None,
) -> None:  # fmt: skip
    """Nothing if no element is below 0. Raises: InvalidArgumentError: one is."""
    assert_greater_equal(x, 0, message)


def assert_near(
    x: Any, y: Any, rtol: float | None = None, atol: float | None = None,
    message: str | None = None, summarize: int | None = None, name: str | None = None,
) -> None:  # fmt: skip
    """Nothing if ``|x - y| <= atol + rtol * |y|`` everywhere, by default within 10 units in the last place."""
    a = convert_to_tensor(x)
    b = convert_to_tensor(y, a.dtype)
    unit = 10 * float(np.finfo(a.dtype.as_numpy_dtype).eps)
    far, near = (unit if given is None else given for given in (rtol, atol))
    if not m.reduce_all(m.less_equal(m.abs(a - b), near + far * m.abs(b))):
        _fail(
            f"{message or 'x and y are not equal to tolerance'}: x is {_plain(a)}, y is {_plain(b)}"
        )


def assert_rank(x: Any, rank: int, message: str | None = None, name: str | None = None) -> None:
    """Nothing if the tensor has so many axes. Raises: ValueError: it has others."""
    tensor = convert_to_tensor(x)
    if tensor.shape.rank != int(rank):
        raise ValueError(f"{message or ''} Tensor must have rank {rank}, got shape {tensor.shape}")


def assert_shapes(
    shapes: Any, data: Any = None, summarize: int | None = None, message: str | None = None,
    name: str | None = None,
) -> None:  # fmt: skip
    """Nothing if dimensions called the same are the same: ``[(x, ("N", 3)), (y, ("N",))]``. Raises: ValueError."""
    known: dict[str, int] = {}
    pairs = shapes.items() if isinstance(shapes, dict) else shapes
    for x, wanted in pairs:
        shape = TensorShape(convert_to_tensor(x).shape)
        if len(wanted) != shape.rank:
            raise ValueError(
                f"{message or ''} a tensor of shape {shape} does not fit {tuple(wanted)}"
            )
        for extent, dim in zip(shape, wanted, strict=True):
            if dim is None:
                continue
            expected = known.setdefault(dim, extent) if isinstance(dim, str) else dim
            if expected != extent:
                raise ValueError(
                    f"{message or ''} dimension {dim!r} is {extent} and not {expected} in {shape}"
                )


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Any:
    """The tensor itself. Raises: InvalidArgumentError: an element is infinite or NaN."""
    x = convert_to_tensor(tensor)
    if not m.reduce_all(m.is_finite(x)):
        _fail(f"{message} : Tensor had {'NaN' if m.reduce_any(m.is_nan(x)) else 'Inf'} values")
    return x


def assert_all_finite(x: Any, message: str, name: str | None = None) -> Any:
    """The tensor itself. Raises: InvalidArgumentError: an element is infinite or NaN."""
    return check_numerics(x, message)


def print(
    *inputs: Any, output_stream: Any = None, summarize: int = 3, sep: str = " ", end: str = "\n",
    name: str | None = None,
) -> None:  # fmt: skip
    """Print values to the standard error stream, or to another one."""
    shown = map_structure(lambda x: x._shown() if isinstance(x, EagerTensor) else _plain(x), list(inputs))  # fmt: skip
    builtins.print(*shown, sep=sep, end=end, file=output_stream or sys.stderr)


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.debugging", name, __all__)
