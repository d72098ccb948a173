"""`Optimizer`: parameter groups, the state of each parameter, and what every step has in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from types import CodeType
from typing import Any

import numpy as np

from ....compiler.dispatch import Array, Recording, damage, leaf
from ....compiler.dispatch.current import current, switch
from ....compiler.errors import Place, ShapeError
from ....compiler.location import Location, caller
from ....runtime.checking.border import LISTENERS, Stepping, tell
from ..grad_mode import capturing, enable_grad
from ..storage import settle
from ..tensor import Tensor, wrap
from ..writing import write

__all__ = ["Optimizer", "Params"]

Params = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
Group = dict[str, Any]
Closure = Callable[[], Any]


class Optimizer:
    """Base of optimizers.

    A subclass defines `_update`, which computes new values with the rules of ``library.optimizers`` and hands them to
    `_put`. Subclasses of the user's own may define ``step`` instead, as in PyTorch.

    Args:
        params: tensors, (name, tensor) pairs, or dictionaries with ``params`` and options of their own.
        defaults: options of groups that do not say otherwise.

    Raises:
        TypeError: something that cannot be optimized.
        ValueError: no parameters, or a parameter in two groups, or a tensor that is no leaf.
    """

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {params.type()}"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._stepped = False
        self._where: tuple[CodeType, int] | None = None
        self._made = caller(0)
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Optimize more parameters, with options of their own."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, Tensor):
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        group = param_group
        group["params"], names = _split_names(list(params))
        if names:
            group["param_names"] = names
        for p in group["params"]:
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}"
                )
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            group.setdefault(name, default)
        if len({id(p) for p in group["params"]}) != len(group["params"]):
            raise ValueError("optimizer contains a parameter group with duplicate parameters")
        taken = {id(p) for g in self.param_groups for p in g["params"]}
        if any(id(p) in taken for p in group["params"]):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to zeros."""
        tracing = capturing()
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    origin = p.array.origin
                    if origin is not None:
                        if tracing:
                            current().touching(origin, False)
                        origin.grad = None
                elif p.grad is not None:
                    p.grad = wrap(leaf(np.zeros_like(p.grad.array.data)))

    # ---------------------------------------------------------------------------------------- the step

    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew; called first, and its loss is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self._where = where = caller(0)
        if LISTENERS:
            self._tell()
        current().stepping()
        interpreter = current().with_grad(False)
        if isinstance(interpreter, Recording):
            interpreter.at = where
        tracing = capturing()
        former = switch(interpreter)
        try:
            for group in self.param_groups:
                live = []
                for p in group["params"]:
                    origin = p.array.origin
                    if tracing and origin is not None:
                        interpreter.touching(origin)
                    if origin is not None and origin.grad is not None:
                        live.append((p, origin.grad.array))
                if live:
                    self._update(group, live)
        except ShapeError as error:
            error.places = (*error.places, Place("in this step", Location.of_code(*where)))
            raise
        finally:
            switch(former)
        self._stepped = True
        former.stepped()
        return loss

    def _tell(self) -> None:
        leaves = [p.array.origin for p in self._parameters() if p.array.origin is not None]
        gradients = tuple(None if o.grad is None else o.grad.array for o in leaves)  # type: ignore[attr-defined]
        tell(Stepping(Location.of_code(*self._made), tuple(leaves), gradients))

    def _update(self, group: Group, live: list[tuple[Tensor, Array]]) -> None:
        """Give the parameters of one group, paired with their gradients, their new values."""
        raise NotImplementedError

    def _put(self, tensor: Tensor, value: object) -> None:
        """Overwrite a parameter or a slot; ``value`` is a new `Array`."""
        assert isinstance(value, Array)
        old = tensor.array
        if (
            tensor.shared is not None and not settle(tensor)
        ) or value.data.dtype is not old.data.dtype:
            write(tensor, value, "optimizer.step")
            return
        # What `write` does for memory that nobody shares, without its questions.
        value.origin = old.origin
        value.tracked = old.tracked
        tensor.array = value
        interpreter = current()
        if isinstance(interpreter, Recording):
            interpreter.wrote(old, value)
        else:
            assert self._where is not None
            damage(old, "optimizer.step", *self._where)

    def _slot(self, p: Tensor, name: str, value: float = 0.0) -> Array:
        """What the optimizer keeps under ``name`` for a parameter; at first, one number throughout."""
        state = self.state[p]
        slot = state.get(name)
        if slot is None:
            data = p.array.data
            # The step that asks for it puts another value in its place, which needs the memory.
            start = np.broadcast_to(np.array(value, data.dtype), data.shape)
            slot = state[name] = wrap(leaf(start))
            origin = p.array.origin
            slot._name_origin("slot", f"{origin.name if origin else ''}/{name}".lstrip("/"))
        return slot.array

    # --------------------------------------------------------------------------------------- saving

    def state_dict(self) -> dict[str, Any]:
        """The groups' options and the slots, with parameters replaced by their numbers."""
        numbers = {id(p): i for i, p in enumerate(self._parameters())}
        groups = [
            {
                **{k: v for k, v in group.items() if k != "params"},
                "params": [numbers[id(p)] for p in group["params"]],
            }
            for group in self.param_groups
        ]
        state = {numbers.get(id(p), p): dict(slots) for p, slots in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over options and slots from what `state_dict` gave.

        Raises:
            ValueError: other groups than these.
        """
        saved = deepcopy(state_dict["param_groups"])
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(
            len(a["params"]) != len(b["params"])
            for a, b in zip(saved, self.param_groups, strict=True)
        ):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                "optimizer's group"
            )
        numbers = [n for group in saved for n in group["params"]]
        of_number = dict(zip(numbers, self._parameters(), strict=True))
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for number, slots in state_dict["state"].items():
            p = of_number.get(number, number)
            state[p] = {name: _loaded(p, name, value) for name, value in slots.items()}
        self.state = state
        for mine, given in zip(self.param_groups, saved, strict=True):
            params = mine["params"]
            mine.clear()
            mine.update(given, params=params)

    def _parameters(self) -> Iterator[Tensor]:
        for group in self.param_groups:
            yield from group["params"]

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            if i:
                lines.append("")
            lines.append(f"Parameter Group {i}")
            options = (k for k in sorted(group) if k != "params")
            lines.extend(f"    {k}: {group[k]}" for k in options)
        return "\n".join([*lines, ")"])


def _split_names(params: list[Any]) -> tuple[list[Any], list[str]]:
    pairs = [p for p in params if isinstance(p, tuple)]
    if pairs and len(pairs) != len(params):
        raise ValueError(
            "all optimizer params should be with/without names. Some param names are missing"
        )
    if not pairs:
        return params, []
    return [p for _, p in pairs], [name for name, _ in pairs]


def _loaded(p: Tensor, name: str, value: Any) -> Any:
    """A slot of the optimizer's own, of the parameter's type."""
    if not isinstance(value, Tensor):
        return deepcopy(value)
    data = value.array.data
    kind = data.dtype if name == "step" or data.dtype.kind != "f" else p.array.data.dtype
    slot = wrap(leaf(np.array(data, kind)))
    origin = p.array.origin
    slot._name_origin("slot", f"{origin.name if origin else ''}/{name}".lstrip("/"))
    return slot
