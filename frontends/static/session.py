"""`Session`: holds the values of variables and runs parts of a graph."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import numpy as np

from ...compiler.errors import FeedError, GraphError, Place
from ...compiler.location import Location
from ...runtime.checking.border import LISTENERS
from ...runtime.prompting import prompting
from .errors import FailedPreconditionError
from .feeds import Feed, fed_tensor, fed_type
from .fetches import Fetches, fetch_key
from .functionalize import Program, UnknownRank, functionalize
from .graph import Graph, get_default_graph, graphs, sessions
from .operation import Operation
from .plans import Done, OtherRank, Plan, called, perform, planned
from .prepared import NoValue, Prepared, prepare
from .telling import tell_planned
from .tensor import Tensor

if TYPE_CHECKING:
    from .variable import Variable

__all__ = ["InteractiveSession", "Session", "get_default_session"]


class Session:
    """Runs operations of one graph; has its own values for the graph's variables.

    Args:
        target: accepted and without meaning.
        graph: by default the current default graph.
        config: accepted and without meaning.
    """

    def __init__(self, target: str = "", graph: Graph | None = None, config: object = None) -> None:
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
        self._graph = graph if graph is not None else get_default_graph()
        self._closed: Location | None = None
        self._contexts: list[AbstractContextManager[object]] = []
        self._feeds: dict[object, Feed] = {}
        self._prepared: dict[Hashable, Prepared] = {}
        self.store: dict[str, np.ndarray] = {}
        """The value of each state, by slot."""

    @property
    def graph(self) -> Graph:
        return self._graph

    @property
    def graph_def(self) -> Graph:
        """The graph, for writers of event files."""
        return self._graph

    # Running

    def run(
        self,
        fetches: object,
        feed_dict: Mapping[object, object] | None = None,
        options: object = None,
        run_metadata: object = None,
        debug: bool | Sequence[str] = False,
    ) -> object:
        """Compute ``fetches`` and run the operations among them.

        Args:
            fetches: a tensor, operation, variable or name, or a nested structure of them.
            feed_dict: values for placeholders, or for any other tensors in place of what would compute them.
            debug: step through the run at the terminal, or by these commands: its prompt has pdb's names. A run that
                is left with ``quit`` changes no variable.

        Returns:
            The same structure with arrays for tensors (NumPy scalars for rank 0) and None for operations.

        Raises:
            FetchError, FeedError: something cannot be fetched or fed.
            FailedPreconditionError: a variable that is read has no value yet.
            InvalidArgumentError: an index among the values lies outside its axis, or sizes do not fit each other.
        """
        if self._closed is not None:
            raise ClosedSession(
                "Attempted to use a closed Session.",
                places=(
                    Place("used here", Location.here()),
                    Place("closed here", self._closed),
                ),
            )
        if debug is not False:
            with prompting(None if debug is True else debug):
                return self.run(fetches, feed_dict)
        key = fetch_key(fetches)
        feeds = feed_dict or {}
        if feeds.__class__ is dict:
            prepared = self._prepared.get((key, *feeds))
            if prepared is not None:
                try:
                    return prepared.run(self.store, feeds.values())
                except NoValue:
                    pass  # it gets one, or there is an error to tell
        arrays, feed_key = self._fed(feed_dict)
        cache_key: Hashable = (key, feed_key)
        plan = self._graph.programs.get(cache_key)
        done: Done = {}
        if plan is None:
            if LISTENERS:
                tell_planned(self._graph, fetches)
            plan = self._graph.programs[cache_key] = self._plan(fetches, arrays, {}, done)
        while True:
            try:
                answer = self._execute(plan, arrays, done)
            except OtherRank as other:
                ranks = {**plan.ranks, other.tensor: other.rank}
                plan = self._graph.programs[cache_key] = self._plan(fetches, arrays, ranks, done)
            else:
                self._prepare((key, *feeds), plan, feeds)
                return answer

    def _prepare(self, key: Hashable, plan: Plan, feeds: Mapping[object, object]) -> None:
        """Have later runs of the same kind take the short way, where there is one."""
        known = [self._feeds.get(given) for given in feeds]
        found = prepare(plan, [feed for feed in known if feed is not None])
        # Keys that are structures stand for several tensors each.
        if found is not None and None not in known:
            self._prepared[key] = found

    def _fed(
        self, feed_dict: Mapping[object, object] | None
    ) -> tuple[dict[Tensor, np.ndarray], Hashable]:
        """Arrays for the fed tensors, and what of them a plan depends on: which they are, and unknown ranks."""
        if not feed_dict:
            return {}, ()
        if not isinstance(feed_dict, Mapping):
            raise FeedError(
                f"feed_dict must be a dict from tensors to values, not a {type(feed_dict).__name__}",
                places=(Place("fed here", Location.here()),),
            )
        arrays: dict[Tensor, np.ndarray] = {}
        key: list[object] = []
        for given, value in _pairs(feed_dict):
            feed = self._feeds.get(given)
            if feed is None:
                feed = self._feeds[given] = Feed(fed_tensor(self._graph, given))
            tensor = feed.tensor
            array = arrays[tensor] = feed.array(value)
            key.append(tensor if tensor.type is not None else (tensor, array.ndim))
        return arrays, tuple(key)

    def _plan(
        self,
        fetches: object,
        arrays: Mapping[Tensor, np.ndarray],
        ranks: Mapping[Tensor, int],
        done: Done,
    ) -> Plan:
        """The plan for fetches; calls functions of Python's where that is the only way to learn what rank they give."""
        wanted = Fetches(self._graph, fetches)
        numbers = [e for e in wanted.elements if isinstance(e, Tensor) and e.dtype.is_numeric]
        effects = [e for e in wanted.elements if isinstance(e, Operation)]
        effects += [e.op for e in wanted.elements if isinstance(e, Tensor) and e not in numbers]
        types = {t: fed_type(t, a.ndim) for t, a in arrays.items()}
        ranks = dict(ranks)
        while True:
            try:
                return planned(functionalize(numbers, effects, types, None, ranks), wanted, ranks)
            except UnknownRank as unknown:
                op = unknown.op
            if op not in done:
                before = [*op.inputs, *op.control_inputs]
                plan = self._plan(before, arrays, ranks, done)
                given = self._execute(plan, arrays, done, commit=False)
                done[op] = called(op, self, given[: len(op.inputs)])  # type: ignore[index]
            for tensor, value in zip(op.outputs, done[op], strict=True):
                ranks[tensor] = np.ndim(value)  # type: ignore[arg-type]

    def _execute(
        self,
        plan: Plan,
        arrays: Mapping[Tensor, np.ndarray],
        done: Done,
        commit: bool = True,
    ) -> object:
        store = self.store
        for slot in plan.reads:
            if slot not in store:
                raise self._uninitialized(plan.program.variables[slot])
        arguments = [arrays[t] for t in plan.program.feeds]
        for state in plan.program.graph.states:
            value = store.get(state.slot)
            arguments.append(self._first(plan.program, state.slot) if value is None else value)
        results, texts = perform(plan, arguments, self, done)
        for position, slot in plan.changes if commit else ():
            store[slot] = results[position]
        if commit:
            store.update(plan.constants)
        found: dict[Tensor, object] = dict(zip(plan.program.outputs, results, strict=False))
        found.update(texts)
        found.update(arrays)
        return plan.fetches.assemble(
            [_scalar(found[e]) if isinstance(e, Tensor) else None for e in plan.fetches.elements]
        )

    def _first(self, program: Program, slot: str) -> np.ndarray:
        """What to give for a state that has no value: a new key, or anything for a variable that is only written."""
        variable = program.variables.get(slot)
        if variable is not None:
            type = variable.type
            return np.broadcast_to(np.zeros((), type.dtype.numpy), type.shape)  # type: ignore[arg-type]
        return first_key(program.keys[slot], self._graph.seed)

    def _uninitialized(self, variable: Variable) -> FailedPreconditionError:
        return FailedPreconditionError(
            f"Attempting to use uninitialized value {variable.op.name}",
            places=(
                Place("run here", Location.here()),
                Place(f"{variable.name!r} was made here", variable.op.location),
            ),
            hint="run tf.global_variables_initializer() in this session first (made after the variable), "
            "or restore a checkpoint",
        )

    def load(self, variable: Variable, value: np.ndarray) -> None:
        """Store a value for a variable.

        Raises:
            FeedError: it does not have the variable's type.
        """
        self.store[variable.slot] = np.array(Feed(variable.op.outputs[0]).array(value))

    # Opening and closing

    def close(self) -> None:
        """Give up the values; a closed session runs nothing."""
        self._closed = self._closed or Location.here()
        self.store.clear()

    def as_default(self) -> AbstractContextManager[Session]:
        """Make it the default session inside a ``with`` block (without closing it at the end)."""
        return sessions.pushed(self)

    def __enter__(self) -> Session:
        for context in (graphs.pushed(self._graph), sessions.pushed(self)):
            context.__enter__()
            self._contexts.append(context)
        return self

    def __exit__(self, *exception: object) -> None:
        for context in self._contexts[-2:][::-1]:
            context.__exit__(*exception)  # type: ignore[arg-type]
        del self._contexts[-2:]
        self.close()

    def list_devices(self) -> list[str]:
        return ["/device:CPU:0"]


class InteractiveSession(Session):
    """A session that is the default one from the moment it is made."""

    def __init__(self, target: str = "", graph: Graph | None = None, config: object = None) -> None:
        super().__init__(target, graph, config)
        self._installed_graph = graph
        sessions.stack.append(self)
        if graph is not None:
            graphs.stack.append(graph)

    def close(self) -> None:
        super().close()
        sessions.remove(self)
        if self._installed_graph is not None:
            graphs.remove(self._installed_graph)


class ClosedSession(GraphError):
    """A session was used after it was closed."""


def get_default_session() -> Session | None:
    """The session of the innermost ``with session`` block, or the last `InteractiveSession`."""
    return sessions.top


def session_for(op: Operation, session: Session | None, what: str) -> Session:
    """The given session, or the default one.

    Raises:
        GraphError: there is none, or it runs another graph.
    """
    chosen = session or get_default_session()
    if chosen is None:
        raise GraphError(
            f"Cannot evaluate {op.name!r} using `{what}`: No default session is registered.",
            places=(Place("called here", Location.here()),),
            hint=f"use `with sess.as_default()` or pass an explicit session to `{what}`",
        )
    if chosen.graph is not op.graph:
        raise GraphError(
            f"Cannot use the {'given' if session else 'default'} session to evaluate {op.name!r}: "
            "its graph is different from the session's graph.",
            places=(
                Place("called here", Location.here()),
                Place(f"{op.name!r} was made here", op.location),
            ),
            hint=f"pass an explicit session to `{what}` that was opened with graph= this graph",
        )
    return chosen


def first_key(seed: int | None, graph_seed: int | None) -> np.ndarray:
    """The key from which a stream of random numbers begins: the seed, and no draws so far."""
    if seed is None:
        seed = graph_seed
        if seed is None:
            seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> np.uint64(1))
    elif graph_seed is not None:
        mixed = np.random.SeedSequence([abs(graph_seed), abs(seed)])
        seed = int(mixed.generate_state(1, np.uint64)[0] >> np.uint64(1))
    return np.array([seed, 0], np.int64)


def _pairs(feed_dict: Mapping[object, object]) -> Sequence[tuple[object, object]]:
    """Keys that are structures (an LSTM's state) are fed with structures of the same form."""
    if not any(isinstance(k, tuple) for k in feed_dict):
        return list(feed_dict.items())
    found: list[tuple[object, object]] = []
    pending = list(feed_dict.items())[::-1]
    while pending:
        key, value = pending.pop()
        if isinstance(key, tuple):
            pending += list(zip(key, value, strict=True))[::-1]  # type: ignore[call-overload]
        else:
            found.append((key, value))
    return found


def _scalar(value: object) -> object:
    return value[()] if isinstance(value, np.ndarray) and not value.ndim else value
