"""``tf.app``: the entry point of scripts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from ..public import missing
from . import flags as flags

__all__ = ["flags", "run"]


def run(main: Callable[[list[str]], object] | None = None, argv: Sequence[str] | None = None) -> NoReturn:  # fmt: skip
    """Parse the flags, call ``main`` (default: that of the script) with the rest of the command line, and exit."""
    rest = flags.FLAGS.parse(sys.argv if argv is None else argv)
    function = main or sys.modules["__main__"].main
    status = function(rest)
    sys.exit(status if status is None or isinstance(status, (int, str)) else str(status))


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.app", name, globals())
