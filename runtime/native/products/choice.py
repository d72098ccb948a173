"""Own code or BLAS for a product: what the user says, else what took less time when it was measured.

The answer depends on sizes before anything else: below `LEAST`, and where the user wants own code, nothing is looked up
and nothing loaded. Times are measured once for a class of sizes and a number of threads, and kept in the cache.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..target import LEAST, PRODUCTS
from .library import installed, library
from .product import Product

__all__ = [
    "BLAS",
    "ENOUGH",
    "MEASURED",
    "OWN",
    "Chosen",
    "Measure",
    "Rounds",
    "asked",
    "choose_routine",
    "is_quicker",
    "representative",
    "sizes_of",
]

OWN, BLAS, MEASURED = "own", "blas", "measured"

MARGIN = 0.95
"""BLAS is taken where it needs at most this part of the own code's time: at best, and in most rounds."""
ENOUGH = 5
"""Rounds without which BLAS is not taken: on a busy machine any one may say anything."""
_COLUMNS = 768
"""Larger sizes are as quick as this one: it is several blocks of whatever caches hold."""
_ROWS = 256
"""Rows for each thread, beyond which they make no difference."""

Rounds = tuple[tuple[float, float], ...]
"""Seconds that own code and BLAS took, by turns."""
Measure = Callable[[Product, str], "Rounds | None"]
"""Times of a product, from the cache by a key, or measured; None where they may not be."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who multiplies, and why."""

    routine: str
    why: str

    def __str__(self) -> str:
        return f"{'BLAS' if self.routine == BLAS else 'own code'}, as {self.why}"


def asked() -> str:
    """What the environment asks for.

    Raises:
        ValueError: it is none of the three.
    """
    text = os.environ.get(PRODUCTS, "").strip() or MEASURED
    if text not in (OWN, BLAS, MEASURED):
        raise ValueError(f"{PRODUCTS} is {text!r}; use {OWN}, {BLAS} or {MEASURED}")
    return text


def choose_routine(
    product: Product, regular: bool, wish: str, threads: int, measure: Measure
) -> Chosen:
    """Who multiplies.

    Args:
        regular: sizes are known and the rows of both matrices lie apart in memory.
        wish: `OWN`, `BLAS` or `MEASURED`.
        threads: how many threads share a product.
        measure: asked only about large products.
    """
    if wish == OWN:
        return Chosen(OWN, f"{PRODUCTS} says")
    if not regular:
        return Chosen(OWN, "BLAS takes matrices of known sizes whose rows lie apart")
    assert product.m is not None
    assert product.n is not None
    assert product.k is not None
    if wish == MEASURED and 2 * product.m * product.n * product.k < LEAST:
        return Chosen(OWN, f"BLAS is only tried from {LEAST:,} operations on")
    found = installed()
    if not found:
        return Chosen(OWN, "scipy, which brings BLAS, is not installed")
    try:
        if wish == BLAS:
            library()
            return Chosen(BLAS, f"{PRODUCTS} says")
        like = representative(product, threads)
        rounds = measure(like, f"{like} on {threads} threads, {found}")
        if rounds is None:
            return Chosen(OWN, "nothing is measured where nothing is cached")
        if is_quicker(rounds):
            library()
            return Chosen(BLAS, _said(like, threads, rounds))
        own, blas = map(min, zip(*rounds, strict=True))
        unclear = ", which is not clearly less" if blas < own else ""
        return Chosen(OWN, _said(like, threads, rounds) + unclear)
    except ImportError as error:
        return Chosen(OWN, str(error))


def is_quicker(rounds: Rounds) -> bool:
    """Whether BLAS is, clearly."""
    if len(rounds) < ENOUGH:
        return False
    own, blas = map(min, zip(*rounds, strict=True))
    ahead = sum(b <= MARGIN * a for a, b in rounds)
    return blas <= MARGIN * own and 3 * ahead >= 2 * len(rounds)


def _said(product: Product, threads: int, rounds: Rounds) -> str:
    own, blas = map(min, zip(*rounds, strict=True))
    return (
        f"a product of {sizes_of(product)} took {own * 1e3:.3g} ms, and {blas * 1e3:.3g} ms by BLAS "
        f"({threads} {'thread' if threads == 1 else 'threads'}, best of {len(rounds)})"
    )


def sizes_of(product: Product) -> str:
    """The sizes of both matrices, as they lie in memory."""
    m, n, k = ("?" if s is None else str(s) for s in (product.m, product.n, product.k))
    a = f"{k}x{m} transposed" if product.transpose_a else f"{m}x{k}"
    b = f"{n}x{k} transposed" if product.transpose_b else f"{k}x{n}"
    return f"{a} and {b}"


def representative(product: Product, threads: int) -> Product:
    """The product that is measured for all of a class: sizes of one or one and a half times a power of two."""
    assert product.m is not None
    assert product.n is not None
    assert product.k is not None
    return replace(
        product,
        m=_near(product.m, max(_COLUMNS, _ROWS * threads)),
        n=_near(product.n, _COLUMNS),
        k=_near(product.k, _COLUMNS),
    )


def _near(size: int, largest: int) -> int:
    size = min(size, largest)
    power = 1 << (size.bit_length() - 1)
    return min((power, power + power // 2, 2 * power), key=lambda s: abs(s - size))
