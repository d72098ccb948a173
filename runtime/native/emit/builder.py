"""The builder of one function: instructions in order, loops and branches as ``with`` blocks.

Floating-point instructions carry ``contract`` and no other fast-math flag: a product and a sum may become one fused
operation; infinities, NaN and signed zeros keep their meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from .module import Module
from .types import I1, I64, PTR, Operand, Type, number


class Loop:
    """A counted loop: ``index`` runs from ``start`` to ``stop``; ``carried`` are the values of this iteration.

    The block ends by saying what the next iteration gets (`give`); afterwards `results` are the last values.
    """

    __slots__ = ("carried", "given", "index", "results")

    def __init__(self, index: Operand, carried: Sequence[Operand]) -> None:
        self.index = index
        self.carried = tuple(carried)
        self.given: tuple[Operand, ...] = ()
        self.results: tuple[Operand, ...] = tuple(carried)

    def give(self, *values: Operand) -> None:
        self.given = values


@dataclass(frozen=True, slots=True)
class Calls:
    """A loop around calls: its index, and where the index is kept. After the loop that holds the first beyond it."""

    index: Operand
    at: Operand


class Builder:
    """Writes a function into a module.

    Args:
        module: where intrinsics are declared and the function goes (`finish`).
        name: the function's name.
        parameters: names and types; ``attributes`` may follow a pointer's type, as in ``("a", PTR, "noalias")``.
        returns: the type that it returns, or None.
    """

    def __init__(
        self,
        module: Module,
        name: str,
        parameters: Sequence[tuple[str, Type]],
        returns: Type | None = None,
        linkage: str = "",
        attributes: str = "#0",
    ) -> None:
        self.module = module
        self.name = name
        self.parameters = tuple(Operand(t, f"%{n}") for n, t in parameters)
        listed = ", ".join(f"{t.text} %{n}" for n, t in parameters)
        result = returns.text if returns else "void"
        self._head = f"define {linkage} {result} @{name}({listed}) {attributes} {{\nentry:"
        self._lines: list[str] = []
        self._allocas: list[str] = []
        self._count = 0
        self.block = "entry"
        """The label of the block that is being written."""

    # Instructions.

    def fresh(self) -> str:
        self._count += 1
        return f"%v{self._count}"

    def value(self, type: Type, text: str) -> Operand:
        """An instruction that gives a value."""
        self._count += 1
        name = f"%v{self._count}"
        self._lines.append(f"  {name} = {text}")
        return Operand(type, name)

    def at_entry(self, type: Type, text: str) -> Operand:
        """An instruction that gives a value, at the function's entry: it may be used anywhere."""
        name = self.fresh()
        self._allocas.append(f"  {name} = {text}")
        return Operand(type, name)

    def line(self, text: str) -> None:
        """An instruction that gives none."""
        self._lines.append(f"  {text}")

    def binary(self, instruction: str, a: Operand, b: Operand) -> Operand:
        """Any instruction of the form ``instruction type a, b`` whose result has the operands' type."""
        return self.value(a.type, f"{instruction} {a.type.text} {a.text}, {b.text}")

    def add(self, a: Operand, b: Operand) -> Operand:
        return self.binary("fadd contract" if a.type.is_float else "add", a, b)

    def sub(self, a: Operand, b: Operand) -> Operand:
        return self.binary("fsub contract" if a.type.is_float else "sub", a, b)

    def mul(self, a: Operand, b: Operand) -> Operand:
        return self.binary("fmul contract" if a.type.is_float else "mul", a, b)

    def div(self, a: Operand, b: Operand) -> Operand:
        """Of floats, or of signed integers toward zero."""
        return self.binary("fdiv contract" if a.type.is_float else "sdiv", a, b)

    def fma(self, a: Operand, b: Operand, c: Operand) -> Operand:
        """a * b + c, rounded once."""
        return self.intrinsic("fma", a.type, a, b, c)

    def neg(self, a: Operand) -> Operand:
        if a.type.is_float:
            return self.value(a.type, f"fneg {a}")
        return self.sub(number(a.type, 0), a)

    def compare(self, predicate: str, a: Operand, b: Operand) -> Operand:
        """``fcmp`` (oeq, olt, uno, ...) of floats, ``icmp`` (eq, slt, ult, ...) of the others: i1 in each lane."""
        kind = "fcmp" if a.type.is_float else "icmp"
        return self.value(a.type.with_element(I1), f"{kind} {predicate} {a}, {b.text}")

    def select(self, condition: Operand, a: Operand, b: Operand) -> Operand:
        return self.value(a.type, f"select {condition}, {a}, {b}")

    def convert(self, instruction: str, a: Operand, type: Type) -> Operand:
        """``sitofp``, ``fptosi``, ``fpext``, ``fptrunc``, ``zext``, ``sext``, ``trunc``, ``bitcast``, ..."""
        return self.value(type, f"{instruction} {a} to {type}")

    def intrinsic(self, name: str, returns: Type, *operands: Operand, suffix: str = "") -> Operand:
        """``llvm.name.suffix``; the suffix is by default that of the result's type."""
        full = f"llvm.{name}.{suffix or returns.suffix}"
        self.module.declare(full, returns.text, [o.type for o in operands])
        return self.value(returns, f"call {returns} @{full}({', '.join(map(str, operands))})")

    def call(self, name: str, returns: Type, *operands: Operand) -> Operand:
        """A function of the module."""
        return self.value(returns, f"call {returns} @{name}({', '.join(map(str, operands))})")

    def splat(self, a: Operand, lanes: int) -> Operand:
        """A vector with a scalar in each lane; with ``lanes`` 0 the scalar itself."""
        if not lanes:
            return a
        type = a.type.vector(lanes)
        if not a.text.startswith("%"):
            return Operand(type, f"splat ({a})")
        one = self.value(type, f"insertelement {type} poison, {a}, i64 0")
        return self.value(
            type, f"shufflevector {one}, {type} poison, <{lanes} x i32> zeroinitializer"
        )

    def extract(self, a: Operand, lane: int | Operand) -> Operand:
        index = lane if isinstance(lane, Operand) else number(I64, lane)
        return self.value(a.type.scalar, f"extractelement {a}, {index}")

    def insert(self, a: Operand, element: Operand, lane: int | Operand) -> Operand:
        index = lane if isinstance(lane, Operand) else number(I64, lane)
        return self.value(a.type, f"insertelement {a}, {element}, {index}")

    def shuffle(self, a: Operand, b: Operand, lanes: Sequence[int]) -> Operand:
        """Lanes of ``a`` (from 0) and ``b`` (after them), picked by constant numbers."""
        picked = ", ".join(f"i32 {i}" for i in lanes)
        return self.value(
            a.type.vector(len(lanes)), f"shufflevector {a}, {b}, <{len(lanes)} x i32> <{picked}>"
        )

    # Memory.

    def offset(self, pointer: Operand, index: Operand, type: Type) -> Operand:
        """The address ``index`` elements of a (scalar) type further on."""
        if index.text == "0":
            return pointer
        return self.value(PTR, f"getelementptr inbounds {type.scalar}, {pointer}, {index}")

    def load(self, pointer: Operand, type: Type, align: int = 0) -> Operand:
        """``align`` in bytes; by default that of an element."""
        return self.value(type, f"load {type}, {pointer}, align {align or type.bits // 8}")

    def store(self, a: Operand, pointer: Operand, align: int = 0) -> None:
        self.line(f"store {a}, {pointer}, align {align or a.type.bits // 8}")

    def masked_load(self, pointer: Operand, mask: Operand, otherwise: Operand) -> Operand:
        """The lanes whose mask holds; ``otherwise`` in the others, whose memory is not touched."""
        type = otherwise.type
        name = self.module.declare(
            f"llvm.masked.load.{type.suffix}.p0", type.text, [PTR, mask.type, type]
        )
        return self.value(
            type,
            f"call {type} @{name}(ptr align {type.bits // 8} {pointer.text}, {mask}, {otherwise})",
        )

    def masked_store(self, a: Operand, pointer: Operand, mask: Operand) -> None:
        chosen = [lane.strip().endswith("true") for lane in mask.text.strip("<>").split(",")]
        if chosen.count(True) == 1:
            # Of one lane of a truncated vector LLVM (22, x86) stores all bytes that it had before, over what follows.
            self.store(self.extract(a, chosen.index(True)), pointer, a.type.bits // 8)
            return
        name = self.module.declare(
            f"llvm.masked.store.{a.type.suffix}.p0", "void", [a.type, PTR, mask.type]
        )
        self.line(f"call void @{name}({a}, ptr align {a.type.bits // 8} {pointer.text}, {mask})")

    def alloca(self, type: Type, count: int = 1, align: int = 64) -> Operand:
        """Memory on the stack, taken once at the function's entry."""
        name = self.fresh()
        self._allocas.append(f"  {name} = alloca [{count} x {type}], align {align}")
        return Operand(PTR, name)

    # Control flow.

    def label(self, name: str) -> None:
        """Begin a block."""
        self._lines.append(f"{name}:")
        self.block = name

    def fresh_label(self, what: str) -> str:
        self._count += 1
        return f"{what}{self._count}"

    def jump(self, label: str) -> None:
        self._lines.append(f"  br label %{label}")

    def branch(self, condition: Operand, then: str, otherwise: str) -> None:
        self._lines.append(f"  br {condition}, label %{then}, label %{otherwise}")

    @contextmanager
    def loop(
        self, start: Operand, stop: Operand, step: int, *initial: Operand, once: bool = False
    ) -> Iterator[Loop]:
        """Iterate while ``index < stop`` (i64, signed).

        Args:
            initial: what is carried into the first iteration.
            once: the first iteration certainly runs; nothing is tested before it.
        """
        body, end = self.fresh_label("loop"), self.fresh_label("after")
        before = self.block
        if not once:
            self.branch(self.compare("slt", start, stop), body, end)
        else:
            self.jump(body)
        self.label(body)
        at = len(self._lines)
        loop = Loop(Operand(I64, self.fresh()), [Operand(v.type, self.fresh()) for v in initial])
        yield loop
        assert len(loop.given) == len(initial), "a loop must be given what the next iteration gets"
        after = self.block
        following = self.add(loop.index, number(I64, step))
        self.branch(self.compare("slt", following, stop), body, end)
        phis = [
            f"  {loop.index.text} = phi i64 [ {start.text}, %{before} ], [ {following.text}, %{after} ]"
        ]
        for carried, first, given in zip(loop.carried, initial, loop.given, strict=True):
            phis.append(
                f"  {carried.text} = phi {carried.type} [ {first.text}, %{before} ], [ {given.text}, %{after} ]"
            )
        self._lines[at:at] = phis
        self.label(end)
        if once:
            loop.results = loop.given
            return
        results = []
        for first, given in zip(initial, loop.given, strict=True):
            results.append(
                self.value(
                    first.type,
                    f"phi {first.type} [ {first.text}, %{before} ], [ {given.text}, %{after} ]",
                )
            )
        loop.results = tuple(results)

    @contextmanager
    def calls(
        self, start: Operand, stop: Operand, step: int, once: bool = False
    ) -> Iterator[Calls]:
        """`loop` for iterations that call functions; nothing else is carried from one to the next.

        The index is kept in memory, where LLVM does not look for pointers that could go along with it: the search takes
        as long as all else that it does to such code, and gains nothing beside the calls.
        """
        at = self.alloca(I64, 1, 8)
        body, end = self.fresh_label("calls"), self.fresh_label("after")
        self.store(start, at, 8)
        if once:
            self.jump(body)
        else:
            self.branch(self.compare("slt", start, stop), body, end)
        self.label(body)
        calls = Calls(self.load(at, I64, 8), at)
        yield calls
        following = self.add(calls.index, number(I64, step))
        self.store(following, at, 8)
        self.branch(self.compare("slt", following, stop), body, end)
        self.label(end)

    @contextmanager
    def when(self, condition: Operand) -> Iterator[None]:
        """What runs only where the condition (i1) holds; it gives no values."""
        then, end = self.fresh_label("then"), self.fresh_label("end")
        self.branch(condition, then, end)
        self.label(then)
        yield
        self.jump(end)
        self.label(end)

    def either(
        self,
        condition: Operand,
        then: Callable[[], Operand],
        otherwise: Callable[[], Operand],
    ) -> Operand:
        """One of two values, of which only the one that is wanted is computed; the condition is one i1."""
        first, second, end = (self.fresh_label(n) for n in ("first", "second", "both"))
        self.branch(condition, first, second)
        self.label(first)
        a = then()
        after_first = self.block
        self.jump(end)
        self.label(second)
        b = otherwise()
        after_second = self.block
        self.jump(end)
        self.label(end)
        return self.value(
            a.type, f"phi {a.type} [ {a.text}, %{after_first} ], [ {b.text}, %{after_second} ]"
        )

    @contextmanager
    def entry(self) -> Iterator[None]:
        """What is written in the block stands at the function's entry, before all else; it has no branches."""
        here, self._lines = self._lines, []
        yield
        self._allocas += self._lines
        self._lines = here

    def finish(self, result: Operand | None = None) -> None:
        """End the function and add it to the module."""
        self.line(f"ret {result}" if result is not None else "ret void")
        self.module.add("\n".join([self._head, *self._allocas, *self._lines, "}"]))
