"""The operator table in the docs is the registry's."""

from pathlib import Path

from bifront.cli.operators import operator_table
from bifront.compiler.ops import REGISTRY

TABLE = Path(__file__).resolve().parent.parent / "docs" / "operators.md"


def test_the_table_is_current() -> None:
    assert TABLE.read_text() == operator_table(), "write it anew: bifront ops > docs/operators.md"


def test_every_operation_stands_in_the_table_once() -> None:
    table = operator_table()
    assert all(table.count(f"| `{name}` |") == 1 for name in REGISTRY)
