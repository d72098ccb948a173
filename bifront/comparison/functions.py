"""`bf.compare`: one computation as two functions, or two scripts, held against each other."""

from __future__ import annotations

import inspect
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from ..compiler.dispatch import current, using
from ..compiler.errors import BifrontError
from ..frontends import imperative as torch
from ..frontends import static as tf
from ..frontends.imperative.tensor import Tensor
from ..runtime.capture import Capture, Log
from ..runtime.executable import using_backend
from ..runtime.profiling.profile import Profile
from .comparison import Comparison, Side, StyleFigures, compare_scripts, hold_against, open_graphs
from .detail import Detail, profiled
from .ergonomics import Ergonomics, measure
from .records import RunRecord, save_runs
from .source import Source, code_of

STEPS = 5
"""So many further calls are timed."""


def compare(
    static: Callable[..., Any] | str | Path,
    imperative: Callable[..., Any] | str | Path,
    *inputs: object,
) -> Comparison:
    """Hold one computation in two styles against each other; a notebook shows the page of it, inline.

    Of two functions, the first is written in TensorFlow 1's style. It is called in an empty graph, with a placeholder
    for each input, and returns what ``Session.run`` is to fetch: tensors, and operations such as a training step.
    The second is written in PyTorch's style. It is called with a tensor for each input and returns tensors. Both are
    called about a dozen times, and these calls have all their effects: once on the reference, which is what is
    compared, then on the usual backend, for times.

        bf.compare(lambda x: tf.exp(x), lambda x: torch.exp(x), np.ones(3))

    Args:
        static: a function, or a script.
        imperative: likewise.
        inputs: what both functions are given, in order: arrays, which keep their types; or numbers and lists of
            numbers, which become float32 where they are not whole.

    Returns:
        What both have in common. Its memory figures are what NumPy and Python held in one call.

    Raises:
        BifrontError: one is a function and the other is none, or a function gives nothing that could be looked at.
        ScriptFailed: a script ended with an error.
    """
    if isinstance(static, (str, Path)) and isinstance(imperative, (str, Path)) and not inputs:
        return compare_scripts(Path(static), Path(imperative), detail=True)
    for given in (static, imperative):
        if not callable(given):
            raise BifrontError(
                f"compare takes two functions and what to call them with, not {type(given).__name__}",
                hint="bf.compare(static_function, imperative_function, array), or the paths of two scripts",
            )
    assert callable(static)
    assert callable(imperative)
    arrays = [_array(x) for x in inputs]
    with tempfile.TemporaryDirectory() as scratch:
        programs: tuple[_Program, _Program] = (
            _Static(static, arrays),
            _Imperative(imperative, arrays),
        )
        sides = []
        for name, program in zip("ab", programs, strict=True):
            folder = Path(scratch) / name
            folder.mkdir()
            sides.append(_side(program, folder))
        return hold_against(sides[0], sides[1])


@dataclass
class _Static:
    function: Callable[..., Any]
    arrays: Sequence[np.ndarray]
    style: str = "static"

    def begun(self) -> Callable[[], object]:
        graph = tf.Graph()
        with graph.as_default():
            names = _parameters(self.function, len(self.arrays))
            places = [
                tf.placeholder(a.dtype, a.shape, name)
                for a, name in zip(self.arrays, names, strict=True)
            ]
            fetches = self.function(*places)
            if fetches is None or fetches in ((), [], {}):
                raise _nothing(self.function, "return the tensors that are to be fetched")
            start = tf.global_variables_initializer() if tf.global_variables() else None
        session = tf.Session(graph=graph)
        if start is not None:
            session.run(start)
        feeds: dict[object, object] = dict(zip(places, self.arrays, strict=True))
        return lambda: session.run(fetches, feeds)


@dataclass
class _Imperative:
    function: Callable[..., Any]
    arrays: Sequence[np.ndarray]
    style: str = "imperative"

    def begun(self) -> Callable[[], object]:
        def call() -> object:
            results = self.function(*(torch.from_numpy(a.copy()) for a in self.arrays))
            found = [tensor.array for tensor in _tensors(results)]
            if not found:
                raise _nothing(self.function, "return the tensors that it computes")
            for array in found:
                current().observed(array)
            return found

        return call


_Program: TypeAlias = _Static | _Imperative
"""A function in one style, with what it is given. ``begun`` does what is done once, and gives what is called again."""


def _side(program: _Program, folder: Path) -> Side:
    log, printed = Log(arguments=True), StringIO()
    with using(Capture(log)), using_backend("numpy"), redirect_stdout(printed):
        program.begun()()
    records = [RunRecord(**r) for r in save_runs(log.finish(), folder)]  # type: ignore[arg-type]
    source = Source.of_function(program.function)
    with redirect_stdout(StringIO()):
        began = perf_counter()
        call = program.begun()
        call()
        first = perf_counter() - began
        steps = []
        for _ in range(STEPS):
            start = perf_counter()
            call()
            steps.append(perf_counter() - start)
        peak = _peak(call)
        timings = None if Profile.taking() else profiled(lambda: [call() for _ in range(STEPS)])
    counted = _counted(program, source)
    figures = StyleFigures(
        script=source.name,
        style=program.style,
        lines=counted.lines,
        names=counted.names,
        ceremony=counted.ceremony,
        graphs_built=open_graphs(records),
        first_number_s=first,
        step_s=float(np.median(steps)),
        total_s=first + sum(steps),
        peak_mb=peak / 2**20,
        printed=printed.getvalue(),
    )
    return Side(figures, source, records, folder, Detail(timings))


def _counted(program: _Program, source: Source) -> Ergonomics:
    try:
        return measure(source.text, program.style, _modules(program.function))
    except SyntaxError:  # a lambda in the middle of a statement
        return Ergonomics(program.style, 0, 0, 0, 0)


def _modules(function: Callable[..., Any]) -> Mapping[str, str]:
    """Names under which a function knows the frontends, and what of them each is."""
    code = code_of(function)
    if code is None:
        return {}
    known = inspect.getclosurevars(code)
    found = {}
    for name, value in {**known.globals, **known.nonlocals}.items():
        if inspect.ismodule(value) and value.__name__.startswith("bifront."):
            parts = value.__name__.removeprefix("bifront.").removeprefix("frontends.").split(".")
            found[name] = ".".join(parts[1:])
    return found


def _peak(call: Callable[[], object]) -> int:
    """The most bytes that Python and NumPy held in a call, besides those from before."""
    traced = tracemalloc.is_tracing()
    if not traced:
        tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    try:
        call()
        return max(tracemalloc.get_traced_memory()[1] - before, 0)
    finally:
        if not traced:
            tracemalloc.stop()


def _array(given: object) -> np.ndarray:
    array = np.asarray(given)
    whole = isinstance(given, (np.ndarray, np.generic))
    return array if whole or array.dtype != np.float64 else array.astype(np.float32)


def _parameters(function: Callable[..., Any], count: int) -> list[str]:
    """The names of a function's first parameters, as far as it has any."""
    try:
        names = [*inspect.signature(function).parameters]
    except (TypeError, ValueError):
        names = []
    return [*names, *(f"x{i}" for i in range(len(names), count))][:count]


def _tensors(tree: object) -> Iterator[Tensor]:
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for item in tree:
            yield from _tensors(item)
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from _tensors(item)


def _nothing(function: Callable[..., Any], hint: str) -> BifrontError:
    name = getattr(function, "__name__", type(function).__name__)
    return BifrontError(f"{name} gives nothing to compare", hint=hint)
