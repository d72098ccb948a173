"""`scan`: a loop over the leading axis of sequences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ..dispatch import Building
from ..errors import GraphError, ShapeError
from ..ir import Attrs, Dim, Graph, Node, TensorType, Value
from ..ir.types import unify
from ..ops import Kind, Op, TensorLike, Whole, concatenate, define, reshape, slice_
from ..ops.op import Cotangents
from .canonical import Canonical, carry_order
from .cond import no_samples, runs_regions
from .regions import Traced, builder_now, trace
from .types import Operand, check_inputs, check_regions, fits, matched, mismatch, split

Step = Callable[
    [list[TensorLike], list[TensorLike]], tuple[Sequence[TensorLike], Sequence[TensorLike]]
]


def _infer(
    *operands: Operand, carries: int, sequences: int, length: Dim, reverse: bool
) -> tuple[TensorType, ...]:
    types, regions = split(operands)
    check_regions("scan", regions, 1)
    (body,) = regions
    if min(carries, sequences) < 0 or carries + sequences > len(types):
        raise GraphError(
            f"scan has {carries} carries and {sequences} sequences, but {len(types)} operands"
        )
    slices = []
    for i, type in enumerate(types[carries : carries + sequences]):
        if not type.shape or unify(type.shape[0], length) is None:
            raise ShapeError(
                f"sequence {i} of scan is {type}; its first axis must have size {length}"
            )
        slices.append(TensorType(type.dtype, type.shape[1:]))
    check_inputs("scan", body, [*types[:carries], *slices, *types[carries + sequences :]])
    return (
        *carried("scan", body, carries),
        *stacked(body, carries, length),
    )


def carried(name: str, body: Graph, carries: int, free: Collection[str] = ()) -> list[TensorType]:
    """The types of a loop's carries.

    Raises:
        ShapeError, DTypeError: one comes out of the body as another type than it goes in.
    """
    check_carries(name, body, carries, free)
    return [v.type for v in body.inputs[:carries]]


def check_carries(name: str, body: Graph, carries: int, free: Collection[str] = ()) -> None:
    """Raises: ShapeError, DTypeError or GraphError unless carries come out as they go in; ``free`` sizes may change."""
    if len(body.outputs) < carries:
        raise GraphError(
            f"{name} has {carries} carries, but its body gives {len(body.outputs)} values"
        )
    for i, (value, new) in enumerate(zip(body.inputs[:carries], body.outputs, strict=False)):
        if not fits(new.type, value.type, free):
            raise mismatch(new, value.type, carry_name(i, value), name)


def stacked(body: Graph, carries: int, length: Dim) -> list[TensorType]:
    """The types of what a loop stacks."""
    return [TensorType(v.dtype, (length, *v.shape)) for v in body.outputs[carries:]]


def carry_name(i: int, value: Value) -> str:
    """A carry as errors name it."""
    return f"carry {i}" + (f" ({value.hint})" if value.hint else "")


def pull_back(
    node: Node, cotangents: Cotangents, wanted: Sequence[bool], known: Cotangents
) -> Cotangents:
    """The backward of a loop, whose module needs the operations of this one."""
    from . import reversing

    return reversing.pull_back(node, cotangents, wanted, known)


def push_forward(node: Node, tangents: Cotangents) -> Cotangents:
    """The tangents of a loop, whose module needs the operations of this one."""
    from .tangents import push_tangents

    return push_tangents(node, tangents)


SCAN = define(
    Op(
        name="scan",
        kind=Kind.CONTROL,
        infer=_infer,
        evaluate=runs_regions,
        vjp=Whole(pull_back),
        jvp=Whole(push_forward),
        samples=no_samples,
        doc="a loop over the first axis of `sequences` operands: the region takes the carries, one slice of each "
        "sequence and the other operands, and gives new carries and values to stack; gives the last carries and stacks",
    )
)


def scan(
    body: Step,
    carries: Sequence[TensorLike],
    sequences: Sequence[TensorLike],
    length: Dim | None = None,
    reverse: bool = False,
) -> tuple[list[TensorLike], list[TensorLike]]:
    """A loop over the leading axis of ``sequences``.

    Args:
        body: ``body(carries, slices)`` returns the new carries and values to be stacked. What it uses of the graph
            around it becomes operands.
        carries: initial values; each keeps its type.
        sequences: tensors ``[length, ...]``.
        length: how many iterations; needed where there are no sequences.
        reverse: from the last slice to the first.

    Returns:
        The carries after the last iteration, and the stacked values ``[length, ...]``, each at the position of its
        slice.

    Raises:
        DTypeError, ShapeError: a carry comes out of an iteration as another type than it went in.
        GraphError: there are neither sequences nor a length, or ``body`` gives another number of carries.
    """
    if length is None:
        if not sequences:
            raise GraphError("scan needs sequences, or a length")
        length = sequences[0].shape[0]
    builder = builder_now()
    if builder is None:
        return _run(body, list(carries), sequences, length, reverse)
    initial = [builder._own(v) for v in carries]
    given = [builder._own(v) for v in sequences]
    n = len(initial)

    def flat(*inputs: TensorLike) -> Sequence[TensorLike]:
        new, out = body(list(inputs[:n]), list(inputs[n:]))
        check_count("scan", n, new)
        return [*new, *out]

    parameters = [(v.type, v.hint) for v in initial]
    parameters += [(TensorType(v.dtype, v.shape[1:]), v.hint) for v in given]
    region = trace(builder, "body", parameters, flat)
    made = make_scan(builder, region, initial, given, length, reverse)
    return list(made[:n]), list(made[n:])


def check_count(name: str, wanted: int, given: Sequence[TensorLike]) -> None:
    """Raises: GraphError unless a body gives as many carries as it takes."""
    if len(given) != wanted:
        raise GraphError(f"the body of {name} takes {wanted} carries and gives {len(given)}")


def make_scan(
    builder: Building,
    body: Traced,
    carries: Sequence[Value],
    sequences: Sequence[Value],
    length: Dim,
    reverse: bool = False,
) -> tuple[Value, ...]:
    """Append the node in its canonical form.

    Args:
        body: its inputs are the carries, one slice of each sequence, and the captures.

    Returns:
        The carries after the last iteration, and the stacks.
    """
    n, m = len(carries), len(sequences)
    check_carries("scan", body.graph, n)
    inputs, outputs = body.graph.inputs, body.graph.outputs
    constant = {i for i in range(n) if outputs[i] is inputs[i]}
    moving = carry_order(body.graph, [i for i in range(n) if i not in constant])
    captures = dict(zip(inputs[n + m :], body.captures, strict=True))
    captures.update((inputs[i], carries[i]) for i in constant)
    kept = Graph(
        body.graph.name, inputs, (), body.graph.nodes, (*[outputs[i] for i in moving], *outputs[n:])
    )
    canonical = Canonical(builder, hoist=True)
    canonical.add(kept, [*[inputs[i] for i in moving], *inputs[n : n + m]], captures)
    (region,) = canonical.regions()
    region = same_carries(region, len(moving), "scan")
    attrs: Attrs = {"carries": len(moving), "sequences": m, "length": length, "reverse": reverse}
    operands = [*[carries[i] for i in moving], *sequences, *canonical.captures]
    made = builder.node(SCAN, operands, attrs, (region,)).outputs
    return (*restored(carries, moving, made), *made[len(moving) :])


def restored(initial: Sequence[Value], moving: Sequence[int], made: Sequence[Value]) -> list[Value]:
    """The last value of each carry in the order in which they were given; those that do not move stay as they were."""
    last = dict(zip(moving, made, strict=False))
    return [last.get(i, value) for i, value in enumerate(initial)]


def same_carries(region: Graph, carries: int, name: str, free: Sequence[str] = ()) -> Graph:
    """The region with carries that come out as the very types that they go in with.

    Raises:
        DTypeError, ShapeError: one does not.
    """
    pairs = list(zip(region.inputs[:carries], region.outputs[:carries], strict=True))
    if all(a.type == b.type for a, b in pairs):
        return region
    from ..autodiff.inline import inline

    builder = Building(region.name)
    values = inline(region, builder)
    from ..dispatch import using

    outputs = [values[v] for v in region.outputs]
    with using(builder):
        for i, (old, new) in enumerate(pairs):
            builder.at = new.location
            outputs[i] = matched(builder, values[new], old.type, carry_name(i, old), name, free)
    return builder.close([values[v] for v in region.inputs], outputs)


def _run(
    body: Step,
    carries: list[TensorLike],
    sequences: Sequence[TensorLike],
    length: Dim,
    reverse: bool,
) -> tuple[list[TensorLike], list[TensorLike]]:
    """The loop under an interpreter that evaluates at once: Python's."""
    assert isinstance(length, int)
    collected: list[list[TensorLike]] = []
    for t in range(length)[:: -1 if reverse else 1]:
        slices = []
        for x in sequences:
            rank = x.ndim
            part = slice_(x, (t, *[0] * (rank - 1)), (t + 1, *x.shape[1:]), (1,) * rank)
            slices.append(reshape(part, x.shape[1:]))
        new, out = body(carries, slices)
        check_count("scan", len(carries), new)
        carries = list(new)
        collected.append([reshape(v, (1, *v.shape)) for v in out])
    if not collected:
        raise GraphError("a scan of no iterations, evaluated at once, has no stacks")
    if reverse:
        collected.reverse()
    return carries, [concatenate(parts, 0) for parts in zip(*collected, strict=True)]
