"""What every test relies on: one import name for the house, and runs that repeat exactly."""

import os
import sys
from pathlib import Path

# Tests run beside one another: a BLAS with a thread for each core in every one of them would spin against itself.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Runs are compared with eager evaluation bit for bit, which is what the reference promises. What the native backend
# computes is compared with the reference in tests/runtime/native.
os.environ.setdefault("BIFRONT_BACKEND", "numpy")

from hypothesis import settings

# `python -m pytest` puts the checkout on sys.path, where compiler/ would import a second time under
# its bare name, with a second copy of every class. The house has one name: bifront.
ROOT = Path(__file__).resolve().parent.parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]

settings.register_profile("repeatable", deadline=None, derandomize=True)
# A longer, random search: pytest --hypothesis-profile=search
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile("repeatable")
