"""When the Python runs, when graphs do, and what is said about it."""

from __future__ import annotations

import gc
import threading
import warnings
import weakref
from typing import Any

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
from bifront.compiler.dispatch import using
from bifront.imperative import nn
from bifront.runtime.capture import Capture, Log

scale = 2.0


def test_one_run_for_each_way() -> None:
    @torch.compile
    def f(x: Any) -> Any:
        if x.sum() > 0:
            return x * 2
        return x - 1

    for i in range(10):
        x = torch.full((2,), float(i - 5))
        assert f(x).tolist() == [v * 2 if i > 5 else v - 1 for v in x.tolist()]
    stats = f.stats
    assert (stats.calls, stats.hits, stats.misses, stats.eager_runs) == (10, 8, 2, 0)
    text = f.explain()
    assert "the first call" in text
    assert "if x.sum() > 0:" in text
    assert "4 hits" in text or "3 hits" in text
    assert all(isinstance(g, bf.Graph) for g in f.graphs)


def test_nothing_is_compiled_that_does_not_come_back() -> None:
    f = torch.compile(lambda x: x + 1)
    f(torch.ones(2))
    assert f.graphs == ()
    f(torch.ones(2))
    (graph,) = f.graphs
    assert [n.op.name for n in graph.nodes] == ["constant", "add"]


def test_types_structures_and_values_of_arguments() -> None:
    @torch.compile(dynamic=False)
    def f(x: Any, factor: Any = 1, *, many: Any = ()) -> Any:
        return sum((y * factor for y in many), x)

    one = torch.ones(2)
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((one,), {}), ((one.double(),), {}), ((torch.ones(3),), {}), ((one, 2), {}), ((one, 2.0), {}),
        ((one, True), {}), ((one,), {"many": [one]}), ((one,), {"many": (one,)}), ((one, 0.0), {"many": [one]}),
        ((one, -0.0), {"many": [one]}),
    ]  # fmt: skip
    for _ in range(3):
        for args, kwargs in calls:
            expected = f.__wrapped__(*args, **kwargs)
            found = f(*args, **kwargs)
            assert found.dtype == expected.dtype
            assert found.numpy().tobytes() == expected.numpy().tobytes()
    assert f.stats.misses == len(calls), f.explain()
    assert "has the shape [3], had [2]" in f.explain()


def test_sizes_become_one_graph() -> None:
    @torch.compile
    def f(x: Any) -> Any:
        return (x - x.mean(0)) @ x.t()

    for n in range(2, 12):
        x = torch.arange(3 * n).float().reshape(n, 3)
        assert f(x).numpy().tobytes() == f.__wrapped__(x).numpy().tobytes()
    assert f.stats.misses == 2, f.explain()
    (graph,) = f.graphs
    assert not isinstance(graph.inputs[0].shape[0], int)


def test_closures_and_globals() -> None:
    global scale
    factor = 1.0

    @torch.compile
    def f(x: Any) -> Any:
        return x * factor * scale

    try:
        for factor, scale in ((1.0, 2.0), (3.0, 2.0), (3.0, 5.0)):
            for _ in range(2):
                assert f(torch.ones(())).item() == factor * scale
        assert f.stats.misses == 3, f.explain()
        assert "factor" in f.explain()
        assert "scale" in f.explain()
    finally:
        scale = 2.0


def test_data_that_is_closed_over() -> None:
    data = torch.arange(4.0)

    @torch.compile
    def f(i: int) -> Any:
        return data * i

    for k in range(4):
        data.add_(k)
        assert f(2).tolist() == [2 * v for v in data.tolist()]
    data = torch.ones(4)
    assert f(2).tolist() == [2.0] * 4


def test_a_line_that_keeps_missing_is_left_to_python() -> None:
    @torch.compile
    def f(x: Any) -> Any:
        return x * np.float32(float(x.sum()))  # an exact value each time

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for i in range(30):
            assert f(torch.full((2,), float(i))).tolist() == [2.0 * i * i] * 2
    (warning,) = [w for w in caught if "different values" in str(w.message)]
    assert "test_growing.py" in str(warning.message)
    assert "torch.where" in str(warning.message)
    assert f.stats.eager_runs >= 18
    assert f.stats.misses < 12
    assert "left to Python" in f.explain()


def test_a_test_is_one_line_at_the_head_of_a_loop_and_at_its_end() -> None:
    @torch.compile
    def f(x: Any, y: Any) -> Any:
        least = 0.0
        while float(x) > least:
            x, least = y, 100.0
        return x * 1

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for i in range(1, 6):
            f(torch.tensor(float(i)), torch.tensor(10.0))
        assert not told
        for i in range(11, 15):
            f(torch.tensor(1.0), torch.tensor(float(i)))
    (warning,) = told
    assert "more than 8 different values" in str(warning.message)


def test_errors_are_those_of_python() -> None:
    @torch.compile
    def f(x: Any, i: Any) -> Any:
        return x[i] * 2

    x = torch.arange(3.0)
    for i in (0, 1, 2):
        f(x, torch.tensor([i]))
    assert f.stats.hits == 2
    with pytest.raises(IndexError) as caught:
        f(x, torch.tensor([7]))
    assert "x[i] * 2" in str(caught.value)
    assert f(x, torch.tensor([1])).tolist() == [2.0]


def test_a_run_that_raises_leaves_no_path() -> None:
    seen: list[int] = []

    @torch.compile
    def f(x: Any) -> Any:
        if x.sum() > 0:
            raise ValueError(f"too large: {len(seen)}")
        return x

    for _ in range(3):
        with pytest.raises(ValueError, match="too large: 0"):
            f(torch.ones(2))
    for _ in range(3):
        f(-torch.ones(2))
    assert f.stats.hits == 2
    with pytest.raises(ValueError, match="too large"):
        f(torch.ones(2))


def test_labels_out_of_range() -> None:
    from bifront.imperative.nn.functional import cross_entropy, embedding, one_hot

    table = torch.ones(4, 2)
    for make, good, bad in (
        (lambda y: cross_entropy(torch.ones(2, 3), y), [0, 2], [0, 3]),
        (lambda y: embedding(y, table), [0, 3], [0, -1]),
        (lambda y: one_hot(y, 3), [0, 2], [1, 4]),
    ):
        f = torch.compile(make)
        for _ in range(3):
            f(torch.tensor(good))
        assert f.stats.hits == 2, f.explain()
        with pytest.raises((IndexError, RuntimeError)):
            f(torch.tensor(bad))


def test_labels_that_are_ignored() -> None:
    from bifront.imperative.nn.functional import cross_entropy

    scores = torch.linspace(-1, 1, 6).reshape(2, 3)
    for ignored in (-100, 1):
        f = torch.compile(lambda y, ignored=ignored: cross_entropy(scores, y, ignore_index=ignored))
        for labels in ([0, 2], [0, ignored], [2, 0], [ignored, 2], [0, 2], [ignored, 0]):
            y = torch.tensor(labels)
            expected = cross_entropy(scores, y, ignore_index=ignored)
            assert f(y).numpy().tobytes() == expected.numpy().tobytes()
        assert f.stats.hits >= 2, f.explain()


def test_a_compiled_function_inside_another() -> None:
    inner = torch.compile(lambda x: x * 2)
    outer = torch.compile(lambda x: inner(x) + 1)
    for i in range(3):
        assert outer(torch.full((), float(i))).item() == 2 * i + 1
    assert outer.stats.hits == 2
    assert inner.stats.calls == 0
    assert inner(torch.ones(())).item() == 2


def test_methods_and_modules() -> None:
    class Counter:
        def __init__(self, step: float) -> None:
            self.step = step

        @torch.compile
        def add(self, x: Any) -> Any:
            return x + self.step

    one, ten = Counter(1), Counter(10)
    for _ in range(3):
        assert one.add(torch.zeros(())).item() == 1
        assert ten.add(torch.zeros(())).item() == 10
    one.step = 5
    assert one.add(torch.zeros(())).item() == 5

    net = nn.Sequential(nn.Linear(2, 2))
    model = torch.compile(net)
    assert next(iter(model.parameters())) is net[0].weight
    assert model[0] is net[0]
    assert model.train(False).training is net.training is False
    assert torch.compile(model) is model
    assert "compiled" in repr(torch.compile(lambda x: x))


def test_options() -> None:
    @torch.compile(fullgraph=True)
    def straight(x: Any) -> Any:
        return x.exp()

    @torch.compile(fullgraph=True, dynamic=True, mode="max-autotune", backend="inductor")
    def branches(x: Any) -> Any:
        return x if x.sum() > 0 else -x

    assert straight(torch.zeros(())).item() == 1
    with pytest.raises(bf.GraphError, match="one graph"):
        branches(torch.ones(2))
    f = abs
    assert torch.compile(f, disable=True) is f
    assert bf.compile_function is torch.compile
    with pytest.raises(TypeError):
        torch.compile(3)  # type: ignore[call-overload]


def test_a_program_that_depends_on_what_nobody_sees() -> None:
    """Two runs that read the same and do something else: that is seen when a run is compared with the others."""
    hidden = iter([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])

    @torch.compile
    def f(x: Any) -> Any:
        y = x * next(hidden)
        return y if y.sum() > 0 else -y

    assert [f(torch.tensor([(-1.0) ** i])).item() for i in range(6)] == [1, 2, 3, 4, 5, 6]
    assert f.stats.hits == 0


def test_trees() -> None:
    """One trace for each shape of a tree; equal subtrees are not told apart by their numbers."""
    weight = nn.Parameter(torch.ones(2, 2) * 0.5)

    def encode(tree: Any) -> Any:
        if isinstance(tree, tuple):
            left, right = map(encode, tree)
            return torch.tanh((left + right) @ weight)
        return tree

    compiled = torch.compile(encode)

    def leaf(i: int) -> Any:
        return torch.full((2,), i / 10)

    def trees(i: int) -> list[Any]:
        pair = (leaf(i), leaf(i + 1))
        return [
            pair,
            (pair, leaf(3)),
            (leaf(2), (leaf(1), leaf(i))),
            ((leaf(i), leaf(1)), (leaf(2), leaf(0))),
        ]

    for i in range(5):
        for tree in trees(i):
            found, expected = compiled(tree), encode(tree)
            assert found.detach().numpy().tobytes() == expected.detach().numpy().tobytes()
            weight.grad = None
            found.sum().backward()
            mine = weight.grad
            weight.grad = None
            expected.sum().backward()
            assert mine.numpy().tobytes() == weight.grad.numpy().tobytes()
    assert compiled.stats.misses == 4, compiled.explain()
    assert len(compiled.graphs) == 4


def test_nothing_is_kept_alive() -> None:
    gc.collect()
    gc.disable()
    try:
        net = nn.Linear(3, 3)
        model = torch.compile(net)
        for _ in range(4):
            x = torch.ones(2, 3)
            y = model(x)
            y.sum().backward()
        kept = [weakref.ref(t) for t in (x, y, x.array, y.array)]
        del x, y
        assert [r() for r in kept] == [None] * 4

        @torch.compile
        def step(module: Any, x: Any) -> Any:
            return module(x).sum() if x.sum() > 0 else x

        small = nn.Linear(3, 1)
        for _ in range(3):
            step(small, torch.ones(3))
        kept = [weakref.ref(small), weakref.ref(small.weight)]
        del small
        gc.collect()
        assert [r() for r in kept] == [None] * 2
    finally:
        gc.enable()


def test_threads() -> None:
    weight = torch.ones(3)

    @torch.compile
    def f(x: Any) -> Any:
        y = x @ weight
        return y * 2 if y > 0 else y * 3

    wrong: list[float] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(100):
            x = torch.tensor(rng.standard_normal(3).astype(np.float32))
            expected = f.__wrapped__(x)
            found = f(x)
            if found.item() != expected.item():
                wrong.append(found.item())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong
    stats = f.stats
    assert stats.hits > 300


def test_who_records_everything_sees_one_run_for_each_call() -> None:
    w = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([w], lr=0.1)

    @torch.compile
    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = (w * x).pow(2).sum()
        loss.backward()
        optimizer.step()
        return loss

    log = Log()
    with using(Capture(log)):
        for i in range(4):
            step(torch.full((2,), i + 1.0)).item()
    runs = log.finish()
    assert len(runs) == 4
    assert len({run.graph.fingerprint() for run in runs}) == 1
    assert [s.changes for s in runs[0].graph.states] == [True]
    assert step.graphs[0].fingerprint() == runs[0].graph.fingerprint()
