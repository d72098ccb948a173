"""`while_loop`: iterations as long as a condition holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from ..dispatch import Array, Building
from ..errors import GraphError
from ..ir import Attrs, Dim, Expr, Graph, TensorType, Value, symbol, symbols_of
from ..ops import Kind, Op, TensorLike, Whole, define
from .canonical import Canonical, carry_order
from .cond import no_samples, runs_regions
from .regions import Traced, builder_now, trace
from .scan import (
    carried,
    check_carries,
    check_count,
    pull_back,
    push_forward,
    restored,
    same_carries,
    stacked,
)
from .types import Operand, check_inputs, check_predicate, check_regions, split


def _infer(
    *operands: Operand,
    carries: int,
    trips: Expr,
    maximum: int | None,
    varying: tuple[Expr, ...],
) -> tuple[TensorType, ...]:
    types, regions = split(operands)
    check_regions("while", regions, 2)
    condition, body = regions
    if not 0 <= carries <= len(types):
        raise GraphError(f"while has {carries} carries, but {len(types)} operands")
    free = symbols_of(varying)
    for region in regions:
        check_inputs("while", region, types, free)
    if len(condition.outputs) != 1:
        raise GraphError(
            f"the condition of while gives {len(condition.outputs)} values instead of one"
        )
    check_predicate("while", "the condition", condition.outputs[0].type)
    return (*carried("while", body, carries, free), *stacked(body, carries, trips))


WHILE = define(
    Op(
        name="while",
        kind=Kind.CONTROL,
        infer=_infer,
        evaluate=runs_regions,
        vjp=Whole(pull_back),
        jvp=Whole(push_forward),
        samples=no_samples,
        doc="iterations of the second region as long as the first gives true; both take the carries and the other "
        "operands; gives the last carries, and what the second region gives beyond them, stacked; `trips` names their "
        "number, `maximum` bounds it, `varying` names the sizes that change",
    )
)

_names = count()


def while_loop(
    condition: Callable[..., TensorLike],
    body: Callable[..., Sequence[TensorLike]],
    carries: Sequence[TensorLike],
    maximum: int | None = None,
    varying: Sequence[TensorType | None] = (),
) -> list[TensorLike]:
    """Iterations as long as a condition holds.

    Args:
        condition: takes the carries; returns ``bool[]``.
        body: takes the carries and returns as many. What both use of the graph around them becomes operands.
        carries: initial values; each keeps its type.
        maximum: the loop stops after so many iterations, whatever the condition says.
        varying: for carries whose size changes from iteration to iteration, their type inside, with a symbol of its own
            (`fresh_size`) for every such dimension; None for the others.

    Returns:
        The carries after the last iteration.

    Raises:
        DTypeError, ShapeError: the condition is no truth value, or a carry comes out of an iteration as another type.
        GraphError: ``body`` gives another number of carries.
    """
    builder = builder_now()
    if builder is None:
        return _run(condition, body, list(carries), maximum)
    initial = [builder._own(v) for v in carries]
    inside = [
        v.type if t is None else t
        for v, t in zip(initial, [*varying, *[None] * (len(initial) - len(varying))], strict=True)
    ]
    known = {s for v in initial for s in symbols_of(v.shape)}
    free = [s for t in inside for s in symbols_of(t.shape) if s not in known]
    parameters = [(t, v.hint) for t, v in zip(inside, initial, strict=True)]

    def counted(*inputs: TensorLike) -> Sequence[TensorLike]:
        new = body(*inputs)
        check_count("while", len(initial), new)
        return new

    traced = trace(builder, "condition", parameters, lambda *inputs: [condition(*inputs)])
    repeated = trace(builder, "body", parameters, counted)
    return list(make_while(builder, traced, repeated, initial, maximum, tuple(dict.fromkeys(free))))


def fresh_size() -> Expr:
    """A symbol for a size that changes from iteration to iteration."""
    return symbol(f"while_{next(_names)}")


def make_while(
    builder: Building,
    condition: Traced,
    body: Traced,
    carries: Sequence[Value],
    maximum: int | None = None,
    varying: Sequence[str] = (),
) -> tuple[Value, ...]:
    """Append the node in its canonical form.

    Args:
        condition, body: regions whose inputs are the carries and the captures of each.
        varying: symbols in the types of carries that stand for another size in every iteration.

    Returns:
        The carries after the last iteration, and what else the body gives, stacked.
    """
    n = len(carries)
    check_carries("while", body.graph, n, varying)
    outputs = body.graph.outputs
    constant = {i for i in range(n) if outputs[i] is body.graph.inputs[i]}
    moving = carry_order(body.graph, [i for i in range(n) if i not in constant])
    canonical = Canonical(builder, hoist=True, varying=varying)
    kept = Graph(
        body.graph.name, body.graph.inputs, (), body.graph.nodes,
        (*[outputs[i] for i in moving], *outputs[n:]),
    )  # fmt: skip
    for graph, traced in ((condition.graph, condition), (kept, body)):
        captures = dict(zip(graph.inputs[n:], traced.captures, strict=True))
        captures.update((graph.inputs[i], carries[i]) for i in constant)
        canonical.add(graph, [graph.inputs[i] for i in moving], captures)
    first, second = canonical.regions()
    second = same_carries(second, len(moving), "while", varying)
    operands = [*[carries[i] for i in moving], *canonical.captures]
    attrs = while_attrs(len(moving), fresh_size(), maximum, tuple(map(symbol, varying)))
    made = builder.node(WHILE, operands, attrs, (first, second)).outputs
    return (*restored(carries, moving, made), *made[len(moving) :])


def while_attrs(carries: int, trips: Dim, maximum: int | None, varying: tuple[Expr, ...]) -> Attrs:
    """The attributes of a `WHILE` node."""
    return {"carries": carries, "trips": trips, "maximum": maximum, "varying": varying}


def _run(
    condition: Callable[..., TensorLike],
    body: Callable[..., Sequence[TensorLike]],
    carries: list[TensorLike],
    maximum: int | None,
) -> list[TensorLike]:
    """The loop under an interpreter that evaluates at once: Python's."""
    done = 0
    while maximum is None or done < maximum:
        go_on = condition(*carries)
        assert isinstance(go_on, Array)
        if not go_on.data:
            break
        new = body(*carries)
        check_count("while", len(carries), new)
        carries = list(new)
        done += 1
    return carries
