"""What the kernels of all three convolutions share: their operands, scratch memory, and the operations that follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ....compiler.fusion import Cluster, View
from ....compiler.ir import Dim, Value
from ..domains import Axis, Where
from ..element import Element
from ..elements import memory_type
from ..emit import I64, PTR, Builder, Module, Operand, number
from ..loops import LoopKernel
from ..places import Frame, Place, Sizes
from ..products import Tiling
from ..products.kernel import lane_mask
from .geometry import geometry_of
from .images import Image, emit_copy, emit_zeros
from .tile import Level, Tile, emit_tile

__all__ = ["WindowKernel"]

STACK = 1 << 15
"""Bytes of scratch memory up to which the stack has room."""


class WindowKernel(LoopKernel):
    """Writes ``void name(ptr frame, i64 start, i64 stop)``; what the range counts is the subclass's choice.

    The product writes its first output, channels last; what follows it elementwise is done to each part of the output
    as soon as it is finished, and may write others.
    """

    def __init__(
        self,
        cluster: Cluster,
        places: Mapping[Value, Place],
        sizes: Sizes,
        parameters: int,
        tiling: Tiling,
    ) -> None:
        self.product_value = next(iter(cluster.members))
        node = cluster.members[self.product_value].node
        self.type = memory_type(node.inputs[0].dtype)
        super().__init__(cluster, places, sizes, parameters, tiling.lanes(self.type))
        self.lanes = tiling.lanes(self.type)
        self.tiling = tiling
        self.axes = [Axis(d, (a,), False) for a, d in enumerate(cluster.domain)]
        self.vector = self.axes[-1]
        self.geometry = geometry_of(node)
        operands = cluster.members[self.product_value].operands
        self.views = [o for o in operands if isinstance(o, View)]
        own = self.product_value.dtype
        outputs = cluster.outputs
        self.main = next((v for v in outputs if v.dtype is own), outputs[0])
        if self.product_value in outputs:
            self.main = self.product_value
        self.follows = outputs != [self.product_value]
        self.plan()

    # What subclasses write.

    def write(self, module: Module, name: str) -> None:
        self.name = name
        if self.follows:
            self._write_following(module)
        b = self.b = Builder(module, name, [("frame", PTR), ("start", I64), ("stop", I64)])
        frame, start, stop = b.parameters
        self.frame = Frame(b, frame, self.sizes, self.parameters)
        self._owned: list[Operand] = []
        self.body(start, stop)
        for scratch in self._owned:
            b.line(f"call void @free({scratch})")
        b.finish()

    def plan(self) -> None:
        """Choose tiles, and say what the range counts (`split`)."""
        raise NotImplementedError

    def body(self, start: Operand, stop: Operand) -> None:
        raise NotImplementedError

    # Memory.

    def image(self, view: View) -> Image:
        """The images that a view shows, for code that reads them where they lie."""
        strides = [0 if d == 1 else s for d, s in zip(view.shape, view.strides, strict=True)]
        if len(strides) == 3:
            strides.insert(1, 0)
        batch, *rest = strides
        assert all(isinstance(s, int) for s in rest)
        begin = self.frame.address(self.places[view.base], view.offset)
        return Image(begin, batch, *rest)  # type: ignore[arg-type]

    def output(self) -> Operand:
        return self.frame.address(self.places[self.main])

    def scratch(self, elements: int) -> Operand:
        """Memory of this call, aligned, until it returns."""
        b, module = self.b, self.b.module
        needed = -(-elements * self.type.bits // 8 // 64) * 64
        if needed <= STACK:
            return b.alloca(I64, needed // 8)
        module.declare("aligned_alloc", "ptr", [I64, I64])
        module.declare("free", "void", [PTR])
        made = b.at_entry(PTR, f"call ptr @aligned_alloc(i64 64, i64 {needed})")
        self._owned.append(made)
        return made

    def zeros(self, pointer: Operand, count: int) -> None:
        """Write so many zeros."""
        zeros = emit_zeros(self.b.module, self.type, self.lanes)
        self.b.line(f"call void @{zeros}({pointer}, i64 {count})")

    def bordered(self) -> Image:
        """Memory for an image with a border of zeros, channels innermost."""
        (h, w), c = self.geometry.padded, self.geometry.channels
        size = h * w * c
        begin = self.scratch(size)
        self.zeros(begin, size)
        return Image(begin, size, w * c, c, 1)

    def fill(self, source: Operand, lies: Image, bordered: Image, target: Operand) -> None:
        """Copy an image into a border."""
        g = self.geometry
        copy = emit_copy(
            self.b.module, self.type, self.lanes, lies, bordered, (*g.size, g.channels)
        )
        begin = g.before[0] * bordered.row + g.before[1] * bordered.column
        inside = self.at(target, number(I64, 1), begin)
        self.b.line(f"call void @{copy}({source}, {inside})")

    def at(self, pointer: Operand, index: Operand, step: Dim) -> Operand:
        """The address ``index * step`` elements further on."""
        if step == 0 or index.text == "0":
            return pointer
        distance = index if step == 1 else self.b.mul(index, self.frame.dim(step))
        return self.b.offset(pointer, distance, self.type)

    # Loops.

    def pieces(
        self, start: Operand, size: int, step: int, body: Callable[[Operand, int], None]
    ) -> None:
        """``body(index, length)`` for whole steps of an axis, and then for what they leave."""
        b, whole = self.b, size - size % step
        if whole:
            with b.loop(start, number(I64, whole), step, once=start.text == "0") as loop:
                body(loop.index, step)
                loop.give()
        if size % step:
            body(number(I64, whole), size % step)

    def panels(self, columns: int, vectors: int, body: Callable[[Operand, int, int], None]) -> None:
        """``body(first column, vectors, columns)`` for panels of so many vectors, and then for what they leave."""

        def panel(index: Operand, length: int) -> None:
            body(index, -(-length // self.lanes), length)

        self.pieces(number(I64, 0), columns, vectors * self.lanes, panel)

    def tile(
        self,
        rows: Sequence[tuple[int, int]],
        vectors: int,
        columns: int,
        levels: Sequence[Level],
        operands: Sequence[Operand],
        accumulate: Operand,
        sizes: Sequence[Operand] = (),
    ) -> None:
        """Call a tile on the addresses of A, B and C."""
        masked = columns % self.lanes != 0
        made = Tile(
            self.type, self.lanes, tuple(rows), vectors, masked, self.geometry.is_depthwise,
            tuple(levels),
        )  # fmt: skip
        name = emit_tile(self.b.module, made)
        count = number(I64, columns - (vectors - 1) * self.lanes)
        listed = ", ".join(map(str, (*operands, accumulate, count, *sizes)))
        self.b.line(f"call void @{name}({listed})")

    @contextmanager
    def groups(self) -> Iterator[Operand]:
        """A loop over the groups; all at once where each is a lane."""
        g = self.geometry
        if g.groups == 1 or g.is_depthwise:
            yield number(I64, 0)
            return
        with self.b.loop(number(I64, 0), number(I64, g.groups), 1, once=True) as loop:
            yield loop.index
            loop.give()

    # What follows the product.

    def follow(self, ranges: Sequence[tuple[Operand, Operand]]) -> None:
        """Do what follows to the elements of a finished part: a range for each axis of the domain."""
        if self.follows:
            flat = [bound for pair in ranges for bound in pair]
            frame = self.b.parameters[0]
            listed = ", ".join(map(str, (frame, *flat)))
            self.b.line(f"call void @{self.name}_following({listed})")

    def follow_image(self, count: Operand, rows: tuple[Operand, Operand]) -> None:
        """`follow`, of whole rows of one image."""
        *_, columns, channels = self.cluster.domain
        ranges = [(count, self.b.add(count, number(I64, 1))), rows]
        if len(self.cluster.domain) == 3:
            ranges.pop()
        zero = number(I64, 0)
        self.follow([*ranges, (zero, self.frame.dim(columns)), (zero, self.frame.dim(channels))])

    def _write_following(self, module: Module) -> None:
        names = [("frame", PTR)]
        for i in range(len(self.axes)):
            names += [(f"from{i}", I64), (f"to{i}", I64)]
        b = self.b = Builder(module, f"{self.name}_following", names, linkage="internal")
        frame, *bounds = b.parameters
        self.frame = Frame(b, frame, self.sizes, self.parameters)
        self._follow(list(zip(bounds[::2], bounds[1::2], strict=True)), Where())
        b.finish()

    def _follow(self, ranges: list[tuple[Operand, Operand]], where: Where) -> None:
        b = self.b
        (start, stop), *rest = ranges
        axis = self.axes[len(self.axes) - len(ranges)]
        if rest:
            with b.loop(start, stop, 1) as loop:
                self._follow(rest, where.at(axis, loop.index) if axis.size != 1 else where)
                loop.give()
            return
        lanes = self.lanes
        whole = b.sub(stop, number(I64, lanes - 1))
        with b.loop(start, whole, lanes) as loop:
            self._finished(where.at(axis, loop.index))
            loop.give()
        size = self.axes[-1].size
        assert isinstance(size, int)
        if size % lanes:
            count = b.sub(stop, start)
            left = b.binary("and", count, number(I64, lanes - 1))
            with b.when(b.compare("ne", left, number(I64, 0))):
                mask = lane_mask(b, lanes, left)
                self._finished(where.at(axis, b.sub(stop, left), mask))

    def _finished(self, where: Where) -> None:
        value = self.load(self.stores[self.main], where, self.lanes)
        written = self.main if self.main is self.product_value else None
        self.members_at(where, value, written)

    def members_at(self, where: Where, value: Operand, written: Value | None = None) -> None:
        """All members at one vector of elements, given the first one's; stores what is not ``written`` already."""
        at = Element(self, where, {}, {self.product_value: value}, self.lanes)
        for member in self.members:
            if member is not self.product_value:
                at.found[member] = at.compute(member)
        for member in self.stores:
            if member is not written:
                self.store(member, at.found[member], where, self.lanes)
