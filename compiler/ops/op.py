"""What an operation is, and the registry in which everything else finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias, overload

import numpy as np

from .accuracy import EXACT, Accuracy

if TYPE_CHECKING:
    from ..dispatch.array import Array
    from ..ir import Attr, Dim, TensorType, Value

TensorLike: TypeAlias = "Value | Array"
"""What operations work on: symbolic values while building, eager ones while running."""
__all__ = ["REGISTRY", "ForEach", "Kind", "Op", "Rule", "Sample", "TensorLike", "Whole", "define"]

Rule: TypeAlias = "Callable[..., TensorLike]"
"""vjp: ``rule(g, y, *inputs, **attrs)``, the cotangent of one input from the output's cotangent ``g``.
jvp: ``rule(t, y, *inputs, **attrs)``, the part of the output's tangent due to the tangent ``t`` of one input."""


class Kind(Enum):
    """What fusion, pictures and the operator table need to know of an operation."""

    ELEMENTWISE = "elementwise"
    REDUCTION = "reduction"
    CONTRACTION = "contraction"
    MOVEMENT = "movement"
    INDEXING = "indexing"
    SORTING = "sorting"
    RANDOM = "random"
    CREATION = "creation"
    CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Sample:
    """Arguments for which an operation is tested: ``op.evaluate(*inputs, **attrs)`` must work."""

    inputs: tuple[np.ndarray, ...]
    attrs: Mapping[str, Attr] = field(default_factory=dict)
    differentiable: bool = True
    """False where the operation has a kink or a jump at (or next to) these inputs."""


@dataclass(frozen=True, slots=True)
class ForEach(Sequence["Rule | None"]):
    """The rules of an operation with any number of operands: ``rule(i, g, y, *inputs, **attrs)``."""

    rule: Callable[..., TensorLike]

    @overload
    def __getitem__(self, index: int) -> Rule: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Rule | None]: ...
    def __getitem__(self, index: int | slice) -> Rule | Sequence[Rule | None]:
        if isinstance(index, slice):
            raise TypeError("rules for any number of operands have no slices")

        def rule(*args: TensorLike, **attrs: Attr) -> TensorLike:
            return self.rule(index, *args, **attrs)

        return rule

    def __len__(self) -> int:
        raise TypeError("rules for any number of operands have no length")


Cotangents: TypeAlias = "Sequence[Value | None]"


@dataclass(frozen=True, slots=True)
class Whole:
    """The one rule of an operation with regions, or with several outputs.

    As a vjp it is ``rule(node, cotangents, wanted, known)``: from the cotangents of the outputs (None: none) those of
    the inputs that are ``wanted`` (None: none flows). ``known`` is what was gathered for each input so far (None:
    nothing); what the rule returns includes it, so that the rule decides in which order the sum is taken.
    As a jvp it is ``rule(node, tangents)``: from the tangents of the inputs those of the outputs.
    """

    rule: Callable[..., Cotangents]


@dataclass(frozen=True, eq=False, slots=True)
class Op:
    """An operation, whole: everything that any part of bifront knows of it stands here.

    Attributes:
        name: its name in the text IR.
        kind: what sort of operation it is.
        infer: ``infer(*types, *regions, **attrs)`` gives the output type (types, of several outputs), or raises
            `ShapeError`, `DTypeError` or `AttributeValueError`.
        evaluate: ``evaluate(*arrays, **attrs)``, the NumPy reference. Movement operations may return views; all others
            return fresh arrays. A `numpy.ufunc` where one does the job, so that it can write into a given buffer.
        vjp: one `Rule` for each operand (None: no gradient flows there); None: not differentiable.
        jvp: likewise.
        samples: ``samples(rng)`` yields arguments for the generated tests; float inputs are float64.
        doc: one line for the operator table: what is computed, with shapes.
    """

    name: str
    kind: Kind
    infer: Callable[..., TensorType | tuple[TensorType, ...]]
    evaluate: Callable[..., np.ndarray]
    vjp: Sequence[Rule | None] | Whole | None
    jvp: Sequence[Rule | None] | Whole | None
    samples: Callable[[np.random.Generator], Iterator[Sample]]
    doc: str
    view: bool = False
    """Whether `evaluate` returns a view of its first operand's memory."""
    affine: bool = False
    """Whether no derivative depends on the operands' numbers, so that backward may come again once they are freed."""
    commutative: bool = False
    """Whether the two operands may change places: the result is the same to the last bit."""
    accuracy: Accuracy = EXACT
    """How far a backend's result may lie from the exact one."""

    flops: Callable[[Sequence[TensorType], TensorType], Dim] | None = None
    """Arithmetic operations, from the types of operands and result, where these are not one for each element."""

    @property
    def differentiable(self) -> bool:
        return self.vjp is not None

    def __repr__(self) -> str:
        return f"<op {self.name}>"


REGISTRY: dict[str, Op] = {}


def define(op: Op) -> Op:
    """Enter an operation into the registry; its name must be new."""
    if op.name in REGISTRY:
        raise ValueError(f"operation {op.name!r} is defined twice")
    REGISTRY[op.name] = op
    return op
