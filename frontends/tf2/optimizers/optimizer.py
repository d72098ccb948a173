"""`Optimizer`: the number of the step, the learning rate, the slots of each variable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ....compiler import ops
from ....compiler.dispatch import Array, Origin, current
from ....compiler.errors import AttributeValueError, Place
from ....compiler.ir import DType
from ....compiler.location import Location
from ....compiler.ops import TensorLike
from ....runtime.checking.border import LISTENERS, Stepping, tell
from ...static import linear
from ..evaluation import eager, evaluate
from ..tape import GradientTape
from ..tensor import EagerTensor
from ..variable import Variable

__all__ = ["Optimizer"]

Rate = Any
"""A number, a tensor, a variable, a schedule, or a function that gives one of the former."""

_clip_by_norm = eager(linear.clip_by_norm)
_clip_by_global_norm = eager(linear.clip_by_global_norm)


class Optimizer:
    """Base of optimizers. A subclass defines `_update`.

    Args:
        learning_rate: a number, variable, schedule, or function of no arguments.
        weight_decay: the part of a variable that each step, times the learning rate, takes away first.
        clipnorm: the largest norm that each gradient may have; longer ones are scaled down.
        clipvalue: the largest size that each element of a gradient may have.
        global_clipnorm: the largest norm that all gradients together may have.
    """

    def __init__(
        self,
        learning_rate: Rate,
        name: str,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        jit_compile: bool = True,
    ) -> None:
        self._given = learning_rate
        self._made = Location.here()
        self.name = name
        self.weight_decay = weight_decay
        self._clips = (clipnorm, clipvalue, global_clipnorm)
        self.iterations = Variable(np.int64(0), trainable=False, name=f"{name}/iterations")
        self._slots: dict[tuple[Origin, str], Variable] = {}

    @property
    def learning_rate(self) -> Any:
        """The learning rate now."""
        given = self._given
        if hasattr(given, "assign") or isinstance(given, EagerTensor):
            return given
        return EagerTensor(_scalar(self._rate()))

    @learning_rate.setter
    def learning_rate(self, value: Rate) -> None:
        self._given = value

    lr = learning_rate

    @property
    def variables(self) -> list[Variable]:
        """What it keeps: the number of the step, and the slots."""
        return [self.iterations, *self._slots.values()]

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the slots of variables."""
        for variable in var_list:
            for name, value in self._kept().items():
                self._slot(variable, name, value)

    def minimize(self, loss: Any, var_list: Any, tape: GradientTape | None = None) -> None:
        """Take a step down the gradient of ``loss``: a function of no arguments, or a tensor of ``tape``.

        Raises:
            AttributeValueError: a tensor without its tape.
        """
        if not callable(loss) and tape is None:
            raise AttributeValueError(
                "`tape` is required when a `Tensor` loss is passed.", places=(_here(),)
            )
        self.apply_gradients(self.compute_gradients(loss, var_list, tape))

    def compute_gradients(
        self, loss: Any, var_list: Any, tape: GradientTape | None = None
    ) -> list[tuple[Any, Variable]]:
        """The gradients of ``loss``, each with its variable."""
        tape = tape or GradientTape()
        if callable(loss):
            with tape:
                loss = loss()
        variables = list(var_list() if callable(var_list) else var_list)
        return list(zip(tape.gradient(loss, variables), variables, strict=True))

    def apply_gradients(
        self, grads_and_vars: Iterable[tuple[Any, Variable]], name: str | None = None, **_: object
    ) -> Variable:
        """Take a step: give each variable its new value.

        Raises:
            AttributeValueError: no variable has a gradient.
        """
        given = list(grads_and_vars)
        pairs = [(g, v) for g, v in given if g is not None]
        if LISTENERS:
            arrays = tuple(getattr(g, "array", None) for g, _ in given)
            tell(Stepping(self._made, tuple(v.origin for _, v in given), arrays))
        if not pairs:
            raise AttributeValueError("No gradients provided for any variable.", places=(_here(),))
        current().stepping()
        gradients = self._clipped([g for g, _ in pairs])
        self.build([v for _, v in pairs])
        rate = self._rate()
        common: dict[DType, tuple[Any, Sequence[Array]]] = {}
        for g, (_, v) in zip(gradients, pairs, strict=True):
            p = v.handle.array
            if p.dtype not in common:
                common[p.dtype] = self._numbers(rate, p.dtype)
            lr, numbers = common[p.dtype]
            slots = [self._slot(v, key, 0.0) for key in self._kept()]
            if self.weight_decay is not None:
                (p,) = evaluate(lambda x, r=lr: self._decayed(x, r), p)
            values = [s.handle.array for s in slots]
            made = evaluate(
                lambda *xs, r=lr, n=numbers: self._update(r, n, *xs), p, g.array, *values
            )
            for variable, value in zip((v, *slots), made, strict=True):
                variable.put(value)
            if v.constraint is not None:
                v.assign(v.constraint(v))
        self.iterations.assign_add(1)
        current().stepped()
        return self.iterations

    # --- what subclasses say ---

    def _kept(self) -> dict[str, float]:
        """The names of the slots, with the number that fills each at first."""
        return {}

    def _common(self, step: TensorLike) -> Sequence[TensorLike]:
        """What all variables of a type need of the number of the step, counted from 1, which is of that type."""
        return ()

    def _update(
        self,
        lr: Any,
        common: Sequence[TensorLike],
        p: TensorLike,
        g: TensorLike,
        *slots: TensorLike,
    ) -> Sequence[TensorLike]:
        """The new values of a variable and of its slots, given its gradient."""
        raise NotImplementedError

    # --- what they have in common ---

    def _rate(self) -> Any:
        given = self._given
        if isinstance(given, (int, float)):
            return float(given)
        if hasattr(given, "assign"):
            return given.read_value().array
        if callable(given):
            given = given(self.iterations) if _is_schedule(given) else given()
        return given.array if isinstance(given, EagerTensor) else float(given)

    def _numbers(self, rate: Any, dtype: DType) -> tuple[Any, Sequence[Array]]:
        """The learning rate in a type, and what follows from the number of the step."""
        if isinstance(rate, Array) and rate.dtype is not dtype:
            (rate,) = evaluate(lambda r: ops.cast(r, dtype), rate)

        def common(count: Array) -> Sequence[TensorLike]:
            return self._common(ops.cast(ops.add(count, 1), dtype))

        return rate, evaluate(common, self.iterations.handle.array)

    def _decayed(self, p: TensorLike, lr: Any) -> TensorLike:
        return ops.sub(p, ops.mul(ops.mul(p, float(self.weight_decay or 0.0)), lr))

    def _clipped(self, gradients: list[Any]) -> list[Any]:
        norm, value, together = self._clips
        if norm is not None:
            return [_clip_by_norm(g, float(norm)) for g in gradients]
        if together is not None:
            return _clip_by_global_norm(gradients, float(together))[0]
        if value is not None:
            limit = float(value)
            clip: Callable[..., Any] = lambda x: ops.clip(x, -limit, limit)  # noqa: E731
            return [EagerTensor(evaluate(clip, g.array)[0]) for g in gradients]
        return gradients

    def _slot(self, variable: Variable, name: str, value: float) -> Variable:
        key = variable.origin, name
        slot = self._slots.get(key)
        if slot is None:
            filled = np.full_like(variable.handle.array.data, value)
            called = f"{self.name}/{name}/{variable.name[:-2]}"
            slot = self._slots[key] = Variable(filled, trainable=False, name=called)
        return slot


def _is_schedule(given: object) -> bool:
    from .schedules import LearningRateSchedule

    return isinstance(given, LearningRateSchedule)


def _scalar(rate: Any) -> Array:
    return rate if isinstance(rate, Array) else ops.constant(np.float32(rate))  # type: ignore[return-value]


def _here() -> Place:
    return Place("here", Location.here(1))
