"""Python's operators on symbolic tensors and variables."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .tensor import Tensor


class Operators:
    """What tensors and variables share: each operator is the operation that TensorFlow makes of it.

    ``==`` is none of them: TensorFlow 1 compares tensors by identity, so that they can be keys of ``feed_dict``.
    """

    __slots__ = ()
    # NumPy must leave ``array + tensor`` to the tensor.
    __array_priority__ = 100

    def __add__(self, other: object) -> Tensor:
        return _call("add", self, other)

    def __radd__(self, other: object) -> Tensor:
        return _call("add", other, self)

    def __sub__(self, other: object) -> Tensor:
        return _call("sub", self, other)

    def __rsub__(self, other: object) -> Tensor:
        return _call("sub", other, self)

    def __mul__(self, other: object) -> Tensor:
        return _call("mul", self, other)

    def __rmul__(self, other: object) -> Tensor:
        return _call("mul", other, self)

    def __truediv__(self, other: object) -> Tensor:
        return _call("truediv", self, other)

    def __rtruediv__(self, other: object) -> Tensor:
        return _call("truediv", other, self)

    def __floordiv__(self, other: object) -> Tensor:
        return _call("floordiv", self, other)

    def __rfloordiv__(self, other: object) -> Tensor:
        return _call("floordiv", other, self)

    def __mod__(self, other: object) -> Tensor:
        return _call("mod", self, other)

    def __rmod__(self, other: object) -> Tensor:
        return _call("mod", other, self)

    def __pow__(self, other: object) -> Tensor:
        return _call("pow", self, other)

    def __rpow__(self, other: object) -> Tensor:
        return _call("pow", other, self)

    def __matmul__(self, other: object) -> Tensor:
        return _call("matmul", self, other)

    def __rmatmul__(self, other: object) -> Tensor:
        return _call("matmul", other, self)

    def __lt__(self, other: object) -> Tensor:
        return _call("less", self, other)

    def __le__(self, other: object) -> Tensor:
        return _call("less_equal", self, other)

    def __gt__(self, other: object) -> Tensor:
        return _call("greater", self, other)

    def __ge__(self, other: object) -> Tensor:
        return _call("greater_equal", self, other)

    def __and__(self, other: object) -> Tensor:
        return _call("and", self, other)

    def __rand__(self, other: object) -> Tensor:
        return _call("and", other, self)

    def __or__(self, other: object) -> Tensor:
        return _call("or", self, other)

    def __ror__(self, other: object) -> Tensor:
        return _call("or", other, self)

    def __xor__(self, other: object) -> Tensor:
        return _call("xor", self, other)

    def __invert__(self) -> Tensor:
        return _call("logical_not", self)

    def __neg__(self) -> Tensor:
        return _call("negative", self)

    def __abs__(self) -> Tensor:
        return _call("abs", self)

    def __getitem__(self, key: object) -> Tensor:
        from .slicing import getitem

        return getitem(self, key)


def _call(name: str, *operands: object) -> Tensor:
    return _functions()[name](*operands)


@cache
def _functions() -> dict[str, Callable[..., Tensor]]:
    from . import arithmetic, linear, logic

    return {**arithmetic.OPERATORS, **logic.OPERATORS, **linear.OPERATORS}
