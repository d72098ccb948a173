"""Compiled code on disk.

A file of the cache is code that will run with the user's rights, so it is taken only from a folder, and only as a file,
that belongs to the user and that nobody else may write to. A file begins with a digest over its name and its content:
what was damaged, cut short, renamed or written by another version is discarded, and compiled anew.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import warnings
from hashlib import sha256

CACHE_DIR = "BIFRONT_CACHE_DIR"
"""The environment variable with the folder; set to nothing, it turns the cache off."""

LIMIT = 256 << 20
"""Bytes of all files; beyond, those unused for longest go."""

_MAGIC = b"bifront\x01"
_DIGEST = 32
_SUFFIX = ".code"


def default_directory() -> str | None:
    """The folder that the environment asks for, or that of the platform; None where there is to be no cache."""
    asked = os.environ.get(CACHE_DIR)
    if asked is not None:
        return os.path.abspath(asked) if asked else None
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "") or os.path.expanduser("~/.cache")
    # Without a home there is no place that is surely the user's.
    return os.path.join(base, "bifront", "native") if os.path.isabs(base) else None


class Cache:
    """Files of compiled code in a folder that is the user's alone.

    Args:
        directory: the folder; it is made when something is first stored. None: nothing is kept.
        limit: bytes of all files.
    """

    def __init__(self, directory: str | None, limit: int = LIMIT) -> None:
        self.directory = directory
        self.limit = limit
        self._warned = False

    def read(self, key: str) -> bytes | None:
        """What was stored under a key; None where nothing sound is there."""
        if self.directory is None or not os.path.lexists(self.directory) or not self._is_ours():
            return None
        name = _name(key)
        path = os.path.join(self.directory, name)
        content = _read(path)
        if content is None:
            return None
        start = len(_MAGIC) + _DIGEST
        payload = content[start:]
        if content[: len(_MAGIC)] != _MAGIC or content[len(_MAGIC) : start] != _digest(
            name, payload
        ):
            self.discard(key)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return payload

    def has(self, key: str) -> bool:
        """Whether there is a file under a key; what it holds is not looked at."""
        return self.directory is not None and os.path.exists(
            os.path.join(self.directory, _name(key))
        )

    def write(self, key: str, payload: bytes) -> None:
        """Store under a key. Where the folder cannot be written to, nothing is kept."""
        if self.directory is None:
            return
        name = _name(key)
        temporary = os.path.join(self.directory, f"{name}.{os.getpid()}.{os.urandom(6).hex()}")
        try:
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
            if not self._is_ours():
                return
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            descriptor = os.open(temporary, flags, 0o600)
            with open(descriptor, "wb") as file:
                file.write(_MAGIC + _digest(name, payload) + payload)
            # The name appears with the whole content or not at all, whoever else stores the same.
            os.replace(temporary, os.path.join(self.directory, name))
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            return
        self._shrink()

    def discard(self, key: str) -> None:
        """Forget what is stored under a key."""
        if self.directory is not None:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self.directory, _name(key)))

    def _is_ours(self) -> bool:
        assert self.directory is not None
        try:
            status = os.lstat(self.directory)
        except OSError:
            return False
        reason = _foreign(status, stat.S_ISDIR)
        if reason and not self._warned:
            self._warned = True
            warnings.warn(
                f"compiled code is not cached: {self.directory} {reason}; make it a folder that only you can write to, "
                f"or choose another with {CACHE_DIR}",
                RuntimeWarning,
                stacklevel=2,
            )
        return not reason

    def _shrink(self) -> None:
        """Remove files that were unused for longest, until the rest is within the limit."""
        assert self.directory is not None
        files: list[tuple[float, int, str]] = []
        try:
            with os.scandir(self.directory) as entries:
                for entry in entries:
                    if _SUFFIX in entry.name and entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        files.append((status.st_mtime, status.st_size, entry.path))
        except OSError:
            return
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self.limit:
                return
            with contextlib.suppress(OSError):
                os.unlink(path)
            total -= size


def _name(key: str) -> str:
    return sha256(key.encode()).hexdigest() + _SUFFIX


def _digest(name: str, payload: bytes) -> bytes:
    return sha256(_MAGIC + name.encode() + payload).digest()


def _read(path: str) -> bytes | None:
    """A file that is the user's alone; None where there is none."""
    flags = (
        os.O_RDONLY
        | getattr(os, "O_NOFOLLOW", 0)
        | getattr(os, "O_BINARY", 0)
        | getattr(os, "O_NONBLOCK", 0)
    )
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    with open(descriptor, "rb", buffering=0) as file:
        if _foreign(os.fstat(descriptor), stat.S_ISREG):
            return None
        try:
            return file.readall()
        except OSError:
            return None


def _foreign(status: os.stat_result, is_kind: object) -> str:
    """Why something is not trusted, or nothing."""
    assert callable(is_kind)
    if stat.S_ISLNK(status.st_mode):
        return "is a symbolic link"
    if not is_kind(status.st_mode):
        return "is of another kind than expected"
    if hasattr(os, "getuid"):
        if status.st_uid != os.getuid():
            return "belongs to another user"
        if status.st_mode & 0o022:
            return "can be written to by others"
    return ""
