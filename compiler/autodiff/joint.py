"""The gradient of eager values that were computed all at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import NoReturn

import numpy as np

from ..dispatch import Array
from ..ops import Kind, Op, Rule, Sample

__all__ = ["Joint", "joint_op"]


class Joint(Sequence["Rule | None"]):
    """In the place of an operation's rules: one function that adds to the cotangents of all operands itself.

    It sees what is known of these cotangents so far, so that sums are taken in the order in which the operations, had
    they been evaluated one by one, would have added their parts.
    """

    @abstractmethod
    def pull(
        self, y: Array, g: Array, gradients: dict[Array, Array], ahead: Sequence[Array]
    ) -> None:
        """Add what the cotangent ``g`` of ``y`` contributes to the ``gradients`` of the operands of ``y``.

        Args:
            ahead: the values that the walk has yet to come to; the next is the last.
        """

    def __len__(self) -> int:
        raise TypeError("a joint gradient has no rules for single operands")

    def __getitem__(self, index: object) -> NoReturn:
        raise TypeError("a joint gradient has no rules for single operands")


def _no_infer(*_: object, **__: object) -> NoReturn:
    raise TypeError("a joint operation is no part of a graph")


def _evaluate(*_: np.ndarray) -> NoReturn:
    raise TypeError("a joint operation is not evaluated")


def _no_samples(_: np.random.Generator) -> Iterator[Sample]:
    return iter(())


def joint_op(name: str, gradient: Joint) -> Op:
    """The operation of a value that has such a gradient; it is no part of the registry."""
    return Op(
        name=name,
        kind=Kind.CONTROL,
        infer=_no_infer,
        evaluate=_evaluate,
        vjp=gradient,
        jvp=None,
        samples=_no_samples,
        doc="one of several values that were computed at once",
    )
