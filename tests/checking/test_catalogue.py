"""Real programs: the checks find every silent mistake of the catalogue, and nothing in the examples and the docs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bifront.mistakes import find_fault, find_scripts
from bifront.mistakes.examining import _in_a_process

ROOT = Path(__file__).resolve().parents[2]
PAIRS = sorted(p for p in (ROOT / "examples" / "pairs").rglob("*.py") if p.stem != "text")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MISTAKES = find_scripts()


@pytest.mark.parametrize("script", MISTAKES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_silent_mistake_is_found_on_its_line_and_nothing_else(script: Path) -> None:
    ended, _ = _in_a_process("plain", script)
    if ended["stage"] != "never":
        pytest.skip("it raises an error by itself")
    found, _ = _in_a_process("checked", script)
    fault = find_fault(script)
    assert [fault.distance(one["line"]) for one in found] == [0]


def check(script: Path, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bifront", "check", str(script)],
        capture_output=True, text=True, cwd=folder, env={**os.environ, "BIFRONT_BACKEND": "numpy"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert done.stdout.endswith("Nothing was found.\n")


@pytest.mark.parametrize("script", PAIRS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_nothing_is_found_in_the_examples(script: Path, tmp_path: Path) -> None:
    check(script, tmp_path)


@pytest.mark.parametrize("page", [p for p in PAGES if BLOCK.search(p.read_text())], ids=lambda p: p.stem)  # fmt: skip
def test_nothing_is_found_in_the_docs(page: Path, tmp_path: Path) -> None:
    if page.stem == "checks":
        pytest.skip("its programs are wrong on purpose")
    script = tmp_path / f"{page.stem}.py"
    # Blank lines keep the line numbers of the page.
    text, lines = page.read_text(), [""]
    for block in BLOCK.finditer(text):
        start = text.count("\n", 0, block.start(1))
        lines += [""] * (start + 1 - len(lines)) + block.group(1).splitlines()
    script.write_text("\n".join(lines[1:]) + "\n")
    check(script, tmp_path)
