"""Unique names, as TensorFlow 1 makes them: ``Add``, ``Add_1``, ``layer/Add``."""

from __future__ import annotations

import re

_VALID_AT_ROOT = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
_VALID = re.compile(r"^[A-Za-z0-9_.\\/>-]+$")


class Names:
    """The names used in a graph; two names that differ in case only count as the same."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def unique(self, name: str, mark: bool = True) -> str:
        """``name``, or the first of ``name_1``, ``name_2``, ... that is free."""
        key = name.lower()
        count = self._used.get(key, 0)
        if mark:
            self._used[key] = count + 1
        if not count:
            return name
        candidate = name
        while key in self._used:
            candidate = f"{name}_{count}"
            key = candidate.lower()
            count += 1
        if mark:
            self._used[key] = 1
            self._used[name.lower()] = count
        return candidate


def check_name(name: str, inside: bool) -> None:
    """Raises: ValueError: the name holds characters that TensorFlow does not take."""
    if not (_VALID if inside else _VALID_AT_ROOT).match(name):
        raise ValueError(
            f"'{name}' is not a valid scope name: use letters, digits and _ . / > - "
            "(and begin with a letter, digit or dot)"
        )
