"""How one element (or a vector of them) of each elementwise operation is computed.

`lower` finds the emitter of a node's operation. What the emitters give agrees with the NumPy reference: the same
special values, wrapping integers, comparisons with NaN; transcendental functions differ in the last places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...compiler.ir import DType, Node
from ...compiler.ops import REGISTRY, Kind, Op
from . import elementary
from .division import float_divmod, integer_divmod
from .emit import F16, F32, F64, I1, I8, I16, I32, I64, Builder, Operand, Type, number

_TYPES: dict[str, Type] = {
    "float16": F16, "float32": F32, "float64": F64, "int8": I8, "int16": I16, "int32": I32, "int64": I64,
    "uint8": I8, "bool": I1,
}  # fmt: skip


def register_type(dtype: DType) -> Type:
    """The type of an element while it is computed with."""
    return _TYPES[dtype.name]


def memory_type(dtype: DType) -> Type:
    """The type of an element in memory: a bool takes a byte."""
    return I8 if dtype.is_bool else _TYPES[dtype.name]


@dataclass(slots=True)
class Site:
    """Where an element is computed.

    Attributes:
        mask: the lanes that count, or None where all do.
        faults: conditions (i1 in each lane) under which the reference would raise an error.
    """

    mask: Operand | None = None
    faults: list[Operand] = field(default_factory=list)


Emitter = Callable[[Builder, Node, Sequence[Operand], Site], Operand]
EMITTERS: dict[Op, Emitter] = {}
COSTLY: set[Op] = {op for op in REGISTRY.values() if op.kind is Kind.RANDOM}
"""Operations that are worth memory where their result is needed twice."""


def lower(b: Builder, node: Node, operands: Sequence[Operand], site: Site) -> Operand:
    """One element, or a vector of elements, of an elementwise operation."""
    emit = EMITTERS[node.op]
    if node.op.name in _ON_HALVES:
        return emit(b, node, operands, site)
    return lower_on_halves(b, lambda *xs: emit(b, node, xs, site), *operands)


def lower_on_halves(b: Builder, emit: Callable[..., Operand], *operands: Operand) -> Operand:
    """Compute something of half precision in single, and round the result; of other types, as it is."""
    if all(o.type.element != "half" for o in operands):
        return emit(*operands)
    wide = [
        b.convert("fpext", o, o.type.with_element(F32)) if o.type.element == "half" else o
        for o in operands
    ]
    found = emit(*wide)
    if found.type.element == "float":
        return b.convert("fptrunc", found, found.type.with_element(F16))
    return found


_ON_HALVES = ("cast", "stop_gradient", "where", "neg", "absolute")


def _emits(name: str, costly: bool = False) -> Callable[[Emitter], Emitter]:
    def enter(emitter: Emitter) -> Emitter:
        EMITTERS[REGISTRY[name]] = emitter
        if costly:
            COSTLY.add(REGISTRY[name])
        return emitter

    return enter


def _unsigned(node: Node, operand: int = 0) -> bool:
    return node.inputs[operand].dtype.name == "uint8"


def _of_halves(node: Node) -> bool:
    return node.inputs[0].dtype.name == "float16"


# Arithmetic.


@_emits("add")
def _add(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.add(*xs)


@_emits("stop_gradient")
def _itself(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return xs[0]


@_emits("sub")
def _sub(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.sub(*xs)


@_emits("mul")
def _mul(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.mul(*xs)


@_emits("div", costly=True)
def _div(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.div(*xs)


@_emits("neg")
def _neg(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.neg(xs[0])


@_emits("absolute")
def _absolute(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    (x,) = xs
    if x.type.is_float:
        return b.intrinsic("fabs", x.type, x)
    if _unsigned(node):
        return x
    return b.select(b.compare("slt", x, number(x.type, 0)), b.neg(x), x)


@_emits("sign")
def _sign(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    (x,) = xs
    zero, one = number(x.type, 0), number(x.type, 1)
    if _unsigned(node):
        return b.select(b.compare("ne", x, zero), one, zero)
    above, below = ("ogt", "olt") if x.type.is_float else ("sgt", "slt")
    # What is neither above nor below stays: 0 and NaN (NumPy gives 0 for -0).
    rest = b.select(b.compare("oeq", x, zero), zero, x) if x.type.is_float else x
    low = b.select(b.compare(below, x, zero), number(x.type, -1), rest)
    return b.select(b.compare(above, x, zero), one, low)


@_emits("floor")
def _floor(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.intrinsic("floor", xs[0].type, xs[0])


@_emits("ceil")
def _ceil(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.intrinsic("ceil", xs[0].type, xs[0])


@_emits("round")
def _round(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.intrinsic("roundeven", xs[0].type, xs[0])


@_emits("relu")
def _relu(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    (x,) = xs
    if _unsigned(node):
        return x
    zero = number(x.type, 0)
    # NaN stays, and np.maximum gives +0 for -0: the second of equals, but of halves the first.
    keep = b.compare(("uge" if _of_halves(node) else "ugt") if x.type.is_float else "sgt", x, zero)
    return b.select(keep, x, zero)


def _extreme(b: Builder, node: Node, xs: Sequence[Operand], ordered: str, integer: str) -> Operand:
    x, y = xs
    if x.type.element == "i1":
        return b.binary("or" if ordered == "ogt" else "and", x, y)
    if not x.type.is_float:
        return b.select(b.compare(integer, x, y), x, y)
    # The first where it is the greater or NaN, else the second (which may be NaN). NumPy gives the second of equals,
    # but of halves the first, which shows in the sign of a zero.
    nan = b.compare("uno", x, x)
    wins = b.compare(ordered.replace("t", "e") if _of_halves(node) else ordered, x, y)
    return b.select(b.binary("or", nan, wins), x, y)


@_emits("maximum")
def _maximum(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return _extreme(b, node, xs, "ogt", "ugt" if _unsigned(node) else "sgt")


@_emits("minimum")
def _minimum(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return _extreme(b, node, xs, "olt", "ult" if _unsigned(node) else "slt")


@_emits("clip")
def _clip(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    (x,) = xs
    low, high = node.attrs["low"], node.attrs["high"]
    if low is not None:
        x = _maximum(b, node, (x, number(x.type, low)), site)  # type: ignore[arg-type]
    if high is not None:
        x = _minimum(b, node, (x, number(x.type, high)), site)  # type: ignore[arg-type]
    return x


@_emits("floordiv", costly=True)
def _floordiv(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    x, y = xs
    if x.type.is_float:
        return float_divmod(b, x, y)[0]
    return integer_divmod(b, x, y, _unsigned(node), site.faults)[0]


@_emits("mod", costly=True)
def _mod(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    x, y = xs
    if x.type.is_float:
        return float_divmod(b, x, y)[1]
    return integer_divmod(b, x, y, _unsigned(node), site.faults)[1]


# Comparisons and logic.


def _comparison(name: str, ordered: str, integer: str) -> None:
    @_emits(name)
    def emit(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
        x, y = xs
        if x.type.is_float:
            return b.compare(ordered, x, y)
        signless = integer in ("eq", "ne") or x.type.element == "i1" or _unsigned(node)
        return b.compare(
            integer if integer in ("eq", "ne") else ("u" if signless else "s") + integer, x, y
        )


for _name, _ordered, _integer in (
    ("eq", "oeq", "eq"), ("ne", "une", "ne"), ("lt", "olt", "lt"), ("le", "ole", "le"), ("gt", "ogt", "gt"),
    ("ge", "oge", "ge"),
):  # fmt: skip
    _comparison(_name, _ordered, _integer)


@_emits("logical_and")
def _and(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.binary("and", *xs)


@_emits("logical_or")
def _or(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.binary("or", *xs)


@_emits("logical_xor")
def _xor(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.binary("xor", *xs)


@_emits("logical_not")
def _not(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.binary("xor", xs[0], number(xs[0].type, True))


@_emits("isnan")
def _isnan(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    (x,) = xs
    return b.compare("uno", x, x) if x.type.is_float else number(x.type.with_element(I1), False)


@_emits("isinf")
def _isinf(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    (x,) = xs
    if not x.type.is_float:
        return number(x.type.with_element(I1), False)
    return b.compare("oeq", b.intrinsic("fabs", x.type, x), number(x.type, float("inf")))


@_emits("isfinite")
def _isfinite(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    (x,) = xs
    if not x.type.is_float:
        return number(x.type.with_element(I1), True)
    return b.compare("one", b.intrinsic("fabs", x.type, x), number(x.type, float("inf")))


@_emits("where")
def _where(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    return b.select(*xs)


# Conversions.


@_emits("cast")
def _cast(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    (x,) = xs
    have, want = node.inputs[0].dtype, node.output.dtype
    type = x.type.with_element(register_type(want))
    if have is want:
        return x
    if want.is_bool:
        return b.compare("une" if x.type.is_float else "ne", x, number(x.type, 0))
    if x.type.is_float and type.is_float:
        return b.convert("fpext" if type.bits > x.type.bits else "fptrunc", x, type)
    if type.is_float:
        return b.convert("uitofp" if have.is_bool or have.name == "uint8" else "sitofp", x, type)
    if x.type.is_float:
        return _float_to_integer(b, x, type)
    if type.bits < x.type.bits:
        return b.convert("trunc", x, type)
    if type.bits == x.type.bits:
        return x
    return b.convert("zext" if have.is_bool or have.name == "uint8" else "sext", x, type)


def _float_to_integer(b: Builder, x: Operand, type: Type) -> Operand:
    """Toward zero; what does not fit becomes the smallest integer, as the processor's conversion gives."""
    wide = I64 if type.bits == 64 else I32
    target = x.type.with_element(wide)
    bound = number(x.type, 2.0 ** (wide.bits - 1))
    inside = b.compare("olt", b.intrinsic("fabs", x.type, x), bound)
    safe = b.select(inside, x, number(x.type, 0.0))
    found = b.convert("fptosi", safe, target)
    found = b.select(inside, found, number(target, -(2 ** (wide.bits - 1))))
    return b.convert("trunc", found, type) if type.bits < wide.bits else found


# Elementary functions.


def _function(name: str, function: Callable[..., Operand]) -> None:
    @_emits(name, costly=True)
    def emit(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
        return function(b, *xs)


for _name in (
    "arctan", "arctan2", "cos", "erf", "exp", "expm1", "log", "log1p", "rsqrt", "sigmoid", "sin", "sqrt", "tan", "tanh",
):  # fmt: skip
    _function(_name, getattr(elementary, _name))


@_emits("pow", costly=True)
def _pow(b: Builder, node: Node, xs: Sequence[Operand], site: Site) -> Operand:
    x, y = xs
    if x.type.is_float:
        return elementary.pow(b, x, y)
    if not _unsigned(node):
        negative = b.compare("slt", y, number(y.type, 0))
        site.faults.append(negative)
        y = b.select(negative, number(y.type, 0), y)
    return elementary.integer_pow(b, x, y)
