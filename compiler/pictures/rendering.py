"""The program that lays pictures out: Graphviz' ``dot`` if it is on the PATH, else ``graphviz-pure`` from pip."""

from __future__ import annotations

import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import graphviz
from graphviz.backend import dot_command

from ..errors import BifrontError, EngineMissing

SOURCES = (".dot", ".gv")
"""Files of these kinds hold the DOT source itself; no engine is needed."""
IMAGES = (".svg", ".png", ".jpg", ".pdf")
TIMEOUT = 300.0


def engine() -> Path | None:
    """The layout program to use, or None where there is none."""
    found = shutil.which("dot")
    return Path(found) if found else _from_pip()


def _from_pip() -> Path | None:
    try:
        files = metadata.files("graphviz-pure") or []
    except metadata.PackageNotFoundError:
        return None
    programs = [Path(str(f.locate())) for f in files if f.stem == "graphviz-pure"]
    return next((p.resolve() for p in programs if p.is_file()), None)


def lend_engine() -> None:
    """Let pictures show themselves in notebooks: where ``dot`` is missing, tell the graphviz package what to run."""
    found = _from_pip() if shutil.which(dot_command.DOT_BINARY) is None else None
    if found is not None:
        dot_command.DOT_BINARY = found


def render(picture: graphviz.Digraph, path: str | Path) -> Path:
    """Write a picture to a file; its suffix says what kind: .svg, .png, .jpg, .pdf, or .dot/.gv for the source.

    Returns:
        The path that was written.

    Raises:
        EngineMissing: nothing is installed that lays graphs out, or not for this kind of file; the DOT source is kept
            beside the target, with the suffix .dot.
        BifrontError: the suffix is none of these, or the layout failed (the source is kept then, too).
    """
    path = Path(path)
    if path.suffix in SOURCES:
        path.write_text(picture.source, encoding="utf-8")
        return path
    if path.suffix not in IMAGES:
        kinds = ", ".join((*IMAGES, *SOURCES))
        raise BifrontError(
            f"a picture cannot be written to {path.name!r}", hint=f"end the name in one of {kinds}"
        )
    try:
        path.write_bytes(image(picture, path.suffix[1:]))
    except BifrontError as error:
        kept = path.with_suffix(".dot")
        kept.write_text(picture.source, encoding="utf-8")
        error.answer += f"; the DOT source is kept in {kept}"
        raise
    return path


def image(picture: graphviz.Digraph, kind: str, timeout: float = TIMEOUT) -> bytes:
    """A picture as the bytes of an image: ``svg``, ``png``, ``jpg`` or ``pdf``.

    Raises:
        EngineMissing: nothing is installed that lays graphs out, or not for this kind.
        BifrontError: the layout failed or took too long.
    """
    program = engine()
    if program is None:
        raise EngineMissing(
            "no layout engine is installed", hint="pip install graphviz-pure (or install Graphviz)"
        )
    try:
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            [program, f"-T{kind}"],
            input=picture.source.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        raise EngineMissing(f"the layout engine {program} does not run: {error}") from None
    except subprocess.TimeoutExpired:
        raise BifrontError(f"the layout took more than {timeout:g} seconds") from None
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1] if said else f"exit status {done.returncode}"
        if kind == "pdf":
            raise EngineMissing(
                f"{program.name} writes no PDF: {reason}", hint="install Graphviz, or write .svg"
            )
        raise BifrontError(f"{program.name} failed: {reason}")
    return done.stdout
