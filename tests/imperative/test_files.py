"""`torch.save` and `torch.load`: what goes in comes out, and nothing else is ever read."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bifront.imperative as torch


def _through(x: Any) -> Any:
    file = io.BytesIO()
    torch.save(x, file)
    file.seek(0)
    return torch.load(file)


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(max_size=8)
)  # fmt: skip
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.text(), st.integers()), inner, max_size=3),
    ),
    max_leaves=12,
)


@given(trees)
def test_containers_come_back(tree: Any) -> None:
    found = _through(tree)
    assert found == tree
    assert repr(found) == repr(tree)


@pytest.mark.parametrize("name", ["float32", "float64", "float16", "int64", "uint8", "bool"])
def test_tensors_come_back(name: str) -> None:
    dtype = getattr(torch, name)
    x = torch.arange(6).reshape(2, 3).to(dtype)
    for tensor in (x, x.t(), x[:, 1], torch.zeros(0, 2, dtype=dtype), x[0, 0]):
        found = _through(tensor)
        assert found.dtype == dtype
        assert torch.equal(found, tensor)


def test_kinds_come_back() -> None:
    state = OrderedDict(w=torch.ones(2, requires_grad=True), n=np.arange(3), kind=torch.int32)
    found = _through({"state": state, "again": state["w"]})
    assert isinstance(found["state"], OrderedDict)
    assert found["state"]["w"].requires_grad
    assert found["state"]["kind"] is torch.int32
    found["again"].data[0] = 5
    assert found["state"]["w"].tolist() == [5, 1]


def test_objects_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"\['net'\]\['x'\]\[0\] is a .*Path"):
        _through({"net": {"x": [Path("a")]}})


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    torch.save([1], file)
    with pytest.raises(TypeError):
        torch.save([object()], file)
    assert torch.load(file) == [1]


def test_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    file.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(RuntimeError, match="damaged"):
        torch.load(file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data.pkl", b"")
    with pytest.raises(RuntimeError, match="damaged"):
        torch.load(file)
    torch.save([torch.ones(100)], file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(RuntimeError, match="damaged"):
        torch.load(file)
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "nothing.pt")
