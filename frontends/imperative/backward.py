"""Backward: from a result to the gradients of what it was computed from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from ...compiler.autodiff import backward as pull_back
from ...compiler.autodiff import history
from ...compiler.dispatch import EAGER, Array, Origin, Recording
from ...compiler.dispatch.current import current
from ...compiler.errors import GradientError, Place, ShapeError
from ...compiler.ir.types import show_shape
from ...compiler.location import Location
from ...compiler.ops import ADD, DIV, MUL, REGISTRY, add
from ...runtime import pullback
from ...runtime.checking.border import LISTENERS, Pulled, tell
from .grad_mode import capturing, no_grad
from .hooks import WATCHED, run
from .storage import twin
from .tensor import Tensor, give, wrap

Tensors = Tensor | Sequence[Tensor]


class _Freed(tuple[()]):
    """The operands of a value whose history was freed, and who freed it."""

    place: Location

    @classmethod
    def by(cls, place: Location) -> _Freed:
        made = cls()
        made.place = place
        return made


def _as_list(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (tuple, list)) else [x]


def _seed(output: Tensor, given: Tensor | None) -> Array:
    array = output.array
    if not array.tracked:
        raise GradientError(
            "element 0 of tensors does not require grad and does not have a grad_fn",
            places=(
                Place("backward was asked for here", Location.here()),
                Place(f"the value is {array.type}, made here", array.location),
            ),
            hint="make one of the tensors that it is computed from with requires_grad=True, and compute it "
            "outside no_grad()",
        )
    if given is None:
        if array.data.size != 1:
            raise GradientError(
                "grad can be implicitly created only for scalar outputs",
                places=(
                    Place("backward was asked for here", Location.here()),
                    Place(f"the value is {array.type}, made here", array.location),
                ),
                hint="reduce it with .sum() or .mean(), or give the gradient: y.backward(torch.ones_like(y))",
            )
        return current().constant(np.ones(array.data.shape, array.data.dtype))  # type: ignore[return-value]
    if given.array.data.shape != array.data.shape:
        raise ShapeError(
            f"Mismatch in shape: grad_output has a shape of {show_shape(given.array.data.shape)} and output has a "
            f"shape of {show_shape(array.data.shape)}.",
            places=(Place("here", Location.here()),),
        )
    return (
        given.array if given.array.data.dtype == array.data.dtype else given.to(output.dtype).array
    )


def _interpreter(create_graph: bool) -> Recording | None:
    """What the gradient's own operations are given to."""
    if capturing():
        return cast("Recording", current()).derive(create_graph)
    return Recording() if create_graph else None


class _Walk:
    """What happens to each value on the way back."""

    def __init__(self, keep: bool, place: Location) -> None:
        # A trace needs the history afterwards.
        self.keep = keep or capturing()
        self.spends = not keep
        self.freed = _Freed.by(place)

    def visit(self, array: Array, g: Array) -> Array | None:
        if array.inputs.__class__ is _Freed:
            raise GradientError(
                "Trying to backward through the graph a second time: the values that it needs were freed by "
                "the first",
                places=(
                    Place("the first backward was here", array.inputs.place),
                    Place("through the value made here", array.location),
                ),
                hint="give the first one retain_graph=True, or compute the value again",
            )
        watch = WATCHED.get(array) if WATCHED else None
        if watch is None:
            return None
        grad = run(watch.hooks, wrap(g)) if watch.hooks else wrap(g)
        if watch.retain:
            watch.grad = (
                wrap(_own(grad.array)) if watch.grad is None else wrap(_sum(watch.grad, grad))
            )
        return grad.array

    def free(self, array: Array) -> None:
        if self.keep:
            return
        if _saves(array):
            array.inputs = self.freed


def _saves(array: Array) -> bool:
    """Whether the gradient of what made the value needs numbers, which are let go of after it."""
    op = array.op
    assert op is not None
    if op.affine:
        return False
    # A number beside the array is no value that could be freed.
    return op not in (MUL, DIV) or type(array.inputs[1]) is Array


def _sum(known: Tensor, more: Tensor) -> Array:
    return add(known.array, more.array)  # type: ignore[return-value]


def _own(g: Array) -> Array:
    """The cotangent as the value of one tensor; addition hands the same one to both its operands."""
    return g if capturing() else twin(g)


class _Accumulating(_Walk):
    """`backward`: leaves add what they get to ``grad``."""

    def __init__(self, keep: bool, place: Location, only: set[Origin] | None) -> None:
        super().__init__(keep, place)
        self.only = only

    def visit(self, array: Array, g: Array) -> Array | None:
        origin = array.origin
        if origin is None:
            return super().visit(array, g)
        if self.only is not None and origin not in self.only:
            return None
        current().touching(origin)
        if origin.hooks is not None:
            g = run(cast("dict[int, Any]", origin.hooks[0]), wrap(g)).array
        known = cast("Tensor | None", origin.grad)
        origin.grad = wrap(_own(g) if known is None else _sum(known, wrap(g)))
        if origin.hooks is not None:
            run(cast("dict[int, Any]", origin.hooks[1]), origin.grad)
        return None

    def add(self, origin: Origin, data: np.ndarray) -> None:
        """Add a cotangent that nobody else has to the ``grad`` of a leaf without hooks."""
        if self.only is not None and origin not in self.only:
            return
        g, known = EAGER.constant(data), cast("Tensor | None", origin.grad)
        origin.grad = wrap(g if known is None else EAGER.apply2(ADD, known.array, g))


def _repeated(
    output: Tensor, walk: _Walk, wanted: Sequence[Array] | None = None
) -> list[tuple[Array, np.ndarray]] | None:
    """What a compiled program for the whole backward gives; None where there is none.

    Args:
        wanted: the values whose cotangents are asked for; None: all leaves.
    """
    array = output.array
    if not array.tracked or array.data.size != 1 or capturing() or WATCHED:
        return None
    found = pullback.known(array, _saves, wanted)
    if found is None:
        return None
    program, history = found
    try:
        gradients = program(history)
    except Exception:
        return None  # the interpreted walk will meet the same error, and knows the lines
    if gradients is None:
        return None
    order = history.order
    reached = [(order[i], data) for i, data in zip(program.reached, gradients, strict=True)]
    if not walk.keep:
        for i in program.freed:
            order[i].inputs = walk.freed
    return reached


def _marked(output: Tensor, given: Tensor | None, walk: _Accumulating) -> bool:
    """Whether a trace that notes a backward as one step did so."""
    note = _noting(output)
    if note is None:
        return False
    root, seed = output.array, _seed(output, given)
    leaves = [a for a in history([root]) if a.op is None or a.origin is not None]
    found = pull_back([root], [seed], leaves)
    # The order in which the walk comes to them.
    wanted = [a for a in reversed(leaves) if a in found]
    note(root, seed, wanted, [found[a] for a in wanted], _spent(root, walk))
    with no_grad():
        for array in wanted:
            walk.visit(array, found[array])
    return True


def _spent(root: Array, walk: _Walk) -> dict[Array, _Freed]:
    """The values whose operands backward frees once the trace is over."""
    if not walk.spends:
        return {}
    computed = [a for a in history([root]) if a.op is not None and a.origin is None]
    return {a: walk.freed for a in computed if _saves(a)}


def _noting(output: Tensor) -> Callable[..., None] | None:
    """How the trace notes a backward from here as one step; None where there is no such trace.

    Nor is there a way where the user is called on the way, or history was freed.
    """
    note: Callable[..., None] | None = getattr(current(), "pulled", None)
    if note is None or not output.requires_grad:
        return None
    for array in history([output.array]):
        if array in WATCHED or (array.origin is not None and array.origin.hooks is not None):
            return None
        if array.op is not None and array.op.name not in REGISTRY:
            return None
        if array.inputs.__class__ is _Freed:
            return None
    return note


def backward(
    tensors: Tensors,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Tensors | None = None,
) -> None:
    """Add the gradients of the tensors to ``grad`` of the leaves that they were computed from.

    Args:
        grad_tensors: cotangents; may be None for scalars.
        retain_graph: keep what another backward needs. Default: as ``create_graph``.
        create_graph: remember how the gradients are computed, so that they can be differentiated.
        inputs: the leaves to give gradients; None: all.

    Raises:
        GradientError: a tensor requires no grad; a cotangent is missing; the history was freed by a backward before.
        InPlaceError: a value that is needed was overwritten.
    """
    outputs = _as_list(tensors)
    given = grad_tensors if grad_tensors is not None else grad_variables
    seeds = [None] * len(outputs) if given is None else _as_list(given)
    if LISTENERS:
        tell(Pulled(tuple(t.array for t in outputs)))
    keep = create_graph if retain_graph is None else retain_graph
    only = None if inputs is None else {t._origin() for t in _as_list(inputs)}
    walk = _Accumulating(keep, Location.here(1), only)
    if given is None and not create_graph and len(outputs) == 1:
        reached = _repeated(outputs[0], walk)
        if reached is not None:
            for array, data in reached:
                walk.add(cast("Origin", array.origin), data)
            return
    if not create_graph and len(outputs) == 1 and _marked(outputs[0], seeds[0], walk):
        return
    pull_back(
        [t.array for t in outputs],
        [_seed(t, s) for t, s in zip(outputs, seeds, strict=True)],
        (),
        interpreter=_interpreter(create_graph),
        visit=walk.visit,
        on_node=walk.free,
    )


def _method(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensors | None = None,
    retain_variables: bool | None = None,
) -> None:
    """`backward` of this tensor."""
    keep = retain_graph if retain_variables is None else retain_variables
    backward(self, gradient, keep, create_graph, inputs=inputs)


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of the outputs for the inputs; nothing is accumulated.

    Args:
        allow_unused: give None for an input that no output depends on, instead of an error.
        materialize_grads: give zeros for those.

    Raises:
        GradientError: as in `backward`; or an input was not used.
    """
    roots, targets = _as_list(outputs), _as_list(inputs)
    seeds = [None] * len(roots) if grad_outputs is None else _as_list(grad_outputs)
    for i, t in enumerate(targets):
        if not t.requires_grad:
            raise GradientError(
                "One of the differentiated Tensors does not require grad",
                places=(
                    Place("here", Location.here(1)),
                    Place(f"input {i} is {t.array.type}, made here", t.array.location),
                ),
            )
    keep = create_graph if retain_graph is None else retain_graph
    walk = _Walk(keep, Location.here(1))
    wanted = [t.array for t in targets]
    if grad_outputs is None and not create_graph and len(roots) == 1:
        repeated = _repeated(roots[0], walk, wanted)
        if repeated is not None:
            constant = EAGER.constant
            return _asked(
                targets, {a: constant(g) for a, g in repeated}, allow_unused, materialize_grads
            )
    note = _noting(roots[0]) if len(roots) == 1 and not create_graph else None
    arrays = [_seed(t, s) for t, s in zip(roots, seeds, strict=True)]
    if note is not None:
        found = pull_back([roots[0].array], arrays, wanted)
        reached = [a for a in wanted if a in found]
        root = roots[0].array
        note(root, arrays[0], reached, [found[a] for a in reached], _spent(root, walk))
        return _asked(targets, found, allow_unused, materialize_grads)
    found = pull_back(
        [t.array for t in roots],
        arrays,
        wanted,
        interpreter=_interpreter(create_graph),
        visit=walk.visit,
        on_node=walk.free,
    )
    return _asked(targets, found, allow_unused, materialize_grads)


def _asked(
    targets: list[Tensor],
    found: dict[Array, Array],
    allow_unused: bool | None,
    materialize_grads: bool,
) -> tuple[Tensor | None, ...]:
    """What `grad` gives for the cotangents that were found."""
    results: list[Tensor | None] = []
    for i, t in enumerate(targets):
        g = found.get(t.array)
        if g is not None:
            results.append(wrap(_own(g)))
        elif materialize_grads:
            results.append(t.new_zeros(t.shape))
        elif allow_unused:
            results.append(None)
        else:
            raise GradientError(
                "One of the differentiated Tensors appears to not have been used in the graph",
                places=(
                    Place("here", Location.here(1)),
                    Place(f"input {i} is {t.array.type}, made here", t.array.location),
                ),
                hint="set allow_unused=True if this is the desired behavior",
            )
    return tuple(results)


def attach() -> None:
    """Give `Tensor` its part in autograd."""
    give(backward=_method)
