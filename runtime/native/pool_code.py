"""The native code of the thread pool: ``parallel`` and what its workers run.

A job is published as one word, the ticket: a generation and the number of parts that nobody has claimed. Whoever is
awake claims parts by counting it down, the caller among them, so that a job ends even where no worker ever wakes up (on
busy cores, or in a process that was forked). A claim succeeds only while the generation is the one whose function was
read, so a worker that is late cannot run a part of a job that is over.

Waiting is spinning for some ten µs, then a semaphore.
"""

from __future__ import annotations

from . import emit
from .emit import I64, PTR, Builder, Module, Operand, Type, number
from .pool_layout import MAX_WORKERS, Pool, Worker

WAITING = 1 << 32
_GENERATION = 1 << 32
_STATE = Operand(PTR, "@pool")
_ZERO, _ONE = number(I64, 0), number(I64, 1)
_LOW = number(I64, (1 << 32) - 1)


class _Writer(Builder):
    """The builder with atomic operations."""

    def word(self, index: int, base: Operand = _STATE) -> Operand:
        return self.offset(base, number(I64, index), I64)

    def read(self, pointer: Operand, type: Type = I64, order: str = "seq_cst") -> Operand:
        return self.value(type, f"load atomic {type}, {pointer} {order}, align 8")

    def write(self, value: Operand, pointer: Operand, order: str = "seq_cst") -> None:
        self.line(f"store atomic {value}, {pointer} {order}, align 8")

    def change(self, operation: str, pointer: Operand, value: Operand) -> Operand:
        """Gives what was there before."""
        return self.value(I64, f"atomicrmw {operation} {pointer}, {value} seq_cst, align 8")

    def swap(self, pointer: Operand, expected: Operand, new: Operand) -> Operand:
        """Compare and swap: i1, whether it happened."""
        pair = self.fresh()
        self.line(f"{pair} = cmpxchg {pointer}, {expected}, {new} seq_cst seq_cst, align 8")
        return self.value(emit.I1, f"extractvalue {{ i64, i1 }} {pair}, 1")

    def pause(self, architecture: str) -> None:
        if architecture == "x86_64":
            self.line(f"call void @{self.module.declare('llvm.x86.sse2.pause', 'void', [])}()")
        elif architecture == "aarch64":
            self.line(
                f"call void @{self.module.declare('llvm.aarch64.hint', 'void', [emit.I32])}(i32 1)"
            )

    def semaphore(self, name: str, pointer: Operand) -> Operand:
        self.module.declare(name, "i32", [PTR])
        return self.call(name, emit.I32, pointer)

    def sleep(self, semaphore: Operand) -> None:
        """Wait for a semaphore, through signals."""
        again, awake = self.fresh_label("sleep"), self.fresh_label("awake")
        self.jump(again)
        self.label(again)
        status = self.semaphore("sem_wait", semaphore)
        self.branch(self.compare("eq", status, number(emit.I32, 0)), awake, again)
        self.label(awake)

    def run(self, function: Operand, context: Operand, part: Operand, parts: Operand) -> None:
        self.line(f"call void {function.text}({context}, {part}, {parts})")


def text(attributes: str, architecture: str) -> str:
    """The module of LLVM IR: ``parallel``, ``worker`` and ``state``."""
    module = Module(attributes)
    _state(module)
    _work(module)
    _parallel(module, architecture)
    _worker(module, architecture)
    words = Pool.WORKERS + MAX_WORKERS * Worker.SIZE
    return f"@pool = internal global [{words} x i64] zeroinitializer, align 64\n{module}"


def _state(module: Module) -> None:
    _Writer(module, "state", [], PTR).finish(_STATE)


def _work(module: Module) -> None:
    """Run parts until none is left to claim; wake the caller where the last one is done and it sleeps."""
    b = _Writer(module, "work", [], linkage="internal")
    claim, look, run, wake, end = (
        b.fresh_label(n) for n in ("claim", "look", "run", "wake", "end")
    )
    b.jump(look)
    b.label(look)
    ticket = b.read(b.word(Pool.TICKET))
    left = b.binary("and", ticket, _LOW)
    b.branch(b.compare("eq", left, _ZERO), end, claim)
    b.label(claim)
    function = b.read(b.word(Pool.FUNCTION), PTR)
    context = b.read(b.word(Pool.CONTEXT), PTR)
    parts = b.read(b.word(Pool.PARTS))
    claimed = b.swap(b.word(Pool.TICKET), ticket, b.sub(ticket, _ONE))
    b.branch(claimed, run, look)
    b.label(run)
    b.run(function, context, b.sub(parts, left), parts)
    before = b.change("sub", b.word(Pool.PENDING), _ONE)
    b.branch(b.compare("eq", before, number(I64, WAITING + 1)), wake, look)
    b.label(wake)
    b.semaphore("sem_post", b.word(Pool.CALLER))
    b.jump(look)
    b.label(end)
    b.finish()


def _parallel(module: Module, architecture: str) -> None:
    """``void parallel(ptr function, ptr context, i64 parts)``"""
    b = _Writer(module, "parallel", [("function", PTR), ("context", PTR), ("parts", I64)])
    function, context, parts = b.parameters
    serial, lock, share = (b.fresh_label(n) for n in ("serial", "lock", "share"))
    threads = b.read(b.word(Pool.THREADS))
    helpers = b.sub(b.intrinsic("smin", I64, threads, parts), _ONE)
    b.branch(b.compare("sgt", helpers, _ZERO), lock, serial)
    b.label(lock)
    # Another thread has the workers, or this is a part of a job: the parts run here.
    b.branch(b.swap(b.word(Pool.LOCK), _ZERO, _ONE), share, serial)
    b.label(serial)
    with b.loop(_ZERO, parts, 1) as loop:
        b.run(function, context, loop.index, parts)
        loop.give()
    b.line("ret void")
    b.label(share)
    _publish(b, function, context, parts)
    with b.loop(_ZERO, helpers, 1) as loop:
        worker = b.offset(b.word(Pool.WORKERS), b.mul(loop.index, number(I64, Worker.SIZE)), I64)
        sleeping = b.word(Worker.SLEEPING, worker)
        with b.when(b.compare("ne", b.read(sleeping), _ZERO)):
            was = b.change("xchg", sleeping, _ZERO)
            with b.when(b.compare("ne", was, _ZERO)):
                b.semaphore("sem_post", b.word(Worker.SEMAPHORE, worker))
        loop.give()
    b.line("call void @work()")
    _wait_for_others(b, architecture)
    b.write(_ZERO, b.word(Pool.LOCK))
    b.finish()


def _publish(b: _Writer, function: Operand, context: Operand, parts: Operand) -> None:
    b.write(function, b.word(Pool.FUNCTION))
    b.write(context, b.word(Pool.CONTEXT))
    b.write(parts, b.word(Pool.PARTS))
    b.write(parts, b.word(Pool.PENDING))
    # Nothing is left of the last job, so the ticket's lower half is 0.
    following = b.add(b.read(b.word(Pool.TICKET)), number(I64, _GENERATION))
    b.change("xchg", b.word(Pool.TICKET), b.add(following, parts))


def _wait_for_others(b: _Writer, architecture: str) -> None:
    spin, again, sleep, done = (b.fresh_label(n) for n in ("spin", "again", "sleep", "done"))
    pending = b.word(Pool.PENDING)
    limit = b.read(b.word(Pool.SPIN))
    before = b.block
    b.jump(spin)
    b.label(spin)
    turn = b.fresh()
    b.line(f"{turn} = phi i64 [ 0, %{before} ], [ {turn}.next, %{again} ]")
    b.branch(b.compare("eq", b.read(pending), _ZERO), done, again)
    b.label(again)
    b.pause(architecture)
    b.line(f"{turn}.next = add i64 {turn}, 1")
    b.branch(b.compare("slt", Operand(I64, f"{turn}.next"), limit), spin, sleep)
    b.label(sleep)
    was = b.change("add", pending, number(I64, WAITING))
    # Where the last part was done just before, nobody posts.
    with b.when(b.compare("ne", was, _ZERO)):
        b.sleep(b.word(Pool.CALLER))
    b.jump(done)
    b.label(done)


def _worker(module: Module, architecture: str) -> None:
    """``ptr worker(ptr state)``: what a thread runs for ever."""
    b = _Writer(module, "worker", [("own", PTR)], PTR)
    (own,) = b.parameters
    sleeping, index = b.word(Worker.SLEEPING, own), b.load(b.word(Worker.INDEX, own), I64)
    top, spin, look, again, rest, nap, wake = (
        b.fresh_label(n) for n in ("top", "spin", "look", "again", "rest", "nap", "wake")
    )
    limit = b.read(b.word(Pool.SPIN))
    b.jump(top)
    b.label(top)
    b.line("call void @work()")
    b.jump(spin)
    b.label(spin)
    turn = b.fresh()
    b.line(f"{turn} = phi i64 [ 0, %{top} ], [ {turn}.next, %{again} ]")
    # A worker that set_num_threads sent home does not spin.
    called = b.compare("slt", b.add(index, _ONE), b.read(b.word(Pool.THREADS)))
    b.branch(called, look, rest)
    b.label(look)
    left = b.binary("and", b.read(b.word(Pool.TICKET)), _LOW)
    b.branch(b.compare("ne", left, _ZERO), top, again)
    b.label(again)
    b.pause(architecture)
    b.line(f"{turn}.next = add i64 {turn}, 1")
    b.branch(b.compare("slt", Operand(I64, f"{turn}.next"), limit), spin, rest)
    b.label(rest)
    b.change("xchg", sleeping, _ONE)
    # A job that was published before the flag was seen would wake nobody: look once more.
    left = b.binary("and", b.read(b.word(Pool.TICKET)), _LOW)
    working = b.binary("and", b.compare("ne", left, _ZERO), called)
    b.branch(working, wake, nap)
    b.label(wake)
    was = b.change("xchg", sleeping, _ZERO)
    # Whoever took the flag meanwhile posts; that post must be consumed.
    b.branch(b.compare("ne", was, _ZERO), top, nap)
    b.label(nap)
    b.sleep(b.word(Worker.SEMAPHORE, own))
    b.jump(top)
    dead = b.fresh_label("dead")
    b.label(dead)
    b.finish(Operand(PTR, "null"))
