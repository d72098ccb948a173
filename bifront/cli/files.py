"""Files that commands read and write: graphs as text, arrays as ``.npy``. Nothing is unpickled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from ..compiler.errors import BifrontError, FeedError
from ..compiler.ir import Graph, Value
from ..compiler.text import parse


def read_graph(file: Path) -> Graph:
    """The graph in a text file.

    Raises:
        BifrontError: there is no such file, or it is not UTF-8.
        TextError: it does not hold a graph.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise BifrontError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BifrontError(f"{file} is not text: {error.reason} at byte {error.start}") from None
    return parse(text, str(file))


def read_feeds(feeds: Sequence[str]) -> dict[str, np.ndarray]:
    """Arrays by name from ``NAME=FILE.npy`` arguments."""
    arrays = {}
    for feed in feeds:
        name, equals, file = feed.partition("=")
        if not equals or not name or not file:
            raise FeedError(f"--feed {feed!r} is not of the form NAME=FILE.npy")
        try:
            array = np.load(file, allow_pickle=False)
        except OSError as error:
            raise FeedError(f"{file} cannot be read: {error.strerror or error}") from None
        except (ValueError, EOFError) as error:
            raise FeedError(f"{file} does not hold a plain array: {error}") from None
        if not isinstance(array, np.ndarray):
            raise FeedError(f"{file} does not hold a plain array: it is an archive of several")
        arrays[name] = array
    return arrays


def check_feeds(graph: Graph, arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """One array for each input and state, in order.

    Raises:
        FeedError: one is missing, or a name fits nothing.
    """
    names = parameter_names(graph)
    unknown = sorted(set(arrays) - set(names))
    if unknown:
        raise FeedError(
            f"the graph has no input or state called {', '.join(unknown)}",
            hint=f"it has {', '.join(names)}",
        )
    missing = [n for n in names if n not in arrays]
    if missing:
        kinds = dict(zip(names, graph.parameters, strict=True))
        wanted = ", ".join(f"{n}: {kinds[n].type}" for n in missing)
        raise FeedError(
            f"no array is given for {wanted}",
            hint=" ".join(f"--feed {n}=FILE.npy" for n in missing),
        )
    return [arrays[n] for n in names]


def parameter_names(graph: Graph) -> list[str]:
    """How each input (by its name in the text) and each state (by its slot) is called in ``--feed``."""
    inputs = [v.hint or f"{i}" for i, v in enumerate(graph.inputs)]
    return [*inputs, *(s.slot for s in graph.states)]


def write_outputs(
    graph: Graph, results: Sequence[np.ndarray], folder: Path | None, console: Console
) -> None:
    """Print every result, and keep it as ``.npy`` if a folder is given."""
    for name, value, array in zip(_result_names(graph), graph.results, results, strict=True):
        _print(name, value, array, console)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            np.save(folder / f"{name.replace('/', '_')}.npy", array, allow_pickle=False)


def _print(name: str, value: Value, array: np.ndarray, console: Console) -> None:
    console.print(f"{name}: {value.type}", markup=False, highlight=False)
    console.print(str(array), markup=False, highlight=False)


def _result_names(graph: Graph) -> list[str]:
    outputs = [v.hint or f"output{i}" for i, v in enumerate(graph.outputs)]
    return [*outputs, *(s.slot for s in graph.states)]
