"""`DataLoader`: batches of a dataset, in order or shuffled, prepared ahead by threads if wanted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from threading import local
from typing import Any, Generic, TypeVar, cast

from .....compiler.dispatch import leaf
from ...outside import numbers
from ...random import Generator
from ...tensor import wrap
from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset, TensorDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = ["DataLoader", "WorkerInfo", "get_worker_info"]

T_co = TypeVar("T_co", covariant=True)
Collate = Callable[[list[Any]], Any]


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker runs this code."""

    id: int
    num_workers: int
    seed: int
    dataset: object


_worker = local()


def get_worker_info() -> WorkerInfo | None:
    """The worker that runs this code; None in the main thread."""
    return getattr(_worker, "info", None)


class DataLoader(Generic[T_co]):
    """An iterable over the batches of a dataset; each iteration is one epoch.

    Args:
        dataset: with ``__getitem__`` and ``__len__``, or an `IterableDataset`.
        batch_size: None gives single items, not batches.
        shuffle: a new random order each epoch, from torch's generator or ``generator``.
        sampler, batch_sampler: an order of one's own, of indices or of lists of indices.
        num_workers: threads that prepare batches ahead. An `IterableDataset` is always read by the caller's thread.
        collate_fn: makes a batch of a list of items.
        drop_last: leave out a last batch that is not full.
        prefetch_factor: batches that each worker prepares ahead.

    ``pin_memory``, ``timeout``, ``persistent_workers`` and what else concerns devices and processes is accepted and has
    no effect.

    Raises:
        ValueError: options that exclude each other.
    """

    def __init__(
        self,
        dataset: Dataset[T_co],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler[int] | Iterable[int] | None = None,
        batch_sampler: Sampler[list[int]] | Iterable[list[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Collate | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], object] | None = None,
        multiprocessing_context: object = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise ValueError(
                "num_workers option should be non-negative; use num_workers=0 to disable "
                "multiprocessing."
            )
        stream = isinstance(dataset, IterableDataset)
        if stream and shuffle:
            raise ValueError(
                "DataLoader with IterableDataset: expected unspecified shuffle option, but got "
                f"shuffle={shuffle}"
            )
        if stream and (sampler is not None or batch_sampler is not None):
            name, given = ("sampler", sampler) if sampler else ("batch_sampler", batch_sampler)
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got "
                f"{name}={given}"
            )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, "
                    "and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        if sampler is None and not stream:
            sized = cast("Sized", dataset)
            if shuffle and len(sized) == 0:
                raise ValueError(
                    "num_samples should be a positive integer value, but got num_samples=0"
                )
            sampler = (
                RandomSampler(sized, generator=generator) if shuffle else SequentialSampler(sized)
            )
        if batch_size is not None and not stream:
            assert sampler is not None
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        self.num_workers = num_workers
        self.pin_memory = pin_memory
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.prefetch_factor = prefetch_factor
        self.persistent_workers = persistent_workers
        batched = batch_sampler is not None or (stream and batch_size is not None)
        self._custom_collate = collate_fn is not None
        self.collate_fn: Collate = collate_fn or (default_collate if batched else default_convert)

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            n = len(cast("Sized", self.dataset))
            if self.batch_size is None:
                return n
            return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        return len(cast("Sized", self.batch_sampler or self.sampler))

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self.dataset, IterableDataset):
            return self._stream()
        if self.num_workers > 0:
            return self._ahead()
        return map(self._fetch, self._indices())

    def _indices(self) -> Iterable[int | list[int]]:
        order = self.batch_sampler if self.batch_sampler is not None else self.sampler
        return cast("Iterable[int | list[int]]", order)

    def _fetch(self, index: int | list[int]) -> Any:
        dataset = self.dataset
        if not isinstance(index, list) and self.batch_sampler is None:
            return self.collate_fn(dataset[index])  # type: ignore[arg-type]
        indices = cast("list[int]", index)
        if hasattr(dataset, "__getitems__"):
            return self.collate_fn(dataset.__getitems__(indices))
        if type(dataset) is TensorDataset and not self._custom_collate:
            return _rows(dataset, indices)
        return self.collate_fn([dataset[i] for i in indices])

    def _stream(self) -> Iterator[Any]:
        items = iter(cast("Iterable[Any]", self.dataset))
        if self.batch_size is None:
            yield from map(self.collate_fn, items)
            return
        batch: list[Any] = []
        for item in items:
            batch.append(item)
            if len(batch) == self.batch_size:
                yield self.collate_fn(batch)
                batch = []
        if batch and not self.drop_last:
            yield self.collate_fn(batch)

    def _ahead(self) -> Iterator[Any]:
        """Batches in order, prepared by threads while the caller computes."""
        numbers = iter(range(self.num_workers))

        def start() -> None:
            number = next(numbers)
            _worker.info = WorkerInfo(number, self.num_workers, number, self.dataset)
            if self.worker_init_fn is not None:
                self.worker_init_fn(number)

        most = self.num_workers * (self.prefetch_factor or 2)
        waiting: deque[Future[Any]] = deque()
        with ThreadPoolExecutor(self.num_workers, initializer=start) as pool:
            try:
                for index in self._indices():
                    # Each job in the caller's context: under no_grad a dataset computes without gradients too.
                    waiting.append(pool.submit(copy_context().run, self._fetch, index))
                    if len(waiting) >= most:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()


def _rows(dataset: TensorDataset, indices: list[int]) -> list[Any]:
    """What collating the rows one by one gives, in one gather for each tensor."""
    return [wrap(leaf(numbers(t)[indices])) for t in dataset.tensors]
