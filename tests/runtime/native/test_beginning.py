"""What every graph needs is compiled on another thread, once, and a graph of nothing needs no code at all."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf
from bifront.runtime.native.cache import Cache

engine = pytest.importorskip("bifront.runtime.native.engine")
program = pytest.importorskip("bifront.runtime.native.program")
pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")

ANSWER = "define i64 @answer() {\n  ret i64 42\n}\n"


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads that compiled something, with an empty cache."""
    store = Cache(str(tmp_path / "cache"))
    monkeypatch.setattr(engine, "disk", lambda: store)
    names: list[str] = []
    real = engine._compile

    def compile(text: str) -> bytes:
        names.append(threading.current_thread().name)
        made: bytes = real(text)
        return made

    monkeypatch.setattr(engine, "_compile", compile)
    return names


def answer(code: engine.Loaded) -> int:
    return int(ctypes.CFUNCTYPE(ctypes.c_int64)(code.address("answer"))())


def test_what_was_begun_is_compiled_once(compiled: list[str]) -> None:
    codes = [(lambda: ANSWER, "one"), (lambda: ANSWER, "another")]
    engine.begin(codes)
    assert [answer(engine.load(*code)) for code in codes] == [42, 42]
    assert compiled == ["bifront compiler"] * 2
    assert not engine._begun


def test_what_is_cached_is_not_begun(compiled: list[str]) -> None:
    engine.load(lambda: ANSWER, "one")
    engine.begin([(lambda: ANSWER, "one")])
    assert not engine._begun
    assert answer(engine.load(lambda: ANSWER, "one")) == 42
    assert len(compiled) == 1


def test_what_fails_there_fails_where_it_is_needed(compiled: list[str]) -> None:
    engine.begin([(lambda: "no IR", "one"), (lambda: ANSWER, "another")])
    with pytest.raises(RuntimeError, match="parsing error"):
        engine.load(lambda: "no IR", "one")
    assert answer(engine.load(lambda: ANSWER, "another")) == 42


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_fork_waits_for_it(compiled: list[str]) -> None:
    def slowly() -> str:
        time.sleep(0.2)
        return ANSWER

    engine.begin([(slowly, "one")])
    child = os.fork()
    if not child:
        # The child has no other thread that could finish anything.
        os._exit(0 if answer(engine.load(slowly, "one")) == 42 and len(compiled) == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert answer(engine.load(slowly, "one")) == 42


def test_first_values_that_are_constants_need_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("code for nothing")

    monkeypatch.setattr(program, "load", refuse)
    weights = np.arange(6, dtype=np.float32)
    with tf.Graph().as_default() as graph, bf.using_backend("native"):
        variable = tf.Variable(weights)
        session = tf.Session(graph=graph)
        session.run(tf.global_variables_initializer())
    monkeypatch.undo()
    with bf.using_backend("native"):
        np.testing.assert_array_equal(session.run(variable), weights)
