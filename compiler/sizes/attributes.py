"""What the attributes of an operation have to be, given the types of its operands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..control import COND, SCAN, WHILE
from ..ir import Attrs, Dim, Node, TensorType, Value, product
from ..ir.dims import divide_exactly
from ..ops import BROADCAST_TO, RESHAPE, SLICE
from ..ops.slicing import normalize_slice
from .conditions import Condition, always
from .fitting import Evidence, Numbers

__all__ = ["expected", "side_conditions"]


def expected(
    node: Node,
    operands: Sequence[TensorType],
    name: str,
    index: tuple[int, ...],
    numbers: Numbers,
    done: Attrs,
    evidence: Evidence,
) -> Dim | None:
    """The dimension that must stand at a place of an attribute by the operation's own meaning, if that is clear.

    Args:
        node: the node in one of the runs.
        operands: the types of its operands, with symbols.
        index: where in the (nested) attribute.
        numbers: what stood there in each run.
        done: attributes that are known already, with symbols.
    """
    for dim in _meant(node, operands, name, index, done):
        have = evidence.numbers(dim)
        if have == numbers:
            return dim
        if node.op is SLICE and have is not None:
            # Positions count from either end.
            apart = {n - h for n, h in zip(numbers, have, strict=True)}
            if len(apart) == 1:
                return dim + apart.pop()
    return None


def _meant(
    node: Node, operands: Sequence[TensorType], name: str, index: tuple[int, ...], done: Attrs
) -> Iterator[Dim]:
    if node.op is SLICE:
        axis = index[0]
        size = operands[0].shape[axis]
        strides = node.attrs["strides"]
        assert isinstance(strides, tuple)
        step = strides[axis]
        if name == "limits" and isinstance(step, int) and step > 1:
            starts = done["starts"]
            assert isinstance(starts, tuple)
            attrs, _, _ = normalize_slice((size,), (starts[axis],), (None,), (step,))
            yield attrs["limits"][0]
        else:
            yield size
    elif node.op is BROADCAST_TO:
        shape = node.attrs["shape"]
        assert isinstance(shape, tuple)
        axis = index[0] - (len(shape) - operands[0].rank)
        if axis >= 0 and operands[0].shape[axis] != 1:
            yield operands[0].shape[axis]
    elif node.op is SCAN and name == "length" and node.attrs["sequences"]:
        carries = node.attrs["carries"]
        assert isinstance(carries, int)
        yield operands[carries].shape[0]


def completed(shape: Sequence[Dim | None], operand: TensorType) -> tuple[Dim, ...] | None:
    """A shape to reshape to, its one unknown dimension computed from the others."""
    rest = product([d for d in shape if d is not None])
    found = divide_exactly(operand.size, rest)
    if found is None:
        if isinstance(operand.size, int) or rest == 0:
            return None
        found = operand.size // rest
    return tuple([found if d is None else d for d in shape])


def region_operand(node: Node, i: int, operands: Sequence[Value]) -> TensorType | None:
    """The type of what an operation gives to input ``i`` of its regions, as far as it is one of its operands."""
    if node.op is COND:
        return operands[i + 1].type
    if node.op is WHILE:
        return operands[i].type
    if node.op is SCAN:
        carries, sequences = node.attrs["carries"], node.attrs["sequences"]
        assert isinstance(carries, int)
        assert isinstance(sequences, int)
        kind = operands[i].type
        return kind.with_shape(kind.shape[1:]) if carries <= i < carries + sequences else kind
    return None


def is_reshape(node: Node) -> bool:
    return node.op is RESHAPE


def side_conditions(node: Node) -> Iterator[Condition]:
    """What must hold for a node with symbols to mean what the program wrote."""
    if node.op is not SLICE:
        return
    starts, limits = node.attrs["starts"], node.attrs["limits"]
    assert isinstance(starts, tuple)
    assert isinstance(limits, tuple)
    for size, start, limit in zip(node.inputs[0].shape, starts, limits, strict=True):
        places: list[Dim] = [0, start, limit, size]  # type: ignore[list-item]
        for low, high in pairwise(places):
            condition = Condition(low, "<=", high, True, node.location)
            if not always(condition):
                yield condition
