"""Feeds: from what a program gives to arrays of the fed tensor's type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...compiler.errors import AttributeValueError, FeedError, GraphError, Place
from ...compiler.ir import TensorType, symbol
from ...compiler.location import Location
from .build import unranked_type
from .tensor import Tensor

if TYPE_CHECKING:
    from .graph import Graph


class Feed:
    """One fed tensor: converts and checks the values given for it."""

    __slots__ = ("_dtype", "_fixed", "_rank", "_shape", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self._dtype = tensor.dtype.ir.numpy
        type = tensor.type
        self._rank = None if type is None else type.rank
        self._fixed = (
            [] if type is None else [(i, d) for i, d in enumerate(type.shape) if isinstance(d, int)]
        )
        known = type is not None and len(self._fixed) == type.rank
        self._shape = tuple(d for _, d in self._fixed) if known else None

    def array(self, value: object) -> np.ndarray:
        """The value as an array of the tensor's type.

        Raises:
            FeedError: it cannot be converted without loss, or has another shape.
        """
        if isinstance(value, np.ndarray) and (
            (dtype := value.dtype) is self._dtype or dtype == self._dtype
        ):
            array = value
        else:
            array = self._convert(value)
        shape = array.shape
        if shape == self._shape:
            return array
        if self._rank is not None and len(shape) != self._rank:
            raise self._misfit(shape)
        for axis, size in self._fixed:
            if shape[axis] != size:
                raise self._misfit(shape)
        return array

    def _convert(self, value: object) -> np.ndarray:
        if hasattr(value, "_as_tensor"):
            raise self._error(
                "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python "
                "scalars, strings, lists and numpy ndarrays",
                "fetch the tensor with session.run first and feed the result",
            )
        try:
            natural = np.asarray(value)
            if natural.dtype.kind not in "biuf":
                raise AttributeValueError("it does not hold numbers")
            array = natural.astype(self._dtype)
        except (TypeError, ValueError) as reason:
            what = f"a {type(value).__name__}"
            raise self._error(
                f"Cannot convert the value fed for {self._described()}, {what}, to an array of "
                f"{self.tensor.dtype.name}: {reason}",
                "feed numbers, (nested) lists of equal length or NumPy arrays",
            ) from None
        lossy = natural.dtype.kind == "f" and self._dtype.kind in "iu"
        lossy = lossy or (natural.dtype.kind in "iu" and self._dtype.kind in "iu")
        if lossy and not np.array_equal(array, natural):
            raise self._error(
                f"Type of feed value {value!r:.80} with type {type(value).__name__} is not compatible with "
                f"{self._described()}: it cannot be converted to {self.tensor.dtype.name} without loss",
                f"round or convert it yourself, for example with astype(np.{self._dtype.name})",
            )
        return array

    def _described(self) -> str:
        return f"{self.tensor.name!r}"

    def _misfit(self, shape: tuple[int, ...]) -> FeedError:
        given = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
        return self._error(
            f"Cannot feed value of shape {given} for Tensor {self.tensor.name!r}, which has shape "
            f"'{self.tensor.shape}'",
            "reshape the value, or leave the dimension that varies as None in the placeholder",
        )

    def _error(self, answer: str, hint: str) -> FeedError:
        return FeedError(
            answer,
            places=(
                Place("fed here", Location.here()),
                Place(f"{self.tensor.name!r} was made here", self.tensor.op.location),
            ),
            hint=hint,
        )


def fed_tensor(graph: Graph, key: object) -> Tensor:
    """The tensor that a key of ``feed_dict`` stands for.

    Raises:
        FeedError: it stands for none in this graph.
    """
    try:
        found = graph.as_graph_element(key, allow_operation=False)
    except GraphError as error:
        raise ForeignFeed(
            f"Cannot interpret feed_dict key as Tensor: {error.answer}",
            places=error.places,
            hint=error.hint,
        ) from None
    except (TypeError, ValueError) as error:
        raise FeedError(
            f"Cannot interpret feed_dict key as Tensor: {error}",
            places=(Place("fed here", Location.here()),),
            hint="the keys of feed_dict are placeholders or other tensors",
        ) from None
    assert isinstance(found, Tensor)
    region = found.op.region
    if region is not None:
        raise ForeignFeed(
            f"Tensor {found.name!r} may not be fed: it is part of {region.what}",
            places=(
                Place("fed here", Location.here()),
                Place(f"{found.name!r} was made here", found.op.location),
                Place(f"{region.what} is declared here", region.location),
            ),
            hint="feed what goes into it",
        )
    return found


class ForeignFeed(FeedError, GraphError):
    """A key of ``feed_dict`` that belongs to another graph or to the inside of a loop."""


def fed_type(tensor: Tensor, rank: int) -> TensorType:
    """The type of a program's input for a tensor that is fed with an array of this rank."""
    if tensor.type is None:
        return unranked_type(tensor, rank)
    if tensor.op.type == "Placeholder":
        return tensor.type
    # The extents of a computed tensor follow from others; once it is fed they stand for themselves.
    dims = [
        d if isinstance(d, int) else symbol(f"{tensor.op.name}_{tensor.index}_{i}")
        for i, d in enumerate(tensor.type.shape)
    ]
    return tensor.type.with_shape(dims)
