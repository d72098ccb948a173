"""What objects held before a run: copied as the run comes upon them, compared when it is over."""

from __future__ import annotations

import random
import struct
import types
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..optim.optimizer import Optimizer
from ..tensor import Tensor
from .kinds import Kind, kind_of
from .showing import is_plain

__all__ = ["ABSENT", "Held", "Snapshot", "same", "slots_of", "told", "unchanged"]

ABSENT: Any = object()
"""Stands for a name without a value."""

_ITEMS = 10_000
_BYTES = 1 << 20
_OBJECTS = 50_000
# The optimizer's own notes, which no step depends on.
_NOTES = frozenset({"_stepped", "_where"})


def slots_of(x: object) -> Iterator[str]:
    """Names of the slots that an object's classes declare."""
    for c in type(x).__mro__:
        names = vars(c).get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if name not in ("__dict__", "__weakref__"):
                yield f"_{c.__name__.lstrip('_')}{name}" if name.startswith("__") else name


def same(a: Any, b: Any) -> bool:
    """Whether a program cannot tell two plain values apart: by type and value, the sign of zero and NaN included."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b)
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, (tuple, frozenset)):
        if isinstance(a, frozenset):
            return a == b and {*map(type, a)} == {*map(type, b)}
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (np.generic, np.ndarray)):
        return bool(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes())
    if isinstance(a, (int, str, bytes, range, slice, np.dtype)):
        return bool(a == b)
    return False


@dataclass(eq=False)
class Held:
    """An object that the run can reach, with what it held before.

    Attributes:
        object: the object itself.
        path: what the program calls it: ``model.fc.weight``.
        root: what kind of name the path begins with.
        kind: in which way it can change.
        before: a copy of its parts under their names, keys or positions.
    """

    object: Any
    path: str
    root: str
    kind: Kind
    before: dict[Any, Any]

    @property
    def what(self) -> str:
        return f"{self.root} `{self.path}`"


def parts_of(x: Any, kind: Kind) -> dict[Any, Any]:
    """The parts of an object that can change, now."""
    if kind is Kind.SEQUENCE:
        return dict(enumerate(x))
    if kind is Kind.MAPPING:
        return dict(x)
    if kind is Kind.SET:
        return dict.fromkeys(x)
    if kind is Kind.FUNCTION:
        cells = x.__closure__ or ()
        contents = {n: cell_content(c) for n, c in zip(x.__code__.co_freevars, cells, strict=True)}
        own = ("__code__", "__defaults__", "__kwdefaults__")
        hung = {f".{name}": value for name, value in vars(x).items()}
        return {**contents, **{name: getattr(x, name) for name in own}, **hung}
    if kind is Kind.METHOD:
        return {"__func__": x.__func__, "__self__": x.__self__}
    if kind is Kind.WRAPPER:
        return {"__wrapped__": x.__wrapped__}
    if kind is Kind.PARTIAL:
        return {"func": x.func, "args": x.args, "keywords": x.keywords}
    if kind in (Kind.MODULE, Kind.CLASS):
        return dict(vars(x))
    if kind is Kind.ARRAY:
        return {"dtype": x.dtype, "shape": x.shape, "content": x.tobytes()}
    if kind is Kind.BYTES:
        return {"content": bytes(x)}
    if kind is Kind.STREAM:
        return {"state": stream_state(x)}
    if kind is Kind.INSTANCE:
        held = dict(getattr(x, "__dict__", ()))
        for name in slots_of(x):
            held[name] = getattr(x, name, ABSENT)
        if isinstance(x, Optimizer):
            for name in _NOTES:
                held.pop(name, None)
        return held
    return {}


def cell_content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return ABSENT


def stream_state(x: Any) -> str:
    if isinstance(x, random.Random):
        return repr(x.getstate())
    state = x.bit_generator.state if isinstance(x, np.random.Generator) else x.get_state()
    return repr(_whole(state))


def _whole(x: Any) -> Any:
    """NumPy abbreviates long arrays when it prints them."""
    if isinstance(x, dict):
        return {k: _whole(v) for k, v in x.items()}
    if isinstance(x, tuple):
        return [*map(_whole, x)]
    return x.tobytes() if isinstance(x, np.ndarray) else x


class Snapshot:
    """What can be reached from the names that a run reads.

    Attributes:
        held: every object that was come upon, by identity, in the order of discovery.
        unseen: why something that was reached cannot be compared, with its name.
    """

    def __init__(self) -> None:
        self.held: dict[int, Held] = {}
        self.unseen: dict[int, tuple[Held, str]] = {}
        self.names: set[str] = set()
        self.everything = False
        self._waiting: defaultdict[str, list[tuple[Held, Any]]] = defaultdict(list)

    def read(self, names: Iterable[str], anything: bool) -> None:
        """The run may read attributes under these names from now on."""
        if anything and not self.everything:
            self.everything = True
            names = [*names, *self._waiting]
        for name in names:
            if name not in self.names:
                self.names.add(name)
                for held, part in self._waiting.pop(name, ()):
                    self.reach(part, f"{held.path}.{name}", held.root)

    def reads(self, name: str) -> bool:
        """Whether the run may read, or set, attributes under this name."""
        return self.everything or name in self.names

    def reach(self, x: Any, path: str, root: str) -> None:
        """Copy what an object holds, and what is reached from there under the names known so far."""
        pending = [(x, path, root)]
        while pending:
            x, path, root = pending.pop()
            kind = kind_of(x)
            if id(x) in self.held or kind in (Kind.PLAIN, Kind.FIXED) or x is ABSENT:
                continue
            held = self.held[id(x)] = Held(x, path, root, kind, {})
            reason = self._too_much(x, kind)
            if reason:
                self.unseen[id(x)] = held, reason
                continue
            held.before = parts_of(x, kind)
            pending.extend(self._inside(held))

    def _too_much(self, x: Any, kind: Kind) -> str:
        if kind is Kind.CLOSED:
            return f"nobody can see whether a {type(x).__name__} changed"
        if kind in (Kind.SEQUENCE, Kind.MAPPING, Kind.SET) and len(x) > _ITEMS:
            return f"it holds {len(x)} items, too many to compare at each call"
        if kind is Kind.ARRAY and x.nbytes > _BYTES:
            return f"it holds {x.nbytes} bytes, too many to compare at each call"
        if len(self.held) > _OBJECTS:
            return "too many objects are reached from what the function reads"
        return ""

    def _inside(self, held: Held) -> Iterator[tuple[Any, str, str]]:
        path, root, kind = held.path, held.root, held.kind
        if kind is Kind.INSTANCE:
            yield type(held.object), type(held.object).__name__, "class"
        if kind is Kind.CLASS:
            for base in held.object.__mro__[1:]:
                yield base, base.__name__, "class"
        if kind in (Kind.INSTANCE, Kind.MODULE, Kind.CLASS):
            for name, part in held.before.items():
                if self.reads(name):
                    yield part, f"{path}.{name}", root
                elif kind_of(part) not in (Kind.PLAIN, Kind.FIXED):
                    self._waiting[name].append((held, part))
        elif kind is Kind.MAPPING:
            for key, part in held.before.items():
                yield part, f"{path}[{key!r}]" if is_plain(key) else f"{path}[...]", root
        elif kind is Kind.SEQUENCE:
            for i, part in held.before.items():
                yield part, f"{path}[{i}]", root
        elif kind is Kind.FUNCTION:
            closed = held.object.__code__.co_freevars
            for name, part in held.before.items():
                if name in closed:
                    yield part, name, "closure variable"
                elif name.startswith("."):
                    yield part, path + name, root
                else:
                    yield part, f"{path}.{name}", root
        elif kind in (Kind.METHOD, Kind.PARTIAL, Kind.WRAPPER):
            for name, part in held.before.items():
                yield part, f"{path}.{name}", root

    def changes(self) -> Iterator[str]:
        """What is not as it was, in words."""
        for held in self.held.values():
            if id(held.object) in self.unseen or held.kind is Kind.TENSOR:
                continue
            now = parts_of(held.object, held.kind)
            if held.kind in (Kind.ARRAY, Kind.BYTES, Kind.STREAM):
                if now != held.before:
                    yield f"{held.what} was written to"
                continue
            if held.kind is Kind.MAPPING and not all(map(_same_key, held.before, now)):
                yield f"{held.what}: its keys are others, or in another order"
                continue
            for key in {**held.before, **now}:
                if held.kind in (Kind.MODULE, Kind.CLASS) and not self.reads(key):
                    continue
                was, is_ = held.before.get(key, ABSENT), now.get(key, ABSENT)
                if was is not is_ and not unchanged(was, is_):
                    yield f"{held.what}: {_change(held, key, was, is_)}"
                    break


def _same_key(a: Any, b: Any) -> bool:
    return a is b or (is_plain(a) and same(a, b))


def unchanged(a: Any, b: Any) -> bool:
    """Whether a name stands for what it stood for: the same object, or an equal plain value."""
    return a is b or (kind_of(a) is Kind.PLAIN and same(a, b))


def told(x: Any) -> str:
    """A value in a message."""
    if x is ABSENT:
        return "nothing"
    if isinstance(x, Tensor):
        return "a tensor"
    parts = x.values() if isinstance(x, dict) else x if isinstance(x, (list, tuple)) else (x,)
    text = repr(x) if all(map(is_plain, parts)) else f"a {type(x).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def _change(held: Held, key: Any, was: Any, now: Any) -> str:
    name = (
        f".{str(key).lstrip('.')}"
        if held.kind in _NAMED
        else f"[{key!r}]"
        if is_plain(key)
        else "[...]"
    )
    if was is ABSENT:
        return f"{name} is new"
    if now is ABSENT:
        return f"{name} was removed"
    if kind_of(was) is kind_of(now) is not Kind.PLAIN:
        return f"{name} is another {type(now).__name__}"
    return f"{name} was {told(was)}, became {told(now)}"


_NAMED = (Kind.INSTANCE, Kind.MODULE, Kind.CLASS, Kind.FUNCTION, Kind.METHOD, Kind.PARTIAL)
