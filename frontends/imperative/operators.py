"""``+ - * /`` and comparisons between tensors: the hot path.

Nothing is looked up or checked twice between ``a + b`` and the NumPy call. Two tensors of one type, or a tensor and a
number of its kind, are computed here; whatever else goes to the promoting functions in `arithmetic`, and every
interpreter other than the plain `RECORDING` gets its `apply2` called.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable
from sys import _getframe as frame_at
from types import CodeType
from typing import Any

import numpy as np

from ...compiler.dispatch import EMPTY, RECORDING, Array
from ...compiler.dispatch.current import current
from ...compiler.ir.dtypes import ALL
from ...compiler.ops import ADD, DIV, EQ, GE, GT, LE, LT, MUL, NE, SUB, Op
from . import arithmetic
from .tensor import Tensor, give

Operator = Callable[[Tensor, Any], Tensor]

_FLOATS = frozenset(t.numpy for t in ALL if t.is_float)
_NUMBERS = frozenset(t.numpy for t in ALL if not t.is_bool)
# PyTorch wraps around where a number lies beyond the range of a small integer type; NumPy refuses.
_TAKES_INT = _FLOATS | {np.dtype(np.int64)}

_USUAL = np.dtype(np.float32)
_SINGLE: object = np.float32
plain: object = RECORDING

new = object.__new__


def _operator(
    op: Op,
    name: str,
    single: Callable[[Any, Any], Any],
    allowed: frozenset[np.dtype],
    reflected: bool = False,
) -> Operator:
    """``self OP other``, or ``other OP self``.

    Args:
        single: the operation of Python, which on NumPy's scalars does the same ten times as fast.

    What `Recording.apply2` does is written out, for here it is known what the operands are.
    """
    slow = getattr(arithmetic, name)
    usual = op.evaluate
    takes_int = _TAKES_INT & allowed

    def operator(self: Tensor, other: Any) -> Tensor:
        a = self.array
        x = a.data
        c = other.__class__
        evaluate = usual
        if c is Tensor:
            b = other.array
            y = b.data
            if x.__class__ is _SINGLE and (
                y.__class__ is _SINGLE or (y.dtype is _USUAL and not y.shape)
            ):
                y, evaluate = y[()], single
            else:
                d = x.dtype
                if y.dtype is not d or (d is not _USUAL and d not in allowed):
                    return slow(self, other)  # type: ignore[no-any-return]
            tracked = a.tracked or b.tracked
        else:
            d = x.dtype
            if x.__class__ is _SINGLE and c is float:
                evaluate = single
            elif not (
                (c is float and (d is _USUAL or d in _FLOATS)) or (c is int and d in takes_int)
            ):
                return slow(self, other)  # type: ignore[no-any-return]
            b = y = other
            tracked = a.tracked
        interpreter = current()
        t: Tensor = new(Tensor)
        t.shared = None
        if interpreter is not plain:
            t.array = interpreter.apply2(op, a, b)  # type: ignore[assignment]
            return t
        t.array = array = Array()
        try:
            array.data = evaluate(x, y)
        except Exception:
            return slow(self, other)  # type: ignore[no-any-return]
        array.attrs = EMPTY
        array.origin = None
        if tracked:
            array.tracked = True
            array.op = op
            array.inputs = (a, b)
            frame = frame_at(1)
            code: CodeType | None = frame.f_code
            if code is not RECORDING.user:
                frame, code = RECORDING.user_above(frame)
            array.code = code
            array.lasti = frame.f_lasti
        else:
            array.tracked = False
            array.op = array.code = None
            array.inputs = ()
        return t

    def reflection(self: Tensor, other: Any) -> Tensor:
        a = self.array
        c = other.__class__
        d = a.data.dtype
        if (c is float and d in _FLOATS) or (c is int and d in takes_int):
            t: Tensor = new(Tensor)
            t.array = current().apply2(op, other, a)  # type: ignore[assignment]
            t.shared = None
            return t
        return slow(other, self)  # type: ignore[no-any-return]

    return reflection if reflected else operator


def _comparison(op: Op, name: str) -> Operator:
    """An operator through which no gradient flows."""
    slow = getattr(arithmetic, name)
    evaluate = op.evaluate

    def operator(self: Tensor, other: Any) -> Tensor:
        a = self.array
        x = a.data
        d = x.dtype
        c = other.__class__
        if c is Tensor:
            b = other.array
            y = b.data
            if y.dtype is not d or d not in _NUMBERS:
                return slow(self, other)  # type: ignore[no-any-return]
        elif (c is float and d in _FLOATS) or (c is int and d in _TAKES_INT):
            b = y = other
        else:
            return slow(self, other)  # type: ignore[no-any-return]
        interpreter = current()
        t: Tensor = new(Tensor)
        t.shared = None
        if interpreter is not plain:
            t.array = interpreter.apply2(op, a, b)  # type: ignore[assignment]
            return t
        t.array = array = Array()
        try:
            array.data = evaluate(x, y)
        except Exception:
            return slow(self, other)  # type: ignore[no-any-return]
        array.tracked = False
        array.attrs = EMPTY
        array.op = array.code = array.origin = None
        array.inputs = ()
        return t

    return operator


def attach() -> None:
    """Give `Tensor` these operators."""
    for method, op, name, single, allowed in (
        ("add", ADD, "add", python.add, _NUMBERS),
        ("sub", SUB, "sub", python.sub, _NUMBERS),
        ("mul", MUL, "mul", python.mul, _NUMBERS),
        ("truediv", DIV, "div", python.truediv, _FLOATS),
    ):
        give(**{f"__{method}__": _operator(op, name, single, allowed)})
        give(**{f"__r{method}__": _operator(op, name, single, allowed, reflected=True)})
    for method, op in (("eq", EQ), ("ne", NE), ("lt", LT), ("le", LE), ("gt", GT), ("ge", GE)):
        give(**{f"__{method}__": _comparison(op, method)})
