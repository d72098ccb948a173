"""`function`: Python that runs as graphs where it went before.

TensorFlow 2 rewrites the source of a function, so that its branches and loops become those of a graph. Here it
runs, and is traced and compiled as the imperative frontend's functions are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import numpy as np

from ...compiler.dispatch import Array
from ...compiler.dispatch.current import current, switch
from ...compiler.errors import Place, ShapeError
from ...compiler.ir import Graph
from ...compiler.location import Location
from ..imperative.compiling.function import CompiledFunction
from ..imperative.compiling.report import Stats
from ..imperative.compiling.standing import HOLDING, PURE, SHOWING, STANDING, Standing
from ..imperative.storage import twin
from . import arrays, debugging, mathematics
from .arrays import convert_to_tensor
from .concrete import ConcreteFunction
from .nest import flatten, map_structure
from .spec import TensorSpec
from .tapes import joined, open_tapes
from .tensor import EagerTensor
from .variable import Variable

__all__ = ["Function", "function"]


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Sequence[Any] | None = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: object = None,
    experimental_autograph_options: object = None,
    experimental_attributes: object = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Any:
    """The function, compiled as it runs; also a decorator, with or without arguments.

    Args:
        func: a function or method of tensors, variables, numbers and structures of them.
        input_signature: a `TensorSpec` for each argument, which calls are held to; None among dimensions: any size.
        autograph, jit_compile, reduce_retracing, and what is experimental: accepted; there is one way of compiling.
    """
    if func is None:
        return lambda f: function(f, input_signature)
    if isinstance(func, Function):
        return func
    if not callable(func):
        raise TypeError(f"tf.function takes a function, not {type(func).__name__}")
    return Function(func, input_signature)


class Function:
    """What `function` gives.

    Attributes:
        python_function: the function itself.
        input_signature: what calls are held to; None: anything.
        stats: how many calls there were, and what became of them.
        graphs: the graphs compiled so far, each once.
    """

    def __init__(
        self, python_function: Callable[..., Any], input_signature: Sequence[Any] | None = None
    ) -> None:
        self.python_function = python_function
        self.input_signature = None if input_signature is None else tuple(input_signature)
        self._signature = signature(python_function) if input_signature is not None else None
        self._compiled = CompiledFunction(python_function)
        self.name = str(getattr(python_function, "__name__", "compiled"))
        functools.update_wrapper(self, python_function, updated=())

    @property
    def stats(self) -> Stats:
        return self._compiled.stats

    @property
    def graphs(self) -> tuple[Graph, ...]:
        return self._compiled.graphs

    def explain(self) -> str:
        """Every run of the Python, why there was one, and what the compiled paths did since."""
        return self._compiled.explain()

    def experimental_get_tracing_count(self) -> int:
        """How often the Python ran in order to be traced."""
        return self.stats.misses

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The function for arguments like these: specifications of tensors, or tensors; other arguments as they are.

        Raises:
            GraphError: it is not one graph, because it branches on values of tensors.
        """
        if not args and not kwargs and self.input_signature is not None:
            args = self.input_signature
        return ConcreteFunction(self, args, kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else Method(self, instance)

    def __repr__(self) -> str:
        return f"<tf.function {self.name}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.input_signature is not None:
            args, kwargs = self._bind(args, kwargs), {}
        else:
            args = tuple([_given(x) for x in args])
            if kwargs:
                kwargs = {name: _given(x) for name, x in kwargs.items()}
        if open_tapes():
            return _returned(self._within_tapes(args, kwargs))
        # Gradients flow to tapes only.
        former = switch(current().with_grad(False))
        try:
            result = self._compiled(*args, **kwargs)
        finally:
            switch(former)
        return _returned(result)

    def _within_tapes(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with joined() as joint:
            result = self._compiled(*args, **kwargs)
        outputs = [x.array for x in flatten(result) if isinstance(x, EagerTensor)]
        starts = _starts(outputs)
        for tape in open_tapes():
            for array in starts:
                variable = Variable.of(array.origin) if array.origin is not None else None
                if variable is not None:
                    tape.read(variable.origin, array, variable.trainable)
            tape.record(outputs, starts)
        joint.release()
        return result

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments in the order of the signature, as tensors that fit."""
        assert self.input_signature is not None
        assert self._signature is not None
        given = self._signature.bind(*args, **kwargs).args
        # A method's object is no part of its signature.
        first = next(iter(self._signature.parameters), "") == "self"
        wanted = (None, *self.input_signature) if first else self.input_signature
        if len(given) != len(wanted):
            raise TypeError(
                f"the input_signature has {len(self.input_signature)} arguments, the call {len(given) - first}"
            )
        return tuple(map(_fitting, wanted, given))


class Method:
    """A `Function` in a class, as a method of an object."""

    def __init__(self, function: Function, instance: object) -> None:
        self._function = function
        self._instance = instance

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(self._instance, *args, **kwargs)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """See `Function.get_concrete_function`."""
        if not args and not kwargs and self._function.input_signature is not None:
            args = self._function.input_signature
        return self._function.get_concrete_function(self._instance, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


def _fitting(spec: Any, value: Any) -> Any:
    """The argument as its specification, a structure as it is itself, wants it."""
    if isinstance(spec, (list, tuple)):
        return type(spec)(map(_fitting, spec, value))
    if isinstance(spec, dict):
        return {key: _fitting(part, value[key]) for key, part in spec.items()}
    if not isinstance(spec, TensorSpec):
        return value
    tensor = convert_to_tensor(value, spec.dtype)
    if not spec.is_compatible_with(tensor):
        raise _Unfit(
            f"Python inputs incompatible with input_signature: {tensor.shape} does not fit {spec}",
            places=(Place("called here", Location.here(3)),),
        )
    return tensor


class _Unfit(ShapeError, TypeError):
    """An argument that its specification does not allow: TensorFlow raises ``TypeError`` there."""


def _given(x: Any) -> Any:
    """An argument with tensors in the place of arrays."""
    if isinstance(x, EagerTensor):
        return x
    if isinstance(x, (np.ndarray, np.generic)):
        return convert_to_tensor(x)
    return map_structure(_given, x) if isinstance(x, (list, tuple, dict)) else x


def _returned(x: Any) -> Any:
    """A result with tensors in the place of variables."""
    if isinstance(x, EagerTensor):
        return x
    if isinstance(x, Variable):
        return x.read_value()
    return map_structure(_returned, x) if isinstance(x, (list, tuple, dict)) else x


def _starts(outputs: Sequence[Array]) -> list[Array]:
    """The leaves, and values of open tapes, that outputs were computed from."""
    known = {a for tape in open_tapes() for a in tape.values}
    found: dict[Array, None] = {}
    seen = set(outputs)
    stack = list(outputs)
    while stack:
        array = stack.pop()
        if array in known or array.op is None or array.origin is not None:
            found[array] = None
            continue
        for x in array.inputs:
            if isinstance(x, Array) and x.tracked and x not in seen:
                seen.add(x)
                stack.append(x)
    return list(found)


def _leaving(tensor: EagerTensor) -> Array:
    """The value of a result: gradients flow on from it only if a tape around the call has it."""
    array = tensor.array
    if not array.tracked or array.op is None or any(array in t.values for t in open_tapes()):
        return array
    constant = twin(array)
    constant.tracked = False
    return constant


SHOWING.append(debugging.print)
PURE.update(getattr(module, name) for module in (arrays, mathematics) for name in module.__all__)
STANDING[EagerTensor] = Standing(EagerTensor, _leaving)
HOLDING[Variable] = lambda variable: variable.handle
