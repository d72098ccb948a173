"""Whether two nodes of different runs compute the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...compiler.ir import Attr, Attrs, Node, Value

__all__ = ["same_attrs", "same_node"]


def same_node(node: Node, other: Node, names: Mapping[Value, Value]) -> bool:
    """Whether ``other`` is ``node`` on operands that ``names`` translates."""
    return (
        node.op is other.op
        and len(node.inputs) == len(other.inputs)
        and all(names[v] is w for v, w in zip(other.inputs, node.inputs, strict=True))
        and [v.type for v in node.outputs] == [v.type for v in other.outputs]
        and same_attrs(node.attrs, other.attrs)
        and len(node.regions) == len(other.regions)
        and all(
            a.fingerprint() == b.fingerprint()
            for a, b in zip(node.regions, other.regions, strict=True)
        )
    )


def same_attrs(a: Attrs, b: Attrs) -> bool:
    """Whether attributes are equal, arrays and floats to the bit."""
    return a is b or (a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a))


def _same(a: Attr, b: Attr) -> bool:
    if a is b:
        return True
    if isinstance(a, np.ndarray):
        return (
            isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and a.shape == b.shape
            and a.tobytes() == b.tobytes()
        )
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, float):
        return isinstance(b, float) and a.hex() == b.hex()
    return type(a) is type(b) and a == b
