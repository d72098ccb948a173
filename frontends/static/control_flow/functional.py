"""`scan`, `map_fn`, `foldl` and `foldr`: a function applied along the first axis of tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....compiler.errors import AttributeValueError, Place
from ....compiler.location import Location
from ..array_ops import concat, expand_dims
from ..convert import convert
from ..dtypes import as_dtype
from ..graph import get_default_graph
from ..tensor import Tensor
from .arguments import tensor_of
from .nest import flatten, is_nested, pack, require_same_structure
from .scanning import scan_operation

__all__ = ["foldl", "foldr", "map_fn", "scan"]


def scan(
    fn: Callable[[object, object], object],
    elems: object,
    initializer: object = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> object:
    """All that ``fn`` makes on its way along the first axis of ``elems``, stacked: ``a = fn(a, elem)``.

    Args:
        fn: takes what was made last and the next element, and returns the former anew; called once, now.
        elems: a structure of tensors of one leading size.
        initializer: what ``fn`` gets first, a structure of tensors; None: the first element, which is then the first
            result too.
        reverse: from the last element to the first; results stay at the places of their elements.

    Returns:
        The structure of ``initializer`` (or of ``elems``) with tensors ``[leading size, ...]``.

    Raises:
        TypeError: ``fn`` is not callable.
        DTypeError, ShapeError: ``fn`` returns another type than it is given.
        ValueError: it returns another structure.
    """
    with get_default_graph().name_scope(name or "scan") as scope:
        first, rest, structure = _begun(fn, elems, initializer, reverse)
        step = _folding(fn, structure, elems, emit=True)
        _, stacked = scan_operation(
            f"the scan {scope[:-1]!r}", step, first, rest, reverse=reverse, back_prop=back_prop
        )
        if initializer is None:
            ends = [expand_dims(t, 0) for t in first]
            stacked = [
                concat([s, e] if reverse else [e, s], 0) for e, s in zip(ends, stacked, strict=True)
            ]
        return pack(structure, stacked)


def foldl(
    fn: Callable[[object, object], object],
    elems: object,
    initializer: object = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> object:
    """What ``a = fn(a, elem)`` gives in the end, from the first element to the last; see `scan`."""
    return _fold(fn, elems, initializer, back_prop, name or "foldl", reverse=False)


def foldr(
    fn: Callable[[object, object], object],
    elems: object,
    initializer: object = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> object:
    """What ``a = fn(a, elem)`` gives in the end, from the last element to the first; see `scan`."""
    return _fold(fn, elems, initializer, back_prop, name or "foldr", reverse=True)


def _fold(
    fn: Callable[[object, object], object],
    elems: object,
    initializer: object,
    back_prop: bool,
    name: str,
    reverse: bool,
) -> object:
    with get_default_graph().name_scope(name) as scope:
        first, rest, structure = _begun(fn, elems, initializer, reverse)
        step = _folding(fn, structure, elems, emit=False)
        last, _ = scan_operation(
            f"the fold {scope[:-1]!r}", step, first, rest, reverse=reverse, back_prop=back_prop
        )
        return pack(structure, last)


def map_fn(
    fn: Callable[[object], object],
    elems: object,
    dtype: object = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
) -> object:
    """``fn`` applied to each element along the first axis of ``elems``, the results stacked.

    Args:
        fn: takes an element (of the structure of ``elems``); called once, now.
        dtype: the types of what it returns, in the structure that it returns; None: those of ``elems``.

    Raises:
        TypeError: ``fn`` is not callable, or returns another type.
        ValueError: it returns another structure.
    """
    if not callable(fn):
        raise TypeError("fn must be callable.")
    with get_default_graph().name_scope(name or "map") as scope:
        sequences = _sequences(elems)
        made_structure = elems if dtype is None else dtype
        kinds = [t.dtype for t in sequences] if dtype is None else [as_dtype(d) for d in flatten(dtype)]  # fmt: skip

        def step(_: list[Tensor], slices: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
            made = fn(pack(elems, slices))
            require_same_structure(made_structure, made, "dtype (or elems) and what fn returns")
            leaves = zip(flatten(made), kinds, strict=True)
            return [], [convert(tensor_of(leaf, kind), kind) for leaf, kind in leaves]

        _, stacked = scan_operation(
            f"the map {scope[:-1]!r}", step, [], sequences, back_prop=back_prop
        )
        return pack(made_structure, stacked)


def _sequences(elems: object) -> list[Tensor]:
    found = [convert(leaf) for leaf in flatten(elems)]
    if not found:
        raise AttributeValueError(
            "elems must hold at least one tensor", places=(Place("called here", Location.here()),)
        )
    return found


def _begun(
    fn: object, elems: object, initializer: object, reverse: bool
) -> tuple[list[Tensor], list[Tensor], object]:
    """What is carried first, the tensors to go through, and the structure of what is carried."""
    if not callable(fn):
        raise TypeError("fn must be callable.")
    sequences = _sequences(elems)
    if initializer is not None:
        return [convert(leaf) for leaf in flatten(initializer)], sequences, initializer
    if reverse:
        return [t[-1] for t in sequences], [t[:-1] for t in sequences], elems
    return [t[0] for t in sequences], [t[1:] for t in sequences], elems


def _folding(
    fn: Callable[[object, object], object], structure: object, elems: object, emit: bool
) -> Callable[[list[Tensor], list[Tensor]], tuple[Sequence[Tensor], Sequence[Tensor]]]:
    def step(carries: list[Tensor], slices: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        made = fn(pack(structure, carries), pack(elems, slices))
        if not is_nested(structure) and is_nested(made) and len(flatten(made)) == 1:
            (made,) = flatten(made)
        require_same_structure(structure, made, "initializer (or elems) and what fn returns")
        leaves = zip(flatten(made), carries, strict=True)
        new = [tensor_of(leaf, t.dtype) for leaf, t in leaves]
        return new, new if emit else []

    return step
