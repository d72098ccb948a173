"""Datasets, samplers and the loader."""

from __future__ import annotations

from collections import Counter, namedtuple

import numpy as np
import pytest

import bifront.frontends.imperative as torch
from bifront.frontends.imperative.utils import data


class Squares(data.Dataset):
    def __len__(self):
        return 7

    def __getitem__(self, i):
        if i >= 7:
            raise IndexError
        return torch.tensor([float(i)]), i * i


def columns(loader):
    return [(x.tolist(), y.tolist()) for x, y in loader]


@pytest.mark.parametrize("workers", [0, 3])
def test_batches_in_order(workers: int) -> None:
    loader = data.DataLoader(Squares(), batch_size=3, num_workers=workers, pin_memory=True)
    assert len(loader) == 3
    assert columns(loader) == [
        ([[0], [1], [2]], [0, 1, 4]), ([[3], [4], [5]], [9, 16, 25]), ([[6]], [36]),
    ]  # fmt: skip
    batch = next(iter(loader))
    assert isinstance(batch, list)
    assert batch[1].dtype is torch.int64
    assert len(data.DataLoader(Squares(), batch_size=3, drop_last=True)) == 2


def test_shuffling_is_the_generators() -> None:
    def order() -> list[int]:
        return [int(y) for _, y in data.DataLoader(Squares(), shuffle=True)]

    torch.manual_seed(3)
    first, second = order(), order()
    torch.manual_seed(3)
    assert order() == first
    assert sorted(first) == [i * i for i in range(7)]
    assert first != second


def test_rows_of_tensors() -> None:
    rows = data.TensorDataset(torch.arange(6).reshape(3, 2), torch.tensor([1.0, 2.0, 3.0]))
    assert rows[1][0].tolist() == [2, 3]
    (x, y), (z, _) = data.DataLoader(rows, batch_size=2)
    assert x.tolist() == [[0, 1], [2, 3]]
    assert y.tolist() == [1, 2]
    assert z.tolist() == [[4, 5]]
    with pytest.raises(AssertionError, match="Size mismatch between tensors"):
        data.TensorDataset(torch.zeros(2), torch.zeros(3))


def test_collation() -> None:
    Point = namedtuple("Point", "x y")
    collate = data.default_collate
    assert collate([1, 2]).dtype is torch.int64
    assert collate([1.0, 2.0]).dtype is torch.float64
    assert collate([np.float32(1), np.float32(2)]).dtype is torch.float32
    assert collate([np.zeros(2, np.int32)] * 3).shape == (3, 2)
    assert collate(["a", "b"]) == ["a", "b"]
    found = collate([{"x": (1, "a")}, {"x": (2, "b")}])
    assert found["x"][0].tolist() == [1, 2]
    assert found["x"][1] == ("a", "b")
    assert collate([Point(1, 2), Point(3, 4)]).y.tolist() == [2, 4]
    with pytest.raises(RuntimeError, match="equal size, but got \\[2\\] at entry 0 and \\[3\\]"):
        collate([torch.zeros(2), torch.zeros(3)])
    with pytest.raises(TypeError, match="must contain tensors, numpy arrays, numbers"):
        collate([None])
    batches = data.DataLoader(Squares(), 4, collate_fn=lambda items: [y for _, y in items])
    assert list(batches) == [[0, 1, 4, 9], [16, 25, 36]]


def test_single_items() -> None:
    items = list(data.DataLoader(Squares(), batch_size=None))
    assert items[2][1] == 4


def test_streams() -> None:
    class Count(data.IterableDataset):
        def __iter__(self):
            return iter(range(5))

    assert [b.tolist() for b in data.DataLoader(Count(), 2, num_workers=2)] == [[0, 1], [2, 3], [4]]
    with pytest.raises(ValueError, match="expected unspecified shuffle option"):
        data.DataLoader(Count(), shuffle=True)


def test_samplers() -> None:
    torch.manual_seed(0)
    drawn = list(data.WeightedRandomSampler([0.0, 1.0, 3.0], 4000))
    counts = Counter(drawn)
    assert counts[0] == 0
    assert 0.2 < counts[1] / 4000 < 0.3
    once = list(data.WeightedRandomSampler([1.0, 1.0, 1.0], 3, replacement=False))
    assert sorted(once) == [0, 1, 2]
    assert len(list(data.RandomSampler(range(3), num_samples=8))) == 8
    assert sorted(data.SubsetRandomSampler([4, 7])) == [4, 7]
    pairs = data.BatchSampler(data.SequentialSampler(range(5)), 2, drop_last=False)
    assert list(pairs) == [[0, 1], [2, 3], [4]]
    assert columns(data.DataLoader(Squares(), batch_sampler=[[1], [2, 3]])) == [
        ([[1]], [1]), ([[2], [3]], [4, 9]),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="sampler option is mutually exclusive with shuffle"):
        data.DataLoader(Squares(), shuffle=True, sampler=[1])


def test_parts() -> None:
    torch.manual_seed(0)
    a, b = data.random_split(Squares(), [5, 2])
    assert sorted([*a.indices, *b.indices]) == list(range(7))
    assert [len(p) for p in data.random_split(Squares(), [0.5, 0.25, 0.25])] == [4, 2, 1]
    with pytest.raises(ValueError, match="Sum of input lengths does not equal"):
        data.random_split(Squares(), [5, 5])
    joined = data.Subset(Squares(), [6, 2]) + Squares()
    assert [joined[i][1] for i in (0, 1, 2, 8, -1)] == [36, 4, 0, 36, 36]


def test_workers_know_themselves_and_errors_come_through() -> None:
    class Who(data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, i):
            if i == 3:
                raise OSError("no such scan")
            return data.get_worker_info().num_workers

    loader = iter(data.DataLoader(Who(), num_workers=2, worker_init_fn=lambda i: None))
    assert next(loader).tolist() == [2]
    with pytest.raises(OSError, match="no such scan"):
        list(loader)
    assert data.get_worker_info() is None
