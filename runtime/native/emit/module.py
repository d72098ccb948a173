"""A module of LLVM IR: functions, the intrinsics that they call, and constant tables."""

from __future__ import annotations

from collections.abc import Sequence

from .types import Operand, Type


class Module:
    """What is compiled in one go.

    Args:
        attributes: attributes of every function, such as ``"prefer-vector-width"="512"``.
        avx512: whether functions may use instructions that only AVX-512 has.
    """

    def __init__(self, attributes: str = "", avx512: bool = False) -> None:
        self.attributes = attributes
        self.avx512 = avx512
        self._functions: list[str] = []
        self._declared: dict[str, str] = {}
        self._globals: list[str] = []
        self.made: dict[str, object] = {}
        """What was written once for all who use it, by a key of the writer's."""

    def declare(self, name: str, returns: str, parameters: Sequence[Type | str]) -> str:
        """Make an intrinsic known; gives its name."""
        if name not in self._declared:
            types = ", ".join(map(str, parameters))
            self._declared[name] = f"declare {returns} @{name}({types})"
        return name

    def add(self, text: str) -> None:
        """Add the text of a function."""
        self._functions.append(text)

    def table(self, type: Type, elements: Sequence[Operand]) -> str:
        """Add a constant array, aligned to 64 bytes; gives its name, with ``@``."""
        name = f"@table{len(self._globals)}"
        listed = ", ".join(str(e) for e in elements)
        self._globals.append(
            f"{name} = private unnamed_addr constant [{len(elements)} x {type}] [{listed}], align 64"
        )
        return name

    def __str__(self) -> str:
        parts = [*self._globals, *self._declared.values(), *self._functions]
        return "\n".join(parts) + f"\nattributes #0 = {{ nounwind {self.attributes} }}\n"
