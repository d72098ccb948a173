"""Asking for commands: at the terminal, with history and completion, or from a script."""

from __future__ import annotations

import cmd
from collections.abc import Iterator
from contextlib import contextmanager

from ..compiler.errors import BifrontError
from .debugger import Debugger

__all__ = ["Asking"]

_ALIASES = {
    "a": "args", "b": "break", "bk": "back", "bt": "where", "c": "continue", "cl": "clear", "cont": "continue",
    "d": "down", "exit": "quit", "h": "help", "l": "list", "n": "next", "p": "print", "pp": "print", "q": "quit",
    "r": "return", "rv": "retval", "s": "step", "u": "up", "w": "where",
}  # fmt: skip


class Asking(cmd.Cmd):
    """Reads commands and does them, until one says that it is enough.

    Args:
        debugger: where commands come from, and where to write.
    """

    prompt = "(bifront) "

    def __init__(self, debugger: Debugger) -> None:
        super().__init__()
        self.debugger = debugger

    def say(self, text: str = "") -> None:
        """Show a line."""
        self.debugger.write(text)

    def ask(self) -> None:
        """Do commands until one ends it; where a script has no more, nothing stops from then on."""
        stop = False
        while not stop:
            line = self._next_line()
            if line is None:
                self.debugger.detached = True
                return
            stop = bool(self.onecmd(line))

    def _next_line(self) -> str | None:
        """The next command; None where a script has no more."""
        commands = self.debugger.commands
        if commands is None:
            try:
                with self._completing():
                    return input(self.prompt)
            except EOFError:
                self.say()
                return "quit"
        if not commands:
            return None
        line = commands.pop(0)
        self.say(f"{self.prompt}{line}")
        return line

    @contextmanager
    def _completing(self) -> Iterator[None]:
        """The terminal's history and completion, where Python has them."""
        try:
            import readline
        except ImportError:
            yield
            return
        before = readline.get_completer()
        readline.set_completer(self.complete)  # type: ignore[arg-type]
        readline.parse_and_bind("tab: complete")
        try:
            yield
        finally:
            readline.set_completer(before)

    def onecmd(self, line: str) -> bool:
        """Do what a line says; whether that is enough."""
        word, _, rest = line.strip().partition(" ")
        if word.startswith("!"):
            word, rest = "set", line.strip()[1:]
        if not word:
            return self.emptyline()
        found = _ALIASES.get(word) or self._completed(word)
        if found is None:
            return False
        self.lastcmd = line
        try:
            return bool(getattr(self, f"do_{found}")(rest.strip()))
        except BifrontError as error:
            self.say(f"*** {error}")
        except Exception as error:  # whatever it is, the program that is looked at goes on
            self.say(f"*** {type(error).__name__}: {error}")
        return False

    def emptyline(self) -> bool:
        """An empty line does the last command once more, as pdb has it."""
        return self.onecmd(self.lastcmd) if self.lastcmd else False

    def do_help(self, arg: str) -> None:
        """h(elp) [COMMAND]: what there is, or what a command does."""
        if not arg:
            for name in self._commands():
                self.say(f"  {self._told(name)[0]}")
            return
        found = _ALIASES.get(arg) or self._completed(arg)
        if found is not None:
            self.say("\n".join(self._told(found)))

    def _told(self, name: str) -> list[str]:
        doc = getattr(self, f"do_{name}").__doc__ or ""
        return [line.strip() for line in doc.strip().split("\n")]

    def _commands(self) -> list[str]:
        return sorted(name[3:] for name in self.get_names() if name.startswith("do_"))

    def _completed(self, word: str) -> str | None:
        """The command that begins so."""
        names = self._commands()
        fitting = [word] if word in names else [name for name in names if name.startswith(word)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            self.say(f"*** {word}: {' or '.join(fitting)}?")
        else:
            self.say(
                f"*** there is no command {word}; `p {word}` prints a value, `help` lists commands"
            )
        return None
