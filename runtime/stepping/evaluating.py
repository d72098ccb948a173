"""One node, evaluated: its operation's own reference on the arrays at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...compiler.autodiff.inline import bind_attrs
from ...compiler.dispatch.explain import explain
from ...compiler.errors import BifrontError
from ...compiler.ir import Node, TensorType, Value, substitute, symbols_of
from ...compiler.ir.dtypes import BY_NUMPY
from ..binding import solve

__all__ = ["bound", "evaluated"]


def evaluated(
    node: Node, operands: Sequence[np.ndarray], sizes: Mapping[str, int]
) -> tuple[np.ndarray, ...]:
    """What a node without regions gives.

    Raises:
        BifrontError: the operation fails on these operands; the error names the user's line.
    """
    attrs = bind_attrs(node.attrs, sizes)
    try:
        with np.errstate(all="ignore"):
            made = node.op.evaluate(*operands, **attrs)
    except Exception as error:
        actual = [_typed(v, a) for v, a in zip(node.inputs, operands, strict=True)]
        better = explain(error, node.op, actual, attrs, node.location)
        if better is error and not isinstance(error, BifrontError) and node.location is not None:
            error.add_note(node.location.render(f"while computing {node.op.name}"))
        raise better from None
    several = made if len(node.outputs) > 1 else (made,)
    return tuple(np.asarray(one) for one in several)


def bound(
    values: Sequence[Value], arrays: Sequence[np.ndarray], sizes: Mapping[str, int]
) -> Mapping[str, int]:
    """The sizes that are known when these values are: the given ones, and what their shapes tell."""
    if all(s in sizes for v in values for s in symbols_of(v.shape)):
        return sizes
    shapes = {v: a.shape for v, a in zip(values, arrays, strict=True)}
    found = dict(sizes)
    for one in solve(values, sizes).solves:
        rest = substitute(one.rest, found)
        assert isinstance(rest, int)
        found[one.symbol] = (shapes[one.value][one.axis] - rest) // one.factor
    return found


def _typed(value: Value, array: np.ndarray) -> Value:
    """The operand with the type that it has in this run."""
    actual = TensorType(BY_NUMPY[array.dtype], array.shape)
    return Value(actual, hint=value.hint, location=value.location)
