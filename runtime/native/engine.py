"""From LLVM IR to addresses of functions, through the cache on disk.

On Linux and x86-64 a compiled object is linked here (`elf`) and cached as an image: what is found in the cache runs
without LLVM having been loaded. Elsewhere LLVM links the objects, and the cache keeps those.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from threading import Thread
from typing import Protocol

from . import image
from .cache import Cache, default_directory
from .machine import machine

FORMAT = 1
"""Changes with what is stored in the cache."""

OPTIMIZATION = 1
"""LLVM's level for generating code. No passes run over the IR: it comes in explicit vector form."""

LINES = 500
"""Lines of IR that are worth an object of their own."""
MOST = 8
"""Objects of one module."""


class Loaded(Protocol):
    """Code in memory; it stays there as long as this object lives."""

    def address(self, name: str) -> int:
        """Where a function is. Raises: LookupError if there is none of this name."""


class Linked:
    """Code that LLVM linked, in a library of its own."""

    __slots__ = ("_kept", "_name")

    def __init__(self, data: bytes) -> None:
        from llvmlite import binding

        self._name = f"bifront{next(_count)}"
        builder = binding.JITLibraryBuilder().add_object_img(data).add_current_process()
        self._kept = [builder.link(_linker(), self._name)]

    def address(self, name: str) -> int:
        try:
            found = _linker().lookup(self._name, name)
        except RuntimeError:
            raise LookupError(f"generated code has no function {name!r}") from None
        self._kept.append(found)
        return int(found[name])


_count = itertools.count()


@cache
def disk() -> Cache:
    """The cache of this process."""
    return Cache(default_directory())


@cache
def links_here() -> bool:
    """Whether objects are linked without LLVM."""
    return sys.platform == "linux" and machine().architecture == "x86_64" and sys.maxsize > 1 << 32


def load(text: Callable[[], str], key: str, store: Cache | None = None) -> Loaded:
    """Code in memory, from the cache or newly compiled.

    Args:
        text: writes the LLVM IR; called only where nothing is cached.
        key: tells apart what ``text`` may write: the graph and every choice that was made for it. The machine and the
            versions of what compiles are added here.
        store: where it is cached; by default the user's cache.

    Raises:
        ImportError: it must be compiled, and llvmlite is not installed.
        RuntimeError: LLVM refuses the IR.
        OSError: the system does not let generated code be executed.
    """
    store = store or disk()
    full = f"{key}\n{_context()}"
    begun = _begun.pop(full, None) if store is disk() else None
    if begun is not None and (made := begun.result(full)) is not None:
        return _open(made)
    payload = store.read(full)
    if payload is not None:
        try:
            return _open(payload)
        except (ValueError, LookupError, RuntimeError, ImportError):
            store.discard(full)
    return _open(_make(text, full, store))


def _make(text: Callable[[], str], full: str, store: Cache) -> bytes:
    payload = _compile(text())
    store.write(full, payload)
    return payload


def begin(codes: Iterable[tuple[Callable[[], str], str]]) -> None:
    """Compile on another thread what is not cached, so that it is there when `load` asks for it.

    Args:
        codes: what `load` will be given: texts and keys.
    """
    full = {f"{key}\n{_context()}": text for text, key in codes}
    missing = {key: text for key, text in full.items() if not disk().has(key)}
    if missing:
        begun = _Begun(missing)
        # Without another thread `load` does it all.
        with contextlib.suppress(RuntimeError):
            begun.start()
            _begun.update(dict.fromkeys(missing, begun))


class _Begun(Thread):
    """Compiles what it is given, one after the other."""

    def __init__(self, codes: Mapping[str, Callable[[], str]]) -> None:
        super().__init__(name="bifront compiler")
        self._codes = codes
        self._made: dict[str, bytes] = {}

    def run(self) -> None:
        for full, text in self._codes.items():
            # Whoever needs it compiles it again, and gets the error.
            with contextlib.suppress(Exception):
                self._made[full] = _make(text, full, disk())

    def result(self, full: str) -> bytes | None:
        """What was made under a key; None where that failed."""
        self.join()
        return self._made.get(full)


_begun: dict[str, _Begun] = {}


def _wait() -> None:
    """A process forks when nothing is half done: its child would not have the thread that does the rest."""
    for begun in list(_begun.values()):
        begun.join()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait)


def remember(write: Callable[[], str], key: str, store: Cache | None = None) -> str:
    """A text that belongs to code, from the cache or newly written.

    Args:
        write: writes it; called only where nothing is cached.
        key, store: as for `load`; the key is none that code has.
    """
    store = store or disk()
    full = f"{key}\n{_context()}"
    payload = store.read(full)
    if payload is None:
        payload = write().encode()
        store.write(full, payload)
    return payload.decode()


@cache
def _context() -> str:
    """Machine and versions: code that another one wrote is not for here."""
    package = sys.modules[__name__.partition(".")[0]]
    version = getattr(package, "__version__", "")
    return f"{FORMAT} {version} {_llvmlite_version()} {OPTIMIZATION} {_sources()} {machine().key}"


def _llvmlite_version() -> str:
    """llvmlite's version, without loading LLVM; nothing where it is not installed."""
    try:
        import llvmlite
    except ImportError:
        return ""
    return str(llvmlite.__version__)


def _sources() -> str:
    """The state of the files that decide what code is written, so that a change to one of them is seen."""
    here = os.path.dirname(__file__)
    fusion = os.path.join(here, "..", "..", "compiler", "fusion")
    states = []
    for root in (here, fusion):
        for folder, _, names in os.walk(root):
            for name in names:
                if name.endswith(".py"):
                    status = os.stat(os.path.join(folder, name))
                    states.append((name, status.st_size, status.st_mtime_ns))
    return str(sorted(states))


# Compiling.


def _compile(text: str) -> bytes:
    """What the cache keeps of a module: an image where it can be linked here, else the object."""
    from .emit.splitting import split
    from .objects import compile_objects

    if links_here():
        from .elf import UnsupportedObject, link

        try:
            pieces = split(text, LINES, MOST)
            return b"I" + link(*compile_objects(pieces, _make_machine, machine().cores)).to_bytes()
        except UnsupportedObject as error:
            warnings.warn(
                f"LLVM links this code, which takes longer: {error}", RuntimeWarning, stacklevel=3
            )
    return b"O" + compile_objects([text], _make_machine, 1)[0]


def _make_machine():  # type: ignore[no-untyped-def]  # llvmlite has no types
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    features = binding.get_host_cpu_features().flatten()
    target = binding.Target.from_triple(binding.get_process_triple())
    options = {"reloc": "pic", "codemodel": "small"} if links_here() else {}
    return target.create_target_machine(
        cpu=binding.get_host_cpu_name(), features=features, opt=OPTIMIZATION, **options
    )


# Loading.


def _open(payload: bytes) -> Loaded:
    if payload[:1] == b"I":
        return image.Mapping(image.Image.from_bytes(payload[1:]), resolve)
    return Linked(payload[1:])


@cache
def _linker():  # type: ignore[no-untyped-def]  # llvmlite has no types
    from llvmlite import binding

    return binding.create_lljit_compiler(_make_machine())  # type: ignore[no-untyped-call]


@cache
def resolve(name: str) -> int:
    """The address of a function of the C library or of LLVM's helpers.

    Raises:
        LookupError: there is none of this name.
    """
    for library in _libraries():
        try:
            function = getattr(library, name)
        except AttributeError:
            continue
        address = ctypes.cast(function, ctypes.c_void_p).value
        if address:
            return address
    raise LookupError(f"no library of this process has a function {name!r}")


@cache
def _libraries() -> tuple[ctypes.CDLL, ...]:
    found = [ctypes.CDLL(None)]
    for name in ("libm.so.6", "libgcc_s.so.1"):
        try:
            found.append(ctypes.CDLL(name))
        except OSError:
            continue
    return tuple(found)
