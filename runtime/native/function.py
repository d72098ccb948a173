"""The native function of a graph: a module with one function for each kernel and one that calls them in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compiler.fusion import ClusterKind
from ...compiler.ir import Dim, Expr, product
from .contractions import ProductKernel
from .elements import COSTLY
from .emit import I8, I64, PTR, Builder, Module, Operand, number
from .loops import LoopKernel
from .matrices import matrices
from .places import ARENA, COUNTER, Frame, Place
from .routines import ROUTINES, Site
from .sharing import GRAIN, emit_share
from .steps import Checkpoint, Choice, Fallback, Kernel, Repeat, Routine, Schedule, Step
from .target import NAME, Target
from .whole import WholeKernel
from .windows import KERNELS, WindowKernel

if TYPE_CHECKING:
    from .clock import Clock

FAULTY, FAILED = 1, 2
"""What the function returns where a kernel noted a fault, and where the reference raised an error in a fallback."""


def write(schedule: Schedule, target: Target, clock: Clock | None = None) -> str:
    """The module of a schedule, as LLVM IR; its function is ``i64 run(ptr frame)``.

    Args:
        clock: notes what each part takes.
    """
    module = Module(target.attributes, target.avx512)
    _Writer(schedule, target, module, clock).write()
    return str(module)


class _Writer:
    def __init__(
        self, schedule: Schedule, target: Target, module: Module, clock: Clock | None
    ) -> None:
        self.clock = clock
        self.schedule = schedule
        self.target = target
        self.module = module
        self.count = 0
        self.parameters = len(schedule.graph.parameters)

    def write(self) -> None:
        b = self.b = Builder(self.module, NAME, [("frame", PTR)], I64)
        self.frame = Frame(b, b.parameters[0], self.schedule.sizes, self.parameters)
        b.store(number(I64, 0), self.frame.word(ARENA), 8)
        if self.clock is not None:
            self.clock.begin(b, self.frame)
        self._steps(self.schedule.steps)
        b.finish(b.load(self.frame.word(ARENA), I64))

    def _steps(self, steps: list[Step]) -> None:
        for step in steps:
            if isinstance(step, Kernel):
                self._kernel(step)
            elif isinstance(step, Routine):
                self._routine(step)
            elif isinstance(step, Fallback):
                self._fallback(step)
            elif isinstance(step, Repeat):
                self._repeat(step)
            elif isinstance(step, Choice):
                self._choice(step)
            else:
                assert isinstance(step, Checkpoint)
                self._leave_if(self.b.compare("ne", self._fault(), number(I64, 0)), FAULTY)
            if self.clock is not None:
                self.clock.note(self.b, self.frame, step)

    def _fault(self) -> Operand:
        return self.b.load(self.frame.word(ARENA), I64)

    def _leave_if(self, condition: Operand, status: int) -> None:
        b = self.b
        leave, stay = b.fresh_label("leave"), b.fresh_label("stay")
        b.branch(condition, leave, stay)
        b.label(leave)
        b.line(f"ret i64 {status}")
        b.label(stay)

    # Kernels.

    def _kernel(self, step: Kernel) -> None:
        b = self.b
        kernel = make_kernel(step, self.schedule, self.target)
        self.count += 1
        name = f"kernel{self.count}"
        kernel.write(self.module, name)
        stop = self.frame.dim(kernel.split.size) if kernel.split is not None else number(I64, 1)
        work = _work(kernel)
        if kernel.split is None or (isinstance(work, int) and work < 2 * GRAIN):
            b.line(f"call void @{name}({b.parameters[0]}, i64 0, {stop})")
        else:
            unit = 64 if kernel.split is kernel.vector else kernel.row_unit
            listed = f"{b.parameters[0]}, ptr @{name}, {stop}, i64 {unit}, {self.frame.dim(work)}"
            b.line(f"call void @{emit_share(self.module)}({listed})")
        if isinstance(kernel, WholeKernel):
            b.line(f"call void @{name}_end({b.parameters[0]})")

    def _routine(self, step: Routine) -> None:
        self.count += 1
        name = f"routine{self.count}"
        b = Builder(self.module, name, [("frame", PTR)])
        frame = Frame(b, b.parameters[0], self.schedule.sizes, self.parameters)
        ROUTINES[step.node.op].write(
            Site(b, frame, step.node, step.operands, step.result, step.scratch, self.target.vector_bytes)
        )  # fmt: skip
        b.finish()
        self.b.line(f"call void @{name}({self.b.parameters[0]})")

    # What the reference computes.

    def _fallback(self, step: Fallback) -> None:
        b = self.b
        places: list[Place] = [p for p in (*step.operands, *step.results) if p is not None]
        words = b.alloca(I64, max(len(places), 1))
        for i, place in enumerate(places):
            b.store(self._address(place), b.offset(words, number(I64, i), I64), 8)
        callback = b.load(b.offset(self.frame.word(0), number(I64, 1), I64), PTR, 8)
        status = b.value(
            I64, f"call i64 {callback.text}(i64 {step.index}, {b.parameters[0]}, {words})"
        )
        self._leave_if(b.compare("ne", status, number(I64, 0)), FAILED)

    def _address(self, place: Place) -> Operand:
        """An address that is computed here, where counters have the values of this iteration."""
        b = self.b
        base = self.frame.base(place.buffer)
        offset = self._now(place.offset)
        return b.offset(base, b.mul(offset, number(I64, place.dtype.itemsize)), I8)

    def _now(self, dim: Dim) -> Operand:
        b = self.b
        if isinstance(dim, int):
            return number(I64, dim)
        total = number(I64, 0)
        for monomial, factor in dim.terms:
            counters = [a for a in monomial if isinstance(a, str) and a.startswith(COUNTER)]
            rest = tuple([a for a in monomial if a not in counters])
            part = self.frame.dim(Expr(((rest, factor),)) if rest else factor)
            for name in counters:
                at = b.offset(
                    self.frame.word(ARENA), number(I64, int(name.removeprefix(COUNTER))), I64
                )
                part = b.mul(part, b.load(at, I64))
            total = b.add(total, part)
        return total

    # Control flow.

    def _repeat(self, step: Repeat) -> None:
        b = self.b
        at = b.offset(self.frame.word(ARENA), number(I64, step.counter), I64)
        b.store(number(I64, 0), at, 8)
        head, body, end = b.fresh_label("head"), b.fresh_label("body"), b.fresh_label("end")
        b.jump(head)
        b.label(head)
        position = b.load(at, I64)
        if step.length is not None:
            go = b.compare("slt", position, self._now(step.length))
            b.branch(go, body, end)
        else:
            assert step.condition is not None
            # What went on with something harmless may never come to an end.
            self._leave_if(b.compare("ne", self._fault(), number(I64, 0)), FAULTY)
            if step.maximum is not None:
                more = b.fresh_label("more")
                b.branch(b.compare("slt", position, number(I64, step.maximum)), more, end)
                b.label(more)
            self._steps(step.test)
            b.branch(self._truth(step.condition), body, end)
        b.label(body)
        self._steps(step.body)
        b.store(b.add(b.load(at, I64), number(I64, 1)), at, 8)
        b.jump(head)
        b.label(end)

    def _choice(self, step: Choice) -> None:
        b = self.b
        then, otherwise, end = b.fresh_label("then"), b.fresh_label("else"), b.fresh_label("end")
        b.branch(self._truth(step.condition), then, otherwise)
        for label, steps in ((then, step.then), (otherwise, step.otherwise)):
            b.label(label)
            self._steps(steps)
            b.jump(end)
        b.label(end)

    def _truth(self, place: Place) -> Operand:
        byte = self.b.load(self._address(place), I8)
        return self.b.compare("ne", byte, number(I8, 0))


def make_kernel(step: Kernel, schedule: Schedule, target: Target) -> LoopKernel:
    """The writer of a kernel's function."""
    parameters = len(schedule.graph.parameters)
    narrow = all(v.dtype.itemsize == 8 for v in step.cluster.members)
    lanes = target.vector_bytes // (8 if narrow else 4)
    if step.cluster.kind is ClusterKind.PRODUCT:
        made = KERNELS.get(next(iter(step.cluster.members.values())).node.op)
        if made is not None:
            return made(step.cluster, step.places, schedule.sizes, parameters, target.tiling)
        return ProductKernel(
            step.cluster,
            step.places,
            schedule.sizes,
            parameters,
            lanes,
            target.tiling,
            target.blas_rows(matrices(step.cluster)),
        )
    if step.scratch is not None:
        return WholeKernel(
            step.cluster, step.places, schedule.sizes, parameters, lanes, step.scratch
        )
    return LoopKernel(step.cluster, step.places, schedule.sizes, parameters, lanes)


def _work(kernel: LoopKernel) -> Dim:
    """Roughly how many elementary operations a kernel does."""
    total: Dim = product(kernel.cluster.domain)
    if isinstance(kernel, ProductKernel):
        return total * kernel.depth
    if isinstance(kernel, WindowKernel):
        return kernel.geometry.operations
    each = 0
    for member in kernel.cluster.members.values():
        each += 8 if member.node.op in COSTLY else 1
    return total * each
