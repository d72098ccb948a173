"""What PyTorch answers to the expressions and programs in ``tables/``: ``python record.py`` writes it there.

It needs PyTorch; the tests need only what it wrote.

In ``NAME.txt`` an expression follows ``>>> `` and what it is worth follows on the next lines. A ``! NAME`` says which
exception it raises. In ``programs.txt`` a program follows ``--- title`` and what it prints follows ``===``.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

TABLES = Path(__file__).parent / "tables"
EXPRESSIONS = sorted(p.stem for p in TABLES.glob("*.txt") if p.stem != "programs")


def names(torch: ModuleType) -> dict[str, Any]:
    """What expressions may use."""
    return {
        "torch": torch,
        "np": np,
        "A": torch.tensor([[0.5, -1.25, 2.0], [-0.75, 1.5, 0.25]]),
        "B": torch.tensor([[1.0, 2.0, -1.0], [0.5, 0.25, 4.0]]),
        "I": torch.tensor([[0, 1, 1], [3, 1, 0]]),
        "S": torch.tensor([[2.0, 0.5], [0.5, 1.0]]),
        "R": torch.arange(24).reshape(2, 3, 4),
    }


def read(table: str) -> Iterator[tuple[str, str]]:
    """Pairs of expression and answer."""
    text = (TABLES / f"{table}.txt").read_text()
    for entry in ("\n" + text).split("\n>>> ")[1:]:
        expression, _, answer = entry.partition("\n")
        yield expression, answer.rstrip("\n")


def read_programs() -> Iterator[tuple[str, str, str]]:
    """Title, program and what it prints."""
    text = (TABLES / "programs.txt").read_text()
    for entry in ("\n" + text).split("\n--- ")[1:]:
        title, _, rest = entry.partition("\n")
        program, _, answer = rest.partition("\n===\n")
        yield title, program, answer.rstrip("\n")


def output(torch: ModuleType, program: str) -> str:
    """What a program prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "<program>", "exec"), {"torch": torch, "np": np})
    return printed.getvalue().rstrip("\n")


def main() -> None:
    import torch

    warnings.simplefilter("ignore")
    for table in EXPRESSIONS:
        lines = []
        for expression, _ in read(table):
            try:
                answer = repr(eval(expression, names(torch)))
            except Exception as error:
                answer = f"! {type(error).__name__}"
            lines.append(f">>> {expression}\n{answer}\n")
        (TABLES / f"{table}.txt").write_text("".join(lines))
    programs = [f"--- {t}\n{p}\n===\n{output(torch, p)}\n" for t, p, _ in read_programs()]
    (TABLES / "programs.txt").write_text("".join(programs))


if __name__ == "__main__":
    main()
