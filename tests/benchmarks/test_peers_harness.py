"""The harness checks before it times, merges what it measured, and says who is ahead."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn", reason="the digits come with scikit-learn")

from peers import __main__ as command
from peers import plan, tables, timing
from peers.processes import Failure, Process, Pythons
from peers.results import Results

QUICK = ["--tiny", "--rounds", "1", "--seconds", "0.01", "--startups", "1"]


def run(out: Path, *arguments: str) -> dict[str, Any]:
    command.main([*QUICK, "--out", str(out), *arguments])
    content: dict[str, Any] = json.loads((out / "RESULTS.json").read_text())
    return content


def test_from_processes_to_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = plan.Framework("no_such_package_anywhere", {"x": "W1"}, {})
    monkeypatch.setitem(plan.FRAMEWORKS, "nowhere", nowhere)
    content = run(tmp_path, "--only", "W1", "--frameworks", "bifront:static,numpy,nowhere")
    records = content["workloads"]["W1"]
    assert set(records) == {"bifront:static", "numpy:plain", "nowhere:x"}
    assert records["nowhere:x"]["error"] == "not installed"
    for name in ("bifront:static", "numpy:plain"):
        assert records[name]["difference"] < 1e-4
        assert 0 < records[name]["least"] <= records[name]["low"]

    content = run(tmp_path, "--only", "W1,memory,W7", "--frameworks", "bifront:executable")
    assert set(content["workloads"]["W1"]) == {*records, "bifront:executable"}
    assert content["startup"]["W1"]["bifront:executable"]["warm"] > 0
    assert content["memory"]["W5b1"]["bifront:executable"]["peak"] > 2**20

    page = (tmp_path / "RESULTS.md").read_text()
    assert "bifront:executable" in page
    assert "not installed" in page
    assert "tiny" in page


def test_a_backend_is_named_through_the_environment(tmp_path: Path) -> None:
    content = run(tmp_path, "--only", "W6session", "--frameworks", "bifront:executable@numpy")
    record = content["workloads"]["W6session"]["bifront:executable@numpy"]
    assert record["versions"]["bifront's backend"] == "numpy"


class Answering:
    """Stands in for a process: says what it was given."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = iter(answers)

    def answer(self, limit: float) -> dict[str, Any]:
        return next(self.answers)


@pytest.mark.parametrize("error", [2e-4, float("nan")])
def test_a_wrong_answer_is_not_timed(error: float) -> None:
    process = Answering({"error": error, "versions": {}})
    with pytest.raises(Failure, match="from the reference"):
        timing._checked(process, 1.0)  # type: ignore[arg-type]


def test_a_process_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(plan.Contender("bifront", "no such mode"), sys.executable, "W1", "--tiny")
    with pytest.raises(Failure, match="no such mode"):
        process.answer(60.0)
    process.stop()


def test_the_interpreter_of_a_framework() -> None:
    pythons = Pythons({"peers": "/bin/sh", "jax": "/bin/ls"})
    assert pythons["torch"] == "/bin/sh"
    assert pythons["jax"] == "/bin/ls"
    assert pythons["bifront"] == sys.executable
    with pytest.raises(SystemExit, match="no framework 'jaxx'"):
        Pythons({"jaxx": "/bin/sh"})
    with pytest.raises(SystemExit, match="no program is there"):
        Pythons({"jax": "/no/such/program"})


def test_a_summary_takes_the_5th_percentile_of_all_readings() -> None:
    first = {"readings": [1.0] * 5 + [2.0] * 95, "count": 100, "median": 2.0, "others": 0.0}
    second = {"readings": [3.0] * 100, "count": 100, "median": 3.0, "others": 0.5}
    found = timing.summary([first, second])
    assert (found["low"], found["least"], found["median"]) == (2.0, 1.0, 2.5)
    assert found["others"] == 0.25


def record(low: float) -> dict[str, Any]:
    common = {"least": low, "median": low, "others": 0.0, "difference": 0.0, "versions": {}}
    return {**common, "low": low, "run": "a run"}


def page(tmp_path: Path, **lows: dict[str, float]) -> str:
    results = Results(tmp_path / "RESULTS.json")
    for workload, figures in lows.items():
        results.merge("workloads", workload, {name: record(low) for name, low in figures.items()})
    return tables.write(results.content, tmp_path, []).read_text()


def test_goals_are_held_against_the_peers_that_they_name(tmp_path: Path) -> None:
    text = page(
        tmp_path,
        W1={"bifront:static": 50e-6, "jax:jit": 100e-6, "torch:eager": 60e-6, "numpy:plain": 1e-6},
        W8={"bifront:static": 5e-6, "bifront:imperative": 10e-6, "jax:jit": 11e-6},
    )
    rows = {line.split(":")[0][2:]: line for line in text.splitlines() if line.startswith("| W")}
    assert "| reached: static 2.00" in rows["W1"]
    assert "60.0 us (torch:eager) | 1.20" in rows["W1"]
    assert "**not reached**: static 2.20, imperative 1.10" in rows["W8"]


def test_a_session_has_a_time_to_keep(tmp_path: Path) -> None:
    quick = page(tmp_path, W6session={"bifront:static": 5e-6, "bifront:executable": 1e-6})
    assert "under 6.00 us | reached: static 5.00 us" in quick
    slow = page(tmp_path, W6session={"bifront:static": 7e-6})
    assert "**not reached**: static 7.00 us" in slow


def test_limits_are_the_best_that_was_ever_seen(tmp_path: Path) -> None:
    results = Results(tmp_path / "RESULTS.json")
    results.machine({"processor": "one"})
    results.limits({"gemm_gflops": {"128": 100.0}, "products_s": {"W1": 2.0}})
    results.limits({"gemm_gflops": {"128": 90.0, "256": 95.0}, "products_s": {"W1": 1.0}})
    best = {"gemm_gflops": {"128": 100.0, "256": 95.0}, "products_s": {"W1": 1.0}}
    assert results.content["limits"] == best
    results.machine({"processor": "another"})
    assert results.content["limits"] == {}


def test_results_that_are_none_are_told(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.json"
    path.write_text("{")
    with pytest.raises(SystemExit, match="no JSON"):
        Results(path)


def test_pictures_show_all_that_bifront_took_part_in(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from peers import plots

    results = Results(tmp_path / "RESULTS.json")
    results.merge("workloads", "W1", {"bifront:static": record(1.0), "jax:jit": record(2.0)})
    results.merge("workloads", "W2", {"jax:jit": record(2.0)})
    drawn = plots.write(results.content, tmp_path)
    assert drawn == ["plots/ratios.svg", "plots/workloads.svg"]
    assert all((tmp_path / path).stat().st_size for path in drawn)
    assert set(plots._figures(results.content)) == {"W1"}
