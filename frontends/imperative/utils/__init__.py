"""``torch.utils``: data loading."""

from ...names import missing_name
from . import data

__all__ = ["data"]


def __getattr__(name: str) -> object:
    raise missing_name("torch.utils", name, __all__)
