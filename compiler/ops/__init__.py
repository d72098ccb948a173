"""The primitive operations: importing this package fills the registry.

Each module holds one kind of operation, each operation in one place. The functions exported here are what everything
above is written with; they take symbolic values and eager ones alike and hand them to the current interpreter.
"""

from .accuracy import *  # noqa: F403
from .arithmetic import *  # noqa: F403
from .constant import *  # noqa: F403
from .contraction import *  # noqa: F403
from .convolution import *  # noqa: F403
from .indexing import *  # noqa: F403
from .joining import *  # noqa: F403
from .logic import *  # noqa: F403
from .movement import *  # noqa: F403
from .op import *  # noqa: F403
from .pooling import *  # noqa: F403
from .random import *  # noqa: F403
from .reduction import *  # noqa: F403
from .scan import *  # noqa: F403
from .scattering import *  # noqa: F403
from .selection import *  # noqa: F403
from .slicing import *  # noqa: F403
from .sorting import *  # noqa: F403
from .transcendental import *  # noqa: F403
