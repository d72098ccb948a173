"""Every test of the declarative frontend begins with an empty graph."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import bifront.static as tf


@pytest.fixture(autouse=True)
def graph() -> Iterator[tf.Graph]:
    with tf.Graph().as_default() as empty:
        yield empty
