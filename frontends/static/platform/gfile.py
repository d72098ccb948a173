"""``tf.gfile``: files and folders."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NoReturn

from ..errors import AlreadyExistsError, NotFoundError
from ..public import missing

__all__ = [
    "Copy", "DeleteRecursively", "Exists", "FastGFile", "GFile", "Glob", "IsDirectory",
    "ListDirectory", "MakeDirs", "MkDir", "Open", "Remove", "Rename", "Walk",
]  # fmt: skip


def Exists(filename: str) -> bool:
    return os.path.exists(filename)


def IsDirectory(dirname: str) -> bool:
    return os.path.isdir(dirname)


def MakeDirs(dirname: str) -> None:
    """Make a folder and those above it, where they do not exist."""
    os.makedirs(dirname, exist_ok=True)


def MkDir(dirname: str) -> None:
    os.mkdir(dirname)


def ListDirectory(dirname: str) -> list[str]:
    """Raises: NotFoundError: there is no such folder."""
    if not os.path.isdir(dirname):
        raise NotFoundError(f"{dirname}; No such file or directory")
    return os.listdir(dirname)


def Glob(filename: str) -> list[str]:
    return glob.glob(filename)


def Remove(filename: str) -> None:
    """Raises: NotFoundError: there is no such file."""
    if not os.path.exists(filename):
        raise NotFoundError(f"{filename}; No such file or directory")
    os.remove(filename)


def DeleteRecursively(dirname: str) -> None:
    """Delete a folder with all that it holds. Raises: NotFoundError: there is none."""
    if not os.path.exists(dirname):
        raise NotFoundError(f"{dirname}; No such file or directory")
    shutil.rmtree(dirname)


def Copy(oldpath: str, newpath: str, overwrite: bool = False) -> None:
    """Raises: AlreadyExistsError: the new file exists and may not be overwritten."""
    if os.path.exists(newpath) and not overwrite:
        raise AlreadyExistsError(f"{newpath}; file already exists")
    shutil.copyfile(oldpath, newpath)


def Rename(oldname: str, newname: str, overwrite: bool = False) -> None:
    """Raises: AlreadyExistsError: the new file exists and may not be overwritten."""
    if os.path.exists(newname) and not overwrite:
        raise AlreadyExistsError(f"{newname}; file already exists")
    os.replace(oldname, newname)


def Walk(top: str) -> Iterator[tuple[str, list[str], list[str]]]:
    return os.walk(top)


def GFile(name: str, mode: str = "r") -> IO[str] | IO[bytes]:
    """Open a file. Raises: NotFoundError: there is none to read."""
    if "r" in mode and not Path(name).exists():
        raise NotFoundError(f"{name}; No such file or directory")
    return open(name, mode, encoding=None if "b" in mode else "utf-8")


FastGFile = Open = GFile


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.gfile", name, globals())
