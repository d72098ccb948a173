"""What one trace gives out as sizes, and what it hears about them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dis import opmap
from math import prod
from operator import is_
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from ....compiler.dispatch import Array
from ....compiler.ir import Dim, product, symbol
from ....compiler.location import caller, in_house
from ....compiler.sizes import Compared, Hint, Observed, Pinned
from ....compiler.sizes.source import loop_at
from ..size import LISTENING, Size
from .length import Length, dim_of, index_of, is_length

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["Lengths"]

_NUMPY = str(Path(np.__file__).parent)
_BETWEEN = (
    __file__,
    str(Path(__file__).with_name("length.py")),
    str(Path(__file__).parent.with_name("size.py")),
)
"""Files whose frames stand between who computes with a size and the size."""


class _Walk:
    """How far a program iterated over an axis.

    Attributes:
        pin: what holds when it came to the end.
    """

    __slots__ = ("deepest", "done", "pin")

    def __init__(self, pin: Pinned) -> None:
        self.pin = pin
        self.deepest = -1
        self.done = False


class Lengths:
    """The sizes that one trace gave out, and what was asked about them."""

    __slots__ = ("_arrays", "_names", "_observed", "_walks", "open")

    def __init__(self) -> None:
        self._observed = Observed()
        self._names: dict[tuple[int, int], str] = {}
        self._arrays: list[Array] = []
        self._walks: list[_Walk] = []
        self.open = True
        LISTENING.append(self)

    def close(self) -> Observed:
        """The trace is over: its sizes are plain numbers from now on. Gives what was asked about them."""
        for walk in self._walks:
            if walk.done:
                self._observed.pinned.append(walk.pin)
            elif walk.deepest >= 0:
                self._observed.compared.append(
                    Compared(walk.pin.site, walk.pin.dim, ">", walk.deepest, True)
                )
        if self.open:
            LISTENING.remove(self)
        self.open = False
        self._arrays = []
        self._walks = []
        return self._observed

    # --- sizes given out ---

    def size(self, array: Array, axis: int) -> Any:
        """The extent of an axis, for whoever called the house."""
        number = array.data.shape[axis]
        return self._new(array, axis, number) if self.open and _by_user(2) else number

    def shape(self, array: Array) -> Size:
        """All extents."""
        shape = array.data.shape
        if not (self.open and _by_user(2)):
            return Size(shape)
        return Size([self._new(array, axis, number) for axis, number in enumerate(shape)])  # type: ignore[misc]

    def numel(self, array: Array) -> Any:
        """The number of elements."""
        shape = array.data.shape
        if not (self.open and _by_user(2)):
            return prod(shape)
        sizes = [self._new(array, axis, number) for axis, number in enumerate(shape)]
        return Length(self, product([s._dim for s in sizes]), prod(shape))

    def pieces(self, array: Array, axis: int, count: int, size: int = 0, parts: int = 0) -> None:
        """The program got a tuple of ``count`` pieces of an axis.

        Args:
            size, parts: how long each piece is, or of how many positions it is one when there are so many parts.
        """
        if self.open and _by_user(2):
            length = self._new(array, axis, array.data.shape[axis])._dim
            each: Dim = (length + (parts - 1)) // parts if parts else size
            found = (length + each - 1) // each
            self._observed.compared.append(Compared(caller(1), found, "==", count, True))

    def spread(self, array: Array, axis: int) -> None:
        """The program got a tuple of all positions of the axis."""
        if self.open and _by_user(2):
            dim = self._new(array, axis, array.data.shape[axis])._dim
            frame = _user(sys._getframe(1))
            loop = loop_at(frame.f_code, frame.f_lasti) is not None
            how = "a tuple has an element for each position"
            self._observed.pinned.append(_pinned(frame, dim, how, loop))

    def told(self, array: Array) -> None:
        """The program learns something else from which the sizes follow."""
        if self.open and _by_user(3):
            frame = _user(sys._getframe(1))
            for axis, number in enumerate(array.data.shape):
                dim = self._new(array, axis, number)._dim
                how = "its memory is asked for"
                self._observed.pinned.append(_pinned(frame, dim, how, False))

    def walk(self, tensor: Tensor) -> Iterator[Tensor]:
        """The positions of the first axis, one by one."""
        array = tensor.array
        number = array.data.shape[0]
        walk: _Walk | None = None
        for i in range(number):
            if walk is None and self.open:
                walk = self._walk(array)
            if walk is not None:
                walk.deepest = i
            yield tensor[i]
        if walk is None and self.open:
            walk = self._walk(array)
        if walk is not None:
            walk.done = True

    def _walk(self, array: Array) -> _Walk | None:
        frame = sys._getframe(2).f_back
        if frame is None or in_house[frame.f_code.co_filename]:
            return None
        dim = self._new(array, 0, array.data.shape[0])._dim
        loop = _is_loop(frame.f_code, frame.f_lasti)
        walk = _Walk(_pinned(frame, dim, "all of it is iterated over", loop))
        self._walks.append(walk)
        return walk

    def _new(self, array: Array, axis: int, number: int) -> Length:
        key = (id(array), axis)
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"p{len(self._names)}"
            self._arrays.append(array)
            self._observed.sizes[name] = number
        return Length(self, symbol(name), number)

    def sliced(self, array: Array, axis: int, bounds: slice) -> None:
        """The program took a slice: Python cuts it off at the ends of the axis."""
        size = self._new(array, axis, array.data.shape[axis])
        for bound in (bounds.start, bounds.stop):
            if bound is None:
                continue
            dim, number = dim_of(bound), index_of(bound)
            past, at = (size._dim + dim, 0) if number < 0 else (size._dim, dim)
            outcome = size._plain < abs(number)
            self._observed.compared.append(Compared(caller(1), past, "<", at, outcome))

    def numbered(self, tree: Any, number: Callable[[int], object]) -> Any:
        """What the program returns, with what ``number`` makes of them in the place of sizes."""
        kind = type(tree)
        if kind is Length:
            self._observed.hints.append(Hint(caller(1), tree._dim))
            return number(tree._plain)
        if kind is Size:
            return Size(
                [x._exactly("it is returned in a shape") if is_length(x) else x for x in tree]
            )
        if kind in (tuple, list):
            parts = [self.numbered(x, number) for x in tree]
            return tree if all(map(is_, parts, tree)) else kind(parts)
        if kind is dict:
            values = {k: self.numbered(v, number) for k, v in tree.items()}
            return tree if all(map(is_, values.values(), tree.values())) else values
        return tree

    # --- what is asked of them ---

    def made(self, dim: Dim, number: int) -> Any:
        """A number computed from sizes."""
        if not self.open or isinstance(dim, int):
            return number
        length = Length(self, dim, number)
        if _by_user():
            return length
        self.taken(length, "")
        return number

    def compare(self, length: Length, relation: str, other: Any, outcome: bool) -> bool:
        """Note a comparison of the program's; what the house compares, the runs themselves show."""
        if self.open and _by_user():
            self._observed.compared.append(
                Compared(caller(1), length._dim, relation, dim_of(other), outcome)
            )
        return outcome

    def taken(self, length: Length, how: str) -> None:
        """Somebody took the plain number: an operation, or the program."""
        if not self.open:
            return
        if not _by_user():
            self._observed.hints.append(Hint(caller(1), length._dim))
        else:
            frame = _user(sys._getframe(1))
            loop = loop_at(frame.f_code, frame.f_lasti, counted=True) is not None
            self._observed.pinned.append(_pinned(frame, length._dim, how, loop))


def _user(frame: FrameType) -> FrameType:
    """The nearest frame outside the house."""
    above: FrameType | None = frame
    while above is not None and in_house[above.f_code.co_filename]:
        above = above.f_back
    return above or frame


def _pinned(frame: FrameType, dim: Dim, how: str, loop: bool) -> Pinned:
    callers: set[CodeType] = set()
    above = frame.f_back if loop else None
    while above is not None:
        callers.add(above.f_code)
        above = above.f_back
    site = (frame.f_code, frame.f_lasti)
    return Pinned(site, dim, how, loop, frozenset(callers), frame.f_globals)


def _by_user(above: int = 1) -> bool:
    """Whether who asks is the program, or a library that it called, rather than the house.

    Args:
        above: how many frames above the caller of this function the one stands whose caller asks.
    """
    frame: FrameType | None = sys._getframe(above + 1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file not in _BETWEEN and not file.startswith(_NUMPY):
            return not in_house[file]
        frame = frame.f_back
    return True


def _is_loop(code: CodeType, lasti: int) -> bool:
    """Whether the instruction is that of a ``for`` loop, or of a comprehension, that takes the next element."""
    return code.co_code[lasti] == opmap["FOR_ITER"]
