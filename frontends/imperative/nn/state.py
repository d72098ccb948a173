"""``state_dict`` and ``load_state_dict``: a module's parameters and buffers by their dotted names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ....compiler.errors import Place, StateError
from ....compiler.location import Location
from ....runtime.checking.border import LISTENERS, Loaded, tell
from ..grad_mode import no_grad
from ..tensor import Tensor
from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module

__all__ = ["IncompatibleKeys", "collect_state", "load_state"]


_LINES = 3
"""How many of the lines whose tensors did not fit an error shows."""


class _Keys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class IncompatibleKeys(_Keys):
    """What ``load_state_dict`` returns: names that were not given, and names that nobody asked for."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"_IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def collect_state(
    module: Module, into: OrderedDict[str, Any], prefix: str, keep_vars: bool
) -> None:
    """Add what ``module`` itself owns, then what its children own, in order of registration."""
    for name, value in [*module._parameters.items(), *module._buffers.items()]:
        if value is not None and name not in module._non_persistent_buffers_set:
            into[prefix + name] = value if keep_vars else value.detach()
    extra = module.get_extra_state()
    if extra is not None:
        into[prefix + "_extra_state"] = extra
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=into, prefix=f"{prefix}{name}.", keep_vars=keep_vars)


def load_state(
    module: Module, state: Mapping[str, Any], strict: bool, assign: bool
) -> IncompatibleKeys:
    """Copy values into the module's tensors by name.

    Raises:
        TypeError: ``state`` is not a mapping.
        StateError: shapes differ, or (``strict``) names are missing or unexpected. What fits is loaded nevertheless,
            as in PyTorch.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state)}.")
    missing: list[str] = []
    expected: set[str] = set()
    problems: list[str] = []
    amiss: dict[str, Tensor] = {}
    with no_grad():
        _load_into(module, state, "", assign, expected, missing, problems, amiss)
    unexpected = [name for name in state if name not in expected]
    if strict:
        # Inserted in front, as PyTorch lists them.
        if missing:
            names = ", ".join(f'"{n}"' for n in missing)
            problems.insert(0, f"Missing key(s) in state_dict: {names}. ")
        if unexpected:
            names = ", ".join(f'"{n}"' for n in unexpected)
            problems.insert(1 if missing else 0, f"Unexpected key(s) in state_dict: {names}. ")
    if problems:
        raise StateError(
            f"Error(s) in loading state_dict for {type(module).__name__}:\n\t"
            + "\n\t".join(problems),
            places=(Place("loaded here", Location.here()), *_made(amiss)),
            hint="name and size the layers as they were when they were saved; "
            "strict=False leaves out what has another name",
        )
    if LISTENERS and (missing or unexpected):
        tell(Loaded(tuple(missing), tuple(unexpected)))
    return IncompatibleKeys(missing, unexpected)


def _made(amiss: Mapping[str, Tensor]) -> list[Place]:
    """The first lines that made what did not fit, each once."""
    places: dict[str, Place] = {}
    for key, tensor in amiss.items():
        location = tensor.array.location
        if location is not None:
            places.setdefault(str(location), Place(f"{key} was made here", location))
    return list(places.values())[:_LINES]


def _load_into(
    module: Module,
    state: Mapping[str, Any],
    prefix: str,
    assign: bool,
    expected: set[str],
    missing: list[str],
    problems: list[str],
    amiss: dict[str, Tensor],
) -> None:
    owned: dict[str, Tensor | None] = {**module._parameters, **module._buffers}
    for name, own in owned.items():
        if own is None or name in module._non_persistent_buffers_set:
            continue
        key = prefix + name
        expected.add(key)
        if key not in state:
            missing.append(key)
            amiss[key] = own
            continue
        problem = _load_one(module, name, own, key, state[key], assign)
        if problem is not None:
            problems.append(problem)
            amiss[key] = own
    key = prefix + "_extra_state"
    if key in state:
        expected.add(key)
        module.set_extra_state(state[key])
    for name, child in module._modules.items():
        if child is not None:
            below = f"{prefix}{name}."
            _load_into(child, state, below, assign, expected, missing, problems, amiss)


def _load_one(
    module: Module, name: str, own: Tensor, key: str, given: object, assign: bool
) -> str | None:
    """What is wrong, or None."""
    if not isinstance(given, Tensor):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like '
            f"object from checkpoint but received {type(given)}"
        )
    if own.shape != given.shape and not (own.ndim == 0 and tuple(given.shape) == (1,)):
        return (
            f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, "
            f"the shape in current model is {own.shape}."
        )
    if assign:
        if isinstance(own, Parameter) and not isinstance(given, Parameter):
            given = Parameter(given, requires_grad=own.requires_grad)
        setattr(module, name, given)
    else:
        own.copy_(given.reshape(own.shape) if own.shape != given.shape else given)
    return None
