"""``torch.nn``: modules, their parameters, and the functions that they call."""

from ...names import missing_name
from . import functional, init, utils
from .activation import *  # noqa: F403
from .activation import __all__ as _activation
from .containers import *  # noqa: F403
from .containers import __all__ as _containers
from .convolution import *  # noqa: F403
from .convolution import __all__ as _convolution
from .dropout import *  # noqa: F403
from .dropout import __all__ as _dropout
from .embedding import *  # noqa: F403
from .embedding import __all__ as _embedding
from .linear import *  # noqa: F403
from .linear import __all__ as _linear
from .loss import *  # noqa: F403
from .loss import __all__ as _loss
from .module import Module
from .normalization import *  # noqa: F403
from .normalization import __all__ as _normalization
from .parameter import Parameter
from .pooling import *  # noqa: F403
from .pooling import __all__ as _pooling
from .recurrent import *  # noqa: F403
from .recurrent import __all__ as _recurrent
from .recurrent_cells import *  # noqa: F403
from .recurrent_cells import __all__ as _cells
from .resizing import *  # noqa: F403
from .resizing import __all__ as _resizing
from .shape import *  # noqa: F403
from .shape import __all__ as _shape

__all__ = [
    "Module", "Parameter", "functional", "init", "utils", *_activation, *_containers, *_convolution,
    *_dropout, *_embedding, *_linear, *_loss, *_normalization, *_pooling, *_recurrent, *_cells, *_resizing, *_shape,
]  # fmt: skip


def __getattr__(name: str) -> object:
    raise missing_name("torch.nn", name, __all__)
