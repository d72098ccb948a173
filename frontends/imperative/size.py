"""`torch.Size`: the shape of a tensor."""

from __future__ import annotations

from math import prod
from typing import SupportsIndex, overload

LISTENING: list[object] = []
"""The traces that want to know what programs ask about sizes. Empty as a rule, so that asking costs nothing."""


class Size(tuple[int, ...]):
    """A tuple of the extents of a tensor."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return prod(self)

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    __str__ = __repr__

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Size: ...
    def __getitem__(self, index: SupportsIndex | slice) -> int | Size:
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found  # type: ignore[arg-type, return-value]

    def __add__(self, other: object) -> Size:
        return Size(tuple.__add__(self, other))  # type: ignore[operator]
