"""A linked image: machine code and data as bytes, with what must still be filled in when it is put into memory."""

from __future__ import annotations

import ctypes
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass

_HEADER = struct.Struct("<6Q")
_ENTRY = struct.Struct("<2Q")
PAGE = 4096
"""Sections that are written to begin on a page of their own, whatever the size of the system's pages divides."""


@dataclass(frozen=True, slots=True)
class Image:
    """Code that runs wherever it is put, once its absolute addresses are filled in.

    Attributes:
        content: code, then constants, then what is written to.
        writable: where in ``content`` the part that is written to begins; a multiple of the page size.
        size: bytes in memory; what goes beyond ``content`` is zero.
        symbols: the functions by name: offsets.
        bases: offsets of 8-byte words that get the image's own address added.
        externals: offsets of 8-byte words that get the address of a function of the process, and its name.
    """

    content: bytes
    writable: int
    size: int
    symbols: dict[str, int]
    bases: tuple[int, ...]
    externals: tuple[tuple[int, str], ...]

    def to_bytes(self) -> bytes:
        """The image as a file holds it."""
        parts = [
            _HEADER.pack(
                len(self.content),
                self.writable,
                self.size,
                len(self.symbols),
                len(self.bases),
                len(self.externals),
            ),
            struct.pack(f"<{len(self.bases)}Q", *self.bases),
        ]
        for name, offset in (*self.symbols.items(), *((n, o) for o, n in self.externals)):
            encoded = name.encode()
            parts += [_ENTRY.pack(offset, len(encoded)), encoded]
        parts.append(self.content)
        return b"".join(parts)

    @staticmethod
    def from_bytes(data: bytes) -> Image:
        """The image of a file.

        Raises:
            ValueError: the bytes are no image.
        """
        try:
            length, writable, size, symbols, bases, externals = _HEADER.unpack_from(data)
            if max(symbols, bases, externals) > len(data):
                raise ValueError("an image has more entries than bytes")
            at = _HEADER.size
            words = struct.unpack_from(f"<{bases}Q", data, at)
            at += 8 * bases
            named: list[tuple[int, str]] = []
            for _ in range(symbols + externals):
                offset, letters = _ENTRY.unpack_from(data, at)
                at += _ENTRY.size
                named.append((offset, data[at : at + letters].decode()))
                at += letters
        except struct.error as error:
            raise ValueError(f"an image ends early: {error}") from None
        content = data[at:]
        if len(content) != length or not writable <= size or length > size or writable % PAGE:
            raise ValueError("the parts of an image do not fit")
        if any(o + 8 > length for o in words) or any(o + 8 > length for o, _ in named[symbols:]):
            raise ValueError("an image has an address outside itself")
        if any(o >= length for o, _ in named[:symbols]):
            raise ValueError("an image has a function outside itself")
        return Image(
            content,
            writable,
            size,
            {n: o for o, n in named[:symbols]},
            words,
            tuple(named[symbols:]),
        )


class Mapping:
    """An image in memory: its code can be run, not written, as long as this object lives.

    Args:
        image: what is put into memory.
        resolve: the address of a function of the process by its name.

    Raises:
        OSError: the system gives no memory, or does not let it be executed.
        LookupError: ``resolve`` does not know a name.
    """

    __slots__ = ("_address", "_memory", "_symbols", "_view")

    def __init__(self, image: Image, resolve: Callable[[str], int]) -> None:
        self._memory = mmap.mmap(
            -1,
            max(image.size, 1),
            mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS,
            mmap.PROT_READ | mmap.PROT_WRITE,
        )
        self._view = (ctypes.c_char * len(self._memory)).from_buffer(self._memory)
        self._address = address = ctypes.addressof(self._view)
        self._memory[: len(image.content)] = image.content
        for offset in image.bases:
            at = struct.unpack_from("<Q", self._memory, offset)[0]
            struct.pack_into("<Q", self._memory, offset, (at + address) % (1 << 64))
        for offset, name in image.externals:
            struct.pack_into("<Q", self._memory, offset, resolve(name))
        if image.writable and _mprotect(address, image.writable, mmap.PROT_READ | mmap.PROT_EXEC):
            raise OSError(ctypes.get_errno(), "the system does not let generated code be executed")
        self._symbols = image.symbols

    def address(self, name: str) -> int:
        """Where a function is.

        Raises:
            LookupError: there is none of this name.
        """
        if name not in self._symbols:
            raise LookupError(f"generated code has no function {name!r}")
        return self._address + self._symbols[name]


def _mprotect(address: int, length: int, protection: int) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    function = libc.mprotect
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    result: int = function(address, length, protection)
    return result
