"""LLVM: from its IR to objects, several side by side. Importing this module loads LLVM."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from threading import Thread
from typing import Any

from llvmlite import binding
from llvmlite.binding import ffi

MakeMachine = Callable[[], Any]
"""Makes one of llvmlite's target machines."""


def compile_objects(texts: Sequence[str], make_machine: MakeMachine, threads: int) -> list[bytes]:
    """The objects of modules, in their order; what they hold does not depend on the number of threads.

    Raises:
        RuntimeError: LLVM refuses the IR.
    """
    made: dict[int, bytes] = {}
    errors: list[BaseException] = []
    waiting = list(enumerate(texts))[::-1]

    def work() -> None:
        try:
            machine = make_machine()
            while waiting and not errors:
                try:
                    i, text = waiting.pop()
                except IndexError:  # another thread was faster
                    return
                made[i] = _object(text, machine)
        except BaseException as error:
            errors.append(error)

    others = [Thread(target=work) for _ in range(min(threads, len(texts)) - 1)]
    for thread in others:
        thread.start()
    work()
    for thread in others:
        thread.join()
    if errors:
        raise errors[0]
    return [made[i] for i in range(len(texts))]


def _object(text: str, machine: Any) -> bytes:
    context = binding.create_context()
    module = binding.parse_assembly(text, context)
    module.verify()
    with ffi.OutputString() as complaint:
        buffer = _emit()(machine, module, 1, complaint)
        if not buffer:
            raise RuntimeError(str(complaint))
    try:
        size = ffi.lib.LLVMPY_GetBufferSize(buffer)
        return ctypes.string_at(ffi.lib.LLVMPY_GetBufferStart(buffer), size)
    finally:
        ffi.lib.LLVMPY_DisposeMemoryBuffer(buffer)


@cache
def _emit() -> Callable[..., Any]:
    """What ``TargetMachine.emit_object`` calls, without llvmlite's lock.

    The lock lets one thread at a time into all of LLVM. LLVM itself needs none between contexts.
    """
    locked = ffi.lib.LLVMPY_TargetMachineEmitToMemory
    try:
        unlocked = ctypes.CDLL(ffi.lib._name).LLVMPY_TargetMachineEmitToMemory
    except (AttributeError, OSError):
        return locked  # type: ignore[no-any-return]
    unlocked.argtypes, unlocked.restype = locked.argtypes, locked.restype
    return unlocked
