"""`TensorArray`: a row of tensors of one type, written and read one by one."""

from __future__ import annotations

from ....compiler import ops
from ....compiler.dispatch import current
from ....compiler.errors import AttributeValueError, Place, ShapeError
from ....compiler.ir import TensorType, Value
from ....compiler.location import Location
from ....compiler.ops import TensorLike
from ..build import apply, scoped
from ..control import no_op
from ..convert import convert
from ..dims import DimsArgument, dimensions
from ..dtypes import DType, as_dtype, int32
from ..errors import UnsupportedError
from ..graph import get_default_graph
from ..operation import Operation
from ..shape import TensorShape
from ..tensor import Tensor

__all__ = ["TensorArray"]

WRITE, READ = "TensorArrayWriteV3", "TensorArrayReadV3"
"""The types of the operations that a loop looks for."""


class TensorArray:
    """Tensors of one type, by number. Nothing is changed in place: what writes gives a new array.

    The array is one tensor, its `flow`, with a leading axis for the numbers. As long as nothing was written, so that
    the elements' shape is not known, that is ``[size, 0]``.

    Args:
        size: the number of elements.
        dynamic_size: whether it grows when it is written beyond its end (at a number known while the graph is built, or
            in a loop that writes at its counter).
        element_shape: the shape of the elements, where it is known beforehand.
        infer_shape: whether all elements have one shape; False is not had.
        flow: what holds the elements already.
        clear_after_read, tensor_array_name, handle, colocate_with_first_write_call: accepted and without meaning.
    """

    def __init__(
        self, dtype: object, size: object = None, dynamic_size: bool | None = None,
        clear_after_read: bool | None = None, tensor_array_name: str | None = None,
        handle: object = None, flow: Tensor | None = None, infer_shape: bool = True,
        element_shape: object = None, colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:  # fmt: skip
        if size is None and flow is None:
            raise AttributeValueError("Size must be declared in TensorArray(dtype, size)")
        self._dtype = as_dtype(dtype)
        self._dynamic = bool(dynamic_size)
        self._size = size
        if flow is None:
            flow = _created(self._dtype, size, TensorShape(element_shape), name)
        self._flow = flow

    @property
    def dtype(self) -> DType:
        return self._dtype

    @property
    def flow(self) -> Tensor:
        """All elements as one tensor."""
        return self._flow

    handle = flow

    @property
    def dynamic_size(self) -> bool:
        return self._dynamic

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of an element."""
        type = self._flow.type
        return TensorShape(None) if type is None or is_fresh(type) else self._flow.shape[1:]

    def with_flow(self, flow: Tensor) -> TensorArray:
        """The array of which ``flow`` holds the elements."""
        made = object.__new__(TensorArray)
        made._dtype, made._dynamic, made._size = self._dtype, self._dynamic, self._size
        made._flow = flow
        return made

    def identity(self) -> TensorArray:
        """The same array, after the control dependencies of this place."""
        return self.with_flow(apply("Identity", lambda x: x, self._flow))

    def read(self, index: object, name: str | None = None) -> Tensor:
        """The element of a number.

        Raises:
            ShapeError: nothing was written yet.
        """
        return _read(self._flow, index, name=name)

    def write(self, index: object, value: object, name: str | None = None) -> TensorArray:
        """The array with another element at a number.

        Raises:
            DTypeError, ShapeError: the element is of another type than the others.
        """
        return self.with_flow(_write(self, index, value, name=name))

    def stack(self, name: str | None = None) -> Tensor:
        """All elements as one tensor ``[size, ...]``."""
        return _stack(self._flow, name=name)

    def gather(self, indices: object, name: str | None = None) -> Tensor:
        """The elements of several numbers as one tensor ``[len(indices), ...]``."""
        return _gather(self._flow, indices, name=name)

    def concat(self, name: str | None = None) -> Tensor:
        """All elements, joined along their first axis."""
        return _concat(self._flow, name=name)

    def unstack(self, value: object, name: str | None = None) -> TensorArray:
        """The array whose elements are those of ``value`` along its first axis."""
        return self.with_flow(_unstack(self, value, name=name))

    def scatter(self, indices: object, value: object, name: str | None = None) -> TensorArray:
        """The array with the elements of ``value`` along its first axis at several numbers."""
        return self.with_flow(_scatter(self, indices, value, name=name))

    def split(self, value: object, lengths: object, name: str | None = None) -> TensorArray:
        """The array whose elements are pieces of ``value`` of these lengths, which must be equal.

        Raises:
            ValueError: they are not.
        """
        return self.with_flow(_split(self, value, lengths, name=name))

    def size(self, name: str | None = None) -> Tensor:
        """The number of elements."""
        if self._size is not None and not self._dynamic:
            return convert(self._size, int32)
        return apply("TensorArraySizeV3", _count, self._flow, name=name)

    def close(self, name: str | None = None) -> Operation:
        """Does nothing."""
        return no_op(name)


def _count(x: TensorLike) -> TensorLike:
    size = ops.extent(x.shape[0], int32.ir)
    if isinstance(x.shape[0], int):
        return size
    # A sum over nothing ties the size to the loop that may decide it.
    nothing = ops.slice_(x, (0,) * x.ndim, (0, *x.shape[1:]), (1,) * x.ndim)
    return ops.add(size, ops.cast(ops.reduce_sum(nothing), int32.ir))


def is_fresh(type: TensorType) -> bool:
    """Whether an array's flow is of a type that says that nothing was written yet."""
    return type.rank == 2 and type.shape[1] == 0


def opened(flow: TensorLike, shape: tuple[object, ...]) -> TensorLike:
    """An array's flow with room for elements of a shape: itself, unless nothing was written yet."""
    if not is_fresh(flow.type):
        return flow
    return ops.full((flow.shape[0], *shape), 0, flow.dtype)  # type: ignore[arg-type]


def _created(dtype: DType, size: object, element: TensorShape, name: str | None) -> Tensor:
    dims = DimsArgument(size)
    shape = [int(d) for d in element] if element.is_fully_defined() else None

    def recipe(*values: Value) -> TensorLike:
        try:
            (count,) = dims.dims(values)
        except ShapeError:
            if shape is not None:
                raise
            count = 0  # whoever writes at a loop's counter makes as many as the loop has iterations
        return ops.full((count, *([0] if shape is None else shape)), 0, dtype.ir)

    with get_default_graph().name_scope(name or "TensorArray") as scope:
        return apply("TensorArrayV3", recipe, *dims.tensors, name=scope)


@scoped("TensorArrayReadV3")
def _read(flow: Tensor, index: object, name: str | None = None) -> Tensor:
    def recipe(x: TensorLike, i: TensorLike) -> TensorLike:
        _require_written(x)
        return ops.reshape(ops.gather(x, ops.reshape(i, (1,)), 0), x.shape[1:])

    return apply(READ, recipe, flow, convert(index, name="index"), name=name)


@scoped("TensorArrayWrite")
def _write(array: TensorArray, index: object, value: object, name: str | None = None) -> Tensor:
    element = convert(value, None if hasattr(value, "_as_tensor") else array.dtype, "value")
    require_element(array, element, element.shape)

    def recipe(x: TensorLike, i: Value, v: TensorLike) -> TensorLike:
        return ops.scatter_set_nd(_with_room(opened(x, v.shape), i, array.dynamic_size), v, i)

    return apply(WRITE, recipe, array.flow, convert(index, int32, "index"), element, name=WRITE)  # fmt: skip


def require_element(array: TensorArray, value: Tensor, shape: TensorShape) -> None:
    """Raises: DTypeError, ShapeError: a value cannot be an element (of this shape) of the array."""
    convert(value, array.dtype)
    if not array.element_shape.is_compatible_with(shape):
        raise ShapeError(
            f"Inconsistent shapes: saw {shape} but expected {array.element_shape}",
            places=(
                Place("written here", Location.here()),
                Place(f"{value.name!r} was made here", value.op.location),
                Place("the array is made or written here", array.flow.op.location),
            ),
            hint="all elements of a TensorArray have one shape",
        )


def _with_room(x: TensorLike, index: Value, grows: bool) -> TensorLike:
    size = x.shape[0]
    if not grows:
        return x
    known = dimensions(index)
    graph = get_default_graph()
    if graph.region is not None and current() is graph.builder:  # type: ignore[comparison-overlap]
        return x  # where a loop body is declared; only the loop knows whether it can be written so
    if known is None and size == 0:
        raise UnsupportedError(
            "bifront has TensorArray(dynamic_size=True) written at numbers known while the graph is built, or in "
            "a while_loop at its counter (which begins at 0 and grows by 1)"
        )
    place = None if known is None else known[()]
    if not isinstance(place, int) or not isinstance(size, int) or place < size:
        return x
    return ops.pad(x, [(0, place + 1 - size), *[(0, 0)] * (x.ndim - 1)])


@scoped("TensorArrayStack")
def _stack(flow: Tensor, name: str | None = None) -> Tensor:
    return apply("TensorArrayGatherV3", _require_written, flow, name="TensorArrayGatherV3")  # fmt: skip


@scoped("TensorArrayGatherV3")
def _gather(flow: Tensor, indices: object, name: str | None = None) -> Tensor:
    return apply(
        "TensorArrayGatherV3", lambda x, i: ops.gather(_require_written(x), i, 0), flow,
        convert(indices, int32), name=name,
    )  # fmt: skip


@scoped("TensorArrayConcatV3")
def _concat(flow: Tensor, name: str | None = None) -> Tensor:
    def recipe(x: TensorLike) -> TensorLike:
        _require_written(x)
        if x.ndim < 2:
            raise ShapeError(
                "Concat requires elements to be at least vectors, found scalars instead"
            )
        return ops.reshape(x, (x.shape[0] * x.shape[1], *x.shape[2:]))

    return apply("TensorArrayConcatV3", recipe, flow, name=name)


@scoped("TensorArrayUnstack")
def _unstack(array: TensorArray, value: object, name: str | None = None) -> Tensor:
    whole = convert(value, None if hasattr(value, "_as_tensor") else array.dtype, "value")
    require_element(array, whole, whole.shape[1:])
    return apply("TensorArrayScatterV3", lambda x: x, whole, name="TensorArrayScatterV3")  # fmt: skip


@scoped("TensorArrayScatter")
def _scatter(array: TensorArray, indices: object, value: object, name: str | None = None) -> Tensor:
    whole = convert(value, None if hasattr(value, "_as_tensor") else array.dtype, "value")
    require_element(array, whole, whole.shape[1:])

    def recipe(x: TensorLike, i: Value, v: TensorLike) -> TensorLike:
        return ops.scatter_set_nd(opened(x, v.shape[1:]), v, i)

    return apply(
        "TensorArrayScatterV3", recipe, array.flow, convert(indices, int32), whole,
        name="TensorArrayScatterV3",
    )  # fmt: skip


@scoped("TensorArraySplit")
def _split(array: TensorArray, value: object, lengths: object, name: str | None = None) -> Tensor:
    whole = convert(value, None if hasattr(value, "_as_tensor") else array.dtype, "value")
    sizes = DimsArgument(lengths)

    def recipe(x: TensorLike, *values: Value) -> TensorLike:
        dims = sizes.dims(values)
        if any(d != dims[0] for d in dims):
            raise AttributeValueError(
                f"bifront has TensorArray.split with equal lengths only, got {list(dims)}"
            )
        return ops.reshape(x, (len(dims), dims[0], *x.shape[1:]))

    return apply("TensorArraySplitV3", recipe, whole, *sizes.tensors, name="TensorArraySplitV3")  # fmt: skip


def _require_written(x: TensorLike) -> TensorLike:
    if is_fresh(x.type):
        raise ShapeError(
            "a TensorArray is read into which nothing was written, so the shape of its elements is not known",
            hint="write first, or give TensorArray(..., element_shape=...)",
        )
    return x
