"""``torch.nn.utils``: gradient clipping, parameters as one vector, padding of sequences."""

from ....names import missing_name
from . import rnn
from .clipping import clip_grad_norm, clip_grad_norm_, clip_grad_value_, get_total_norm
from .vectors import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "get_total_norm",
    "parameters_to_vector", "rnn", "vector_to_parameters",
]  # fmt: skip


def __getattr__(name: str) -> object:
    raise missing_name("torch.nn.utils", name, __all__)
