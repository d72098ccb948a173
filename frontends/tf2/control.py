"""Control flow given as functions. Values are there, so it simply runs: a trace sees the way that was taken."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ...compiler.errors import AttributeValueError, Place, ShapeError
from ...compiler.location import Location
from .arrays import convert_to_tensor, stack
from .nest import flatten, map_structure

__all__ = [
    "case", "cond", "control_dependencies", "device", "foldl", "foldr", "group", "map_fn", "name_scope", "no_op",
    "numpy_function", "py_function", "scan", "switch_case", "vectorized_map", "while_loop",
]  # fmt: skip

Function = Callable[..., Any]


def cond(
    pred: Any, true_fn: Function | None = None, false_fn: Function | None = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """What ``true_fn()`` gives if ``pred`` is true, else what ``false_fn()`` gives.

    Raises:
        TypeError: a branch is no function.
    """
    if not callable(true_fn):
        raise TypeError("'true_fn' must be callable.")
    if not callable(false_fn):
        raise TypeError("'false_fn' must be callable.")
    return true_fn() if pred else false_fn()


def case(
    pred_fn_pairs: Sequence[tuple[Any, Function]] | Mapping[Any, Function],
    default: Function | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str | None = "case",
) -> Any:
    """What the function beside the first true predicate gives, else what ``default()`` gives.

    Raises:
        AttributeValueError: no predicate holds and there is no default, or more than one holds with ``exclusive``.
    """
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, Mapping) else pred_fn_pairs)
    chosen: Function | None = None
    for predicate, function in pairs:
        if not predicate:
            continue
        if chosen is not None:
            raise AttributeValueError(
                "more than one predicate of an exclusive case holds", places=(_here(),)
            )
        chosen = function
        if not exclusive:
            break
    chosen = chosen or default
    if chosen is None:
        raise AttributeValueError(
            "no predicate of the case holds, and it has no default", places=(_here(),)
        )
    return chosen()


def switch_case(
    branch_index: Any, branch_fns: Any, default: Function | None = None, name: str = "switch_case"
) -> Any:
    """What the function with this index gives; the default (or the last one) for an index that none has."""
    pairs = branch_fns.items() if isinstance(branch_fns, Mapping) else enumerate(branch_fns)
    table = dict(pair if isinstance(pair, tuple) else tuple(pair) for pair in pairs)
    last = default or table[max(table)]
    return table.get(int(branch_index), last)()


def while_loop(
    cond: Function, body: Function, loop_vars: Sequence[Any], shape_invariants: object = None,
    parallel_iterations: int = 10, back_prop: bool = True, swap_memory: bool = False,
    maximum_iterations: Any = None, name: str | None = None,
) -> Any:  # fmt: skip
    """The loop variables after ``body`` was applied to them for as long as ``cond`` holds.

    Raises:
        AttributeValueError: the body gives another number of loop variables.
    """
    values = [_values(v) for v in loop_vars]
    count = len(values)
    done = 0
    while (maximum_iterations is None or done < int(maximum_iterations)) and cond(*values):
        found = body(*values)
        values = list(found) if isinstance(found, (list, tuple)) else [found]
        if len(values) != count:
            raise AttributeValueError(
                f"the body of while_loop gives {len(values)} values for {count} loop variables",
                places=(_here(),),
            )
        values = [_values(v) for v in values]
        done += 1
    return type(loop_vars)(values) if isinstance(loop_vars, (list, tuple)) else values


def map_fn(
    fn: Function, elems: Any, dtype: object = None, parallel_iterations: int | None = None,
    back_prop: bool = True, swap_memory: bool = False, infer_shape: bool = True,
    name: str | None = None, fn_output_signature: object = None,
) -> Any:  # fmt: skip
    """The function applied to each slice along the first axis, its results stacked; both may be structures."""
    return _stacked([_values(fn(x)) for x in _slices(elems)])


def vectorized_map(
    fn: Function, elems: Any, fallback_to_while_loop: bool = True, warn: bool = True
) -> Any:
    """The same as `map_fn`."""
    return map_fn(fn, elems)


def scan(
    fn: Function, elems: Any, initializer: Any = None, parallel_iterations: int = 10,
    back_prop: bool = True, swap_memory: bool = False, infer_shape: bool = True,
    reverse: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """All accumulators that ``a = fn(a, x)`` goes through, stacked; it starts from the initializer or first slice."""
    found = list(_accumulated(fn, elems, initializer, reverse))
    return _stacked(found[::-1] if reverse else found)


def foldl(
    fn: Function, elems: Any, initializer: Any = None, parallel_iterations: int = 10,
    back_prop: bool = True, swap_memory: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """The last accumulator of ``a = fn(a, x)`` from the first slice to the last."""
    return _last(fn, elems, initializer, False)


def foldr(
    fn: Function, elems: Any, initializer: Any = None, parallel_iterations: int = 10,
    back_prop: bool = True, swap_memory: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """The last accumulator of ``a = fn(a, x)`` from the last slice to the first."""
    return _last(fn, elems, initializer, True)


def _last(fn: Function, elems: Any, initializer: Any, reverse: bool) -> Any:
    found = deque(_accumulated(fn, elems, initializer, reverse), maxlen=1)
    return found[0] if found else _values(initializer)


def _accumulated(fn: Function, elems: Any, initializer: Any, reverse: bool) -> Iterator[Any]:
    slices = list(_slices(elems))
    if reverse:
        slices.reverse()
    rest = iter(slices)
    if initializer is None:
        first = next(rest, None)
        if first is None:
            raise ShapeError(
                "there is nothing to start from: no elements and no initializer", places=(_here(2),)
            )
        yield first
        accumulator = first
    else:
        accumulator = _values(initializer)
    for x in rest:
        accumulator = _values(fn(accumulator, x))
        yield accumulator


def _slices(elems: Any) -> Iterator[Any]:
    tensors = map_structure(convert_to_tensor, elems)
    leaves = flatten(tensors)
    extents = {t.shape[0] for t in leaves}
    if len(extents) != 1:
        raise ShapeError(
            f"the first axes of the elements have different extents: {sorted(extents)}",
            places=(_here(2),),
        )
    for i in range(extents.pop()):
        yield map_structure(lambda t: t[i], tensors)  # noqa: B023 - used at once


def _stacked(results: Sequence[Any]) -> Any:
    if not results:
        raise ShapeError(
            "there are no elements, so that the result has no type", places=(_here(2),)
        )
    return map_structure(lambda *parts: stack(parts), *results)


def _values(structure: Any) -> Any:
    """The structure with tensors for numbers, variables and arrays in it; objects without numbers stay."""
    return map_structure(
        lambda x: x if x is None or hasattr(x, "stack") else convert_to_tensor(x), structure
    )


def _here(depth: int = 1) -> Place:
    return Place("here", Location.here(depth))


# Functions outside the graph


def py_function(
    func: Function | None = None, inp: Sequence[Any] = (), Tout: object = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """What the function gives for the tensors."""
    assert func is not None
    return map_structure(convert_to_tensor, func(*[convert_to_tensor(x) for x in inp]))


def numpy_function(
    func: Function | None = None, inp: Sequence[Any] = (), Tout: object = None,
    stateful: bool = True, name: str | None = None,
) -> Any:  # fmt: skip
    """What the function gives for the tensors' NumPy arrays."""
    assert func is not None
    arrays = [convert_to_tensor(x).numpy() for x in inp]  # type: ignore[attr-defined]
    return map_structure(convert_to_tensor, func(*arrays))


# What has no meaning where operations run as they are written


def no_op(name: str | None = None) -> None:
    """Nothing."""


def group(*inputs: object, name: str | None = None) -> None:
    """Nothing: the inputs ran already."""


@contextmanager
def control_dependencies(control_inputs: Iterable[object] | None) -> Iterator[None]:
    """A block like any other: operations run in the order in which they are written."""
    yield


@contextmanager
def device(device_name: object) -> Iterator[None]:
    """A block like any other: placement has no meaning here."""
    yield


@contextmanager
def name_scope(name: str) -> Iterator[str]:
    """A block like any other: eager values have no names."""
    yield f"{name}/"
