"""Kernels that reduce everything: in blocks, so that threads can share what has no kept axis to be cut along.

Each block leaves one number for each reduction; a second function makes one of them, in order. The blocks depend on
sizes alone, so results are the same for any number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.fusion import Cluster, ClusterKind
from ...compiler.fusion.reducing import POSITIONS
from ...compiler.ir import Dim, Value, product
from .domains import Axis, Where
from .elements import memory_type, register_type
from .emit import I1, I64, PTR, Builder, Module, Operand, number
from .loops import LoopKernel
from .passes import stages
from .places import Buffer, Frame, Place, Sizes
from .reducing import accumulator, combine
from .vectors import UNROLL

BLOCKS = 64
"""Into how many blocks the outermost axis is cut at most."""
SHORT = 1 << 12
"""Elements of a block of one axis, at least."""
WORD = 8
"""Bytes kept for what a block leaves."""


def reduces_everything(cluster: Cluster) -> bool:
    """Whether a cluster is one pass over long axes, all of which are reduced."""
    size = product(cluster.domain)
    if cluster.kind is not ClusterKind.LOOP or not cluster.reduced:
        return False
    if isinstance(size, int) and size < 2 * SHORT:
        return False
    if any(d != 1 and a not in cluster.reduced for a, d in enumerate(cluster.domain)):
        return False
    if any(m.is_running or m.node.op in POSITIONS for m in cluster.members.values()):
        return False
    stage = stages(cluster)
    return all(
        stage[value] == (1 if member.is_reduction else 0)
        for value, member in cluster.members.items()
        if member.is_reduction
        or not cluster.reduced.isdisjoint(a for a in member.axes if a is not None)
    )


def scratch_bytes(cluster: Cluster) -> int:
    """Memory for what the blocks leave."""
    return WORD * BLOCKS * sum(m.is_reduction for m in cluster.members.values())


class WholeKernel(LoopKernel):
    """Writes ``void name(ptr frame, i64 start, i64 stop)`` for a range of blocks, and ``void name_end(ptr frame)``.

    Args:
        scratch: `scratch_bytes` of memory.
    """

    def __init__(
        self,
        cluster: Cluster,
        places: Mapping[Value, Place],
        sizes: Sizes,
        parameters: int,
        lanes: int,
        scratch: Buffer,
    ) -> None:
        super().__init__(cluster, places, sizes, parameters, lanes)
        self.scratch = scratch
        self.cut = self.axes[0]
        self.split = Axis(BLOCKS, (), reduced=False)
        self.slots = {
            v: WORD * BLOCKS * i
            for i, v in enumerate(v for v, m in cluster.members.items() if m.is_reduction)
        }

    def _is_cut(self, axis: Axis) -> bool:
        return axis is self.cut

    def write(self, module: Module, name: str) -> None:
        b = self.b = Builder(module, name, [("frame", PTR), ("start", I64), ("stop", I64)])
        frame, start, stop = b.parameters
        self.frame = Frame(b, frame, self.sizes, self.parameters)
        chunk = self._chunk(self.cut.size)
        size = self.frame.dim(self.cut.size)
        with b.loop(start, stop, 1) as loop:
            begin = b.intrinsic("smin", I64, b.mul(loop.index, chunk), size)
            self._range = begin, b.intrinsic("smin", I64, b.add(begin, chunk), size)
            rows: dict[Value, Operand] = {}
            self._first_rows(Where(), rows, keep=False)
            for value, left in self._reduced(0, Where(), rows):
                if left.type is I1:
                    left = b.convert("zext", left, memory_type(value.dtype))
                b.store(left, self._slot(value, loop.index), WORD)
        b.finish()
        self._write_end(module, f"{name}_end")

    def _chunk(self, size: Dim) -> Operand:
        """How far a block goes along the axis that is cut."""
        b = self.b
        whole = self.frame.dim(size)
        chunk = b.binary("sdiv", b.add(whole, number(I64, BLOCKS - 1)), number(I64, BLOCKS))
        if self.cut is not self.vector:
            return b.intrinsic("smax", I64, chunk, number(I64, 1))
        unit = UNROLL * self.lanes
        chunk = b.binary("and", b.add(chunk, number(I64, unit - 1)), number(I64, -unit))
        return b.intrinsic("smax", I64, chunk, number(I64, SHORT))

    def _slot(self, value: Value, block: Operand) -> Operand:
        b = self.b
        row = self.frame.base(self.scratch)
        return b.offset(b.offset(row, number(I64, self.slots[value] // WORD), I64), block, I64)

    def _write_end(self, module: Module, name: str) -> None:
        """One number of those that the blocks left, and what is computed with it."""
        b = self.b = Builder(module, name, [("frame", PTR)])
        self.frame = Frame(b, b.parameters[0], self.sizes, self.parameters)
        rows: dict[Value, Operand] = {}
        self._first_rows(Where(), rows)
        for value in self.slots:
            op = self.members[value].node.op
            register = accumulator(register_type(value.dtype))
            memory = memory_type(value.dtype) if register is I1 else register
            first = b.load(self._slot(value, number(I64, 0)), memory, WORD)
            with b.loop(number(I64, 1), number(I64, BLOCKS), 1, first, once=True) as loop:
                left = b.load(self._slot(value, loop.index), memory, WORD)
                (sofar,) = loop.carried
                if register is I1:
                    sofar, left = (b.compare("ne", x, number(memory, 0)) for x in (sofar, left))
                found = combine(b, op, sofar, left, value.dtype.name == "uint8")
                loop.give(b.convert("zext", found, memory) if register is I1 else found)
            (result,) = loop.results
            if register is I1:
                result = b.compare("ne", result, number(memory, 0))
            self._finish(value, result, Where(), rows)
        for value, member in self.members.items():
            if self._is_row(value) and self.stage[value] > 0 and not member.is_reduction:
                self._row(value, Where(), rows)
        b.finish()
