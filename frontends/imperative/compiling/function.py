"""`CompiledFunction`: plain Python that runs as graphs where it went before, and as itself everywhere else."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from threading import RLock
from types import MethodType
from typing import Any

from ....compiler.dispatch import Array
from ....compiler.dispatch.current import current
from ....compiler.ir import Graph
from ....runtime.paths import Branch, Diverged, Miss
from ..grad_mode import capturing, is_grad_enabled
from .committing import Ending
from .recording import Recorded, record
from .report import Report, Stats
from .signature import Call, read_call
from .tracer import Tracing
from .variant import Variant

__all__ = ["CompiledFunction"]

OUTCOMES = 8
"""How many different values a line may look at before it is left to Python."""
VARIANTS = 8
"""How many kinds of one call are kept."""


class CompiledFunction:
    """A function compiled as it runs.

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
        self._dynamic = dynamic
        self._name = name or _name_of(function)
        self._variants: dict[Hashable, list[Variant]] = {}
        self._report = Report(self._name)
        self._wild: set[Hashable] = set()
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
        stats = self._report.stats
        stats.calls += 1
        call = read_call(args, kwargs)
        key = (call.key, call.sizes, is_grad_enabled())
        try:
            variants = self._variants.get(key, ())
        except TypeError:
            return self._eagerly("an argument that cannot be compared", args, kwargs)
        missed: tuple[Variant, Miss | None] | None = None
        for variant in variants:
            if not variant.guard.holds():
                continue
            arrays = variant.gather(call)
            if arrays is None:
                continue
            try:
                branch, results = variant.tree.run([a.data for a in arrays])
            except Miss as miss:
                missed = variant, miss
                continue
            except Exception:
                # The Python meets the same error, and says where.
                return self._eagerly(None, args, kwargs)
            assert branch.end is not None
            ending = branch.end.place
            assert isinstance(ending, Ending)
            if not ending.accepts(results):
                continue
            if ending.flow is not None and capturing():
                # Whoever records everything shall see what the gradient goes through.
                return self._eagerly(None, args, kwargs)
            starts = dict(zip(variant.tree.starts.values(), arrays, strict=True))
            values = ending.commit(call, starts, results)
            stats.hits += 1
            self._ran(interpreter, branch, ending, arrays, values)
            return ending.recipe(call, values)
        return self._python(call, key, missed, args, kwargs)

    def _ran(
        self,
        interpreter: Any,
        branch: Branch,
        ending: Ending,
        arrays: list[Array],
        values: list[Array],
    ) -> None:
        """Tell a capture what ran."""
        tell = getattr(interpreter, "ran", None)
        if tell is not None and branch.piece is not None:
            tell(branch.piece.graph, {}, [v.data for v in values])

    def _eagerly(self, reason: str | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._report.stats.eager_runs += 1
        return self._function(*args, **kwargs)

    def _python(
        self,
        call: Call,
        key: Hashable,
        missed: tuple[Variant, Miss] | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Run the Python itself, and let its path join."""
        with self._lock:
            stats = self._report.stats
            stats.misses += 1
            recorded = record(self._name, self._function, call, args, kwargs)
            variants = self._variants.setdefault(key, [])
            if recorded.path is None:
                self._report.refused(recorded)
                return recorded.result
            self._keep(variants, recorded, call, missed)
            return recorded.result

    def _keep(
        self,
        variants: list[Variant],
        recorded: Recorded,
        call: Call,
        missed: tuple[Variant, Miss] | None,
    ) -> None:
        variant = missed[0] if missed is not None else None
        if variant is not None:
            try:
                variant.add(recorded, call)
                self._report.traced(recorded, missed)
                return
            except Diverged:
                pass
        assert recorded.guard is not None
        variant = Variant(self._name, recorded.guard, self._report.compiled)
        variant.add(recorded, call)
        variants.insert(0, variant)
        del variants[VARIANTS:]
        self._report.traced(recorded, None)


def _name_of(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", None) or type(function).__name__.lower()
    return name if name.isidentifier() else "compiled"
