"""Own code or BLAS: asked by size, measured once, remembered, told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
from bifront.compiler.ir import Graph
from bifront.compiler.ops import matmul
from bifront.runtime.native import engine, program, trial
from bifront.runtime.native.cache import Cache
from bifront.runtime.native.emit import F32
from bifront.runtime.native.products import Product, choice
from bifront.runtime.native.products.choice import (
    BLAS,
    MEASURED,
    OWN,
    Rounds,
    choose_routine,
    is_quicker,
    representative,
)
from bifront.runtime.native.target import LEAST, PRODUCTS

from .both_backends import built

LARGE = Product(F32, 1024, 1024, 1024)
QUICKER: Rounds = ((2e-3, 1e-3),) * 5
SLOWER: Rounds = ((1e-3, 2e-3),) * 5


def never(product: Product, key: str) -> Rounds | None:
    raise AssertionError("measured")


def unloaded() -> None:
    raise AssertionError("loaded")


def missing() -> None:
    raise ImportError("sgemm takes other arguments")


def chosen(rounds: Rounds | None, product: Product = LARGE, threads: int = 1) -> choice.Chosen:
    return choose_routine(product, True, MEASURED, threads, lambda p, key: rounds)


def test_small_products_are_neither_looked_up_nor_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "library", unloaded)
    monkeypatch.setattr(choice, "installed", unloaded)
    assert LEAST == 2 * 1024**3
    for product in (Product(F32, 1023, 1024, 1024), Product(F32, 0, 10**9, 10**9)):
        found = choose_routine(product, True, MEASURED, 1, never)
        assert found.routine == OWN
        assert "only tried from 2,147,483,648 operations" in found.why
    assert choose_routine(LARGE, True, OWN, 1, never) == choice.Chosen(OWN, f"{PRODUCTS} says")
    irregular = choose_routine(LARGE, False, BLAS, 1, never)
    assert irregular.routine == OWN
    assert "known sizes" in irregular.why


def test_the_quicker_one_is_taken_and_times_are_told() -> None:
    assert chosen(QUICKER).routine == BLAS
    assert "took 2 ms, and 1 ms by BLAS (1 thread, best of 5)" in chosen(QUICKER).why
    assert "(3 threads, " in chosen(SLOWER, threads=3).why
    assert chosen(SLOWER).routine == OWN
    assert chosen(SLOWER).why.endswith("best of 5)")
    near = chosen(((1e-3, 0.99e-3),) * 9)
    assert near.routine == OWN
    assert near.why.endswith("best of 9), which is not clearly less")
    assert chosen(None) == choice.Chosen(OWN, "nothing is measured where nothing is cached")


def test_nothing_is_loaded_for_what_own_code_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "library", unloaded)
    assert chosen(SLOWER).routine == OWN


@pytest.mark.parametrize(
    ("rounds", "quicker"),
    [
        (QUICKER, True),
        (QUICKER[:4], False),  # too few
        (((1.0, 0.96),) * 9, False),  # not by enough
        (((1.0, 0.94),) * 9, True),
        (((1.0, 2.0),) * 8 + ((1.0, 0.5),), False),  # once
        (((9.0, 1.0),) * 8 + ((0.9, 1.0),), False),  # somebody else used the machine
    ],
)
def test_blas_must_be_clearly_quicker(rounds: Rounds, quicker: bool) -> None:
    assert is_quicker(rounds) is quicker


@pytest.mark.parametrize("wish", [BLAS, MEASURED])
def test_without_scipy_code_is_our_own(wish: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "installed", lambda: "")
    found = choose_routine(LARGE, True, wish, 1, never)
    assert found == choice.Chosen(OWN, "scipy, which brings BLAS, is not installed")
    monkeypatch.undo()
    monkeypatch.setattr(choice, "library", missing)
    found = choose_routine(LARGE, True, wish, 1, lambda p, key: QUICKER)
    assert found == choice.Chosen(OWN, "sgemm takes other arguments")


def test_sizes_that_are_alike_are_measured_as_one() -> None:
    assert representative(LARGE, 1) == representative(Product(F32, 5000, 900, 800), 1)
    assert representative(LARGE, 1) == Product(F32, 768, 768, 768)
    assert representative(Product(F32, 1, 130, 200), 1) == Product(F32, 1, 128, 192)
    # Each thread has rows enough.
    assert representative(Product(F32, 9000, 900, 900), 8).m == 2048


def test_an_environment_that_says_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PRODUCTS, "mkl")
    with pytest.raises(ValueError, match="'mkl'; use own, blas or measured"):
        choice.asked()
    monkeypatch.setenv(PRODUCTS, " ")
    assert choice.asked() == MEASURED


# With graphs.


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cache]:
    """A cache of its own, in which everything is large enough to be measured."""
    cache = Cache(str(tmp_path / "cache"))
    for module in (engine, trial):
        monkeypatch.setattr(module, "disk", lambda: cache)
    for module in (choice, program):
        monkeypatch.setattr(module, "LEAST", 0)
    monkeypatch.delenv(PRODUCTS, raising=False)
    trial.measured.cache_clear()
    yield cache
    trial.measured.cache_clear()


@pytest.fixture
def trials(store: Cache, monkeypatch: pytest.MonkeyPatch) -> list[Product]:
    """The products that were measured."""
    found: list[Product] = []
    measure = trial._measure

    def counted(product: Product) -> list[float]:
        found.append(product)
        return measure(product)

    monkeypatch.setattr(trial, "_measure", counted)
    return found


def graph(m: int = 96, k: int = 64, n: int = 48) -> Graph:
    return built(matmul, [np.ones((m, k), np.float32), np.ones((k, n), np.float32)])


def test_times_are_measured_once_and_told(trials: list[Product]) -> None:
    first = bf.compile(graph(), "native").explain()
    assert trials == [Product(F32, 96, 48, 64)]
    told = [line for line in first.splitlines() if "product of" in line]
    assert len(told) == 1
    assert "product of 96x64 and 64x48 (float32): " in told[0]
    assert " ms by BLAS (" in told[0]
    trial.measured.cache_clear()  # as in a later process
    assert bf.compile(graph(), "native").explain() == first
    assert len(trials) == 1
    bf.compile(graph(n=500), "native").explain()
    assert len(trials) == 2


@pytest.mark.parametrize(
    ("ticks", "rounds"),
    [({OWN: 2.0, BLAS: 1.0}, choice.ENOUGH), ({OWN: 1.0, BLAS: 2.0}, 3)],
    ids=["ahead", "behind"],
)
def test_blas_that_is_ahead_is_tried_often_enough(
    ticks: dict[str, float], rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long a round takes; one that is behind is given up soon."""
    clock = [0.0]

    class Fake:
        def __init__(self, graph: Graph, donate: bool, wish: str) -> None:
            self.wish = wish

        def bind(self, *rest: object) -> Callable[..., None]:
            return lambda *arrays: clock.__setitem__(0, clock[0] + ticks[self.wish])

    monkeypatch.setattr(program, "Program", Fake)
    monkeypatch.setattr(trial, "perf_counter", lambda: clock[0])
    assert trial._measure(Product(F32, 8, 8, 8)) == [ticks[OWN], ticks[BLAS]] * rounds


def test_another_number_of_threads_is_measured_anew(
    trials: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    for threads in (1, 2, 1):
        monkeypatch.setattr("bifront.runtime.native.routing.get_num_threads", lambda t=threads: t)
        bf.compile(graph(), "native").explain()
    assert len(trials) == 2


def test_damaged_times_are_measured_anew(store: Cache, trials: list[Product]) -> None:
    bf.compile(graph(), "native").explain()
    assert store.directory is not None
    for damage in (lambda b: b[:-3], lambda b: b[:-1] + bytes([b[-1] ^ 1]), lambda b: b""):
        for path in Path(store.directory).iterdir():
            path.write_bytes(damage(path.read_bytes()))
        trial.measured.cache_clear()
        before = len(trials)
        assert " ms by BLAS (" in bf.compile(graph(), "native").explain()
        assert len(trials) == before + 1


def test_nothing_is_measured_without_a_cache(
    store: Cache, trials: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "disk", lambda: Cache(None))
    assert "own code, as nothing is measured where" in bf.compile(graph(), "native").explain()
    assert not trials


@pytest.mark.parametrize("rounds", [QUICKER, SLOWER], ids=["blas", "own"])
def test_graphs_run_as_was_chosen(
    rounds: Rounds, store: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [s for pair in rounds for s in pair]
    monkeypatch.setattr(trial, "_measure", lambda product: seconds)
    run = bf.compile(graph(), "native")
    is_blas = rounds is QUICKER
    assert ("(float32): BLAS, as" in run.explain()) is is_blas
    assert ("blas.begin" in run.source) is is_blas
    a = np.random.default_rng(0).standard_normal((96, 64)).astype(np.float32)
    np.testing.assert_allclose(run(a, a[:64, :48].copy())[0], a @ a[:64, :48], rtol=1e-4, atol=1e-4)


def test_code_in_the_cache_is_that_of_the_choice(
    store: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was compiled for one is never run for the other; both come back as they were."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(s).astype(np.float32) for s in ((96, 64), (64, 48)))
    results = {}
    for refused in (False, True):
        if refused:
            monkeypatch.setattr(engine, "_compile", lambda text: pytest.fail("compiled again"))
        for wish in (OWN, BLAS):
            monkeypatch.setenv(PRODUCTS, wish)
            (found,) = bf.compile(graph(), "native")(a, b)
            np.testing.assert_array_equal(results.setdefault(wish, found), found)
    assert len(results) == 2


PROGRAM = """
import sys
import numpy as np, bifront as bf, bifront.imperative as torch
@torch.compile
def f(x, w):
    return torch.relu(x @ w)
x = torch.ones(256, 256)
for _ in range(3):
    f(x, x)
print([m for m in sys.modules if m.startswith(("scipy", "bifront.runtime.native.products.choice"))])
"""


def test_small_products_load_neither_scipy_nor_what_chooses(tmp_path: Path) -> None:
    environment = {**os.environ, "BIFRONT_CACHE_DIR": str(tmp_path), "BIFRONT_BACKEND": "native"}
    environment.pop(PRODUCTS, None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
