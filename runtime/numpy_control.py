"""Branches and loops, written in place: ``if``, ``while`` and ``for`` around the lines of their regions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from ..compiler.ir import Dim, Node, Value, symbols_of
from .binding import solve
from .numpy_steps import Steps, border, mentioned
from .numpy_text import identifier, tuple_of
from .plan import Block, Step
from .regions import Loop, captured, is_cond

NESTED = 15
"""Loops and branches within each other in one function. Python takes 20 of them; a deeper one is a function."""


class Control(Steps):
    """Writes branches and loops."""

    def control(self, step: Step) -> None:
        node = step.node
        self.check_border(node)
        if is_cond(node):
            self.cond(step)
            return
        loop = Loop(node)
        carries = self.start(loop, step)
        if loop.condition is None:
            self.scan(loop, step.blocks[-1], carries)
        else:
            self.while_(loop, step, carries)
        for value, name in zip(node.outputs, carries, strict=False):
            self.call_it(value, name)

    def check_border(self, node: Node) -> None:
        """Sizes that operands must have for the regions, where their types do not say so."""
        for operand, axis, value, at in dict.fromkeys(border(node)):
            want = value.shape[at]
            if all(s in self.sizes for s in symbols_of((want,))):
                have = f"{self.values[operand]}.shape[{axis}]"
                self.check(have, operand.shape[axis], want, node)

    def check(self, have: str, said: Dim, want: Dim, node: Node) -> None:
        """Write the test that a size is what it was taken for."""
        with self.inside(f"if {have} != {self.dim(want)}:", node):
            self.line(f"unequal({str(said)!r}, {have}, {str(want)!r}, {self.dim(want)})", node)

    # Branches.

    def cond(self, step: Step) -> None:
        node = step.node
        operands = [self.values[v] for v in node.inputs]
        # A branch may still read what has the name that a result is to have.
        names = [
            self.settled[v]
            if v in self.settled and self.settled[v] not in operands
            else self.fresh()
            for i, v in enumerate(node.outputs)
        ]
        before = dict(self.holds)
        for block, header in zip(step.blocks, (f"if {operands[0]}:", "else:"), strict=True):
            self.holds = dict(before)
            with self.inside(header, node, nested=1):
                place = len(self.function.lines)
                found = self.region(node, block, operands[1:], names)
                self.store(names, found, block)
                if len(self.function.lines) == place:
                    self.line("pass")
        self.holds = before
        for value, name in zip(node.outputs, names, strict=True):
            self.call_it(value, name)

    # Loops.

    def start(self, loop: Loop, step: Step) -> list[str]:
        """The variables of a loop with their first values."""
        node = loop.node
        used_elsewhere = {node.inputs[i] for i in (*loop.sequences, *loop.captures)}
        names = []
        over: list[Value] = []
        for i, value in enumerate(node.inputs[: loop.carries]):
            name, output = self.values[value], node.outputs[i]
            free = value in step.drops and value not in used_elsewhere and value not in over
            mine = free and self.holds.get(name) is value
            if mine:
                over.append(value)
            if mine and output not in self.settled:
                names.append(name)
                continue
            wanted = self.settled.get(output)
            if wanted is None or wanted in map(self.values.get, node.inputs):
                wanted = self.fresh()
            names.append(wanted)
        for name, value in zip(names, node.inputs, strict=False):
            if name != self.values[value]:
                self.line(f"{name} = {self.scalar(value)}", node)
        self.forget(v for v in over if self.values[v] not in names)
        for name, value in zip(names, loop.body.inputs, strict=False):
            self.holds[name] = value
        return names

    def scan(self, loop: Loop, block: Block, carries: Sequence[str]) -> None:
        node, body = loop.node, loop.body
        used = {v for step in block.steps for v in step.node.inputs} | {*body.outputs}
        slotted = {step.slot: step for step in block.steps if step.slot is not None}
        backwards = "[::-1]" if loop.reverse else ""
        operands = [*carries, *[self.values[v] for v in node.inputs[loop.carries :]]]
        targets: list[str] = []
        sources: list[str] = []
        counter = ""
        for i in loop.sequences:
            if (size := node.inputs[i].shape[0]) != loop.length:
                # `zip` would stop at the end of the shortest.
                self.check(f"{operands[i]}.shape[0]", size, loop.length, node)
            if body.inputs[i] in used:
                sources.append(operands[i] + backwards)
                operands[i] = self.local(body.inputs[i])
                targets.append(operands[i])
        for value in loop.stacked:
            name = self.local(value)
            self.line(f"{name} = empty({self.shape(value)}, {self.dtype(value)})", node)
            if value in slotted:
                self.slots[value] = self.fresh()
                targets.append(self.slots[value])
                sources.append(name + backwards)
            elif not counter:
                counter = self.name("t")
        if counter or not targets:
            length = self.dim(loop.length)
            targets.append(counter or self.name("_"))
            sources.append(
                f"range({length} - 1, -1, -1)" if loop.reverse and counter else f"range({length})"
            )
        header = sources[0] if len(sources) == 1 else f"zip({', '.join(sources)})"
        with self.inside(f"for {', '.join(targets)} in {header}:", node, nested=1):
            place = len(self.function.lines)
            found = self.region(node, block, operands, carries)
            for value, name in zip(loop.stacked, found[loop.carries :], strict=True):
                if value not in slotted:
                    self.line(f"{self.values[value]}[{counter}] = {name}", node)
            self.again(loop, carries, found, block)
            if len(self.function.lines) == place:
                self.line("pass")

    def while_(self, loop: Loop, step: Step, carries: Sequence[str]) -> None:
        node = loop.node
        operands = [*carries, *[self.values[v] for v in node.inputs[loop.carries :]]]
        for value in loop.stacked:
            self.line(f"{self.local(value)} = []")
        trips = str(loop.trips) if str(loop.trips) in self.needed else ""
        count = self.size_name(trips) if trips else ""
        counting = count and not loop.stacked
        if counting:
            self.line(f"{count} = 0")
        header = "while True:"
        if loop.maximum is not None:
            header = f"for {self.name('_')} in range({loop.maximum}):"
        with self.inside(header, node, nested=1):
            carried = dict(self.holds)
            (goes_on,) = self.region(node, step.blocks[0], operands, ())
            self.holds = carried
            self.line(f"if not {goes_on}:")
            self.line("    break")
            found = self.region(node, step.blocks[1], operands, carries)
            for value, name in zip(loop.stacked, found[loop.carries :], strict=True):
                self.line(f"{self.values[value]}.append({name})")
            if counting:
                self.line(f"{count} += 1")
            self.again(loop, carries, found, step.blocks[1])
        for value in loop.stacked:
            name = self.values[value]
            shape = tuple_of(map(self.dim, value.shape[1:]))
            self.line(f"{name} = stack({name}, {shape}, {self.dtype(value)})", node)
        if count and not counting:
            self.line(f"{count} = len({self.values[loop.stacked[0]]})")
        if count:
            self.sizes = {**self.sizes, trips: count}

    def again(self, loop: Loop, carries: Sequence[str], found: Sequence[str], block: Block) -> None:
        """What an iteration gives is what the next one takes."""
        body = loop.body
        for value, end in zip(body.inputs[: loop.carries], body.outputs, strict=False):
            for axis, (want, have) in enumerate(zip(value.shape, end.shape, strict=True)):
                if have != want and all(s in self.sizes for s in symbols_of((want,))):
                    size = f"{self.values[end]}.shape[{axis}]"
                    self.check(size, have, want, loop.node)
        self.store(carries, found, block)

    def shape(self, value: Value) -> str:
        return tuple_of(map(self.dim, value.shape))

    # Regions.

    def region(
        self, node: Node, block: Block, operands: Sequence[str], wanted: Sequence[str]
    ) -> list[str]:
        """Write a region; gives the names of its outputs.

        Args:
            operands: the names of what it is given.
            wanted: names that its (first) outputs are to have in the end. An output that can have its name at once has
                it; the others are for `store`.
        """
        graph = block.graph
        for value, name in zip(graph.inputs, operands, strict=True):
            self.values[value] = name
        for value, outer in captured(node, graph):
            self.scalars.pop(value, None)
            if (scalar := self.scalar(outer)) != self.values[outer]:
                self.scalars[value] = scalar
        sizes = self.sizes
        deep = self.function.nested > NESTED
        needed = mentioned(step.node for step in block.steps)
        arguments: dict[str, None] = {}
        if deep:
            used = [*operands, *[self.slots[s.slot] for s in block.steps if s.slot is not None]]
            used += [self.scalars[v] for v in graph.inputs if v in self.scalars]
            used += [sizes[s] for s in sizes if s in needed]
            arguments = dict.fromkeys(name for name in used if name not in self.objects)
        name = self.name(f"do_{identifier(graph.name) or 'region'}") if deep else ""
        with ExitStack() as function:
            if deep:
                function.enter_context(self.another_function())
                function.enter_context(self.inside(f"def {name}({', '.join(arguments)}):"))
            for one in solve(graph.inputs, sizes).solves:
                if one.symbol in needed:
                    self.bind(one, node)
            self.settle(block, wanted)
            self.block(block)
            found = [self.values[v] for v in graph.outputs]
            if deep:
                self.line(f"return {tuple_of(found)}")
        self.sizes = sizes
        if not deep:
            return found
        fresh = [self.fresh() for _ in found]
        self.line(f"{tuple_of(fresh)} = {name}({', '.join(arguments)})")
        for value, called in zip(graph.outputs, fresh, strict=True):
            self.call_it(value, called)
        return fresh

    def settle(self, block: Block, wanted: Sequence[str]) -> None:
        """Outputs that can have their names as soon as they are computed."""
        graph = block.graph
        at = {v: i for i, step in enumerate(block.steps) for v in step.node.outputs}
        last = {v: i for i, step in enumerate(block.steps) for v in step.node.inputs}
        names = {v: self.values[v] for v in graph.inputs}
        for step in block.steps:
            if step.blocks and not is_cond(step.node):
                # A loop may go on with the variable of what it starts from.
                inner = Loop(step.node)
                pairs = zip(step.node.inputs[: inner.carries], step.node.outputs, strict=False)
                names.update((new, names[old]) for old, new in pairs if old in names)
        busy: dict[str, int] = {}
        for value, name in names.items():
            until = len(at) if value in graph.outputs else last.get(value, -1)
            busy[name] = max(busy.get(name, -1), until)
        for value in graph.outputs:
            self.settled.pop(value, None)
        first = graph.outputs[: len(wanted)]
        for value, name in zip(first, wanted, strict=False):
            if value not in at or first.count(value) > 1 or name in self.objects:
                continue
            if busy.get(name, -1) <= at[value] and block.steps[at[value]].slot is None:
                self.settled[value] = name

    def store(self, names: Sequence[str], found: Sequence[str], block: Block) -> None:
        """Give outputs their names where they have others, all at once where one is still to be read."""
        pairs = [(name, old) for name, old in zip(names, found, strict=False) if name != old]
        written: set[str] = set()
        clash = False
        for name, old in pairs:
            clash |= old in written
            written.add(name)
        if clash:
            self.line(f"{', '.join(n for n, _ in pairs)} = {', '.join(o for _, o in pairs)}")
        else:
            for name, old in pairs:
                self.line(f"{name} = {old}")
        for name in names:
            self.holds.pop(name, None)
        inside = {v for step in block.steps for v in step.node.outputs} | {*block.graph.inputs}
        self.forget(dict.fromkeys(v for v in block.graph.outputs if v in inside))
