"""``torch.optim``: optimizers with PyTorch's formulas, and learning-rate schedules."""

from ...names import missing_name
from . import lr_scheduler
from .adam import Adam, Adamax, AdamW
from .adaptive import Adadelta, Adagrad, RMSprop
from .optimizer import Optimizer
from .sgd import SGD

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Optimizer", "RMSprop", "lr_scheduler",
]  # fmt: skip


def __getattr__(name: str) -> object:
    raise missing_name("torch.optim", name, __all__)
