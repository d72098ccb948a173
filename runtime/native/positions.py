"""Random numbers of the elements where a kernel stands, by their positions in the stream of the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compiler.fusion import Member, View
from ...compiler.ir import Dim, Value
from .domains import along
from .drawing import Stream, numbers, stream, words_of
from .elements import register_type
from .emit import I64, Operand

if TYPE_CHECKING:
    from .element import Element


def drawn(here: Element, value: Value, member: Member) -> Operand:
    """The random numbers of a vector of elements, or of one."""
    kernel, b = here.kernel, here.kernel.b
    _, _, strides = kernel.drawn[value]
    lanes = max(here.lanes, 1)
    type = register_type(value.dtype).vector(lanes)
    op = member.node.op
    per_block = 4 // words_of(op, type)
    first = here.position(0, strides, 0)
    if here.lanes and _begins_a_block(here, strides, per_block):
        known = _stream(here, member, here.lanes // per_block)
        return numbers(b, op, type, known, first, None)
    positions = here.position(0, strides, here.lanes)
    if not here.lanes:
        positions = b.insert(Operand(I64.vector(1), "poison"), positions, 0)
    found = numbers(b, op, type, _stream(here, member, lanes), first, positions)
    return found if here.lanes else b.extract(found, 0)


def _begins_a_block(here: Element, strides: tuple[Dim, ...], size: int) -> bool:
    """Whether the lanes are the elements of whole blocks, wherever the kernel stands."""
    kernel = here.kernel
    if not kernel.aligned or kernel.vector is None or here.lanes % size:
        return False
    if along(strides, kernel.vector) != 1:
        return False
    others = [along(strides, axis) for axis in here.where.index if axis is not kernel.vector]
    return all(isinstance(s, int) and s % size == 0 for s in others)


def _stream(here: Element, member: Member, blocks: int) -> Stream:
    """The key's rounds, computed once at the kernel's entry."""
    kernel, b = here.kernel, here.kernel.b
    view = member.operands[0]
    assert isinstance(view, View)
    key = (id(b), view, blocks)
    if key not in kernel.streams:
        with b.entry():
            place = kernel.places[view.base]
            first = kernel.frame.address(place, view.offset)
            second = kernel.frame.address(place, view.offset + view.strides[0])
            seed, call = b.load(first, I64), b.load(second, I64)
            kernel.streams[key] = stream(b, seed, call, blocks)
    return kernel.streams[key]
