"""What a kernel reads and writes: where the elements lie at which it stands, and the loads and stores for them."""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.fusion import Cluster, View
from ...compiler.fusion.reading import DRAWN, is_table
from ...compiler.ir import Dim, Value
from .domains import Access, Axis, Where, access, along, loops, stored
from .drawing import Stream
from .elements import memory_type, register_type
from .emit import I1, I64, PTR, Builder, Operand, Type, number
from .lookups import LOOKED_UP, table_access
from .places import Frame, Place, Sizes
from .vectors import iota


class Accesses:
    """The accesses of a cluster's kernel.

    Args:
        places: where the bases of views and the outputs lie.
        lanes: elements of a vector.
    """

    b: Builder
    frame: Frame

    def __init__(
        self,
        cluster: Cluster,
        places: Mapping[Value, Place],
        sizes: Sizes,
        parameters: int,
        lanes: int,
    ) -> None:
        self.cluster = cluster
        self.places = places
        self.sizes = sizes
        self.parameters = parameters
        self.rank = len(cluster.domain)
        self.members = cluster.members
        self.stores = {
            v: stored(v, cluster.members[v], self.rank, places[v].strides) for v in cluster.outputs
        }
        self.reads: dict[tuple[Value, int], Access] = {}
        for value, member in cluster.members.items():
            for i, operand in enumerate(member.operands):
                if isinstance(operand, View) and not is_table(member.node, i):
                    self.reads[value, i] = access(operand, member, self.rank)
        self.tables = {
            v: table_access(m, self.rank) for v, m in self.members.items() if m.node.op in LOOKED_UP
        }
        """The tables, by where the kernel stands: from there indices lead to the element."""
        self.drawn = {
            v: stored(v, m, self.rank) for v, m in self.members.items() if m.node.op in DRAWN
        }
        """How random numbers follow each other in their stream."""
        self.streams: dict[object, Stream] = {}
        accesses = [self.reads, self.stores, self.tables, self.drawn]
        self.axes = loops(cluster, [a for one in accesses for a in one.values()])  # type: ignore[attr-defined]
        self.vector: Axis | None = self.axes[-1] if self.axes else None
        self.lanes = lanes if self.vector is not None else 0

    def pointer(self, found: Access, where: Where) -> Operand:
        """The address of the element (of the first lane) where the kernel stands."""
        base, offset, strides = found
        b, place = self.b, self.places[base]
        type = memory_type(place.dtype)
        pointer = self.frame.address(place, offset)
        for axis, index in where.index.items():
            stride = along(strides, axis)
            if stride == 0:
                continue
            step = index if stride == 1 else b.mul(index, self.frame.dim(stride))
            # Not said to be within bounds: of a piece of a value the other lanes are masked.
            pointer = b.value(PTR, f"getelementptr {type}, {pointer}, {step}")
        return pointer

    def lane_stride(self, found: Access, lanes: int) -> Dim:
        return along(found[2], self.vector) if lanes and self.vector is not None else 0

    def load(self, found: Access, where: Where, lanes: int, scalar: bool = False) -> Operand:
        """The elements where the kernel stands; one where they are the same in each lane and ``scalar`` is wanted."""
        b, place = self.b, self.places[found[0]]
        type, register = memory_type(place.dtype), register_type(place.dtype)
        pointer = self.pointer(found, where)
        stride = self.lane_stride(found, lanes)
        if stride == 0:
            value = b.load(pointer, type)
            value = b.compare("ne", value, number(type, 0)) if register is I1 else value
            return value if scalar else b.splat(value, lanes)
        vector = type.vector(lanes)
        if stride == 1 and where.mask is not None:
            value = b.masked_load(pointer, where.mask, number(vector, 0))
        elif stride == 1:
            value = b.load(pointer, vector, type.bits // 8)
        elif stride == -1:
            value = self._backwards(pointer, vector, where.mask)
        else:
            value = self.gather(pointer, self.steps(stride, lanes), vector, where.mask)
        return b.compare("ne", value, number(vector, 0)) if register is I1 else value

    def _backwards(self, pointer: Operand, vector: Type, mask: Operand | None) -> Operand:
        """Elements that lie before one another: a vector that ends at the pointer, turned round."""
        b, turned = self.b, range(vector.lanes)[::-1]
        first = b.value(PTR, f"getelementptr {vector.scalar}, {pointer}, i64 {1 - vector.lanes}")
        if mask is None:
            value = b.load(first, vector, vector.bits // 8)
        else:
            value = b.masked_load(first, b.shuffle(mask, mask, turned), number(vector, 0))
        return b.shuffle(value, value, turned)

    def steps(self, stride: Dim, lanes: int) -> Operand:
        """How far each lane is from the first, in elements."""
        return self.b.mul(iota(self.lanes), self.b.splat(self.frame.dim(stride), lanes))

    def gather(
        self, pointer: Operand, steps: Operand, vector: Type, mask: Operand | None
    ) -> Operand:
        b = self.b
        pointers = b.value(
            PTR.vector(steps.type.lanes), f"getelementptr {vector.scalar}, {pointer}, {steps}"
        )
        if mask is None:
            mask = number(I1.vector(steps.type.lanes), True)
        name = b.module.declare(
            f"llvm.masked.gather.{vector.suffix}.{pointers.type.lanes and f'v{pointers.type.lanes}p0'}",
            vector.text,
            [pointers.type, mask.type, vector],
        )
        align = vector.bits // 8
        return b.value(
            vector,
            f"call {vector} @{name}({pointers.type} align {align} {pointers.text}, {mask}, {number(vector, 0)})",
        )

    def store(self, value: Value, operand: Operand, where: Where, lanes: int) -> None:
        b = self.b
        found = self.stores[value]
        memory = memory_type(self.places[value].dtype)
        if register_type(value.dtype) is I1:
            operand = b.convert("zext", operand, operand.type.with_element(memory))
        pointer = self.pointer(found, where)
        stride = self.lane_stride(found, lanes)
        if not operand.type.lanes or (stride == 1 and where.mask is None):
            b.store(operand, pointer, memory.bits // 8)
        elif stride == 1:
            assert where.mask is not None
            b.masked_store(operand, pointer, where.mask)
        else:
            steps = self.steps(stride, lanes)
            pointers = b.value(PTR.vector(lanes), f"getelementptr {memory}, {pointer}, {steps}")
            mask = where.mask or number(I1.vector(lanes), True)
            name = b.module.declare(
                f"llvm.masked.scatter.{operand.type.suffix}.v{lanes}p0", "void",
                [operand.type, pointers.type, mask.type],
            )  # fmt: skip
            b.line(
                f"call void @{name}({operand}, {pointers.type} align {memory.bits // 8} {pointers.text}, {mask})"
            )

    def fault(self, condition: Operand, mask: Operand | None) -> None:
        """Note that the reference would raise an error here."""
        b = self.b
        if condition.type.lanes:
            if mask is not None:
                condition = b.binary("and", condition, mask)
            condition = b.intrinsic("vector.reduce.or", I1, condition, suffix=condition.type.suffix)
        with b.when(condition):
            b.store(number(I64, 1), self.frame.word(1), 8)
