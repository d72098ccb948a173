"""`CompiledFunction`: plain Python that runs as graphs where it went before, and as itself everywhere else."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable
from threading import RLock
from time import perf_counter
from types import MethodType
from typing import Any

from ....compiler.dispatch import RECORDING, Array
from ....compiler.dispatch.current import Interpreter, current
from ....compiler.errors import BackendError, GraphError, Place
from ....compiler.ir import Graph
from ....runtime.checking.border import LISTENERS, Retraced
from ....runtime.checking.border import tell as tell_checks
from ....runtime.giving_back import give_back
from ....runtime.paths import End, Miss
from ..grad_mode import capturing
from .committing import Ending
from .debuggers import being_debugged
from .growing import Growth
from .quick import quick
from .recorded import Recorded
from .recording import record
from .report import Report, Stats
from .signature import Call, read_call
from .tracer import Tracing
from .variant import Variant

__all__ = ["CompiledFunction"]

MUCH = 1 << 24
"""From so many bytes of values on, computed in one run of the Python, free memory is given back after it."""
_USUAL: object = RECORDING
"""The interpreter that nobody needs to tell anything."""


class CompiledFunction:
    """A function compiled as it runs.

    Where a debugger waits for the lines that run, or takes over in the middle (``breakpoint()``), a call is plain
    Python.

    Attributes:
        stats: how many calls there were, and what became of them.
        graphs: the graphs compiled so far, each once.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        name: str | None = None,
        *,
        fullgraph: bool = False,
        dynamic: bool | None = None,
    ) -> None:
        self._function = function
        self._fullgraph = fullgraph
        self._name = name or _name_of(function)
        self._report = Report(self._name)
        self._growth = Growth(self._name, self._report, dynamic is not False)
        self._lock = RLock()
        functools.update_wrapper(self, function, updated=())

    @property
    def stats(self) -> Stats:
        return self._report.stats

    @property
    def graphs(self) -> tuple[Graph, ...]:
        return tuple(self._report.graphs.values())

    def explain(self) -> str:
        """Every run of the Python, why there was one, and what the compiled paths did since."""
        return self._report.text()

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<compiled {self._name}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        interpreter = current()
        if isinstance(interpreter, Tracing):
            return self._function(*args, **kwargs)
        captured = interpreter is not _USUAL and capturing()
        stats = self._report.stats
        stats.calls += 1
        if being_debugged():
            return self._eagerly("it is being debugged", args, kwargs)
        found = None if kwargs else quick(args, getattr(interpreter, "grad", False))
        full: Call | None = None
        if found is None:
            call = full = read_call(args, kwargs)
            variants = self._growth.variants(call)
        else:
            call, key = found
            variants = self._growth.quick.get(key, ())
            if not variants:
                full = read_call(args, kwargs)
                variants = self._growth.quick[key] = self._growth.variants(full)
        missed: tuple[Variant, Miss] | None = None
        for variant in variants:
            if not variant.guard.holds():
                continue
            if variant.left is not None:
                return self._eagerly(variant.left, args, kwargs)
            arrays = variant.gather(call)
            if arrays is None:
                continue
            exclusive = variant.replaceable(arrays)
            began = perf_counter() - self._report.compiling
            try:
                branch, results = variant.tree.run([a.data for a in arrays], exclusive)
            except Miss as miss:
                missed = missed or (variant, miss)
                continue
            except BackendError:
                # Nothing can be compiled at all; to run the Python for good would hide that.
                raise
            except Exception as error:
                # The Python meets the same error, and says where.
                return self._eagerly(f"{type(error).__name__} in a graph", args, kwargs)
            end: End = branch.end  # type: ignore[assignment]
            ending: Ending = end.place  # type: ignore[assignment]
            replaced = exclusive and end.certain
            if not (replaced or (ending.holds(variant.guard) and ending.accepts(results))):
                continue
            if captured and ending.flow is not None and not ending.steps:
                # Whoever records everything shall see what the gradient goes through.
                return self._eagerly("it is recorded, and its gradient flows on", args, kwargs)
            values = ending.commit(call, variant, arrays, results, replaced, captured)
            stats.hits += 1
            result = ending.recipe(call, values)
            trace = ending.trace
            trace.hits += 1
            trace.spent += perf_counter() - self._report.compiling - began
            if interpreter is not _USUAL:
                tell = getattr(interpreter, "ran", None)
                if tell is not None:
                    graph = variant.tree.whole(branch)
                    tell(graph, variant.binding(arrays), [v.data for v in values])
                    if captured:
                        _forget(values)
            return result
        if missed is not None and self._growth.is_wild(missed[1]):
            return self._eagerly("a line that is left to Python", args, kwargs)
        return self._python(interpreter, full or read_call(args, kwargs), missed, args, kwargs)

    def _eagerly(self, reason: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._report.stats.eager_runs += 1
        self._report.eager[reason] += 1
        return self._function(*args, **kwargs)

    def _python(
        self,
        interpreter: Interpreter,
        call: Call,
        missed: tuple[Variant, Miss] | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Run the Python itself, and let its path join."""
        with self._lock:
            if self._growth.given_up(call) is not None:
                return self._eagerly(self._growth.given_up(call) or "", args, kwargs)
            self._report.stats.misses += 1
            if LISTENERS:
                tell_checks(Retraced(self._name, lambda: (self.stats.calls, self.stats.misses)))
            recorded = record(self._name, self._function, call, args, kwargs, self._growth.dynamic)
            told = self._growth.add(recorded, call, missed)
        if recorded.total >= MUCH:
            # The graph that comes in the place of the Python needs far less memory.
            give_back()
        if told is not None:
            warnings.warn(told, stacklevel=3)
        if self._fullgraph and not recorded.debugged:
            self._require_one(recorded)
        tell = getattr(interpreter, "ran", None)
        flows_on = recorded.flows and not recorded.steps and capturing()
        if tell is not None and recorded.path is not None and not flows_on:
            graph, binding = self._growth.graph_of(recorded)
            tell(graph, binding, recorded.outputs)
            if capturing():
                _forget([t.array for t in read_call((recorded.result,), {}).tensors])
        return recorded.result

    def _require_one(self, recorded: Recorded) -> None:
        refusal = recorded.refusal
        if refusal is not None:
            raise GraphError(
                f"{self._name} cannot be compiled as one graph: {refusal.reason}",
                places=(Place("here", refusal.location),),
            )
        assert recorded.path is not None
        if recorded.path.checks:
            raise GraphError(
                f"{self._name} cannot be compiled as one graph: it goes on by a value that it looks at",
                places=(Place("here", recorded.path.checks[0].location),),
                hint="compile it without fullgraph=True, or compute both ways and choose with torch.where",
            )


def _forget(outputs: Iterable[Array]) -> None:
    """Make the results of a complete run leaves: what was told of it once is not to be recorded again."""
    for array in outputs:
        if array.origin is None:
            array.op, array.inputs = None, ()


def _name_of(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", None) or type(function).__name__.lower()
    return name if name.isidentifier() else "compiled"
