"""Operations as the NumPy expressions that they come down to, where the types say enough.

The evaluation of an operation looks at its operands to find out what to do. A program knows their types beforehand, so
it can say at once what the evaluation would do: the same NumPy functions on the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np

from ..compiler import ops
from ..compiler.ir import Node
from ..compiler.ir.dtypes import float16
from ..compiler.ops import Op
from ..compiler.ops.choice import ABOVE_ZERO_FROM, CHOOSE_FROM
from .numpy_text import Text
from .reuse import inner_sizes

SCALAR_OPERATORS: dict[object, str] = {
    np.add: "{} + {}",
    np.subtract: "{} - {}",
    np.multiply: "{} * {}",
    np.true_divide: "{} / {}",
    np.negative: "-{}",
    np.less: "{} < {}",
    np.less_equal: "{} <= {}",
    np.greater: "{} > {}",
    np.greater_equal: "{} >= {}",
    np.equal: "{} == {}",
    np.not_equal: "{} != {}",
    np.logical_and: "{} & {}",
    np.logical_or: "{} | {}",
    np.logical_xor: "{} ^ {}",
    np.logical_not: "~{}",
}
"""Python's operators on NumPy scalars give the bits of the ufuncs in a twentieth of the time.

The logical ones take truth values only, as the operations do.
"""


_ADD_REDUCE = np.add.reduce
"""One object, so that it has one name."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be written.

    Attributes:
        text: knows the names.
        node: what is computed.
        operands: the names of its operands.
        out: the name of the array that takes the result, where there is one.
        name: the name that the result gets.
    """

    text: Text
    node: Node
    operands: list[str]
    out: str | None
    name: str


def direct(call: Call) -> str | None:
    """The expression for a node; None where its evaluation is to be called."""
    node, text = call.node, call.text
    if call.out is None and all(v.ndim == 0 for v in (*node.inputs, *node.outputs)):
        operator = SCALAR_OPERATORS.get(node.op.evaluate)
        if operator is not None:
            return operator.format(*map(text.scalar, node.inputs))
    if isinstance(node.op.evaluate, np.ufunc):
        operands = call.operands
        if call.out is not None:
            # By position it is found sooner, but NumPy wants to have it named of these two.
            named = node.op.evaluate in (np.maximum, np.minimum)
            operands = [*operands, f"out={call.out}" if named else call.out]
        return f"{text.object(node.op.name, node.op.evaluate)}({', '.join(operands)})"
    rule = _RULES.get(node.op)
    return None if rule is None else rule(call)


def _matmul(call: Call) -> str | None:
    node, attrs = call.node, call.node.attrs
    inner = inner_sizes(node)
    plain = all(v.ndim == 2 for v in node.inputs) and node.output.dtype is not float16
    if not plain or not isinstance(inner[0], int) or inner[0] != inner[1]:
        return None
    a, b = [
        name + (".T" if attrs[f"transpose_{which}"] else "")
        for name, which in zip(call.operands, "ab", strict=True)
    ]
    if inner[0] == 1:
        into = call.out or "order='C'"
        return f"{call.text.object('multiply', np.multiply)}({a}, {b}, {into})"
    return f"{call.text.object('matmul', np.matmul)}({a}, {b})"


def _sigmoid(call: Call) -> str | None:
    text, node = call.text, call.node
    if not node.output.ndim:
        return None
    functions = (np.negative, np.exp, np.add, np.reciprocal)
    negative, exp, add, reciprocal = [text.object(f.__name__, f) for f in functions]
    one = text.constant(np.ones((), node.output.dtype.numpy))
    y = call.name
    inside = ", ".join([call.operands[0], *([call.out] if call.out else [])])
    return f"{reciprocal}({add}({exp}({y} := {negative}({inside}), {y}), {one}, {y}), {y})"


def _relu(call: Call) -> str | None:
    size = call.node.output.type.size
    if not isinstance(size, int) or size >= ABOVE_ZERO_FROM:
        return None
    zero = call.text.constant(np.zeros((), call.node.output.dtype.numpy))
    return f"{call.text.object('maximum', np.maximum)}({call.operands[0]}, {zero})"


def _where(call: Call) -> str | None:
    size = call.node.inputs[0].type.size
    if not isinstance(size, int) or size >= CHOOSE_FROM:
        return None
    return f"{call.text.object('where', np.where)}({', '.join(call.operands)})"


def _concatenate(call: Call) -> str:
    name = call.text.object("concatenate", np.concatenate)
    into = f", {call.out}" if call.out else ""
    return f"{name}(({', '.join(call.operands)},), {call.node.attrs['axis']}{into})"


def _reduce_sum(call: Call) -> str:
    text, attrs = call.text, call.node.attrs
    name = text.object("add_reduce", _ADD_REDUCE)
    axes = text.attr("axes", attrs["axes"])
    kept = ", keepdims=True" if attrs["keepdims"] else ""
    return f"{name}({call.operands[0]}, {axes}, {text.dtype(call.node.output)}{kept})"


def _reshape(call: Call) -> str:
    return f"{call.operands[0]}.reshape({call.text.attr('shape', call.node.attrs['shape'])})"


def _transpose(call: Call) -> str:
    perm = call.node.attrs["perm"]
    if perm == (1, 0):
        return f"{call.operands[0]}.T"
    return f"{call.operands[0]}.transpose({call.text.attr('perm', perm)})"


def _cast(call: Call) -> str:
    return f"{call.operands[0]}.astype({call.text.dtype(call.node.output)})"


def _slice(call: Call) -> str | None:
    starts, limits, strides = (call.node.attrs[k] for k in ("starts", "limits", "strides"))
    assert isinstance(starts, tuple)
    assert isinstance(limits, tuple)
    assert isinstance(strides, tuple)
    parts = []
    for size, start, limit, stride in zip(
        call.node.inputs[0].shape, starts, limits, strides, strict=True
    ):
        if (start, limit, stride) == (0, size, 1):
            parts.append(":")
        elif isinstance(size, int) and isinstance(limit, int) and isinstance(start, int):
            parts.append(f"{start}:{limit}" + (f":{stride}" if stride != 1 else ""))
        else:
            return None  # the limits have to be checked
    return f"{call.operands[0]}[{', '.join(parts)}]" if parts else None


def _pad(call: Call) -> str | None:
    node = call.node
    if node.attrs["value"] or not all(isinstance(d, int) for d in node.output.shape):
        return None
    padding = cast("tuple[tuple[int, int], ...]", node.attrs["padding"])
    sizes = cast("tuple[int, ...]", node.inputs[0].shape)
    place = tuple([slice(lo, lo + d) for (lo, _), d in zip(padding, sizes, strict=True)])
    text = call.text
    arguments = (
        call.operands[0],
        text.attr("shape", node.output.shape),
        text.object("place", place),
        text.dtype(node.output),
    )
    return f"{text.object('among_zeros', _among_zeros)}({', '.join(arguments)})"


def _among_zeros(
    x: np.ndarray, shape: tuple[int, ...], place: tuple[slice, ...], dtype: np.dtype
) -> np.ndarray:
    y = np.zeros(shape, dtype)
    y[place] = x
    return y


def _same(call: Call) -> str:
    return call.operands[0]


_RULES: dict[Op, Callable[[Call], str | None]] = {
    ops.CAST: _cast,
    ops.CONCATENATE: _concatenate,
    ops.MATMUL: _matmul,
    ops.PAD: _pad,
    ops.REDUCE_SUM: _reduce_sum,
    ops.RELU: _relu,
    ops.RESHAPE: _reshape,
    ops.SIGMOID: _sigmoid,
    ops.SLICE: _slice,
    ops.STOP_GRADIENT: _same,
    ops.TRANSPOSE: _transpose,
    ops.WHERE: _where,
}
