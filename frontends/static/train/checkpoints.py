"""Which checkpoints a folder holds: a small text file, ``checkpoint``, beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "CheckpointState", "checkpoint_exists", "get_checkpoint_state", "latest_checkpoint",
    "update_checkpoint_state",
]  # fmt: skip

SUFFIX = ".npz"


@dataclass
class CheckpointState:
    """What the file ``checkpoint`` says.

    Attributes:
        model_checkpoint_path: the last checkpoint.
        all_model_checkpoint_paths: those that are kept, the oldest first.
    """

    model_checkpoint_path: str
    all_model_checkpoint_paths: list[str] = field(default_factory=list)


def get_checkpoint_state(
    checkpoint_dir: str, latest_filename: str | None = None
) -> CheckpointState | None:
    """What is known of the checkpoints in a folder; None where there is no (readable) ``checkpoint`` file."""
    folder = Path(checkpoint_dir)
    try:
        text = (folder / (latest_filename or "checkpoint")).read_text(encoding="utf-8")
    except OSError:
        return None
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if not colon:
            continue
        try:
            path = json.loads(value.strip())
        except ValueError:
            return None
        found.setdefault(key.strip(), []).append(str(folder / path))
    last = found.get("model_checkpoint_path")
    if not last:
        return None
    return CheckpointState(last[0], found.get("all_model_checkpoint_paths", []))


def update_checkpoint_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: list[str] | None = None,
    latest_filename: str | None = None,
) -> None:
    """Write the ``checkpoint`` file, in TensorFlow's format: paths relative to the folder where they lie in it."""
    folder = Path(save_dir)

    def line(key: str, path: str) -> str:
        place = Path(path)
        try:
            shown = str(place.resolve().relative_to(folder.resolve()))
        except ValueError:
            shown = str(place)
        return f"{key}: {json.dumps(shown)}\n"

    paths = list(all_model_checkpoint_paths or [])
    if model_checkpoint_path not in paths:
        paths.append(model_checkpoint_path)
    text = line("model_checkpoint_path", model_checkpoint_path) + "".join(
        line("all_model_checkpoint_paths", p) for p in paths
    )
    target = folder / (latest_filename or "checkpoint")
    # A reader never sees half a file.
    partial = target.with_name(target.name + ".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(target)


def latest_checkpoint(checkpoint_dir: str, latest_filename: str | None = None) -> str | None:
    """The path of the last checkpoint in a folder, as `Saver.restore` takes it; None if there is none."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None or not checkpoint_exists(state.model_checkpoint_path):
        return None
    return state.model_checkpoint_path


def checkpoint_exists(checkpoint_prefix: str) -> bool:
    """Whether a checkpoint was saved under this path."""
    return Path(checkpoint_prefix + SUFFIX).exists()
