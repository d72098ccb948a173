"""The questions of a guard: which parts of which objects have to be what they were."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Container, Iterable
from dataclasses import dataclass
from operator import is_
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from ..dtypes import default
from ..nn.module import Module
from ..optim.optimizer import Optimizer
from ..tensor import Tensor
from .guard import Guard, Step
from .kinds import Kind, kind_of
from .snapshot import ABSENT, Held, Snapshot, same, slots_of, told

__all__ = ["Root", "written"]

_FEW, _MANY = 16, 64
_ALONE = frozenset({Kind.PLAIN, Kind.FIXED, Kind.TENSOR})
"""Objects that hold nothing a guard asks for."""
_LITERAL = (str, int, bool, bytes, type(None))
_READ_AFRESH = frozenset(
    {Kind.SEQUENCE, Kind.MAPPING, Kind.SET, Kind.ARRAY, Kind.BYTES, Kind.METHOD, Kind.PARTIAL}
)
"""Objects that a guard does not hold where a name leads to them directly: it looks at what is there."""


@dataclass(frozen=True, eq=False)
class Root:
    """A name that the run read: where it is looked up, and what it stood for.

    Attributes:
        container: a module's dictionary, a cell, or the object itself.
        name: the key in the dictionary; None for a cell and an object.
        path: what the program calls it.
        root: what kind of name it is.
        before: what it stood for, or `ABSENT`.
    """

    container: Any
    name: str | None
    path: str
    root: str
    before: Any


def written(
    roots: Iterable[Root], snapshot: Snapshot, codes: list[CodeType], ran: Container[int]
) -> Guard:
    """The guard of a run that changed nothing.

    Args:
        roots: the names that it read.
        snapshot: what was reached from there.
        codes: the user's code that ran.
        ran: identities of all code that ran.
    """
    guard = Guard((), codes)
    _Writer(guard, snapshot, ran).write(roots)
    return guard


class _Writer:
    def __init__(self, guard: Guard, snapshot: Snapshot, ran: Container[int]) -> None:
        self.guard = guard
        self.snapshot = snapshot
        self.ran = ran
        self.scope = guard.scope
        self.constants: dict[int, str] = {}
        self.visited: dict[int, str] = {}
        self.pending: deque[tuple[str, str, str, Any, bool]] = deque()
        self.scope.update(same=same, same_parts=_same_parts, type=type, len=len)

    def write(self, roots: Iterable[Root]) -> None:
        self.scope["default"] = default
        kind = self.constant(default.type)
        self.ask(
            "", f"default.type is not {kind}", "the default dtype", "", default.type, "default.type"
        )
        for root in roots:
            what = f"{root.root} `{root.path}`"
            name = root.name or root.path
            if root.name is not None:
                scope = self.constant(root.container)
                if root.before is ABSENT:
                    self.ask(
                        "",
                        f"{root.name!r} in {scope}",
                        what,
                        name,
                        ABSENT,
                        f"{scope}[{root.name!r}]",
                    )
                    continue
                self.value(f"{scope}[{root.name!r}]", what, name, root.before, False)
            else:
                self.value(f"{self.weak(root.before, what)}()", what, name, root.before, False)
        while self.pending:
            self.value(*self.pending.popleft())

    # --- the text ---

    def ask(self, setup: str, fails: str, what: str, name: str, before: Any, now: str) -> None:
        self.guard.steps.append(Step(setup, fails, what, name, told(before), now))

    def constant(self, x: Any) -> str:
        name = self.constants.get(id(x))
        if name is None:
            name = self.constants[id(x)] = f"k{len(self.scope)}"
            self.scope[name] = x
        return name

    def variable(self) -> str:
        name = f"v{len(self.scope)}"
        self.scope[name] = None
        return name

    def weak(self, x: Any, what: str) -> str:
        name = f"w{len(self.scope)}"
        drop = self.guard.drop
        try:
            self.scope[name] = weakref.ref(x, lambda _: drop(what))
        except TypeError:
            self.scope[name] = lambda: x
        return name

    # --- one value ---

    def value(self, place: str, what: str, name: str, before: Any, owned: bool) -> None:
        """Ask whether a place holds what it held, and go on below.

        Args:
            place: the expression that reads it.
            owned: whether the object that it belongs to, which is held weakly, keeps it alive.
        """
        kind = kind_of(before)
        if kind is Kind.PLAIN:
            self.plain(place, what, name, before)
            return
        known = self.visited.get(id(before))
        if known is not None:
            self.ask("", f"{place} is not {known}", what, name, before, place)
            return
        if not owned and kind in _READ_AFRESH:
            held = self.variable()
            exact = self.constant(type(before))
            self.ask(f"{held} = {place}", f"type({held}) is not {exact}", what, name, before, held)
        elif owned or _lives_on(before, kind):
            held = self.constant(before)
            self.ask("", f"{place} is not {held}", what, name, before, place)
        else:
            held = self.variable()
            fails = f"{held} is not {self.weak(before, what)}()"
            self.ask(f"{held} = {place}", fails, what, name, before, held)
        self.visited[id(before)] = held
        if kind is Kind.TENSOR:
            self.tensor(what, before, owned)
        elif kind is not Kind.FIXED:
            self.below(held, what, name, self.snapshot.held[id(before)], owned)

    def plain(self, place: str, what: str, name: str, before: Any) -> None:
        if before is None or before is True or before is False:
            self.ask("", f"{place} is not {before}", what, name, before, place)
            return
        constant = self.constant(before)
        test = f"(x := {place}) is not {constant} and not same(x, {constant})"
        self.ask("", test, what, name, before, place)

    def tensor(self, what: str, tensor: Tensor, owned: bool) -> None:
        path = what.split("`")[1]
        get = (lambda: tensor) if owned else weakref.ref(tensor)
        self.guard.handles.append((path, get))

    def below(self, held: str, what: str, name: str, x: Held, owned: bool) -> None:
        kind = x.kind
        path = what.rstrip("`")
        if kind is Kind.SEQUENCE:
            self.items(held, held, path, name, x.before, owned)
        elif kind is Kind.SET:
            parts = self.constant(frozenset(x.before))
            fails = f"len({held}) != {len(x.before)} or {held} != {parts}"
            self.ask("", fails, what, name, x.object, held)
        elif kind is Kind.MAPPING:
            self.mapping(held, what, name, x, owned)
        elif kind in (Kind.ARRAY, Kind.BYTES):
            self.content(held, what, name, x)
        elif kind is Kind.FUNCTION:
            self.function(held, path, x, owned)
        elif kind in (Kind.METHOD, Kind.PARTIAL, Kind.WRAPPER):
            for part, before in x.before.items():
                self.go(f"{held}.{part}", f"{path}.{part}`", part, before, owned)
        elif kind in (Kind.MODULE, Kind.CLASS):
            scope = self.constant(vars(x.object))
            self.named(scope, path, x, False)
        elif kind is Kind.INSTANCE:
            self.instance(held, path, x)

    def go(self, place: str, what: str, name: str, before: Any, owned: bool) -> None:
        if kind_of(before) is Kind.PLAIN:
            self.plain(place, what, name, before)
        else:
            self.pending.append((place, what, name, before, owned))

    def content(self, held: str, what: str, name: str, x: Held) -> None:
        content = x.before["content"]
        fails = f"{held} != {{}}"
        if x.kind is Kind.ARRAY:
            content = np.frombuffer(content, x.before["dtype"]).reshape(x.before["shape"])
            fails = f"not same({held}, {{}})"
        self.ask("", fails.format(self.constant(content)), what, name, x.object, held)

    def length(self, held: str, what: str, name: str, before: int) -> None:
        fails = f"len({held}) != {before}" if before else held
        self.ask("", fails, f"the length of {what}", name, before, f"len({held})")

    def items(
        self, held: str, values: str, path: str, name: str, parts: dict[Any, Any], owned: bool
    ) -> None:
        """The parts of a list, or of a mapping with plain keys, whose values stand in ``values``."""
        what = f"{path}`"
        kinds = {kind_of(part) for part in parts.values()}
        mapping = values != held
        if not parts:
            self.length(held, what, name, 0)
        elif kinds <= (_ALONE if owned else _ALONE - {Kind.TENSOR}) and (
            not mapping or len(parts) > _FEW
        ):
            if mapping:
                self.together(held, [*parts], what, name, held)
            self.together(values, [*parts.values()], what, name, held)
            for key, part in parts.items():
                self.alone(part, f"{path}[{key!r}]`")
            return
        elif mapping and not owned:
            keys = self.constant([*parts])
            self.ask(
                "", f"[*{held}] != {keys}", f"the keys of {what}", name, [*parts], f"[*{held}]"
            )
        else:
            self.length(held, what, name, len(parts))
        for key, part in parts.items():
            self.go(f"{held}[{key!r}]", f"{path}[{key!r}]`", name, part, owned)

    def together(self, values: str, before: list[Any], what: str, name: str, now: str) -> None:
        """Ask for all of these values at once, and for their number."""
        if len(before) > _MANY:
            self.length(now, what, name, len(before))
            fails = f"not same_parts({values}, {self.constant(before)})"
            self.ask("", fails, what, name, before, now)
            return
        names = [f"x{i}" for i in range(len(before))]
        differ = [self.differ(n, x) for n, x in zip(names, before, strict=True)]
        self.ask(f"{', '.join(names)}, = {values}", " or ".join(differ), what, name, before, now)

    def differ(self, place: str, before: Any) -> str:
        constant = self.constant(before)
        if kind_of(before) is Kind.PLAIN and type(before) not in (bool, type(None)):
            return f"({place} is not {constant} and not same({place}, {constant}))"
        return f"{place} is not {constant}"

    def mapping(self, held: str, what: str, name: str, x: Held, owned: bool) -> None:
        path = what.rstrip("`")
        if all(type(key) in _LITERAL for key in x.before):
            self.items(held, f"{held}.values()", path, name, x.before, owned)
            return
        # Keys that are objects are told apart by identity, in their order.
        keys, values = [*x.before], [*x.before.values()]
        self.together(held, keys, what, name, held)
        if owned:
            self.together(f"{held}.values()", values, what, name, held)
            for value in values:
                self.inside(value, f"{path}[...]`", name)
            return
        listed = self.variable()
        self.ask(f"{listed} = [*{held}.values()]", "False", what, name, x.object, held)
        for i, value in enumerate(values):
            self.go(f"{listed}[{i}]", f"{path}[...]`", name, value, owned)

    def alone(self, value: Any, what: str) -> None:
        """Note a tensor that is known to be the same."""
        if isinstance(value, Tensor) and id(value) not in self.visited:
            self.visited[id(value)] = self.constant(value)
            self.tensor(what, value, True)

    def inside(self, value: Any, what: str, name: str) -> None:
        """Go on below an object that is known to be the same."""
        self.alone(value, what)
        if kind_of(value) not in _ALONE and id(value) not in self.visited:
            held = self.visited[id(value)] = self.constant(value)
            self.below(held, what, name, self.snapshot.held[id(value)], True)

    def function(self, held: str, path: str, x: Held, owned: bool) -> None:
        function: FunctionType = x.object
        before = x.before
        if id(before["__code__"]) not in self.ran:
            return
        code = self.constant(before["__code__"])
        place = f"{held}.__code__"
        self.ask("", f"{place} is not {code}", f"{path}.__code__`", "", before["__code__"], place)
        for name, hung in vars(function).items():
            if self.snapshot.reads(name):
                self.go(f"{held}.__dict__[{name!r}]", f"{path}.{name}`", name, hung, owned)
        for part in ("__defaults__", "__kwdefaults__"):
            if before[part] is not None:
                self.go(f"{held}.{part}", f"{path}.{part}`", part, before[part], owned)
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            if before[name] is not ABSENT:
                place = f"{self.constant(cell)}.cell_contents"
                self.go(place, f"closure variable `{name}`", name, before[name], owned)

    def named(self, scope: str, path: str, x: Held, owned: bool) -> None:
        """The attributes, in a dictionary, that the run can have read."""
        snapshot = self.snapshot
        for name, before in x.before.items():
            if snapshot.reads(name):
                self.go(f"{scope}[{name!r}]", f"{path}.{name}`", name, before, owned)

    def instance(self, held: str, path: str, x: Held) -> None:
        own = getattr(x.object, "__dict__", None)
        slots = dict.fromkeys(slots_of(x.object))
        if own is not None:
            scope = self.constant(own)
            if not isinstance(x.object, (Module, Optimizer)):
                place = f"{held}.__dict__"
                self.ask("", f"{place} is not {scope}", f"{path}.__dict__`", "", own, place)
            # A new attribute may stand before one of the class.
            self.length(scope, f"{path}.__dict__`", "", len(own))
        snapshot = self.snapshot
        for name, before in x.before.items():
            if before is ABSENT or not snapshot.reads(name):
                continue
            place = f"{held}.{name}" if name in slots else f"{scope}[{name!r}]"
            self.go(place, f"{path}.{name}`", name, before, True)
        self.known_class(type(x.object))

    def known_class(self, c: type) -> None:
        """The attributes of an object's class, and of its bases, that the run can have read."""
        for base in c.__mro__:
            held = self.snapshot.held.get(id(base))
            if held is not None and id(base) not in self.visited:
                self.visited[id(base)] = self.constant(base)
                self.below(self.constant(base), held.what, "", held, True)


def _lives_on(x: Any, kind: Kind) -> bool:
    """Whether a name's object is held anyway, or costs nothing to hold."""
    if kind is Kind.FUNCTION:
        return x.__closure__ is None and "<locals>" not in x.__qualname__
    return kind in (Kind.FIXED, Kind.MODULE, Kind.CLASS)


def _same_parts(values: Iterable[Any], expected: list[Any]) -> bool:
    return all(map(is_, values, expected)) or all(map(same, values, expected))
