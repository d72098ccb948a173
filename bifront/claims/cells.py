"""A running process in which a program's statements are the cells of a notebook."""

from __future__ import annotations

import ast
import sys
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType

from .watched import until_number


def statements_again(before: ast.Module, after: ast.Module) -> list[ast.stmt]:
    """The top-level statements of an edited program that have to run again.

    Those that differ, and those that use a name which one of them gives a value: assigned, or defined. What a statement
    changes in an object that another one made is not seen, as it is not in notebooks that follow names.
    """
    known = {ast.dump(statement) for statement in before.body}
    stale: set[str] = set()
    again = []
    for statement in after.body:
        names = list(ast.walk(statement))
        used = {n.id for n in names if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        if ast.dump(statement) in known and stale.isdisjoint(used):
            continue
        again.append(statement)
        stale |= {n.id for n in names if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        stale |= {n.name for n in names if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    return again


def seconds_to_next(before: Path, after: Path) -> dict[str, float]:
    """Run a program, and what of an edited one has to run again until it has a number.

    Returns:
        ``seconds`` from the edit to the number, and how many ``statements`` there are to run.
    """
    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = __builtins__
    main.__file__ = str(before)
    sys.modules["__main__"] = main
    trees = [ast.parse(path.read_text()) for path in (before, after)]
    with redirect_stdout(StringIO()):
        exec(compile(trees[0], str(before), "exec"), main.__dict__)
    started = time.perf_counter()
    again = statements_again(*trees)
    module = ast.Module(body=again, type_ignores=[])
    code = compile(module, str(after), "exec")
    seconds = until_number(lambda: exec(code, main.__dict__), started)
    return {"seconds": seconds, "statements": len(again)}
