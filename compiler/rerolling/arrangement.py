"""Views as data: parts of values, in another arrangement or joined, written only when somebody computes with them.

Whether ``x[1:][0]`` or ``x[1]`` was written makes no difference here, and an element of a stack is what was stacked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from ..ir import Dim, Value
from ..ops import RESHAPE

__all__ = [
    "Item", "Joined", "Pick", "View", "cut", "flipped", "join", "shape_of", "shaped", "turned", "whole",
]  # fmt: skip

Shape: TypeAlias = "tuple[int, ...]"


class Pick(NamedTuple):
    """Positions along one axis: ``first``, ``first + step``, ..., ``extent`` of them."""

    first: int
    extent: int
    step: int


@dataclass(frozen=True, slots=True)
class View:
    """Elements of a value.

    Attributes:
        picks: which, along each of its axes.
        axes: the axes of the view: one of the value's along which there are several, or None for one of extent 1.
    """

    base: Value
    picks: tuple[Pick, ...]
    axes: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts one after the other along an axis."""

    parts: tuple[View, ...]
    axis: int


Item: TypeAlias = "View | Joined"


def whole(value: Value) -> View:
    """All of a value, as it is."""
    picks = tuple([Pick(0, _known(d), 1) for d in value.shape])
    axes = tuple([None if p.extent == 1 else a for a, p in enumerate(picks)])
    return View(value, picks, axes)


def shape_of(item: Item) -> Shape:
    if isinstance(item, View):
        return tuple([1 if a is None else item.picks[a].extent for a in item.axes])
    shapes = [shape_of(p) for p in item.parts]
    extent = sum(s[item.axis] for s in shapes)
    return (*shapes[0][: item.axis], extent, *shapes[0][item.axis + 1 :])


def cut(item: Item, starts: Shape, limits: Shape, strides: Shape) -> Item:
    """A slice of every axis."""
    ranges = [range(*r) for r in zip(starts, limits, strides, strict=True)]
    if isinstance(item, View):
        return _picked(item, ranges)
    kept: list[View] = []
    past = 0
    for part in item.parts:
        extent = shape_of(part)[item.axis]
        inside = [p - past for p in ranges[item.axis] if past <= p < past + extent]
        past += extent
        if inside:
            step = inside[1] - inside[0] if len(inside) > 1 else 1
            here = range(inside[0], inside[-1] + 1, step)
            kept.append(_picked(part, [*ranges[: item.axis], here, *ranges[item.axis + 1 :]]))
    return join(kept, item.axis) if kept else _picked(item.parts[0], [range(0)] * len(starts))


def turned(item: Item, perm: Sequence[int]) -> Item:
    """Axes in another order."""
    if isinstance(item, View):
        return replace(item, axes=tuple([item.axes[p] for p in perm]))
    parts = [turned(p, perm) for p in item.parts]
    return join(parts, list(perm).index(item.axis))


def flipped(item: Item, axes: Sequence[int]) -> Item:
    """The order of elements reversed along axes."""
    if isinstance(item, View):
        picks = list(item.picks)
        for axis in axes:
            at = item.axes[axis]
            if at is not None:
                first, count, step = picks[at]
                picks[at] = Pick(first + (count - 1) * step, count, -step)
        return replace(item, picks=tuple(picks))
    parts = [flipped(p, axes) for p in item.parts]
    return join(parts[::-1] if item.axis in axes else parts, item.axis)


def shaped(item: Item, shape: Shape) -> Item | None:
    """The elements under another shape; None where that is more than axes of extent 1 put in or left out.

    Parts may grow together along the axis that they are joined along.
    """
    old = shape_of(item)
    if isinstance(item, View):
        if _solid(old) != _solid(shape):
            return None
        axes: Iterator[int | None] = (a for a in item.axes if a is not None)
        return replace(item, axes=tuple([None if d == 1 else next(axes) for d in shape]))
    at = item.axis
    if _solid(old) == _solid(shape) and old[at] > 1:
        place = len(_solid(old[:at]))
        at = [i for i, d in enumerate(shape) if d != 1][place]
        return _each(item, lambda e: (*shape[:at], e, *shape[at + 1 :]), at)
    more = old[at + 1] if at + 1 < len(old) else 1
    if shape == (*old[:at], old[at] * more, *old[at + 2 :]):
        return _each(item, lambda e: (*shape[:at], e * more, *shape[at + 1 :]), at)
    return None


def join(items: Sequence[Item], axis: int) -> Item:
    """Items one after the other along an axis."""
    parts: list[View] = []
    for item in items:
        if isinstance(item, Joined):
            # Parts along another axis are no parts along this one: the caller writes such an item first.
            assert item.axis == axis
            parts += item.parts
        else:
            parts.append(item)
    return parts[0] if len(parts) == 1 else Joined(tuple(parts), axis)


def _each(item: Joined, shape: Callable[[int], Shape], axis: int) -> Item | None:
    parts = [shaped(p, shape(shape_of(p)[item.axis])) for p in item.parts]
    found = [p for p in parts if p is not None]
    return join(found, axis) if len(found) == len(parts) else None


def _picked(view: View, ranges: Sequence[range]) -> View:
    picks, axes = list(view.picks), list(view.axes)
    for i, chosen in enumerate(ranges):
        at = axes[i]
        if at is None:
            if len(chosen) != 1:  # nothing of it
                return View(
                    view.base, tuple([Pick(0, 0, 1) for _ in picks]), tuple(range(len(axes)))
                )
            continue
        first, _, step = picks[at]
        one = len(chosen) == 1
        picks[at] = Pick(first + chosen.start * step, len(chosen), 1 if one else step * chosen.step)
        if one:
            axes[i] = None
    return _unsplit(View(view.base, tuple(picks), tuple(axes)))


def _unsplit(view: View) -> View:
    """One row of an axis that was split into rows is a part of that axis."""
    node = view.base.producer
    if node is None or node.op is not RESHAPE:
        return view
    old, new = node.inputs[0].shape, view.base.shape
    for at, pick in enumerate(view.picks[:-1]):
        split = (*new[:at], new[at] * new[at + 1], *new[at + 2 :])
        if pick.extent == 1 and old == split:
            first, count, step = view.picks[at + 1]
            start = pick.first * _known(new[at + 1]) + first
            picks = (*view.picks[:at], Pick(start, count, step), *view.picks[at + 2 :])
            axes = [a if a is None or a < at else a - 1 for a in view.axes]
            return View(node.inputs[0], picks, tuple(axes))
    return view


def _solid(shape: Shape) -> Shape:
    return tuple([d for d in shape if d != 1])


def _known(dim: Dim) -> int:
    if not isinstance(dim, int):
        raise TypeError("a loop can be unrolled for known sizes only")
    return dim
