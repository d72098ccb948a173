"""`Print`, `Assert` and `py_func`: Python in the middle of a run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO

import numpy as np

from ....compiler.errors import Place
from ....compiler.location import Location
from ..build import add_operation, scoped
from ..control import control_dependencies, identity
from ..convert import convert
from ..dtypes import DType, as_dtype
from ..dtypes import bool as bool_
from ..errors import InvalidArgumentError
from ..graph import get_default_graph
from ..operation import Operation
from ..tensor import Tensor
from .nest import flatten, is_nested
from .summarizing import array_text, summary

__all__ = ["Assert", "Print", "numpy_function", "print", "py_func"]


@scoped("Print")
def Print(
    input_: object, data: Sequence[object], message: str | None = None, first_n: int | None = None,
    summarize: int | None = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """``input_`` again; a run that computes it prints ``data`` to standard error.

    Args:
        message: what comes first.
        first_n: only so many times in a session's graph.
        summarize: how many elements of each tensor are printed (default 3).
    """
    tensor = convert(input_)
    left = [-1 if first_n is None or first_n < 0 else int(first_n)]
    count = 3 if summarize is None else int(summarize)

    def show(_: object, *values: object) -> None:
        if left[0]:
            left[0] -= 1
            text = "".join(summary(v, count) for v in values)
            sys.stderr.write(f"{message or ''}{text}\n")

    shown = add_operation("Print", None, [convert(d) for d in data], name="data", host=show)
    with control_dependencies([shown]):
        return identity(tensor, name=name)


_python_print = print


def print(
    *inputs: object, output_stream: TextIO | str | None = None, summarize: int = 3,
    sep: str = " ", end: str = "\n", name: str | None = None,
) -> Operation:  # fmt: skip
    """An operation that prints tensors and other things when it runs, to standard error unless ``output_stream`` says
    otherwise."""
    parts: list[object] = []
    for given in inputs:
        if is_nested(given) and any(hasattr(leaf, "_as_tensor") for leaf in flatten(given)):
            given = [convert(leaf) for leaf in flatten(given)]
        parts.append(convert(given) if hasattr(given, "_as_tensor") else given)
    tensors = [leaf for part in parts for leaf in flatten(part) if isinstance(leaf, Tensor)]

    def shown(part: object, values: Iterable[object]) -> str:
        if isinstance(part, Tensor):
            return array_text(next(iter(values)), summarize)
        if isinstance(part, list) and part and all(isinstance(x, Tensor) for x in part):
            return "[" + ", ".join(shown(x, values) for x in part) + "]"
        return str(part)

    def show(_: object, *values: object) -> None:
        rest = iter(values)
        _python_print(*[shown(p, rest) for p in parts], sep=sep, end=end, file=_stream(output_stream))  # fmt: skip

    return add_operation("PrintV2", None, tensors, name=name, host=show)


def _stream(given: TextIO | str | None) -> TextIO:
    """The stream as it is when something is printed."""
    if given is None or given is sys.__stderr__:
        return sys.stderr
    return sys.stdout if given is sys.__stdout__ or isinstance(given, str) else given


@scoped("Assert")
def Assert(
    condition: object, data: Sequence[object], summarize: int | None = None,
    name: str | None = None,
) -> Operation:  # fmt: skip
    """An operation that fails when ``condition`` does not hold (in all elements), before any variable is changed.

    Args:
        data: what the error tells.
        summarize: how many elements of each tensor it tells (default 3).
    """
    truth = convert(condition, bool_, "condition")
    count = 3 if summarize is None else int(summarize)
    location = Location.here()

    def check(_: object, held: np.ndarray, *values: object) -> None:
        if not np.all(held):
            told = " ".join(summary(v, count) for v in values)
            raise InvalidArgumentError(
                f"assertion failed: {told}",
                places=(
                    Place("asserted here", location),
                    Place(f"{truth.name!r} was made here", truth.op.location),
                    Place("run here", Location.here()),
                ),
            )

    inputs = [truth, *(convert(d) for d in data)]
    return add_operation("Assert", None, inputs, name=name, host=check)


def py_func(
    func: Callable[..., object], inp: Sequence[object], Tout: object,
    stateful: bool = True, name: str | None = None,
) -> Tensor | list[Tensor] | Operation:  # fmt: skip
    """What a Python function of NumPy arrays gives; called once in each run that needs it.

    No gradient flows through it. Its results have no known shape: ``set_shape`` says what the program knows.

    Args:
        inp: tensors, which the function gets as arrays.
        Tout: the type of what it returns, or a list of types.

    Raises:
        InvalidArgumentError: (in a run) it returns another number or other types of values.
    """
    listed = isinstance(Tout, (list, tuple))
    kinds = [as_dtype(t) for t in (Tout if listed else [Tout])]  # type: ignore[attr-defined]
    called = get_default_graph().unique_name(name or "PyFunc", mark_as_used=False)
    location = Location.here()

    def call(_: object, *values: object) -> object:
        made = func(*[_scalar(v) for v in values])
        results = list(made) if isinstance(made, (list, tuple)) else [] if made is None else [made]
        if len(results) != len(kinds):
            raise _wrong(
                f"{called} returns {len(results)} values, but expects to see {len(kinds)} values.", location
            )  # fmt: skip
        pairs = enumerate(zip(results, kinds, strict=True))
        arrays = [_result(v, kind, i, called, location) for i, (v, kind) in pairs]
        return arrays[0] if len(arrays) == 1 else arrays

    op = add_operation(
        "PyFunc", None, [convert(x) for x in inp], name=name, host=call,
        outputs=[(kind, None) for kind in kinds],
    )  # fmt: skip
    if not kinds:
        return op
    return list(op.outputs) if listed else op.outputs[0]


def numpy_function(
    func: Callable[..., object], inp: Sequence[object], Tout: object,
    name: str | None = None,
) -> Tensor | list[Tensor] | Operation:  # fmt: skip
    """`py_func` under its later name."""
    return py_func(func, inp, Tout, name=name)


def _scalar(value: object) -> object:
    """A copy, which the function may change, or a scalar."""
    return np.array(value)[()] if isinstance(value, np.ndarray) else value


def _result(value: object, dtype: DType, i: int, name: str, location: Location) -> object:
    if not dtype.is_numeric:
        if isinstance(value, str):
            return value.encode()
        return np.asarray(value, object) if isinstance(value, (list, np.ndarray)) else value
    array = np.array(value)
    if array.dtype != dtype.ir.numpy:
        raise _wrong(
            f"{i}-th value returned by {name} is {array.dtype.name}, but expects {dtype.name}",
            location,
        )
    return array


def _wrong(answer: str, location: Location) -> InvalidArgumentError:
    return InvalidArgumentError(
        answer,
        places=(Place("declared here", location), Place("run here", Location.here())),
        hint="make Tout and what the function returns the same, for example with np.float32(...)",
    )
