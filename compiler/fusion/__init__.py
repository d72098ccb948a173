"""Fusion: which operations of a graph run together in one kernel, and which are no work at all."""

from .clusters import Cluster, ClusterKind, Member
from .fusing import fuse
from .views import View, views_of

__all__ = ["Cluster", "ClusterKind", "Member", "View", "fuse", "views_of"]
