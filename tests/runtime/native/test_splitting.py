"""One module of IR compiled as several objects is the code that it is as one."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf
from bifront.runtime.native.emit.splitting import split

engine = pytest.importorskip("bifront.runtime.native.engine")
objects = pytest.importorskip(
    "bifront.runtime.native.objects", reason="the native backend needs llvmlite"
)

from bifront.runtime.native.cache import Cache  # noqa: E402
from bifront.runtime.native.elf import link  # noqa: E402
from bifront.runtime.native.image import Mapping  # noqa: E402

TEXT = """\
@table0 = private unnamed_addr constant [2 x i64] [i64 40, i64 50], align 64
declare i64 @llvm.smax.i64(i64, i64)
declare i64 @labs(i64)
define internal i64 @element(i64 %i) #0 {
entry:
  %p = getelementptr i64, ptr @table0, i64 %i
  %v = load i64, ptr %p, align 8
  ret i64 %v
}
define  i64 @answer(i64 %i) #0 {
entry:
  %a = call i64 @element(i64 %i)
  %b = call i64 @two.of(i64 1)
  %c = add i64 %a, %b
  ret i64 %c
}
define internal i64 @two.of(i64 %x) #0 {
entry:
  %a = call i64 @llvm.smax.i64(i64 %x, i64 2)
  %b = call i64 @labs(i64 %a)
  ret i64 %b
}
define  i64 @address() #0 {
entry:
  %a = ptrtoint ptr @answer to i64
  ret i64 %a
}
attributes #0 = { nounwind }
"""


@pytest.fixture
def wide() -> bf.Graph:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 24])
        w = tf.Variable(np.linspace(-1, 1, 24 * 40, dtype=np.float32).reshape(24, 40))
        y = tf.nn.softmax(tf.tanh(x @ w) @ tf.transpose(w))
        return bf.graph_of([y, tf.reduce_sum(tf.exp(y), axis=0)], inputs=[x])


def defined(text: str) -> list[str]:
    return re.findall(r"^define.*?@([\w.]+)\(", text, re.MULTILINE)


def test_every_function_is_in_one_piece() -> None:
    pieces = split(TEXT, 6, 3)
    assert len(pieces) == 3
    assert sorted(n for p in pieces for n in defined(p)) == sorted(defined(TEXT))
    assert pieces == split(TEXT, 6, 3)
    assert split(TEXT, 1000, 8) == [TEXT]
    assert len(split(TEXT, 1, 2)) == 2


@pytest.mark.skipif(not engine.links_here(), reason="LLVM links here")
@pytest.mark.parametrize("most", [1, 2, 3, 4])
@pytest.mark.parametrize("threads", [1, 3])
def test_objects_are_linked_with_each_other(most: int, threads: int) -> None:
    compiled = objects.compile_objects(split(TEXT, 1, most), engine._make_machine, threads)
    assert len(compiled) == most
    code = Mapping(link(*compiled), engine.resolve)
    answer = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(code.address("answer"))
    assert [answer(0), answer(1)] == [42, 52]
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(code.address("address"))() == code.address("answer")


def test_threads_make_no_difference() -> None:
    pieces = split(TEXT, 1, 4)
    one, many = (objects.compile_objects(pieces, engine._make_machine, n) for n in (1, 4))
    assert one == many


@pytest.mark.parametrize("threads", [1, 4])
def test_what_llvm_refuses_is_told(threads: int) -> None:
    with pytest.raises(RuntimeError, match="nonsense"):
        objects.compile_objects([TEXT, "nonsense", TEXT], engine._make_machine, threads)


@pytest.mark.skipif(not engine.links_here(), reason="LLVM links here")
def test_a_graph_in_pieces_gives_the_same_bits(
    wide: bf.Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = np.random.default_rng(0).standard_normal((7, 24)).astype(np.float32)
    weights = np.linspace(-1, 1, 24 * 40, dtype=np.float32).reshape(24, 40)
    found = []
    for lines in (1_000_000, 40):
        monkeypatch.setattr(engine, "LINES", lines)
        monkeypatch.setattr(engine, "disk", lambda lines=lines: Cache(str(tmp_path / str(lines))))
        found.append(bf.compile(wide, "native")(data, weights))
    for one, many in zip(*found, strict=True):
        np.testing.assert_array_equal(one, many)
