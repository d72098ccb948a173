"""Update rules over ten steps in float64, against the formulas of the frameworks' documentation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bifront.compiler.dispatch import Array
from bifront.compiler.library import optimizers as rules
from bifront.compiler.ops import add, mul

from .support import build, value

RNG = np.random.default_rng(0)
START = RNG.standard_normal((2, 3))
GRADIENTS = RNG.standard_normal((10, 2, 3))
ZEROS = np.zeros_like(START)
FLOAT64 = value(START).dtype

Rule = Callable[..., "Array | tuple[Array | None, ...]"]


def run(rule: Rule, *slots: np.ndarray) -> np.ndarray:
    """The parameter after all gradients; ``rule(p, g, step, *slots)`` with steps counted from 1."""
    p, state = value(START), [value(s) for s in slots]
    for t, g in enumerate(GRADIENTS, 1):
        found = rule(p, value(g), value(float(t)), *state)
        p, *state = [x for x in (found if isinstance(found, tuple) else (found,)) if x is not None]
    return p.data


def reference(rule: Callable[..., None], **slots: np.ndarray | float) -> np.ndarray:
    """The same for a rule that changes a dictionary of arrays."""
    s = {"p": START.copy(), **slots}
    for t, g in enumerate(GRADIENTS, 1):
        rule(s, g, t)
    return np.asarray(s["p"])


def agrees(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


class TestSharedRules:
    def test_gradient_descent(self) -> None:
        agrees(run(lambda p, g, t: rules.sgd(p, g, 0.1)), START - 0.1 * GRADIENTS.sum(0))

    @pytest.mark.parametrize("nesterov", [False, True])
    @pytest.mark.parametrize("dampening", [0.0, 0.3])
    def test_momentum(self, nesterov, dampening) -> None:
        def rule(s, g, t):
            s["v"] = 0.9 * s["v"] + (g if t == 1 else (1 - dampening) * g)
            s["p"] -= 0.1 * (g + 0.9 * s["v"] if nesterov else s["v"])

        found = run(
            lambda p, g, t, v: rules.momentum(p, g, v, 0.1, 0.9, nesterov, dampening, add(t, -1)),
            ZEROS,
        )
        agrees(found, reference(rule, v=ZEROS))

    def test_adadelta(self) -> None:
        def rule(s, g, t):
            s["a"] = 0.9 * s["a"] + 0.1 * g * g
            step = np.sqrt(s["d"] + 1e-6) / np.sqrt(s["a"] + 1e-6) * g
            s["d"] = 0.9 * s["d"] + 0.1 * step * step
            s["p"] -= 0.5 * step

        found = run(lambda p, g, t, a, d: rules.adadelta(p, g, a, d, 0.5, 0.9, 1e-6), ZEROS, ZEROS)
        agrees(found, reference(rule, a=ZEROS, d=ZEROS))

    def test_a_rate_may_be_a_tensor(self) -> None:
        rate = value(0.1)
        agrees(
            run(lambda p, g, t: rules.sgd(p, g, rate)), run(lambda p, g, t: rules.sgd(p, g, 0.1))
        )
        agrees(
            run(lambda p, g, t: rules.decay_weights(p, rate, 0.5)),
            run(lambda p, g, t: rules.decay_weights(p, 0.1, 0.5)),
        )

    def test_both_frameworks_momentum_is_one_program(self) -> None:
        tensorflow = build(lambda p, g, v: rules.momentum(p, g, v, 0.1, 0.9)[0], *[(3,)] * 3)
        torch = build(
            lambda p, g, v: rules.momentum(
                p, rules.effective_gradient(p, g), v, 0.1, 0.9, False, 0.0
            )[0],
            *[(3,)] * 3,
        )
        assert tensorflow.fingerprint() == torch.fingerprint()


class TestTensorFlow:
    """https://www.tensorflow.org/versions/r1.15/api_docs/python/tf/train"""

    def test_adam(self) -> None:
        def rule(s, g, t):
            rate = 0.1 * np.sqrt(1 - 0.99**t) / (1 - 0.9**t)
            s["m"] = 0.9 * s["m"] + 0.1 * g
            s["v"] = 0.99 * s["v"] + 0.01 * g * g
            s["p"] -= rate * s["m"] / (np.sqrt(s["v"]) + 1e-3)

        def step(p, g, t, m, v, b1, b2):
            new = rules.tf_adam(p, g, m, v, b1, b2, 0.1, 0.9, 0.99, 1e-3)
            return (*new, mul(b1, 0.9), mul(b2, 0.99))

        found = run(step, ZEROS, ZEROS, np.array(0.9), np.array(0.99))
        agrees(found, reference(rule, m=ZEROS, v=ZEROS))

    @pytest.mark.parametrize("centered", [False, True])
    def test_rmsprop(self, centered) -> None:
        def rule(s, g, t):
            s["ms"] = 0.9 * s["ms"] + 0.1 * g * g
            s["mg"] = 0.9 * s["mg"] + 0.1 * g
            spread = s["ms"] - (s["mg"] ** 2 if centered else 0)
            s["mom"] = 0.8 * s["mom"] + 0.1 * g / np.sqrt(spread + 1e-3)
            s["p"] -= s["mom"]

        mean = [ZEROS] if centered else []
        found = run(
            lambda p, g, t, ms, v, *mg: rules.tf_rmsprop(p, g, ms, v, 0.1, 0.9, 0.8, 1e-3, *mg),
            ZEROS + 1, ZEROS, *mean,
        )  # fmt: skip
        agrees(found, reference(rule, ms=ZEROS + 1, mg=ZEROS, mom=ZEROS))

    def test_adagrad(self) -> None:
        def rule(s, g, t):
            s["a"] = s["a"] + g * g
            s["p"] -= 0.1 * g / np.sqrt(s["a"])

        found = run(lambda p, g, t, a: rules.tf_adagrad(p, g, a, 0.1), ZEROS + 0.1)
        agrees(found, reference(rule, a=ZEROS + 0.1))

    @pytest.mark.parametrize("power", [-0.5, -0.3])
    @pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.2, 0.0), (0.2, 0.4)])
    def test_ftrl(self, power, l1, l2) -> None:
        def rule(s, g, t):
            grown = s["a"] + g * g
            sigma = (grown**-power - s["a"] ** -power) / 0.1
            s["z"] = s["z"] + g - sigma * s["p"]
            below = grown**-power / 0.1 + 2 * l2
            s["p"] = np.where(np.abs(s["z"]) > l1, (np.sign(s["z"]) * l1 - s["z"]) / below, 0.0)
            s["a"] = grown

        found = run(
            lambda p, g, t, a, z: rules.tf_ftrl(p, g, a, z, 0.1, power, l1, l2), ZEROS + 0.1, ZEROS
        )
        agrees(found, reference(rule, a=ZEROS + 0.1, z=ZEROS))


class TestTorch:
    """https://pytorch.org/docs/stable/optim.html"""

    @pytest.mark.parametrize("weight_decay", [0.0, 0.1])
    @pytest.mark.parametrize("maximize", [False, True])
    @pytest.mark.parametrize("amsgrad", [False, True])
    @pytest.mark.parametrize("decoupled", [False, True])
    def test_adam(self, weight_decay, maximize, amsgrad, decoupled) -> None:
        def rule(s, g, t):
            g = -g if maximize else g
            if decoupled:
                s["p"] *= 1 - 0.1 * weight_decay
            else:
                g = g + weight_decay * s["p"]
            s["m"] = 0.9 * s["m"] + 0.1 * g
            s["v"] = 0.99 * s["v"] + 0.01 * g * g
            s["x"] = np.maximum(s["x"], s["v"])
            corrected = (s["x"] if amsgrad else s["v"]) / (1 - 0.99**t)
            s["p"] -= 0.1 * s["m"] / (1 - 0.9**t) / (np.sqrt(corrected) + 1e-3)

        def step(p, g, t, m, v, *largest):
            g = rules.effective_gradient(p, g, 0.0 if decoupled else weight_decay, maximize)
            p = rules.decay_weights(p, 0.1, weight_decay if decoupled else 0.0)
            size, root = rules.adam_scales(t, 0.1, 0.9, 0.99, FLOAT64)
            return rules.torch_adam(p, g, m, v, size, root, 0.9, 0.99, 1e-3, *largest)

        found = run(step, *[ZEROS] * (3 if amsgrad else 2))
        agrees(found, reference(rule, m=ZEROS, v=ZEROS, x=ZEROS))

    def test_bias_correction_of_float32_is_computed_in_float64(self) -> None:
        size, root = rules.adam_scales(
            value(np.float32(1)), 1e-3, 0.9, 0.999, value(np.float32(0)).dtype
        )
        assert size.data == np.float32(1e-3 / (1 - 0.9))
        assert root.data == np.float32(np.sqrt(1 - 0.999))

    def test_adamax(self) -> None:
        def rule(s, g, t):
            s["m"] = 0.9 * s["m"] + 0.1 * g
            s["u"] = np.maximum(0.99 * s["u"], np.abs(g) + 1e-3)
            s["p"] -= 0.1 / (1 - 0.9**t) * s["m"] / s["u"]

        def step(p, g, t, m, u):
            size, _ = rules.adam_scales(t, 0.1, 0.9, 0.99, FLOAT64)
            return rules.torch_adamax(p, g, m, u, size, 0.9, 0.99, 1e-3)

        agrees(run(step, ZEROS, ZEROS), reference(rule, m=ZEROS, u=ZEROS))

    @pytest.mark.parametrize("momentum", [0.0, 0.8])
    @pytest.mark.parametrize("centered", [False, True])
    def test_rmsprop(self, momentum, centered) -> None:
        def rule(s, g, t):
            s["ms"] = 0.9 * s["ms"] + 0.1 * g * g
            s["mg"] = 0.9 * s["mg"] + 0.1 * g
            spread = s["ms"] - (s["mg"] ** 2 if centered else 0)
            s["b"] = momentum * s["b"] + g / (np.sqrt(spread) + 1e-3)
            s["p"] -= 0.1 * s["b"]

        def step(p, g, t, ms, *rest):
            slots = list(rest)
            velocity = slots.pop(0) if momentum else None
            mean = slots.pop(0) if centered else None
            return rules.torch_rmsprop(p, g, ms, 0.1, 0.9, 1e-3, velocity, momentum, mean)

        found = run(step, *[ZEROS] * (1 + bool(momentum) + centered))
        agrees(found, reference(rule, ms=ZEROS, mg=ZEROS, b=ZEROS))

    @pytest.mark.parametrize("lr_decay", [0.0, 0.2])
    def test_adagrad(self, lr_decay) -> None:
        def rule(s, g, t):
            s["a"] = s["a"] + g * g
            s["p"] -= 0.1 / (1 + (t - 1) * lr_decay) * g / (np.sqrt(s["a"]) + 1e-3)

        def step(p, g, t, a):
            rate = rules.torch_adagrad_rate(t, 0.1, lr_decay, FLOAT64)
            return rules.torch_adagrad(p, g, a, rate, 1e-3)

        agrees(run(step, ZEROS), reference(rule, a=ZEROS))
