"""Every mistake of the catalogue is found in both styles, and what is said of it is what the docs show."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from bifront.mistakes import Examined, examine, find_fault, find_scripts
from bifront.mistakes.catalogue import CATALOGUE
from bifront.mistakes.report import HEAD, cells

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mistakes.md"
SCRIPTS = find_scripts()
STYLES = ("static", "imperative")
IDS = [f"{script.parent.name}-{script.stem}" for script in SCRIPTS]
REGENERATE = (
    "if that is what is meant: bifront mistakes --markdown, and put the table into docs/mistakes.md"
)


@cache
def examined(script: Path) -> Examined:
    return examine(script)


@cache
def shown() -> dict[tuple[str, str], tuple[str, ...]]:
    """The rows of the page's table, by mistake and style."""
    rows = [
        tuple(cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1])
        for line in PAGE.read_text().splitlines()
        if line.startswith("| ")
    ]
    assert rows[0] == HEAD
    return {row[:2]: row for row in rows[2:]}


def test_the_catalogue_holds_every_mistake_in_both_styles() -> None:
    folders = sorted({script.parent for script in SCRIPTS})
    assert [script.stem for script in SCRIPTS] == [*STYLES] * len(folders)
    assert len(folders) >= 26
    assert set(shown()) == {(folder.name, style) for folder in folders for style in STYLES}


@pytest.mark.parametrize("script", SCRIPTS, ids=IDS)
def test_the_mistake_is_found_and_its_line_named(script: Path) -> None:
    found = examined(script)
    assert found.detected
    assert found.said.names_faulty_line, found.said.message


@pytest.mark.parametrize("script", SCRIPTS, ids=IDS)
def test_what_is_said_is_what_the_page_shows(script: Path) -> None:
    found = examined(script)
    assert cells(found) == shown()[found.mistake, found.style], REGENERATE


@pytest.mark.parametrize("script", SCRIPTS, ids=IDS)
def test_a_script_is_short_and_tells_what_the_mistake_is(script: Path) -> None:
    text = script.read_text()
    model = {"static": "TensorFlow", "imperative": "PyTorch|Python"}[script.stem]
    docstring = text.split('"""')[1]
    assert re.search(model, docstring)
    assert f"import bifront.{script.stem} as {'tf' if script.stem == 'static' else 'torch'}" in text
    code = [line for line in text.split('"""', 2)[2].splitlines() if line.strip()]
    assert len(code) <= 30
    assert find_fault(script).script == script


def test_the_catalogue_is_that_of_the_checkout() -> None:
    assert Path(__file__).resolve().parents[2] in CATALOGUE.parents
