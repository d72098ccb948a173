"""``torch.nn.functional``: what layers compute, as functions of tensors."""

from ....names import missing_name
from .activation import *  # noqa: F403
from .activation import __all__ as _activation
from .attention import *  # noqa: F403
from .attention import __all__ as _attention
from .classification import *  # noqa: F403
from .classification import __all__ as _classification
from .convolution import *  # noqa: F403
from .convolution import __all__ as _convolution
from .dropout import *  # noqa: F403
from .dropout import __all__ as _dropout
from .embedding import *  # noqa: F403
from .embedding import __all__ as _embedding
from .linear import *  # noqa: F403
from .linear import __all__ as _linear
from .normalization import *  # noqa: F403
from .normalization import __all__ as _normalization
from .pooling import *  # noqa: F403
from .pooling import __all__ as _pooling
from .regression import *  # noqa: F403
from .regression import __all__ as _regression
from .resizing import *  # noqa: F403
from .resizing import __all__ as _resizing

__all__ = [
    *_activation, *_attention, *_classification, *_convolution, *_dropout, *_embedding, *_linear,
    *_normalization, *_pooling, *_regression, *_resizing,
]  # fmt: skip


def __getattr__(name: str) -> object:
    raise missing_name("torch.nn.functional", name, __all__)
