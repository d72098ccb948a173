"""``tf.flags``: command-line flags, parsed when one is first read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from ..public import missing

__all__ = [
    "DEFINE_bool", "DEFINE_boolean", "DEFINE_enum", "DEFINE_float", "DEFINE_integer",
    "DEFINE_list", "DEFINE_string", "FLAGS", "mark_flag_as_required",
]  # fmt: skip


class FlagValues:
    """The flags, as attributes. Reading one parses the command line, once."""

    def __init__(self) -> None:
        object.__setattr__(self, "_parser", argparse.ArgumentParser(allow_abbrev=False))
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_defaults", {})
        object.__setattr__(self, "_parsed", False)

    _parser: argparse.ArgumentParser
    _values: dict[str, object]
    _defaults: dict[str, object]
    _parsed: bool

    def define(self, name: str, default: object, help: str | None, **how: object) -> None:
        """A new flag ``--name``; defining it again replaces it."""
        object.__setattr__(self, "_parsed", False)
        if name in self._defaults:
            self._parser = _without(self._parser, name)
        shown = (help or "").replace("%", "%%")
        self._parser.add_argument(f"--{name}", default=default, help=shown, dest=name, **how)  # type: ignore[arg-type]
        self._defaults[name] = default

    def parse(self, argv: Sequence[str]) -> list[str]:
        """Read the flags of a command line; gives what is left of it."""
        found, rest = self._parser.parse_known_args(list(argv)[1:])
        self._values.update({k: v for k, v in vars(found).items() if k in self._defaults})
        object.__setattr__(self, "_parsed", True)
        return [*list(argv)[:1], *rest]

    def __call__(self, argv: Sequence[str], known_only: bool = False) -> list[str]:
        return self.parse(argv)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if not self._parsed:
            self.parse(sys.argv)
        if name not in self._values:
            raise missing("tf.flags.FLAGS", name, self._defaults)
        return self._values[name]

    def __setattr__(self, name: str, value: object) -> None:
        if name == "_parser":
            object.__setattr__(self, name, value)
            return
        if not self._parsed:
            self.parse(sys.argv)
        self._values[name] = value

    def __getitem__(self, name: str) -> object:
        return getattr(self, name)

    def __contains__(self, name: str) -> bool:
        return name in self._defaults

    def __iter__(self) -> object:
        return iter(self._defaults)

    def flag_values_dict(self) -> dict[str, object]:
        if not self._parsed:
            self.parse(sys.argv)
        return dict(self._values)


def _without(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    """The parser without one flag (argparse cannot take one back)."""
    kept = argparse.ArgumentParser(allow_abbrev=False)
    for action in parser._actions:
        if action.dest not in (name, "help"):
            kept._add_action(action)
    return kept


FLAGS = FlagValues()


def DEFINE_string(name: str, default: str | None, help: str | None = None, **_: object) -> None:
    """A flag that holds a text."""
    FLAGS.define(name, default, help)


def DEFINE_integer(name: str, default: int | None, help: str | None = None, **_: object) -> None:
    """A flag that holds an integer."""
    FLAGS.define(name, default, help, type=int)


def DEFINE_float(name: str, default: float | None, help: str | None = None, **_: object) -> None:
    """A flag that holds a number."""
    FLAGS.define(name, default, help, type=float)


def DEFINE_boolean(name: str, default: bool | None, help: str | None = None, **_: object) -> None:
    """A flag that is true or false: ``--name``, ``--name=false``, ``--noname``."""
    FLAGS.define(name, default, help, type=_truth, nargs="?", const=True)
    FLAGS._parser.add_argument(
        f"--no{name}", dest=name, action="store_const", const=False, help=argparse.SUPPRESS
    )


DEFINE_bool = DEFINE_boolean


def DEFINE_enum(
    name: str, default: str | None, enum_values: Sequence[str], help: str | None = None,
    **_: object,
) -> None:  # fmt: skip
    """A flag that holds one of several texts."""
    FLAGS.define(name, default, help, choices=list(enum_values))


def DEFINE_list(name: str, default: object, help: str | None = None, **_: object) -> None:
    """A flag that holds texts separated by commas."""
    given = default.split(",") if isinstance(default, str) else default
    FLAGS.define(name, given, help, type=lambda s: s.split(",") if s else [])


def mark_flag_as_required(name: str) -> None:
    """The flag must be given on the command line."""
    for action in FLAGS._parser._actions:
        if action.dest == name:
            action.required = True


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "t", "1", "yes", "false", "f", "0", "no"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() in ("true", "t", "1", "yes")


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.flags", name, globals())
