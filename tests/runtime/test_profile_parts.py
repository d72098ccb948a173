"""Profiles of graphs that run in parts: what is timed is what runs, native kernels and the reference between them."""

from __future__ import annotations

import numpy as np
import pytest

import bifront as bf
from bifront.runtime.profiling.peaks import Peaks

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")

CHOSEN = """\
graph @chosen(%x: f32[n, 8]) {
  %0: f32[n, 8] = tanh(%x) @ "net.py":1:1
  %1: i64[k, 2] = nonzero(%x) {count = k} @ "net.py":2:1
  %2: i64[k, 1] = slice(%1) {limits = (k, 1), starts = (0, 0), strides = (1, 1)} @ "net.py":3:1
  %3: i64[k] = reshape(%2) {shape = (k,)} @ "net.py":3:1
  %4: f32[k, 8] = gather(%0, %3) {axis = 0} @ "net.py":4:1
  %5: f32[k, 8] = exp(%4) @ "net.py":5:1
  return %5
}"""


@pytest.fixture(autouse=True)
def fixed_peaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is measured in tests."""
    known = Peaks(2, 100e9, 50e9, 20e9)
    monkeypatch.setattr("bifront.runtime.profiling.profile.peaks", lambda say: known)


def some(rows: int) -> np.ndarray:
    x = np.random.default_rng(rows).standard_normal((rows, 8)).astype(np.float32)
    return np.where(x > 0, x, 0)


@pytest.fixture
def executable() -> bf.Executable:
    made = bf.compile(bf.parse(CHOSEN), "native")
    assert "in 3 parts" in made.explain()
    return made


def test_native_parts_are_kernels_and_the_reference_is_between_them(
    executable: bf.Executable,
) -> None:
    profile = bf.profile(executable, some(5), runs=3)
    rows = {r.name: r for r in profile.kernels}
    assert [name.partition(": ")[2] for name in sorted(rows)] == ["tanh", "nonzero", "gather exp"]
    assert [rows[name].reference for name in sorted(rows)] == [False, True, False]
    assert all(r.calls == 3 for r in rows.values())


def test_times_lie_within_the_run_in_order(executable: bf.Executable) -> None:
    profile = bf.profile(executable, some(5), runs=2)
    (entry,) = profile.collector.sums.values()
    assert 0 < entry.parts.sum() <= entry.spent
    for ran in profile.collector.ran:
        assert ran.log[:, 0].tolist() == [0, 1, 2]
        edges = [ran.start, *ran.log[:, 1:].ravel().tolist(), ran.end]
        assert edges == sorted(edges)


def test_lines_are_the_users(executable: bf.Executable) -> None:
    profile = bf.profile(executable, some(5), runs=1)
    assert {1, 2, 4, 5} <= {r.line for r in profile.lines if r.file == "net.py"}


def test_numbers_are_the_same_on_every_size(executable: bf.Executable) -> None:
    for rows in (5, 0, 40):
        (before,) = executable(some(rows))
        with bf.profile(roofline=False) as profile:
            (meanwhile,) = executable(some(rows))
        assert before.tobytes() == meanwhile.tobytes()
        (entry,) = profile.collector.sums.values()
        assert entry.runs == 1


def test_what_parts_do_not_take_runs_as_a_whole(executable: bf.Executable) -> None:
    with bf.profile(roofline=False) as profile:
        (found,) = executable(some(5).astype(np.float64))
        executable(some(5))
    assert found.dtype == np.float64
    counts = [entry.calls.tolist() for entry in profile.collector.sums.values()]
    assert counts == [[0, 0, 0], [1, 1, 1]]
