"""The computation of a kernel's members at one element, or a vector of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...compiler.fusion import Member, View
from ...compiler.fusion.clusters import is_leaf
from ...compiler.fusion.reading import DRAWN, PIECED
from ...compiler.ir import Dim, Value
from ...compiler.ops import (
    CONSTANT,
    EXTENT,
    FULL,
    ONE_HOT,
    SCATTER_ADD_ALONG,
)
from .domains import Access, Where, along
from .elements import Site, lower, register_type
from .emit import I64, Operand, number
from .lookups import LOOKED_UP, looked_up
from .pieces import pieced
from .positions import drawn

if TYPE_CHECKING:
    from .loops import LoopKernel


class Element:
    """The computation of the members at one element or vector of elements."""

    def __init__(
        self,
        kernel: LoopKernel,
        where: Where,
        rows: Mapping[Value, Operand],
        found: dict[Value, Operand],
        lanes: int,
        stage: int = 0,
    ) -> None:
        self.kernel = kernel
        self.where = where
        self.rows = rows
        self.found = found
        self.lanes = lanes
        self.stage = stage

    def compute(self, value: Value) -> Operand:
        kernel, b = self.kernel, self.kernel.b
        member = kernel.members[value]
        node = member.node
        if node.op in LOOKED_UP:
            return looked_up(self, value, member)
        if node.op in DRAWN:
            return drawn(self, value, member)
        if node.op in PIECED:
            return pieced(self, value, member)
        xs = [self.operand(value, i) for i in range(len(member.operands))]
        if node.op is ONE_HOT:
            return self._one_hot(member, xs[0])
        if node.op is SCATTER_ADD_ALONG:
            return self._scattered(member, xs)
        if member.is_copy:
            return xs[0]
        site = Site(self.where.mask)
        result = lower(b, node, xs, site)
        for condition in site.faults:
            kernel.fault(condition, self.where.mask)
        return result

    def operand(self, value: Value, i: int, scalar: bool = False) -> Operand:
        """The i-th operand of a member, here."""
        kernel = self.kernel
        operand = kernel.members[value].operands[i]
        if isinstance(operand, View):
            if is_leaf(operand.base):
                return self._leaf(operand.base, kernel.reads[value, i])
            return kernel.load(kernel.reads[value, i], self.where, self.lanes, scalar)
        if operand in self.rows:
            found = self.rows[operand]
            return found if found.type.lanes or scalar else kernel.b.splat(found, self.lanes)
        if operand not in self.found:
            assert kernel.is_kept(operand, self.stage)
            self.found[operand] = kernel.load(kernel.stores[operand], self.where, self.lanes)
        return self.found[operand]

    def _leaf(self, value: Value, found: Access) -> Operand:
        kernel, b = self.kernel, self.kernel.b
        node = value.producer
        assert node is not None
        type = register_type(value.dtype).vector(self.lanes)
        if node.op is CONSTANT:
            return number(type, node.attrs["value"].item())  # type: ignore[union-attr]
        if node.op is FULL:
            return number(type, node.attrs["value"])  # type: ignore[arg-type]
        if node.op is EXTENT:
            return self._converted(b.splat(kernel.frame.dim(node.attrs["dim"]), self.lanes), value)  # type: ignore[arg-type]
        _, offset, strides = found
        return self._converted(self.position(offset, strides), value)

    def _converted(self, whole: Operand, value: Value) -> Operand:
        b, type = self.kernel.b, register_type(value.dtype).vector(self.lanes)
        if type.is_float:
            return b.convert("sitofp", whole, type)
        return whole if type.bits == 64 else b.convert("trunc", whole, type)

    def position(self, offset: Dim, strides: Sequence[Dim], lanes: int | None = None) -> Operand:
        """``offset`` plus the index times the stride along each axis: i64 in each lane (``lanes`` 0: in the first)."""
        kernel, b = self.kernel, self.kernel.b
        lanes = self.lanes if lanes is None else lanes
        total = kernel.frame.dim(offset)
        for axis, index in self.where.index.items():
            stride = along(strides, axis)
            if stride != 0:
                total = b.add(total, b.mul(index, kernel.frame.dim(stride)))
        found = b.splat(total, lanes)
        if lanes and kernel.vector is not None and kernel.vector in self.where.index:
            stride = along(strides, kernel.vector)
            if stride != 0:
                found = b.add(found, kernel.steps(stride, lanes))
        return found

    def axis_position(self, axis: int, lanes: int | None = None) -> Operand:
        """Where the kernel stands along an axis of the domain: i64 in each lane."""
        strides: list[Dim] = [0] * self.kernel.rank
        strides[axis] = 1
        return self.position(0, strides, lanes)

    def wide(self, index: Operand, unsigned: bool) -> Operand:
        """An index as i64."""
        if index.type.bits == 64:
            return index
        return self.kernel.b.convert(
            "zext" if unsigned else "sext", index, index.type.with_element(I64)
        )

    def inside(self, index: Operand, extent: Dim) -> Operand:
        """An index counted from the front; one beyond the axis is a fault, and 0."""
        kernel, b = self.kernel, self.kernel.b
        size = b.splat(kernel.frame.dim(extent), index.type.lanes)
        negative = b.compare("slt", index, number(index.type, 0))
        index = b.select(negative, b.add(index, size), index)
        beyond = b.compare("uge", index, size)
        kernel.fault(beyond, self.where.mask if index.type.lanes else None)
        return b.select(beyond, number(index.type, 0), index)

    def _one_hot(self, member: Member, index: Operand) -> Operand:
        b = self.kernel.b
        value = member.node.output
        wide = self.wide(index, member.node.inputs[0].dtype.name == "uint8")
        axis = member.axes[-1]
        here = self.axis_position(axis) if axis is not None else number(wide.type, 0)
        hit = b.compare("eq", wide, here)
        type = register_type(value.dtype).vector(self.lanes)
        return hit if type.element == "i1" else b.select(hit, number(type, 1), number(type, 0))

    def _scattered(self, member: Member, xs: Sequence[Operand]) -> Operand:
        """`scatter_add_along` with one index for each line of the axis."""
        b = self.kernel.b
        base, index, update = xs
        axis: int = member.node.attrs["axis"]  # type: ignore[assignment]
        extent = member.node.inputs[0].shape[axis]
        wide = self.inside(self.wide(index, member.node.inputs[1].dtype.name == "uint8"), extent)
        own = member.axes[axis]
        here = self.axis_position(own) if own is not None else number(wide.type, 0)
        # Of truth values the sum is whether one of them holds.
        both = b.binary("or", base, update) if base.type.element == "i1" else b.add(base, update)
        return b.select(b.compare("eq", wide, here), both, base)
