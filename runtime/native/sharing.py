"""How threads share a kernel: functions that every kernel of a module has in common."""

from __future__ import annotations

from .emit import I64, PTR, Builder, Module, number

__all__ = ["GRAIN", "emit_share"]

GRAIN = 1 << 16
"""Elementary operations below which a kernel stays on one thread."""
_FRAME, _KERNEL, _COUNT, _UNIT, _WORDS = range(5)
"""Words of a part's context."""


def emit_share(module: Module) -> str:
    """Write ``void share(ptr frame, ptr kernel, i64 count, i64 unit, i64 work)``, once for a module; gives its name.

    It runs ``kernel(frame, start, stop)`` over all of ``0 .. count``: on several threads where the work, a number of
    elementary operations, is worth it. Parts begin at multiples of ``unit``.
    """
    name = "share"
    if name in module.made:
        return name
    module.made[name] = name
    names = [("frame", PTR), ("kernel", PTR), ("count", I64), ("unit", I64), ("work", I64)]
    b = Builder(module, name, names, linkage="internal")
    frame, kernel, count, unit, work = b.parameters
    part = _emit_part(module)
    runtime = b.load(frame, PTR, 8)
    threads = b.load(b.offset(runtime, number(I64, 2), I64), PTR, 8)
    worth = b.binary("sdiv", work, number(I64, GRAIN))
    parts = b.intrinsic("smin", I64, worth, b.load(threads, I64, 8))
    many, one, done = b.fresh_label("many"), b.fresh_label("one"), b.fresh_label("done")
    b.branch(b.compare("sgt", parts, number(I64, 1)), many, one)
    b.label(many)
    context = b.alloca(I64, _WORDS)
    for word, value in ((_FRAME, frame), (_KERNEL, kernel), (_COUNT, count), (_UNIT, unit)):
        b.store(value, b.offset(context, number(I64, word), I64), 8)
    parallel = b.load(runtime, PTR, 8)
    b.line(f"call void {parallel.text}(ptr @{part}, {context}, {parts})")
    b.jump(done)
    b.label(one)
    b.line(f"call void {kernel.text}({frame}, i64 0, {count})")
    b.jump(done)
    b.label(done)
    b.finish()
    return name


def _emit_part(module: Module) -> str:
    """Write ``void part(ptr context, i64 part, i64 parts)``: the kernel on one part of its range."""
    names = [("context", PTR), ("part", I64), ("parts", I64)]
    b = Builder(module, "part", names, linkage="internal")
    context, part, parts = b.parameters
    frame, kernel = (
        b.load(b.offset(context, number(I64, word), I64), PTR, 8) for word in (_FRAME, _KERNEL)
    )
    count, unit = (
        b.load(b.offset(context, number(I64, word), I64), I64, 8) for word in (_COUNT, _UNIT)
    )
    one = number(I64, 1)
    chunk = b.binary("sdiv", b.add(count, b.sub(parts, one)), parts)
    chunk = b.add(chunk, b.sub(unit, one))
    chunk = b.sub(chunk, b.binary("srem", chunk, unit))
    start = b.intrinsic("smin", I64, b.mul(part, chunk), count)
    end = b.intrinsic("smin", I64, b.add(start, chunk), count)
    b.line(f"call void {kernel.text}({frame}, {start}, {end})")
    b.finish()
    return "part"
