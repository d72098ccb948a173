"""The prompt: pdb's commands over a run of a graph, and those that go backwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import numpy as np

from ..compiler.errors import BifrontError
from ..compiler.ops.constant import CONSTANT
from ..runtime.stepping.expressions import parse
from ..runtime.stepping.gradients import gradient, scalar_result
from ..runtime.stepping.naming import MADE, find, lookup, names_of
from ..runtime.stepping.state import Frame, State
from ..runtime.stepping.stops import AtLine, Stop
from . import showing
from .asking import Asking
from .debugger import Debugger, DebuggerQuit
from .places import found_in, read_stop
from .session import Debugging, is_name

__all__ = ["Prompt"]


class Prompt(Asking):
    """Asks what to do with one run until it is to go on.

    Args:
        debugging: the run.
        debugger: what holds from run to run.
    """

    prompt = "(bifront) "
    doc_header = (
        "Commands; any beginning of one that is no other's will do. `help COMMAND` says more:"
    )

    def __init__(self, debugging: Debugging, debugger: Debugger) -> None:
        super().__init__(debugger)
        self._run = debugging
        self._selected: Frame | None = None
        self._failed: State | None = None

    # Beginning.

    def go_on(self) -> None:
        """Run to a breakpoint, and ask there; come back at the end of the run."""
        if not self._continue():
            self.ask()

    def stopped(self, found: Stop | None) -> None:
        """Show where the run stands, and ask."""
        self._show(found)
        self.ask()

    def completedefault(self, text: str, line: str, begin: int, end: int) -> list[str]:
        """The names of values that begin so."""
        known = {n for f in self._view.frames for n in names_of(f.program) if not n.isdigit()}
        return sorted(name for name in known if name.startswith(text))

    # Moving.

    def do_step(self, _: str) -> bool:
        """s(tep): compute one node; go into branches and loops, and at their end out of them."""
        return self._move(lambda: self._run.walk.step())

    def do_next(self, _: str) -> bool:
        """n(ext): go on to the next line of the source; branches and loops are run as a whole."""
        return self._move(lambda: self._run.walk.next(self._stops))

    def do_return(self, _: str) -> bool:
        """r(eturn): go on to behind the branch or loop that the run is in, or to the end of the run."""
        return self._move(lambda: self._run.walk.out(self._stops))

    def do_end(self, _: str) -> bool:
        """end: go on to the end of this run, past all breakpoints, and stop there."""
        return self._move(lambda: self._run.walk.run())

    def do_continue(self, _: str) -> bool:
        """c(ontinue): go on to the next breakpoint, in this run or a later one."""
        return self._continue()

    def do_detach(self, _: str) -> bool:
        """detach: let this run and all others go on without stopping."""
        self.debugger.detached = True
        return True

    def do_back(self, _: str) -> None:
        """back, bk: take back the last step, or the last change."""
        self._backwards(lambda: self._run.walk.back())

    def do_rn(self, _: str) -> None:
        """rn: go back to the beginning of the line before (next, in reverse)."""
        self._backwards(lambda: self._run.walk.previous())

    def do_rc(self, _: str) -> None:
        """rc: go back to the breakpoint that was passed last, or to the beginning (continue, in reverse)."""
        found: list[Stop | None] = []

        def move() -> bool:
            begin = self._run.state
            found.append(self._run.walk.run_back(self._stops))
            return self._run.state is not begin

        self._backwards(move, found)

    # Breakpoints.

    def do_break(self, text: str) -> None:
        """b(reak) [PLACE[, CONDITION]]: stop there; without a place, list the breakpoints.

        PLACE is FILE:LINE, LINE of the file at hand, a value (%3, loss), an operation (log), nan, inf, nonfinite, or
        `if CONDITION`. In conditions, v is what was just computed: b log, min(v) < -20; b if max(abs(v)) > 10.
        """
        self._break(text, False)

    def do_tbreak(self, text: str) -> None:
        """tbreak PLACE[, CONDITION]: as break, once."""
        self._break(text, True)

    def do_clear(self, text: str) -> None:
        """cl(ear) [NUMBER ...]: remove breakpoints; without numbers, all."""
        numbers = text.split() or [str(number) for number in self.debugger.stops]
        for number in numbers:
            if not number.isdigit() or int(number) not in self.debugger.stops:
                raise BifrontError(f"there is no breakpoint {number}", hint="`b` lists them")
            self.debugger.temporary.discard(int(number))
            self.say(f"removed breakpoint {number}: {self.debugger.stops.pop(int(number))}")

    # Looking.

    def do_print(self, text: str) -> None:
        """p(rint) [EXPRESSION]: a value, or what is computed from values; without one, what was just computed.

        Values are called as in the IR (%3), as states (w) or as variables of the source (loss): p loss, p max(abs(%3)).
        """
        if not text:
            for value in self._run.state.made:
                self.say(showing.name_of(self._frame, value))
                self.say(showing.printed(self._frame.values[value]))
            return
        view = self._view
        self.say(showing.printed(parse(text).value(lambda name: lookup(view, name))))

    def do_whatis(self, text: str) -> None:
        """whatis NAME: a value's type, numbers in short, and line."""
        frame, value = find(self._view, text)
        where = f", made at {value.location}" if value.location is not None else ""
        self.say(
            f"{showing.name_of(frame, value)} = {showing.described(frame.values[value])}{where}"
        )

    def do_chain(self, text: str) -> None:
        """chain NAME [DEPTH]: what a value was computed from, and that from what, to a depth (3)."""
        name, _, depth = text.partition(" ")
        if depth and not depth.strip().isdigit():
            raise BifrontError(f"{depth} is no depth")
        frame, value = find(self._view, name or MADE)
        for line in showing.chain(frame, value, int(depth or 3)):
            self.say(line)

    def do_gradient(self, text: str) -> None:
        """gradient NAME [of SCALAR]: the derivative of the first scalar output, or of SCALAR, by a value."""
        name, _, of = text.partition(" of ")
        view = self._view
        frame, value = find(view, name)
        found = gradient(view, frame, value, scalar_result(view, of.strip() or None))
        self.say(showing.printed(found))

    def do_names(self, _: str) -> None:
        """names: all values that are known here, the outermost graph's first."""
        for frame in self._run.state.frames:
            for value, array in frame.values.items():
                node = value.producer
                if node is None or node.op is not CONSTANT:
                    self.say(f"   {showing.name_of(frame, value)} = {showing.described(array)}")

    def do_args(self, _: str) -> None:
        """a(rgs): what the graph of this frame was given."""
        for value in self._frame.program.graph.parameters:
            array = self._frame.values[value]
            self.say(f"   {showing.name_of(self._frame, value)} = {showing.described(array)}")

    def do_retval(self, _: str) -> None:
        """retval, rv: the results, as far as they are computed."""
        for value in self._frame.program.graph.results:
            known = self._frame.values.get(value)
            text = showing.described(known) if known is not None else "not computed yet"
            self.say(f"   {showing.name_of(self._frame, value)} = {text}")

    def do_list(self, _: str) -> None:
        """l(ist): the source around this line, and the nodes around this one."""
        self._list(False)

    def do_ll(self, _: str) -> None:
        """ll: the source around this line, and all nodes of the graph."""
        self._list(True)

    def do_where(self, _: str) -> None:
        """w(here), bt: the graphs that the run is in, the innermost last."""
        for frame in self._run.state.frames:
            self.say(showing.frame_line(frame, frame is self._frame))

    def do_up(self, _: str) -> None:
        """u(p): look at the graph around this region."""
        self._select(-1)

    def do_down(self, _: str) -> None:
        """d(own): look at the region inside again."""
        self._select(1)

    # Changing.

    def do_set(self, text: str) -> None:
        """set NAME = EXPRESSION, !NAME = EXPRESSION: change a value; what was computed from it follows."""
        name, equals, expression = (part.strip() for part in text.partition("="))
        if not equals or not is_name(name) or not expression:
            raise BifrontError("what is to be changed?", hint="write set NAME = EXPRESSION")
        self._run.set(name, np.asarray(self._run.evaluate(expression)))
        self._selected = None
        self._failed = None
        for line in showing.made(self._run.state):
            self.say(line)

    def do_quit(self, _: str) -> bool:
        """q(uit): give the run up. Nothing is changed, and the program ends."""
        raise DebuggerQuit("the debugger was left")

    # Inside.

    @property
    def _stops(self) -> list[Stop]:
        return list(self.debugger.stops.values())

    @property
    def _frame(self) -> Frame:
        """The graph that is looked at."""
        return self._selected or self._run.state.inner

    @property
    def _view(self) -> State:
        """The moment as it is seen from the graph that is looked at: without what it has inside."""
        state = self._run.state
        if self._selected is None:
            return state
        return State(state.frames[: state.frames.index(self._selected) + 1], (), state.changed)

    def _move(self, move: Callable[[], Stop | None]) -> bool:
        """Go on a little; whether the run is over, or fails."""
        self.debugger.stopping = True
        self._selected = None
        if self._run.finished or self._run.state is self._failed:
            return True
        try:
            found = move()
        except Exception as error:
            self._fail(error)
            return False
        self._show(found)
        return False

    def _continue(self) -> bool:
        self.debugger.stopping = False
        self._selected = None
        if self._run.finished or self._run.state is self._failed:
            return True
        try:
            found = self._run.walk.run(self._stops)
        except Exception as error:
            self._fail(error)
            return False
        if found is None:
            return True
        self.debugger.stopping = True
        self._show(found)
        return False

    def _fail(self, error: Exception) -> None:
        """An operation failed: the run stands before it, and can be looked at."""
        self._failed = self._run.state
        self.say(f"*** {error}")
        self._show(None)

    def _backwards(self, move: Callable[[], bool], found: list[Stop | None] | None = None) -> None:
        self._selected = None
        self._failed = None
        if not move():
            self.say("*** this is the beginning of the run")
            return
        self._show(found[0] if found else None)

    def _show(self, found: Stop | None) -> None:
        if found is not None:
            number = self.debugger.number_of(found)
            self.say(f"breakpoint {number}: {found}")
            if number in self.debugger.temporary:
                self.debugger.temporary.discard(number)
                del self.debugger.stops[number]
        for line in (*showing.made(self._run.state), *showing.place(self._run.state)):
            self.say(line)

    def _break(self, text: str, once: bool) -> None:
        if not text:
            for number, stop in self.debugger.stops.items():
                once = number in self.debugger.temporary
                self.say(f"{number}: {stop}{' (once)' if once else ''}")
            if not self.debugger.stops:
                self.say("no breakpoints")
            return
        stop = read_stop(text, self._run.state)
        number = self.debugger.add(stop, once)
        self.say(f"breakpoint {number}: {stop}")
        warning = found_in(stop, self._run.state)
        if warning:
            self.say(f"   {warning}")

    def _list(self, whole: bool) -> None:
        lines = [stop for stop in self._stops if isinstance(stop, AtLine)]

        def stops_at(file: str, line: int) -> bool:
            return any(stop.line == line and stop.names(file) for stop in lines)

        width = shutil.get_terminal_size().columns
        for line in showing.table(self._run.state, self._frame, stops_at, width, whole):
            self.say(line)

    def _select(self, by: int) -> None:
        frames = self._run.state.frames
        at = frames.index(self._frame) + by
        if not 0 <= at < len(frames):
            raise BifrontError(f"this is the {'outermost' if by < 0 else 'innermost'} graph")
        self._selected = frames[at]
        self.say(showing.frame_line(self._frame, True))
