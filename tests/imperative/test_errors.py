"""Errors name the user's lines: the guilty one first, then where each value was made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import bifront.imperative as torch
from bifront.compiler.errors import BifrontError


def lines_of(error: BifrontError) -> list[str]:
    """The source lines that an error shows."""
    return [p.location.source.strip() for p in error.places if p.location is not None]


def test_shapes_that_do_not_broadcast() -> None:
    a = torch.ones(2, 3)
    b = torch.ones(4)
    with pytest.raises(RuntimeError) as raised:
        a + b
    assert lines_of(raised.value) == ["a + b", "a = torch.ones(2, 3)", "b = torch.ones(4)"]
    assert "[2, 3]" in str(raised.value)
    assert "[4]" in str(raised.value)


def test_matrices_that_do_not_fit() -> None:
    a = torch.ones(2, 3)
    b = torch.ones(2, 3)
    with pytest.raises(RuntimeError) as raised:
        a @ b
    assert lines_of(raised.value) == ["a @ b", "a = torch.ones(2, 3)", "b = torch.ones(2, 3)"]


def test_types_that_do_not_fit() -> None:
    a = torch.ones(2, 2)
    b = torch.ones(2, 2, dtype=torch.int64)
    with pytest.raises(RuntimeError) as raised:
        a @ b
    assert lines_of(raised.value)[0] == "a @ b"
    assert "f32[2, 2]" in str(raised.value)
    assert "i64[2, 2]" in str(raised.value)


def test_damage() -> None:
    w = torch.ones(2, requires_grad=True)
    h = w * 2
    y = h * h
    h.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation") as raised:
        y.sum().backward()
    assert lines_of(raised.value) == ["h.add_(1)", "h = w * 2"]


def test_damage_through_a_view() -> None:
    w = torch.ones(2, requires_grad=True)
    h = w * 2
    y = h.exp()
    z = y * y
    y[0] = 5
    with pytest.raises(RuntimeError, match="modified by an inplace operation") as raised:
        z.sum().backward()
    assert lines_of(raised.value)[0] == "y[0] = 5"
    assert "y = h.exp()" in lines_of(raised.value)


def test_backward_twice() -> None:
    w = torch.ones(2, requires_grad=True)
    y = (w * w).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="second time") as raised:
        y.backward()
    assert lines_of(raised.value) == ["y.backward()", "y = (w * w).sum()"]


def test_index_out_of_range() -> None:
    x = torch.zeros(3, 4)
    with pytest.raises(IndexError, match="index 5 is out of bounds") as raised:
        x[0, 5]
    assert lines_of(raised.value) == ["x[0, 5]", "x = torch.zeros(3, 4)"]


def test_leaf_written() -> None:
    w = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf Variable") as raised:
        w.add_(1)
    assert lines_of(raised.value) == ["w.add_(1)", "w = torch.ones(2, requires_grad=True)"]


def test_no_gradient() -> None:
    x = torch.ones(2)
    y = x.sum()
    with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad") as raised:
        y.backward()
    assert lines_of(raised.value)[0] == "y.backward()"


@pytest.mark.parametrize(
    ("ask", "nearest"),
    [
        (lambda: torch.reluu, "torch.relu"),
        (lambda: torch.bfloat16, "torch.float16"),
        (lambda: torch.ones(1).logaddexp2, "Tensor.logaddexp"),
    ],
)
def test_names_that_are_missing(ask: Callable[[], object], nearest: str) -> None:
    with pytest.raises(AttributeError) as raised:
        ask()
    assert nearest in str(raised.value)
    assert isinstance(raised.value, BifrontError)


def test_hasattr_is_an_honest_question() -> None:
    assert not hasattr(torch.ones(1), "to_sparse")
    assert not hasattr(torch, "nothing")
    assert hasattr(torch.ones(1), "exp")


def test_a_failing_operation_changes_nothing() -> None:
    x = torch.ones(3)
    view = x[1:]
    with pytest.raises(RuntimeError):
        x.add_(torch.ones(2, 3))
    with pytest.raises(RuntimeError):
        x[:2] = torch.ones(3)
    assert x.tolist() == [1, 1, 1]
    assert view.tolist() == [1, 1]
