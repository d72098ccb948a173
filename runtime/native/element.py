"""The computation of a kernel's members at one element, or a vector of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...compiler.fusion import Member, View
from ...compiler.fusion.clusters import is_leaf
from ...compiler.ir import Dim, Value
from ...compiler.ops import (
    CONSTANT,
    EXTENT,
    FULL,
    GATHER,
    ONE_HOT,
    SCATTER_ADD_ALONG,
    TAKE_ALONG,
    Kind,
)
from .domains import Access, Where, along
from .elements import Site, lower, memory_type, register_type
from .emit import I1, I64, Operand, number

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
        if node.op in (GATHER, TAKE_ALONG):
            return self._looked_up(value, member)
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

    def position(self, offset: Dim, strides: Sequence[Dim]) -> Operand:
        """``offset`` plus the index times the stride along each axis: i64 in each lane."""
        kernel, b = self.kernel, self.kernel.b
        total = kernel.frame.dim(offset)
        for axis, index in self.where.index.items():
            stride = along(strides, axis)
            if stride != 0:
                total = b.add(total, b.mul(index, kernel.frame.dim(stride)))
        found = b.splat(total, self.lanes)
        if self.lanes and kernel.vector is not None and kernel.vector in self.where.index:
            stride = along(strides, kernel.vector)
            if stride != 0:
                found = b.add(found, kernel.steps(stride, self.lanes))
        return found

    def _axis_position(self, axis: int) -> Operand:
        strides = [0] * self.kernel.rank
        strides[axis] = 1
        return self.position(0, strides)

    def _wide(self, index: Operand, unsigned: bool) -> Operand:
        """An index as i64."""
        if index.type.bits == 64:
            return index
        return self.kernel.b.convert(
            "zext" if unsigned else "sext", index, index.type.with_element(I64)
        )

    def _inside(self, index: Operand, extent: Dim) -> Operand:
        """An index counted from the front; one beyond the axis is a fault, and 0."""
        kernel, b = self.kernel, self.kernel.b
        size = b.splat(kernel.frame.dim(extent), index.type.lanes)
        negative = b.compare("slt", index, number(index.type, 0))
        index = b.select(negative, b.add(index, size), index)
        beyond = b.compare("uge", index, size)
        kernel.fault(beyond, self.where.mask if index.type.lanes else None)
        return b.select(beyond, number(index.type, 0), index)

    def _looked_up(self, value: Value, member: Member) -> Operand:
        kernel, b = self.kernel, self.kernel.b
        table, _ = member.operands
        assert isinstance(table, View)
        node = member.node
        axis: int = node.attrs["axis"]  # type: ignore[assignment]
        index = self._wide(
            self.operand(value, 1, scalar=True), node.inputs[1].dtype.name == "uint8"
        )
        index = self._inside(index, table.shape[axis])
        # Along the other axes of the table the kernel stands where it stands.
        extra = node.inputs[1].ndim if node.op is GATHER else 1
        strides: list[Dim] = [0] * kernel.rank
        for a, stride in enumerate(table.strides):
            if a != axis:
                own = member.axes[a if a < axis else a + extra - 1]
                if own is not None:
                    strides[own] = stride
        found = (table.base, table.offset, tuple(strides))
        place = kernel.places[table.base]
        type = memory_type(place.dtype)
        step = b.mul(index, b.splat(kernel.frame.dim(table.strides[axis]), index.type.lanes))
        if not index.type.lanes:
            lane = kernel.lane_stride(found, self.lanes)
            pointer = b.offset(kernel.pointer(found, self.where), step, type)
            if lane == 0:
                one = b.load(pointer, type)
                loaded = b.splat(one, self.lanes)
            elif lane == 1:
                vector = type.vector(self.lanes)
                mask = self.where.mask
                loaded = (
                    b.masked_load(pointer, mask, number(vector, 0))
                    if mask is not None
                    else b.load(pointer, vector, type.bits // 8)
                )
            else:
                loaded = kernel.gather(
                    pointer,
                    kernel.steps(lane, self.lanes),
                    type.vector(self.lanes),
                    self.where.mask,
                )
        else:
            pointer = kernel.pointer(found, self.where)
            lane = kernel.lane_stride(found, self.lanes)
            if lane != 0:
                step = b.add(step, kernel.steps(lane, self.lanes))
            loaded = kernel.gather(pointer, step, type.vector(self.lanes), self.where.mask)
        if register_type(place.dtype) is I1:
            return b.compare("ne", loaded, number(loaded.type, 0))
        return loaded

    def _one_hot(self, member: Member, index: Operand) -> Operand:
        b = self.kernel.b
        value = member.node.output
        wide = self._wide(index, member.node.inputs[0].dtype.name == "uint8")
        axis = member.axes[-1]
        here = self._axis_position(axis) if axis is not None else number(wide.type, 0)
        hit = b.compare("eq", wide, here)
        type = register_type(value.dtype).vector(self.lanes)
        return hit if type.element == "i1" else b.select(hit, number(type, 1), number(type, 0))

    def _scattered(self, member: Member, xs: Sequence[Operand]) -> Operand:
        """`scatter_add_along` with one index for each line of the axis."""
        b = self.kernel.b
        base, index, update = xs
        axis: int = member.node.attrs["axis"]  # type: ignore[assignment]
        extent = member.node.inputs[0].shape[axis]
        wide = self._inside(self._wide(index, member.node.inputs[1].dtype.name == "uint8"), extent)
        own = member.axes[axis]
        here = self._axis_position(own) if own is not None else number(wide.type, 0)
        total = b.binary("or", base, update) if base.type.element == "i1" else b.add(base, update)
        return b.select(b.compare("eq", wide, here), total, base)


def is_table(member: Member, i: int) -> bool:
    """Whether an operand is not read element by element: it is looked up, or a matrix of a product."""
    op = member.node.op
    return op.kind is Kind.CONTRACTION or (op in (GATHER, TAKE_ALONG) and i == 0)
