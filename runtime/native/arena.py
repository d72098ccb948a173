"""Where each piece of a schedule's arena begins."""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.ir import substitute
from ..packing import Layout, lay_out
from .steps import Schedule


def layout_of(schedule: Schedule, sizes: Mapping[str, int]) -> Layout:
    """The arena for given sizes of all symbols."""
    bytes_: list[int] = []
    for piece in schedule.pieces:
        size = substitute(piece.size, sizes)
        assert isinstance(size, int)
        bytes_.append(size)
    return lay_out(schedule.pieces, bytes_, 8 * schedule.counters)
