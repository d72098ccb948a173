"""A module around a module, whose call is compiled."""

from __future__ import annotations

from typing import Any

from ....compiler.ir import Graph
from ..nn.module import Module
from .function import CompiledFunction
from .report import Stats

__all__ = ["OptimizedModule"]


class OptimizedModule(Module):
    """What ``torch.compile(module)`` gives: the module with its call compiled.

    Parameters, buffers and attributes are those of the module itself, which stands at ``_orig_mod``.
    """

    def __init__(
        self, module: Module, *, fullgraph: bool = False, dynamic: bool | None = None
    ) -> None:
        super().__init__()
        # Past __setattr__, which would give the states other names.
        self._modules["_orig_mod"] = module
        name = type(module).__name__
        compiled = CompiledFunction(module, name, fullgraph=fullgraph, dynamic=dynamic)
        self.__dict__["_compiled"] = compiled
        self.__dict__["training"] = module.training

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__dict__["_compiled"](*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self(*args, **kwargs)

    @property
    def stats(self) -> Stats:
        """See `CompiledFunction`."""
        return _compiled(self).stats

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """See `CompiledFunction`."""
        return _compiled(self).graphs

    def explain(self) -> str:
        """See `CompiledFunction.explain`."""
        return _compiled(self).explain()

    def __getattr__(self, name: str) -> Any:
        modules = self.__dict__.get("_modules", {})
        if name == "_orig_mod":
            return modules[name]
        return getattr(modules["_orig_mod"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._modules["_orig_mod"], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._modules["_orig_mod"], name)

    def train(self, mode: bool = True) -> OptimizedModule:
        self._modules["_orig_mod"].train(mode)  # type: ignore[union-attr]
        self.__dict__["training"] = mode
        return self

    def __len__(self) -> int:
        return len(self._modules["_orig_mod"])  # type: ignore[arg-type]

    def __getitem__(self, index: Any) -> Any:
        return self._modules["_orig_mod"][index]  # type: ignore[index]


def _compiled(module: OptimizedModule) -> CompiledFunction:
    found = module.__dict__["_compiled"]
    assert isinstance(found, CompiledFunction)
    return found
