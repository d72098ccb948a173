"""Elements that integers pick: tables that are read where indices say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compiler.fusion import Member, View
from ...compiler.ir import Dim, Value
from ...compiler.ops import GATHER, GATHER_ND, TAKE_ALONG
from .domains import Access
from .elements import memory_type, register_type
from .emit import I1, I64, Operand, number

if TYPE_CHECKING:
    from .element import Element

LOOKED_UP = frozenset((GATHER, GATHER_ND, TAKE_ALONG))


def looked_up(here: Element, value: Value, member: Member) -> Operand:
    """The element of the table that the indices pick for the element where the kernel stands."""
    kernel, b, lanes, mask = here.kernel, here.kernel.b, here.lanes, here.where.mask
    table = member.operands[0]
    assert isinstance(table, View)
    step = _step(here, value, member, table)
    found = kernel.tables[value]
    place = kernel.places[table.base]
    type = memory_type(place.dtype)
    vector = type.vector(lanes)
    lane = kernel.lane_stride(found, lanes)
    pointer = kernel.pointer(found, here.where)
    if step.type.lanes:
        if lane != 0:
            step = b.add(step, kernel.steps(lane, lanes))
        loaded = kernel.gather(pointer, step, vector, mask)
    else:
        pointer = b.offset(pointer, step, type)
        if lane == 0:
            loaded = b.splat(b.load(pointer, type), lanes)
        elif lane == 1 and mask is not None:
            loaded = b.masked_load(pointer, mask, number(vector, 0))
        elif lane == 1:
            loaded = b.load(pointer, vector, type.bits // 8)
        else:
            loaded = kernel.gather(pointer, kernel.steps(lane, lanes), vector, mask)
    if register_type(place.dtype) is I1:
        return b.compare("ne", loaded, number(loaded.type, 0))
    return loaded


def _indexed(member: Member) -> list[tuple[int, int]]:
    """The operands that are indices, each with the table's axis that it is for."""
    node = member.node
    if node.op is GATHER_ND:
        return [(1 + axis, axis) for axis in range(len(node.inputs) - 1)]
    return [(1, node.attrs["axis"])]  # type: ignore[list-item]


def _step(here: Element, value: Value, member: Member, table: View) -> Operand:
    """How far the picked element is from where the indices are 0: i64, in each lane or for all."""
    kernel, b = here.kernel, here.kernel.b
    total = number(I64, 0)
    for i, axis in _indexed(member):
        unsigned = member.node.inputs[i].dtype.name == "uint8"
        index = here.wide(here.operand(value, i, scalar=True), unsigned)
        index = here.inside(index, table.shape[axis])
        step = b.mul(index, b.splat(kernel.frame.dim(table.strides[axis]), index.type.lanes))
        if step.type.lanes and not total.type.lanes:
            total = b.splat(total, step.type.lanes)
        elif total.type.lanes and not step.type.lanes:
            step = b.splat(step, total.type.lanes)
        total = b.add(total, step)
    return total


def table_access(member: Member, rank: int) -> Access:
    """How a kernel moves along a table, indices apart: along the other axes it stands where it stands."""
    node, table = member.node, member.operands[0]
    assert isinstance(table, View)
    picked = {axis for _, axis in _indexed(member)}
    strides: list[Dim] = [0] * rank
    for a, stride in enumerate(table.strides):
        if a in picked:
            continue
        own = a
        if node.op is GATHER and a > node.attrs["axis"]:  # type: ignore[operator]
            own = a + node.inputs[1].ndim - 1
        elif node.op is GATHER_ND:
            own = a + len(member.axes) - len(table.strides)
        axis = member.axes[own]
        if axis is not None:
            strides[axis] = stride
    return table.base, table.offset, tuple(strides)
