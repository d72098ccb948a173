"""The native function behind every entry: it checks arrays, makes results, and calls a kernel.

One piece of code serves all graphs. It is a C function of the kind METH_FASTCALL; its ``self`` is a tuple whose first
item is an array of words, the block, which describes the kernel. What it needs of CPython and NumPy it finds in a table
of addresses, so that the compiled code is the same in every process.
"""

from __future__ import annotations

from . import structs
from .emit import I8, I32, I64, PTR, Builder, Module, Operand, number
from .entry_layout import ALIGNMENT, FRAME, NAME, Api, Block, Flag, Parameter, Result

_ZERO = number(I64, 0)
_ONE = number(I64, 1)
_NULL = Operand(PTR, "null")


class _Writer(Builder):
    """The builder with what this function does often."""

    def __init__(self, module: Module) -> None:
        super().__init__(
            module, NAME, [("self", PTR), ("args", PTR), ("nargs", I64)], PTR, linkage="dso_local"
        )
        items = self.at(self.parameters[0], structs.TUPLE_ITEMS, PTR)
        self.words = self.at(items, structs.ARRAY_DATA, PTR)
        self.api = self.at(self.words, 8 * Block.API, PTR)

    def at(self, pointer: Operand, offset: int, type: object = I64) -> Operand:
        """What stands ``offset`` bytes on."""
        chosen = {id(t): t for t in (I8, I32, I64, PTR)}[id(type)]
        return self.load(self.offset(pointer, number(I64, offset), I8), chosen)

    def index(self, pointer: Operand, index: Operand) -> Operand:
        """The address of a word."""
        return self.offset(pointer, index, I64)

    def block_word(self, word: Block, type: object = I64) -> Operand:
        return self.at(self.words, 8 * word, type)

    def python(self, name: Api, returns: str, *arguments: Operand | str) -> Operand:
        """Call a function of the table."""
        function = self.at(self.api, 8 * name, PTR)
        call = f"call {returns} {function.text}({', '.join(map(str, arguments))})"
        if returns == "void":
            self.line(call)
            return _NULL
        return self.value(PTR, call)

    def words_on_stack(self, count: Operand) -> Operand:
        return self.value(PTR, f"alloca i64, {count}, align {ALIGNMENT}")

    def unless(self, predicate: str, a: Operand, b: Operand, otherwise: str) -> None:
        """Go on where a comparison fails; leave for a label where it holds."""
        following = self.fresh_label("next")
        self.branch(self.compare(predicate, a, b), otherwise, following)
        self.label(following)


def text(attributes: str = "") -> str:
    """The module of LLVM IR with the function."""
    module = Module(attributes)
    b = _Writer(module)
    _, args, nargs = b.parameters
    count, made = b.block_word(Block.PARAMETER_COUNT), b.block_word(Block.RESULT_COUNT)
    flags = b.block_word(Block.FLAGS)
    b.unless("ne", nargs, count, "miss")
    frame = b.words_on_stack(b.add(b.add(count, made), number(I64, FRAME)))
    pointers = b.index(frame, number(I64, FRAME))
    ends = b.words_on_stack(b.add(count, _ONE))
    _check_parameters(b, args, count, pointers, ends)
    aliasing = b.compare("ne", b.binary("and", flags, number(I64, Flag.ALIASING)), _ZERO)
    with b.when(aliasing):
        _check_aliases(b, count, pointers, ends)
    usual = b.alloca(PTR, 1)
    b.store(_NULL, usual)
    results = b.python(Api.TUPLE_NEW, "ptr", made)
    b.unless("eq", results, _NULL, "fault")
    large = b.compare("ne", b.binary("and", flags, number(I64, Flag.LARGE)), _ZERO)
    with b.when(large):
        b.store(b.python(Api.SET_HANDLER, "ptr", b.at(b.api, 8 * Api.HANDLER, PTR)), usual)
    _make_results(b, args, made, results, pointers, b.index(pointers, count))
    _restore(b, usual)
    arena = _take_arena(b)
    for position, word in enumerate((Block.RUNTIME, None, Block.CONSTANTS, Block.SIZES)):
        value = arena if word is None else b.block_word(word, PTR)
        b.store(value, b.index(frame, number(I64, position)))
    status = _run(b, flags, frame)
    _give_arena_back(b, arena)
    b.unless("ne", status, _ZERO, "failed")
    b.line(f"ret {results}")
    _leave(b, args, nargs, results, status, usual)
    b.finish(_NULL)
    return str(module)


def _check_parameters(
    b: _Writer, args: Operand, count: Operand, pointers: Operand, ends: Operand
) -> None:
    """Leave for ``miss`` unless each argument is what its parameter says; note where its memory begins and ends."""
    array_type = b.at(b.api, 8 * Api.ARRAY_TYPE, PTR)
    said = b.block_word(Block.PARAMETERS, PTR)
    with b.loop(_ZERO, count, 1, said) as loop:
        (said,) = loop.carried
        array = b.load(b.index(args, loop.index), PTR)
        b.unless("ne", b.at(array, structs.TYPE, PTR), array_type, "miss")
        _check_dtype(b, said, b.at(array, structs.ARRAY_DTYPE, PTR))
        needed = b.convert("trunc", b.at(said, 8 * Parameter.FLAGS), I32)
        has = b.binary("and", b.at(array, structs.ARRAY_FLAGS, I32), needed)
        b.unless("ne", has, needed, "miss")
        rank = b.at(said, 8 * Parameter.RANK)
        b.unless("ne", b.at(array, structs.ARRAY_RANK, I32), b.convert("trunc", rank, I32), "miss")
        shape = b.at(array, structs.ARRAY_SHAPE, PTR)
        wanted = b.offset(said, number(I64, 8 * Parameter.SHAPE), I8)
        with b.loop(_ZERO, rank, 1) as axes:
            size = b.load(b.index(wanted, axes.index), I64)
            b.unless("ne", b.load(b.index(shape, axes.index), I64), size, "miss")
        data = b.at(array, structs.ARRAY_DATA, PTR)
        off = b.binary("and", b.at(array, structs.ARRAY_DATA), b.at(said, 8 * Parameter.OFF))
        b.unless("ne", off, _ZERO, "miss")
        b.store(data, b.index(pointers, loop.index))
        b.store(b.offset(data, b.at(said, 8 * Parameter.BYTES), I8), b.index(ends, loop.index))
        loop.give(b.index(wanted, rank))


def _check_dtype(b: _Writer, said: Operand, dtype: Operand) -> None:
    """Most arrays have the one dtype object of their kind; those that were pickled have their own."""
    other, fine = b.fresh_label("other"), b.fresh_label("dtype")
    b.branch(b.compare("eq", dtype, b.at(said, 8 * Parameter.DTYPE, PTR)), fine, other)
    b.label(other)
    b.unless(
        "ne", b.at(dtype, structs.TYPE, PTR), b.at(said, 8 * Parameter.DTYPE_TYPE, PTR), "miss"
    )
    order = b.convert("zext", b.at(dtype, structs.DTYPE_ORDER, I8), I64)
    b.branch(b.compare("eq", order, b.at(said, 8 * Parameter.ORDER)), fine, "miss")
    b.label(fine)


def _check_aliases(b: _Writer, count: Operand, pointers: Operand, ends: Operand) -> None:
    """Leave for ``miss`` if a parameter that is written to shares memory with another one."""
    said = b.block_word(Block.PARAMETERS, PTR)
    with b.loop(_ZERO, count, 1, said) as loop:
        (said,) = loop.carried
        needed = b.binary("and", b.at(said, 8 * Parameter.FLAGS), number(I64, structs.WRITEABLE))
        with b.when(b.compare("ne", needed, _ZERO)):
            begin = b.load(b.index(pointers, loop.index), I64)
            end = b.load(b.index(ends, loop.index), I64)
            with b.loop(_ZERO, count, 1) as others:
                before = b.compare("ult", b.load(b.index(pointers, others.index), I64), end)
                after = b.compare("ugt", b.load(b.index(ends, others.index), I64), begin)
                another = b.compare("ne", others.index, loop.index)
                shared = b.binary("and", b.binary("and", before, after), another)
                b.unless("ne", shared, number(shared.type, 0), "miss")
        rank = b.at(said, 8 * Parameter.RANK)
        loop.give(b.index(b.offset(said, number(I64, 8 * Parameter.SHAPE), I8), rank))


def _make_results(
    b: _Writer,
    args: Operand,
    made: Operand,
    results: Operand,
    parameters: Operand,
    pointers: Operand,
) -> None:
    """Fill the tuple and the frame; leave for ``undone`` where there is no memory."""
    array_type = b.at(b.api, 8 * Api.ARRAY_TYPE, PTR)
    items = b.offset(results, number(I64, structs.TUPLE_ITEMS), I8)
    said = b.block_word(Block.RESULTS, PTR)
    with b.loop(_ZERO, made, 1, said) as loop:
        (said,) = loop.carried
        fresh, given, end = (b.fresh_label(n) for n in ("fresh", "given", "made"))
        source = b.at(said, 8 * Result.PARAMETER)
        rank = b.at(said, 8 * Result.RANK)
        shape = b.offset(said, number(I64, 8 * Result.SHAPE), I8)
        item, pointer = b.index(items, loop.index), b.index(pointers, loop.index)
        b.branch(b.compare("slt", source, _ZERO), fresh, given)
        b.label(fresh)
        dtype = b.at(said, 8 * Result.DTYPE, PTR)
        b.python(Api.INCREF, "void", dtype)
        rank32 = b.convert("trunc", rank, I32)
        array = b.python(
            Api.NEW_ARRAY,
            "ptr",
            array_type,
            dtype,
            rank32,
            shape,
            _NULL,
            _NULL,
            number(I32, 0),
            _NULL,
        )
        b.unless("eq", array, _NULL, "undone")
        b.store(array, item)
        b.store(b.at(array, structs.ARRAY_DATA, PTR), pointer)
        b.jump(end)
        b.label(given)
        array = b.load(b.index(args, source), PTR)
        b.python(Api.INCREF, "void", array)
        b.store(array, item)
        b.store(b.load(b.index(parameters, source), PTR), pointer)
        b.jump(end)
        b.label(end)
        loop.give(b.index(shape, rank))


def _take_arena(b: _Writer) -> Operand:
    """The arena that lies ready, or a new one; null where the kernel needs none."""
    take, make, taken, before = (b.fresh_label(n) for n in ("take", "make", "taken", "before"))
    size = b.block_word(Block.ARENA_BYTES)
    b.jump(before)
    b.label(before)
    b.branch(b.compare("eq", size, _ZERO), taken, take)
    b.label(take)
    slot = b.index(b.words, number(I64, Block.ARENA))
    ready = b.value(PTR, f"inttoptr i64 {_exchange(b, slot, _ZERO).text} to ptr")
    b.branch(b.compare("eq", ready, _NULL), make, taken)
    b.label(make)
    new = b.python(Api.ALLOCATE, "ptr", number(I64, ALIGNMENT), size)
    without = b.fresh_label("without")
    b.branch(b.compare("eq", new, _NULL), without, taken)
    b.label(without)
    b.python(Api.NO_MEMORY, "ptr")
    b.jump("undone")
    b.label(taken)
    return b.value(
        PTR, f"phi ptr [ null, %{before} ], [ {ready.text}, %{take} ], [ {new.text}, %{make} ]"
    )


def _exchange(b: _Writer, slot: Operand, value: Operand) -> Operand:
    return b.value(I64, f"atomicrmw xchg {slot}, {value} acq_rel, align 8")


def _give_arena_back(b: _Writer, arena: Operand) -> None:
    """Leave the arena for the next call; if another call left one meanwhile, that one is freed."""
    with b.when(b.compare("ne", arena, _NULL)):
        whole = b.value(I64, f"ptrtoint {arena} to i64")
        surplus = _exchange(b, b.index(b.words, number(I64, Block.ARENA)), whole)
        with b.when(b.compare("ne", surplus, _ZERO)):
            b.python(Api.FREE, "void", b.value(PTR, f"inttoptr {surplus} to ptr"))


def _run(b: _Writer, flags: Operand, frame: Operand) -> Operand:
    """Call the kernel, with or without the interpreter's lock; gives its status."""
    free, held, done = (b.fresh_label(n) for n in ("free", "held", "done"))
    kernel = b.block_word(Block.KERNEL, PTR)
    release = b.compare("ne", b.binary("and", flags, number(I64, Flag.RELEASE)), _ZERO)
    b.branch(release, free, held)
    b.label(free)
    thread = b.python(Api.SAVE_THREAD, "ptr")
    first = b.value(I64, f"call i64 {kernel.text}({frame})")
    b.python(Api.RESTORE_THREAD, "void", thread)
    b.jump(done)
    b.label(held)
    second = b.value(I64, f"call i64 {kernel.text}({frame})")
    b.jump(done)
    b.label(done)
    return b.value(I64, f"phi i64 [ {first.text}, %{free} ], [ {second.text}, %{held} ]")


def _restore(b: _Writer, usual: Operand) -> None:
    """Arrays get memory from where they got it before."""
    before = b.load(usual, PTR)
    with b.when(b.compare("ne", before, _NULL)):
        b.python(Api.DECREF, "void", b.python(Api.SET_HANDLER, "ptr", before))
        b.python(Api.DECREF, "void", before)
        b.store(_NULL, usual)


def _leave(
    b: _Writer, args: Operand, nargs: Operand, results: Operand, status: Operand, usual: Operand
) -> None:
    """The ways out that are not the usual one; the last block is left open for returning null."""
    b.label("miss")
    missed = b.python(Api.VECTORCALL, "ptr", b.block_word(Block.MISS, PTR), args, nargs, _NULL)
    b.line(f"ret {missed}")
    b.label("failed")
    b.python(Api.DECREF, "void", results)
    code = b.python(Api.INTEGER, "ptr", status)
    b.unless("eq", code, _NULL, "fault")
    given = b.words_on_stack(b.add(nargs, _ONE))
    b.store(code, given)
    with b.loop(_ZERO, nargs, 1) as loop:
        argument = b.load(b.index(args, loop.index), PTR)
        b.store(argument, b.index(given, b.add(loop.index, _ONE)))
    fail = b.block_word(Block.FAIL, PTR)
    answer = b.python(Api.VECTORCALL, "ptr", fail, given, b.add(nargs, _ONE), _NULL)
    b.python(Api.DECREF, "void", code)
    b.line(f"ret {answer}")
    b.label("undone")
    _restore(b, usual)
    b.python(Api.DECREF, "void", results)
    b.jump("fault")
    b.label("fault")
