"""``torch.utils.data``: datasets, samplers and the loader that makes batches of them."""

from ....names import missing_name
from . import dataloader, dataset, sampler
from .collate import default_collate, default_convert
from .dataloader import DataLoader, WorkerInfo, get_worker_info
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset", "IterableDataset",
    "RandomSampler", "Sampler", "SequentialSampler", "StackDataset", "Subset",
    "SubsetRandomSampler", "TensorDataset", "WeightedRandomSampler", "WorkerInfo", "dataloader",
    "dataset", "default_collate", "default_convert", "get_worker_info", "random_split", "sampler",
]  # fmt: skip


def __getattr__(name: str) -> object:
    raise missing_name("torch.utils.data", name, __all__)
