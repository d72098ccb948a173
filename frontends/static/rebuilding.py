"""Building operations anew from their recipes: where a run begins, and inside each branch and loop body.

What a run means, where TensorFlow leaves it to the order of its threads:

* a variable is read as it was when the run began, unless the reading operation depends (through data or control inputs)
  on an assignment to it: then it reads what the latest of those assigned. What a loop assigned in one iteration comes
  before all of the next iteration;
* assignments to one variable happen in the order in which they were declared, each acting on what the one before left;
* random operations draw in the order in which they were declared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...compiler import ops
from ...compiler.dispatch import Building, current, using
from ...compiler.errors import BifrontError
from ...compiler.ir import Value
from .build import located, outputs_of
from .dims import dimensions
from .needed import dependencies
from .operation import Operation
from .refine import refined
from .region import Body, streams_of
from .tensor import Tensor
from .variable import Variable


class Rebuilding:
    """One pass over operations, in order.

    Attributes:
        builder: where their IR goes.
        values: what stands there for each tensor, those of variables excepted.
        versions: what each variable held from the beginning on, the latest last.
        keys: what each random key was, the latest last.
    """

    def __init__(self, builder: Building, values: Mapping[Tensor, Value]) -> None:
        self.builder = builder
        self.given: Collection[Tensor] = frozenset(values)
        self.values = dict(values)
        self.versions: dict[Variable, list[Value]] = {}
        self.keys: dict[str, list[Value]] = {}
        # For each operation, the version of each variable that it comes after.
        self.after: dict[Operation, dict[Variable, int]] = {}

    def run(self, operations: Iterable[Operation]) -> None:
        """Build operations, each of which comes after those it depends on.

        Raises:
            BifrontError: what a recipe raises for the values that its inputs have here.
        """
        for op in operations:
            self.after[op] = self._comes_after(op)
            if op.recipe is not None:
                self._build(op)
            elif op.host is not None:
                self.call(op)

    def value(self, tensor: Tensor, after: Mapping[Variable, int] | None = None) -> Value:
        """What stands for a tensor, to a reader that comes after some versions of variables."""
        variable = tensor.op.variable
        if variable is not None and tensor not in self.given:
            return self.version(variable)[(after or {}).get(variable, 0)]
        return self.values[tensor]

    def version(self, variable: Variable) -> list[Value]:
        """What a variable held."""
        return self.versions[variable]

    def key(self, slot: str, seed: int | None, op: Operation) -> list[Value]:
        """What a random key was."""
        return self.keys[slot]

    def call(self, op: Operation) -> None:
        """Note that Python computes this operation, for which nothing is built."""

    def failed(self, error: BifrontError, op: Operation) -> BifrontError:
        """The error of a recipe with the lines that a reader needs."""
        return located(error, op)

    def _comes_after(self, op: Operation) -> dict[Variable, int]:
        found: dict[Variable, int] = {}
        for dependency in dependencies(op, self.given):
            for variable, version in self.after.get(dependency, {}).items():
                found[variable] = max(version, found.get(variable, 0))
        return found

    def _build(self, op: Operation) -> None:
        after = self.after[op]
        streams = [self.key(slot, seed, op) for slot, seed in streams_of(op).items()]
        operands = [keys[-1] for keys in streams]
        operands += [self.version(v)[-1] for v in op.writes]
        operands += [self.value(t, after) for t in op.inputs]
        assert op.recipe is not None
        before, self.builder.at = self.builder.at, op.location
        try:
            with using(self.builder):
                if op.draws:
                    streams[0].append(ops.next_key(operands[0]))  # type: ignore[arg-type]
                    streams = []
                made = outputs_of(op.recipe(*operands))
                if op.pinned:
                    made = [self._pin(v) if v in operands or _is_constant(v) else v for v in made]
        except BifrontError as error:
            raise self.failed(error, op) from None
        finally:
            self.builder.at = before
        rest = iter(made)
        for keys in streams:
            keys.append(next(rest))
        for variable in op.writes:
            versions = self.version(variable)
            versions.append(next(rest))
            after[variable] = len(versions) - 1
        for tensor, value in zip(op.outputs, rest, strict=True):
            if tensor not in self.given:
                self.values[tensor] = self._refined(tensor, value)

    def _refined(self, tensor: Tensor, value: Value) -> Value:
        if tensor.refinement is None:
            return value
        before, self.builder.at = self.builder.at, tensor.op.location
        try:
            return refined(self.builder, value, tensor.refinement)
        finally:
            self.builder.at = before

    def _pin(self, value: Value) -> Value:
        """The same numbers as a value of its own, so that a gradient can be taken for this use of them alone."""
        shape = value.shape
        return self.builder.apply(ops.RESHAPE, (value,), {"shape": shape})


def _is_constant(value: Value) -> bool:
    return value.producer is not None and not value.producer.inputs


@dataclass(frozen=True, slots=True)
class Effects:
    """What a body changes: the random keys, by slot, and the variables, as they are at some point."""

    keys: Mapping[str, Value]
    variables: Mapping[Variable, Value]

    @property
    def values(self) -> list[Value]:
        return [*self.keys.values(), *self.variables.values()]

    def replaced(self, values: Sequence[Value]) -> Effects:
        """The same keys and variables with other values."""
        new = iter(values)
        return Effects({k: next(new) for k in self.keys}, {v: next(new) for v in self.variables})


def run_body(
    body: Body, values: Mapping[Tensor, Value], effects: Effects
) -> tuple[list[Value], Effects]:
    """A body built in the graph that is being built now.

    Args:
        values: what stands for its parameters and captures; a variable that is not among them is read as ``effects``
            says.
        effects: keys and variables as they are before.

    Returns:
        The results, and keys and variables as they are afterwards.
    """
    builder = current()
    assert isinstance(builder, Building)
    inside = {t: _sizes(v) for t, v in values.items() if t.op.variable is None}
    rebuilding = Rebuilding(builder, inside)
    rebuilding.keys = {slot: [key] for slot, key in effects.keys.items()}
    rebuilding.versions = {t.op.variable: [v] for t, v in values.items() if t.op.variable}
    for variable, value in effects.variables.items():
        versions = rebuilding.versions.setdefault(variable, [])
        if value not in versions:
            versions.append(value)
    rebuilding.run(body.operations)
    return [rebuilding.value(t) for t in body.results], Effects(
        {slot: rebuilding.keys[slot][-1] for slot in effects.keys},
        {v: rebuilding.versions[v][-1] for v in effects.variables},
    )


def _sizes(value: Value) -> Value:
    """A captured value; sizes are computed again inside, where they stay known as sizes."""
    if not value.dtype.is_integer or value.ndim > 1 or value.producer is None:
        return value
    known = dimensions(value)
    if known is None or not value.producer.inputs:
        return value
    dtype = value.dtype
    if not value.ndim:
        return ops.extent(known.item(), dtype)  # type: ignore[return-value]
    parts = [ops.reshape(ops.extent(d, dtype), (1,)) for d in known]
    return ops.concatenate(parts, 0) if parts else value  # type: ignore[return-value]
