"""Tests of the native backend need LLVM, and leave the user's cache alone."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

# Before anything is loaded: the cache of the process is chosen when it is first asked for.
os.environ.setdefault("BIFRONT_CACHE_DIR", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_spec("llvmlite") is None:
        reason = pytest.mark.skip(reason="llvmlite is not installed: pip install bifront[native]")
        for item in items:
            if "runtime/native" in item.path.as_posix():
                item.add_marker(reason)
