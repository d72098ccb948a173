"""What generated code may rely on: the stack's alignment, instructions that only some machines have."""

from __future__ import annotations

import pytest

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")

from bifront import imperative as torch
from bifront.compiler.ir import Graph
from bifront.runtime.native.function import write
from bifront.runtime.native.lowered import lowered
from bifront.runtime.native.program import target
from bifront.runtime.native.schedule import schedule
from bifront.runtime.native.target import Target


def _chain() -> Graph:
    def chain(x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(x) * torch.sigmoid(x) + torch.exp(x)

    return torch.trace(chain)(torch.ones(100)).graph


def _text(vector_bytes: int, avx512: bool) -> str:
    return write(schedule(lowered(_chain()), False), Target(vector_bytes, avx512, target().tiling))


@pytest.mark.parametrize("vector_bytes", [16, 32, 64])
def test_spilled_vectors_stay_within_a_line_of_the_cache(vector_bytes: int) -> None:
    assert f"alignstack={vector_bytes} " in _text(vector_bytes, False)


def test_instructions_of_avx512_are_used_only_where_there_are_some() -> None:
    assert "llvm.x86.avx512" not in _text(64, False)
    assert "llvm.x86.avx512" in _text(64, True)


def test_narrower_vectors_do_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from bifront.runtime.native.machine import VECTOR_BYTES, machine

    monkeypatch.setenv(VECTOR_BYTES, "32")
    machine.cache_clear()
    try:
        assert not target().avx512
    finally:
        machine.cache_clear()
