"""The reference backend: a graph becomes one Python function, written once.

Each node is one line, a call of the operation's own NumPy evaluation, so a run gives the same bits as evaluating the
operations one by one; branches and loops are Python's own around the lines of their regions. What the plan knows is
written into the text: names are deleted when their values die, and a result goes into dead memory where that changes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, cast

import numpy as np

from ..compiler.autodiff.inline import bind_attrs
from ..compiler.control.sizes import attr_symbols
from ..compiler.dispatch.explain import explain
from ..compiler.errors import BifrontError, FeedError, Place, ShapeError
from ..compiler.ir import Graph, Node, TensorType, Value, symbols_of
from ..compiler.ir.dtypes import BY_NUMPY
from .arguments import Arguments
from .binding import Binding
from .executable import Arrays, Executable, Observer, compile
from .generated import function_from
from .numpy_writer import Program, write
from .plan import Plan, make_plan

if TYPE_CHECKING:
    from .buffers import MemoryPlan
    from .profiling.reference import StepClock
    from .timing import Timed


class NumpyExecutable(Executable):
    """A graph as a generated Python function over NumPy.

    Attributes:
        plan: the order, the memory reused and the results copied.
    """

    def __init__(
        self, graph: Graph, observer: Observer | None = None, clock: StepClock | None = None
    ) -> None:
        super().__init__(graph, "numpy")
        # An observer may keep what it sees, so nothing is written into dead memory.
        self.plan = make_plan(graph, reuse=observer is None)
        self.run, self._source = _generate(
            self.plan, self._arguments, self._binding, observer, clock
        )

    @property
    def source(self) -> str:
        return self._source

    def timed(self, kind: str) -> Timed:
        from .profiling.reference import TimedNumpy

        return TimedNumpy(self.graph)

    @property
    def memory(self) -> MemoryPlan:
        from .buffers.reference import memory_of

        return memory_of(self.plan)

    def explain(self, binding: Mapping[str, int] | None = None) -> str:
        from .buffers.reference import peak

        plan, sizes = self.plan, binding or {}
        steps = list(plan.walk())
        inside = len(steps) - len(plan.steps)
        constants = len(plan.constants) + sum(len(b.constants) for s in steps for b in s.blocks)
        symbols = symbols_of(d for s in steps for v in s.node.outputs for d in v.shape)
        where = ", ".join(f"{s} = {sizes.get(s, 1)}" for s in symbols)
        fresh = peak(make_plan(self.graph, reuse=False), sizes)
        return "\n".join(
            (
                f"{self.graph.name} on numpy: {len(steps)} operations"
                + (f" ({inside} of them in branches and loops)" if inside else "")
                + f", {constants} constants",
                f"  written into the memory of dead values: {plan.reused} results",
                f"  copied, so that no memory is shared: {len(plan.copies)} results",
                f"  alive at the worst moment: {peak(plan, sizes):,} bytes "
                f"({fresh:,} without reuse)" + (f" where {where}" if where else ""),
            )
        )


def build(graph: Graph, observer: Observer | None) -> Executable:
    """The executable of a graph on this backend; what `compile` asks for."""
    return NumpyExecutable(graph, observer)


def _generate(
    plan: Plan,
    arguments: Arguments,
    binding: Binding,
    observer: Observer | None,
    clock: StepClock | None = None,
) -> tuple[Callable[..., Arrays], str]:
    def run_region(region: Graph) -> Callable[..., Arrays]:
        return compile(region, "numpy", observer).run

    clocked = None if clock is None else clock.numbered(plan)
    program = write(plan, binding, run_region, observer is not None, clocked)
    helpers = {
        "array": np.array,
        "asarray": np.asarray,
        "begin": clock and clock.begin,
        "clash": _Clash(arguments, binding),
        "empty": np.empty,
        "explained": _Explained(program, arguments, binding),
        "misfit": _misfit,
        "note": clock and clock.note,
        "observe": observer,
        "plain": _Plain(plan.graph, arguments, binding, clock),
        "stack": _stack,
        "unequal": _unequal,
    }
    function = function_from(program.name, program.source, {**program.objects, **helpers})
    return cast("Callable[..., Arrays]", function), program.source


class _Plain:
    """The program that assumes nothing of memory layouts, written when it is first needed."""

    __slots__ = ("_arguments", "_binding", "_clock", "_graph", "_run")

    def __init__(
        self, graph: Graph, arguments: Arguments, binding: Binding, clock: StepClock | None
    ) -> None:
        self._graph = graph
        self._arguments = arguments
        self._binding = binding
        self._clock = clock
        self._run: Callable[..., Arrays] | None = None

    def __call__(self, *arrays: np.ndarray) -> Arrays:
        if self._run is None:
            plan = make_plan(self._graph, reuse=False)
            self._run, _ = _generate(plan, self._arguments, self._binding, None, self._clock)
        return self._run(*arrays)


class _Clash:
    """Raises what is wrong with the sizes of the parameters."""

    __slots__ = ("_arguments", "_binding")

    def __init__(self, arguments: Arguments, binding: Binding) -> None:
        self._arguments = arguments
        self._binding = binding

    def __call__(self, arrays: Sequence[np.ndarray]) -> None:
        self._binding.sizes(self._arguments, arrays)


def _misfit(result: str, other: str, size: int) -> NoReturn:
    raise ShapeError(
        f"{other} is {size} where {result} is 1; the graph was built on the two being equal",
        hint=f"feed the same size for {result} and {other}, or give the axis the size 1 in the graph",
    )


def _unequal(said: str, have: int, dim: str, want: int) -> NoReturn:
    raise ShapeError(
        f"a size that was taken to be {dim} (here {want}) is {said} = {have}"
        if said != str(have)
        else f"a size that was taken to be {dim} (here {want}) is {have}",
        hint=f"give it the size {want}",
    )


def _stack(parts: Sequence[np.ndarray], shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """One row-major array of what the iterations of a loop gave."""
    whole = np.empty((len(parts), *shape), dtype)
    for i, part in enumerate(parts):
        whole[i] = part
    return whole


class _Explained:
    """From an exception in generated code to the error that eager evaluation raises for the same mistake."""

    __slots__ = ("_arguments", "_binding", "_program")

    def __init__(self, program: Program, arguments: Arguments, binding: Binding) -> None:
        self._program = program
        self._arguments = arguments
        self._binding = binding

    def __call__(self, error: Exception) -> Exception:
        frames = _generated(error.__traceback__)
        number, found = frames[-1]
        line = self._program.lines.get(number)
        if line is None:
            return self._at_the_border(error, frames[0][1])
        node = line.node
        sizes = {s: size for s, n in line.sizes.items() if isinstance(size := found.get(n), int)}
        operands = [
            self._actual(v, name, found) for v, name in zip(node.inputs, line.operands, strict=True)
        ]
        better = explain(error, node.op, operands, bind_attrs(node.attrs, sizes), node.location)
        if better is error and not isinstance(error, BifrontError) and node.location is not None:
            # NumPy's own complaint (no memory, say) still tells which line asked for it.
            error.add_note(node.location.render(f"while computing {node.op.name}"))
        if isinstance(better, ShapeError):
            self._name_sizes(better, node, frames[0][1])
        return better

    def _name_sizes(self, error: ShapeError, node: Node, found: Mapping[str, object]) -> None:
        """Say which parameters gave the sizes that do not fit: their lines, and how large they are."""
        names = {s for v in (*node.inputs, *node.outputs) for s in symbols_of(v.shape)}
        names.update(attr_symbols(node))
        arrays = [found.get(name) for name in self._program.parameters]
        given = dict(zip(self._arguments.parameters, arrays, strict=True))
        told: dict[Value, list[str]] = {}
        sizes: dict[str, int] = {}
        for solve in self._binding.solves:
            array = given.get(solve.value)
            if solve.symbol in names and isinstance(array, np.ndarray):
                size = array.shape[solve.axis]
                sizes[solve.symbol] = size
                told.setdefault(solve.value, []).append(f"{solve.value.shape[solve.axis]} = {size}")
        places = [
            Place(
                f"{self._arguments.name(v)} is {v.type}, here with {', '.join(said)}, made here",
                v.location,
            )
            for v, said in told.items()
        ]
        lines = [v.location for v in told]
        error.places = (*(p for p in error.places if p.location not in lines), *places)
        if error.hint is None and len(sizes) == len(set(sizes.values())) == 2:
            error.hint = f"feed the same size for {' and '.join(sizes)}"

    def _actual(self, value: Value, name: str, found: Mapping[str, object]) -> Value:
        """The operand with the type that it had in this run."""
        array = found.get(name, self._program.objects.get(name))
        if not isinstance(array, (np.ndarray, np.generic)):
            return value
        actual = TensorType(BY_NUMPY[array.dtype], array.shape)
        return Value(actual, hint=value.hint, location=value.location)

    def _at_the_border(self, error: Exception, found: Mapping[str, object]) -> Exception:
        if not isinstance(error, BifrontError):
            try:
                self._arguments.check([found[n] for n in self._program.parameters])
            except FeedError as feed:
                return feed
        return error


def _generated(traceback: TracebackType | None) -> list[tuple[int, Mapping[str, object]]]:
    """The line numbers and names of the generated functions in a traceback: the first, and those it called."""
    assert traceback is not None
    file = traceback.tb_frame.f_code.co_filename
    frames: list[tuple[int, Mapping[str, object]]] = []
    while traceback is not None and traceback.tb_frame.f_code.co_filename == file:
        frames.append((traceback.tb_lineno, traceback.tb_frame.f_locals))
        traceback = traceback.tb_next
    return frames
