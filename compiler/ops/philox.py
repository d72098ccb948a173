"""Philox4x32-10: random bits as a function of a key and a counter.

The generator of J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, *Parallel random numbers: as easy as 1, 2, 3*,
SC 2011 (https://doi.org/10.1145/2063384.2063405). Ten rounds turn a counter of four 32-bit words and a key of two into
four words that pass all known tests. There is no state: any backend computes any element alone and gets the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

ROUNDS = 10
_WORD = 0xFFFFFFFF
_LOW = np.uint64(_WORD)
_HALF = np.uint64(32)
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
WEYL = 0x9E3779B9, 0xBB67AE85
"""By how much the two words of the key grow in each round."""
_FACTORS = np.array(MULTIPLIERS, np.uint64)[:, None]
_WEYL = np.outer(np.arange(ROUNDS), WEYL).astype(np.uint64)
"""What the key has grown by in each round."""
_CHUNK = 1 << 12
"""Blocks computed at a time: what fits in the nearest cache."""


def philox(counter: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """One block of four words for each counter.

    Args:
        counter: uint64[4, n], whose elements are 32-bit words, least significant first.
        key: two 32-bit words.

    Returns:
        uint64[4, n], likewise.
    """
    even, odd = counter[::2].copy(), counter[1::2].copy()
    keys = (_WEYL + np.array(key, np.uint64)) & _LOW
    products = np.empty_like(even)
    for round_key in keys[:, :, None]:
        np.multiply(even, _FACTORS, out=products)
        # The upper half of each product goes to the other even word, the lower half to the odd word behind that.
        np.right_shift(products[::-1], _HALF, out=even)
        np.bitwise_xor(even, odd, out=even)
        np.bitwise_xor(even, round_key, out=even)
        np.bitwise_and(products[::-1], _LOW, out=odd)
    return np.stack((even[0], odd[0], even[1], odd[1]))


def words(key: np.ndarray, count: int) -> np.ndarray:
    """The first ``count`` 32-bit words of the stream that a key names.

    Args:
        key: int64[2], the seed and the number of the call. The seed is the key of the generator; block ``i`` of the
            stream has ``i`` in the lower half of the counter and the number of the call in the upper half.

    Returns:
        uint32[count].
    """
    stream = np.empty(count, np.uint32)
    for first, part in pieces(key, count):
        stream[first : first + len(part)] = part
    return stream


def pieces(key: np.ndarray, count: int) -> Iterator[tuple[int, np.ndarray]]:
    """The same words in pieces of an even length that fit in a near cache, each with the place of its first word."""
    seed, call = (int(k) & 0xFFFFFFFFFFFFFFFF for k in key)
    blocks = -(-count // 4)
    for first in range(0, blocks, _CHUNK):
        index = np.arange(first, min(first + _CHUNK, blocks), dtype=np.uint64)
        counter = np.empty((4, len(index)), np.uint64)
        np.bitwise_and(index, _LOW, out=counter[0])
        np.right_shift(index, _HALF, out=counter[1])
        counter[2] = call & _WORD
        counter[3] = call >> 32
        part = philox(counter, (seed & _WORD, seed >> 32)).T.astype(np.uint32, order="C")
        yield 4 * first, part.reshape(-1)[: count - 4 * first]
