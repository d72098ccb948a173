"""The linker: ELF files of x86-64, as LLVM writes them, become an `Image`.

LLVM can link objects itself, but only after its library of well over 100 MB was loaded. Code that was compiled and
linked once is put into memory without it.

Source: System V Application Binary Interface, AMD64 Architecture Processor Supplement, chapter 4 (object files).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from .image import PAGE, Image

_SECTION = struct.Struct("<2I4Q2I2Q")
_SYMBOL = struct.Struct("<I2BH2Q")
_RELA = struct.Struct("<2Qq")
_PROGBITS, _SYMTAB, _RELOCATIONS, _NOBITS = 1, 2, 4, 8
_WRITE, _ALLOCATED, _EXECUTED, _THREAD_LOCAL = 1, 2, 4, 0x400
_R_64, _R_PC32, _R_GOT, _R_PLT32, _R_PC64, _R_GOTX, _R_REX_GOTX = 1, 2, 9, 4, 24, 41, 42
_RESERVED = 0xFF00
"""Numbers of sections from here on have meanings of their own."""
_STUB = b"\xff\x25\x00\x00\x00\x00\xcc\xcc"
"""``jmp [rip]``: to the address in the word that follows the instruction's end, two bytes on."""


class UnsupportedObject(Exception):
    """An object uses something that this linker does not know; LLVM must link it."""


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    kind: int
    flags: int
    data: memoryview
    size: int
    link: int
    info: int
    align: int
    symbols: int
    """How many symbols the objects before have."""


@dataclass(frozen=True, slots=True)
class _Symbol:
    name: str
    section: int
    value: int
    kind: int
    binding: int


@dataclass(slots=True)
class _Layout:
    """Where things are put."""

    content: bytearray
    places: dict[int, int] = field(default_factory=dict)
    """Sections by number: offsets."""
    slots: dict[str, int] = field(default_factory=dict)
    """Words with addresses, by the names of functions of the process."""
    bases: list[int] = field(default_factory=list)
    got: dict[tuple[int, int], int] = field(default_factory=dict)
    """Words with addresses of what the objects hold, by section and offset there."""


def link(*objects: bytes) -> Image:
    """Link objects that were compiled for each other.

    Raises:
        UnsupportedObject: one is of another kind, or needs what is not done here.
    """
    try:
        return _link([memoryview(data) for data in objects])
    except (struct.error, LookupError, ValueError) as error:
        raise UnsupportedObject(f"the object is damaged: {error}") from None


def _link(objects: list[memoryview]) -> Image:
    sections: list[_Section] = []
    symbols: list[_Symbol] = []
    for data in objects:
        if bytes(data[:6]) != b"\x7fELF\x02\x01" or struct.unpack_from("<2H", data, 16) != (1, 62):
            raise UnsupportedObject("not a relocatable ELF object of x86-64")
        read = _sections(data, len(sections), len(symbols))
        symbols += _symbols(read, len(sections))
        sections += read
    symbols = _resolved(symbols)
    layout = _Layout(bytearray())
    executed = [i for i, s in enumerate(sections) if _is_loaded(s) and not s.flags & _WRITE]
    written = [i for i, s in enumerate(sections) if _is_loaded(s) and s.flags & _WRITE]
    _place(layout, sections, executed)
    _make_room(layout, symbols, sections)
    _pad(layout.content, PAGE)
    writable = len(layout.content)
    _place(layout, sections, sorted(written, key=lambda i: sections[i].kind == _NOBITS))
    size = len(layout.content)
    for section in sections:
        if section.kind == _RELOCATIONS and section.info in layout.places:
            place = layout.places[section.info]
            for offset, info, addend in _RELA.iter_unpack(section.data):
                symbol = symbols[section.symbols + (info >> 32)]
                _relocate(layout, place + offset, symbol, info & 0xFFFFFFFF, addend)
    found = {
        s.name: layout.places[s.section] + s.value
        for s in symbols
        if s.kind == 2 and s.binding == 1 and s.section in layout.places
    }
    externals = tuple((offset, name) for name, offset in layout.slots.items())
    return Image(bytes(layout.content), writable, size, found, tuple(layout.bases), externals)


def _is_loaded(section: _Section) -> bool:
    if section.flags & _THREAD_LOCAL:
        raise UnsupportedObject("thread-local data")
    # Unwind tables are of no use to code that raises nothing.
    return bool(section.flags & _ALLOCATED) and section.size > 0 and section.name != ".eh_frame"


def _sections(data: memoryview, before: int, symbols: int) -> list[_Section]:
    """The sections of an object; numbers of sections count those of the objects before."""
    (start,) = struct.unpack_from("<Q", data, 40)
    width, count, names = struct.unpack_from("<3H", data, 58)
    heads = [_SECTION.unpack_from(data, start + i * width) for i in range(count)]
    letters = bytes(data[heads[names][4] : heads[names][4] + heads[names][5]])
    sections = []
    for name, kind, flags, _, at, size, link, info, align, _ in heads:
        content = data[at : at + (0 if kind == _NOBITS else size)]
        sections.append(
            _Section(
                _string(letters, name),
                kind,
                flags,
                content,
                size,
                link,
                info + before,
                align,
                symbols,
            )
        )
    return sections


def _string(letters: bytes, at: int) -> str:
    return letters[at : letters.index(b"\0", at)].decode()


def _symbols(sections: list[_Section], before: int) -> list[_Symbol]:
    symbols: list[_Symbol] = []
    for section in sections:
        if section.kind == _SYMTAB:
            letters = bytes(sections[section.link].data)
            for name, info, _, index, value, _ in _SYMBOL.iter_unpack(section.data):
                if 0 < index < _RESERVED:
                    index += before
                symbols.append(_Symbol(_string(letters, name), index, value, info & 15, info >> 4))
    return symbols


def _resolved(symbols: list[_Symbol]) -> list[_Symbol]:
    """With what one object needs and another has."""
    known = {s.name: s for s in symbols if s.section and s.binding == 1}
    return [s if s.section else known.get(s.name, s) for s in symbols]


def _pad(content: bytearray, align: int) -> None:
    content.extend(bytes(-len(content) % max(align, 1)))


def _place(layout: _Layout, sections: list[_Section], chosen: list[int]) -> None:
    for i in chosen:
        section = sections[i]
        if section.align > PAGE:
            raise UnsupportedObject("a section is aligned to more than a page")
        _pad(layout.content, section.align)
        layout.places[i] = len(layout.content)
        layout.content += bytes(section.size) if section.kind == _NOBITS else section.data


def _make_room(layout: _Layout, symbols: list[_Symbol], sections: list[_Section]) -> None:
    """Stubs for the functions of the process, and words for the addresses that code loads."""
    for section in sections:
        if section.kind != _RELOCATIONS:
            continue
        for _, info, _ in _RELA.iter_unpack(section.data):
            symbol, kind = symbols[section.symbols + (info >> 32)], info & 0xFFFFFFFF
            if symbol.section == 0 and symbol.name and symbol.name not in layout.slots:
                _pad(layout.content, 16)
                layout.content += _STUB
                # The stub reads the word right behind its six bytes.
                layout.slots[symbol.name] = len(layout.content) - 2
                layout.content += bytes(8)
            elif symbol.section and kind in (_R_GOT, _R_GOTX, _R_REX_GOTX):
                _pad(layout.content, 8)
                layout.got.setdefault((symbol.section, symbol.value), len(layout.content))
                layout.content += bytes(8)


def _relocate(layout: _Layout, at: int, symbol: _Symbol, kind: int, addend: int) -> None:
    content = layout.content
    outside = symbol.section == 0
    if outside:
        slot = layout.slots[symbol.name]
        target = slot - 6
    elif symbol.section in layout.places:
        target = layout.places[symbol.section] + symbol.value
        slot = layout.got.get((symbol.section, symbol.value), -1)
    else:
        raise UnsupportedObject(
            f"a reference to {symbol.name!r}, which is in no section that is loaded"
        )
    if kind == _R_PLT32 or (kind == _R_PC32 and not outside):
        struct.pack_into("<i", content, at, target + addend - at)
    elif kind in (_R_GOT, _R_GOTX, _R_REX_GOTX):
        struct.pack_into("<i", content, at, slot + addend - at)
        if not outside and slot not in layout.bases:
            struct.pack_into("<Q", content, slot, target)
            layout.bases.append(slot)
    elif kind == _R_PC64:
        struct.pack_into("<q", content, at, target + addend - at)
    elif kind == _R_64:
        struct.pack_into("<Q", content, at, (target + addend) % (1 << 64))
        layout.bases.append(at)
    else:
        raise UnsupportedObject(f"a relocation of type {kind}")
