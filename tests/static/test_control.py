"""Programs with branches and loops give what TensorFlow gives for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bifront.static as tf

from .behaviours import plain
from .control_programs import PROGRAMS
from .test_behaviours import compare

RECORDED = json.loads(Path(__file__).with_name("control.json").read_text())


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(plain(PROGRAMS[name](tf)), RECORDED[name], name)
