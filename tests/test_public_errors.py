"""Errors are named in tracebacks as programs import them."""

import pickle

import pytest

import bifront
from bifront.compiler import errors

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.BifrontError)
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_public_name(kind: type[errors.BifrontError]) -> None:
    assert getattr(bifront, kind.__name__) is kind
    assert kind.__name__ in bifront.__all__
    assert f"{kind.__module__}.{kind.__qualname__}" == f"bifront.{kind.__name__}"
    assert pickle.loads(pickle.dumps(kind)) is kind
