"""An operation of the declarative graph: a name, its edges, and the recipe that builds its part of the IR."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from ...compiler.errors import AttributeValueError
from ...compiler.location import Location
from ...compiler.ops import TensorLike

if TYPE_CHECKING:
    from .dtypes import DType
    from .graph import Graph
    from .region import Region
    from .session import Session
    from .tensor import Tensor
    from .variable import Variable

Built: TypeAlias = "TensorLike | Sequence[TensorLike] | None"
Recipe: TypeAlias = "Callable[..., Built]"
"""``recipe(*keys, *current values of written variables, *input values)``: builds IR with the compiler's operations and
gives the new keys of its streams, the new values of the written variables, then the outputs. It is called when the
operation is made (to infer types, on the user's line) and again whenever the operation is part of what a session runs,
with the values that its inputs have there."""


class Operation:
    """A node of a `Graph`. Nothing is computed until a session runs it.

    Attributes:
        inputs: the tensors it reads.
        control_inputs: operations that must run before it.
        writes: the variables it changes.
        draws: whether the recipe's first argument is a random key, which it uses once; ``seed`` is the operation's own
            seed.
        streams: slot and seed of each random key that it uses any number of times (so that only the recipe can tell
            what the key is afterwards): those of a loop's or branch's operations.
        region: the branch or loop body that it is part of; None outside them all.
        host: ``host(session, *arrays)`` computes the output outside the IR (strings and summaries).
        variable: the variable that it stands for.
        opaque: whether its outputs' values in the builder's IR are stand-ins of the right type, unconnected to its
            inputs: so it is for what depends on a tensor of unknown rank.
        pinned: whether its output must be a value of its own, even where it is the same as an input.
    """

    __slots__ = (
        "__weakref__", "_attrs", "control_inputs", "draws", "graph", "host", "index", "inputs",
        "location", "name", "opaque", "outputs", "pinned", "recipe", "region", "seed", "streams", "type",
        "variable", "writes",
    )  # fmt: skip

    def __init__(
        self,
        graph: Graph,
        name: str,
        type: str,
        inputs: Sequence[Tensor],
        control_inputs: Sequence[Operation],
        recipe: Recipe | None,
        location: Location,
        *,
        writes: Sequence[Variable] = (),
        draws: bool = False,
        seed: int | None = None,
        streams: Mapping[str, int | None] | None = None,
        host: Callable[..., object] | None = None,
        attrs: Mapping[str, object] | None = None,
    ) -> None:
        self.graph = graph
        self.name = name
        self.type = type
        self.inputs = tuple(inputs)
        self.control_inputs = list(control_inputs)
        self.recipe = recipe
        self.location = location
        self.writes = tuple(writes)
        self.draws = draws
        self.seed = seed
        self.streams = dict(streams or {})
        self.region: Region | None = graph.region
        self.host = host
        self.outputs: tuple[Tensor, ...] = ()
        self.variable: Variable | None = None
        self.pinned = False
        self.opaque = False
        self.index = -1
        self._attrs = dict(attrs or {})

    @property
    def device(self) -> str:
        """Always empty: placement has no meaning here."""
        return ""

    def values(self) -> tuple[Tensor, ...]:
        return self.outputs

    def get_attr(self, name: str) -> object:
        """Raises: ValueError: the operation has no such attribute."""
        if name in self._attrs:
            return self._attrs[name]
        raise AttributeValueError(f"Operation '{self.name}' has no attr named '{name}'.")

    @property
    def dtype(self) -> DType:
        return self.outputs[0].dtype

    def run(
        self, feed_dict: Mapping[object, object] | None = None, session: Session | None = None
    ) -> None:
        """Run it in ``session`` (default: the default session)."""
        from .session import session_for

        session_for(self, session, "run()").run(self, feed_dict)

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"
