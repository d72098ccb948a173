"""The plan of buffers: what it says of both backends, as text and as a picture."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
from bifront.compiler.errors import BifrontError, EngineMissing
from bifront.compiler.ir import substitute
from bifront.runtime.buffers import MemoryPlan, Role

from .nested import random_nested_program
from .step import STEP

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")
GOLDEN = Path(__file__).resolve().parents[1] / "golden"


BACKENDS = ("numpy", "native")


def memory(text: str, backend: str) -> MemoryPlan:
    return bf.compile(bf.parse(text), backend).memory


@pytest.mark.parametrize("backend", BACKENDS)
def test_golden_table(backend: str) -> None:
    plan = memory(STEP, backend)
    text = f"{plan}\n\n{plan.at(batch=4)}\n"
    assert text == (GOLDEN / f"memory.{backend}").read_text()


def test_native_writes_a_state_in_place() -> None:
    plan = memory(STEP, "native").at(batch=4)
    assert plan.in_place == ("b",)
    (over,) = [b for b in plan.buffers if b.over]
    assert over.taken == 0
    assert over.size == 32
    assert over.location is not None
    assert (over.location.file, over.location.line) == ("net.py", 12)


def test_the_reference_reuses_memory_and_says_for_what() -> None:
    plan = memory(STEP, "numpy").at(batch=4)
    names = [b.name for b in plan.buffers]
    assert "%0 %1 %h" in names
    assert plan.peak < plan.total < plan.separate


@pytest.mark.parametrize("backend", BACKENDS)
def test_polynomials_are_what_sizes_make_of_them(backend: str) -> None:
    graph = bf.parse(STEP)
    plan = bf.compile(graph, backend).memory
    assert plan.symbols == ("batch",)
    for batch in (1, 7, 64):
        put_in = plan.at(batch=batch)
        assert not put_in.symbols
        assert put_in.peak == max(substitute(w, {"batch": batch}) for _, w in plan.peaks)
        assert put_in.total == substitute(plan.total, {"batch": batch})
        if backend == "numpy":
            # Kernels may be others where sizes are known, steps are not.
            known = bf.compile(bf.specialize(graph, {"batch": batch}), backend).memory
            assert (put_in.peak, put_in.separate) == (known.peak, known.separate)


@pytest.mark.parametrize("seed", range(12))
def test_pieces_alive_at_once_share_no_address(seed: int) -> None:
    plan = bf.compile(random_nested_program(seed), "native").memory
    assert plan.backend == "native"
    plan = plan.at(dict.fromkeys(plan.symbols, 5))
    pieces = [b for b in plan.buffers if b.piece is not None]
    for i, a in enumerate(pieces):
        assert a.offset is not None
        assert plan.arena is not None
        assert a.offset + a.size <= plan.arena
        for b in pieces[:i]:
            if a.first <= b.last and b.first <= a.last:
                assert a.offset + a.size <= b.offset or b.offset + b.size <= a.offset


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_buffer_lives_within_the_steps(backend: str) -> None:
    plan = memory(STEP, backend)
    for buffer in plan.buffers:
        assert 0 <= buffer.first <= buffer.last < len(plan.steps)
    (loss,) = [b for b in plan.buffers if b.name == "%loss"]
    assert loss.role is Role.RESULT
    assert loss.last == len(plan.steps) - 1
    assert plan.steps[-1] == "return"


def test_what_is_copied_at_the_end_counts() -> None:
    graph = bf.parse("graph @same(%x: f32[4]) {\n  return %x, %x\n}")
    plan = bf.compile(graph, "numpy").memory
    assert plan.peak == 32
    assert [b.name for b in plan.buffers] == ["%x", "copy of %x", "copy of %x"]


def test_sizes_that_are_not_there() -> None:
    plan = memory(STEP, "native")
    with pytest.raises(BifrontError, match=r"(?s)no size 'rows'.*it has batch"):
        plan.at(rows=3)
    with pytest.raises(BifrontError, match=r"(?s)depends on batch.*memory.at\(batch=64\)"):
        _ = plan.peak


def test_notebooks_get_a_table_without_markup_from_names() -> None:
    text = STEP.replace('"b")', '"<b>")')
    shown = memory(text, "numpy")._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert shown.count("<tr>") == 1 + len(memory(text, "numpy").buffers)


def test_pictures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra `plot`")
    for backend in BACKENDS:
        plan = memory(STEP, backend)
        with pytest.raises(BifrontError, match=r"memory.at\(batch=64\).plot\(\)"):
            plan.plot()
        figure = plan.at(batch=4).plot(tmp_path / f"{backend}.svg")
        drawn = len(figure.axes[0].collections)
        assert drawn == sum(b.taken != 0 for b in plan.at(batch=4).buffers)
        assert "<svg" in (tmp_path / f"{backend}.svg").read_text()


def test_pictures_need_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(EngineMissing, match=r"pip install bifront\[plot\]"):
        memory(STEP, "numpy").at(batch=4).plot()


def test_runs_take_what_the_plan_says() -> None:
    """The results are of the sizes that the plan has for them."""
    graph = bf.parse(STEP)
    executable = bf.compile(graph, "numpy")
    rng = np.random.default_rng(0)
    arrays = [rng.random(s, np.float32) for s in ((4, 64), (2, 2, 1, 1, 1), (64, 8), (8,))]
    plan = executable.memory.at(batch=4)
    sizes = sorted(b.size for b in plan.buffers if b.role is Role.RESULT)
    assert sizes == sorted(r.nbytes for r in executable(*arrays) if r is not arrays[2])
