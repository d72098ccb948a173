"""Functions composed of operations: one place for each, which both frontends call.

They take and return symbolic or eager values and follow no framework's conventions of arguments; those are the
frontends' business. `optimizers` holds the update rules.
"""

from . import optimizers as optimizers
from .activations import *  # noqa: F403
from .einsum import *  # noqa: F403
from .linear import *  # noqa: F403
from .losses import *  # noqa: F403
from .matrices import *  # noqa: F403
from .normalization import *  # noqa: F403
from .resizing import *  # noqa: F403
from .sampling import *  # noqa: F403
from .statistics import *  # noqa: F403
from .windows import *  # noqa: F403
