"""Writing where integers say, one update after the other. An index out of range is a fault, and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from ....compiler.fusion import View
from ....compiler.fusion.views import row_major
from ....compiler.ir import Dim, DType, Node, product
from ....compiler.ops import SCATTER_SET_ND
from ..elements import memory_type
from ..emit import I64, Operand, number
from .recipe import Site


def slices(site: Site) -> None:
    """`SCATTER_ADD`: whole slices along an axis, by the same indices everywhere."""
    b, node = site.b, site.node
    x, indices, _ = node.inputs
    axis: int = node.attrs["axis"]  # type: ignore[assignment]
    extent, after = x.shape[axis], product(x.shape[axis + 1 :])
    count = indices.type.size
    with b.loop(number(I64, 0), site.size(x.shape[:axis]), 1) as outer:
        with b.loop(number(I64, 0), site.frame.dim(count), 1) as loop:
            index, inside = _index(site, 1, loop.index, extent)
            with b.when(inside):
                to = b.add(b.mul(outer.index, site.frame.dim(extent)), index)
                at = b.add(b.mul(outer.index, site.frame.dim(count)), loop.index)
                _row(site, to, 2, at, after)
            loop.give()
        outer.give()


def single(site: Site) -> None:
    """`SCATTER_ADD_ALONG`: single elements along an axis."""
    b, node = site.b, site.node
    x, indices, _ = node.inputs
    axis: int = node.attrs["axis"]  # type: ignore[assignment]
    extent, count = x.shape[axis], indices.shape[axis]
    after = site.size(x.shape[axis + 1 :])
    with b.loop(number(I64, 0), site.size(x.shape[:axis]), 1) as outer:
        with b.loop(number(I64, 0), site.frame.dim(count), 1) as loop:
            with b.loop(number(I64, 0), after, 1) as inner:
                row = b.add(b.mul(outer.index, site.frame.dim(count)), loop.index)
                at = b.add(b.mul(row, after), inner.index)
                index, inside = _index(site, 1, at, extent)
                with b.when(inside):
                    line = b.add(b.mul(outer.index, site.frame.dim(extent)), index)
                    _element(site, b.add(b.mul(line, after), inner.index), 2, at, 0)
                inner.give()
            loop.give()
        outer.give()


def tuples(site: Site) -> None:
    """`SCATTER_ADD_ND` and `SCATTER_SET_ND`: rows of the leading axes, by one index for each of them."""
    b, node = site.b, site.node
    x, updates, *indices = node.inputs
    lead = len(indices)
    strides = row_major(x.shape[:lead])
    width = product(x.shape[lead:])
    picks = updates.shape[: updates.ndim - (x.ndim - lead)]
    with b.loop(number(I64, 0), site.size(picks), 1) as loop:
        to, inside = number(I64, 0), None
        for axis in range(lead):
            index, within = _index(site, 2 + axis, loop.index, x.shape[axis])
            to = b.add(to, b.mul(index, site.frame.dim(strides[axis])))
            inside = within if inside is None else b.binary("and", inside, within)
        if inside is None:
            _row(site, to, 1, loop.index, width)
        else:
            with b.when(inside):
                _row(site, to, 1, loop.index, width)
        loop.give()


def spread(node: Node, views: Sequence[View]) -> Sequence[View]:
    """Indices of several axes, broadcast against each other."""
    x, updates, *indices = node.inputs
    lead = updates.shape[: updates.ndim - (x.ndim - len(indices))]
    return [*views[:2], *(v.broadcast(lead) for v in views[2:])]


def _index(site: Site, operand: int, at: Operand, extent: Dim) -> tuple[Operand, Operand]:
    """An index counted from the front, and whether it is within the axis; that it is not is noted."""
    b = site.b
    dtype: DType = site.node.inputs[operand].dtype
    type = memory_type(dtype)
    index = b.load(b.offset(site.operand(operand), at, type), type)
    if type.bits < I64.bits:
        index = b.convert("zext" if dtype.name == "uint8" else "sext", index, I64)
    size = site.frame.dim(extent)
    negative = b.compare("slt", index, number(I64, 0))
    index = b.select(negative, b.add(index, size), index)
    site.fault(b.compare("uge", index, size))
    return index, b.compare("ult", index, size)


def _row(site: Site, to: Operand, operand: int, at: Operand, width: Dim) -> None:
    """Add a row of updates to a row of the result, or put it there."""
    b = site.b
    size = site.frame.dim(width)
    to, at = b.mul(to, size), b.mul(at, size)
    type = memory_type(site.node.output.dtype)
    site.elements(
        width,
        type,
        lambda i, lanes: _element(site, b.add(to, i), operand, b.add(at, i), lanes),
    )


def _element(site: Site, to: Operand, operand: int, at: Operand, lanes: int) -> None:
    b, dtype = site.b, site.node.output.dtype
    element = memory_type(dtype)
    type = element.vector(lanes)
    update = b.load(b.offset(site.operand(operand), at, element), type)
    target = b.offset(site.frame.address(site.result), to, element)
    if site.node.op is not SCATTER_SET_ND:
        old = b.load(target, type)
        update = b.binary("or", old, update) if dtype.is_bool else b.add(old, update)
    b.store(update, target)
