"""`Graph`: the operations that a program declares, their names, scopes and collections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from ...compiler.dispatch import Building
from ...compiler.errors import AttributeValueError, GraphError, Place
from ...compiler.ir import TensorType, Value, dtypes
from ...compiler.location import Location
from .defaults import DefaultStack
from .naming import Names, check_name
from .operation import Operation
from .tensor import Tensor

if TYPE_CHECKING:
    from .plans import Plan
    from .region import Region
    from .session import Session
    from .variable_scope import VariableScope, VariableStore

__all__ = ["Graph", "GraphKeys", "get_default_graph", "reset_default_graph"]


class GraphKeys:
    """Names of the collections that the library fills."""

    GLOBAL_VARIABLES = VARIABLES = "variables"
    LOCAL_VARIABLES = "local_variables"
    METRIC_VARIABLES = "metric_variables"
    MODEL_VARIABLES = "model_variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    MOVING_AVERAGE_VARIABLES = "moving_average_variables"
    REGULARIZATION_LOSSES = "regularization_losses"
    LOSSES = "losses"
    SUMMARIES = "summaries"
    UPDATE_OPS = "update_ops"
    GLOBAL_STEP = "global_step"
    TRAIN_OP = "train_op"
    INIT_OP = "init_op"
    SAVERS = "savers"
    WEIGHTS = "weights"
    BIASES = "biases"
    ACTIVATIONS = "activations"
    QUEUE_RUNNERS = "queue_runners"
    TABLE_INITIALIZERS = "table_initializer"


class Graph:
    """A declared program. Operations are only ever added; sessions run parts of it.

    Attributes:
        builder: the IR that is built beside the operations, for the sake of types and early errors.
        key: stands for a random key in that IR.
        seed: what ``set_random_seed`` set.
        programs: what sessions have run, by fetches and feeds.
        region: the branch or loop body whose operations are being declared.
    """

    def __init__(self) -> None:
        from .variable_scope import VariableScope, VariableStore

        self.builder = Building("graph")
        self.key: Value = self.builder.input(TensorType(dtypes.int64, (2,)), "key")
        self.seed: int | None = None
        self.programs: dict[object, Plan] = {}
        self.variable_store: VariableStore = VariableStore()
        self.variable_scope: VariableScope = VariableScope("")
        self.names = Names()
        self.region: Region | None = None
        self._operations: list[Operation] = []
        self._by_name: dict[str, Operation] = {}
        self._collections: dict[object, list[object]] = {}
        self._scope = ""
        self._control: list[list[Operation]] = []
        self._finalized: Location | None = None

    # Operations

    def add(self, op: Operation) -> None:
        """Enter an operation that was just made.

        Raises:
            GraphError: the graph is finalized.
        """
        self.check_not_finalized(op.location)
        op.index = len(self._operations)
        self._operations.append(op)
        self._by_name[op.name] = op

    def get_operations(self) -> list[Operation]:
        return list(self._operations)

    def get_operation_by_name(self, name: str) -> Operation:
        """Raises: KeyError: there is no operation of that name."""
        if name not in self._by_name:
            raise UnknownName(
                f"The name '{name}' refers to an Operation not in the graph.",
                places=(Place("asked for here", Location.here(1)),),
                hint=self._near(name),
            )
        return self._by_name[name]

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor called ``operation:index``.

        Raises:
            ValueError: that is no name of a tensor.
            KeyError: there is no such tensor.
        """
        head, colon, tail = name.rpartition(":")
        if not colon or not tail.isdigit():
            raise AttributeValueError(
                f"The name '{name}' looks like an (invalid) Operation name, not a Tensor: "
                f"tensor names have the form '<op_name>:<output_index>', such as '{name}:0'"
            )
        op = self._by_name.get(head)
        if op is None or int(tail) >= len(op.outputs):
            what = (
                f"the operation '{head}' does not exist in the graph"
                if op is None
                else f"the operation '{head}' has {len(op.outputs)} outputs"
            )
            raise UnknownName(
                f"The name '{name}' refers to a Tensor which does not exist: {what}.",
                places=(Place("asked for here", Location.here(1)),),
                hint=self._near(head),
            )
        return op.outputs[int(tail)]

    def _near(self, name: str) -> str | None:
        from difflib import get_close_matches

        near = get_close_matches(name, self._by_name, 3)
        return f"names like it: {', '.join(near)}" if near else None

    def as_graph_element(
        self, thing: object, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Tensor | Operation:
        """The tensor or operation that a name, tensor, variable or operation stands for in this graph.

        Raises:
            ValueError: it belongs to another graph.
            TypeError: it stands for nothing of the wanted kind.
        """
        found: object = thing
        if isinstance(thing, str):
            by_index = ":" in thing and allow_tensor
            found = (
                self.get_tensor_by_name(thing) if by_index else self.get_operation_by_name(thing)
            )
        elif hasattr(thing, "_as_tensor"):
            found = thing._as_tensor()
        allowed = ((Tensor,) if allow_tensor else ()) + ((Operation,) if allow_operation else ())
        if not isinstance(found, allowed):
            wanted = " or ".join(t.__name__ for t in allowed)
            raise TypeError(f"Can not convert a {type(thing).__name__} into a {wanted}: {thing!r}")
        assert isinstance(found, (Tensor, Operation))
        if found.graph is not self:
            raise GraphError(
                f"{found.name!r} is not an element of this graph: it belongs to another graph",
                places=(
                    Place("used here", Location.here(1)),
                    Place("made here, in the other graph", found_location(found)),
                ),
                hint="open the session with graph= the graph in which it was made",
            )
        return found

    # Names

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """``name`` inside the current scope, made unique."""
        return self.names.unique(self._scope + name, mark_as_used)

    @property
    def scope(self) -> str:
        """The current name scope, ending with a slash unless empty."""
        return self._scope

    @contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Names made inside begin with ``name/``; yields that prefix.

        None or "" leaves all scopes; a name that ends with a slash is entered again as it is.
        """
        before = self._scope
        if not name:
            self._scope = ""
        elif name.endswith("/"):
            self._scope = name
        else:
            check_name(name, inside=bool(before))
            self._scope = self.unique_name(name) + "/"
        try:
            yield self._scope
        finally:
            self._scope = before

    def get_name_scope(self) -> str:
        return self._scope.rstrip("/")

    # Control dependencies

    @property
    def control_inputs(self) -> list[Operation]:
        return list(dict.fromkeys(op for frame in self._control for op in frame))

    @contextmanager
    def control_dependencies(self, control_inputs: Iterable[object] | None) -> Iterator[None]:
        """Operations made inside run after ``control_inputs``; None forgets those around it."""
        before = self._control
        if control_inputs is None:
            self._control = []
        else:
            found = [self.as_graph_element(c) for c in control_inputs]
            frame = [f if isinstance(f, Operation) else f.op for f in found]
            self._control = [*before, frame]
        try:
            yield
        finally:
            self._control = before

    # Branches and loops

    @contextmanager
    def inside(self, region: Region | None) -> Iterator[None]:
        """Operations made inside the block are part of a branch or loop body; None: of none."""
        before = self.region
        self.region = region
        try:
            yield
        finally:
            self.region = before

    # Collections

    def add_to_collection(self, name: object, value: object) -> None:
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Iterable[object] | str, value: object) -> None:
        for name in (names,) if isinstance(names, str) else dict.fromkeys(names):
            self.add_to_collection(name, value)

    def get_collection(self, name: object, scope: str | None = None) -> list[object]:
        """A copy of the collection; with ``scope``, those members whose name matches it from the start."""
        members = self._collections.get(name, [])
        if scope is None:
            return list(members)
        pattern = re.compile(scope)
        return [m for m in members if hasattr(m, "name") and pattern.match(m.name)]

    def get_collection_ref(self, name: object) -> list[object]:
        return self._collections.setdefault(name, [])

    def clear_collection(self, name: object) -> None:
        self._collections.pop(name, None)

    def get_all_collection_keys(self) -> list[object]:
        return list(self._collections)

    @property
    def collections(self) -> Sequence[object]:
        return list(self._collections)

    # The whole

    def as_default(self) -> AbstractContextManager[Graph]:
        """Make it the graph that new operations go to, inside a ``with`` block."""
        return graphs.pushed(self)

    def finalize(self) -> None:
        """From now on, adding an operation is an error."""
        self._finalized = self._finalized or Location.here()

    @property
    def finalized(self) -> bool:
        return self._finalized is not None

    def check_not_finalized(self, location: Location | None = None) -> None:
        if self._finalized is not None:
            raise GraphError(
                "Graph is finalized and cannot be modified.",
                places=(
                    Place("this adds an operation", location or Location.here(1)),
                    Place("finalized here", self._finalized),
                ),
                hint="build all operations before finalize()",
            )

    @contextmanager
    def device(self, name: object = None) -> Iterator[None]:
        """Accepted and without meaning: there is one device."""
        yield

    @property
    def version(self) -> int:
        return len(self._operations)


class UnknownName(GraphError, KeyError):
    """A name that no operation or tensor of the graph has."""

    def __str__(self) -> str:
        return GraphError.__str__(self)


def found_location(found: Tensor | Operation) -> Location:
    """Where the user made it."""
    return found.location if isinstance(found, Operation) else found.op.location


graphs: DefaultStack[Graph] = DefaultStack()
sessions: DefaultStack[Session] = DefaultStack()
_roots: DefaultStack[Graph] = DefaultStack()


def get_default_graph() -> Graph:
    """The graph that new operations go to."""
    top = graphs.top or _roots.top
    if top is None:
        top = Graph()
        _roots.stack.append(top)
    return top


def reset_default_graph() -> None:
    """Begin a new, empty default graph.

    Raises:
        GraphError: inside a ``with graph.as_default()`` block.
    """
    if graphs.stack:
        raise GraphError(
            "Do not use tf.reset_default_graph() to clear nested graphs",
            places=(Place("called here", Location.here()),),
            hint="leave the with block first, or make a new tf.Graph()",
        )
    _roots.stack[:] = [Graph()]
