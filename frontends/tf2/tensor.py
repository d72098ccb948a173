"""`EagerTensor`: a value that is there.

It has the methods and operators of the declarative frontend's tensors, whose functions it is given to; what they make
of it is computed at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ...compiler.dispatch import Array, current, leaf
from ...compiler.errors import MissingNameError, Place, ShapeError
from ...compiler.ir import TensorType
from ...compiler.ir.dtypes import BY_NUMPY
from ...compiler.location import Location
from ...compiler.ops import CONSTANT
from ..imperative.grad_mode import capturing
from ..imperative.size import LISTENING
from ..imperative.tensor import wrap
from ..names import missing_name
from ..static.dtypes import DType, as_dtype
from ..static.operation import Operation
from ..static.tensor import Tensor
from .evaluation import EAGER
from .operators import EagerOperators
from .shape import TensorShape

if TYPE_CHECKING:
    from .reference import Reference

__all__ = ["Computation", "EagerTensor"]


_DTYPES = {kind: as_dtype(known) for kind, known in BY_NUMPY.items()}


class EagerTensor(EagerOperators, Tensor):
    """The result of an operation that ran.

    Attributes:
        array: the value, which never changes.
    """

    __module__ = "bifront.tf2"  # what programs print
    __slots__ = ("array",)

    def __init__(self, array: Array) -> None:
        self.array = array

    # --- what it is ---

    @property
    def dtype(self) -> DType:  # type: ignore[override]
        return _DTYPES[self.array.data.dtype]

    @property
    def shape(self) -> TensorShape:
        if LISTENING and current().lengths is not None:
            return TensorShape.seen(current().lengths.shape(self.array))
        return TensorShape.seen(self.array.data.shape)

    @property
    def type(self) -> TensorType:  # type: ignore[override]
        return self.array.type

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def value(self) -> Array:  # type: ignore[override]
        return self.array

    @property
    def op(self) -> Computation:  # type: ignore[override]
        return Computation([self])

    @property
    def name(self) -> str:
        return f"tf.Tensor: {self.array.type}"

    def get_shape(self) -> TensorShape:
        return self.shape

    def set_shape(self, shape: object) -> None:
        """Raises: ShapeError: its shape is another one."""
        self.shape.assert_is_compatible_with(shape)

    def ref(self) -> Reference:
        """Something that can be a key of a dictionary in the tensor's place."""
        from .reference import Reference

        return Reference(self)

    @property
    def graph(self) -> NoReturn:
        self._undefined("graph")

    def consumers(self) -> NoReturn:
        self._undefined("consumers")

    def eval(self, feed_dict: object = None, session: object = None) -> NoReturn:
        self._undefined("eval")

    def _undefined(self, name: str) -> NoReturn:
        raise MissingNameError(
            f"Tensor.{name} is undefined when eager execution is enabled",
            places=(Place("asked for here", Location.here(1)),),
            hint="the tensor has its value already: x.numpy() gives it",
        )

    # --- numbers out of it ---

    def numpy(self) -> Any:
        """Its value: a NumPy array of its own, or for a scalar a NumPy number."""
        current().observed(self.array)
        data = self.array.data
        return data[()] if not data.shape else np.array(data)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:  # type: ignore[override]
        found = np.asarray(self.numpy())
        return found if dtype is None else found.astype(dtype, copy=False)

    def __bool__(self) -> bool:
        data = self.array.data
        if data.size != 1:
            raise ShapeError(
                "The truth value of an array with more than one element is ambiguous",
                places=(
                    Place("used here", Location.here()),
                    Place(f"it is {self.array.type}, made here", self.array.location),
                ),
                hint="reduce it with tf.reduce_any or tf.reduce_all",
            )
        return bool(wrap(self.array))

    def __int__(self) -> int:
        return int(self._number())

    def __float__(self) -> float:
        return float(self._number())

    def __complex__(self) -> complex:
        return complex(self._number())

    def __index__(self) -> int:
        return wrap(self._number().array).__index__()

    def _number(self) -> Any:
        if self.array.data.size != 1:
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        return wrap(self.array)

    def __len__(self) -> int:
        if not self.array.data.shape:
            raise TypeError("Scalar tensor has no `len()`")
        if LISTENING and current().lengths is not None:
            return current().lengths.size(self.array, 0)  # type: ignore[no-any-return]
        return self.array.data.shape[0]  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[EagerTensor]:
        if not self.array.data.shape:
            raise TypeError("Cannot iterate over a scalar tensor.")
        if LISTENING and current().lengths is not None:
            yield from current().lengths.walk(self)
            return
        for i in range(len(self)):
            yield self[i]  # type: ignore[misc]

    def __repr__(self) -> str:
        text = repr(self._shown())
        if "\n" in text:
            text = "\n" + text
        return f"<tf.Tensor: shape={self.shape}, dtype={self.dtype.name}, numpy={text}>"

    def __str__(self) -> str:
        return f"tf.Tensor({self._shown()}, shape={self.shape}, dtype={self.dtype.name})"

    def __format__(self, spec: str) -> str:
        return format(self._shown(), spec) if spec else str(self)

    def _shown(self) -> Any:
        data = self.array.data
        current().observed(self.array)
        return data if data.shape else data.item() if data.dtype.kind != "f" else _Short(data[()])

    def __deepcopy__(self, memo: object) -> EagerTensor:
        return self

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _of_array, (np.array(self.array.data),)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise missing_name("Tensor", name, dir(type(self)))


def _of_array(data: np.ndarray) -> EagerTensor:
    return EagerTensor(leaf(data))


class _Short(float):
    """A float that shows the digits its own type needs."""

    def __new__(cls, number: Any) -> _Short:
        made = super().__new__(cls, number)
        made.digits = str(number)
        return made

    digits: str

    def __repr__(self) -> str:
        return self.digits

    __str__ = __repr__


class Computation(Operation):
    """What made eager tensors: nothing that could be run again, only what is known of it."""

    __slots__ = ()

    def __init__(self, outputs: Sequence[EagerTensor]) -> None:
        self.outputs = tuple(outputs)
        self.inputs = ()
        self.host = None
        self.region = None

    @property
    def _made(self) -> Array:
        return self.outputs[0].array  # type: ignore[attr-defined, no-any-return]

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.type

    @property
    def type(self) -> str:  # type: ignore[override]
        array = self._made
        plain = array.op is None and not array.tracked and not capturing()
        return "Const" if plain or array.op is CONSTANT else "Computation"

    @property
    def location(self) -> Location | None:  # type: ignore[override]
        return self._made.location

    def get_attr(self, name: str) -> object:
        if name == "value" and self.type == "Const":
            return self._made.data
        raise ValueError(f"a tensor that was computed has no attr named {name!r}")


EAGER.computation = lambda arrays: Computation([EagerTensor(a) for a in arrays])
