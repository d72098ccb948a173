"""What the functions that declare branches and loops do with what they are given and with what functions return."""

from __future__ import annotations

from ....compiler.errors import AttributeValueError, Place
from ....compiler.ir import TensorType
from ....compiler.location import Location
from ..build import add_operation
from ..convert import convert
from ..dtypes import DType
from ..graph import get_default_graph
from ..operation import Operation
from ..tensor import Tensor
from .tensor_array import TensorArray

__all__ = ["leaf_like", "parameter", "tensor_of"]


def tensor_of(leaf: object, dtype: object = None) -> Tensor:
    """The tensor that a leaf of a structure stands for: what an array holds, an operation's having run, or a value.

    Raises:
        ValueError: it is None.
    """
    if isinstance(leaf, TensorArray):
        return leaf.flow
    if isinstance(leaf, Operation):
        with get_default_graph().control_dependencies([leaf]):
            return convert(True)
    if leaf is None:
        raise AttributeValueError(
            "a branch or loop must return a value, and returned None",
            places=(Place("called here", Location.here()),),
            hint="return tensors",
        )
    return convert(leaf, dtype if not hasattr(leaf, "_as_tensor") else None)


def leaf_like(leaf: object, tensor: Tensor) -> object:
    """The tensor as what ``leaf`` is."""
    return leaf.with_flow(tensor) if isinstance(leaf, TensorArray) else tensor


def parameter(dtype: DType, type: TensorType | None, name: str = "Identity") -> Tensor:
    """A tensor that stands for what a body is called with."""
    return add_operation("Identity", None, name=name, outputs=[(dtype, type)]).outputs[0]
