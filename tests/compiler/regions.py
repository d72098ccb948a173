"""An operation with regions, for tests of what walks graphs within graphs."""

from __future__ import annotations

import numpy as np
import pytest

from bifront.compiler.errors import ShapeError
from bifront.compiler.ir import Graph, TensorType
from bifront.compiler.ops import REGISTRY, Kind, Op


def _infer(*operands: TensorType | Graph) -> tuple[TensorType, ...]:
    """Takes a condition and operands, then two regions; gives what the regions give."""
    regions = [x for x in operands if isinstance(x, Graph)]
    types = [tuple(v.type for v in region.outputs) for region in regions]
    if len(types) != 2 or types[0] != types[1]:
        raise ShapeError("the regions give different types")
    return types[0]


def _evaluate(*_: np.ndarray) -> np.ndarray:
    raise NotImplementedError


CHOOSE = Op(
    name="choose", kind=Kind.CONTROL, infer=_infer, evaluate=_evaluate, vjp=None, jvp=None,
    samples=lambda _: iter(()), doc="one of two regions",
)  # fmt: skip

TEXT = """\
graph @outer(%p: bool[], %x: f32[n, 3]) {
  %0: f32[n, 3] = neg(%x)                                @ "train.py":3:5
  %y: f32[n, 3], %1: f32[n, 3] = choose(%p, %0)          @ "train.py":4:5 in "branch" {
    graph @"if true"(%a: f32[n, 3]) {
      %0: f32[n, 3] = sin(%a)  @ "train.py":5:9
      return %0, %a
    }
    graph @otherwise(%a: f32[n, 3]) {
      %b: f32[n, 3], %c: f32[n, 3] = choose(%a) {
        graph @inner(%x: f32[n, 3]) {
          return %x, %x
        }
        graph @inner(%x: f32[n, 3]) {
          %0: f32[n, 3] = exp(%x)
          return %x, %0
        }
      }
      return %b, %c
    }
  }
  return %y, %1
}"""


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Op:
    """The operation, in the registry while a test runs."""
    monkeypatch.setitem(REGISTRY, CHOOSE.name, CHOOSE)
    return CHOOSE
