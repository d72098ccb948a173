"""``torch.distributions``: distributions with sampling, log-probability and entropy."""

from ...names import missing_name
from .continuous import Exponential, Normal, Uniform
from .discrete import Bernoulli, Categorical, OneHotCategorical
from .distribution import Distribution
from .kl import kl_divergence, register_kl

__all__ = [
    "Bernoulli", "Categorical", "Distribution", "Exponential", "Normal", "OneHotCategorical",
    "Uniform", "kl_divergence", "register_kl",
]  # fmt: skip


def __getattr__(name: str) -> object:
    raise missing_name("torch.distributions", name, __all__)
