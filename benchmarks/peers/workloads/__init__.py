"""The workloads: definitions, data and answers in float64. Needs NumPy, and SciPy for the answer of the encoder."""

from __future__ import annotations

from dataclasses import replace

from .definition import (
    SCALES,
    SGD,
    TOLERANCE,
    Adam,
    Arrays,
    Batch,
    Goal,
    Product,
    Training,
    Workload,
)
from .dense import Dense
from .elementwise import Elementwise
from .encoder import Encoder
from .images import Images
from .recurrent import Recurrent
from .small import Add, Chain

__all__ = [
    "SCALES",
    "SGD",
    "TINY",
    "TOLERANCE",
    "WORKLOADS",
    "Adam",
    "Add",
    "Arrays",
    "Batch",
    "Chain",
    "Dense",
    "Elementwise",
    "Encoder",
    "Goal",
    "Images",
    "Product",
    "Recurrent",
    "Training",
    "Workload",
    "chosen",
]

_JAX = ("jax:jit",)
_EAGER = ("bifront:eager",)
# Adam turns rounding in tiny gradients into whole steps of the biases, which start at zero; the mean of W3 is close to
# zero. Differences there are absolute.
_ALL: list[Workload] = [
    Dense(
        name="W1",
        title="MLP 64-128-128-10 on digits, batch 64, SGD: a training step",
        unit="us",
        goal=Goal(1.6, _JAX),
        sizes=(64, 128, 128, 10),
        batch=64,
        optimizer=SGD(0.1),
        steps=10,
    ),
    Dense(
        name="W2",
        title="MLP 784-1024-1024-10, batch 256, Adam: a training step",
        unit="ms",
        goal=Goal(1.0, ("jax:jit", "torch:compile-step")),
        floor=1.0,
        sizes=(784, 1024, 1024, 10),
        batch=256,
        optimizer=Adam(1e-4),
        steps=5,
    ),
    Elementwise(
        name="W3mean",
        title="an elementwise chain on 2^24 floats, and its mean",
        unit="ms",
        goal=Goal(1.8, ("tensorflow:xla",)),
        floor=1.0,
        size=1 << 24,
        mean=True,
    ),
    Elementwise(
        name="W3array",
        title="an elementwise chain on 2^24 floats, written to memory",
        unit="ms",
        goal=Goal(1.3, ("tensorflow:xla",)),
        size=1 << 24,
        mean=False,
    ),
    Recurrent(
        name="W4b1",
        title="RNN, hidden 64, sequences of 5 to 60, batch 1: training",
        unit="us",
        goal=Goal(1.3, _JAX),
        batch=1,
        optimizer=SGD(0.05),
        steps=8,
    ),
    Recurrent(
        name="W4b16",
        title="RNN, hidden 64, sequences of 5 to 60, batch 16: training",
        unit="us",
        goal=Goal(2.0, _JAX),
        batch=16,
        optimizer=SGD(0.05),
        steps=4,
    ),
    Encoder(
        name="W5b1",
        title="transformer encoder, 6 layers of 384, 128 tokens, batch 1: inference",
        unit="ms",
        goal=Goal(1.0, ("torch:compile-freeze",)),
        batch=1,
    ),
    Encoder(
        name="W5b8",
        title="transformer encoder, 6 layers of 384, 128 tokens, batch 8: inference",
        unit="ms",
        goal=Goal(1.0, ("torch:compile-freeze",)),
        batch=8,
    ),
    Add(
        name="W6add",
        title="one eager addition of four numbers, recorded for a gradient",
        unit="ns",
        goal=Goal(2.0, ("torch:eager",), _EAGER),
        compiled=False,
    ),
    Chain(
        name="W6chain",
        title="an eager chain of 1000 scalar operations, forward and backward",
        unit="ns",
        goal=Goal(2.0, ("torch:eager",), _EAGER),
        compiled=False,
    ),
    Chain(
        name="W6compiled",
        title="the same chain, compiled as one",
        unit="ns",
        goal=None,
        compiled=True,
    ),
    Add(
        name="W6session",
        title="one call of a session, or of a compiled function, for one addition of four numbers",
        unit="us",
        goal=Goal(seconds=6e-6, own=("bifront:static",)),
        compiled=True,
    ),
    Images(
        name="W8",
        title="CNN 16-32 on digits, batch 64, SGD: a training step",
        unit="us",
        goal=Goal(1.5, _JAX),
        batch=64,
        optimizer=SGD(0.1),
        steps=6,
    ),
]
WORKLOADS: dict[str, Workload] = {w.name: w for w in _ALL}


def _tiny(w: Workload) -> Workload:
    """The same workload at a size that takes no time, to test programs with."""
    match w:
        case Dense():
            sizes = (w.sizes[0] if w.sizes[0] == 64 else 12, 8, 8, 10)
            return replace(w, sizes=sizes, batch=16, steps=3)
        case Elementwise():
            return replace(w, size=9000)
        case Recurrent():
            count, batch = (4, 1) if w.batch == 1 else (8, 4)
            return replace(
                w, width=4, hidden=6, count=count, shortest=2, longest=6, batch=batch, steps=2
            )
        case Encoder():
            return replace(
                w, width=24, heads=3, inner=32, layers=2, length=5, batch=w.batch // 4 + 1
            )
        case Chain():
            return replace(w, operations=20)
        case Images():
            return replace(w, channels=(2, 3), batch=16, steps=2)
    return w


TINY: dict[str, Workload] = {name: _tiny(w) for name, w in WORKLOADS.items()}


def chosen(names: str | None) -> list[str]:
    """The workloads that a comma-separated list of names or prefixes selects; all for None.

    Raises:
        SystemExit: a name selects none.
    """
    if names is None:
        return list(WORKLOADS)
    picked = []
    for prefix in names.split(","):
        found = [name for name in WORKLOADS if name.startswith(prefix)]
        if not found:
            raise SystemExit(
                f"no workload begins with {prefix!r}; there are {', '.join(WORKLOADS)}"
            )
        picked += [name for name in found if name not in picked]
    return picked
