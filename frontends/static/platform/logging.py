"""``tf.logging``, on Python's own logging."""

from __future__ import annotations

import logging as _logging
from typing import NoReturn

from ..public import missing

__all__ = [
    "DEBUG", "ERROR", "FATAL", "INFO", "WARN", "WARNING", "debug", "error", "fatal",
    "get_verbosity", "info", "log", "log_every_n", "log_first_n", "set_verbosity", "warn",
    "warning",
]  # fmt: skip

DEBUG, INFO, WARN, ERROR, FATAL = 10, 20, 30, 40, 50
WARNING = WARN

_logger = _logging.getLogger("bifront.static")
_logger.setLevel(WARN)
_counts: dict[str, int] = {}


def set_verbosity(v: int) -> None:
    """Messages below this level are not shown."""
    _logger.setLevel(int(v))
    if not _logger.handlers:
        handler = _logging.StreamHandler()
        handler.setFormatter(_logging.Formatter("%(levelname)s:tensorflow:%(message)s"))
        _logger.addHandler(handler)
        _logger.propagate = False


def get_verbosity() -> int:
    return _logger.level


def log(level: int, msg: object, *args: object) -> None:
    _logger.log(level, msg, *args)


def debug(msg: object, *args: object) -> None:
    _logger.debug(msg, *args)


def info(msg: object, *args: object) -> None:
    _logger.info(msg, *args)


def warning(msg: object, *args: object) -> None:
    _logger.warning(msg, *args)


warn = warning


def error(msg: object, *args: object) -> None:
    _logger.error(msg, *args)


def fatal(msg: object, *args: object) -> None:
    _logger.critical(msg, *args)


def log_every_n(level: int, msg: object, n: int, *args: object) -> None:
    """Show the message each ``n``-th time."""
    count = _counts[str(msg)] = _counts.get(str(msg), -1) + 1
    if count % n == 0:
        log(level, msg, *args)


def log_first_n(level: int, msg: object, n: int, *args: object) -> None:
    """Show the message the first ``n`` times."""
    count = _counts[str(msg)] = _counts.get(str(msg), -1) + 1
    if count < n:
        log(level, msg, *args)


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.logging", name, globals())
