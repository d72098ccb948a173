"""Values made of pieces of others: padding, concatenation, slices replaced.

Every element comes from the piece in whose bounds it lies. Where all lanes lie in the same piece it is chosen by a
branch; else the lanes of each piece are loaded under a mask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compiler.fusion import Member, View
from ...compiler.fusion.clusters import is_leaf
from ...compiler.fusion.reading import Piece, pieces
from ...compiler.ir import Value
from ...compiler.ops import PAD, UPDATE_SLICE
from .domains import Where
from .elements import register_type
from .emit import I64, Operand, number

if TYPE_CHECKING:
    from .element import Element


def pieced(here: Element, value: Value, member: Member) -> Operand:
    """The element of a padded, concatenated or updated tensor where the kernel stands."""
    rest = pieces(member.node)
    if member.node.op is PAD:
        fill: float = member.node.attrs["value"]  # type: ignore[assignment]
        around = number(register_type(value.dtype).vector(here.lanes), fill)
    elif member.node.op is UPDATE_SLICE:
        around = here.operand(value, 0)
    else:
        # What is in none of the others is in the last one.
        around = None
    return _whole(here, value, member, rest, rest, around)


def _whole(
    here: Element,
    value: Value,
    member: Member,
    rest: list[Piece],
    every: list[Piece],
    around: Operand | None,
) -> Operand:
    """The piece in which all lanes lie, if there is one; else each lane's own."""
    if not rest:
        return _chosen(here, value, member, every, around)
    piece, *others = rest
    inside = _all_inside(here, member, piece)
    if inside is None:
        return _whole(here, value, member, others, every, around)
    return here.kernel.b.either(
        inside,
        lambda: _loaded(here, value, piece, None),
        lambda: _whole(here, value, member, others, every, around),
    )


def _all_inside(here: Element, member: Member, piece: Piece) -> Operand | None:
    """Whether all lanes are within a piece that ends somewhere along them; None where that is not worth a branch."""
    kernel, b = here.kernel, here.kernel.b
    if not here.lanes or kernel.vector is None or len(piece.bounds) != 1:
        return None
    ((axis, low, high),) = piece.bounds
    extent = high - low
    if kernel.vector.stands_for != (member.axes[axis],):
        return None
    if not isinstance(extent, int) or extent < here.lanes:
        return None
    first = here.axis_position(kernel.vector.stands_for[0], 0)
    from_low = b.sub(first, kernel.frame.dim(low)) if low != 0 else first
    return b.compare("ult", from_low, number(I64, extent - here.lanes + 1))


def _chosen(
    here: Element, value: Value, member: Member, rest: list[Piece], around: Operand | None
) -> Operand:
    b = here.kernel.b
    if not rest:
        assert around is not None
        return around
    piece, *others = rest
    inside = _inside(here, member, piece)
    if inside is None:
        return _loaded(here, value, piece, None)
    if not inside.type.lanes:
        if around is None and not others:
            return _loaded(here, value, piece, None)
        return b.either(
            inside,
            lambda: _loaded(here, value, piece, None),
            lambda: _chosen(here, value, member, others, around),
        )
    found = _loaded(here, value, piece, inside)
    if around is None and not others:
        return found
    return b.select(inside, found, _chosen(here, value, member, others, around))


def _inside(here: Element, member: Member, piece: Piece) -> Operand | None:
    """Whether the kernel stands within a piece: an i1, for each lane where they differ; None: always."""
    kernel, b = here.kernel, here.kernel.b
    found: Operand | None = None
    for axis, low, high in piece.bounds:
        own = member.axes[axis]
        along = kernel.vector is not None and own in kernel.vector.stands_for
        lanes = here.lanes if along else 0
        position = here.axis_position(own, lanes) if own is not None else number(I64, 0)
        # As unsigned numbers those before the piece are large.
        from_low = b.sub(position, b.splat(kernel.frame.dim(low), lanes)) if low != 0 else position
        extent = b.splat(kernel.frame.dim(high - low), lanes)
        within = b.compare("ult", from_low, extent)
        if found is None:
            found = within
            continue
        if within.type.lanes and not found.type.lanes:
            found = b.splat(found, within.type.lanes)
        elif found.type.lanes and not within.type.lanes:
            within = b.splat(within, found.type.lanes)
        found = b.binary("and", found, within)
    return found


def _loaded(here: Element, value: Value, piece: Piece, inside: Operand | None) -> Operand:
    """A piece's element; of lanes that are outside anything."""
    kernel, b, where = here.kernel, here.kernel.b, here.where
    view = kernel.members[value].operands[piece.operand]
    assert isinstance(view, View)
    if inside is not None:
        mask = inside if where.mask is None else b.binary("and", inside, where.mask)
        where = Where(where.index, mask)
    if is_leaf(view.base):
        return here.operand(value, piece.operand)
    return kernel.load(kernel.reads[value, piece.operand], where, here.lanes)
