"""What a function returned, as a recipe by which later runs make the same of other numbers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from ....compiler.dispatch import Array, using
from ....compiler.dispatch.current import current
from ..size import Size
from ..storage import Storage
from ..tensor import Tensor, wrap
from ..views import view_of
from .sources import Source
from .standing import HOLDING, STANDING
from .traced import is_traced

if TYPE_CHECKING:
    from .numbers import Numbers
    from .signature import Call
    from .tracer import Log

__all__ = ["Described", "Recipe", "Unfit", "describe"]

Recipe = Callable[["Call", Sequence[Array]], Any]
"""Makes the result from the call and the values of the outputs."""

_PLAIN = (type(None), bool, int, float, str, bytes, complex, Size)


class Unfit(Exception):
    """Something was returned that cannot be made anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """How to make a result anew.

    Attributes:
        recipe: makes it.
        outputs: the values that it takes, as they were.
        tensors: the new tensors in the result.
        fixed: whether sizes are part of the recipe.
    """

    recipe: Recipe
    outputs: list[Array]
    tensors: list[Tensor]
    fixed: bool


class _Description:
    def __init__(
        self, numbers: Numbers, handles: dict[int, Source], containers: dict[int, Any]
    ) -> None:
        self.numbers = numbers
        self.handles = handles
        self.containers = containers
        self.outputs: list[Array] = []
        self.tensors: list[Tensor] = []
        self.places: dict[int, int] = {}
        self.inside: set[int] = set()
        self.fixed = False

    def of(self, thing: Any) -> Recipe:
        if is_traced(thing):
            return self.number(thing)
        if isinstance(thing, Tensor):
            return self.tensor(thing)
        kind = type(thing)
        if kind in STANDING:
            return self.standing(thing)
        if kind in HOLDING:
            return self.holding(thing)
        if kind in _PLAIN:
            return lambda call, values: thing
        if id(thing) in self.containers:
            raise Unfit("it returns a list or dictionary that it was given")
        if kind is tuple:
            parts = [self.of(x) for x in thing]
            return lambda call, values: tuple([part(call, values) for part in parts])
        if kind is list:
            parts = [self.of(x) for x in thing]
            return lambda call, values: [part(call, values) for part in parts]
        if kind is dict or kind is OrderedDict:
            entries = [(k, self.of(x)) for k, x in thing.items()]
            return lambda call, values: kind([(k, part(call, values)) for k, part in entries])
        if isinstance(thing, tuple) and hasattr(kind, "_fields"):
            parts = [self.of(x) for x in thing]
            return lambda call, values: kind(*[part(call, values) for part in parts])
        if isinstance(thing, (np.generic, type, np.dtype)) or kind.__name__ in ("dtype", "device"):
            return lambda call, values: thing
        if isinstance(thing, np.ndarray) and thing.dtype != object:
            kept = thing.copy()
            return lambda call, values: kept.copy()
        raise Unfit(f"it returns an object of type {kind.__name__}, which only Python can make")

    def number(self, thing: Any) -> Recipe:
        array = self.numbers.value_of(thing)
        if array is None:
            raise Unfit("it returns a number that came out of another trace")
        place = self.output(array)
        kind = thing._kind
        return lambda call, values: kind(values[place].data.item())

    def standing(self, thing: Any) -> Recipe:
        source = self.handles.get(id(thing))
        if source is not None:
            return lambda call, values: source.tensor(call)
        kind = STANDING[type(thing)]
        array = kind.value(thing)
        make, place, order = kind.make, self.output(array), layout(np.asarray(array.data))

        def made(call: Call, values: Sequence[Array]) -> Any:
            array = values[place]
            array.data = arranged(array.data, order)
            return make(array)

        return made

    def holding(self, thing: Any) -> Recipe:
        if id(HOLDING[type(thing)](thing)) not in self.handles:
            raise Unfit(f"it returns a new {type(thing).__name__}")
        held = ref(thing)
        return lambda call, values: held()

    def output(self, array: Array) -> int:
        self.outputs.append(array)
        return len(self.outputs) - 1

    def tensor(self, tensor: Tensor) -> Recipe:
        source = self.handles.get(id(tensor))
        if source is not None:
            return lambda call, values: source.tensor(call)
        if type(tensor) is not Tensor:
            raise Unfit(f"it returns a new {type(tensor).__name__}")
        known = self.places.get(id(tensor))
        if known is not None:
            return lambda call, values: call.made[known]
        storage = tensor.shared
        if storage is not None:
            others = [t for t in storage.tensors() if t is not tensor]
            if any(id(t) not in self.inside and id(t) not in self.handles for t in others):
                raise Unfit("it returns a view of memory that something else sees, too")
            if others and tensor.steps:
                return self.view(tensor, storage, others)
        return self.fresh(tensor, id(tensor), storage is not None)

    def fresh(self, tensor: Tensor, key: int, shared: bool) -> Recipe:
        """A tensor with numbers of its own."""
        number = self.places[key] = len(self.tensors)
        self.tensors.append(tensor)
        place = self.output(tensor.array)
        order = layout(np.asarray(tensor.array.data))
        strided = shared and order is not None

        def make(call: Call, values: Sequence[Array]) -> Tensor:
            array = values[place]
            array.data = arranged(array.data, order)
            made = wrap(array)
            if strided:
                # How it lies in memory can be seen.
                made.shared, made.steps = Storage(array), ()
                made.shared.join(made)
            call.made[number] = made
            return made

        return make

    def view(self, tensor: Tensor, storage: Storage, others: list[Tensor]) -> Recipe:
        """A tensor that shows the memory of another one, or memory that others of the result show, too."""
        steps, tracked = tensor.steps, tensor.array.tracked
        self.fixed = True
        number = self.places[id(tensor)] = len(self.tensors)
        self.tensors.append(tensor)
        base = next((t for t in others if not t.steps), None)
        whole = self.tensor(base) if base is not None else self.memory(storage)

        def make(call: Call, values: Sequence[Array]) -> Tensor:
            made = whole(call, values)
            with using(current().with_grad(tracked)):
                for step in steps:
                    made = view_of(made, step)
            call.made[number] = made
            return made  # type: ignore[no-any-return]

        return make

    def memory(self, storage: Storage) -> Recipe:
        """A tensor that nobody holds, of which several of the result are views."""
        number = self.places.get(id(storage))
        if number is not None:
            return lambda call, values: call.made[number]
        hidden: Tensor = wrap(storage.root)
        return self.fresh(hidden, id(storage), False)


def describe(
    result: Any, log: Log, handles: dict[int, Source], containers: dict[int, Any]
) -> Described:
    """How to make the result anew.

    Args:
        handles: where tensors that were there before the run come from, by their ids.
        containers: lists and dictionaries among the arguments, by their ids.

    Raises:
        Unfit: there is no such recipe.
    """
    found = _Description(log.numbers, handles, containers)
    found.inside = {id(t) for t in _tensors(result)}
    recipe = found.of(result)
    return Described(recipe, found.outputs, found.tensors, found.fixed)


def _tensors(result: Any) -> Iterator[Tensor]:
    stack = [result]
    while stack:
        thing = stack.pop()
        if isinstance(thing, Tensor):
            yield thing
        elif isinstance(thing, (tuple, list)):
            stack.extend(thing)
        elif isinstance(thing, dict):
            stack.extend(thing.values())


def layout(data: np.ndarray) -> tuple[int, ...] | None:
    """The order in which the axes lie in memory; None for the usual one."""
    if data.flags.c_contiguous:
        return None
    order = tuple(sorted(range(data.ndim), key=lambda axis: -abs(data.strides[axis])))
    return None if order == tuple(range(data.ndim)) else order


def arranged(data: np.ndarray, order: tuple[int, ...] | None) -> np.ndarray:
    """The numbers with their axes in this order in memory: what is computed with them later on may depend on it."""
    if order is None:
        return data if data.flags.c_contiguous else np.ascontiguousarray(data)
    moved = data.transpose(order)
    if moved.flags.c_contiguous:
        return data
    back = sorted(range(len(order)), key=order.__getitem__)
    return np.ascontiguousarray(moved).transpose(back)
