"""`Tensor`: a handle for one output of an operation. It has a type, and a value only while a session runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from ...compiler.errors import GraphError, Place
from ...compiler.ir import TensorType, Value
from ...compiler.location import Location
from .dtypes import DType
from .operators import Operators
from .shape import TensorShape

if TYPE_CHECKING:
    from .graph import Graph
    from .operation import Operation
    from .session import Session


class Tensor(Operators):
    """The symbolic result of an operation.

    Attributes:
        op: the operation that computes it; ``index`` says which of its outputs it is.
        value: what stands for it in the IR that is built for type inference; None if its rank is not known yet.
        type: its element type and shape; None if the rank is not known.
    """

    __slots__ = ("__weakref__", "dtype", "index", "op", "refinement", "type", "value")

    def __init__(
        self,
        op: Operation,
        index: int,
        dtype: DType,
        type: TensorType | None,
        value: Value | None,
    ) -> None:
        self.op = op
        self.index = index
        self.dtype = dtype
        self.type = type
        self.value = value
        self.refinement: TensorShape | None = None

    @property
    def name(self) -> str:
        return f"{self.op.name}:{self.index}"

    @property
    def value_index(self) -> int:
        return self.index

    @property
    def graph(self) -> Graph:
        return self.op.graph

    @property
    def device(self) -> str:
        """Always empty: placement has no meaning here."""
        return ""

    @property
    def shape(self) -> TensorShape:
        return TensorShape.of(self.type)

    def get_shape(self) -> TensorShape:
        return self.shape

    def set_shape(self, shape: object) -> None:
        """Say more about the shape than inference found; a session checks it.

        Raises:
            ShapeError: it contradicts what is known.
        """
        from .refine import refine

        refine(self, TensorShape(shape))

    def consumers(self) -> list[Operation]:
        """The operations that read it."""
        return [op for op in self.graph.get_operations() if any(t is self for t in op.inputs)]

    def eval(
        self, feed_dict: Mapping[object, object] | None = None, session: Session | None = None
    ) -> np.ndarray:
        """Its value, computed by ``session`` (default: the default session)."""
        from .session import session_for

        return session_for(self.op, session, "eval()").run(self, feed_dict)  # type: ignore[return-value]

    def __iter__(self) -> Iterator[Tensor]:
        self._refuse(
            "Tensor objects are only iterable when eager execution is enabled: "
            f"{self.name!r} has no elements before a session runs",
            "use tf.unstack(tensor), or tensor[i] for i in range(n)",
        )

    def __bool__(self) -> bool:
        self._refuse(
            f"Using a tf.Tensor as a Python bool is not allowed: {self.name!r} has no value yet",
            "use 'if t is not None:' to ask whether a tensor is defined, tf.where(c, a, b) to choose "
            "by its value, or fetch it with session.run first",
        )

    def __len__(self) -> int:
        self._refuse(
            f"len is not defined for a symbolic tensor ({self.name!r})",
            "use tensor.shape[0] (known now) or tf.shape(tensor)[0] (known at run time)",
        )

    def __float__(self) -> float:
        self._refuse(
            f"{self.name!r} is symbolic: it is no number before a session runs",
            "fetch it with session.run first",
        )

    def __array__(self, *_: object, **__: object) -> NoReturn:
        self._refuse(
            f"Cannot convert a symbolic Tensor ({self.name}) to a numpy array",
            "fetch it with session.run, or use tf functions instead of NumPy's",
        )

    def _refuse(self, answer: str, hint: str) -> NoReturn:
        raise SymbolicError(
            answer,
            places=(
                Place("used here", Location.here(2)),
                Place(f"{self.name!r} was made here", self.op.location),
            ),
            hint=hint,
        )

    def _as_tensor(self) -> Tensor:
        return self

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    def __str__(self) -> str:
        known = "" if self.shape.ndims is None else f", shape={self.shape}"
        return f'Tensor("{self.name}"{known}, dtype={self.dtype.name})'


class SymbolicError(GraphError, TypeError):
    """A symbolic tensor used where Python needs a value."""
