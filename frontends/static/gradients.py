"""``tf.gradients``: derivatives as operations of the same graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...compiler import ops
from ...compiler.autodiff import backpropagate
from ...compiler.control import Region
from ...compiler.dispatch import Building, current, using
from ...compiler.errors import BifrontError, DTypeError, Place
from ...compiler.ir import Value, live_nodes
from ...compiler.location import Location
from .array_ops import stack, unstack
from .build import add_operation, scoped
from .convert import convert
from .creation import zeros_like
from .graph import get_default_graph
from .operation import Operation
from .tensor import Tensor

__all__ = ["gradients", "hessians"]


@scoped("gradients")
def gradients(
    ys: object,
    xs: object,
    grad_ys: object = None,
    name: str | None = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: object = None,
    aggregation_method: object = None,
    stop_gradients: object = None,
    unconnected_gradients: object = "none",
) -> list[Tensor | None]:
    """The derivatives of ``sum(ys)`` with respect to each of ``xs``.

    Args:
        ys, xs: tensors or variables, one or a list.
        grad_ys: what each of ``ys`` counts, instead of 1.
        stop_gradients: tensors to be taken as constants.
        unconnected_gradients: ``"none"``: None where ``ys`` do not depend on an element of ``xs``; ``"zero"``: zeros.

    Raises:
        DTypeError: the ys or xs are not floats.
    """
    tops, wanted = _tensors(ys), _tensors(xs)
    given = zip(_listed(grad_ys, len(tops)), tops, strict=True)
    seeds = [None if g is None else convert(g, y.dtype) for g, y in given]
    stops = _tensors(stop_gradients or [])
    for tensor in (*tops, *wanted):
        if not tensor.dtype.is_floating:
            raise DTypeError(
                f"gradients are of floats: {tensor.name!r} has type {tensor.dtype.name}",
                places=(
                    Place("asked for here", Location.here()),
                    Place(f"{tensor.name!r} was made here", tensor.op.location),
                ),
                hint="convert it with tf.cast before computing with it",
            )
    symbolic = any(t.value is None for t in wanted) or _is_opaque(tops)
    shared = [x for x in wanted if _is_alias(x) or _is_inlined(x)]
    for x in shared:
        x.op.pinned = True
    if symbolic or shared:
        # What the IR built so far does not show is read off the operations.
        reached = _reached(tops, wanted, stops)
    else:
        found = _build(tops, wanted, stops)
        reached = [g is not None for g in found]
    kept = [x for x, through in zip(wanted, reached, strict=True) if through]
    made = iter(_operation(tops, kept, seeds, stops, name).outputs if kept else ())
    zeros = str(getattr(unconnected_gradients, "value", unconnected_gradients)) == "zero"
    return [
        next(made) if through else zeros_like(x) if zeros else None
        for x, through in zip(wanted, reached, strict=True)
    ]


def _operation(
    ys: Sequence[Tensor],
    xs: Sequence[Tensor],
    seeds: Sequence[Tensor | None],
    stops: Sequence[Tensor],
    name: str | None,
) -> Operation:
    given = [s for s in seeds if s is not None]
    cuts = (len(ys), len(ys) + len(xs), len(ys) + len(xs) + len(stops))

    def recipe(*values: Value) -> list[Value]:
        tops, wanted = list(values[: cuts[0]]), list(values[cuts[0] : cuts[1]])
        stopped, rest = values[cuts[1] : cuts[2]], iter(values[cuts[2] :])
        builder = current()
        assert isinstance(builder, Building)
        tops, wanted = _detach(builder, tops, wanted, stopped)
        given = [_ones(y) if s is None else next(rest) for y, s in zip(tops, seeds, strict=True)]
        grads = _cotangents(tops, given, wanted, builder)
        return [
            g if g is not None else ops.zeros_like(x) for g, x in zip(grads, wanted, strict=True)
        ]

    inputs = [*ys, *xs, *stops, *given]
    deferred = any(x.value is None or x.op.pinned for x in xs) or _is_opaque(ys)
    return add_operation(
        "SymbolicGradient",
        recipe,
        inputs,
        name="grad",
        outputs=[(x.dtype, x.type) for x in xs] if deferred else None,
    )


def _cotangents(
    tops: Sequence[Value], seeds: Sequence[Value], wanted: Sequence[Value], builder: Building
) -> list[Value | None]:
    """`backpropagate`, which inside a loop or branch goes on to what is around it."""
    found: dict[Value, Value] = {}

    def accumulate(value: Value, part: Value) -> None:
        found[value] = ops.add(found[value], part) if value in found else part  # type: ignore[assignment]

    for top, seed in zip(tops, seeds, strict=True):
        accumulate(top, seed)
    level: Building | None = builder
    while level is not None:
        here = [v for v in found if v.owner is level]
        inner = [w for w in dict.fromkeys(wanted) if w.owner is level]
        around: dict[Value, Value] = {}
        if isinstance(level, Region) and len(inner) < len(set(wanted)):
            around = {x: v for x, v in level.captured.items() if v.dtype.is_float}
            around.update((w, level._own(w)) for w in wanted if w.owner is not level)
        targets = [*inner, *around.values()]
        grads = backpropagate(here, [found.pop(v) for v in here], targets, builder)
        for value, part in zip([*inner, *around], grads, strict=True):
            if part is not None:
                accumulate(value, part)
        level = level.outer if isinstance(level, Region) and around else None
    return [found.get(w) for w in wanted]


def _ones(y: Value) -> Value:
    if y.shape:
        return ops.ones_like(y)  # type: ignore[return-value]
    return ops.constant(1, y.dtype)  # type: ignore[return-value]


def _build(tops: Sequence[Tensor], xs: Sequence[Tensor], stops: Sequence[Tensor]) -> list[Value | None]:  # fmt: skip
    """A trial, to learn which gradients exist; what it builds is thrown away."""
    builder = get_default_graph().builder
    nodes = len(builder.nodes)
    try:
        with using(builder):
            ys, wanted = _detach(
                builder,
                [y.value for y in tops],  # type: ignore[misc]
                [x.value for x in xs],  # type: ignore[misc]
                [s.value for s in stops if s.value is not None],
            )
            return backpropagate(ys, [_ones(y) for y in ys], wanted, builder)
    except BifrontError as error:
        error.places = (Place("asked for here", Location.here()), *error.places)
        raise
    finally:
        del builder.nodes[nodes:]


def _detach(
    builder: Building, ys: list[Value], xs: list[Value], stops: Sequence[Value]
) -> tuple[list[Value], list[Value]]:
    """``ys`` computed again from copies of ``stops`` through which no gradient flows."""
    if not stops:
        return ys, xs
    again: dict[Value, Value] = {}
    for node in live_nodes(ys):
        if any(v in again for v in node.inputs):
            made = builder.node(
                node.op, [again.get(v, v) for v in node.inputs], node.attrs, node.regions
            )
            again.update(zip(node.outputs, made.outputs, strict=True))
        for v in (*node.inputs, *node.outputs):
            if v in stops and v not in xs and v not in again:
                again[v] = ops.stop_gradient(v)  # type: ignore[assignment]
    # A value may be stopped after its first reader was met.
    return [again.get(y, y) for y in ys], [again.get(x, x) for x in xs]


def _reached(ys: Sequence[Tensor], xs: Sequence[Tensor], stops: Sequence[Tensor]) -> list[bool]:
    """Whether a way of float tensors leads from each x to a y."""
    back: set[Tensor] = set()
    pending = [y for y in ys if y not in stops]
    while pending:
        tensor = pending.pop()
        if tensor in back:
            continue
        back.add(tensor)
        if tensor.op.type != "StopGradient" and tensor.op.host is None:
            pending += [t for t in tensor.op.inputs if t.dtype.is_floating and t not in stops]
    return [x in back for x in xs]


def _is_opaque(ys: Sequence[Tensor]) -> bool:
    """Whether something that ``ys`` depend on is not faithfully in the IR built so far."""
    seen: set[Operation] = set()
    pending = [y.op for y in ys]
    while pending:
        op = pending.pop()
        if op in seen:
            continue
        if op.opaque or any(t.value is None for t in op.outputs):
            return True
        seen.add(op)
        pending += [t.op for t in op.inputs]
    return False


def _is_alias(x: Tensor) -> bool:
    """Whether the tensor is the same IR value as one that its operation reads (an identity)."""
    return x.value is not None and any(x.value is t.value for t in x.op.inputs)


def _is_inlined(x: Tensor) -> bool:
    """Whether a loop or branch that reads the tensor has it inside anew, as it has constants."""
    if x.value is None or x.value.producer is None or x.value.producer.inputs:
        return False
    return any(
        op.type in ("If", "Scan", "While") and any(t is x for t in op.inputs)
        for op in x.graph.get_operations()
    )


def _tensors(given: object) -> list[Tensor]:
    if hasattr(given, "_as_tensor"):
        return [convert(given)]
    assert isinstance(given, Iterable)
    return [convert(g) for g in given]


def _listed(given: object, count: int) -> list[object]:
    if given is None:
        return [None] * count
    return list(given) if isinstance(given, (list, tuple)) else [given]


def hessians(ys: object, xs: object, name: str = "hessians") -> list[Tensor]:
    """The matrix of second derivatives of ``sum(ys)`` for each vector in ``xs``."""
    found = []
    for x in _tensors(xs):
        (first,) = gradients(ys, x, name=name)
        assert first is not None
        rows = [gradients(element, x)[0] for element in unstack(first)]
        found.append(stack([r if r is not None else zeros_like(x) for r in rows]))
    return found
