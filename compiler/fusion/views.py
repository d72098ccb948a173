"""Views: values that are other values' memory, seen through strides.

Movement operations do no work where a stride says it all: a transpose permutes strides, a broadcast makes one 0, a
slice moves the offset, a flip negates one. What has memory of its own lies row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..ir import Dim, Node, Shape, Value
from ..ops import BROADCAST_TO, FLIP, RESHAPE, SLICE, STOP_GRADIENT, TRANSPOSE


@dataclass(frozen=True, slots=True)
class View:
    """Element ``(i, j, ...)`` is element ``offset + i * strides[0] + j * strides[1] + ...`` of the base.

    Attributes:
        base: a value that has memory of its own, row-major.
        offset, strides: in elements.
    """

    base: Value
    offset: Dim
    strides: tuple[Dim, ...]
    shape: Shape

    @classmethod
    def whole(cls, value: Value) -> View:
        return cls(value, 0, row_major(value.shape), value.shape)

    @property
    def is_contiguous(self) -> bool:
        """Whether the elements lie row by row without gaps."""
        wanted = row_major(self.shape)
        return all(
            d == 1 or have == want
            for d, have, want in zip(self.shape, self.strides, wanted, strict=True)
        )

    def broadcast(self, shape: Shape) -> View:
        """Aligned at the last axis; axes of size 1 and new ones get the stride 0.

        An axis that is not known to be 1 or the wanted size is taken to be the wanted size.
        """
        lead = len(shape) - len(self.shape)
        kept = [
            0 if have == 1 and want != 1 else stride
            for have, want, stride in zip(self.shape, shape[lead:], self.strides, strict=True)
        ]
        return View(self.base, self.offset, (*(0 for _ in range(lead)), *kept), shape)

    def reshape(self, shape: Shape) -> View | None:
        """None where strides cannot say it, so that the elements must be copied."""
        if self.is_contiguous:
            return View(self.base, self.offset, row_major(shape), shape)
        # Axes of size 1 come and go; the others must stay as they are.
        solid = [(d, s) for d, s in zip(self.shape, self.strides, strict=True) if d != 1]
        if [d for d, _ in solid] != [d for d in shape if d != 1]:
            return None
        rest = iter(solid)
        strides = tuple([0 if d == 1 else next(rest)[1] for d in shape])
        return View(self.base, self.offset, strides, shape)


def row_major(shape: Sequence[Dim]) -> tuple[Dim, ...]:
    """The strides, in elements, of an array whose elements lie row by row."""
    strides: list[Dim] = []
    step: Dim = 1
    for dim in reversed(shape):
        strides.append(step)
        step = step * dim
    return tuple(reversed(strides))


def views_of(nodes: Iterable[Node], known: Mapping[Value, View] | None = None) -> dict[Value, View]:
    """The views that movement operations are; nodes in order. Values that are not among the keys have own memory.

    Args:
        known: views that are given, such as those that the inputs of a region are.
    """
    views = dict(known or {})
    for node in nodes:
        if (view := _moved(node, views)) is not None:
            views[node.output] = view
    return views


def _moved(node: Node, views: dict[Value, View]) -> View | None:
    if node.op not in (BROADCAST_TO, FLIP, RESHAPE, SLICE, STOP_GRADIENT, TRANSPOSE):
        return None
    (x,) = node.inputs
    view = views.get(x) or View.whole(x)
    attrs = node.attrs
    shape = node.output.shape
    if node.op is STOP_GRADIENT:
        return view
    if node.op is RESHAPE:
        return view.reshape(shape)
    if node.op is BROADCAST_TO:
        return view.broadcast(shape)
    if node.op is TRANSPOSE:
        perm: tuple[int, ...] = attrs["perm"]  # type: ignore[assignment]
        return View(view.base, view.offset, tuple([view.strides[p] for p in perm]), shape)
    offset: Dim = view.offset
    strides = list(view.strides)
    if node.op is FLIP:
        axes: tuple[int, ...] = attrs["axes"]  # type: ignore[assignment]
        for axis in axes:
            offset = offset + (shape[axis] - 1) * strides[axis]
            strides[axis] = strides[axis] * -1
        return View(view.base, offset, tuple(strides), shape)
    starts: Shape = attrs["starts"]  # type: ignore[assignment]
    steps: tuple[int, ...] = attrs["strides"]  # type: ignore[assignment]
    for axis, (start, step) in enumerate(zip(starts, steps, strict=True)):
        offset = offset + start * strides[axis]
        strides[axis] = strides[axis] * step
    return View(view.base, offset, tuple(strides), shape)
