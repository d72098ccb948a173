"""Shapes given as arguments: lists of numbers, or tensors whose elements follow from other shapes.

``tf.zeros([tf.shape(x)[0], 10])`` computes its shape with tensors. The IR takes symbolic dimensions instead, so the
tensors are read back as dimensions: `dimensions` evaluates them over symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...compiler.dispatch import Array, current
from ...compiler.errors import ShapeError
from ...compiler.ir import Dim, Expr, Node, Value
from ...compiler.ops import CONSTANT, REGISTRY, Op, TensorLike
from .shape import Dimension, TensorShape
from .tensor import Tensor


class DimsArgument:
    """A shape (or list of sizes) argument.

    Attributes:
        tensors: the tensors in it, which the operation that takes the argument must have as inputs.
    """

    def __init__(self, given: object) -> None:
        self._whole = False
        self._parts: list[object]
        if hasattr(given, "_as_tensor"):
            self._parts, self._whole = [given._as_tensor()], True
        elif isinstance(given, TensorShape):
            self._parts = list(given)
        elif isinstance(given, np.ndarray):
            self._parts = [int(x) for x in given.ravel()]
        elif isinstance(given, (list, tuple)):
            self._parts = [x._as_tensor() if hasattr(x, "_as_tensor") else x for x in given]
        else:
            self._parts = [given]
        self.tensors: list[Tensor] = [p for p in self._parts if isinstance(p, Tensor)]

    def dims(self, values: Sequence[Value]) -> tuple[Dim, ...]:
        """The dimensions, given what stands for `tensors` in the IR.

        Raises:
            ShapeError: an element does not follow from shapes, or is not known.
        """
        rest = iter(values)
        found: list[Dim] = []
        for part in self._parts:
            if isinstance(part, Tensor):
                value = next(rest)
                known = numbers(value) if isinstance(value, Array) else dimensions(value)
                if known is None:
                    raise ShapeError(
                        f"the shape given by {part.name!r} depends on numbers that are only known at run time",
                        hint="compute it from tf.shape(...), or from Python numbers",
                    )
                found += known.ravel().tolist()
            else:
                found.append(_known(part))
        return tuple(found)


def _known(part: object) -> int:
    try:
        return Dimension(part).__index__()
    except ShapeError:
        return int(part)  # type: ignore[call-overload, no-any-return]
    except TypeError:
        if isinstance(part, float) and part.is_integer():
            return int(part)
        raise ShapeError(
            f"{part!r} is not a size: the dimension is not known while the graph is built",
            hint="use tf.shape(x)[i] for a dimension that is known at run time only, or -1 in tf.reshape",
        ) from None


def numbers(value: Array) -> np.ndarray:
    """The elements of an eager value as Python integers (an object array). A trace is told that they were looked at."""
    current().observed(value)
    return _objects([int(x) for x in value.data.ravel()]).reshape(value.data.shape)


def is_dynamic(value: TensorLike) -> bool:
    """Whether an eager value is part of a trace that should not depend on what it is this time."""
    traced = isinstance(value, Array) and getattr(current(), "everything", False)
    return bool(traced) and value.op is not CONSTANT  # type: ignore[union-attr]


def dimensions(value: Value | Array) -> np.ndarray | None:
    """The elements of an integer value as dimensions (an object array); None where they do not follow from shapes."""
    if isinstance(value, Array):
        return numbers(value)
    known: dict[Value, np.ndarray | None] = {}
    stack = [value]
    while stack:
        v = stack[-1]
        if v in known:
            stack.pop()
            continue
        node = v.producer
        rule = _RULES.get(node.op.name) if node is not None else None
        if node is None or rule is None:
            known[v] = None
            continue
        missing = [x for x in node.inputs if x not in known]
        if missing:
            stack += missing
            continue
        operands = [known[x] for x in node.inputs]
        found = [o for o in operands if o is not None]
        known[v] = rule(node, found) if len(found) == len(operands) else None
    return known[value]


_SIZES = frozenset({"Shape", "ShapeN", "Size"})


def is_size(tensor: Tensor) -> bool:
    """Whether a scalar is computed from the sizes of tensors, and from nothing else that is open."""
    if tensor.value is None or tensor.value.ndim or not tensor.value.dtype.is_integer:
        return False
    found, stack, seen = False, [tensor.op], {tensor.op}
    while stack:
        op = stack.pop()
        if op.type in _SIZES:
            found = True
            continue
        fresh = [t.op for t in op.inputs if t.op not in seen]
        seen.update(fresh)
        stack += fresh
    return found and dimensions(tensor.value) is not None


def require_scalar(value: TensorLike, what: str) -> None:
    """Raises: ShapeError: the value is not a scalar."""
    if value.ndim:
        raise ShapeError(f"{what} must be a scalar, got {value.type}")


_Known = list[np.ndarray]
_Rule = Callable[[Node, _Known], "np.ndarray | None"]


def _objects(x: object) -> np.ndarray:
    array = np.asarray(x, dtype=object)
    return array


def _constant(node: Node, _: _Known) -> np.ndarray | None:
    data = node.attrs["value"]
    assert isinstance(data, np.ndarray)
    if data.dtype.kind not in "iu":
        return None
    return _objects([int(x) for x in data.ravel()]).reshape(data.shape)


def _extent(node: Node, _: _Known) -> np.ndarray:
    array = np.empty((), dtype=object)
    array[()] = node.attrs["dim"]
    return array


def _full(node: Node, _: _Known) -> np.ndarray | None:
    value, sizes = node.attrs["value"], [d for d in node.outputs[0].shape if isinstance(d, int)]
    if len(sizes) != node.outputs[0].ndim or not isinstance(value, int):
        return None
    return np.full(sizes, value, dtype=object)


def _iota(node: Node, _: _Known) -> np.ndarray | None:
    size = node.attrs["size"]
    return _objects(list(range(size))) if isinstance(size, int) else None


def _cast(node: Node, operands: _Known) -> np.ndarray | None:
    return operands[0] if node.outputs[0].dtype.is_integer else None


def _structural(node: Node, operands: _Known) -> np.ndarray | None:
    """Operations that only move elements work on arrays of dimensions as they do on numbers."""
    if any(isinstance(a, Expr) for a in _flat(node.attrs.values())):
        return None
    op: Op = node.op
    return _objects(op.evaluate(*operands, **node.attrs))


def _gather(node: Node, operands: _Known) -> np.ndarray | None:
    x, indices = operands
    if any(isinstance(i, Expr) for i in indices.ravel()):
        return None
    axis = node.attrs["axis"]
    assert isinstance(axis, int)
    return _objects(np.take(x, indices.astype(int), axis=axis))


def _arithmetic(function: Callable[[object, object], object]) -> _Rule:
    def rule(node: Node, operands: _Known) -> np.ndarray:
        return _objects(np.frompyfunc(function, 2, 1)(*operands))

    return rule


def _product(node: Node, operands: _Known) -> np.ndarray:
    return _reduced(np.multiply, node, operands)


def _sum(node: Node, operands: _Known) -> np.ndarray:
    return _reduced(np.add, node, operands)


def _reduced(function: np.ufunc, node: Node, operands: _Known) -> np.ndarray:
    axes, keep = node.attrs["axes"], node.attrs["keepdims"]
    return _objects(function.reduce(operands[0], axis=axes, keepdims=keep))  # type: ignore[arg-type]


def _flat(attrs: object) -> list[object]:
    found: list[object] = []
    stack = list(attrs)  # type: ignore[call-overload]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            stack += item
        else:
            found.append(item)
    return found


_RULES: dict[str, _Rule] = {
    "constant": _constant,
    "extent": _extent,
    "full": _full,
    "cast": _cast,
    "gather": _gather,
    "reduce_prod": _product,
    "reduce_sum": _sum,
    "add": _arithmetic(lambda a, b: a + b),  # type: ignore[operator]
    "sub": _arithmetic(lambda a, b: a - b),  # type: ignore[operator]
    "mul": _arithmetic(lambda a, b: a * b),  # type: ignore[operator]
    "floordiv": _arithmetic(lambda a, b: a // b),  # type: ignore[operator]
    "mod": _arithmetic(lambda a, b: a - (a // b) * b),  # type: ignore[operator]
    "neg": lambda node, operands: _objects(-operands[0]),
    "iota": _iota,
    **dict.fromkeys(
        ("reshape", "transpose", "broadcast_to", "slice", "flip", "concatenate"), _structural
    ),
}
assert set(_RULES) <= set(REGISTRY), set(_RULES) - set(REGISTRY)
