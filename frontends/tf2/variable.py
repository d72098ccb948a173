"""`Variable`: a value that can be given another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn
from weakref import WeakValueDictionary

import numpy as np

from ...compiler import ops
from ...compiler.dispatch import Array, Origin, current, leaf
from ...compiler.errors import AttributeValueError, Place, ShapeError
from ...compiler.ir import show_shape
from ...compiler.location import Location, caller
from ..imperative.grad_mode import capturing
from ..imperative.storage import fresh, twin
from ..imperative.tensor import Leaf, Tensor, wrap
from ..names import missing_name
from ..static.convert import convert
from ..static.dtypes import DType, as_dtype
from .evaluation import eager, evaluate
from .operators import EagerOperators
from .reference import Reference
from .shape import TensorShape
from .tapes import open_tapes
from .tensor import EagerTensor

__all__ = ["Variable", "variables"]

_convert = eager(convert)


class _State(Leaf):
    """What the compiler knows a variable by. Values that were read stay, whatever the variable is given."""

    __slots__ = ()
    overwrites = False


_variables: WeakValueDictionary[Origin, Variable] = WeakValueDictionary()


class Variable(EagerOperators):
    """State: read like a tensor, changed by assignments, which take effect at once.

    Args:
        initial_value: a tensor, number, list, array, or a function that makes one.
        trainable: whether tapes watch it when it is read.
        name: what graphs call it.
        dtype: the type to convert the initial value to.

    Raises:
        AttributeValueError: no initial value.
    """

    __module__ = "bifront.tf2"  # what programs print
    __slots__ = ("__weakref__", "_handle", "_name", "constraint", "trainable")

    def __init__(
        self,
        initial_value: object = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: object = None,
        name: str | None = None,
        variable_def: object = None,
        dtype: object = None,
        import_scope: object = None,
        constraint: Callable[[Any], Any] | None = None,
        synchronization: object = None,
        aggregation: object = None,
        shape: object = None,
    ) -> None:
        if initial_value is None:
            raise AttributeValueError("initial_value must be specified.", places=(_here(),))
        given = initial_value() if callable(initial_value) else initial_value
        value = _convert(given, dtype)
        assert isinstance(value, EagerTensor)
        self.trainable = trainable is not False
        self.constraint = constraint
        self._name = name or "Variable"
        first = leaf(value.array.data, None, value.dtype.is_floating, *caller(0))
        handle = self._handle = wrap(first)
        handle.array.origin = _State("parameter" if self.trainable else "buffer", handle)
        handle.array.origin.name = self._name
        _variables[self.origin] = self

    # --- what it is ---

    @property
    def origin(self) -> Origin:
        """What the compiler knows the variable by."""
        origin = self._handle.array.origin
        assert origin is not None
        return origin

    @staticmethod
    def of(origin: Origin) -> Variable | None:
        """The variable that an origin stands for, as long as the program keeps it."""
        return _variables.get(origin)

    @property
    def handle(self) -> Tensor:
        """The variable as the imperative frontend's machinery sees it."""
        return self._handle

    @property
    def name(self) -> str:
        return f"{self._name}:0"

    @property
    def shape(self) -> TensorShape:
        return TensorShape(self._handle.array.data.shape)

    @property
    def dtype(self) -> DType:
        return as_dtype(self._handle.array.dtype)

    @property
    def device(self) -> str:
        """Always empty: placement has no meaning here."""
        return ""

    def get_shape(self) -> TensorShape:
        return self.shape

    def ref(self) -> Reference:
        """Something that can be a key of a dictionary in the variable's place."""
        return Reference(self)

    # --- reading ---

    def _as_tensor(self) -> EagerTensor:
        array = self._handle.array
        for tape in open_tapes():
            tape.read(self.origin, array, self.trainable)
        return EagerTensor(array)

    def read_value(self) -> EagerTensor:
        """Its value now."""
        return self._as_tensor()

    value = read_value

    def numpy(self) -> Any:
        return self._as_tensor().numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self._as_tensor().__array__(dtype, copy))

    def __bool__(self) -> bool:
        return bool(self._as_tensor())

    def __int__(self) -> int:
        return int(self._as_tensor())

    def __float__(self) -> float:
        return float(self._as_tensor())

    def __index__(self) -> int:
        return self._as_tensor().__index__()

    def __len__(self) -> int:
        return len(self._as_tensor())

    def __iter__(self) -> NoReturn:
        raise TypeError("'Variable' object is not iterable.")

    # --- writing ---

    def assign(
        self, value: object, use_locking: bool = False, name: str | None = None,
        read_value: bool = True,
    ) -> Variable:  # fmt: skip
        """Give it another value of its type and shape.

        Raises:
            ShapeError, DTypeError: the value has others.
        """
        given = self._fitting(value)
        self.put(twin(given) if given.op is not None else fresh(given))
        return self

    def assign_add(
        self, delta: object, use_locking: bool = False, name: str | None = None,
        read_value: bool = True,
    ) -> Variable:  # fmt: skip
        """Add to it. Raises: as `assign`."""
        return self._changed(ops.add, delta)

    def assign_sub(
        self, delta: object, use_locking: bool = False, name: str | None = None,
        read_value: bool = True,
    ) -> Variable:  # fmt: skip
        """Subtract from it. Raises: as `assign`."""
        return self._changed(ops.sub, delta)

    def _changed(self, function: Callable[[Any, Any], Any], delta: object) -> Variable:
        (made,) = evaluate(function, self._handle.array, self._fitting(delta))
        self.put(made)
        return self

    def _fitting(self, value: object) -> Array:
        tensor = _convert(value, self.dtype)
        assert isinstance(tensor, EagerTensor)
        have, got = self._handle.array.data.shape, tensor.array.data.shape
        if have != got:
            raise ShapeError(
                f"Cannot assign value to variable '{self.name}': Shape mismatch. The variable shape "
                f"{show_shape(have)}, and the assigned value shape {show_shape(got)} are incompatible.",
                places=(Place("assigned here", Location.here(1)),),
            )
        return tensor.array

    def put(self, value: Array) -> None:
        """Have a new value that nobody else has. What was read before stays as it is: values never change."""
        old = self._handle.array
        value.origin, value.tracked = old.origin, old.tracked
        if not capturing():
            value.op, value.inputs = None, ()
        self._handle.array = value
        current().wrote(old, value)

    def __repr__(self) -> str:
        shown = repr(self._as_tensor()).removeprefix("<tf.Tensor: ").removesuffix(">")
        return f"<tf.Variable '{self.name}' {shown.replace(', dtype', ' dtype', 1)}>"

    def __deepcopy__(self, memo: object) -> Variable:
        return Variable(self._as_tensor(), self.trainable, name=self._name)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise missing_name("Variable", name, dir(type(self)))


def _here() -> Place:
    return Place("here", Location.here(1))


def variables() -> list[Variable]:
    """All variables that the program holds."""
    return list(_variables.values())
