"""``bifront claims``, as a user runs it, on the claims that take no time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bifront.claims import CLAIMS, run_claims
from bifront.claims.report import markdown


def claims(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bifront", "claims", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def test_as_json(tmp_path: Path) -> None:
    done = claims("7", "1", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = json.loads(done.stdout)
    assert (first["number"], second["number"]) == (1, 7)
    for result in (first, second):
        assert set(result) == {
            "number", "claim", "experiment", "figures", "rule", "criteria", "verdict",
        }  # fmt: skip
        assert result["verdict"] in ("holds", "holds in part", "does not hold")
        for figure in result["figures"]:
            assert set(figure) == {"name", "unit", "values", "timed", "detail"}
            assert set(figure["values"]) == {"static", "imperative"}
            assert not figure["timed"]
        for criterion in result["criteria"]:
            assert isinstance(criterion["met"], bool)
            assert criterion["sentence"]
    assert list(tmp_path.iterdir()) == []


def test_as_a_table_and_a_page(tmp_path: Path) -> None:
    done = claims("1", "7", "--html", "page.html", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "logical lines" in done.stdout
    assert "page: page.html" in done.stdout
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    for result in run_claims([1, 7]):
        assert f"{result.number}. {result.claim}" in text
        assert f"{result.number}. {result.claim} {result.verdict}" in done.stdout


def test_an_unknown_claim(tmp_path: Path) -> None:
    done = claims("1", "9", "12", folder=tmp_path)
    assert done.returncode == 1
    assert "there is no claim 9, 12" in done.stderr
    assert "1 to 8" in done.stderr
    assert "Traceback" not in done.stderr


def test_figures_repeat() -> None:
    once, again = (run_claims([1, 7]) for _ in range(2))
    assert once == again


def test_the_docs_show_the_figures_of_a_run() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "claims.md"
    text = page.read_text(encoding="utf-8")
    results = run_claims([1, 7])
    assert markdown(results[:1]) in text
    assert markdown(results[1:]) in text
    for claim in CLAIMS.values():
        assert f"### {claim.number}. {claim.claim} *" in text
        for criterion in claim.criteria:
            assert f": {criterion.sentence}\n" in text
