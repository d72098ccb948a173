"""Philox4x32-10: random bits as a function of a key and a counter.

The generator of J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, *Parallel random numbers: as easy as 1, 2, 3*,
SC 2011 (https://doi.org/10.1145/2063384.2063405). Ten rounds turn a counter of four 32-bit words and a key of two into
four words that pass all known tests. There is no state: any backend computes any element alone and gets the same bits.
"""

from __future__ import annotations

import numpy as np

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_WORD = 0xFFFFFFFF
_LOW = np.uint64(_WORD)
_HALF = np.uint64(32)
_CHUNK = 1 << 12
"""Blocks computed at a time: what fits in the nearest cache."""


def philox(counter: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """One block of four words for each counter.

    Args:
        counter: uint64[4, n], whose elements are 32-bit words, least significant first; overwritten.
        key: two 32-bit words.

    Returns:
        uint64[4, n], likewise.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    low, high = np.empty_like(c0), np.empty_like(c0)
    for _ in range(_ROUNDS):
        np.multiply(c0, _MULTIPLIERS[0], out=low)
        np.multiply(c2, _MULTIPLIERS[1], out=high)
        # c0 and c2 take the upper halves of the other's product, c1 and c3 the lower halves.
        np.right_shift(high, _HALF, out=c0)
        np.bitwise_xor(c0, c1, out=c0)
        np.bitwise_xor(c0, np.uint64(k0), out=c0)
        np.right_shift(low, _HALF, out=c2)
        np.bitwise_xor(c2, c3, out=c2)
        np.bitwise_xor(c2, np.uint64(k1), out=c2)
        np.bitwise_and(high, _LOW, out=c1)
        np.bitwise_and(low, _LOW, out=c3)
        k0 = (k0 + _WEYL[0]) & _WORD
        k1 = (k1 + _WEYL[1]) & _WORD
    return np.stack((c0, c1, c2, c3))


def words(key: np.ndarray, count: int) -> np.ndarray:
    """The first ``count`` 32-bit words of the stream that a key names.

    Args:
        key: int64[2], the seed and the number of the call. The seed is the key of the generator; block ``i`` of the
            stream has ``i`` in the lower half of the counter and the number of the call in the upper half.

    Returns:
        uint32[count].
    """
    seed, call = (int(k) & 0xFFFFFFFFFFFFFFFF for k in key)
    blocks = -(-count // 4)
    stream = np.empty((blocks, 4), np.uint32)
    for first in range(0, blocks, _CHUNK):
        index = np.arange(first, min(first + _CHUNK, blocks), dtype=np.uint64)
        counter = np.empty((4, len(index)), np.uint64)
        np.bitwise_and(index, _LOW, out=counter[0])
        np.right_shift(index, _HALF, out=counter[1])
        counter[2] = call & _WORD
        counter[3] = call >> 32
        stream[first : first + len(index)] = philox(counter, (seed & _WORD, seed >> 32)).T
    return stream.reshape(-1)[:count]
