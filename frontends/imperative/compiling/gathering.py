"""What a run starts with, read by a function that is written once for a variant, as its guard is.

Each tensor costs the attributes that are read of it, and no loop, table or call around them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ....compiler.dispatch import Array, Origin
from ....runtime.generated import function_from
from .recorded import Condition
from .signature import Call
from .sources import Argument, Held, Source, overwritable

if TYPE_CHECKING:
    from .variant import Variant

__all__ = ["Gather", "gathering"]

Gather: TypeAlias = "Callable[[Variant, Call], list[Array] | None]"


def gathering(
    sources: Sequence[Source],
    present: Mapping[Origin, bool],
    frozen: Mapping[int, Held],
    changed: Iterable[Source],
    conditions: Iterable[tuple[Source, Condition]],
    sized: Sequence[int] | None,
) -> Gather:
    """A function that gives the values of sources for a variant and a call, in order.

    It gives None where a tensor is gone, or has no gradient, or one of these things does not hold.

    Args:
        sources: the tensors, arguments first.
        present: leaves that must have a gradient, or must not.
        frozen: which arguments must be these very tensors.
        changed: sources that will be written, so that no other tensor may see their memory.
        conditions: what must hold for the numbers of a source.
        sized: the places of the sources whose shapes decide about sizes; None where no size is open.
    """
    scope: dict[str, Any] = {"overwritable": overwritable}

    def known(thing: object) -> str:
        name = f"k{len(scope)}"
        scope[name] = thing
        return name

    lines = ["tensors = call.tensors"]
    for origin, there in present.items():
        wrong = "is" if there else "is not"
        lines.append(f"if {known(origin)}.grad {wrong} None: return None")
    for place, held in frozen.items():
        lines.append(f"if {known(held.ref)}() is not tensors[{place}]: return None")
    tensors: dict[Source, str] = {}
    lines.append("try:")
    for number, source in enumerate(sources):
        match source:
            case Argument():
                found = f"tensors[{source.index}]"
            case Held():
                found = f"{known(source.ref)}()"
            case _:
                found = f"{known(source.origin)}.grad"
        tensors[source] = f"t{number}"
        lines += [f"  t{number} = {found}", f"  a{number} = t{number}.array"]
    lines += ["  pass", "except AttributeError: return None"]
    for source in changed:
        tensor = tensors[source]
        lines.append(f"if {tensor}.shared is not None and not overwritable({tensor}): return None")
    for source, condition in conditions:
        array = f"{tensors[source]}.array" if source in tensors else f"{known(source)}.array(call)"
        lines.append(f"if not {known(condition)}({array}.data): return None")
    values = [f"a{number}" for number in range(len(sources))]
    first = sum(isinstance(source, Argument) for source in sources)
    lines += [
        f"arrays = [{', '.join(values)}]",
        f"if [{', '.join(values[first:])}] != variant.known and not variant.fits(arrays): return None",
    ]
    if sized is not None:
        shapes = "".join(f"a{number}.data.shape, " for number in sized)
        lines.append(
            f"if variant.sizes.get(({shapes})) is None and variant.sizes_of(arrays) is None: return None"
        )
    lines.append("return arrays")
    text = "def gather(variant, call):\n" + "".join(f"  {line}\n" for line in lines)
    return function_from("gather", text, scope)  # type: ignore[return-value]
