"""`Saver`: the values of variables, written to and read from files of plain arrays."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from ....compiler.errors import AttributeValueError, Place, StateError
from ....compiler.location import Location
from ..convert import convert
from ..errors import FailedPreconditionError, NotFoundError, UnsupportedError
from ..session import Session
from ..variable import Variable, global_variables
from .checkpoints import SUFFIX, latest_checkpoint, update_checkpoint_state

__all__ = ["NewCheckpointReader", "Saver", "list_variables", "load_checkpoint", "load_variable"]


class Saver:
    """Saves and restores variables: ``path.npz`` holds one array for each, by the variable's name.

    Args:
        var_list: a list of variables, or a dict from names in the file to variables; None: all global variables that
            exist now.
        max_to_keep: older checkpoints are deleted; None or 0 keeps them all.
        keep_checkpoint_every_n_hours: of those, one for every so many hours stays.
    """

    def __init__(
        self,
        var_list: Iterable[Variable] | Mapping[str, Variable] | None = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: object = None,
        builder: object = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: object = None,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        chosen = global_variables() if var_list is None else var_list
        self._variables = (
            dict(chosen) if isinstance(chosen, Mapping) else {v.op.name: v for v in chosen}
        )
        if not self._variables and not allow_empty and not defer_build:
            raise AttributeValueError("No variables to save")
        self._keep = max_to_keep or 0
        self._hours = keep_checkpoint_every_n_hours
        self._last: list[tuple[str, float]] = []
        self._next_kept = time.time() + keep_checkpoint_every_n_hours * 3600

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints that this saver wrote and has not deleted, the oldest first."""
        return [path for path, _ in self._last]

    def set_last_checkpoints(self, last_checkpoints: Iterable[str]) -> None:
        self._last = [(path, time.time()) for path in last_checkpoints]

    def save(
        self,
        sess: Session,
        save_path: str,
        global_step: object = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
    ) -> str:
        """Write the variables' values to ``save_path`` (with ``-global_step``, if given); gives that path.

        Raises:
            FailedPreconditionError: a variable has no value in the session.
            ValueError: the folder does not exist.
        """
        prefix = str(save_path)
        if global_step is not None:
            step = sess.run(convert(global_step)) if hasattr(global_step, "_as_tensor") else global_step  # fmt: skip
            prefix = f"{prefix}-{int(step)}"  # type: ignore[call-overload]
        target = Path(prefix + SUFFIX)
        if not target.parent.exists():
            raise AttributeValueError(f"Parent directory of {save_path} doesn't exist, can't save.")
        arrays = {name: self._value(sess, v) for name, v in self._variables.items()}
        # A crash while writing must not damage an older checkpoint.
        partial = target.with_name(target.name + ".part")
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **{_escape(k): v for k, v in arrays.items()})
        partial.replace(target)
        self._remember(prefix)
        if write_state:
            update_checkpoint_state(
                str(target.parent), prefix, self.last_checkpoints, latest_filename
            )
        return prefix

    def _value(self, sess: Session, variable: Variable) -> np.ndarray:
        if variable.slot not in sess.store:
            raise FailedPreconditionError(
                f"Attempting to use uninitialized value {variable.op.name}",
                places=(
                    Place("saved here", Location.here()),
                    Place(f"{variable.name!r} was made here", variable.op.location),
                ),
                hint="run the initializer in this session before saving",
            )
        return sess.store[variable.slot]

    def _remember(self, prefix: str) -> None:
        self._last = [(p, t) for p, t in self._last if p != prefix]
        self._last.append((prefix, time.time()))
        while self._keep and len(self._last) > self._keep:
            old, written = self._last.pop(0)
            if written > self._next_kept:
                self._next_kept += self._hours * 3600
            else:
                Path(old + SUFFIX).unlink(missing_ok=True)

    def restore(self, sess: Session, save_path: str | None) -> None:
        """Read values for the variables from a checkpoint; they need no initializer then.

        Raises:
            NotFoundError: there is no such checkpoint, or it lacks a variable.
            StateError: a value has another shape than its variable.
        """
        if save_path is None:
            raise AttributeValueError("Can't load save_path when it is None.")
        arrays = _read(save_path)
        for name, variable in self._variables.items():
            if name not in arrays:
                raise NotFoundError(
                    f"Key {name} not found in checkpoint",
                    places=(
                        Place("restored here", Location.here()),
                        Place(f"{variable.name!r} was made here", variable.op.location),
                    ),
                    hint=f"{save_path} holds: {', '.join(sorted(arrays)[:20])}",
                )
            value = arrays[name]
            if value.shape != variable.type.shape:
                raise StateError(
                    f"the checkpoint {save_path} has {name} with shape {value.shape}, and the variable "
                    f"{variable.name!r} has shape {variable.shape}",
                    places=(
                        Place("restored here", Location.here()),
                        Place(f"{variable.name!r} was made here", variable.op.location),
                    ),
                )
        for name, variable in self._variables.items():
            sess.load(variable, arrays[name])

    def recover_last_checkpoints(self, checkpoint_paths: Iterable[str]) -> None:
        self.set_last_checkpoints(p for p in checkpoint_paths if Path(p + SUFFIX).exists())

    def export_meta_graph(self, *_: object, **__: object) -> None:
        """Not had: a program's text is its description."""
        raise UnsupportedError(
            "bifront does not write meta graphs; keep the program that builds the graph"
        )


def _escape(name: str) -> str:
    """``file`` is the name of an argument of `numpy.savez`."""
    return name if name != "file" else "file/"


def _read(path: str) -> dict[str, np.ndarray]:
    target = Path(str(path) + SUFFIX)
    if not target.exists() and str(path).endswith(SUFFIX):
        target = Path(path)
    try:
        with np.load(target, allow_pickle=False) as file:
            return {"file" if k == "file/" else k: file[k] for k in file.files}
    except FileNotFoundError:
        near = latest_checkpoint(str(target.parent))
        raise NotFoundError(
            f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {path}",
            places=(Place("read here", Location.here()),),
            hint=f"the last checkpoint in that folder is {near}" if near else None,
        ) from None
    except (ValueError, zipfile.BadZipFile, OSError) as error:
        raise NotFoundError(
            f"{target} is not a checkpoint of bifront: {error}",
            places=(Place("read here", Location.here()),),
        ) from None


class NewCheckpointReader:
    """Looks into a checkpoint."""

    def __init__(self, filepattern: str) -> None:
        self._arrays = _read(filepattern)

    def has_tensor(self, name: str) -> bool:
        return name in self._arrays

    def get_tensor(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        return {name: list(a.shape) for name, a in self._arrays.items()}


def load_checkpoint(ckpt_dir_or_file: str) -> NewCheckpointReader:
    """A reader of a checkpoint, or of the last one in a folder."""
    return NewCheckpointReader(latest_checkpoint(ckpt_dir_or_file) or ckpt_dir_or_file)


def load_variable(ckpt_dir_or_file: str, name: str) -> np.ndarray:
    """The value of one variable in a checkpoint."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name)


def list_variables(ckpt_dir_or_file: str) -> list[tuple[str, list[int]]]:
    """Names and shapes of the variables in a checkpoint."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())
