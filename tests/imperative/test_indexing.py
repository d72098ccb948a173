"""Indexing reads and writes what NumPy does, on every memory layout, and its gradient counts the elements read."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import bifront.imperative as torch

Draw = Any


@st.composite
def shapes(draw: Draw) -> tuple[int, ...]:
    return tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))


def _slices(extent: int) -> st.SearchStrategy[slice]:
    bound = st.one_of(st.none(), st.integers(-extent - 1, extent + 1))
    return st.builds(slice, bound, bound, st.one_of(st.none(), st.integers(1, 3)))


@st.composite
def keys(draw: Draw, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Indices as NumPy takes them: ints, slices, None, an ellipsis, arrays of integers or bools."""
    items: list[Any] = []
    length = draw(st.integers(0, 3))
    axes = draw(st.integers(0, len(shape)))
    advanced = tuple(draw(st.lists(st.integers(1, 2), max_size=2)))
    for extent in shape[:axes]:
        kind = draw(st.sampled_from(["int", "slice", "array", "mask"]))
        if kind == "int":
            items.append(draw(st.integers(-extent, extent - 1)))
        elif kind == "slice":
            items.append(draw(_slices(extent)))
        elif kind == "array":
            count = int(np.prod(advanced))
            numbers = draw(
                st.lists(st.integers(-extent, extent - 1), min_size=count, max_size=count)
            )
            items.append(np.array(numbers, np.int64).reshape(advanced))
        elif length and advanced in ((), (1,)):
            items.append(np.array(draw(st.lists(st.booleans(), min_size=extent, max_size=extent))))
            length = 0
        else:
            items.append(slice(None))
    if draw(st.booleans()):
        items.insert(draw(st.integers(0, len(items))), None)
    if draw(st.booleans()):
        items.append(Ellipsis)
    return tuple(items)


def _ours(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(torch.tensor(k) if isinstance(k, np.ndarray) else k for k in key)


def _numpy_agrees(key: tuple[Any, ...]) -> bool:
    """NumPy counts an int beside an array as an array, and so moves the new axes elsewhere."""
    arrays = any(isinstance(k, np.ndarray) for k in key)
    return not (arrays and any(isinstance(k, int) for k in key))


@given(st.data())
def test_reading_and_its_gradient(data: Any) -> None:
    shape = data.draw(shapes())
    key = data.draw(keys(shape))
    x = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    if not _numpy_agrees(key):
        return
    try:
        expected = x[key]
    except IndexError:  # masks with other numbers of elements than the arrays beside them
        return
    t = torch.tensor(x, requires_grad=True)
    found = t[_ours(key)]
    assert np.array_equal(found.detach().numpy(), expected)
    weights = np.arange(1.0, expected.size + 1).reshape(expected.shape)
    (found * torch.tensor(weights)).sum().backward()
    count = np.zeros(shape)
    np.add.at(count, key, weights)
    assert np.array_equal(t.grad.numpy(), count)


@given(st.data())
def test_writing_and_its_gradient(data: Any) -> None:
    shape = data.draw(shapes())
    key = data.draw(keys(shape))
    x = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    if not _numpy_agrees(key):
        return
    # Where one element is written twice, which value stays is nobody's promise.
    number = data.draw(st.sampled_from([-1.0, -2.5]))
    expected = x.copy()
    try:
        expected[key] = number
    except (IndexError, ValueError):
        return
    plain = torch.tensor(x)
    view = plain.view(-1)
    plain[_ours(key)] = number
    assert np.array_equal(plain.numpy(), expected)
    assert np.array_equal(view.numpy(), expected.reshape(-1))
    source = torch.tensor(x, requires_grad=True)
    target = source * 1
    target[_ours(key)] = number
    assert np.array_equal(target.detach().numpy(), expected)
    target.sum().backward()
    assert np.array_equal(source.grad.numpy(), (expected == x).astype(float))
    turned = torch.tensor(np.ascontiguousarray(x.T)).t() if x.ndim == 2 else torch.tensor(x)
    turned[_ours(key)] = number
    assert np.array_equal(turned.numpy(), expected)


STEPS = ["view", "t", "row", "add", "mul", "fill", "set", "clone", "detach"]


@given(st.lists(st.sampled_from(STEPS), max_size=12))
def test_aliases_see_every_write(steps: list[str]) -> None:
    """A random program of views and writes, beside the same program on NumPy's views."""
    base = np.arange(12.0)
    pairs = [(torch.tensor(base), base)]
    for number, step in enumerate(steps):
        t, x = pairs[number % len(pairs)]
        if step == "view" and x.size == 12 and x.flags.c_contiguous:
            pairs.append((t.view(3, 4), x.reshape(3, 4)))
        elif step == "t" and x.ndim == 2:
            pairs.append((t.t(), x.T))
        elif step == "row":
            pairs.append((t[1:], x[1:]) if len(x) > 2 else (t, x))
        elif step == "detach":
            pairs.append((t.detach(), x))
        elif step == "clone":
            pairs.append((t.clone(), x.copy()))
        elif step == "add":
            t.add_(number)
            x += number
        elif step == "mul":
            t *= 2
            x *= 2
        elif step == "fill":
            t[0].fill_(number)
            x[0] = number
        elif step == "set":
            t[..., -1] = number
            x[..., -1] = number
        for tensor, array in pairs:
            assert np.array_equal(tensor.numpy() if number % 2 else tensor.tolist(), array)
