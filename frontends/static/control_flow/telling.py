"""What is printed or asserted inside a loop or branch: it is told when the loop or branch has ended.

A region runs as one compiled piece. What ``tf.Print`` and ``tf.Assert`` are to see in it becomes further results of it,
and an operation after it calls them in the order in which the iterations would have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....compiler.errors import Place
from ....compiler.ir import symbols_of
from ..build import add_operation
from ..control import control_dependencies, identity
from ..convert import convert
from ..errors import UnsupportedError
from ..graph import get_default_graph
from ..operation import Operation
from ..region import Body, Region
from ..tensor import Tensor


@dataclass(frozen=True, eq=False, slots=True)
class Told:
    """What a body tells.

    Attributes:
        calls: the operations that print or check, in order.
        tensors: true where the body ran, then the numbers that the operations are given.
    """

    calls: tuple[Operation, ...]
    tensors: tuple[Tensor, ...]

    def call(self, session: object, values: Sequence[object]) -> None:
        """Print and check what one run of the body came to."""
        rest = iter(values)
        for op in self.calls:
            assert op.host is not None
            op.host(session, *[next(rest) if t.dtype.is_numeric else _text(t) for t in op.inputs])


def told_by(region: Region, body: Body, stacked: bool = False) -> Told | None:
    """What a body tells; None: nothing.

    Args:
        stacked: whether it is a loop's, so that what it tells must have one size in all iterations.

    Raises:
        UnsupportedError: it has not, or nothing is known of its shape.
    """
    if not body.calls:
        return None
    around = [t.type for t in (*body.parameters, *body.captures) if t.type is not None]
    fixed = {name for type in around for name in symbols_of(type.shape)}
    for op in body.calls:
        for t in op.inputs:
            sizes = None if t.type is None else set(symbols_of(t.type.shape))
            if t.dtype.is_numeric and (sizes is None or (stacked and not sizes <= fixed)):
                error = UnsupportedError(
                    f"{t.name!r}, whose shape is {t.shape}, cannot be printed or asserted in {region.what}: bifront "
                    "has that for tensors whose size is the same in all iterations"
                )
                error.places += (Place("printed or asserted here", op.location),)
                raise error
    graph = get_default_graph()
    with graph.inside(region), graph.control_dependencies(None):
        ran = convert(True)
    numbers = [t for op in body.calls for t in op.inputs if t.dtype.is_numeric]
    return Told(body.calls, (ran, *numbers))


def _text(tensor: Tensor) -> object:
    """A text that a program writes down."""
    if tensor.op.host is None or tensor.op.inputs:
        raise UnsupportedError(
            f"{tensor.name!r} is a text that is computed: inside a loop or branch only texts that the program writes "
            "down can be printed"
        )
    return tensor.op.host(None)


def after_telling(
    results: Sequence[Tensor], told: Told | None, values: Sequence[Tensor], backwards: bool = False
) -> list[Tensor]:
    """The results of a loop or branch, available when what it tells was told.

    Args:
        values: what stands for ``told.tensors`` after it: of a branch as they are, of a loop stacked.
        backwards: whether the loop's iterations are stacked in reverse.
    """
    if told is None:
        return list(results)
    for tensor in (t for op in told.calls for t in op.inputs if not t.dtype.is_numeric):
        _text(tensor)

    def call(session: object, ran: np.ndarray, *arrays: np.ndarray) -> None:
        if not ran.ndim:
            if ran:
                told.call(session, arrays)
            return
        for i in range(len(ran))[:: -1 if backwards else 1]:
            told.call(session, [a[i] for a in arrays])

    op = add_operation(told.calls[0].type, None, values, name="Told", host=call)
    with control_dependencies([op]):
        return [identity(t) for t in results]
