"""An operation that says it is affine has derivatives that do not look at the operands' numbers."""

import numpy as np
import pytest

from bifront.compiler.dispatch import EAGER, leaf, using
from bifront.compiler.ops import REGISTRY, Op

AFFINE = [op for op in REGISTRY.values() if op.affine]


def test_some_are() -> None:
    assert {"add", "reshape", "reduce_sum"} <= {op.name for op in AFFINE}
    assert not {"mul", "exp", "matmul", "relu"} & {op.name for op in AFFINE}


@pytest.mark.parametrize("op", AFFINE, ids=lambda op: op.name)
def test_rules_need_no_numbers(op: Op) -> None:
    checked = 0
    for sample in op.samples(np.random.default_rng(0)):
        if not sample.differentiable or any(x.dtype.kind != "f" for x in sample.inputs):
            continue
        y = np.asarray(op.evaluate(*sample.inputs, **sample.attrs))
        if y.dtype.kind != "f":
            continue
        lost = [leaf(np.full(x.shape, np.nan, x.dtype)) for x in sample.inputs]
        result = leaf(np.full(y.shape, np.nan, y.dtype))
        g = leaf(np.ones(y.shape, y.dtype))
        assert op.vjp is not None
        for i in range(len(lost)):
            rule = op.vjp[i]
            assert rule is not None
            with using(EAGER):
                gradient = rule(g, result, *lost, **sample.attrs)
            assert np.isfinite(gradient.data).all()  # type: ignore[union-attr]
            checked += 1
    assert checked
