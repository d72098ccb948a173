"""Every code block of the README and the docs is executed.

* ``python`` blocks of one page run in order, in one namespace, in an empty folder;
* ``console`` blocks run each line that begins with ``$ ``, beside the examples, and what they print must be what
  the page shows, figures of time and memory aside;
* files and folders that the page of the design names are there;
* ``sh`` blocks may only hold ``make`` targets that the Makefile has, and what fetches the project.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    text = page.read_text()
    return [
        (text.count("\n", 0, m.start(2)) + 1, m.group(2))
        for m in BLOCK.finditer(text)
        if m.group(1) == language
    ]


def with_blocks(language: str) -> list[Path]:
    return [page for page in PAGES if blocks(page, language)]


@pytest.mark.parametrize("page", with_blocks("python"), ids=lambda p: p.name)
def test_python_blocks_run(page: Path, tmp_path: Path) -> None:
    # The blocks become one script whose line numbers are the page's own, so that an error points into the page.
    lines: list[str] = []
    for line, code in blocks(page, "python"):
        lines += [""] * (line - 1 - len(lines)) + code.splitlines()
    script = tmp_path / f"{page.stem}.py"
    script.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{page.name}: {done.stderr}"


@pytest.mark.parametrize("page", with_blocks("console"), ids=lambda p: p.name)
def test_console_blocks_print_what_they_show(page: Path, tmp_path: Path) -> None:
    binaries = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("COLUMNS", None)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for line, text in blocks(page, "console"):
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n?)*)", text, re.MULTILINE):
            done = subprocess.run(
                command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{page.name}:{line}: {command}: {done.stderr}"
            assert _masked(done.stdout) == _masked(shown), f"{page.name}:{line}"


@pytest.mark.parametrize("page", with_blocks("sh"), ids=lambda p: p.name)
def test_shell_blocks_name_real_targets(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for line, text in blocks(page, "sh"):
        for command in text.splitlines():
            words = command.split("#")[0].split()
            if not words or words[0] in ("git", "cd", "pip"):
                continue
            assert words[0] == "make", f"{page.name}:{line}: {command}"
            for target in words[1:]:
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name}: {target}"


def test_the_design_names_files_that_are_there() -> None:
    """A path begins at the root, at a folder of the section's heading or beside it, or at a folder named before it."""
    page = ROOT / "docs" / "design.md"
    folders: list[Path] = []
    missing, count = [], 0
    for number, line in enumerate(page.read_text().splitlines(), 1):
        named = re.findall(r"`((?:[\w-]+/)+[\w-]*|[\w/]+\.py)`", line)
        if line.startswith("#"):
            folders = [ROOT, *(each for n in named for each in (ROOT / n, (ROOT / n).parent))]
        starts = [*folders, *(ROOT / n for n in named)]
        count += len(named)
        missing += [f"{number}: {n}" for n in named if not any((s / n).exists() for s in starts)]
    assert not missing, f"{page.name} names what is not there: {missing}"
    assert count > 50


def _masked(text: str) -> list[str]:
    text = re.sub(r"\d+(\.\d+)? (us|ms|s|MB)\b", "<figure>", text)
    text = re.sub(r"[─━]+", "─", text)
    return [re.sub(r"\s+", " ", line).strip() for line in text.strip().splitlines()]
