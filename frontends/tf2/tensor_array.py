"""`TensorArray`: a list of tensors that grows by its `write`."""

from __future__ import annotations

from typing import Any

from ...compiler.errors import Place
from ...compiler.location import Location
from ..static.errors import OutOfRangeError
from .arrays import concat, convert_to_tensor, stack, unstack, zeros_like

__all__ = ["TensorArray"]


class TensorArray:
    """Tensors of one type by number.

    Each method that changes it gives the array back; as in TensorFlow, programs must go on with what it gives.

    Args:
        dtype: the type of its tensors.
        size: how many tensors it has.
        dynamic_size: whether writing beyond the size makes it larger.
    """

    def __init__(
        self, dtype: object, size: Any = 0, dynamic_size: bool = False,
        clear_after_read: bool = True, tensor_array_name: str | None = None, handle: object = None,
        flow: object = None, infer_shape: bool = True, element_shape: object = None,
        colocate_with_first_write_call: bool = True, name: str | None = None,
    ) -> None:  # fmt: skip
        self.dtype = dtype
        self.dynamic_size = dynamic_size
        self._tensors: list[Any] = [None] * int(size)

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Put a tensor at the index. Raises: OutOfRangeError: it lies beyond a size that is fixed."""
        at = int(index)
        if at >= len(self._tensors):
            if not self.dynamic_size:
                self._refuse(at)
            self._tensors += [None] * (at + 1 - len(self._tensors))
        self._tensors[at] = convert_to_tensor(value, self.dtype)
        return self

    def read(self, index: Any, name: str | None = None) -> Any:
        """The tensor at the index. Raises: OutOfRangeError: there is none."""
        at = int(index)
        if not 0 <= at < len(self._tensors):
            self._refuse(at)
        return self._filled()[at]

    def stack(self, name: str | None = None) -> Any:
        """All tensors along a new first axis."""
        return stack(self._filled())

    def concat(self, name: str | None = None) -> Any:
        """All tensors joined along their first axis."""
        return concat(self._filled(), 0)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Have the slices of a tensor along its first axis."""
        self._tensors = list(unstack(convert_to_tensor(value, self.dtype)))
        return self

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """The tensors at some indices along a new first axis."""
        return stack([self.read(i) for i in indices])

    def size(self, name: str | None = None) -> Any:
        return convert_to_tensor(len(self._tensors), "int32")

    def identity(self) -> TensorArray:
        return self

    def _filled(self) -> list[Any]:
        """The tensors; zeros where none was written."""
        known = next((t for t in self._tensors if t is not None), None)
        return [t if t is not None else zeros_like(known) for t in self._tensors]

    def _refuse(self, at: int) -> None:
        raise OutOfRangeError(
            f"Tried to use index {at} but array size is {len(self._tensors)}",
            places=(Place("here", Location.here(1)),),
            hint="make the array with dynamic_size=True",
        )
