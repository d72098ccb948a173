"""`Tensor`: a handle that changes over values that do not.

A tensor holds the `Array` that it stands for now. An in-place operation gives it another one; whoever remembers the old
one (backward) notices. Where several tensors share memory (views, ``detach()``), they share a `Storage` too, through
which a write to one reaches the others.

Methods and operators stand in the modules of their kind; `api.install` and ``attach`` functions give them to the class.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from ...compiler.dispatch import Array, Look, Origin, leaf, plain
from ...compiler.dispatch.current import current
from ...compiler.errors import DTypeError, GradientError, Place, ShapeError
from .device import CPU, device
from .dtypes import BY_NUMPY, dtype
from .size import LISTENING, Size

if TYPE_CHECKING:
    from .storage import Storage
    from .views import Step

__all__ = ["Tensor", "wrap"]

new = object.__new__
_making = RLock()


class Tensor:
    """A multi-dimensional array that knows how it was computed.

    Attributes:
        array: the value that it stands for now.
        shared: the memory it shares with other tensors; None as long as it shares none.
        steps: how its value follows from the storage's root (only where there is a storage).
    """

    __module__ = "bifront.imperative"  # what programs print
    __slots__ = ("__weakref__", "array", "shared", "steps")

    array: Array
    shared: Storage | None
    steps: tuple[Step, ...]

    # NumPy's operators leave expressions such as ``np.float64(2) * tensor`` to the tensor.
    __array_priority__ = 1000

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        from .legacy import construct

        return construct(cls, *args, **kwargs)

    # --- what it is ---

    @property
    def shape(self) -> Size:
        if LISTENING and current().lengths is not None:
            return current().lengths.shape(self.array)  # type: ignore[no-any-return]
        return Size(self.array.data.shape)

    @property
    def dtype(self) -> dtype:
        return BY_NUMPY[self.array.data.dtype]

    @property
    def device(self) -> device:
        return CPU

    @property
    def ndim(self) -> int:
        return len(self.array.data.shape)

    @property
    def requires_grad(self) -> bool:
        return self.array.tracked

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    @property
    def is_leaf(self) -> bool:
        array = self.array
        return not array.tracked or array.op is None or array.origin is not None

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Have gradients accumulate in ``grad``, or not.

        Raises:
            GradientError: the tensor was computed from others and requires grad because they do; or it is no float.
        """
        from .storage import replace

        array = self.array
        if array.tracked == requires_grad:
            return self
        if not requires_grad and not self.is_leaf:
            raise GradientError(
                "you can only change requires_grad flags of leaf variables.",
                places=(Place("this one was computed here", array.location),),
                hint="use var.detach() to get a value through which no gradient flows",
            )
        if requires_grad and array.data.dtype.kind != "f":
            raise GradientError(
                "only Tensors of floating point dtype can require gradients; "
                f"this one is {array.type}",
                hint="cast it to a float type first",
            )
        made = _as_leaf(array, requires_grad)
        if made.origin is None:
            made.origin = Leaf("leaf", self)
        replace(self, made)
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward accumulated; None where there is none yet."""
        from .hooks import grad_of

        return grad_of(self.array)

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(
                f"assigned grad expected to be a Tensor or None but got {type(value).__name__}"
            )
        if value is not None and value.array.data.shape != self.array.data.shape:
            raise ShapeError(
                f"assigned grad has data of a different size: {value.array.type} "
                f"for a tensor {self.array.type}"
            )
        origin = self._origin()
        current().touching(origin, False)
        origin.grad = value

    @grad.deleter
    def grad(self) -> None:
        origin = self._origin()
        current().touching(origin, False)
        origin.grad = None

    def _origin(self, kind: str = "leaf") -> Origin:
        """What this leaf stands for; made on first use."""
        array = self.array
        if array.origin is None:
            array.origin = Leaf(kind, self)
        return array.origin

    def _name_origin(self, kind: str, name: str = "") -> None:
        """Say what the tensor stands for in the program: a parameter, a buffer, an optimizer's slot."""
        origin = self._origin(kind)
        origin.kind = kind
        origin.name = name
        if isinstance(origin, Leaf):
            origin.hold(self)

    # --- numbers out of it ---

    def item(self) -> float | int | bool:
        """The one element as a Python number.

        Raises:
            ShapeError: there is more than one element.
        """
        array = self.array
        data = array.data
        if data.size != 1:
            raise ShapeError(
                f"a Tensor with {data.size} elements cannot be converted to Scalar",
                places=(Place(f"it is {array.type}, made here", array.location),),
                hint="index one element, or reduce it (sum, mean) first",
            )
        interpreter = current()
        if interpreter.numbers is not None:
            return interpreter.numbers.number(array)  # type: ignore[no-any-return]
        interpreter.observed(array)
        return data.item()  # type: ignore[no-any-return]

    def __bool__(self) -> bool:
        data = self.array.data
        if data.size != 1:
            raise ShapeError(
                f"Boolean value of Tensor with {'more than one value' if data.size else 'no values'} "
                "is ambiguous",
                places=(Place(f"it is {self.array.type}, made here", self.array.location),),
                hint="reduce it with .any() or .all()",
            )
        current().observed(self.array, Look.TRUTH)
        return bool(data)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self.array.data.dtype.kind not in "iub":
            raise DTypeError(
                "only integer tensors of a single element can be converted to an index; "
                f"this one is {self.array.type}"
            )
        return int(self.item())

    def __len__(self) -> int:
        if not self.array.data.shape:
            raise DTypeError("len() of a 0-d tensor")
        if LISTENING and current().lengths is not None:
            return current().lengths.size(self.array, 0)  # type: ignore[no-any-return]
        return self.array.data.shape[0]  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.data.shape:
            raise DTypeError("iteration over a 0-d tensor")
        if LISTENING and current().lengths is not None:
            yield from current().lengths.walk(self)
            return
        for i in range(len(self)):
            yield self[i]

    def __contains__(self, element: object) -> bool:
        if not isinstance(element, (Tensor, int, float)):
            raise TypeError(
                f"Tensor.__contains__ only supports Tensor or scalar, not {type(element).__name__}"
            )
        return bool(wrap(self.array).eq(element).any())

    def __reversed__(self) -> Tensor:
        return self.flip(0) if self.array.data.shape else self

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        from .printing import show

        current().observed(self.array)
        return show(self)

    def __format__(self, spec: str) -> str:
        if not self.array.data.shape:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        data: np.ndarray = self.numpy()
        if dtype is not None and data.dtype != dtype:
            return data.astype(dtype)
        return data.copy() if copy else data

    def __array_wrap__(
        self, array: np.ndarray, context: object = None, return_scalar: bool = False
    ) -> Tensor:
        return wrap(leaf(array))

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        from .legacy import deep_copy

        return deep_copy(self, memo)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        from .legacy import rebuild

        return rebuild, (type(self), np.array(self.array.data), self.array.tracked)

    if TYPE_CHECKING:
        # For type checkers: most methods are attached later. At run time a `__getattr__` would slow down every
        # attribute.
        def __getattr__(self, name: str) -> Any: ...
        def __getitem__(self, key: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def _with(self, other: Any) -> Tensor: ...

        @property
        def data(self) -> Tensor: ...
        @data.setter
        def data(self, value: Tensor) -> None: ...

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _with
        __rtruediv__ = __pow__ = __rpow__ = __matmul__ = __mod__ = __floordiv__ = _with
        __lt__ = __le__ = __gt__ = __ge__ = __and__ = __or__ = __xor__ = _with

    def __setitem__(self, key: object, value: object) -> None:
        from .indexing import set_item

        set_item(self, key, value)


def give(**members: object) -> None:
    """Give `Tensor` methods and attributes that are written in other modules."""
    for name, member in members.items():
        setattr(Tensor, name, member)


class Leaf(Origin):
    """The origin of a leaf of this frontend; finds the tensor that stands for it (a trace needs its last value).

    Attributes:
        gradient: the gradient, or its numbers alone: a compiled step leaves those, and few programs look at them.
    """

    __slots__ = ("_handle", "gradient")

    gradient: object

    def __init__(self, kind: str, tensor: Tensor) -> None:
        super().__init__(kind, first=tensor.array)
        self.hold(tensor)

    @property
    def grad(self) -> object:
        """The gradient; where there are only its numbers, the tensor is made now, and is the gradient from then on."""
        found = self.gradient
        return self._made() if found.__class__ is np.ndarray else found

    @grad.setter
    def grad(self, value: object) -> None:
        self.gradient = value

    def _made(self) -> object:
        with _making:
            # Two threads that ask at once are given the same tensor.
            found = self.gradient
            if isinstance(found, np.ndarray):
                found = self.gradient = wrap(plain(found))
            return found

    def hold(self, tensor: Tensor) -> None:
        from weakref import ref

        self._handle = ref(tensor)

    @property
    def tensor(self) -> Tensor | None:
        """The tensor, as long as the program keeps it."""
        return self._handle()


class Passing(Leaf):
    """What a tensor that stands for nothing in particular stands for while a trace writes to it."""

    __slots__ = ()


def wrap(array: Array) -> Tensor:
    """A new tensor that stands for a value.

    The value must not stand for another tensor already: each tensor may overwrite its own.
    """
    t: Tensor = new(Tensor)
    t.array = array
    t.shared = None
    return t


def _as_leaf(array: Array, tracked: bool) -> Array:
    """The same numbers as a leaf through which gradients flow, or do not."""
    made = leaf(array.data, array.origin, tracked, array.code, getattr(array, "lasti", -1))
    made.op, made.inputs, made.attrs = array.op, array.inputs, array.attrs
    return made
