"""Where instructions stand in the source, and files as syntax."""

from __future__ import annotations

import ast
import dis
import linecache
from collections.abc import Callable, Iterator
from types import CodeType

import pytest

from bifront.compiler.source import Span, place_at, position_at, span_at, span_of, tree_of

Written = Callable[[str, str], None]


@pytest.fixture
def write() -> Iterator[Written]:
    """Lets a text stand in a file that exists in `linecache` alone."""
    files: set[str] = set()

    def put(file: str, text: str) -> None:
        files.add(file)
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)

    yield put
    for file in files:
        linecache.cache.pop(file, None)


def compiled(text: str, file: str = "<a test of source>") -> CodeType:
    code = compile(text, file, "exec")
    return next((c for c in code.co_consts if isinstance(c, CodeType)), code)


def offsets(code: CodeType, span: Span) -> list[int]:
    """The instructions that stand at a place."""
    return [i.offset for i in dis.get_instructions(code) if span_at(code, i.offset) == span]


def calls(text: str) -> list[Span]:
    return [span_of(n) for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call)]


def test_instructions_stand_where_the_syntax_says() -> None:
    text = 'def f(x):\n    return "ä·ö", g(x,\n        h(x))\n'
    code = compiled(text)
    outer, inner = calls(text)
    assert outer.holds(inner)
    assert not inner.holds(outer)
    assert all(offsets(code, span) for span in (outer, inner))


def test_what_python_did_not_keep() -> None:
    code = compiled("def f(x):\n    return g(x)\n")
    end = len(code.co_code)
    assert position_at(code, end) is position_at(code, -1) is span_at(code, -1) is None
    lines = code.replace(co_linetable=compiled("def f(x): pass").co_linetable[:0])
    assert span_at(lines, 0) is None
    assert place_at(lines, 0) != place_at(lines, 2)


def test_a_place_is_one_whatever_instruction_runs_there() -> None:
    text = "def f(x):\n    while g(x): x = h(x), h(x)\n"
    code = compiled(text)
    places = []
    for span in calls(text):
        same = {place_at(code, offset) for offset in offsets(code, span)}
        assert len(same) == 1
        places += same
    assert len(set(places)) == 3
    names = [i.offset for i in dis.get_instructions(code) if i.argval == "g"]
    assert len(names) == 2  # a test stands at the head of the loop and at its end
    assert len({place_at(code, offset) for offset in names}) == 1


def test_equal_code_of_two_files_stands_at_two_places() -> None:
    text = "def f(x):\n    return g(x)\n"
    one, other = compiled(text, "<one>"), compiled(text, "<other>")
    assert one == other
    assert place_at(one, 2) != place_at(other, 2)


def test_a_file_is_read_once_as_long_as_it_is_the_same(write: Written) -> None:
    file = "<a test of trees>"
    assert tree_of(file) is None
    write(file, "x = 1\n")
    tree = tree_of(file)
    assert tree is not None
    assert ast.unparse(tree) == "x = 1"
    assert tree_of(file) is tree
    write(file, "x = 1\n")
    assert tree_of(file) is tree
    write(file, "x = 2\n")
    assert ast.unparse(tree_of(file) or ast.Module([], [])) == "x = 2"
    write(file, "x = = 2\n")
    assert tree_of(file) is None
