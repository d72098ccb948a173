"""The programs that experiments run: those of a checkout's folder ``examples``."""

from __future__ import annotations

from pathlib import Path

from ..compiler.errors import BifrontError

STYLES = ("static", "imperative")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def example(*parts: str) -> Path:
    """A file or folder of the examples.

    Raises:
        BifrontError: it is not there (an installed package has no examples).
    """
    path = EXAMPLES.joinpath(*parts)
    if not path.exists():
        raise BifrontError(
            f"the examples are not installed: there is no {'/'.join(parts)} among them",
            hint="run the command in a checkout of bifront",
        )
    return path


def pairs() -> list[Path]:
    """The folders of the pairs, by name."""
    return sorted(p for p in example("pairs").iterdir() if (p / "static.py").is_file())
