"""Sizes in a trace: numbers like any other, which remember what the program did with them."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.compiler.sizes import Observed
from bifront.frontends.imperative.compiling.length import is_length, plain_length
from bifront.frontends.imperative.compiling.lengths import Lengths
from bifront.frontends.imperative.compiling.tracer import Log, Tracing
from bifront.frontends.imperative.size import LISTENING


def observe(function: Callable[..., Any], *args: torch.Tensor) -> tuple[Any, Observed]:
    """What a function gave in a trace, and what it asked about sizes."""
    lengths = Lengths()
    log = Log(lengths)
    try:
        with Tracing(log).listening():
            result = function(*args)
    finally:
        observed = lengths.close()
        log.forget()
    return result, observed


X = torch.ones(5, 4)

ALIKE: dict[str, Callable[[Any], Any]] = {
    "arithmetic": lambda n: [n + 1, 1 + n, n - 2, 9 - n, n * 3, 3 * n, n // 2, 11 // n, n % 3],
    "more arithmetic": lambda n: [-n, abs(n), +n, n**2, 2**n, divmod(n, 3), divmod(13, n), n**0],
    "division": lambda n: [n / 2, 1 / n, n * 0.5, 0.5 * n, n // 2.0, n**0.5],
    "bits": lambda n: [n << 1, n >> 1, n & 3, n | 8, n ^ 1, 1 << n],
    "comparisons": lambda n: [n == 5, n != 5, n < 6, n <= 4, n > 5, n >= 5, n == 5, n == 5.0],
    "other things": lambda n: [n == "5", n is None, n in (4, 5), n == None],  # noqa: E711
    "between sizes": lambda n: [n + n, n - n, n * n, n == n, n < n, n // n],
    "kinds": lambda n: [isinstance(n, int), isinstance(n, str), isinstance(n, (int, float))],
    "numbers": lambda n: [int(n), float(n), complex(n), bool(n), round(n), math.floor(n), hash(n)],
    "text": lambda n: [str(n), repr(n), f"{n}", f"{n:03d}", "%d" % n, "%s" % (n,)],  # noqa: UP031
    "indices": lambda n: [list(range(n)), "abcdefgh"[n], [1, 2, 3, 4, 5, 6][:n], [0] * n, n * "x"],
    "functions": lambda n: [max(n, 3), min(n, 3), sum([n, n]), sorted([n, 3]), math.sqrt(n)],
    "keys": lambda n: [{5: "five"}[n], n in {5, 6}, {n: 1}],
    "NumPy": lambda n: [
        np.zeros(n).shape, np.arange(n).tolist(), np.array([n, n]).tolist(), np.full((n, 2), n).sum(),
        (np.float32(2) * n).dtype, (np.ones(2, np.float32) * n).dtype, np.asarray(n).dtype,
        np.ones(10).reshape(n, -1).shape, np.random.default_rng(0).integers(0, n, n).tolist(),
    ],
    "copies": lambda n: [copy.copy(n), copy.deepcopy(n), pickle.loads(pickle.dumps(n))],
    "attributes": lambda n: [n.bit_length(), n.real, n.__index__(), hasattr(n, "shape")],
}  # fmt: skip


@pytest.mark.parametrize("name", ALIKE)
def test_a_size_is_like_the_number(name: str) -> None:
    found, _ = observe(lambda x: plain_length(ALIKE[name](x.shape[0])), X)
    want = ALIKE[name](5)
    assert found == want
    assert list(map(repr, found)) == list(map(repr, want))


def test_errors_are_those_of_the_number() -> None:
    for wrong in (lambda n: n // 0, lambda n: n % 0, lambda n: n / 0):
        with pytest.raises(ZeroDivisionError):
            observe(lambda x, wrong=wrong: wrong(x.shape[0]), X)
    with pytest.raises(AttributeError, match="'int' object has no attribute 'shape'"):
        observe(lambda x: x.shape[0].shape, X)
    with pytest.raises(TypeError):
        observe(lambda x: x.shape[0] + "text", X)


CALLS: dict[str, Callable[[torch.Tensor, Any], Any]] = {
    "view": lambda x, n: x.view(n, -1),
    "zeros": lambda x, n: torch.zeros(n, n),
    "full": lambda x, n: torch.full((2,), n),
    "arange": lambda x, n: torch.arange(0, n, 2),
    "eye": lambda x, n: torch.eye(n),
    "one_hot": lambda x, n: F.one_hot(torch.arange(n), n),
    "index": lambda x, n: x[n - 1],
    "slice": lambda x, n: x[: n // 2],
    "expand": lambda x, n: x.expand(2, n, 4),
    "repeat": lambda x, n: x.repeat(n, 1),
    "narrow": lambda x, n: x.narrow(0, n - 2, 2),
    "topk": lambda x, n: x.topk(n - 1, 0),
    "roll": lambda x, n: x.roll(n - 3, 0),
    "pad": lambda x, n: F.pad(x, (0, n)),
    "times": lambda x, n: [x * n, n * x, x / n, n / x, x**n, x + n, n - x, x // n, x % n],
    "compared": lambda x, n: [x > n, x == n],
    "clamp": lambda x, n: x.clamp(0, n),
    "where": lambda x, n: torch.where(x > 0, x, n),
    "masked_fill": lambda x, n: x.masked_fill(x > 0, n),
    "fill_": lambda x, n: torch.empty(n).fill_(n),
    "tensor": lambda x, n: torch.tensor([n, n]),
    "linspace": lambda x, n: torch.linspace(0, 1, n),
    "chunk": lambda x, n: x.chunk(n),
    "tril": lambda x, n: x.tril(n),
    "sum": lambda x, n: x.sum(n - 5),
    "reshape to a shape": lambda x, n: [torch.zeros(x.shape), x.reshape(x.size()), x.view(*x.shape)],
    "add with alpha": lambda x, n: torch.add(x, x, alpha=n),
    "randn": lambda x, n: torch.randn(n, 3),
    "a layer": lambda x, n: torch.nn.Linear(n, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_operations_take_sizes(name: str) -> None:
    call = CALLS[name]

    def run(x: torch.Tensor) -> Any:
        torch.manual_seed(0)
        return call(x, x.shape[0])

    found, observed = observe(run, X)
    torch.manual_seed(0)
    want = call(X, 5)
    assert _shapes(found) == _shapes(want)
    assert not observed.pinned


def _shapes(tree: Any) -> Any:
    if isinstance(tree, torch.nn.Module):
        return [(p.shape, p.tolist()) for p in tree.parameters()]
    if isinstance(tree, (list, tuple)):
        return [_shapes(t) for t in tree]
    return tuple(tree.shape), tree.tolist()


def test_what_an_operation_was_given_is_a_hint() -> None:
    _, observed = observe(lambda x: torch.zeros(x.shape[0] * 2 + 1), X)
    assert "2*p0+1" in [str(h.dim) for h in observed.hints]


def test_comparisons_are_noted() -> None:
    def program(x: torch.Tensor) -> None:
        n = x.size(0)
        if n > 3 and n % 2 != 0:
            assert x.shape == (5, 4)
        if n:
            x.numel() < 100  # noqa: B015

    _, observed = observe(program, X)
    said = [(str(c.left), c.relation, str(c.right), c.outcome) for c in observed.compared]
    assert said == [
        ("p0", ">", "3", True),
        ("p0-2*((p0)//2)", "!=", "0", True),
        ("p0", "==", "5", True),
        ("p1", "==", "4", True),
        ("p0", "!=", "0", True),
        ("p0*p1", "<", "100", True),
    ]


ESCAPES: dict[str, Callable[[torch.Tensor], Any]] = {
    "len": lambda x: [0] * len(x),
    "index": lambda x: [1, 2, 3, 4, 5, 6][x.shape[0]],
    "int": lambda x: int(x.shape[0]),
    "float": lambda x: x.shape[0] * 0.5,
    "division": lambda x: 1 / x.shape[0],
    "text": lambda x: str(x.shape),
    "hash": lambda x: hash(x.shape),
    "NumPy": lambda x: np.zeros(x.shape[0]),
    "list": lambda x: list(x),
    "unpacked": lambda x: [*x],
    "stride": lambda x: x.stride(0),
    "bytes": lambda x: x.nbytes,
    "range outside of a loop": lambda x: list(range(x.shape[0])),
}


@pytest.mark.parametrize("name", ESCAPES)
def test_a_size_that_becomes_a_plain_number_is_pinned(name: str) -> None:
    _, observed = observe(ESCAPES[name], X)
    assert observed.pinned
    assert not any(p.loop for p in observed.pinned)
    assert all(p.site[0] is ESCAPES[name].__code__ for p in observed.pinned)


def _counted(x: torch.Tensor) -> None:
    for _ in range(x.shape[0] - 1):
        pass


def _counted_by_len(x: torch.Tensor) -> None:
    for _, _ in zip(range(len(x) // 2), [1] * 5, strict=False):
        pass


def _iterated(x: torch.Tensor) -> None:
    for _, _ in enumerate(x):
        pass


def _unbound(x: torch.Tensor) -> None:
    for _ in x.unbind(0):
        pass


def _comprehended(x: torch.Tensor) -> list[torch.Tensor]:
    return [row * 2 for row in x]


@pytest.mark.parametrize("loop", [_counted, _counted_by_len, _iterated, _unbound, _comprehended])
def test_how_often_a_loop_runs_is_no_plain_number(loop: Callable[..., Any]) -> None:
    _, observed = observe(loop, X)
    assert [p.loop for p in observed.pinned] == [True]


def test_a_loop_that_is_left_early_only_needs_so_many_rows() -> None:
    def first_two(x: torch.Tensor) -> None:
        for i, _ in enumerate(x):
            if i == 1:
                break

    _, observed = observe(first_two, X)
    assert not observed.pinned
    assert [(str(c.left), c.relation, c.right) for c in observed.compared] == [("p0", ">", 1)]


def test_how_many_pieces_there_are_is_a_condition() -> None:
    _, observed = observe(lambda x: x.split(2), X)
    assert [str(c.left) for c in observed.compared] == ["(p0+1)//2"]


def test_the_same_axis_is_one_size() -> None:
    _, observed = observe(lambda x: (x.shape[0] > 1, x.size(0) > 2, len(x.shape)), X)
    assert observed.sizes == {"p0": 5, "p1": 4}


def test_after_the_trace_a_size_is_a_plain_number() -> None:
    n, observed = observe(lambda x: x.shape[0], X)
    assert is_length(n)
    assert type(n + 1) is int
    assert n > 3
    assert list(range(n)) == [0, 1, 2, 3, 4]
    assert not observed.compared
    assert not observed.pinned


def test_outside_of_traces_there_are_plain_numbers_only() -> None:
    assert not LISTENING
    assert type(X.shape[0]) is int
    assert type(X.size(0)) is int
    assert type(X.numel()) is int
    with torch.no_grad():
        assert type(X.shape[0]) is int


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        (lambda x: x[:7], [("p0", "<", "7", True)]),
        (lambda x: x[2:], [("p0", "<", "2", False)]),
        (lambda x: x[-6:], [("p0-6", "<", "0", True)]),
        (lambda x: x[:, : x.shape[0] // 2], [("p1", "<", "(p0)//2", False)]),
        (lambda x: x[::2], []),
    ],
)
def test_where_slices_end_is_a_condition(cut: Any, said: Any) -> None:
    _, observed = observe(cut, X)
    found = [(str(c.left), c.relation, str(c.right), c.outcome) for c in observed.compared]
    assert found == said


def test_a_size_that_is_returned_is_computed_for_every_size() -> None:
    @torch.compile
    def program(x: torch.Tensor) -> tuple[torch.Tensor, int, dict[str, int]]:
        n = x.shape[0]
        return x * 2, n + 1, {"all": x.numel()}

    for n in (3, 5, 9, 4, 7):
        doubled, more, sizes = program(torch.ones(n, 2))
        assert (tuple(doubled.shape), more, sizes) == ((n, 2), n + 1, {"all": 2 * n})
    assert program.stats.hits == 3
    assert len(program.graphs) == 1
