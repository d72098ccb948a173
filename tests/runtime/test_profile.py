"""Profiles: what is timed, that it adds up, and what is written. No test here depends on how long something takes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.static as tf
from bifront.compiler.errors import BifrontError, FeedError
from bifront.runtime.executable import using_backend
from bifront.runtime.profiling import peaks as peaks_module
from bifront.runtime.profiling.flame import Box, svg, tree
from bifront.runtime.profiling.peaks import Peaks
from bifront.runtime.profiling.profile import Profile
from bifront.runtime.timing import CAPACITY

from .step import STEP

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")
GOLDEN = Path(__file__).resolve().parents[1] / "golden"
BACKENDS = ("numpy", "native")

LOOP = """\
graph @loop(%h: f32[8], %x: f32[4, 8]) {
  %0: f32[8] = scan(%h, %x) {carries = 1, length = 4, reverse = false, sequences = 1} {
    graph @body(%c: f32[8], %s: f32[8]) {
      %0: f32[8] = add(%c, %s) @ "loop.py":3:5
      %1: f32[8] = tanh(%0) @ "loop.py":4:5
      return %1
    }
  }
  return %0
}"""


@pytest.fixture(autouse=True)
def fixed_peaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is measured in tests."""
    known = Peaks(2, 100e9, 50e9, 20e9)
    monkeypatch.setattr("bifront.runtime.profiling.profile.peaks", lambda say: known)


def arrays(batch: int = 4) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.random(s, np.float32) for s in ((batch, 64), (2, 2, 1, 1, 1), (64, 8), (8,))]


def stepped(backend: str, runs: int = 3) -> Profile:
    return bf.profile(bf.compile(bf.parse(STEP), backend), *arrays(), runs=runs)


def masked(text: str) -> str:
    text = re.sub(r"\d+(\.\d+)? (ns|us|ms|s)\b", "<time>", text)
    text = re.sub(r"(?<=<time>) +[\d.]+", " <share>", text)
    text = re.sub(r" +(?=~?<time>)", " ", text)
    lines = []
    for line in text.splitlines():
        # Rates depend on times; arithmetic by byte does not.
        found = re.match(r"(  \d+: .*?<share>)(.*?)(\S+ %)?( +\S*net.py.*)$", line)
        if found:
            line = f"{found.group(1)} rates{found.group(4)}"
        lines.append(line)
    text = re.sub(r"test_profile.py:\d+", "test_profile.py:<line>", "\n".join(lines))
    return re.sub(r"(?<=\S) {2,}", "  ", text) + "\n"


@pytest.mark.parametrize("backend", BACKENDS)
def test_golden_text(backend: str) -> None:
    """The costliest comes first, so rows are sorted here."""
    head, kernels, lines, *notes = masked(str(stepped(backend))).split("\n\n")
    parts = [head, *("\n".join(sorted(t.splitlines())) for t in (kernels, lines)), *notes]
    assert "\n\n".join(parts) == (GOLDEN / f"profile.{backend}").read_text()


@pytest.mark.parametrize("backend", BACKENDS)
def test_parts_lie_within_runs(backend: str) -> None:
    profile = stepped(backend)
    (entry,) = profile.collector.sums.values()
    assert entry.runs == 3
    assert entry.calls.tolist() == [3] * len(entry.calls)
    assert 0 < entry.parts.sum() <= entry.spent
    assert entry.spent <= profile._wall
    for ran in profile.collector.ran:
        assert ran.log[:, 0].tolist() == list(range(len(entry.calls)))
        edges = [ran.start, *ran.log[:, 1:].ravel().tolist(), ran.end]
        assert edges == sorted(edges)


@pytest.mark.parametrize("backend", BACKENDS)
def test_lines_and_kernels_add_up_to_the_same(backend: str) -> None:
    profile = stepped(backend)
    measured = profile.measured
    between = sum(s.spent for s in profile.slices if s.op == "between kernels")
    assert sum(r.spent for r in profile.lines) == pytest.approx(measured)
    assert sum(r.spent for r in profile.kernels) + between == pytest.approx(measured)
    assert profile.measured + profile.python == profile.spent


def test_lines_are_the_users() -> None:
    profile = stepped("native")
    found = {(r.file, r.line): r for r in profile.lines}
    assert {line for file, line in found if file == "net.py"} == {7, 8, 9, 10, 11, 12}
    assert found["net.py", 7].ops == ("matmul", "add")
    assert found["net.py", 7].split
    assert not found["net.py", 9].split
    # What is no kernel's is the line's that asked for the run.
    (rest,) = [r for r in profile.lines if r.ops == ("between kernels",)]
    assert rest.file == __file__


def test_what_the_reference_computes_is_marked() -> None:
    rows = {r.name: r for r in stepped("native").kernels}
    assert rows["1: conv"].reference
    assert not rows["0: matmul add tanh"].reference


def test_flops_and_bytes_are_those_of_the_sizes() -> None:
    for runs, batch in ((1, 4), (5, 64)):
        profile = bf.profile(bf.compile(bf.parse(STEP), "native"), *arrays(batch), runs=runs)
        row = next(r for r in profile.kernels if r.name.startswith("0: matmul"))
        assert row.flops == runs * (2 * batch * 64 * 8 + 2 * batch * 8)
        assert row.moved == runs * 4 * (batch * 64 + 64 * 8 + 8 + batch * 8)


def test_the_roof_is_the_lower_of_two() -> None:
    peaks = Peaks(1, 100.0, 50.0, 10.0)
    assert peaks.roof(1000, 10, wide=False) == 10.0
    assert peaks.roof(1000, 10, wide=True) == 20.0
    assert peaks.roof(10, 1000, wide=False) == 100.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_loops_are_timed_by_iteration(backend: str) -> None:
    executable = bf.compile(bf.parse(LOOP), backend)
    profile = bf.profile(executable, np.zeros(8, np.float32), np.ones((4, 8), np.float32), runs=2)
    calls = {r.name.split(": ")[1]: r.calls for r in profile.kernels}
    if backend == "numpy":
        assert calls == {"scan": 2, "add": 8, "tanh": 8}
    else:
        assert calls["add tanh"] == 8
    assert {3, 4} <= {r.line for r in profile.lines if r.file == "loop.py"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_numbers_are_the_same_under_a_profile(backend: str) -> None:
    executable = bf.compile(bf.parse(STEP), backend)
    before = executable(*arrays())
    with bf.profile(roofline=False):
        meanwhile = executable(*arrays())
    for a, b in zip(before, meanwhile, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("backend", BACKENDS)
def test_outside_of_the_block_nothing_is_different(backend: str) -> None:
    executable = bf.compile(bf.parse(STEP), backend)
    run = executable.run
    source = executable.source
    with bf.profile(roofline=False) as profile:
        inside = executable.run
        inside(*arrays())
    assert executable.run is run
    assert "clock" not in source
    assert "note" not in source
    inside(*arrays())  # who kept it runs the usual code
    (entry,) = profile.collector.sums.values()
    assert entry.runs == 1


def test_code_with_clocks_is_other_code() -> None:
    from bifront.runtime.native.clock import Clock
    from bifront.runtime.native.program import Program

    if not Clock.available:
        pytest.skip("no clock")
    graph = bf.parse(STEP)
    assert "clock_gettime" not in Program(graph, False).text
    assert "clock_gettime" in Program(graph, False, clocked=True).text


def test_states_are_replaced_under_a_profile_too() -> None:
    executable = bf.compile(bf.parse(STEP), "native")
    given = arrays()
    wanted = executable.run(*given)[2].copy()
    with bf.profile(roofline=False):
        results = executable.update(*given)
    assert results[2] is given[3]
    assert given[3].tobytes() == wanted.tobytes()


AGES = 10**15


@pytest.fixture
def slow_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the collector's clock native code takes ages to be made, and nothing else takes any time."""
    from bifront.runtime.native.program import Program
    from bifront.runtime.profiling import collecting

    now, bind = 0, Program.bind

    def clock() -> int:
        nonlocal now
        now += 1
        return now

    def slow(*given: Any) -> Any:
        nonlocal now
        now += AGES
        return bind(*given)

    monkeypatch.setattr(collecting, "perf_counter_ns", clock)
    monkeypatch.setattr(Program, "bind", slow)


def test_a_step_that_may_not_replace_its_states_is_a_run(slow_compilation: None) -> None:
    """It is compiled then, which is no part of the run, and its kernels are its own."""
    executable = bf.compile(bf.parse(STEP), "native")
    given = arrays()
    wanted = executable.run(*given)
    given[3].flags.writeable = False
    with bf.profile(roofline=False) as profile:
        results = executable.update(*given)
    assert [a.tobytes() for a in results] == [a.tobytes() for a in wanted]
    (entry,) = profile.collector.sums.values()
    assert entry.runs == 1
    assert entry.calls.tolist() == [1] * len(entry.calls)
    assert entry.spent < AGES
    assert profile.collector.compiling > 2 * AGES


def test_a_first_step_on_a_scalar_is_native_code_that_is_made_before(
    slow_compilation: None,
) -> None:
    """As that of an optimizer whose count of steps is NumPy's scalar."""
    text = (
        'graph @count(%x: f32[8]) state(%n: f32[] = "n") {\n  %0: f32[] = add(%n, %n)\n'
        "  %1: f32[8] = mul(%x, %0)\n  return %1, %n <- %0\n}"
    )
    executable = bf.compile(bf.parse(text), "native")
    with bf.profile(roofline=False) as profile:
        result, count = executable.update(np.ones(8, np.float32), np.float32(3))
    assert result.tolist() == [6] * 8
    assert count == 6
    (entry,) = profile.collector.sums.values()
    assert entry.calls.tolist() == [1] * len(entry.calls)
    assert entry.spent < AGES


@pytest.mark.parametrize("backend", BACKENDS)
def test_errors_are_those_of_the_usual_run(backend: str) -> None:
    text = (
        "graph @divide(%x: i64[4], %y: i64[4]) {\n  %0: i64[4] = floordiv(%x, %y)\n  return %0\n}"
    )
    executable = bf.compile(bf.parse(text), backend)
    with bf.profile(roofline=False) as profile, pytest.raises(bf.DivisionByZero):
        executable(np.ones(4, np.int64), np.zeros(4, np.int64))
    assert not profile.collector.ran
    assert executable(np.ones(4, np.int64), np.ones(4, np.int64))[0].tolist() == [1] * 4


@pytest.mark.parametrize("backend", BACKENDS)
def test_sessions(backend: str) -> None:
    with using_backend(backend), tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 3])
        w = tf.Variable(tf.ones([3, 2]))
        y = tf.reduce_sum(tf.square(tf.matmul(x, w)))
        train = tf.train.GradientDescentOptimizer(0.01).minimize(y)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            feed = {x: np.ones((4, 3), np.float32)}
            session.run([y, train], feed)
            with bf.profile(roofline=False) as profile:
                for _ in range(5):
                    session.run([y, train], feed)
    assert sum(s.runs for s in profile.collector.sums.values()) == 5
    assert any("tf.matmul(x, w)" in r.source for r in profile.lines)


@pytest.mark.parametrize("backend", BACKENDS)
def test_compiled_functions_that_were_compiled_before(backend: str) -> None:
    with using_backend(backend):

        @torch.compile
        def f(x: torch.Tensor) -> torch.Tensor:
            return torch.tanh(x @ x).sum()

        x = torch.ones(4, 4)
        for _ in range(4):
            f(x)
        with bf.profile(roofline=False) as profile:
            for _ in range(3):
                f(x)
    assert sum(s.runs for s in profile.collector.sums.values()) == 3
    assert any("torch.tanh(x @ x)" in r.source for r in profile.lines)


def test_eager_steps() -> None:
    w = torch.ones(3, 2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.01)
    with bf.profile(roofline=False) as profile:
        for _ in range(6):
            loss = torch.square(torch.ones(4, 3) @ w).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            torch.tanh(w)
    ops = {(e.op, e.place.source.strip()): e.calls for e in profile.collector.eager.values()}
    assert ops["matmul", "loss = torch.square(torch.ones(4, 3) @ w).sum()"] == 6
    assert ops["tanh", "torch.tanh(w)"] == 1
    assert any(line == "optimizer.step()" for _, line in ops)
    # The backward pass is interpreted at first, and a program as soon as it repeats.
    backward = [r for r in profile.lines if r.source == "loss.backward()"]
    assert backward
    assert profile.collector.sums


def test_training_under_a_profile_gives_the_same_bits() -> None:
    def train() -> bytes:
        torch.manual_seed(0)
        w = torch.randn(3, 2).requires_grad_()
        optimizer = torch.optim.Adam([w], lr=0.01)
        for _ in range(5):
            optimizer.zero_grad()
            torch.square(torch.ones(4, 3) @ w).sum().backward()
            optimizer.step()
        return bytes(w.detach().numpy().tobytes())

    expected = train()
    with bf.profile(roofline=False):
        assert train() == expected


def test_in_place_changes_are_still_found() -> None:
    w = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    with bf.profile(roofline=False):
        loss = (w * w).sum()
        loss.backward(retain_graph=True)
        optimizer.step()
        with pytest.raises(RuntimeError, match=r"optimizer\.step"):
            loss.backward()


def test_other_threads_are_seen() -> None:
    executable = bf.compile(bf.parse(STEP), "native")
    with bf.profile(roofline=False) as profile:
        workers = [threading.Thread(target=executable.run, args=arrays()) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert sum(s.runs for s in profile.collector.sums.values()) == 3


def events_of(profile: Profile, tmp_path: Path) -> Iterator[dict[str, object]]:
    written = json.loads(profile.save(tmp_path / "trace.json").read_text())
    assert set(written) == {"traceEvents", "displayTimeUnit", "otherData"}
    yield from written["traceEvents"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_traces_are_of_the_format(backend: str, tmp_path: Path) -> None:
    with bf.profile(roofline=False) as profile:
        bf.compile(bf.parse(STEP), backend)(*arrays())
        torch.tanh(torch.ones(3))
    events = list(events_of(profile, tmp_path))
    metadata = [e for e in events if e["ph"] == "M"]
    assert {e["name"] for e in metadata} == {"process_name", "thread_name"}
    complete = [e for e in events if e["ph"] == "X"]
    assert len(complete) + len(metadata) == len(events)
    for e in complete:
        assert set(e) == {"name", "cat", "ph", "pid", "tid", "ts", "dur", "args"}
        assert isinstance(e["ts"], float)
        assert isinstance(e["dur"], float)
        assert e["ts"] >= 0
        assert e["dur"] >= 0
    (run,) = [e for e in complete if e["cat"] == "run"]
    inner = [e for e in complete if e["cat"] == "kernel"]
    assert run["args"] == {
        "line": run["args"]["line"], "backend": backend, "batch": 4,  # type: ignore[index]
    }  # fmt: skip
    for e in inner:
        assert run["ts"] <= e["ts"]
        assert e["ts"] + e["dur"] <= run["ts"] + run["dur"] + 1e-3
        assert set(e["args"]) == {"step", "lines", "flops", "bytes"}
    assert [e["name"] for e in complete if e["cat"] == "at once"] == ["tanh"]


def test_what_the_log_has_no_room_for_is_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bifront.runtime.profiling.collecting.KEPT", 6)
    profile = stepped("native")
    (entry,) = profile.collector.sums.values()
    assert entry.runs == 3
    assert len(profile.collector.ran) == 1
    assert profile.collector.dropped == 2 * (1 + len(entry.calls))
    assert "are in the sums, but not in the trace" in str(profile)


@pytest.mark.parametrize("backend", BACKENDS)
def test_runs_of_more_parts_than_the_log_has(backend: str) -> None:
    length = CAPACITY + 5
    text = LOOP.replace("f32[4, 8]", f"f32[{length}, 8]").replace(
        "length = 4", f"length = {length}"
    )
    executable = bf.compile(bf.parse(text), backend)
    profile = bf.profile(
        executable, np.zeros(8, np.float32), np.ones((length, 8), np.float32), runs=1
    )
    (ran,) = profile.collector.ran
    assert len(ran.log) == CAPACITY
    assert max(r.calls for r in profile.kernels) == length


def test_flame_pictures_stand_on_what_carries_them(tmp_path: Path) -> None:
    profile = stepped("native")
    root = tree(profile.slices)

    def check(box: Box) -> None:
        if box.inner:
            assert sum(b.spent for b in box.inner.values()) == pytest.approx(box.spent)
        for inner in box.inner.values():
            check(inner)

    check(root)
    assert root.spent == pytest.approx(profile.measured)
    picture = ElementTree.fromstring(profile.flame(tmp_path / "flame.svg").read_text())
    titles = [e.text or "" for e in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert any(t.startswith("net.py:7") for t in titles)
    assert any(t.startswith("step 0: matmul add tanh") for t in titles)
    for rect in picture.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(rect.get("x", "0")) + float(rect.get("width", "0")) <= 1200.5


def test_nothing_in_a_flame_picture_is_markup() -> None:
    root = Box("all", 10.0)
    root.within('</text><script>"&', 10.0)
    ElementTree.fromstring(svg(root, "<title>"))
    assert "<script>" not in svg(root, "a")


def test_names_of_files(tmp_path: Path) -> None:
    profile = stepped("numpy")
    with pytest.raises(BifrontError, match=r"(?s)flame picture cannot be written.*\.svg"):
        profile.flame(tmp_path / "flame.png")
    with pytest.raises(BifrontError, match=r"(?s)trace cannot be written.*\.json"):
        profile.save(tmp_path / "trace.svg")


def test_wrong_uses() -> None:
    executable = bf.compile(bf.parse(STEP), "numpy")
    with bf.profile(roofline=False) as profile:
        with pytest.raises(BifrontError, match="being taken already"), bf.profile():
            pass
        executable(*arrays())
    assert len(profile.collector.ran) == 1
    with pytest.raises(BifrontError, match="was taken already"), profile:
        pass
    with pytest.raises(BifrontError, match="takes an executable, not a Graph"):
        bf.profile(bf.parse(STEP))  # type: ignore[arg-type]
    with pytest.raises(FeedError):
        bf.profile(executable, *arrays()[:2])


def test_a_block_that_fails_ends_its_profile() -> None:
    with pytest.raises(ZeroDivisionError), bf.profile():
        1 / 0  # noqa: B018
    with bf.profile(roofline=False):
        pass


def test_notebooks_get_tables() -> None:
    shown = stepped("native")._repr_html_()
    assert shown.count("<table") == 3
    assert "matmul add tanh" in shown


def test_peaks_are_measured_once_and_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIFRONT_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(peaks_module, "SECONDS", 0.0)
    monkeypatch.setattr(peaks_module, "STREAM", 1 << 12)
    monkeypatch.setattr(peaks_module, "ROUNDS", 1 << 4)
    peaks_module._known.cache_clear()
    try:
        said: list[str] = []
        first = peaks_module.peaks(said.append)
        assert len(said) == 2
        assert min(first.single, first.double, first.bandwidth) > 0
        assert peaks_module.peaks(said.append) is first
        peaks_module._known.cache_clear()
        assert peaks_module.peaks(said.append) == first
        assert len(said) == 2
        # What is damaged is measured again.
        (tmp_path / peaks_module.FILE).write_text('{"x": ')
        peaks_module._known.cache_clear()
        peaks_module.peaks(said.append)
        assert len(said) == 4
    finally:
        peaks_module._known.cache_clear()


def test_rates_are_of_the_median_call() -> None:
    """A call in which the machine did something else tells nothing of the kernel."""
    profile = stepped("native", runs=5)
    (entry,) = profile.collector.sums.values()
    entry.parts[0] += 10**12
    profile.collector.ran[2].log[0, 2] += 10**12
    row = next(r for r in profile.kernels if r.name.startswith("0:"))
    times = [int(ran.log[0, 2] - ran.log[0, 1]) for ran in profile.collector.ran]
    assert row.typical == 5 * np.median(times)
    assert row.typical < 10**12 < row.spent
