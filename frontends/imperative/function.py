"""`Function`: an operation whose gradient the user writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ...compiler.dispatch import Array, leaf
from ...compiler.errors import GradientError, Place
from ...compiler.location import Location, caller
from ...compiler.ops import Kind, Op, Rule, Sample
from .grad_mode import capturing, is_grad_enabled, no_grad
from .tensor import Tensor, wrap


@dataclass(frozen=True, slots=True)
class _SavedOutput:
    """An output among what was saved: its number and numbers, for the value itself would keep what keeps it."""

    number: int
    value: Array


class FunctionCtx:
    """What the forward of a `Function` leaves for its backward."""

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        self._saved: tuple[Any, ...] = ()
        self._materialize = True
        self._not_differentiable: tuple[Tensor, ...] = ()
        self._outputs: dict[int, Array] = {}

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs or outputs; backward finds them in `saved_tensors`."""
        self._saved = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        return tuple(
            [
                wrap(self._outputs.get(s.number, s.value)) if isinstance(s, _SavedOutput) else s
                for s in self._saved
            ]
        )

    saved_variables = saved_tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """No gradient flows through these outputs."""
        self._not_differentiable = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """These inputs were overwritten; writes are noticed anyway."""

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward gets zeros, rather than None, for outputs that have no gradient."""
        self._materialize = value


def _no_infer(*_: Any, **__: Any) -> NoReturn:
    raise NotImplementedError("a function that the user wrote has no rule for types")


def _no_samples(_: np.random.Generator) -> Iterator[Sample]:
    return iter(())


class _Rules(Sequence["Rule | None"]):
    """The rules of one call: the user's backward, run once for all operands.

    The first operand is the value that forward computed, through which no gradient flows; the inputs follow.
    """

    def __init__(
        self, cls: type[Function], ctx: FunctionCtx, places: list[int], output: int, count: int
    ) -> None:
        self._cls = cls
        self._ctx = ctx
        self._places = places
        self._output = output
        self._count = count
        self._last: tuple[Array, list[Any]] | None = None

    def __len__(self) -> int:
        return len(self._places) + 1

    def __getitem__(self, i: Any) -> Any:
        if i == 0:
            return None

        def rule(g: Array, y: Array, *inputs: Array) -> Array | None:
            return self._pull(i - 1, g, y, inputs[1:])

        return rule

    def _pull(self, i: int, g: Array, y: Array, inputs: tuple[Array, ...]) -> Array | None:
        if self._last is None or self._last[0] is not g:
            self._last = (g, self._run(g, y))
        grads = self._last[1]
        found = grads[self._places[i]] if self._places[i] < len(grads) else None
        if all(n is None or n <= i for n in self._later(grads)):
            self._last = None
        if found is None:
            return None
        if found.array.data.shape != inputs[i].data.shape:
            from ...compiler.ops.shapes import unbroadcast

            return unbroadcast(found.array, inputs[i])  # type: ignore[return-value]
        return found.array  # type: ignore[no-any-return]

    def _later(self, grads: list[Any]) -> list[int | None]:
        return [
            n if p < len(grads) and grads[p] is not None else None
            for n, p in enumerate(self._places)
        ]

    def _run(self, g: Array, y: Array) -> list[Any]:
        ctx = self._ctx
        ctx._outputs = {self._output: y}
        given: list[Tensor | None] = [None] * self._count
        if ctx._materialize and self._count > 1:
            given = [wrap(g) * 0 for _ in given]
        given[self._output] = wrap(g)
        found = self._cls.backward(ctx, *given)
        ctx._outputs = {}
        grads = list(found) if isinstance(found, tuple) else [found]
        if len(grads) < max(self._places, default=-1) + 1:
            raise GradientError(
                f"function {self._cls.__name__}Backward returned an incorrect number of gradients (expected "
                f"{len(ctx.needs_input_grad)}, got {len(grads)})"
            )
        return grads


class Function:
    """An operation with a gradient of its own: subclass it, write static ``forward`` and ``backward``, call ``apply``.

    ``forward(ctx, *args)`` computes with tensors as usual; nothing in it is remembered. ``backward(ctx, *grads)`` gives
    one gradient, or None, for each argument of forward.
    """

    @staticmethod
    def forward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("You must implement the forward function for a Function.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise NotImplementedError("You must implement the backward for your custom Function.")

    setup_context: Callable[..., None] | None = None

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """The outputs of forward, linked to the inputs through backward."""
        places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        tracked = is_grad_enabled() and any(args[i].requires_grad for i in places)
        ctx = FunctionCtx(
            tuple([isinstance(a, Tensor) and tracked and a.requires_grad for a in args])
        )
        # Whoever writes to an argument in forward writes to the caller's tensor, so the arrays are taken before.
        inputs = tuple([args[i].array for i in places])
        with no_grad():
            if cls.setup_context is not None:
                outputs = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, outputs)
            else:
                outputs = cls.forward(ctx, *args, **kwargs)
        if not tracked:
            return outputs
        many = isinstance(outputs, tuple)
        results = list(outputs) if many else [outputs]
        linked = [cls._link(ctx, o, n, len(results), places, inputs) for n, o in enumerate(results)]
        own = {id(o): n for n, o in enumerate(results) if isinstance(o, Tensor)}
        arguments = {id(args[i]) for i in places}
        ctx._saved = tuple(
            [
                _SavedOutput(own[id(s)], leaf(s.array.data))
                if id(s) in own and id(s) not in arguments
                else s
                for s in ctx._saved
            ]
        )
        ctx._not_differentiable = ()
        return tuple(linked) if many else linked[0]

    @classmethod
    def _link(
        cls,
        ctx: FunctionCtx,
        output: Any,
        number: int,
        count: int,
        places: list[int],
        inputs: tuple[Array, ...],
    ) -> Any:
        if not isinstance(output, Tensor) or output.array.data.dtype.kind != "f":
            return output
        if any(output is t for t in ctx._not_differentiable):
            return output
        value = output.array
        made = Array()
        made.data = value.data
        made.op = Op(
            name=f"function:{cls.__name__}",
            kind=Kind.CONTROL,
            infer=_no_infer,
            evaluate=lambda value, *_: value,
            vjp=_Rules(cls, ctx, places, number, count),
            jvp=None,
            samples=_no_samples,
            doc="a function whose gradient the user wrote; its first operand is its value",
        )
        # Only a trace needs the value's own history.
        first: Any = value if capturing() else 0.0
        made.inputs = (first, *inputs)
        made.attrs = {}
        made.tracked = True
        made.origin = None
        made.code, made.lasti = caller(1)
        return wrap(made)


def once_differentiable(function: Callable[..., Any]) -> Callable[..., Any]:
    """A backward that cannot be differentiated again."""

    def apply(ctx: Any, *grads: Any) -> Any:
        if is_grad_enabled() and any(g is not None and g.requires_grad for g in grads):
            raise GradientError(
                "trying to differentiate twice a function that was marked with @once_differentiable",
                places=(Place("here", Location.here(1)),),
            )
        with no_grad():
            return function(ctx, *grads)

    return apply
