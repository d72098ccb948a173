"""TensorBoard's files: protocol-buffer messages written by hand, in records with checksums.

Only the few messages of an event file are needed (https://github.com/tensorflow/tensorboard, `event.proto` and
`summary.proto`), so the wire format (https://protobuf.dev/programming-guides/encoding/) is written directly.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np


def varint(number: int) -> bytes:
    """An integer in groups of 7 bits, the lowest first."""
    number &= (1 << 64) - 1
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def integer(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def double(field: int, number: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", number)


def float32(field: int, number: float) -> bytes:
    return varint(field << 3 | 5) + struct.pack("<f", number)


def chunk(field: int, data: bytes) -> bytes:
    """A string, bytes, or a message within a message."""
    return varint(field << 3 | 2) + varint(len(data)) + data


def doubles(field: int, numbers: Iterable[float]) -> bytes:
    return chunk(field, np.asarray(list(numbers), "<f8").tobytes())


def _table() -> list[int]:
    rows = []
    for index in range(256):
        for _ in range(8):
            index = index >> 1 ^ (0x82F63B78 if index & 1 else 0)
        rows.append(index)
    return rows


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """The Castagnoli checksum (RFC 3720, appendix B.4)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    """One record of a TFRecord file: length, checksum, data, checksum."""
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)
