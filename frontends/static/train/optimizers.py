"""TensorFlow 1's optimizers. The update rules are the compiler's library's."""

from __future__ import annotations

from collections.abc import Sequence

from ....compiler import ops
from ....compiler.errors import AttributeValueError
from ....compiler.ir import Value
from ....compiler.library import optimizers as rules
from ....compiler.library.common import Number
from ....compiler.ops import TensorLike
from ..control import control_dependencies
from ..convert import convert
from ..operation import Operation
from ..tensor import Tensor
from ..variable import Variable
from .optimizer import Optimizer, hyperparameter, update

__all__ = [
    "AdadeltaOptimizer", "AdagradOptimizer", "AdamOptimizer", "FtrlOptimizer",
    "GradientDescentOptimizer", "MomentumOptimizer", "ProximalGradientDescentOptimizer",
    "RMSPropOptimizer",
]  # fmt: skip


def _like(x: Value | float, p: Value) -> Number:
    """A hyperparameter in the type of the variable."""
    return ops.cast(x, p.dtype) if isinstance(x, Value) and x.dtype is not p.dtype else x


class GradientDescentOptimizer(Optimizer):
    """``var -= learning_rate * gradient``."""

    def __init__(
        self, learning_rate: object, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(use_locking, name)
        self._given = learning_rate

    def _prepare(self) -> None:
        self._lr = hyperparameter(self._given, "learning_rate")

    def _apply(self, gradient: Tensor, variable: Variable) -> Operation:
        return update(
            "ApplyGradientDescent",
            [variable],
            lambda p, g, lr: [rules.sgd(p, g, _like(lr, p))],
            gradient, self._lr,
        )  # fmt: skip


class MomentumOptimizer(Optimizer):
    """``v = momentum * v + gradient; var -= learning_rate * v``; along ``gradient + momentum * v`` with Nesterov."""

    def __init__(
        self, learning_rate: object, momentum: object, use_locking: bool = False,
        name: str = "Momentum", use_nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        self._given = (learning_rate, momentum)
        self._nesterov = use_nesterov

    def _create_slots(self, variables: Sequence[Variable]) -> None:
        for variable in variables:
            self._slot(variable, "momentum")

    def _prepare(self) -> None:
        self._lr = hyperparameter(self._given[0], "learning_rate")
        self._momentum = hyperparameter(self._given[1], "momentum")

    def _apply(self, gradient: Tensor, variable: Variable) -> Operation:
        return update(
            "ApplyMomentum",
            [variable, self._slot(variable, "momentum")],
            lambda p, v, g, lr, m: rules.momentum(
                p, g, v, _like(lr, p), _like(m, p), self._nesterov
            ),
            gradient, self._lr, self._momentum,
        )  # fmt: skip


class AdamOptimizer(Optimizer):
    """Adam (arXiv:1412.6980) in the form just before section 2.1: epsilon is not corrected for bias."""

    def __init__(
        self, learning_rate: object = 0.001, beta1: object = 0.9, beta2: object = 0.999,
        epsilon: object = 1e-8, use_locking: bool = False, name: str = "Adam",
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        self._given = (learning_rate, beta1, beta2, epsilon)
        self._powers: tuple[Variable, Variable] | None = None

    def _create_slots(self, variables: Sequence[Variable]) -> None:
        if self._powers is None:
            betas = [hyperparameter(b, "beta") for b in self._given[1:3]]
            self._powers = (
                self._non_trainable("beta1_power", lambda: convert(betas[0])),
                self._non_trainable("beta2_power", lambda: convert(betas[1])),
            )
        for variable in variables:
            self._slot(variable, "m")
            self._slot(variable, "v")

    def _prepare(self) -> None:
        names = ("learning_rate", "beta1", "beta2", "epsilon")
        self._tensors = [hyperparameter(v, n) for v, n in zip(self._given, names, strict=True)]

    def _apply(self, gradient: Tensor, variable: Variable) -> Operation:
        assert self._powers is not None

        def rule(p: Value, m: Value, v: Value, g: Value, *numbers: Value) -> Sequence[TensorLike]:
            return rules.tf_adam(p, g, m, v, *[_like(n, p) for n in numbers])  # type: ignore[arg-type]

        slots = [self._slot(variable, "m"), self._slot(variable, "v")]
        powers = [v._as_tensor() for v in self._powers]
        return update("ApplyAdam", [variable, *slots], rule, gradient, *powers, *self._tensors)

    def _finish(self, updates: list[Operation]) -> list[Operation]:
        assert self._powers is not None
        grown = []
        with control_dependencies(updates):
            for power, beta in zip(self._powers, self._tensors[1:3], strict=True):
                grown.append(
                    update("Assign", [power], lambda b, factor: [ops.mul(b, factor)], beta)
                )
        return [*updates, *grown]

    def variables(self) -> list[Variable]:
        return [*super().variables(), *(self._powers or ())]

    def _get_beta_accumulators(self) -> tuple[Variable, Variable] | tuple[None, None]:
        return self._powers or (None, None)


class RMSPropOptimizer(Optimizer):
    """The gradient divided by the root of its running mean square; epsilon stands under the root."""

    def __init__(
        self, learning_rate: object, decay: object = 0.9, momentum: object = 0.0,
        epsilon: object = 1e-10, use_locking: bool = False, centered: bool = False,
        name: str = "RMSProp",
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        self._given = (learning_rate, decay, momentum, epsilon)
        self._centered = centered

    def _create_slots(self, variables: Sequence[Variable]) -> None:
        for variable in variables:
            self._slot(variable, "rms", 1.0)
            if self._centered:
                self._slot(variable, "mg")
            self._slot(variable, "momentum")

    def _prepare(self) -> None:
        names = ("learning_rate", "decay", "momentum", "epsilon")
        self._tensors = [hyperparameter(v, n) for v, n in zip(self._given, names, strict=True)]

    def _apply(self, gradient: Tensor, variable: Variable) -> Operation:
        kept = ["rms", "momentum", *(["mg"] if self._centered else [])]
        slots = [self._slot(variable, key) for key in kept]

        def rule(p: Value, ms: Value, velocity: Value, *rest: Value) -> Sequence[TensorLike]:
            mg, rest = (rest[0], rest[1:]) if self._centered else (None, rest)
            lr, decay, momentum, epsilon = [_like(n, p) for n in rest[1:]]
            new = rules.tf_rmsprop(p, rest[0], ms, velocity, lr, decay, momentum, epsilon, mg)
            return [x for x in new if x is not None]

        return update("ApplyRMSProp", [variable, *slots], rule, gradient, *self._tensors)


class AdagradOptimizer(Optimizer):
    """The gradient divided by the root of the sum of all its squares so far, which starts at 0.1."""

    def __init__(
        self, learning_rate: object, initial_accumulator_value: float = 0.1,
        use_locking: bool = False, name: str = "Adagrad",
    ) -> None:  # fmt: skip
        if initial_accumulator_value <= 0.0:
            raise AttributeValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._given = learning_rate
        self._initial = initial_accumulator_value

    def _create_slots(self, variables: Sequence[Variable]) -> None:
        for variable in variables:
            self._slot(variable, "accumulator", self._initial)

    def _prepare(self) -> None:
        self._lr = hyperparameter(self._given, "learning_rate")

    def _apply(self, gradient: Tensor, variable: Variable) -> Operation:
        return update(
            "ApplyAdagrad",
            [variable, self._slot(variable, "accumulator")],
            lambda p, total, g, lr: rules.tf_adagrad(p, g, total, _like(lr, p)),
            gradient, self._lr,
        )  # fmt: skip


class AdadeltaOptimizer(Optimizer):
    """Adadelta (arXiv:1212.5701)."""

    def __init__(
        self, learning_rate: object = 0.001, rho: object = 0.95, epsilon: object = 1e-8,
        use_locking: bool = False, name: str = "Adadelta",
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        self._given = (learning_rate, rho, epsilon)

    def _create_slots(self, variables: Sequence[Variable]) -> None:
        for variable in variables:
            self._slot(variable, "accum")
            self._slot(variable, "accum_update")

    def _prepare(self) -> None:
        names = ("lr", "rho", "epsilon")
        self._tensors = [hyperparameter(v, n) for v, n in zip(self._given, names, strict=True)]

    def _apply(self, gradient: Tensor, variable: Variable) -> Operation:
        def rule(p: Value, total: Value, moved: Value, g: Value, *numbers: Value) -> Sequence[TensorLike]:  # fmt: skip
            return rules.adadelta(p, g, total, moved, *[_like(n, p) for n in numbers])

        slots = [self._slot(variable, "accum"), self._slot(variable, "accum_update")]
        return update("ApplyAdadelta", [variable, *slots], rule, gradient, *self._tensors)


class FtrlOptimizer(Optimizer):
    """Follow the regularized leader (https://research.google.com/pubs/archive/41159.pdf)."""

    def __init__(
        self, learning_rate: object, learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1, l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0, use_locking: bool = False, name: str = "Ftrl",
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        self._given = learning_rate
        self._initial = initial_accumulator_value
        self._numbers = (
            learning_rate_power,
            l1_regularization_strength,
            l2_regularization_strength,
        )

    def _create_slots(self, variables: Sequence[Variable]) -> None:
        for variable in variables:
            self._slot(variable, "accum", self._initial)
            self._slot(variable, "linear")

    def _prepare(self) -> None:
        self._lr = hyperparameter(self._given, "learning_rate")

    def _apply(self, gradient: Tensor, variable: Variable) -> Operation:
        return update(
            "ApplyFtrl",
            [variable, self._slot(variable, "accum"), self._slot(variable, "linear")],
            lambda p, total, linear, g, lr: rules.tf_ftrl(
                p, g, total, linear, _like(lr, p), *self._numbers
            ),
            gradient, self._lr,
        )  # fmt: skip


class ProximalGradientDescentOptimizer(Optimizer):
    """Gradient descent followed by shrinking towards 0 (FOBOS)."""

    def __init__(
        self, learning_rate: object, l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0, use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        self._given = learning_rate
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength

    def _prepare(self) -> None:
        self._lr = hyperparameter(self._given, "learning_rate")

    def _apply(self, gradient: Tensor, variable: Variable) -> Operation:
        def rule(p: Value, g: Value, lr: Value | float) -> Sequence[TensorLike]:
            rate = ops.constant(lr, p.dtype) if isinstance(lr, float) else ops.cast(lr, p.dtype)
            moved = rules.sgd(p, g, rate)
            shrunk = ops.relu(ops.sub(ops.absolute(moved), ops.mul(rate, self._l1)))
            signed = ops.mul(ops.sign(moved), shrunk)
            return [ops.div(signed, ops.add(ops.mul(rate, self._l2), 1.0))]

        return update("ApplyProximalGradientDescent", [variable], rule, gradient, self._lr)
