"""A module of LLVM IR as several, which are compiled side by side."""

from __future__ import annotations

import re

_FUNCTION = re.compile(r"^define\b.*?^}\n", re.MULTILINE | re.DOTALL)
_HEAD = re.compile(r"define\s+(?:internal\s+)?(.*?@([\w.]+)\(.*\)).*\{\n")
_NAME = re.compile(r"@([\w.]+)")


def split(text: str, lines: int, most: int) -> list[str]:
    """The functions of a module on as many modules as there are so many lines in it.

    Functions that were internal can be called from the other modules, and are not seen beyond them. The same text is
    always split in the same way.

    Args:
        text: as `Module` writes it: global values that are private, declarations, functions, attributes.
        lines: how many are worth a module of their own.
        most: how many modules there are at most.
    """
    functions = [m[0] for m in _FUNCTION.finditer(text)]
    count = min(text.count("\n") // lines, most, len(functions))
    if count < 2:
        return [text]
    rest = _FUNCTION.sub("", text)
    heads = {m[2]: m[1] for f in functions if (m := _HEAD.match(f))}
    chosen: list[list[str]] = [[] for _ in range(count)]
    sizes = [0] * count
    # The largest first, each to where least is.
    for function in sorted(functions, key=len, reverse=True):
        least = sizes.index(min(sizes))
        chosen[least].append(function)
        sizes[least] += len(function)
    return [_module(rest, heads, own) for own in chosen]


def _module(rest: str, heads: dict[str, str], functions: list[str]) -> str:
    body = "".join(f.replace("define internal", "define hidden", 1) for f in functions)
    own = {m[2] for f in functions if (m := _HEAD.match(f))}
    used = dict.fromkeys(_NAME.findall(body))
    declared = "".join(f"declare hidden {heads[n]}\n" for n in used if n in heads and n not in own)
    # Unused global values and declarations leave nothing in an object.
    return f"{rest}{declared}{body}"
