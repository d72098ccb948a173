"""What code reads: names of globals and attributes, as its instructions tell."""

from __future__ import annotations

import dis
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import CodeType
from weakref import WeakKeyDictionary

from ....compiler.location import Location, in_house

__all__ = ["Reads", "line_that_reads", "names_in", "reads_of", "trusted"]


@dataclass(frozen=True)
class Reads:
    """The names that a code object uses.

    Attributes:
        globals: names that it looks up, or sets, in its module.
        names: names of attributes, and strings, which may be keys.
        anything: whether it can reach attributes under names that it computes.
    """

    globals: frozenset[str]
    names: frozenset[str]
    anything: bool


_DYNAMIC = frozenset({"getattr", "setattr", "delattr", "vars", "dir", "attrgetter", "__dict__"})
_GLOBALS = ("LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME")
_KNOWN: WeakKeyDictionary[CodeType, Reads] = WeakKeyDictionary()


def reads_of(code: CodeType) -> Reads:
    """What one code object reads; the functions that it defines are code objects of their own."""
    known = _KNOWN.get(code)
    if known is None:
        found = frozenset(i.argval for i in dis.get_instructions(code) if i.opname in _GLOBALS)
        names = names_in(code)
        known = _KNOWN[code] = Reads(found, names, not _DYNAMIC.isdisjoint(names))
    return known


def names_in(code: CodeType) -> frozenset[str]:
    """All names of a code object, and the strings that it holds."""
    return frozenset((*code.co_names, *_strings(code.co_consts)))


def _strings(constants: tuple[object, ...] | frozenset[object]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, (tuple, frozenset)):
            yield from _strings(constant)


def line_that_reads(name: str, codes: list[CodeType]) -> Location | None:
    """The first instruction in these code objects that mentions a name."""
    for code in codes:
        if name in code.co_names or name in code.co_freevars or name in code.co_consts:
            for instruction in dis.get_instructions(code):
                if instruction.argval == name and instruction.opname != "COPY_FREE_VARS":
                    return Location.of_code(code, instruction.offset)
    return None


_LIBRARY = str(Path(sysconfig.get_path("stdlib")))
_PACKAGES = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
# Found without importing them: SciPy takes long, and most programs do without.
_NUMERIC = tuple(
    str(Path(spec.origin).parent)
    for spec in map(find_spec, ("numpy", "scipy"))
    if spec is not None and spec.origin is not None
)


@lru_cache(maxsize=4096)
def trusted(file: str) -> bool:
    """Whether code from this file depends on nothing that changes: bifront's own, Python's library, NumPy and SciPy."""
    if in_house[file] or file.startswith(_NUMERIC) or file.startswith(("<frozen ", "<string>")):
        return True
    return file.startswith(_LIBRARY) and not file.startswith(_PACKAGES)
