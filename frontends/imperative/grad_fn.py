"""``grad_fn``: the backward graph as PyTorch shows it, with PyTorch's names of its nodes."""

from __future__ import annotations

from typing import cast
from weakref import WeakKeyDictionary

from ...compiler.dispatch import Array
from .tensor import Tensor, give


class Node:
    """What ``grad_fn`` shows: the operation that made a tensor, as a node of the backward graph."""

    def __init__(self, array: Array) -> None:
        self._array = array

    def name(self) -> str:
        name = backward_name(self._array)
        return f"torch::autograd::{name}" if name == "AccumulateGrad" else name

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes that the gradient goes to next; None where it goes nowhere."""
        if self._array.origin is not None:
            return ()
        return tuple(
            [
                (Node(x) if x.tracked else None, 0)
                for x in self._array.inputs
                if isinstance(x, Array)
            ]
        )

    @property
    def variable(self) -> Tensor:
        """The leaf at which the gradient ends up."""
        tensor = getattr(self._array.origin, "tensor", None)
        if tensor is None:
            raise AttributeError(f"'{self.name()}' object has no attribute 'variable'")
        return tensor  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and other._array is self._array

    def __hash__(self) -> int:
        return hash(self._array)

    def __repr__(self) -> str:
        return f"<{backward_name(self._array)} object at {hex(id(self._array))}>"


_NAMES = {
    "reduce_sum": "SumBackward", "reduce_max": "MaxBackward", "reduce_min": "MinBackward",
    "reduce_prod": "ProdBackward", "matmul": "MmBackward", "reshape": "ViewBackward",
    "transpose": "PermuteBackward", "broadcast_to": "ExpandBackward", "slice": "SliceBackward",
    "concatenate": "CatBackward", "gather": "IndexSelectBackward", "gather_nd": "IndexBackward",
    "take_along": "GatherBackward", "update_slice": "CopySlices", "scatter_set_nd": "IndexPutBackward",
    "absolute": "AbsBackward", "cast": "ToCopyBackward", "clip": "ClampBackward", "conv": "ConvolutionBackward",
    "max_pool": "MaxPool2DWithIndicesBackward", "sum_pool": "AvgPool2DBackward", "arctan2": "Atan2Backward",
    "arctan": "AtanBackward", "floordiv": "FloorDivideBackward", "mod": "RemainderBackward",
}  # fmt: skip


NAMED: WeakKeyDictionary[Array, str] = WeakKeyDictionary()
"""PyTorch's names of values that one function of its makes and several operations here (losses)."""


def backward_name(array: Array) -> str:
    """PyTorch's name of the node that made a value, as far as one of its operations corresponds."""
    if array.origin is not None:
        return "AccumulateGrad"
    op = array.op
    assert op is not None
    name = NAMED.get(array)
    if name is not None:
        return name
    name = op.name
    if name.startswith("function:"):
        return name.removeprefix("function:") + "Backward"
    if name == "div" and _is_mean(array):
        return "MeanBackward" + ("0" if not array.data.ndim else "1")
    if name == "add" and _is_matmul(array):
        return "AddmmBackward0"
    if name == "matmul" and array.data.ndim == 3:
        return "BmmBackward0"
    if name == "transpose" and array.data.ndim == 2:
        return "TBackward0"
    found = _NAMES.get(name)
    if found is None:
        found = "".join(part.capitalize() for part in name.split("_")) + "Backward"
    if found == "CopySlices":
        return found
    partial = name == "reduce_sum" and array.attrs["axes"] != tuple(
        range(cast("Array", array.inputs[0]).ndim)
    )
    extreme = name in ("reduce_max", "reduce_min")
    return found + ("1" if partial or extreme else "0")


def _is_mean(array: Array) -> bool:
    """Whether it is a sum divided, by the same instruction, by a count that no user wrote."""
    a, b = array.inputs or (None, None)  # backward lets go of them
    if not isinstance(a, Array) or not isinstance(b, Array) or a.op is None:
        return False
    together = a.code is array.code and a.lasti == array.lasti
    return a.op.name == "reduce_sum" and together and not b.tracked and not b.data.ndim


def _is_matmul(array: Array) -> bool:
    first = array.inputs[0] if array.inputs else None
    made = isinstance(first, Array) and first.op is not None and first.op.name == "matmul"
    return made and first.data.ndim == 2 and first.lasti == array.lasti  # type: ignore[union-attr]


def _grad_fn(self: Tensor) -> Node | None:
    """The node that made this tensor; None for leaves."""
    return None if self.is_leaf else Node(self.array)


def attach() -> None:
    """Give `Tensor` its ``grad_fn``."""
    give(grad_fn=property(_grad_fn))
