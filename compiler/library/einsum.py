"""Einstein summation: every contraction of two tensors as one batched matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters

from ..errors import AttributeValueError, ShapeError
from ..ir.dims import Dim, product
from ..ir.types import show_shape, unify
from ..ops import (
    TensorLike,
    expand_dims,
    matmul,
    mul,
    reduce_sum,
    reshape,
    squeeze,
    transpose,
)
from ..ops.shapes import normalize_axis
from .matrices import diag_part

__all__ = ["contract", "einsum", "tensordot"]


def einsum(equation: str, *operands: TensorLike) -> TensorLike:
    """The sum of products that an equation names: ``einsum("bij,bjk->bik", a, b)``.

    Args:
        equation: one letter for each axis of each operand; an ellipsis for leading axes, which broadcast. Without
            ``->`` the result has the letters that occur once, in alphabetical order.

    Raises:
        AttributeValueError: the equation does not fit the operands.
        ShapeError: one letter stands for different extents.
    """
    inputs, output = _parse(equation, operands)
    labelled = [_diagonals(x, labels) for x, labels in zip(operands, inputs, strict=True)]
    _check_extents(equation, labelled)
    x, labels = labelled[0]
    for i, (y, others) in enumerate(labelled[1:], 2):
        later = [*output, *[c for _, rest in labelled[i:] for c in rest]]
        met = {*labels, *others}
        kept = [c for c in dict.fromkeys(later) if c in met]
        x, labels = contract(x, labels, y, others, kept), kept
    x, labels = _sum_out(x, labels, output)
    return transpose(x, [labels.index(c) for c in output])


def _parse(equation: str, operands: Sequence[TensorLike]) -> tuple[list[list[str]], list[str]]:
    """One label for each axis of each operand, and of the result. Axes under an ellipsis are labelled by digits."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise AttributeValueError(
            f"einsum {equation!r} names {len(terms)} operands, but there are {len(operands)}"
        )
    inputs = [_labels(equation, t, x) for t, x in zip(terms, operands, strict=True)]
    hidden = sorted({c for labels in inputs for c in labels if not c.isalpha()}, key=int)[::-1]
    if arrow:
        before, dots, after = right.partition("...")
        output = [*before, *(hidden if dots else []), *after]
    else:
        plain = [c for labels in inputs for c in labels if c.isalpha()]
        output = hidden + sorted(c for c in set(plain) if plain.count(c) == 1)
    unknown = [c for c in output if not any(c in labels for labels in inputs)]
    if unknown or len(set(output)) != len(output):
        what = f"{unknown[0]!r} occurs in no operand" if unknown else "a letter occurs twice"
        raise AttributeValueError(f"einsum {equation!r}: in the result, {what}")
    return inputs, output


def _labels(equation: str, term: str, x: TensorLike) -> list[str]:
    before, dots, after = term.partition("...")
    hidden = x.ndim - len(before) - len(after)
    wrong = [c for c in before + after if c not in ascii_letters]
    if wrong or hidden < 0 or (hidden and not dots):
        raise AttributeValueError(
            f"einsum {equation!r}: {term!r} does not label the {x.ndim} axes of {show_shape(x.shape)}",
            hint="use one letter for each axis, and ... for axes that only broadcast",
        )
    # Counted from the last, so that axes that broadcast against each other share a label.
    return [*before, *[str(i) for i in range(hidden)][::-1], *after]


def _check_extents(equation: str, labelled: Sequence[tuple[TensorLike, list[str]]]) -> None:
    known: dict[str, Dim] = {}
    for x, labels in labelled:
        for c, d in zip(labels, x.shape, strict=True):
            merged = d if known.get(c, 1) == 1 else known[c] if d == 1 else unify(known[c], d)
            if merged is None:
                name = f"{c!r}" if c.isalpha() else "an axis under the ellipsis"
                raise ShapeError(f"einsum {equation!r}: {name} is both {known[c]} and {d}")
            known[c] = merged


def _diagonals(x: TensorLike, labels: list[str]) -> tuple[TensorLike, list[str]]:
    """Axes with the same label within one operand replaced by their diagonal."""
    while len(set(labels)) < len(labels):
        twice = next(c for c in labels if labels.count(c) > 1)
        i = labels.index(twice)
        j = labels.index(twice, i + 1)
        if unify(x.shape[i], x.shape[j]) is None:
            raise ShapeError(
                f"einsum: {twice!r} is both {x.shape[i]} and {x.shape[j]} in {show_shape(x.shape)}"
            )
        x = transpose(x, [*[a for a in range(x.ndim) if a not in (i, j)], i, j])
        labels = [c for c in labels if c != twice] + [twice]
        x = diag_part(x)
    return x, labels


def _sum_out(
    x: TensorLike, labels: Sequence[str], keep: Sequence[str]
) -> tuple[TensorLike, list[str]]:
    gone = [i for i, c in enumerate(labels) if c not in keep]
    return (reduce_sum(x, gone) if gone else x), [c for c in labels if c in keep]


def contract(
    a: TensorLike,
    a_labels: Sequence[str],
    b: TensorLike,
    b_labels: Sequence[str],
    output: Sequence[str],
) -> TensorLike:
    """The product of two labelled tensors, summed over the labels that the output lacks.

    One matrix product: labels of both operands that stay are its batch, those that go are summed inside, the others are
    rows and columns.
    """
    a, a_labels = _sum_out(a, a_labels, [*b_labels, *output])
    b, b_labels = _sum_out(b, b_labels, [*a_labels, *output])
    # An axis of extent 1 against a longer one broadcasts: it is no axis of the product, and nothing to sum over.
    a, a_labels = _drop_ones(a, a_labels, b, b_labels)
    b, b_labels = _drop_ones(b, b_labels, a, a_labels)
    a, a_labels = _sum_out(a, a_labels, [*b_labels, *output])
    b, b_labels = _sum_out(b, b_labels, [*a_labels, *output])
    shared = [c for c in a_labels if c in b_labels]
    batch = [c for c in shared if c in output]
    inner = [c for c in shared if c not in output]
    rows = [c for c in a_labels if c not in shared]
    columns = [c for c in b_labels if c not in shared]
    if not inner:
        return mul(_lay_out(a, a_labels, output), _lay_out(b, b_labels, output))
    if rows and columns and [*batch, *columns, *rows] == list(output):
        return contract(b, b_labels, a, a_labels, output)
    extents = dict(zip([*a_labels, *b_labels], [*a.shape, *b.shape], strict=True))
    left, flip_left = _as_matrices(a, a_labels, batch, rows, inner)
    right, flip_right = _as_matrices(b, b_labels, batch, inner, columns)
    found = matmul(left, right, flip_left, flip_right)
    order = [*batch, *rows, *columns]
    found = reshape(found, [extents[c] for c in order])
    return transpose(found, [order.index(c) for c in output])


def _drop_ones(
    x: TensorLike, labels: Sequence[str], other: TensorLike, other_labels: Sequence[str]
) -> tuple[TensorLike, list[str]]:
    longer = {c for c, d in zip(other_labels, other.shape, strict=True) if d != 1}
    gone = [
        i for i, (c, d) in enumerate(zip(labels, x.shape, strict=True)) if d == 1 and c in longer
    ]
    kept = [c for i, c in enumerate(labels) if i not in gone]
    return (squeeze(x, gone) if gone else x), kept


def _lay_out(x: TensorLike, labels: Sequence[str], output: Sequence[str]) -> TensorLike:
    """Axes in the order of the output, with an axis of 1 for each that is missing."""
    present = [c for c in output if c in labels]
    x = transpose(x, [labels.index(c) for c in present])
    missing = [i for i, c in enumerate(output) if c not in labels]
    # Leading axes of 1 change nothing when broadcasting.
    while missing and missing[0] == 0:
        missing = [i - 1 for i in missing[1:]]
    return expand_dims(x, missing) if missing else x


def _as_matrices(
    x: TensorLike,
    labels: Sequence[str],
    batch: Sequence[str],
    rows: Sequence[str],
    columns: Sequence[str],
) -> tuple[TensorLike, bool]:
    """``[*batch, rows, columns]``, or with the last two the other way round, and whether they are.

    The order in which no axis has to be moved is the one taken.
    """
    extents = dict(zip(labels, x.shape, strict=True))
    swapped = list(labels) == [*batch, *columns, *rows] and bool(rows) and bool(columns)
    first, last = (columns, rows) if swapped else (rows, columns)
    x = transpose(x, [labels.index(c) for c in (*batch, *first, *last)])
    sizes = [product(extents[c] for c in group) for group in (first, last)]
    return reshape(x, [*[extents[c] for c in batch], *sizes]), swapped


def tensordot(
    a: TensorLike, b: TensorLike, axes: int | tuple[Sequence[int], Sequence[int]] = 2
) -> TensorLike:
    """Products summed over pairs of axes (`numpy.tensordot`).

    Args:
        axes: how many of the last axes of ``a`` meet the first of ``b``; or the axes of each, pair by pair.

    Raises:
        AttributeValueError: numbers of axes differ, or there is no such axis.
        ShapeError: the extents of a pair differ.
    """
    if isinstance(axes, int):
        of_a, of_b = range(a.ndim - axes, a.ndim), range(axes)
    else:
        of_a, of_b = axes  # type: ignore[assignment]
    if len(of_a) != len(of_b):
        raise AttributeValueError(
            f"tensordot pairs {len(of_a)} axes with {len(of_b)}", hint="name as many of each"
        )
    a_labels = [f"a{i}" for i in range(a.ndim)]
    b_labels = [f"b{i}" for i in range(b.ndim)]
    for i, j in zip(of_a, of_b, strict=True):
        p, q = normalize_axis(i, a.ndim), normalize_axis(j, b.ndim)
        if unify(a.shape[p], b.shape[q]) is None:
            raise ShapeError(
                f"tensordot of {show_shape(a.shape)} and {show_shape(b.shape)}: axes {p} and {q} have "
                f"extents {a.shape[p]} and {b.shape[q]}"
            )
        b_labels[q] = a_labels[p]
    output = [c for c in a_labels if c not in b_labels] + [c for c in b_labels if c[0] == "b"]
    return contract(a, a_labels, b, b_labels, output)
