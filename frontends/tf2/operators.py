"""Python's operators on eager tensors and variables: those of the declarative frontend, evaluated, and equality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ...compiler.errors import ShapeError
from ..static import logic
from ..static.operators import Operators
from .evaluation import eager

if TYPE_CHECKING:
    from ..static.tensor import Tensor

__all__ = ["EagerOperators"]


class EagerOperators(Operators):
    """What eager tensors and variables share. ``==`` compares elements, so there is no hash."""

    __slots__ = ()

    def __eq__(self, other: object) -> Any:
        return _compared(self, other, True)

    def __ne__(self, other: object) -> Any:
        return _compared(self, other, False)

    def __hash__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} is unhashable. Instead, use tensor.ref() as the key."
        )


def _compared(x: object, y: object, equal: bool) -> Tensor | bool:
    if y is None or isinstance(y, str):
        return not equal
    function = logic.equal if equal else logic.not_equal
    try:
        return eager(function)(x, y)
    except ShapeError:
        # Tensors whose shapes do not fit are not equal.
        return not equal


for _name, _operator in list(vars(Operators).items()):
    if _name.startswith("__") and callable(_operator):
        setattr(EagerOperators, _name, eager(_operator))
