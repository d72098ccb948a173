"""Operations that order others, and values under a new name."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from ...compiler import ops
from ...compiler.errors import AttributeValueError
from .build import add_operation, apply, scoped
from .convert import convert
from .graph import get_default_graph
from .operation import Operation
from .tensor import Tensor

__all__ = [
    "control_dependencies", "group", "identity", "name_scope", "no_op", "op_scope",
    "stop_gradient", "tuple",
]  # fmt: skip

_tuple = tuple


def control_dependencies(control_inputs: Iterable[object] | None) -> AbstractContextManager[None]:
    """Operations made inside the block run after ``control_inputs``; None forgets those around it."""
    return get_default_graph().control_dependencies(control_inputs)


def no_op(name: str | None = None) -> Operation:
    """An operation that does nothing."""
    return add_operation("NoOp", None, name=name)


def group(*inputs: object, name: str | None = None) -> Operation:
    """One operation that runs all ``inputs`` (operations, tensors, or lists of them)."""
    found: list[object] = []

    def collect(things: Iterable[object]) -> None:
        for thing in things:
            if isinstance(thing, (list, _tuple)):
                collect(thing)
            elif thing is not None:
                found.append(thing)

    collect(inputs)
    with control_dependencies(found):
        return no_op(name or "group_deps")


def identity(input: object, name: str | None = None) -> Tensor:
    """The same value under a new name, after the control dependencies of this place."""
    return apply("Identity", lambda x: x, convert(input), name=name)


@scoped("tuple")
def tuple(
    tensors: Iterable[object],
    name: str | None = None,
    control_inputs: Iterable[object] | None = None,
) -> list[Tensor | None]:
    """The tensors again, each available only when all of them have been computed."""
    wanted = [None if t is None else convert(t) for t in tensors]
    waits = [*(t for t in wanted if t is not None), *(control_inputs or ())]
    with control_dependencies(waits):
        return [None if t is None else identity(t) for t in wanted]


def stop_gradient(input: object, name: str | None = None) -> Tensor:
    """The same value; no gradient flows through it."""
    return apply("StopGradient", ops.stop_gradient, convert(input), name=name)


class name_scope:  # noqa: N801 - TensorFlow's name
    """``with tf.name_scope("layer") as scope:`` names made inside begin with ``layer/``.

    Args:
        name: the scope; None or "" leaves all scopes, ``"layer/"`` enters an existing one again.
        default_name: used where ``name`` is None.
        values: accepted and without meaning.
    """

    def __init__(
        self, name: str | None, default_name: str | None = None, values: object = None
    ) -> None:
        self._name = default_name if name is None else name
        if name is None and default_name is None and values is not None:
            raise AttributeValueError("At least one of name and default_name is required")
        self._entered: list[AbstractContextManager[str]] = []

    @property
    def name(self) -> str | None:
        return self._name

    def __enter__(self) -> str:
        scope = get_default_graph().name_scope(self._name)
        prefix = scope.__enter__()
        self._entered.append(scope)
        return prefix

    def __exit__(self, *exception: object) -> None:
        self._entered.pop().__exit__(*exception)  # type: ignore[arg-type]


def op_scope(
    values: object, name: str | None, default_name: str | None = None
) -> AbstractContextManager[str]:
    """The older form of `name_scope`."""
    return name_scope(name, default_name, values)
