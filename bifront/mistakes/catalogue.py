"""Where the mistakes are: the folder ``examples/mistakes`` of a checkout, one folder for each mistake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..compiler.errors import BifrontError

CATALOGUE = Path(__file__).resolve().parents[2] / "examples" / "mistakes"


def find_scripts(paths: Sequence[Path] = ()) -> list[Path]:
    """The scripts that are meant by files and folders, each once: a folder stands for all scripts below it.

    Args:
        paths: by default the catalogue.

    Raises:
        BifrontError: there is no such file, no script in a folder, or no catalogue (an installed package has none).
    """
    if not paths:
        if not CATALOGUE.is_dir():
            raise BifrontError(
                "the catalogue of mistakes is not installed",
                hint="run the command in a checkout of bifront, or name scripts that have a line with # FAULT",
            )
        return _below(CATALOGUE)
    scripts: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            scripts.update(dict.fromkeys(_below(path)))
        elif path.is_file():
            scripts[path] = None
        else:
            raise BifrontError(f"there is no script {path}")
    return list(scripts)


def _below(folder: Path) -> list[Path]:
    found = list(folder.rglob("*.py"))
    if not found:
        raise BifrontError(f"there is no script in {folder}")
    # By mistake, and the declarative style first, as in all tables of the two.
    return sorted(found, key=lambda p: (p.parent, p.stem != "static", p.stem))
