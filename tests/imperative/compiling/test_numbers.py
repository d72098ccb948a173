"""Numbers out of tensors are Python's; what a program does with them is recorded, or binds it to their values."""

from __future__ import annotations

import collections
import copy
import datetime
import fractions
import itertools
import json
import math
import operator
import pickle
import statistics
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bifront.imperative as torch
from bifront.frontends.imperative.compiling.environment import Watching
from bifront.frontends.imperative.compiling.traced import (
    TracedFloat,
    TracedInt,
    is_traced,
    plain,
)

from .tracing import Trace, again


@pytest.fixture
def trace() -> Iterator[Trace]:
    made = Trace()
    with made.running():
        yield made


COMPUTED = ("add", "sub", "mul", "truediv")
WHOLE = (*COMPUTED, "floordiv", "mod")


def test_it_is_a_python_number(trace: Trace) -> None:
    x, n = trace.number(2.5), trace.number(3, torch.int64)
    assert type(x) is TracedFloat
    assert type(n) is TracedInt
    assert isinstance(x, float)
    assert isinstance(n, int)
    assert not isinstance(x, int)
    assert not trace.checks
    match x:
        case float():
            pass
        case _:
            pytest.fail("no float")


@given(
    st.floats(width=32),
    st.floats() | st.integers(-(2**70), 2**70) | st.booleans(),
    st.sampled_from(COMPUTED),
    st.booleans(),
)
def test_arithmetic_of_floats_is_pythons(a: float, b: float, name: str, reflected: bool) -> None:
    trace = Trace()
    x = trace.number(a)
    compute: Callable[[Any, Any], Any] = getattr(operator, name)
    operands, plainly = ((b, x), (b, a)) if reflected else ((x, b), (a, b))
    try:
        expected = compute(*plainly)
    except ArithmeticError as error:
        with pytest.raises(type(error)):
            compute(*operands)
        return
    result = compute(*operands)
    assert isinstance(result, float)
    assert repr(plain(result)) == repr(expected)
    array = trace.numbers.value_of(result)
    if array is not None:
        assert array.data.dtype == np.float64
        assert np.float64(expected).tobytes() == array.data.tobytes()


@given(
    st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9),
    st.integers(-(2**70), 2**70) | st.integers(-9, 9),
    st.sampled_from((*WHOLE, "pow", "and_", "or_", "xor", "lt", "le", "eq", "ne", "gt", "ge")),
    st.booleans(),
)
def test_arithmetic_of_whole_numbers_is_pythons(a: int, b: int, name: str, reflected: bool) -> None:
    if name == "pow" and not (abs(a) < 10 and abs(b) < 10):
        return
    trace = Trace()
    n = trace.number(a, torch.int64)
    compute: Callable[[Any, Any], Any] = getattr(operator, name)
    operands, plainly = ((b, n), (b, a)) if reflected else ((n, b), (a, b))
    try:
        expected = compute(*plainly)
    except ArithmeticError as error:
        with pytest.raises(type(error)):
            compute(*operands)
        return
    result = compute(*operands)
    assert repr(plain(result)) == repr(expected)
    assert result.__class__ is type(expected)


def test_arithmetic_is_recorded(trace: Trace) -> None:
    x, y = trace.number(2.0), trace.number(3.0)
    n = trace.number(5, torch.int32)
    for compute in [
        lambda a, b, c: a * 2 + b,
        lambda a, b, c: (1 - a) / b - abs(-b),
        lambda a, b, c: a + c,
        lambda a, b, c: c * 2 + 1,
        lambda a, b, c: c // 2 % 3,
        lambda a, b, c: c / 4 + 1 / a,
        lambda a, b, c: sum([a, b, c]),
        lambda a, b, c: -c,
    ]:
        result = compute(x, y, n)
        array = trace.numbers.value_of(result)
        assert array is not None
        others = {
            trace.numbers.value_of(number): value
            for number, value in ((x, 7.0), (y, -2.5), (n, 11))
        }
        recomputed = again(array, others)  # type: ignore[arg-type]
        assert recomputed.item() == compute(7.0, -2.5, 11)  # type: ignore[attr-defined]
    # A divisor must not become zero, and nothing else was asked.
    assert {c.op.name for c in trace.checks if c.op} == {"ne"}


def test_comparisons_bind_to_their_truth(trace: Trace) -> None:
    x, n = trace.number(2.5), trace.number(3, torch.int64)
    for compute in [
        lambda: x > 2, lambda: x != x, lambda: n == 3, lambda: n < x, lambda: bool(x), lambda: not n, lambda: n >= 2,
        lambda: max(n, 1) == 3, lambda: n == True,  # noqa: E712

    ]:  # fmt: skip
        assert all(type(c) is bool for c in trace.exactly(compute))
        assert trace.exactly(compute)
    assert trace.exactly(lambda: (x == "a", x is None, x != [1], n == None)) == []  # noqa: E711
    # A whole number beside a float is asked for its range first.
    assert trace.exactly(lambda: trace.number(2**40, torch.int64) < 2.0) == [2**40]
    assert trace.exactly(lambda: trace.number(2**62, torch.int64) < 2**62) == [False]


EXACT: list[Callable[[Any, Any], object]] = [
    lambda x, n: math.sqrt(x),
    lambda x, n: math.floor(x),
    lambda x, n: math.isnan(x),
    lambda x, n: float(x),
    lambda x, n: int(x),
    lambda x, n: complex(x),
    lambda x, n: hash(x),
    lambda x, n: {x: 1},
    lambda x, n: round(x),
    lambda x, n: round(x, 1),
    lambda x, n: x**2,
    lambda x, n: 2**x,
    lambda x, n: x // 2,
    lambda x, n: x % 2,
    lambda x, n: divmod(x, 2),
    lambda x, n: str(x),
    lambda x, n: f"{x:.3f}",
    lambda x, n: "%.2f" % x,  # noqa: UP031
    lambda x, n: f"{x:.2f}",
    lambda x, n: repr(x),
    lambda x, n: x.is_integer(),
    lambda x, n: x.real,
    lambda x, n: np.sin(x),
    lambda x, n: np.float32(x),
    lambda x, n: np.asarray(x),
    lambda x, n: np.array([x, 1.0]),
    lambda x, n: np.float32([1, 2]) * x,
    lambda x, n: np.float64(2) * x,
    lambda x, n: fractions.Fraction(x),
    lambda x, n: torch.tensor(x),
    lambda x, n: torch.full((2,), x),
    lambda x, n: torch.ones(2).clamp(max=x),
    lambda x, n: x + 1j,
    lambda x, n: pickle.loads(pickle.dumps(x)),
    lambda x, n: range(n),
    lambda x, n: [1, 2, 3, 4][n],
    lambda x, n: "abcdef"[:n],
    lambda x, n: [0] * n,
    lambda x, n: n * "ab",
    lambda x, n: n << 1,
    lambda x, n: n & 1,
    lambda x, n: ~n,
    lambda x, n: n**2,
    lambda x, n: bin(n),
    lambda x, n: "%d" % n,  # noqa: UP031
    lambda x, n: "%x" % n,  # noqa: UP031
    lambda x, n: chr(n),
    lambda x, n: n.bit_length(),
    lambda x, n: operator.index(n),
    lambda x, n: list(itertools.islice([1, 2, 3, 4], n)),
    lambda x, n: math.factorial(n),
    lambda x, n: math.gcd(n, 6),
    lambda x, n: np.arange(5)[n],
    lambda x, n: np.zeros(n),
    lambda x, n: torch.zeros(n),
    lambda x, n: torch.arange(6)[n],
    lambda x, n: torch.arange(6)[:n],
    lambda x, n: torch.arange(6).reshape(n, 2),
    lambda x, n: torch.ones(2, dtype=torch.int32) * n,
]


@pytest.mark.parametrize("use", EXACT, ids=[str(i) for i in range(len(EXACT))])
def test_everything_else_binds_to_the_value(
    trace: Trace, use: Callable[[Any, Any], object]
) -> None:
    x, n = trace.number(2.5), trace.number(3, torch.int64)
    results = []
    checks = trace.exactly(lambda: results.append(use(x, n)))
    assert checks
    assert set(checks) <= {2.5, 3}
    expected = use(2.5, 3)
    assert repr(results[0]) == repr(expected)
    assert not is_traced(results[0])


def test_what_shows_a_number_does_not_bind(trace: Trace) -> None:
    x = trace.number(2.5)
    before = len(trace.checks)
    print(f"{x:.3f}", x > 2, x * 2, math.sqrt(x))
    assert len(trace.checks) == before


def test_beside_tensors_it_is_an_operand(trace: Trace) -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    x = trace.numbers.number(loss.array)
    assert not trace.checks
    beside = (w * x, x * w, x - w, w + x, torch.mul(w, x), w.add(x), w > x, torch.ones(2) * x)
    for y in beside:
        assert loss.array in ancestors(y)
    assert not trace.checks
    # No gradient flows through a number.
    (w * x).sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [5.0, 5.0]


def ancestors(t: torch.Tensor) -> set[Any]:
    found: set[Any] = set()
    stack: list[Any] = [t.array]
    while stack:
        array = stack.pop()
        if array not in found and hasattr(array, "inputs"):
            found.add(array)
            stack.extend(array.inputs)
    return found


def test_bits_beside_tensors() -> None:
    trace = Trace()
    t = torch.tensor([0.1, 3.0])
    wide = trace.number(0.1, torch.float64)
    with trace.running():
        result = t * wide
        whole = t * trace.number(2**24 + 1, torch.int64)
    assert result.array.data.tobytes() == (t * 0.1).array.data.tobytes()
    assert whole.array.data.tobytes() == (t * (2**24 + 1)).array.data.tobytes()


def test_lists(trace: Trace) -> None:
    t = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    listed = trace.numbers.listed(t.array)
    assert not trace.checks
    assert plain(listed) == [[1.0, 2.0], [3.0, 4.0]]
    assert type(listed[1][0]) is TracedFloat
    assert t.array in ancestors_of(trace, listed[1][0])
    large = torch.zeros(100)
    assert trace.numbers.listed(large.array) == [0.0] * 100
    assert len(trace.checks) == 100 - 99


def ancestors_of(trace: Trace, number: object) -> set[Any]:
    holder = torch.zeros(1)
    array = trace.numbers.value_of(number)
    assert array is not None
    holder.array = array
    return ancestors(holder)


def test_a_truth_value_is_looked_at_at_once(trace: Trace) -> None:
    t = torch.tensor(True)
    assert trace.numbers.number(t.array) is True
    assert trace.checks == [t.array]


def test_trees_of_plain_numbers(trace: Trace) -> None:
    x, n = trace.number(2.5), trace.number(3, torch.int64)
    same = ([1, 2], {"a": 1.0})
    assert plain(same) is same
    tree = plain({"x": (x, [n, x * 2]), "y": None})
    assert tree == {"x": (2.5, [3, 5.0]), "y": None}
    assert type(tree["x"][0]) is float
    assert type(tree["x"][1][0]) is int


def test_copies(trace: Trace) -> None:
    x = trace.number(2.5)
    assert copy.copy(x) is x
    assert copy.deepcopy([x])[0] is x
    assert type(pickle.loads(pickle.dumps(x))) is float


def test_after_the_trace_numbers_are_plain() -> None:
    trace = Trace()
    x = trace.number(2.5)
    trace.numbers.close()
    assert trace.numbers.value_of(x) is None
    assert type(x * 2) is float
    assert x > 2
    assert math.sqrt(x) == math.sqrt(2.5)
    assert type(-x) is float
    assert not trace.checks


class Record:
    best = None


class Slotted:
    __slots__ = ("best",)


class Pair(NamedTuple):
    a: Any
    b: Any


def test_what_the_program_keeps_becomes_plain() -> None:
    trace = Trace()
    x, n = trace.number(2.5), trace.number(3, torch.int64)
    record, slotted = Record(), Slotted()
    record.best, slotted.best = x, n  # type: ignore[assignment]
    listed = [x, (1, (n, "a")), Pair(x, [n])]
    table = {"x": x, n: "key", "deep": {"y": [x]}}
    several = {x, 7}
    queue = collections.deque([n])

    def closure() -> Any:
        return kept

    kept = x
    del x, n
    trace.numbers.close()
    held = [
        record.best, slotted.best, listed[0], listed[1][1][0], listed[2].a, listed[2].b[0], table["x"],  # type: ignore[index,attr-defined]
        *table, table["deep"]["y"][0], *several, queue[0], closure(),  # type: ignore[index]
    ]  # fmt: skip
    assert not any(map(is_traced, held))
    assert listed == [2.5, (1, (3, "a")), (2.5, [3])]
    assert type(listed[2]) is Pair
    assert table == {"x": 2.5, 3: "key", "deep": {"y": [2.5]}}
    assert several == {2.5, 7}
    assert (record.best, slotted.best, queue[0], closure()) == (2.5, 3, 3, 2.5)


def test_numbers_of_an_earlier_trace() -> None:
    earlier, later = Trace(), Trace()
    a = earlier.number(2.5)
    earlier.numbers.close()
    b = later.number(3.0)
    result = b * a
    assert later.numbers.value_of(result) is not None
    assert plain(result) == 7.5
    assert type(a * 2) is float


def test_who_insists_on_a_float_refuses_it(trace: Trace) -> None:
    with pytest.raises(TypeError):
        datetime.timedelta(seconds=trace.number(2.5))


def test_libraries_that_look_at_types_get_plain_numbers() -> None:
    trace = Trace()
    x = trace.number(2.5)

    def run() -> tuple[str, float]:
        return json.dumps({"loss": [x]}), statistics.mean([x, 1.0])

    with Watching(run, effects=trace.effects):
        assert run() == ('{"loss": [2.5]}', 1.75)
    assert trace.checks == [trace.numbers.value_of(x)] * 2


def test_division_by_zero(trace: Trace) -> None:
    zero = trace.number(0.0)
    before = len(trace.checks)
    with pytest.raises(ZeroDivisionError):
        1 / zero
    assert trace.checks[before:] == [trace.numbers.value_of(zero)]


# --- through torch.compile ---


def plain_results(x: torch.Tensor) -> dict[str, Any]:
    return {"sum": float(x.sum()), "parts": [int(x[0]), (x.mean().item(), float(x[1].item()))]}


def whole(x: torch.Tensor) -> int:
    return int(x.sum())


def computed(x: torch.Tensor) -> tuple[float, list[float], float]:
    loss = x.sum().item()
    scaled = loss / 2 + 1 - x.mean().item() * 3
    return scaled, [round_trip * 2 for round_trip in x.tolist()], max(scaled, -1e9)


def beside(x: torch.Tensor) -> torch.Tensor:
    return (x - x.mean().item()) / (x.abs().sum().item() + 1.0)


def branches(x: torch.Tensor) -> torch.Tensor:
    if x.sum().item() > 0:
        return x * 2
    return -x


@pytest.mark.parametrize("function", [plain_results, whole, computed, beside, branches])
def test_compiled_numbers(function: Callable[[torch.Tensor], Any]) -> None:
    compiled = torch.compile(function)
    rng = np.random.default_rng(0)
    for i in range(12):
        x = torch.tensor(rng.standard_normal(3) * (i + 1), dtype=torch.float32)
        expected, got = function(x), compiled(x)
        assert repr(got) == repr(expected)
        assert types_in(got) == types_in(expected)
    assert compiled.stats.misses <= 2
    assert compiled.stats.hits >= 10


def types_in(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: types_in(v) for k, v in tree.items()}
    return [types_in(x) for x in tree] if isinstance(tree, (list, tuple)) else type(tree)


def in_try(x: torch.Tensor) -> float:
    try:
        return float(x.sum())
    finally:
        x = x + 1


def elsewhere(x: torch.Tensor) -> float:
    def inner() -> float:
        return float(x.sum())

    return inner() * 2


def shadowed(x: torch.Tensor) -> Any:
    float = round
    return float(x.sum().item())


def remembered(x: torch.Tensor) -> float:
    value = float(x.sum())
    return value


@pytest.mark.parametrize("function", [in_try, elsewhere, shadowed, remembered])
def test_plain_numbers_that_may_go_elsewhere(function: Callable[[torch.Tensor], Any]) -> None:
    compiled = torch.compile(function)
    for values in ([1.25, 2.0], [3.0, 4.0], [1.25, 2.0], [5.0, 4.0], [3.0, 4.0]):
        assert compiled(torch.tensor(values)) == function(torch.tensor(values))
    assert compiled.stats.misses == 3


def test_what_a_compiled_function_keeps_is_plain() -> None:
    history: list[Any] = []

    @torch.compile
    def step(x: torch.Tensor) -> float:
        history.append({"loss": x.sum().item()})
        return x.sum().item()

    for i in range(3):
        step(torch.tensor([1.0, i]))
    assert history == [{"loss": 1.0}, {"loss": 2.0}, {"loss": 3.0}]
    assert json.loads(json.dumps(history)) == history
