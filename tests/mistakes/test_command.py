"""``bifront mistakes``, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CATALOGUE = Path(__file__).resolve().parents[2] / "examples" / "mistakes"
WANTED = {
    "mistake", "style", "script", "line", "stage", "detected", "by", "names_faulty_line",
    "line_distance", "frames", "words", "message",
}  # fmt: skip


def mistakes(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bifront", "mistakes", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def test_as_json(tmp_path: Path) -> None:
    done = mistakes(CATALOGUE / "shape_mismatch", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    static, imperative = json.loads(done.stdout)
    assert set(static) == set(imperative) == WANTED
    assert (static["style"], imperative["style"]) == ("static", "imperative")
    assert (static["stage"], imperative["stage"]) == ("build", "first run")
    assert static["names_faulty_line"] is imperative["names_faulty_line"] is True
    assert list(tmp_path.iterdir()) == []


def test_as_a_table(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("x = 1\ny = x / 0  # FAULT\n")
    done = mistakes("mine.py", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mine.py:2: division by zero" in done.stdout
    assert "1 found, 1 with the faulty line" in done.stdout
    head, row, *_ = done.stdout.splitlines()
    assert head.split()[:3] == ["mistake", "style", "stage"]
    assert row.split()[0] == "mine"


def test_as_markdown(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("raise ValueError('a | b')  # FAULT\n")
    done = mistakes(".", "--markdown", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2].endswith("| a \\| b |")


def test_what_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text("x = 1\n")
    (tmp_path / "page.md").write_text("A page is no program.\n")
    (tmp_path / "empty").mkdir()
    for given, said in [
        ("fine.py", "no line of fine.py carries the comment # FAULT"),
        ("page.md", "page.md is not Python"),
        ("nowhere.py", "there is no script nowhere.py"),
        ("empty", "there is no script in empty"),
    ]:
        done = mistakes(given, folder=tmp_path)
        assert done.returncode == 1, given
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
