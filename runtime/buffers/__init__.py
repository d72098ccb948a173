"""The plan of buffers: which memory a run takes, for which values, from which step to which."""

from .memory import Allocation, MemoryPlan, Role

__all__ = ["Allocation", "MemoryPlan", "Role"]
