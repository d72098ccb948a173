"""The backward of eager programs that repeat: compiled when the same history comes again.

A training loop builds a history of one structure in every step. `backward` of the eager world interprets it, which
costs several microseconds for each operation of each rule. The structure is a key here (`read`), and a key that keeps
coming gets a program: the same rules, called in the same order on a graph's values instead of on numbers, so that the
cotangents are the same to the bit.

Nothing of the user's is kept: a key holds operations, attributes, types and positions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from ..compiler.dispatch import EMPTY, Array, Building, Damaged, using
from ..compiler.ir import Graph, TensorType, Value
from ..compiler.ir.dtypes import BY_NUMPY
from ..compiler.location import Location
from ..compiler.ops import Kind, Whole, add
from .executable import Executable, compile

if TYPE_CHECKING:
    from ..compiler.ops.op import TensorLike

__all__ = ["History", "Pullback", "known", "read"]

COMPILE_AT = 3
"""How often a key must have come. What runs twice (a test, a warm-up) is not worth a compilation."""
KEPT = 128
"""Keys remembered, with a program or without."""
PATIENCE = 64
"""New keys in a row after which a program is taken to be one that does not repeat."""
RETRY = 16
"""Such a program is looked at again once in so many times."""

_NUMBER, _OUTSIDE, _LEAF, _WANTED = -1, -2, -3, -4
_CONTROL = Kind.CONTROL

Key: TypeAlias = "tuple[object, ...]"


class History:
    """What one value was computed from.

    Attributes:
        order: the values on ways of gradient, operands before results, as `history` gives them.
        outside: the numbers of all other operands, in the order in which operations use them; Python numbers as arrays.
        places: where each value stands in that order.
        key: the structure: equal keys have equal programs.
    """

    __slots__ = ("key", "order", "outside", "places")

    def __init__(
        self,
        order: list[Array],
        outside: list[np.ndarray],
        places: dict[Array, int],
        key: Key,
    ) -> None:
        self.order = order
        self.outside = outside
        self.places = places
        self.key = key


def read(root: Array) -> History | None:
    """The history of a value; None where a program must not stand for it.

    That is where the user is called on the way (functions of the user's, hooks of leaves) or where history was freed.
    """
    places: dict[Array, int] = {}
    order: list[Array] = []
    outside: list[np.ndarray] = []
    key: list[object] = []
    stack = [root]
    if _is_leaf(root):
        return None
    while stack:
        y = stack[-1]
        inputs = y.inputs
        op = y.op
        if type(inputs) is not tuple or op.kind is _CONTROL:  # type: ignore[union-attr]
            return None
        # The type of a result follows from the operation and its operands.
        said: list[object] = [op]
        others: list[np.ndarray] = []
        for x in inputs:
            if type(x) is not Array:
                said.append(_NUMBER)
                dtype = next(a.data.dtype for a in inputs if type(a) is Array)
                others.append(np.asarray(x, dtype))
            elif x.tracked:
                place = places.get(x)
                if place is None:
                    if x.op is not None and x.origin is None:
                        # The first operand that is not known is walked first; then this value is looked at again.
                        stack.append(x)
                        break
                    place = places[x] = len(order)
                    order.append(x)
                    if x.origin is not None and x.origin.hooks is not None:
                        return None
                    key += (_LEAF, x.data.shape, x.data.dtype.num)
                said.append(place)
            else:
                data = x.data
                said += (_OUTSIDE, data.shape, data.dtype.num)
                others.append(data)
        else:
            stack.pop()
            places[y] = len(order)
            order.append(y)
            key += said
            if others:
                outside += others
            if y.attrs is not EMPTY:
                for name, value in y.attrs.items():
                    # Equal zeros of two signs are two numbers.
                    key += (name, value.hex() if type(value) is float else value)
    return History(order, outside, places, tuple(key))


def _is_leaf(array: Array) -> bool:
    return array.op is None or array.origin is not None


class Pullback:
    """A compiled backward.

    Attributes:
        reached: positions in `History.order` of the values whose cotangents it gives, in the order of the results.
        freed: positions of the values whose operands nobody needs after it.
    """

    __slots__ = ("_executable", "_inside", "_outside", "freed", "reached")

    def __init__(
        self,
        executable: Executable,
        inside: list[int],
        outside: list[int],
        reached: list[int],
        freed: list[int],
    ) -> None:
        self._executable = executable
        self._inside = inside
        self._outside = outside
        self.reached = reached
        self.freed = freed

    def __call__(self, history: History) -> tuple[np.ndarray, ...] | None:
        """Cotangents of what is `reached`: new arrays. None where numbers that are needed were overwritten."""
        order, others = history.order, history.outside
        numbers = [order[i].data for i in self._inside]
        numbers += [others[i] for i in self._outside]
        if Damaged in map(type, numbers):
            return None
        return self._executable.run(*numbers)


class _Entry:
    """What is known of a key."""

    __slots__ = ("program", "seen", "used")

    def __init__(self) -> None:
        self.seen = 0
        self.used = 0
        self.program: Pullback | None = None


_entries: dict[Key, _Entry] = {}
_lock = Lock()
_clock = count()


class _Habit:
    """Whether the histories of late repeat one another."""

    __slots__ = ("_misses", "_skipped")

    def __init__(self) -> None:
        self._misses = 0
        self._skipped = 0

    def worth_reading(self) -> bool:
        if self._misses < PATIENCE:
            return True
        self._skipped += 1
        return self._skipped % RETRY == 0

    def note(self, repeated: bool) -> None:
        self._misses = 0 if repeated else self._misses + 1


_habit = _Habit()


def known(
    root: Array, saves: Callable[[Array], bool], wanted: Sequence[Array] | None = None
) -> tuple[Pullback, History] | None:
    """The program for a value's history, and that history; None where there is none (yet).

    Args:
        root: a value of one element; its cotangent is 1.
        saves: whether backward frees the operands of a value. It depends on what the key tells, and on nothing else.
        wanted: the values whose cotangents are asked for; None: all leaves.
    """
    if root.origin is not None or not _habit.worth_reading():
        return None
    history = read(root)
    if history is None:
        return None
    key: Key = history.key
    if wanted is not None:
        key = (*key, _WANTED, *map(history.places.get, wanted))
    try:
        entry = _entries.get(key)
    except TypeError:  # an array among the attributes
        return None
    _habit.note(entry is not None)
    if entry is None:
        _remember(key)
        return None
    entry.used = next(_clock)
    entry.seen += 1
    if entry.seen == COMPILE_AT - 1:
        entry.program = _build(history, saves, wanted)
    program = entry.program
    return None if program is None else (program, history)


def _remember(key: Key) -> None:
    with _lock:
        if len(_entries) >= KEPT:
            # Half of them at once, so that it is done seldom.
            oldest = sorted(_entries, key=lambda k: _entries[k].used)[: KEPT // 2]
            for old in oldest:
                del _entries[old]
        entry = _entries[key] = _Entry()
        entry.used = next(_clock)


def _build(
    history: History, saves: Callable[[Array], bool], wanted: Sequence[Array] | None
) -> Pullback | None:
    """The program; None where nothing gets a cotangent, or a rule fails: the interpreted walk will say why."""
    try:
        return _Builder(history).build(saves, None if wanted is None else set(wanted))
    except Exception:
        return None


class _Builder:
    """Calls the rules as the interpreted walk does, on the values of a graph."""

    def __init__(self, history: History) -> None:
        self.order = history.order
        self.graph = Building("backward")
        # No line of the user's, which would keep the user's code: what fails is done again by the interpreted walk.
        self.graph.at = Location(__file__)
        self.values = {a: self._input(a.data) for a in self.order}
        self.outside = [self._input(data) for data in history.outside]

    def _input(self, data: np.ndarray) -> Value:
        return self.graph.input(TensorType(BY_NUMPY[data.dtype], data.shape))

    def build(
        self, saves: Callable[[Array], bool], wanted: Collection[Array] | None
    ) -> Pullback | None:
        order, outside = self.order, self.outside
        operands = self._operands()
        reached: list[int] = []
        freed: list[int] = []
        results: list[Value] = []
        root = order[-1]
        with using(self.graph):
            gradients: dict[Array, TensorLike] = {
                root: self.graph.constant(np.ones(root.data.shape, root.data.dtype))
            }
            for i in range(len(order) - 1, -1, -1):
                y = order[i]
                g = gradients.pop(y, None)
                if g is None:
                    continue
                op = y.op
                if y.origin is not None if wanted is None else y in wanted:
                    reached.append(i)
                    results.append(cast("Value", g))
                if op is None or y.origin is not None:
                    continue
                rules = op.vjp
                assert rules is not None, "a tracked value's operation has rules"
                assert not isinstance(rules, Whole), "such operations are never evaluated eagerly"
                for j, x in enumerate(y.inputs):
                    if type(x) is Array and x.tracked and (rule := rules[j]) is not None:
                        part = rule(g, self.values[y], *operands[y], **y.attrs)
                        before = gradients.get(x)
                        gradients[x] = part if before is None else add(before, part)
                if saves(y):
                    freed.append(i)
        if not results:
            return None
        # What any rule read, used in the end or not, decides whether overwritten numbers were needed.
        used = {v for node in self.graph.nodes for v in node.inputs} | set(results)
        inside = [i for i, a in enumerate(order) if self.values[a] in used]
        others = [i for i, v in enumerate(outside) if v in used]
        inputs = [self.values[order[i]] for i in inside] + [outside[i] for i in others]
        graph: Graph = self.graph.close(inputs, results)
        return Pullback(compile(graph, "numpy"), inside, others, reached, freed)

    def _operands(self) -> dict[Array, Sequence[Value]]:
        """The operands of each operation; those outside come in the order in which they were read."""
        rest = iter(self.outside)
        return {
            y: [self.values[x] if type(x) is Array and x.tracked else next(rest) for x in y.inputs]
            for y in self.order
            if y.op is not None and y.origin is None
        }
