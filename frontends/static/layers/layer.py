"""What layers share: names, scopes, variables and regularization."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from ....compiler.errors import AttributeValueError
from ..convert import convert
from ..dtypes import as_dtype
from ..errors import UnsupportedError
from ..graph import GraphKeys, get_default_graph
from ..shape import Dimension, TensorShape
from ..tensor import Tensor
from ..variable import Variable
from ..variable_scope import Regularizer, Reuse, VariableScope, get_variable, variable_scope

Activation: TypeAlias = "Callable[[Tensor], Tensor]"


class Layer:
    """A function of tensors with variables, which are made at the first call and shared by later ones.

    Args:
        name: the variable scope; by default the class's name in lower case, made unique.
        trainable: whether optimizers change its variables.
        dtype: of the variables; by default that of the first input.
    """

    def __init__(
        self,
        trainable: bool = True,
        name: str | None = None,
        dtype: object = None,
        _reuse: Reuse = None,
        _scope: str | None = None,
        activity_regularizer: object = None,
    ) -> None:
        if activity_regularizer is not None:
            raise UnsupportedError("bifront does not have activity_regularizer")
        self.trainable = trainable
        self.built = False
        self.dtype = dtype
        self._base_name = name or snake_case(type(self).__name__)
        self._given_scope = _scope or name
        self._reuse = _reuse
        self._scope: VariableScope | None = None
        self.variables: list[Variable] = []

    def build(self, input_shape: TensorShape) -> None:
        """Make the variables, for inputs of this shape."""

    def call(self, inputs: Tensor, **kwargs: object) -> Tensor:
        """The outputs for the inputs."""
        raise NotImplementedError

    def __call__(self, inputs: object, **kwargs: object) -> Tensor:
        tensor = convert(inputs)
        with self.opened(tensor):
            return self.call(tensor, **kwargs)

    @contextmanager
    def opened(self, inputs: Tensor) -> Iterator[None]:
        """The layer's scopes, its variables made."""
        if self._scope is None:
            with variable_scope(
                self._given_scope or (self._base_name if self._reuse else None),
                default_name=self._base_name,
            ) as captured:
                self._scope = captured
        reuse = True if self.built else self._reuse
        with (
            variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as inside,
            get_default_graph().name_scope(inside.original_name_scope),
        ):
            if not self.built:
                self.dtype = self.dtype or inputs.dtype
                self.build(inputs.shape)
                self.built = True
            yield

    apply = __call__

    def add_weight(
        self,
        name: str,
        shape: Sequence[int],
        initializer: object = None,
        regularizer: Regularizer | None = None,
        trainable: bool = True,
        dtype: object = None,
    ) -> Variable:
        """A variable of the layer."""
        made = get_variable(
            name,
            shape=list(shape),
            dtype=as_dtype(dtype or self.dtype),
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable and self.trainable,
        )
        self.variables.append(made)
        return made

    add_variable = add_weight

    @property
    def name(self) -> str:
        """The last part of its scope."""
        return self._scope.name.rpartition("/")[2] if self._scope is not None else self._base_name

    @property
    def scope_name(self) -> str:
        if self._scope is None:
            raise AttributeValueError(
                "No name available for layer scope because the layer was never called."
            )
        return self._scope.name

    @property
    def trainable_variables(self) -> list[Variable]:
        return [v for v in self.variables if v.trainable]

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self) -> list[Variable]:
        return [v for v in self.variables if not v.trainable]

    @property
    def weights(self) -> list[Variable]:
        return list(self.variables)

    @property
    def losses(self) -> list[object]:
        """The regularization losses of its variables."""
        prefix = f"{self.scope_name}/"
        return get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, prefix)


def snake_case(name: str) -> str:
    """``MaxPooling2D`` to ``max_pooling2d``."""
    apart = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", apart).lower()


def pair(value: object, count: int, what: str) -> tuple[int, ...]:
    """A number, or one for each spatial axis, as a tuple.

    Raises:
        ValueError: another number of entries.
    """
    given = list(value) if isinstance(value, (list, tuple)) else [value] * count
    numbers = [Dimension(n).__index__() for n in given]
    if len(numbers) != count:
        raise AttributeValueError(
            f"The `{what}` argument must be a tuple of {count} integers. Received: {value}"
        )
    return tuple(numbers)


def known_channels(shape: TensorShape, axis: int, layer: str) -> int:
    """The extent of the axis of channels.

    Raises:
        ValueError: it is not known.
    """
    if shape.ndims is None or shape[axis].value is None:
        raise AttributeValueError(
            f"The last dimension of the inputs to `{layer}` should be defined. Found `None` in {shape}."
        )
    return int(shape[axis])
