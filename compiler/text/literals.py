"""Attributes as text and back: numbers, strings, arrays, symbolic dimensions.

Writing and reading stand side by side because what one writes the other must read to the same bits.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Sequence

import numpy as np

from ..ir import Attr, Dim, DType, Expr, TensorType, substitute, symbol, symbols_of
from ..ir.dtypes import BY_NUMPY, BY_SHORT

Number = int | float | bool

WORDS: dict[str, Attr] = {
    "true": True, "false": False, "none": None, "inf": math.inf, "nan": math.nan, **BY_SHORT,
}  # fmt: skip
"""Words that stand for themselves; every other word is a symbol."""

INLINE = 16
"""Arrays of more elements are written as bytes."""

_PLAIN = re.compile(r"[^\W\d]\w*")


def show_attr(attr: Attr) -> str:
    """An attribute as text; attributes of an illegal type (see `verify`) as their ``repr``."""
    if attr is None or isinstance(attr, bool):
        return str(attr).lower()
    if isinstance(attr, Expr):
        return show_dim(attr)
    if isinstance(attr, str):
        return quote(attr)
    if isinstance(attr, tuple):
        inside = ", ".join(map(show_attr, attr))
        return f"({inside},)" if len(attr) == 1 else f"({inside})"
    if isinstance(attr, np.ndarray):
        return show_array(attr)
    return str(attr) if isinstance(attr, DType) else repr(attr)


def quote(text: str) -> str:
    """A string literal: JSON's, with everything that does not print escaped."""
    if text.isprintable():
        return json.dumps(text, ensure_ascii=False)
    escaped = [json.dumps(c, ensure_ascii=not c.isprintable())[1:-1] for c in text]
    return f'"{"".join(escaped)}"'


def unquote(literal: str) -> str:
    """The string of a literal.

    Raises:
        ValueError: an escape that JSON does not have.
    """
    return str(json.loads(literal, strict=False))


def show_type(type: TensorType) -> str:
    return f"{type.dtype.short}[{', '.join(map(show_dim, type.shape))}]"


def show_dim(dim: Dim) -> str:
    """A dimension; a symbol whose name is no word, or one of `WORDS`, is quoted."""
    if not isinstance(dim, Expr):
        return str(dim)
    strange = [s for s in symbols_of((dim,)) if s in WORDS or not _PLAIN.fullmatch(s)]
    return str(substitute(dim, {s: symbol(f"${quote(s)}") for s in strange}) if strange else dim)


def show_array(array: np.ndarray) -> str:
    """Type and content; in full, so that it reads back to the same bytes."""
    dtype = BY_NUMPY.get(array.dtype)
    if dtype is None:
        return repr(array)
    head = show_type(TensorType(dtype, array.shape))
    if array.size <= INLINE:
        words = [str(x).lower() for x in array.flat]
        if _survives(words, array, dtype):
            return f"{head} {_nested(words, array.shape)}"
    data = array.astype(dtype.numpy.newbyteorder("<")).tobytes()
    return f'{head} base64"{base64.b64encode(data).decode()}"'


def _survives(words: Sequence[str], array: np.ndarray, dtype: DType) -> bool:
    """Whether the numbers read back to the same bits: NaNs with a payload do not."""
    numbers = [_number(word) for word in words]
    return array_of(dtype, array.shape, numbers).tobytes() == array.tobytes()


def _number(word: str) -> Number:
    if word in ("true", "false"):
        return word == "true"
    return int(word) if word.lstrip("-").isdigit() else float(word)


def _nested(words: Sequence[str], shape: tuple[int, ...]) -> str:
    if not shape:
        return words[0]
    step = len(words) // shape[0] if shape[0] else 0
    rows = [_nested(words[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
    return f"[{', '.join(rows)}]"


def array_of(dtype: DType, shape: tuple[int, ...], numbers: Sequence[Number]) -> np.ndarray:
    """The array that a list of numbers stands for.

    Raises:
        ValueError: a number that the element type does not have.
    """
    for number in numbers:
        legal = (
            isinstance(number, bool)
            if dtype.is_bool
            else not isinstance(number, bool) and (dtype.is_float or isinstance(number, int))
        )
        if not legal:
            raise ValueError(f"{show_attr(number)} is not an element of {dtype}")
    try:
        with np.errstate(over="raise"):
            return np.array(numbers, dtype.numpy).reshape(shape)
    except (OverflowError, FloatingPointError):
        raise ValueError(f"a number is beyond the range of {dtype}") from None


def array_of_bytes(dtype: DType, shape: tuple[int, ...], literal: str) -> np.ndarray:
    """The array that a ``base64"..."`` literal stands for.

    Raises:
        ValueError: it is not base64, or holds another number of bytes than the shape needs.
    """
    try:
        data = base64.b64decode(literal[len('base64"') : -1], validate=True)
    except binascii.Error as error:
        raise ValueError(f"the text is not base64: {error}") from None
    needed = math.prod(shape) * dtype.itemsize
    if len(data) != needed:
        raise ValueError(f"{needed} bytes are needed, {len(data)} are given")
    array = np.frombuffer(data, dtype.numpy.newbyteorder("<")).astype(dtype.numpy).reshape(shape)
    if dtype.is_bool and np.frombuffer(data, np.uint8).max(initial=0) > 1:
        raise ValueError("an element is neither 0 nor 1, which are all that bool has")
    return array
