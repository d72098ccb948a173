"""The operation of a `while_loop`: which of its parts are carried along, stacked or sliced, and its recipe.

An array of tensors that the body writes once, at a counter that runs 0, 1, 2, ..., is what the loop stacks. A loop that
runs as long as such a counter is less than a size, and whose carries keep their types, is a scan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ....compiler import control, ops
from ....compiler.control import Traced, fresh_size, make_while, trace
from ....compiler.dispatch import Building, current
from ....compiler.ir import Dim, Expr, TensorType, Value, symbols_of
from ....compiler.ops import TensorLike
from ..build import add_operation
from ..control import control_dependencies
from ..dims import dimensions
from ..errors import UnsupportedError
from ..graph import get_default_graph
from ..rebuilding import Effects, run_body
from ..region import Body, Region, body_of, surroundings
from ..shape import TensorShape
from ..tensor import Tensor
from .telling import after_telling, told_by
from .tensor_array import READ, WRITE, is_fresh, opened


@dataclass(frozen=True, eq=False)
class Loop:
    """What the functions of a `while_loop` declared.

    Attributes:
        initial: the loop variables before the loop.
        parameters: what stands for them inside.
        results: what the body makes of them.
        go_on: the condition.
        shapes: what holds in every iteration, where the program says so.
    """

    region: Region
    initial: tuple[Tensor, ...]
    parameters: tuple[Tensor, ...]
    results: tuple[Tensor, ...]
    go_on: Tensor
    shapes: tuple[TensorShape | None, ...]

    def is_counter(self, index: Tensor) -> bool:
        """Whether a tensor is a loop variable that begins at 0 and grows by 1."""
        while index.op.type == "Identity" and index.op.inputs:
            (index,) = index.op.inputs
        if index not in self.parameters:
            return False
        i = self.parameters.index(index)
        step = self.results[i].op
        return (
            _is_number(self.initial[i], 0)
            and step.type in ("Add", "AddV2")
            and any(x is index and _is_number(y, 1) for x, y in (step.inputs, step.inputs[::-1]))
        )

    def stacks(self) -> dict[int, Tensor]:
        """What is written at the counter into arrays that are only written, by position among the loop variables."""
        found = {}
        for i, (inside, last) in enumerate(zip(self.parameters, self.results, strict=True)):
            write = last.op
            if write.type != WRITE or write.inputs[0] is not inside:
                continue
            before = self.initial[i].type
            fresh = before is not None and is_fresh(before)
            if fresh and self.is_counter(write.inputs[1]) and self._used_once(inside, last):
                found[i] = write.inputs[2]
        return found

    def _used_once(self, inside: Tensor, last: Tensor) -> bool:
        readers = [
            t
            for op in get_default_graph().get_operations()[inside.op.index :]
            for t in op.inputs
            if t is inside or t is last
        ]
        return len(readers) == 1 and self.results.count(last) == 1

    def count(self) -> Body | None:
        """The number of iterations, where the condition is that a counter is less than what does not change."""
        less = self.go_on.op
        if less.type != "Less" or not self.is_counter(less.inputs[0]):
            return None
        limit = body_of(self.region, self.parameters, [less.inputs[1]])
        read = {t for op in limit.operations for t in op.inputs} | set(limit.results)
        return None if _changes(limit) or not read.isdisjoint(self.parameters) else limit

    def sequences(self, body: Body) -> dict[Tensor, Tensor]:
        """For each element that the body reads at the counter, the array around the loop that it is read from."""
        found = {}
        for op in body.operations:
            if op.type != READ or not self.is_counter(op.inputs[1]):
                continue
            array = op.inputs[0]
            if array in self.parameters:
                i = self.parameters.index(array)
                if self.results[i] is not array:
                    continue
                array = self.initial[i]
            if array.op.region is not self.region:
                found[op.outputs[0]] = array
        return found


def _is_number(tensor: Tensor, number: int) -> bool:
    if tensor.op.type != "Const":
        return False
    value = tensor.op.get_attr("value")
    return bool(getattr(value, "ndim", 1) == 0 and value == number)


def loop_operation(loop: Loop, limit: int | None, back_prop: bool) -> Sequence[Tensor]:
    """Add the operation of a loop; gives the loop variables after it.

    Args:
        limit: the largest number of iterations.
        back_prop: whether gradients flow through it.
    """
    recipe = _Recipe(loop, limit, back_prop)
    around = recipe.around
    with control_dependencies(around.waits):
        op = add_operation(
            "While", recipe.build, [*loop.initial, *around.captures], name="While",
            writes=around.writes, streams=around.streams,
        )  # fmt: skip
    count = len(loop.initial)
    return after_telling(op.outputs[:count], recipe.told, op.outputs[count:])


class _Recipe:
    def __init__(self, loop: Loop, limit: int | None, back_prop: bool) -> None:
        self.loop = loop
        self.limit = limit
        self.back_prop = back_prop
        self.stacks = loop.stacks()
        self.moving = [i for i in range(len(loop.initial)) if i not in self.stacks]
        self.parameters = [loop.parameters[i] for i in self.moving]
        results = [*[loop.results[i] for i in self.moving], *self.stacks.values()]
        self.condition = body_of(loop.region, self.parameters, [loop.go_on])
        if self.condition.calls:
            raise UnsupportedError(
                f"{self.condition.calls[0].name!r} is printed or asserted in the condition of {loop.region.what}: "
                "bifront has that in the body only"
            )
        self.body = body_of(loop.region, self.parameters, results)
        self.told = told_by(loop.region, self.body, stacked=True)
        if self.told is not None:
            self.body = body_of(loop.region, self.parameters, [*results, *self.told.tensors])
        self.around = surroundings(self.condition, self.body)
        self.count = loop.count()
        self.sequences = loop.sequences(self.body)

    def build(self, *given: Value) -> list[TensorLike]:
        """The recipe: see `Recipe`."""
        around, loop = self.around, self.loop
        rest = iter(given)
        keys = {slot: next(rest) for slot in around.streams}
        effects = Effects(keys, {v: next(rest) for v in around.writes})
        initial = [next(rest) for _ in loop.initial]
        # A variable that the loop assigns is read as the loop carries it.
        outside = {
            t: v
            for t, v in zip(around.captures, rest, strict=True)
            if t.op.variable not in around.writes
        }
        first = [initial[i] for i in self.moving]
        run = _Run(self, outside, effects, dict(zip(loop.initial, initial, strict=True)))
        made = run.scan(first) or run.repeat(first)
        n, e = len(self.moving), len(effects.values)
        carried, changed, stacked = made[:n], made[n : n + e], made[n + e :]
        last: dict[int, TensorLike] = dict(zip(self.moving, carried, strict=True))
        last.update(zip(self.stacks, stacked, strict=False))
        outputs = [last[i] for i in range(len(loop.initial))]
        if not self.back_prop:
            outputs = [ops.stop_gradient(v) if v.dtype.is_float else v for v in outputs]
        return [*changed, *outputs, *stacked[len(self.stacks) :]]


class _Run:
    """The recipe with what its inputs are in one graph."""

    def __init__(
        self,
        recipe: _Recipe,
        outside: Mapping[Tensor, Value],
        effects: Effects,
        initial: Mapping[Tensor, Value],
    ) -> None:
        self.recipe = recipe
        self.outside = outside
        self.effects = effects
        self.initial = initial
        self.size = len(recipe.moving)

    def step(
        self, body: Body, carries: Sequence[Value], slices: Mapping[Tensor, Value]
    ) -> tuple[list[Value], list[Value]]:
        """What a body makes of the carries: its results, and keys and variables afterwards."""
        values = {**self.outside, **dict(zip(body.parameters, carries, strict=False)), **slices}
        effects = self.effects.replaced(carries[self.size :])
        results, after = run_body(body, values, effects)
        return results, after.values

    def advance(
        self, carries: Sequence[Value], slices: Mapping[Tensor, Value]
    ) -> tuple[list[Value], list[Value]]:
        """The carries after an iteration, and what is stacked of it."""
        results, changed = self.step(self.recipe.body, carries, slices)
        return [*results[: self.size], *changed], results[self.size :]

    # Counted loops

    def scan(self, first: Sequence[Value]) -> list[TensorLike] | None:
        """The loop as a scan, where it is one."""
        length = self._length()
        if length is None:
            return None
        sources = {element: self._array(array) for element, array in self.recipe.sequences.items()}
        sequences = {
            element: x
            for element, x in sources.items()
            if x.ndim and x.shape[0] == length and not is_fresh(x.type)
        }

        def body(carries: list[Value], slices: list[Value]) -> tuple[list[Value], list[Value]]:
            return self.advance(carries, dict(zip(sequences, slices, strict=True)))

        initial = [*first, *self.effects.values]
        builder = current()
        assert isinstance(builder, Building)
        traced = trace(builder, "trial", _parameters(initial), lambda *v: self.advance(v, {})[0])
        if any(a.type != b.type for a, b in zip(traced.graph.outputs, initial, strict=True)):
            return None
        last, stacked = control.scan(body, initial, list(sequences.values()), length)
        return [*last, *stacked]

    def _length(self) -> Dim | None:
        count = self.recipe.count
        if count is None or self.recipe.limit is not None or _changes(self.recipe.condition):
            return None
        (limit,), _ = run_body(count, self.outside, self.effects)
        known = dimensions(limit)
        if known is None or known.ndim:
            return None
        length: Dim = known.item()
        return max(length, 0) if isinstance(length, int) else length

    def _array(self, array: Tensor) -> Value:
        return self.initial[array] if array in self.initial else self.outside[array]

    # Others

    def repeat(self, first: Sequence[Value]) -> list[TensorLike]:
        """The loop as it stands."""
        builder = current()
        assert isinstance(builder, Building)
        carries = [*first, *self.effects.values]
        before = _changes(self.recipe.condition)
        if before:
            # What the condition draws or assigns comes before the body: so it is evaluated in front of the loop and at
            # the end of each iteration.
            (go_on,), changed = self.step(self.recipe.condition, carries, {})
            carries = [*first, *changed, go_on]

        def condition(*given: Value) -> list[Value]:
            return [given[-1]] if before else self.step(self.recipe.condition, given, {})[0]

        def body(*given: Value) -> list[Value]:
            new, stacked = self.advance(given[: len(given) - before], {})
            if before:
                (go_on,), changed = self.step(self.recipe.condition, new, {})
                new = [*new[: self.size], *changed, go_on]
            return [*new, *stacked]

        carries, types, repeated = self._settled(builder, carries, body)
        test = trace(builder, "condition", types, condition)
        known = {s for v in carries for s in symbols_of(v.shape)}
        varying = [s for t, _ in types for s in symbols_of(t.shape) if s not in known]
        made = make_while(
            builder, test, repeated, carries, self.recipe.limit, tuple(dict.fromkeys(varying))
        )
        if before:
            end = len(carries) - 1
            made = (*made[:end], *made[end + 1 :])
        return list(made)

    def _settled(
        self, builder: Building, carries: Sequence[Value], body: object
    ) -> tuple[list[Value], list[tuple[TensorType, str]], Traced]:
        """The carries with types that hold in every iteration, those types, and the body for them.

        A size that the body changes gets a symbol of its own; an array into which nothing was written becomes one with
        room for what the body writes.
        """
        carries = list(carries)
        shapes = [self.recipe.loop.shapes[i] for i in self.recipe.moving]
        types = [
            _widened(v.type, shape)
            for v, shape in zip(
                carries, [*shapes, *[None] * (len(carries) - len(shapes))], strict=True
            )
        ]
        while True:
            parameters = [
                (t, name) for t, (_, name) in zip(types, _parameters(carries), strict=True)
            ]
            traced = trace(builder, "body", parameters, body)  # type: ignore[arg-type]
            known = {s for v in (*carries, *traced.captures) for s in symbols_of(v.shape)}
            changed = False
            for i, (inside, new) in enumerate(zip(types, traced.graph.outputs, strict=False)):
                if is_fresh(inside) and not is_fresh(new.type) and carries[i].type == inside:
                    carries[i] = opened(carries[i], new.shape[1:])  # type: ignore[assignment]
                    types[i] = carries[i].type
                    changed = True
                elif (wider := _joined(inside, new.type, known)) != inside:
                    types[i] = wider
                    changed = True
            if not changed:
                return carries, parameters, traced


def _changes(body: Body) -> bool:
    return bool(body.writes or body.streams)


def _parameters(values: Sequence[Value]) -> list[tuple[TensorType, str]]:
    return [(v.type, v.hint) for v in values]


def _widened(type: TensorType, shape: TensorShape | None) -> TensorType:
    """The type with a symbol of its own for every dimension that the program says may change."""
    if shape is None or shape.ndims is None:
        return type
    return type.with_shape(
        [
            fresh_size() if known is None else d
            for d, known in zip(type.shape, shape.as_list(), strict=True)
        ]
    )


def _joined(inside: TensorType, new: TensorType, known: set[str]) -> TensorType:
    """The type inside with a symbol of its own for every size that is another one after an iteration.

    A size that is just not known to be the same is left: it is checked when the loop runs.
    """
    if inside.rank != new.rank or inside.dtype is not new.dtype:
        return inside
    return inside.with_shape(
        [
            fresh_size() if _differs(a, b, known) else a
            for a, b in zip(inside.shape, new.shape, strict=True)
        ]
    )


def _differs(inside: Dim, new: Dim, known: set[str]) -> bool:
    if not isinstance(inside, Expr) or inside == new or set(symbols_of((inside,))) - known:
        # A symbol that is not known around the loop is one that varies already.
        return False
    grown = isinstance(new - inside, int) if isinstance(new, Expr) else False
    return grown or not set(symbols_of((new,))) <= known
