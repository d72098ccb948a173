"""``tensorflow.python.framework.ops``."""

from __future__ import annotations

from typing import NoReturn

from ...control import control_dependencies as control_dependencies
from ...control import name_scope as name_scope
from ...convert import convert_to_tensor as convert_to_tensor
from ...graph import Graph as Graph
from ...graph import GraphKeys as GraphKeys
from ...graph import get_default_graph as get_default_graph
from ...graph import reset_default_graph as reset_default_graph
from ...operation import Operation as Operation
from ...public import missing
from ...session import get_default_session as get_default_session
from ...tensor import Tensor as Tensor


def __getattr__(name: str) -> NoReturn:
    raise missing("tensorflow.python.framework.ops", name, globals())
