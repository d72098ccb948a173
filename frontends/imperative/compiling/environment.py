"""What a function read besides its arguments: closures, globals, and what is reached from there."""

from __future__ import annotations

import builtins
import gc
import json
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any, Self
from weakref import ref

import numpy as np

from ....compiler.location import Location
from ..dtypes import default
from ..printing import _Chosen
from .calls import HARMLESS, is_impure, is_pure
from .debuggers import hands_over
from .effects import Effects, Refusal, shows
from .guard import Guard
from .kinds import Kind, kind_of
from .questions import Root, written
from .reading import Reads, names_in, reads_of, trusted
from .showing import is_output
from .snapshot import ABSENT, Snapshot, stream_state, told, unchanged
from .traced import settle

__all__ = ["Watching"]


class Watching:
    """Watches the run of a function: ``with Watching(function) as watch: function(...)``.

    Every function that runs is noticed, and what it can read is copied before it reads it.

    Args:
        function: what will be called.
        args, kwargs: what it will be called with. Tensors and plain values are the caller's business; of other objects
            (modules, optimizers) it is their identity, while what is reached from them is watched.
        effects: takes note of what the run writes for people.
        released: called when a debugger takes over the run, with the frame that calls it; from then on nothing is
            watched, and nobody may tell what the run read.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        effects: Effects | None = None,
        released: Callable[[FrameType], None] = lambda _: None,
    ) -> None:
        self._released = released
        self._snapshot = Snapshot()
        self._effects = effects if effects is not None else Effects()
        self._roots: dict[tuple[int, str | None], Root] = {}
        self._seen: dict[int, CodeType] = {}
        self._ran: list[CodeType] = []
        self._closures: dict[int, CodeType] = {}
        self._noted: set[int] = set()
        self._refusals: list[Refusal] = []
        self._changes: tuple[str, ...] = ()
        self._begin(function, args, kwargs or {})

    def __enter__(self) -> Self:
        self._randomness = _randomness()
        self._settings = _settings()
        self._before: Any = sys.getprofile()
        # The collector's callbacks are no part of the run.
        self._collecting = gc.isenabled()
        gc.disable()
        self._set = self._listener()
        sys.setprofile(self._set)
        return self

    def __exit__(self, *_: object) -> None:
        if sys.getprofile() is not self._set:
            self._refusals.append(Refusal("it sets a profiler of its own"))
        del self._set  # a cycle
        sys.setprofile(self._before if callable(self._before) else None)
        if self._before is not None and not callable(self._before):
            self._before.enable()  # cProfile's, which is no function
        if self._collecting:
            gc.enable()
        self._effects.finish()
        changes = [*self._snapshot.changes()]
        for root in self._roots.values():
            if root.name is None:
                continue
            now = root.container.get(root.name, ABSENT)
            if not unchanged(root.before, now):
                was = f"was {told(root.before)}, became {told(now)}"
                changes.append(f"{root.root} `{root.path}` {was}")
        for what, a, b in zip(
            ("random", "numpy.random"), self._randomness, _randomness(), strict=True
        ):
            if a != b:
                changes.append(f"the state of {what}")
        for before, after in zip(self._settings, _settings(), strict=True):
            if before[1] is not after[1]:
                changes.append(before[0])
        self._changes = tuple(dict.fromkeys(changes))

    @property
    def ran(self) -> tuple[CodeType, ...]:
        """The code of the functions that ran."""
        return tuple(self._ran)

    def guard(self) -> Guard | Refusal:
        """What a later call has to find as this run found it; or why nobody can tell."""
        if self._refusals:
            return self._refusals[0]
        if self._effects.refusals:
            return self._effects.refusals[0]
        for held, reason in self._snapshot.unseen.values():
            return Refusal(f"it reads {held.what}: {reason}")
        missing = self._unfound()
        if missing is not None:
            where = Location.at(missing.co_filename, missing.co_firstlineno)
            return Refusal(f"what {missing.co_name} closes over could not be found", where)
        if not self._changes:
            made = written(self._roots.values(), self._snapshot, self._ran, self._seen)
            if len(made.steps) > _QUESTIONS:
                return Refusal(
                    f"it reads {len(made.steps)} things, too many to compare at each call"
                )
            return made
        guard = Guard(self._changes)
        guard.handles = [
            (held.path, ref(held.object))
            for held in self._snapshot.held.values()
            if held.kind is Kind.TENSOR
        ]
        return guard

    # --- the run ---

    def _listener(self) -> Callable[[FrameType, str, Any], None]:
        """What hears of every call. There are many, so those that do not matter are told apart at once."""
        seen, noted, effects, before = self._seen, self._noted, self._effects, self._before
        chained = before if callable(before) else None
        known: dict[int, object] = {}
        debugged = False

        def listener(frame: FrameType, event: str, argument: Any) -> None:
            nonlocal debugged
            if chained is not None:
                chained(frame, event, argument)
            if debugged:
                return
            if effects.within is not None:
                effects.watch(frame, event, argument)
            elif event == "call":
                code = frame.f_code
                if id(code) not in seen:
                    seen[id(code)] = code
                    self._entered(frame, code)
                if id(code) in noted and not effects.watch(frame, event, argument):
                    _settle(frame)
            elif event == "c_call":
                kind = type(argument.__self__)
                if kind in HARMLESS or id(argument) in known:
                    return
                if hands_over(argument):
                    debugged = True
                    where = Location.of_code(frame.f_code, frame.f_lasti)
                    self._refusals.append(Refusal("a debugger stops in it", where))
                    self._released(frame)
                    return
                if effects.watch(frame, event, argument):
                    return
                if kind is ModuleType and is_pure(argument) and not is_output(argument):
                    known[id(argument)] = argument
                elif is_impure(argument, frame):
                    self._refuse_call(frame, argument)

        return listener

    def _refuse_call(self, frame: FrameType, function: Any) -> None:
        name = getattr(function, "__qualname__", "?")
        where = Location.of_code(frame.f_code, frame.f_lasti)
        self._refusals.append(Refusal(f"{name}() may do or give something else each time", where))

    def _entered(self, frame: FrameType, code: CodeType) -> None:
        """A function runs for the first time: copy what it can read."""
        if shows(code):
            self._noted.add(id(code))
        if trusted(code.co_filename):
            if code.co_filename.startswith(_STRICT):
                self._noted.add(id(code))
            if code.co_flags & CO_OPTIMIZED:  # not the body of a module that is being imported
                self._snapshot.read(names_in(code), False)
            return
        self._ran.append(code)
        if code.co_freevars:
            self._closures[id(code)] = code
        self._reads(reads_of(code), frame.f_globals)

    def _reads(self, reads: Reads, scope: dict[str, Any]) -> None:
        self._snapshot.read(reads.names, reads.anything)
        for name in sorted(reads.globals):
            if name in scope or not hasattr(builtins, name):
                value = scope.get(name, ABSENT)
                self._root(Root(scope, name, name, "global", value))

    def _root(self, root: Root) -> None:
        key = id(root.container), root.name
        if key not in self._roots:
            self._roots[key] = root
            if root.before is not ABSENT:
                self._snapshot.reach(root.before, root.path, root.root)

    # --- the function itself ---

    def _begin(
        self, function: Callable[..., Any], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> None:
        if isinstance(function, MethodType):
            args = (function.__self__, *args)
            function = function.__func__
        if isinstance(function, FunctionType):
            self._object(function, function.__name__, "function")
        else:
            self._object(function, type(function).__name__, "callable")
        for i, value in enumerate(args):
            self._object(value, _parameter(function, i), "argument")
        for name, value in kwargs.items():
            self._object(value, name, "argument")

    def _object(self, x: object, path: str, root: str) -> None:
        if kind_of(x) not in (Kind.PLAIN, Kind.TENSOR):
            self._root(Root(x, None, path, root, x))

    def _unfound(self) -> CodeType | None:
        """A closure that ran, but that no name leads to, and that the run did not make."""
        known = {
            id(held.object.__code__)
            for held in self._snapshot.held.values()
            if held.kind is Kind.FUNCTION
        }
        for code in self._ran:
            known.update(id(c) for c in code.co_consts if isinstance(c, CodeType))
        return next((c for i, c in self._closures.items() if i not in known), None)


def _parameter(function: object, i: int) -> str:
    code = getattr(function, "__code__", None)
    return code.co_varnames[i] if code is not None and i < code.co_argcount else f"argument {i}"


_STRICT = (
    str(Path(json.__file__).with_suffix("")).removesuffix("__init__"),
    str(Path(random.__file__).with_name("statistics")),
)
"""Libraries that look at the very type of a number."""


def _settle(frame: FrameType) -> None:
    """Give a function that is about to run plain numbers, on which the run depends from here on."""
    scope = frame.f_locals
    for name, value in [*scope.items()]:
        settled = settle(value)
        if settled is not value:
            scope[name] = settled


def _settings() -> tuple[tuple[str, object], ...]:
    """What programs set for all of bifront."""
    return ("the default dtype", default.type), ("how tensors are printed", _Chosen.options)


def _randomness() -> tuple[str, str]:
    return repr(random.getstate()), stream_state(np.random.mtrand._rand)


_QUESTIONS = 5000
"""How many things a guard asks for at most."""
