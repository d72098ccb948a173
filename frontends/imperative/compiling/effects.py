"""Statements that show values to people: ``print``, logging, warnings.

A value that is only shown binds a program to nothing: the statement is kept, and evaluated once more in every later run
with the values of that run. What cannot be evaluated once more (`showing` says when) is a reason not to keep the run.
"""

from __future__ import annotations

import ast
import logging
import pprint
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np

from ....compiler.dispatch import EAGER, EMPTY, RECORDING, Array, using
from ....compiler.location import Location, in_house
from ..grad_fn import NAMED, backward_name
from ..grad_mode import is_grad_enabled
from ..nn.parameter import Parameter
from ..tensor import Tensor
from .showing import Tool, Unshowable, is_output, is_plain, taken_apart
from .standing import SHOWING, STANDING, stands
from .statements import Statement, statement_at
from .traced import is_traced

__all__ = ["Effect", "Effects", "Refusal", "shows"]


@dataclass(frozen=True)
class Refusal:
    """Why a run cannot be replayed.

    Attributes:
        reason: a clause.
        location: the user's line, where it is known.
    """

    reason: str
    location: Location | None = None

    def __str__(self) -> str:
        return f"{self.location}: {self.reason}" if self.location else self.reason


@dataclass(frozen=True, eq=False)
class Effect:
    """One statement that showed values.

    Attributes:
        location: the statement.
        arrays: the values of the run that it shows; later runs have their own in their places.
    """

    location: Location
    arrays: tuple[Array, ...]
    _call: Callable[..., object]
    _parameters: tuple[Template, ...]
    _grad: bool

    def replay(self, values: Sequence[np.ndarray]) -> None:
        """Evaluate the statement with these values in the places of `arrays`."""
        with using(RECORDING if self._grad else EAGER):
            self._call(*[_filled(p, values) for p in self._parameters])


class Effects:
    """The statements of one run that showed values, in their order.

    Attributes:
        effects: those that can be evaluated once more.
        refusals: what else the run wrote, and why it cannot be replayed.
        within: the call of a function that shows values, as long as it lasts.
    """

    def __init__(self) -> None:
        self.effects: list[Effect] = []
        self.refusals: list[Refusal] = []
        self._begun: dict[int, tuple[FrameType, Statement, Effect]] = {}
        self.within: tuple[FrameType, object] | None = None

    def shown(self) -> bool:
        """Whether what looks at a value now is part of a statement that only shows it."""
        if self.within is not None:
            return True
        frame = _statement_frame(sys._getframe(1))
        statement = frame and statement_at(frame.f_code, frame.f_lasti)
        if not frame or not statement:
            return False
        begun = self._begun.get(id(frame))
        if begun is not None and begun[1] is statement:
            return True
        try:
            effect = _effect(statement, frame)
        except Unshowable:
            return False
        self._begun[id(frame)] = frame, statement, effect
        return True

    def watch(self, frame: FrameType, event: str, argument: object) -> bool:
        """Take note of an event of the profiler's; whether the run is inside a function that shows values."""
        if self.within is not None:
            if (frame, argument if event[0] == "c" else None) == self.within and event in (
                "return", "c_return", "c_exception",
            ):  # fmt: skip
                self.within = None
            return True
        if event == "c_call":
            if not is_output(argument) or in_house[frame.f_code.co_filename]:
                return False
            self._output(frame)
            self.within = frame, argument
            return True
        if event == "call" and shows(frame.f_code) and frame.f_back is not None:
            self._output(frame.f_back)
            self.within = frame, None
            return True
        return False

    def finish(self) -> None:
        """The run is over."""
        for _, statement, effect in self._begun.values():
            what = ast.unparse(statement.call.func)
            self.refusals.append(Refusal(f"{what}(...) did not come to its end", effect.location))
        self._begun = {}

    def _output(self, caller: FrameType) -> None:
        """A function that shows values was called."""
        frame = _statement_frame(caller)
        location = Location.of_code(caller.f_code, caller.f_lasti)
        if frame is None:
            self.refusals.append(Refusal("something was written from outside the program"))
            return
        begun = self._begun.pop(id(frame), None)
        statement = statement_at(frame.f_code, frame.f_lasti)
        if begun is not None and begun[1] is statement:
            self.effects.append(begun[2])
            return
        if statement is None or frame is not caller:
            reason = "what is written here is part of a larger expression, or its source is not to be had"
            self.refusals.append(Refusal(reason, location))
            return
        try:
            self.effects.append(_effect(statement, frame))
        except Unshowable as unshowable:
            what = ast.unparse(statement.call.func)
            self.refusals.append(Refusal(f"{what}(...) cannot be repeated: {unshowable}", location))


# --- where the program stands ---

_FILES = frozenset({logging.__file__, warnings.__file__, pprint.__file__})
_INLINE = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


def _statement_frame(frame: FrameType | None) -> FrameType | None:
    """The user's frame whose statement is being evaluated: above the house, logging, and comprehensions."""
    while frame is not None:
        code = frame.f_code
        if code.co_name not in _INLINE and not _between(code.co_filename):
            return frame
        frame = frame.f_back
    return None


@lru_cache(maxsize=4096)
def _between(file: str) -> bool:
    """Whether a file's functions stand between the program and what it shows."""
    return in_house[file] or file in _FILES or "tqdm" in Path(file).parts


def _output_codes() -> frozenset[CodeType]:
    functions: list[Any] = [pprint.pprint, pprint.pp]
    for name in ("debug", "info", "warning", "warn", "error", "critical", "exception", "log"):
        owners = (logging, logging.Logger, logging.LoggerAdapter)
        functions += [f for f in (getattr(o, name, None) for o in owners) if f is not None]
    return frozenset(f.__code__ for f in functions if isinstance(f, FunctionType))


_OUTPUTS = _output_codes()


def shows(code: CodeType) -> bool:
    """Whether this is the code of a function that writes for people."""
    return code in _OUTPUTS or any(code is getattr(f, "__code__", None) for f in SHOWING)


# --- one statement ---


def _effect(statement: Statement, frame: FrameType) -> Effect:
    """The statement with what it shows as parameters.

    Raises:
        Unshowable: evaluating it again may do something else.
    """
    call, names, values = taken_apart(statement.call, frame)
    arrays: list[Array] = []
    parameters = tuple(_template(v, arrays) for v in values)
    arguments = ast.arguments(
        posonlyargs=[], args=[ast.arg(n) for n in names], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    body = ast.copy_location(ast.Lambda(arguments, call), call)
    tree = ast.fix_missing_locations(ast.Expression(body))
    made: FunctionType = eval(compile(tree, statement.file, "eval"), frame.f_globals)
    # Loggers and warnings name the function that they were called from.
    made.__code__ = made.__code__.replace(
        co_name=frame.f_code.co_name, co_qualname=frame.f_code.co_qualname
    )
    location = Location.of_code(frame.f_code, frame.f_lasti)
    return Effect(location, tuple(arrays), made, parameters, is_grad_enabled())


@dataclass(frozen=True, eq=False)
class _Number:
    at: int


@dataclass(frozen=True, eq=False)
class _Shown:
    """A tensor as people see it: with its type, and the name of what made it."""

    at: int
    kind: type[Tensor]
    array: Array
    name: str | None


@dataclass(frozen=True, eq=False)
class _Items:
    kind: type
    items: tuple[Template, ...]
    keys: tuple[object, ...] | None


@dataclass(frozen=True, eq=False)
class _Fixed:
    value: object


@dataclass(frozen=True, eq=False)
class _Standing:
    """An object of another frontend."""

    at: int
    make: Callable[[Array], Any]


Template = _Number | _Shown | _Standing | _Items | _Fixed


def _template(value: Any, arrays: list[Array]) -> Template:
    """A value with room for those of later runs.

    Raises:
        Unshowable: it may be another by then, and nobody would know.
    """
    if isinstance(value, Tool):
        return _Fixed(value.function)
    if is_traced(value):
        array = value._numbers.value_of(value)
        if array is None:
            return _Fixed(value._plain)
        arrays.append(array)
        return _Number(len(arrays) - 1)
    if isinstance(value, Tensor):
        return _tensor_template(value, arrays)
    if stands(value):
        arrays.append(value.array)
        return _Standing(len(arrays) - 1, STANDING[type(value)].make)
    kind = type(value)
    if kind in (tuple, list, set, frozenset):
        return _Items(kind, tuple(_template(x, arrays) for x in value), None)
    if kind is dict:
        for key in value:
            if not is_plain(key):
                raise Unshowable("it shows a dictionary whose keys are no plain values")
        return _Items(kind, tuple(_template(x, arrays) for x in value.values()), tuple(value))
    if isinstance(value, np.ndarray):
        return _Fixed(value.copy())
    if is_plain(value):
        return _Fixed(value)
    raise Unshowable(f"it shows a {kind.__name__}")


def _tensor_template(tensor: Tensor, arrays: list[Array]) -> _Shown:
    if type(tensor) not in (Tensor, Parameter):
        raise Unshowable(f"it shows a {type(tensor).__name__}")
    source = tensor.array
    made = Array()
    made.op = None if tensor.is_leaf else source.op
    made.inputs, made.attrs, made.code, made.lasti, made.origin = (), EMPTY, None, -1, None
    made.tracked = source.tracked
    arrays.append(source)
    name = backward_name(source) if source.tracked and not tensor.is_leaf else None
    return _Shown(len(arrays) - 1, type(tensor), made, name)


def _filled(template: Template, values: Sequence[np.ndarray]) -> Any:
    if isinstance(template, _Fixed):
        return template.value
    if isinstance(template, _Number):
        return values[template.at].item()
    if isinstance(template, _Standing):
        return template.make(EAGER.constant(values[template.at]))
    if isinstance(template, _Items):
        items = [_filled(x, values) for x in template.items]
        if template.keys is not None:
            return dict(zip(template.keys, items, strict=True))
        return template.kind(items)
    pattern = template.array
    array = Array()
    array.data = values[template.at]
    array.op, array.inputs, array.attrs = pattern.op, pattern.inputs, pattern.attrs
    array.tracked, array.code, array.lasti = pattern.tracked, pattern.code, pattern.lasti
    array.origin = None
    if template.name is not None:
        NAMED[array] = template.name
    tensor: Tensor = object.__new__(template.kind)
    tensor.array = array
    tensor.shared = None
    return tensor
