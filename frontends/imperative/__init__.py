"""PyTorch's face: eager tensors, gradients by backward, modules, optimizers, data.

``import bifront.imperative as torch``.
"""

# Whatever is imported here is a name of the face.
# ruff: noqa: F401

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...compiler.later import Later
from ..names import missing_from
from . import (
    arithmetic,
    autograd,
    backward,
    combining,
    conversion,
    creation,
    description,
    grad_fn,
    hooks,
    indexing,
    linalg,
    missing,
    operators,
    ordering,
    overwriting,
    parts,
    products,
    random,
    ranges,
    reductions,
    reshaping,
    selecting,
    sets,
    unary,
    views,
)
from .accelerators import (
    accelerator,
    are_deterministic_algorithms_enabled,
    backends,
    cuda,
    get_num_threads,
    mps,
    set_default_device,
    set_float32_matmul_precision,
    set_num_threads,
    use_deterministic_algorithms,
    version,
    xpu,
)
from .api import FUNCTIONS, install
from .device import device as device
from .dtypes import NAMES, get_default_dtype, set_default_dtype
from .dtypes import dtype as dtype
from .grad_mode import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from .legacy import CONSTRUCTORS, set_default_tensor_type
from .printing import set_printoptions
from .promotion import can_cast, promote_types, result_type
from .random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from .size import Size
from .tensor import Tensor

__version__ = version.__version__
strided = "torch.strided"
contiguous_format = preserve_format = channels_last = None
inf = float("inf")
nan = float("nan")
pi = 3.141592653589793
e = 2.718281828459045

install()
for _module in (
    arithmetic,
    operators,
    products,
    indexing,
    description,
    backward,
    grad_fn,
    hooks,
    missing,
):
    _module.attach()
views.attach_properties()

_PUBLIC: dict[str, Any] = {**FUNCTIONS, **NAMES, **CONSTRUCTORS}
globals().update(_PUBLIC)

from .trace import trace  # noqa: E402

if TYPE_CHECKING:
    from . import distributions, nn, optim, utils
    from .compiling.compile import compile
    from .serialization import load, save

_later = Later(
    globals(),
    missing_from("torch"),
    modules=("distributions", "nn", "optim", "utils"),
    single={
        "compile": (".compiling.compile", "compile"),
        "load": (".serialization", "load"),
        "save": (".serialization", "save"),
    },
)
__getattr__, __dir__ = _later.get, _later.names
