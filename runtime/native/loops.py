"""Kernels of loops: a cluster of elementwise operations and reductions as nested loops over vectors.

The outer loops run over kept axes. Inside, each *stage* is a pass over the reduced axes: the first computes what does
not need a reduction, the next what needs the first one's, and so on; softmax over rows is three passes over a row that
stays in the nearest cache. The innermost loop handles vectors: along the last axis, whether it is reduced (*by rows*:
the lanes are reduced at the end) or kept (*by columns*: each lane has its own result).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...compiler.fusion import Cluster
from ...compiler.ir import Value
from ...compiler.ops import REDUCE_SUM
from .accesses import Accesses
from .carrying import Reduction, Running, reduction
from .domains import Axis, Where
from .element import Element
from .elements import COSTLY, register_type
from .emit import I64, PTR, Builder, Module, Operand, number
from .passes import stages
from .places import Frame, Place, Sizes
from .vectors import UNROLL, Parts, over_vectors


class LoopKernel(Accesses):
    """Writes the function of a cluster: ``void name(ptr frame, i64 start, i64 stop)``.

    ``start`` and ``stop`` are a range of the outermost loop over a kept axis (`split`), for threads to share.

    Args:
        places: where the bases of views and the outputs lie.
        lanes: elements of a vector.
    """

    def __init__(
        self,
        cluster: Cluster,
        places: Mapping[Value, Place],
        sizes: Sizes,
        parameters: int,
        lanes: int,
    ) -> None:
        super().__init__(cluster, places, sizes, parameters, lanes)
        self.stage = stages(cluster)
        self.kept = [a for a in self.axes if not a.reduced]
        self.inner = [a for a in self.axes if a.reduced]
        self.by_rows = bool(self.axes) and self.axes[-1].reduced
        self.outer = [a for a in self.kept if a is not self.vector]
        self.split: Axis | None = self.kept[0] if self.kept else None
        self._parts: Parts | None = None
        """How the pass that is being written is done in parts."""
        self.aligned = True
        """Whether the loop over vectors stands at multiples of their length."""
        self.row_unit = 1
        """Iterations of the outermost loop that threads do not share."""

    # The function.

    def write(self, module: Module, name: str) -> None:
        b = self.b = Builder(module, name, [("frame", PTR), ("start", I64), ("stop", I64)])
        frame, start, stop = b.parameters
        self.frame = Frame(b, frame, self.sizes, self.parameters)
        self._range = (start, stop)
        self._outer(0, Where())
        b.finish()

    def _bounds(self, axis: Axis) -> tuple[Operand, Operand]:
        return self._range if self._is_cut(axis) else (number(I64, 0), self.frame.dim(axis.size))

    def _is_cut(self, axis: Axis) -> bool:
        """Whether only a part of an axis is this call's."""
        return axis is self.split

    def _outer(self, depth: int, where: Where) -> None:
        if depth < len(self.outer):
            axis = self.outer[depth]
            with self.b.loop(*self._bounds(axis), 1) as loop:
                self._outer(depth + 1, where.at(axis, loop.index))
        elif self.vector is not None and not self.vector.reduced:
            self._vectors(self.vector, where, [], lambda inside, carried: self._stages(inside))
        else:
            self._stages(where)

    def _vectors(
        self,
        axis: Axis,
        where: Where,
        initial: Sequence[Operand],
        body: Callable[[Where, Sequence[Operand]], Sequence[Operand]],
    ) -> Sequence[Operand]:
        start, stop = self._bounds(axis)
        size = axis.size if isinstance(axis.size, int) and not self._is_cut(axis) else None

        def at(
            index: Operand, mask: Operand | None, carried: Sequence[Operand]
        ) -> Sequence[Operand]:
            return body(where.at(axis, index, mask), carried)

        return over_vectors(self.b, self.lanes, start, stop, size, initial, at, self._parts)

    # Stages.

    def _stages(self, where: Where) -> Sequence[Operand]:
        rows: dict[Value, Operand] = {}
        last = max((s for s in self.stage.values()), default=0)
        for stage in range(last + 1):
            self._pass(stage, where, rows)
            for value, member in self.members.items():
                if (
                    self._is_row(value)
                    and self.stage[value] == stage + 1
                    and not member.is_reduction
                ):
                    self._row(value, where, rows)
        return ()

    def _is_row(self, value: Value) -> bool:
        """Whether a member is computed once for all elements that are reduced."""
        member = self.members[value]
        if not self.cluster.reduced:
            return False
        if member.is_reduction:
            return True
        return not any(a in self.cluster.reduced for a in member.axes if a is not None)

    def _row(
        self, value: Value, where: Where, rows: dict[Value, Operand], keep: bool = True
    ) -> None:
        lanes = 0 if self.by_rows else self.lanes
        rows[value] = Element(self, where, rows, {}, lanes).compute(value)
        if keep and value in self.stores:
            self.store(value, rows[value], where, lanes)

    def _pass(self, stage: int, where: Where, rows: dict[Value, Operand]) -> None:
        """One pass over the reduced axes."""
        if stage == 0:
            self._first_rows(where, rows)
        for value, result in self._reduced(stage, where, rows):
            self._finish(value, result, where, rows)

    def _first_rows(self, where: Where, rows: dict[Value, Operand], keep: bool = True) -> None:
        """What is known before anything is reduced, and is the same for all that is."""
        for value, member in self.members.items():
            if self._is_row(value) and self.stage[value] == 0 and not member.is_reduction:
                self._row(value, where, rows, keep)

    def _reduced(
        self, stage: int, where: Where, rows: Mapping[Value, Operand]
    ) -> list[tuple[Value, Operand]]:
        """Go over the reduced axes; gives what each reduction of this pass accumulated."""
        reductions = [
            v for v, m in self.members.items() if m.is_reduction and self.stage[v] == stage + 1
        ]
        wanted = [
            v for v in self.members
            if not self._is_row(v) and self.stage[v] == stage and v in self.stores
        ]  # fmt: skip
        if not reductions and not wanted:
            return []
        order = self._needed(stage, reductions, wanted)
        vector = self.lanes if self.vector is not None else 0

        running = {v: Running(self, v) for v in order if self.members[v].is_running}
        gathering = {v: reduction(self, v) for v in reductions}
        carriers: dict[Value, Running | Reduction] = {**running, **gathering}

        def element(inside: Where, carried: Sequence[Operand]) -> Sequence[Operand]:
            at = Element(self, inside, rows, {}, vector, stage)
            before = split(carried)
            after: dict[Value, Sequence[Operand]] = {}
            for value in order:
                if value in running:
                    after[value] = running[value].step(at, before[value])
                else:
                    at.found[value] = at.compute(value)
            # Only now: a state may lie where another member has just read the old one.
            for value in wanted:
                self.store(value, at.found[value], inside, vector)
            for value in reductions:
                after[value] = gathering[value].step(at, before[value])
            return [one for v in initial for one in after[v]]

        initial = {v: one.initial(vector) for v, one in carriers.items()}

        def split(carried: Sequence[Operand]) -> dict[Value, list[Operand]]:
            rest = iter(carried)
            return {v: [next(rest) for _ in first] for v, first in initial.items()}

        def joined(x: Sequence[Operand], y: Sequence[Operand]) -> Sequence[Operand]:
            first, second = split(x), split(y)
            return [one for v in reductions for one in gathering[v].join(first[v], second[v])]

        several = self.by_rows and bool(reductions) and not running
        # Where much is computed at each element, the sums hardly wait; two vectors keep the units busier than one.
        costly = any(self.members[v].node.op in COSTLY for v in order)
        flat = [one for first in initial.values() for one in first]
        self._parts = Parts(tuple(flat), joined, 2 if costly else UNROLL) if several else None
        results = split(self._over(self.inner, where, flat, element))
        return [(v, one.result(results[v])) for v, one in gathering.items()]

    def _finish(
        self, value: Value, result: Operand, where: Where, rows: dict[Value, Operand]
    ) -> None:
        """What was accumulated becomes the reduction's value."""
        wanted = register_type(value.dtype)
        if self.members[value].node.op is REDUCE_SUM and result.type.is_float:
            result = self._of_nothing(result)
        if result.type.element != wanted.element:
            result = self.b.convert("fptrunc", result, result.type.with_element(wanted))
        rows[value] = result
        if value in self.stores:
            self.store(value, result, where, 0 if self.by_rows else self.lanes)

    def _over(
        self,
        axes: Sequence[Axis],
        where: Where,
        initial: Sequence[Operand],
        element: Callable[[Where, Sequence[Operand]], Sequence[Operand]],
    ) -> Sequence[Operand]:
        """Loops over the reduced axes around an element (or around nothing but one)."""
        if not axes:
            if self.vector is not None and self.vector not in where.index:
                return self._vectors(self.vector, where, initial, element)
            return element(where, initial)
        axis, *rest = axes
        if axis is self.vector:
            return self._vectors(axis, where, initial, element)
        with self.b.loop(*self._bounds(axis), 1, *initial) as loop:
            loop.give(*self._over(rest, where.at(axis, loop.index), loop.carried, element))
        return loop.results

    def _of_nothing(self, total: Operand) -> Operand:
        """A sum began with -0.0; that of no elements at all is 0.0."""
        open_ = [a.size for a in self.inner if not isinstance(a.size, int) or a.size == 0]
        for size in open_:
            empty = self.b.compare("eq", self.frame.dim(size), number(I64, 0))
            if total.type.lanes:
                empty = self.b.splat(empty, total.type.lanes)
            total = self.b.select(empty, number(total.type, 0.0), total)
        return total

    def _needed(
        self, stage: int, reductions: Sequence[Value], wanted: Sequence[Value]
    ) -> list[Value]:
        """The whole-domain members that a pass computes, in order: again, where an earlier pass did not keep them."""
        needed = set(wanted)
        pending = [*wanted, *reductions]
        while pending:
            for operand in self.members[pending.pop()].operands:
                if (
                    isinstance(operand, Value)
                    and operand not in needed
                    and not self._is_row(operand)
                    and not self.is_kept(operand, stage)
                ):
                    needed.add(operand)
                    pending.append(operand)
        return [v for v in self.members if v in needed]

    def is_kept(self, value: Value, stage: int) -> bool:
        """Whether an earlier pass stored it, so that it is read again."""
        return value in self.stores and self.stage[value] < stage
