"""`GradientTape`: gradients of what was computed inside a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...compiler import ops
from ...compiler.dispatch import Array, current
from ...compiler.errors import GradientError, Place
from ...compiler.location import Location
from ...runtime.checking.border import LISTENERS, Pulled, tell
from ..imperative import backward
from ..imperative.tensor import wrap
from .evaluation import evaluate
from .nest import flatten, pack
from .tapes import Tape, open_tapes
from .tensor import EagerTensor
from .variable import Variable

__all__ = ["GradientTape", "UnconnectedGradients"]


class UnconnectedGradients:
    """What the gradient is of what a target does not depend on: nothing, or zeros."""

    NONE = "none"
    ZERO = "zero"


class GradientTape:
    """Remembers what is computed inside its block from watched tensors and trainable variables.

    Args:
        persistent: whether gradients can be asked for more than once.
        watch_accessed_variables: whether trainable variables that are read are watched.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = persistent
        self._accessed = watch_accessed_variables
        self._tape: Tape | None = None
        self._open = False
        self._watched: tuple[Variable, ...] = ()

    def __enter__(self) -> GradientTape:
        if self._open:
            raise GradientError("Tape is already recording.", places=(_here(),))
        if self._tape is None:
            self._tape = Tape(self._accessed)
        self._tape.open()
        self._open = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._open:
            self._stop()

    def _stop(self) -> None:
        assert self._tape is not None
        self._tape.close()
        self._open = False

    def watch(self, tensor: object) -> None:
        """Have gradients for tensors (or variables) that are not variables read in the block.

        Raises:
            GradientError: the tape is not recording.
        """
        if self._tape is None or not self._open:
            raise GradientError(
                "Tape is not recording: watch(...) belongs inside its block.", places=(_here(),)
            )
        for item in flatten(tensor):
            if isinstance(item, Variable):
                self._tape.reads.setdefault(item.origin, [])
            elif isinstance(item, EagerTensor):
                if item.dtype.is_floating:
                    self._tape.watch(item.array)
            else:
                raise GradientError(
                    f"Passed in object {item!r} of type {type(item).__name__}, not tf.Tensor or tf.Variable",
                    places=(_here(),),
                )

    def watched_variables(self) -> tuple[Variable, ...]:
        """The variables that were read, in the order in which they were."""
        if self._tape is not None:
            found = (Variable.of(o) for o, arrays in self._tape.reads.items() if arrays)
            self._watched = tuple(v for v in found if v is not None)
        return self._watched

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """A block inside the tape's that it does not remember.

        Raises:
            GradientError: the tape is not recording.
        """
        if not self._open:
            raise GradientError("Tape is not recording.", places=(_here(1),))
        assert self._tape is not None
        self._stop()
        try:
            yield
        finally:
            self._tape.open()
            self._open = True

    def reset(self) -> None:
        """Forget everything."""
        reopen = self._open
        if reopen:
            self._stop()
        self._tape = None
        if reopen:
            self.__enter__()

    def gradient(
        self,
        target: object,
        sources: object,
        output_gradients: object = None,
        unconnected_gradients: str = UnconnectedGradients.NONE,
    ) -> Any:
        """The gradient of the sum of the targets for each source, in the structure of ``sources``.

        Args:
            target: a tensor, or a structure of them.
            output_gradients: a cotangent for each target; by default ones.
            unconnected_gradients: ``"none"`` gives None where a target does not depend on the source, ``"zero"`` zeros.

        Raises:
            GradientError: a tape that is not persistent was asked before.
        """
        tape = self._finished()
        targets = [_value(t) for t in flatten(target)]
        if LISTENERS:
            tell(Pulled(tuple(targets)))
        given = [None] * len(targets) if output_gradients is None else flatten(output_gradients)
        found = self._pull(tape, targets, given, flatten(sources), unconnected_gradients)
        if not self._persistent:
            self._forget()
        return pack(sources, found)

    def jacobian(
        self,
        target: EagerTensor,
        sources: object,
        unconnected_gradients: str = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivative of each element of the target: for each source a tensor ``[*target.shape, *source.shape]``."""
        tape = self._finished()
        top, wanted = _value(target), flatten(sources)
        rows = []
        for i in range(top.data.size):
            seed = np.zeros(top.data.shape, top.data.dtype)
            seed.flat[i] = 1
            seeds = [EagerTensor(current().constant(seed))]  # type: ignore[arg-type]
            rows.append(self._pull(tape, [top], seeds, wanted, unconnected_gradients))
        if not self._persistent:
            self._forget()
        found = [_stacked(column, top.data.shape) for column in zip(*rows, strict=True)]
        return pack(sources, found or [None] * len(wanted))

    def _finished(self) -> Tape:
        """The tape, from which gradients can be asked now."""
        if self._tape is None:
            raise GradientError(
                "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)",
                places=(_here(1),),
                hint="make it with tf.GradientTape(persistent=True), or ask for all gradients at once",
            )
        if self._open and not self._persistent:
            self._stop()
        return self._tape

    def _forget(self) -> None:
        assert self._tape is not None
        self.watched_variables()
        self._tape.release()
        self._tape = None

    def _pull(
        self,
        tape: Tape,
        targets: Sequence[Array],
        given: Sequence[object],
        sources: Sequence[object],
        unconnected: str,
    ) -> list[EagerTensor | None]:
        connected = [(t, g) for t, g in zip(targets, given, strict=True) if t in tape.values]
        reads = [_reads(tape, s) for s in sources]
        wanted = [a for arrays in reads for a in arrays]
        found: dict[Array, EagerTensor] = {}
        if connected and wanted:
            found = _pulled(tape, connected, wanted)
        gradients = []
        for source, arrays in zip(sources, reads, strict=True):
            parts = [found[a] for a in arrays if a in found]
            total: EagerTensor | None = parts[0] if parts else None
            for part in parts[1:]:
                total = total + part  # type: ignore[assignment]
            if total is None and unconnected == UnconnectedGradients.ZERO:
                (zeros,) = evaluate(ops.zeros_like, _value(source))
                total = EagerTensor(zeros)
            gradients.append(total)
        return gradients


def _pulled(
    tape: Tape, targets: Sequence[tuple[Array, object]], wanted: Sequence[Array]
) -> dict[Array, EagerTensor]:
    """Cotangents of the wanted values that the targets depend on. Open tapes remember how they were computed."""
    seeds = [_seed(array, g) for array, g in targets]
    tapes = [t for t in open_tapes() if any(a in t.values for a, _ in targets)]
    handles = [wrap(a) for a in wanted]
    # What is not on this tape is a constant for it.
    cut = [a for a in tape.foreign if a.tracked]
    for array in cut:
        array.tracked = False
    try:
        found = backward.grad(
            [wrap(a) for a, _ in targets],
            handles,
            [wrap(s) for s in seeds],
            retain_graph=True,
            create_graph=bool(tapes),
            allow_unused=True,
        )
    finally:
        for array in cut:
            array.tracked = True
    gradients = {
        array: EagerTensor(g.array) for array, g in zip(wanted, found, strict=True) if g is not None
    }
    for other in tapes:
        known = {*tape.values, *(a for a in other.values)}
        other.record([g.array for g in gradients.values()], known)
    return gradients


def _seed(array: Array, given: object) -> Array:
    if given is not None:
        return _value(given, like=array)
    if array.data.shape:
        return ops.ones_like(array)  # type: ignore[return-value]
    return ops.constant(1, array.dtype)  # type: ignore[return-value]


def _reads(tape: Tape, source: object) -> Sequence[Array]:
    """The values of the tape that stand for a source."""
    if isinstance(source, Variable):
        return tape.reads.get(source.origin, ())
    array = _value(source)
    return [array] if array in tape.values else []


def _value(x: object, like: Array | None = None) -> Array:
    if isinstance(x, EagerTensor):
        return x.array
    if isinstance(x, Variable):
        return x.read_value().array
    if like is not None:
        return ops.constant(x, like.dtype)  # type: ignore[return-value]
    raise GradientError(
        f"gradients are of tensors and variables, and for them: not {type(x).__name__}",
        places=(_here(2),),
        hint="make a tensor of it with tf.constant(...) before the tape, and watch it",
    )


def _stacked(rows: Sequence[EagerTensor | None], shape: tuple[int, ...]) -> EagerTensor | None:
    known = [r for r in rows if r is not None]
    if not known:
        return None
    like = known[0].array

    def recipe(*given: Array) -> Any:
        rest = iter(given)
        parts = [next(rest) if r is not None else ops.zeros_like(like) for r in rows]
        joined = ops.concatenate([ops.expand_dims(p, 0) for p in parts], 0)
        return ops.reshape(joined, (*shape, *like.data.shape))

    (made,) = evaluate(recipe, *[r.array for r in known])
    return EagerTensor(made)


def _here(depth: int = 0) -> Place:
    return Place("here", Location.here(depth + 1))
