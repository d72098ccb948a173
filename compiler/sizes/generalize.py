"""One path with symbolic dimensions from runs of a program that differ in sizes only.

The runs are held against each other node by node. Dimensions of inputs and states that differ become symbols; a number
that differs further down becomes a dimension that has the same numbers, found from the shapes near by. Types follow by
inference, and everything is checked against each of the runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest

from ..dispatch import Building
from ..ir import Dim, Expr, State, Value, substitute, symbol, symbols_of
from ..tracing.path import Check, Path
from .aligning import Block, Refused, Runs
from .conditions import SMALLEST, Condition, always
from .covering import same
from .fitting import Evidence, Near
from .general import General
from .observed import Compared, Entry, Observed, Pinned, aligned, location
from .refusal import Refusal

__all__ = ["generalize"]

FAR = 6
"""How far the inputs of the whole graph count from everything."""

Ask = Callable[[Pinned], str | None]
"""Why the loop of a length is not trusted beyond the lengths seen; None where it is (`Licence`)."""


def generalize(
    paths: Sequence[Path],
    observed: Sequence[Observed] = (),
    licence: Ask = lambda _: None,
) -> General | Refusal:
    """The path that all these runs are instances of.

    Each dimension that differs gets a symbol of its own, also where two always had the same size: then their equality
    is a condition, which a run with other sizes lifts. Where the operations only fit if the two are one dimension,
    they share a symbol.

    Args:
        paths: two or more runs; a third and a fourth make it surer what each number stands for.
        observed: what each run asked about sizes, in the same order; empty if nobody watched.
        licence: asked of each loop of the program's whose length becomes symbolic.

    Returns:
        A `General` that, with the sizes of each run put in, has that run's fingerprint; or why there is none.
    """
    if len(paths) < 2:
        raise ValueError("it takes two runs to see what depends on a size")
    try:
        try:
            return _Attempt(paths, observed, merge=False).general(licence)
        except _Apart:
            # Sizes that were always equal may have to be one.
            return _Attempt(paths, observed, merge=True).general(licence)
    except (Refused, _Apart) as refused:
        return refused.refusal


class _Apart(Refused):
    """Two symbols that the program needs to be one."""


class _Attempt:
    """One try, with or without one symbol for all dimensions that always had the same size."""

    def __init__(self, paths: Sequence[Path], observed: Sequence[Observed], merge: bool) -> None:
        self.paths = paths
        self.observed = observed
        first = paths[0]
        for path in paths[1:]:
            _require_same_form(first, path)
        self.builder = Building(first.name)
        parameters = [[*p.inputs, *(s.input for s in p.states)] for p in paths]
        sizes: list[dict[str, int]] = [{} for _ in paths]
        given: dict[tuple[int, ...], Dim] = {}
        values: list[dict[Value, Value]] = [{} for _ in paths]
        for i, same_values in enumerate(zip(*parameters, strict=True)):
            value = same_values[0]
            shape: list[Dim] = []
            for axis, column in enumerate(zip(*(v.shape for v in same_values), strict=True)):
                if all(size == column[0] for size in column):
                    shape.append(column[0])
                    continue
                numbers = tuple([s for s in column if isinstance(s, int)])
                if len(numbers) != len(column):
                    raise Refused(f"a size of {value.hint} is not a number", value.location)
                if numbers in given and merge:
                    shape.append(given[numbers])
                    continue
                if min(numbers) < SMALLEST:
                    raise Refused(f"the size {min(numbers)} tells nothing of others", None)
                name = _name(value.hint or f"x{i}", axis, sizes[0])
                for known, size in zip(sizes, numbers, strict=True):
                    known[name] = size
                given.setdefault(numbers, symbol(name))
                shape.append(symbol(name))
            made = self.builder.input(value.type.with_shape(shape), value.hint, value.location)
            for known_values, each in zip(values, same_values, strict=True):
                known_values[each] = made
        self.values = values
        self.evidence = Evidence(sizes)
        self.runs = Runs(self.evidence)
        names = tuple(symbol(name) for name in sizes[0])
        self.around = [Near(v.shape, FAR) for v in values[0].values()]
        self.symbols = names

    def general(self, licence: Ask) -> General:
        if not self.symbols:
            raise Refused("the runs have the same sizes", None)
        self._twins()
        self._questions()
        for other in self.paths[1:]:
            _require_same_course(self.paths[0], other)
        loops = self._loops()
        path = self._path()
        horizon: dict[str, str] = {}
        for pin, dim in loops:
            self._require_loop(pin, dim)
            reason = licence(pin)
            if reason is not None:
                horizon.update(dict.fromkeys(symbols_of((dim,)), reason))
        for run, sizes in zip(self.paths, self.evidence.sizes, strict=True):
            if not same(path, sizes, run):
                raise Refused("the graph with symbols is not the graph of the run", None)
        return General(
            path,
            tuple(self.evidence.sizes),
            tuple(self.runs.conditions),
            tuple(self.runs.doubts),
            horizon,
        )

    def _path(self) -> Path:
        first = self.paths[0]
        block = Block(
            self.runs, self.builder, self.values, [p.nodes for p in self.paths], self.around
        )
        checks: list[Check] = []
        at = 0
        every = list(zip(*(p.nodes for p in self.paths), strict=True))
        for several in zip(*(p.checks for p in self.paths), strict=True):
            check = several[0]
            for nodes in every[at : check.at]:
                block.add(nodes)
            at = check.at
            value = block.together([c.value for c in several])
            checks.append(Check(len(self.builder.nodes), value, check.expected, check.location))
        for nodes in every[at:]:
            block.add(nodes)
        self.builder.at = None
        outputs = [block.together(vs) for vs in zip(*(p.outputs for p in self.paths), strict=True)]
        states = []
        for several in zip(*(p.states for p in self.paths), strict=True):
            state = several[0]
            before = block.together([s.input for s in several])
            after = block.together([s.output for s in several])
            if before.type != after.type:
                raise _Apart(
                    f"the state {state.slot!r} is {before.type} and becomes {after.type}",
                    state.output.location,
                )
            states.append(State(state.slot, before, after))
        inputs = [block.value(0, v) for v in first.inputs]
        for value in block.values[0].values():
            value.owner = (
                None  # The graph is built: whoever goes on with it takes its values as they are.
            )
        return Path(
            first.name, tuple(inputs), tuple(states), tuple(self.builder.nodes), tuple(checks),
            tuple(outputs),
        )  # fmt: skip

    # --- what the program asked ---

    def _twins(self) -> None:
        """Sizes that were always equal are taken to be equal until a run shows that they need not be."""
        for name, twin in self.evidence.twins.items():
            if symbol(name) != twin:
                self.runs.require(Condition(symbol(name), "==", twin, presumed=True))

    def _questions(self) -> None:
        if not self.observed:
            return
        sizes = [o.sizes for o in self.observed]
        hints, _ = aligned([o.hints for o in self.observed], sizes)
        for asked in hints:
            try:
                self.evidence.hints += self._dims(asked)
            except Refused:
                continue
        compared, alone = aligned([o.compared for o in self.observed], sizes)
        for asked in compared:
            self._compare(asked)
        for entry in alone:
            raise Refused("sizes are compared that change within a run", location(entry.site))

    def _compare(self, asked: tuple[Entry, ...]) -> None:
        first = asked[0]
        assert isinstance(first, Compared)
        left, right = self._dims(asked)
        condition = Condition(left, first.relation, right, first.outcome, location(first.site))
        if not all(condition.holds(sizes) for sizes in self.evidence.sizes):
            raise Refused(
                f"whether {left} {first.relation} {right} differs between the runs",
                condition.location,
            )
        if not (isinstance(left, int) and isinstance(right, int)) and not always(condition):
            self.runs.require(condition)

    def _dims(self, asked: tuple[Entry, ...]) -> list[Dim]:
        """The dimensions of a question, over the symbols of the path."""
        first = asked[0]
        binding: dict[str, Dim] = {}
        names = [symbols_of(entry.dims) for entry in asked]
        for same_names in zip(*names, strict=True):
            numbers = tuple(
                [o.sizes[name] for o, name in zip(self.observed, same_names, strict=True)]
            )
            fit = self.evidence.fit(numbers, self.around)
            if fit is None:
                raise Refused("a size is asked for that is not understood", location(first.site))
            binding[same_names[0]] = self.runs.settle(fit, location(first.site))
        return [substitute(dim, binding) for dim in first.dims]

    def _loops(self) -> list[tuple[Pinned, Expr]]:
        """How often loops ran, where that follows from the sizes.

        Raises:
            Refused: a size became a plain number that is no such count.
        """
        found: list[tuple[Pinned, Expr]] = []
        pinned = [o.pinned for o in self.observed]
        pins, alone = aligned(pinned, [o.sizes for o in self.observed]) if pinned else ([], [])
        for entry in alone:
            raise _plain_number(entry)
        for asked in pins:
            pin = asked[0]
            assert isinstance(pin, Pinned)
            (dim,) = self._dims(asked)
            if isinstance(dim, Expr):
                if not pin.loop:
                    raise _plain_number(pin)
                found.append((pin, dim))
        return found

    def _require_loop(self, pin: Pinned, dim: Expr) -> None:
        """Raises: Refused: the loop did not stay a loop in the path."""
        names = set(symbols_of((dim,)))
        if not any(names <= set(symbols_of((length,))) for length in self.runs.loops):
            raise _plain_number(pin)


def _plain_number(pin: Entry) -> Refused:
    how = pin.how if isinstance(pin, Pinned) else ""
    return Refused(f"the size is used as a plain number: {how}", location(pin.site))


def _name(hint: str, axis: int, taken: Mapping[str, int]) -> str:
    """A name for the size of an axis of an input."""
    name = base = f"{hint}_{axis}"
    count = 1
    while name in taken:
        count += 1
        name = f"{base}_{count}"
    return name


def _require_same_form(a: Path, b: Path) -> None:
    """Raises: Refused: the runs differ in more than sizes, as far as that shows from outside."""
    for what, one, other in (
        ("arguments", [(v.dtype, v.ndim) for v in a.inputs], [(v.dtype, v.ndim) for v in b.inputs]),
        (
            "states",
            [(s.slot, s.input.dtype, s.input.ndim) for s in a.states],
            [(s.slot, s.input.dtype, s.input.ndim) for s in b.states],
        ),
        ("numbers of results", len(a.outputs), len(b.outputs)),
    ):
        if one != other:
            raise Refused(f"the runs have different {what}", None)


def _require_same_course(a: Path, b: Path) -> None:
    """Raises: Refused: the runs do different things, or look at different values."""
    for x, y in zip(a.checks, b.checks, strict=False):
        same_bytes = x.expected.dtype == y.expected.dtype and x.expected.shape == y.expected.shape
        if x.at != y.at or not same_bytes or x.expected.tobytes() != y.expected.tobytes():
            raise Refused("the runs part at a value that the program looks at", y.location)
    if len(a.checks) != len(b.checks):
        longer = a.checks if len(a.checks) > len(b.checks) else b.checks
        at = longer[min(len(a.checks), len(b.checks))]
        raise Refused("the runs look at different numbers of values", at.location)
    if len(a.nodes) != len(b.nodes):
        pairs = zip_longest(a.nodes, b.nodes)
        part = next((m or n for m, n in pairs if m is None or n is None or m.op is not n.op))
        raise Refused(
            f"the runs have {len(a.nodes)} and {len(b.nodes)} operations and part here",
            part.location,
        )
