"""``torch.save`` and ``torch.load``: a zip file with a JSON text for the structure and a ``.npy`` file for each tensor.

Nothing in a file is ever executed. What is stored: tensors, NumPy arrays, numbers, strings, None, and dicts, lists,
tuples and sets of those; a tensor that occurs twice shares its memory again after loading.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import OrderedDict
from os import PathLike
from pathlib import Path
from typing import IO, Any

import numpy as np

from ...compiler.errors import BifrontError, Place
from ...compiler.location import Location
from .device import device
from .dtypes import dtype, named
from .outside import numbers
from .size import Size
from .storage import adopt
from .tensor import Tensor

FORMAT = "bifront.tensors.1"
_SEQUENCES: dict[str, Any] = {
    "list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "size": Size,
}  # fmt: skip


class SaveError(BifrontError, TypeError):
    """An object that cannot be stored as numbers, strings and containers of them."""


class LoadError(BifrontError, RuntimeError):
    """A file that `save` did not write, or that is damaged."""


class _Writer:
    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []
        self._known: dict[int, int] = {}

    def encode(self, x: Any, path: str) -> Any:
        if x is None or isinstance(x, (bool, str)) or type(x) is int:
            return x
        if isinstance(x, np.generic):
            x = x.item()
        if isinstance(x, float):
            return {"float": float(x).hex()}
        if isinstance(x, int):
            return int(x)
        if isinstance(x, Tensor):
            return {
                "tensor": self._array(numbers(x), id(x.array)),
                "grad": x.requires_grad and x.is_leaf,
                "parameter": type(x).__name__ == "Parameter",
            }
        if isinstance(x, np.ndarray):
            return {"ndarray": self._array(x, id(x))}
        if isinstance(x, dict):
            kind = "ordered" if isinstance(x, OrderedDict) else "dict"
            places = [(k, v, f"{path}[{k!r}]") for k, v in x.items()]
            return {kind: [[self.encode(k, at), self.encode(v, at)] for k, v, at in places]}
        for name, cls in _SEQUENCES.items():
            if type(x) is cls:
                return {name: [self.encode(v, f"{path}[{i}]") for i, v in enumerate(x)]}
        if isinstance(x, (list, tuple)):
            name = "tuple" if isinstance(x, tuple) else "list"
            return {name: [self.encode(v, f"{path}[{i}]") for i, v in enumerate(x)]}
        if isinstance(x, dtype):
            return {"dtype": x.name}
        if isinstance(x, device):
            return {"device": str(x)}
        if isinstance(x, bytes):
            return {"ndarray": self._array(np.frombuffer(x, np.uint8), id(x)), "bytes": True}
        hint = "keep numbers, strings, tensors and containers of them"
        if hasattr(x, "state_dict"):
            hint = "save its state_dict() and load that into a new object with load_state_dict()"
        raise SaveError(
            f"{path or 'the object'} is a {type(x).__module__}.{type(x).__qualname__}, which cannot be saved",
            places=(Place("here", Location.here()),),
            hint=hint,
        )

    def _array(self, data: Any, key: int) -> int:
        if key not in self._known:
            self._known[key] = len(self.arrays)
            self.arrays.append(np.asarray(data))
        return self._known[key]


def save(obj: Any, f: str | PathLike[str] | IO[bytes], *_: Any, **__: Any) -> None:
    """Write an object to a file.

    Raises:
        SaveError: something in it is neither a number, a string, a tensor nor a container of those.
    """
    writer = _Writer()
    structure = writer.encode(obj, "")
    # A failure must not leave half a file in the place of a good one.
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("structure.json", json.dumps({"format": FORMAT, "object": structure}))
        for i, data in enumerate(writer.arrays):
            with archive.open(f"{i}.npy", "w", force_zip64=True) as out:
                np.lib.format.write_array(out, data, allow_pickle=False)
    if isinstance(f, (str, PathLike)):
        Path(f).write_bytes(buffer.getvalue())
    else:
        f.write(buffer.getvalue())


class _Reader:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._arrays: dict[int, np.ndarray] = {}

    def decode(self, x: Any) -> Any:
        if not isinstance(x, dict):
            return x
        kind, value = next(iter(x.items()))
        if kind == "float":
            return float.fromhex(value)
        if kind == "tensor":
            return self._tensor(x)
        if kind == "ndarray":
            data = self._array(value)
            return data.tobytes() if x.get("bytes") else data
        if kind in ("dict", "ordered"):
            pairs = [(self.decode(k), self.decode(v)) for k, v in value]
            return OrderedDict(pairs) if kind == "ordered" else dict(pairs)
        if kind in _SEQUENCES:
            return _SEQUENCES[kind]([self.decode(v) for v in value])
        if kind == "dtype":
            return named(value)
        if kind == "device":
            return device(value)
        raise LoadError(f"the file holds an unknown kind of object, {kind!r}")

    def _tensor(self, x: dict[str, Any]) -> Tensor:
        tensor = adopt(self._array(x["tensor"]))
        if x["parameter"]:
            from .nn import Parameter

            return Parameter(tensor, x["grad"])
        return tensor.requires_grad_() if x["grad"] else tensor

    def _array(self, i: int) -> np.ndarray:
        if i not in self._arrays:
            with self._archive.open(f"{i}.npy") as source:
                self._arrays[i] = np.lib.format.read_array(source, allow_pickle=False)
        return self._arrays[i]


def load(f: str | PathLike[str] | IO[bytes], map_location: object = None, **_: Any) -> Any:
    """Read what `save` wrote.

    Raises:
        LoadError: the file is of another kind (PyTorch's own files hold programs, which are not executed), or damaged.
    """
    name = f if isinstance(f, (str, PathLike)) else getattr(f, "name", "the file")
    source: Any = io.BytesIO(Path(f).read_bytes()) if isinstance(f, (str, PathLike)) else f
    try:
        with zipfile.ZipFile(source) as archive:
            structure = json.loads(archive.read("structure.json"))
            if not isinstance(structure, dict) or structure.get("format") != FORMAT:
                raise LoadError(f"{name} is of another version: {structure.get('format')!r}")
            return _Reader(archive).decode(structure["object"])
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, OverflowError) as error:
        if isinstance(error, BifrontError):
            raise
        raise LoadError(
            f"{name} is no file of bifront's torch.save, or it is damaged ({error})",
            places=(Place("read here", Location.here(1)),),
            hint="save the state_dict again with bifront's torch.save; PyTorch's own files are not read",
        ) from None
