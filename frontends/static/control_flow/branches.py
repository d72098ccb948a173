"""`cond` and `case`: one of several functions is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ....compiler import control, ops
from ....compiler.errors import AttributeValueError, DTypeError, Place, ShapeError
from ....compiler.ir import Value
from ....compiler.location import Location
from ....compiler.ops import TensorLike
from ..array_ops import stack
from ..build import add_operation
from ..casting import cast
from ..control import control_dependencies, identity
from ..convert import convert, known_type
from ..dtypes import bool as bool_
from ..dtypes import int32
from ..graph import get_default_graph
from ..logic import less_equal
from ..operation import Operation
from ..rebuilding import Effects, run_body
from ..reduction import older, reduce_any, reduce_sum
from ..region import Region, body_of, declared, surroundings
from ..tensor import Tensor
from .arguments import leaf_like, tensor_of
from .nest import flatten, is_nested, pack, require_same_structure
from .side_effects import Assert
from .telling import after_telling, told_by

__all__ = ["case", "cond"]

Branch = Callable[[], object]


def cond(
    pred: object,
    true_fn: Branch | None = None,
    false_fn: Branch | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Branch | None = None,
    fn2: Branch | None = None,
) -> object:
    """What ``true_fn`` gives if ``pred`` holds, else what ``false_fn`` gives; the other is not run.

    Both functions are called once, now. What they declare runs in its branch only; what they use and was declared
    outside runs in any case.

    Args:
        pred: a scalar bool tensor.
        true_fn, false_fn: take nothing and return the same structure of tensors.
        strict: whether a structure with one element stays one.

    Raises:
        TypeError: ``pred`` is a Python bool, or a function is none.
        DTypeError, ShapeError: ``pred`` is no truth value, or the branches give different types or ranks.
        ValueError: they give different structures, or nothing.
    """
    functions = _given(true_fn, fn1, "true_fn"), _given(false_fn, fn2, "false_fn")
    if isinstance(pred, bool):
        raise TypeError("pred must not be a Python bool")
    graph = get_default_graph()
    with graph.name_scope(name or "cond") as scope:
        truth = convert(pred, name="pred")
        _require_truth(truth)
        called = scope.rstrip("/")
        then, first = _branch("true", called, functions[0], strict)
        otherwise, second = _branch("false", called, functions[1], strict)
        require_same_structure(first, second, "true_fn and false_fn")
        sides = (_Side(then, _leaves(then, first)), _Side(otherwise, _leaves(otherwise, second)))
        _require_same_types(sides[0].leaves, sides[1].leaves)
        merged = [identity(t, name="Merge") for t in _operation(truth, *sides)]
    leaves = [leaf_like(leaf, t) for leaf, t in zip(flatten(first), merged, strict=True)]
    return pack(first, leaves)


def _given(function: Branch | None, older_name: Branch | None, what: str) -> Branch:
    chosen = older(function, older_name, what, "fn1" if what == "true_fn" else "fn2")
    if not callable(chosen):
        raise TypeError(f"cond(): {what} must be callable, not {chosen!r}")
    return chosen


def _require_truth(pred: Tensor) -> None:
    scalar = pred.shape.ndims in (None, 0)
    if pred.dtype == bool_ and scalar:
        return
    kind = ShapeError if pred.dtype == bool_ else DTypeError
    raise kind(
        f"pred of cond must be a scalar of type bool: {pred.name!r} is {pred.type or pred.dtype.name}",
        places=(
            Place("used here", Location.here()),
            Place(f"{pred.name!r} was made here", pred.op.location),
        ),
        hint="compare it (x > 0), and reduce it to one truth value with tf.reduce_all or tf.reduce_any",
    )


def _branch(which: str, name: str, function: Branch, strict: bool) -> tuple[Region, object]:
    region, made = declared(
        get_default_graph(), f"the {which} branch of {name!r}", lambda: _called(which, function)
    )
    if not strict and isinstance(made, (list, tuple)) and len(made) == 1:
        (made,) = made
    return region, made


def _called(which: str, function: Branch) -> object:
    made = function()
    if made is None or (is_nested(made) and not flatten(made)):
        raise AttributeValueError(
            f"{which}_fn must have a return value.",
            places=(Place("called here", Location.here()),),
            hint="return tensors, or the operation that is to run",
        )
    return made


def _leaves(region: Region, made: object) -> list[Tensor]:
    graph = get_default_graph()
    with graph.inside(region), graph.control_dependencies(None):
        return [tensor_of(leaf) for leaf in flatten(made)]


class _Side:
    """One of the branches: what it gives and what it tells."""

    def __init__(self, region: Region, leaves: Sequence[Tensor]) -> None:
        self.leaves = leaves
        self.body = body_of(region, (), leaves)
        self.told = told_by(region, self.body)
        if self.told is not None:
            self.body = body_of(region, (), [*leaves, *self.told.tensors])

    @property
    def telling(self) -> Sequence[Tensor]:
        return () if self.told is None else self.told.tensors

    def blanks(self) -> list[TensorLike]:
        """What stands for what it tells where the other branch runs."""
        types = [known_type(t) for t in self.telling]
        return [
            ops.full(tuple([d if isinstance(d, int) else 0 for d in t.shape]), 0, t.dtype)
            for t in types
        ]


def _require_same_types(then: Sequence[Tensor], otherwise: Sequence[Tensor]) -> None:
    for i, (a, b) in enumerate(zip(then, otherwise, strict=True)):
        ranks = a.shape.ndims, b.shape.ndims
        if a.dtype == b.dtype and (ranks[0] == ranks[1] or None in ranks):
            continue
        kind = ShapeError if a.dtype == b.dtype else DTypeError
        raise kind(
            "Outputs of true_fn and false_fn must have the same type: "
            f"output {i} is {a.type or a.dtype.name} in one and {b.type or b.dtype.name} in the other",
            places=(
                Place("declared here", Location.here()),
                Place(f"true_fn gives {a.name!r}, made here", a.op.location),
                Place(f"false_fn gives {b.name!r}, made here", b.op.location),
            ),
            hint="convert one of them with tf.cast"
            if kind is DTypeError
            else "reshape one of them: the branches must give tensors of the same rank",
        )


def _operation(pred: Tensor, then: _Side, otherwise: _Side) -> Sequence[Tensor]:
    around = surroundings(then.body, otherwise.body)
    streams, writes, count = len(around.streams), len(around.writes), len(then.leaves)

    def recipe(*given: Value) -> list[TensorLike]:
        keys, written = given[:streams], given[streams : streams + writes]
        truth, *captured = given[streams + writes :]
        values = dict(zip(around.captures, captured, strict=True))
        effects = Effects(
            dict(zip(around.streams, keys, strict=True)),
            dict(zip(around.writes, written, strict=True)),
        )

        def run(side: _Side) -> list[TensorLike]:
            results, after = run_body(side.body, values, effects)
            told: list[TensorLike] = [*results[count:]]
            told = [*told, *otherwise.blanks()] if side is then else [*then.blanks(), *told]
            return [*after.values, *results[:count], *told]

        return control.cond(truth, lambda: run(then), lambda: run(otherwise))

    with control_dependencies(around.waits):
        op = add_operation(
            "If", recipe, [pred, *around.captures], name="If", writes=around.writes,
            streams=around.streams,
        )  # fmt: skip
    told = op.outputs[count:]
    results = after_telling(op.outputs[:count], then.told, told[: len(then.telling)])
    return after_telling(results, otherwise.told, told[len(then.telling) :])


Pairs = Sequence[tuple[object, Branch]] | Mapping[object, Branch]


def case(
    pred_fn_pairs: Pairs,
    default: Branch | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> object:
    """What the function beside the first condition that holds gives; ``default``'s result if none does.

    Args:
        pred_fn_pairs: pairs of a scalar bool tensor and a function, or a dict from one to the other (in the order of
            the tensors' names).
        default: None: that no condition holds is an error of the run.
        exclusive: whether more than one condition that holds is an error of the run.

    Raises:
        TypeError: something among the pairs is no bool tensor or no function.
    """
    pairs = _pairs(pred_fn_pairs, default)
    with get_default_graph().name_scope(name):
        checks = _checks([pred for pred, _ in pairs], exclusive, default is None)
        with control_dependencies(checks):
            if default is None:
                if len(pairs) == 1:
                    return cond(pairs[0][0], pairs[0][1], pairs[0][1], strict)
                *pairs, (_, default) = pairs
            function: Branch = default
            for pred, chosen in reversed(pairs):
                function = _choice(pred, chosen, function, strict)
            return function()


def _choice(pred: Tensor, chosen: Branch, otherwise: Branch, strict: bool) -> Branch:
    return lambda: cond(pred, chosen, otherwise, strict)


def _pairs(given: Pairs, default: Branch | None) -> list[tuple[Tensor, Branch]]:
    if not isinstance(given, (list, tuple, Mapping)):
        raise TypeError("pred_fn_pairs must be a list, tuple, or dict")
    if isinstance(given, Mapping):
        given = sorted(given.items(), key=lambda pair: str(getattr(pair[0], "name", pair[0])))
    if not given:
        raise AttributeValueError("pred_fn_pairs must not be empty")
    pairs: list[tuple[Tensor, Branch]] = []
    for i, pair in enumerate(given):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise TypeError(f"Each entry in pred_fn_pairs must be a 2-tuple: entry {i} is {pair!r}")
        pred, function = pair
        if not isinstance(pred, Tensor):
            raise TypeError(f"pred must be Tensor: entry {i} has {pred!r}")
        if pred.dtype != bool_:
            raise TypeError(
                f"pred must be Tensor of type bool: {pred.name!r} has {pred.dtype.name}"
            )
        if not callable(function):
            raise TypeError(f"fn for pred {pred.name} must be callable.")
        pairs.append((pred, function))
    if default is not None and not callable(default):
        raise TypeError("default must be callable.")
    return pairs


def _checks(preds: Sequence[Tensor], exclusive: bool, some: bool) -> list[Operation]:
    """Operations that fail where the conditions are not as the caller promised."""
    names = ", ".join(p.name for p in preds)
    checks = []
    if exclusive:
        held = reduce_sum(cast(stack(preds), int32))
        message = f"Input error: exclusive=True: more than 1 conditions ({names}) evaluated as True"
        checks.append(Assert(less_equal(held, 1), [message]))
    if some:
        message = f"None of the conditions evaluated as True. Conditions: ({names})"
        checks.append(Assert(reduce_any(stack(preds)), [message]))
    return checks
