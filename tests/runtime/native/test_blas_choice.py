"""BLAS from generated code, and the remembered choice between it and own kernels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bifront.runtime.native.emit import F32, F64, Module, Type
from bifront.runtime.native.products import Product, Tiling
from bifront.runtime.native.products.blas import address, emit_blas_product
from bifront.runtime.native.products.choice import BLAS, OWN, choose_routine

from .products_engine import Compiled, multiply
from .test_products import STORED, STORED_IDS, close, expected, operands

LARGE = Product(F32, 128, 128, 128)


def compile(module: Module) -> Callable[[str], int]:
    return Compiled(module).address


@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize("type", [F32, F64], ids=["f32", "f64"])
@pytest.mark.parametrize(("ta", "tb"), STORED, ids=STORED_IDS)
def test_blas_products(ta: bool, tb: bool, type: Type, accumulate: bool) -> None:
    product = Product(type, None, None, None, ta, tb)
    module = Module()
    emit_blas_product(module, "product", product, Tiling(), accumulate=accumulate)
    function = Compiled(module).function("product", blas=True)
    for m, n, k in ((20, 33, 17), (1, 1, 1), (7, 5, 0), (0, 3, 2)):
        a, b, c = operands(product, m, n, k, extra=2)
        before = c.copy()
        multiply(function, product, Tiling(), a, b, c, k, gemm=address(type))
        close(c, expected(product, a, b) + (before if accumulate else 0), k)


def test_small_products_and_those_that_may_not_be_measured_are_own(tmp_path: Path) -> None:
    def never(module: Module) -> Callable[[str], int]:
        raise AssertionError("measured")

    assert choose_routine(Product(F32, 64, 64, 64), Tiling(), tmp_path, never) == OWN
    assert choose_routine(LARGE, Tiling(), tmp_path) == OWN
    assert not list(tmp_path.iterdir())


def test_a_choice_is_measured_once(tmp_path: Path) -> None:
    measured: list[Module] = []

    def counted(module: Module) -> Callable[[str], int]:
        measured.append(module)
        return compile(module)

    first = choose_routine(LARGE, Tiling(), tmp_path, counted, "this CPU")
    assert first in (OWN, BLAS)
    assert choose_routine(LARGE, Tiling(), tmp_path, counted, "this CPU") == first
    assert choose_routine(LARGE, Tiling(), tmp_path, None, "this CPU") == first
    assert len(measured) == 1
    choose_routine(LARGE, Tiling(), tmp_path, counted, "that CPU")
    assert len(measured) == 2


@pytest.mark.parametrize("content", ["", "[1, 2]", '{"a": 3}', "\x00"])
def test_a_damaged_file_is_measured_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "products.json"
    path.write_text(content)
    chosen = choose_routine(LARGE, Tiling(), tmp_path, compile)
    assert list(json.loads(path.read_text()).values()) == [chosen]


def test_a_remembered_choice_of_an_unknown_name_is_not_taken(tmp_path: Path) -> None:
    choose_routine(LARGE, Tiling(), tmp_path, compile)
    path = tmp_path / "products.json"
    path.write_text(path.read_text().replace(OWN, "mine").replace(BLAS, "mine"))
    assert choose_routine(LARGE, Tiling(), tmp_path) == OWN


def test_ones_give_what_they_should() -> None:
    """The measured product is a product: a guard against measuring calls that do nothing."""
    module = Module()
    emit_blas_product(module, "product", LARGE, Tiling())
    a = np.ones((128, 128), np.float32)
    c = np.zeros((128, 128), np.float32)
    multiply(
        Compiled(module).function("product", blas=True),
        LARGE,
        Tiling(),
        a,
        a,
        c,
        128,
        gemm=address(F32),
    )
    assert (c == 128).all()
